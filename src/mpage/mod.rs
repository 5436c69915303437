//! The algorithm: Linux's `fs/mpage.c` in userland. Names no filesystem, path or inode.
//!
//! Planning is pure: pages and mappings go in, [`Event`]s come out, and nothing is read or
//! written. Reading the first 64 pages of a file is
//!
//! ```text
//! readahead   a window of 64 pages, each handed on with the pages left in the window
//!  └─ readpage    maps the page with get_block, or with what the last call left over
//!      ├─ bio         it fits: the page joins the open bio, which is submitted when it must be
//!      └─ fallback    it does not: one transfer a block
//! ```
//!
//! and writing back its dirty ones is
//!
//! ```text
//! writepages   one stream of bios over all dirty pages
//!  └─ writepage    maps the page block by block, or takes its buffers' word for where they lie
//!      ├─ bio
//!      └─ write_fallback
//! ```
//!
//! Reading goes by batches: pieces of one file or of many, planned one after the other into one plug
//! and read together ([`Batch`]); a file that is read by itself is a batch of one piece ([`Reader`]).
//!
//! Every arrow ends in an event that a [`Sink`] takes: [`Stats`] counts it, the plan prints
//! it, the executor turns it into a positional call.

#![deny(clippy::arithmetic_side_effects)]

mod arena;
mod batch;
mod bio;
mod block;
mod dirty;
mod event;
mod execute;
mod fallback;
mod folio;
mod get_block;
mod plug;
mod question;
mod read;
mod readahead;
mod readpage;
mod stats;
mod window;
mod write;
mod write_fallback;
mod write_plug;
mod writepage;
mod writepages;

pub use batch::{Added, Batch, WindowFault};
pub use bio::BIO_MAX_PAGES;
pub use block::{FileBlock, FsBlock, Geometry, PageIndex};
pub use event::{Action, Caller, Cause, Event, Op, PageRange, Sink, Status, Why};
pub use execute::StagePiece;
pub use folio::{Buffer, BufferFlags, Folio, Folios};
pub use get_block::{GetBlock, Intent, MapError, Mapping};
pub use plug::{Plug, Transfer};
pub use read::{Fault, FaultCause, ReadOptions, Reader, WINDOW_BYTES};
pub use readahead::{MapFailure, PlanOptions, ReadPlanner};
pub use stats::{Fallbacks, Operation, Stats, Submits, Summary};
pub use window::{Stretch, Window};
pub use write::{PageSource, WRITE_WINDOW_BYTES, WriteError, Writer};
pub use writepages::{SyncMode, WritePlanOptions, WritePlanner};
