//! The algorithm: Linux's `fs/mpage.c` in userland. Names no filesystem, path or inode.

mod block;
mod event;
mod get_block;

pub use block::{FileBlock, FsBlock, Geometry, PageIndex};
pub use event::{Action, Caller, Cause, Event, Op, PageRange, Sink, Why};
pub use get_block::{GetBlock, Intent, MapError, Mapping};
