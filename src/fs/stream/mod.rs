//! Trees as a stream: names, attributes and data, read ahead by a thread of its own.
//!
//! ```text
//! Enter /etc   File /etc/hosts  Data 0..120  End   Node /etc/mtab   Leave
//! ```
//!
//! comes as one [load](Filesystem::stream): some thousand items, and a window that holds the data
//! of them all, which took as few calls as it has runs on the disk. A large file takes a load a
//! window. While one load is worked on, the next is read.
//!
//! The stream ends whatever the image says: as the [walk](super::Walk) does; and all files of a root have
//! no more data than the filesystem has blocks. Data that is reached by several names comes once.

mod data;
mod producer;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::mpsc;
use std::thread;

use super::error::{FsError, Result};
use super::inode::Inode;
use super::listing::Order;
use super::{Filesystem, Xattr};
use crate::mpage::{Batch, Fault, ReadOptions, Stats, Window};
use producer::Producer;

/// Loads that wait to be worked on. With the one that is read and the one that is worked on, that
/// many windows and two are in memory.
const LOADS_AHEAD: usize = 1;

/// Where a stream begins.
#[derive(Debug, Clone)]
pub struct Root {
    /// How it was named.
    pub path: Vec<u8>,
    /// What it is.
    pub inode: Inode,
}

/// Whether something is wanted, by its path and inode.
pub type Select<'a> = dyn FnMut(&[u8], &Inode) -> bool + Send + 'a;

/// What to stream.
pub struct StreamOptions<'a> {
    /// The order of the names in a directory.
    pub order: Order,
    /// How deep directories are entered: with 0, none is.
    pub max_depth: usize,
    /// Whether extended attributes are read.
    pub xattrs: bool,
    /// Whether a file's holes are to be known before its data comes.
    pub ranges: bool,
    /// What is left out; what it holds is not.
    pub select: Option<&'a mut Select<'a>>,
}

impl Default for StreamOptions<'_> {
    fn default() -> Self {
        let (order, max_depth) = (Order::Name, usize::MAX);
        Self { order, max_depth, xattrs: false, ranges: false, select: None }
    }
}

/// What a name leads to.
#[derive(Debug)]
pub struct Entry {
    /// Its path: that of the root as it was named, and names below it.
    pub path: Vec<u8>,
    /// Where in the path its last name begins.
    pub name_at: usize,
    /// How many names the path has below the root's.
    pub depth: usize,
    /// Its inode.
    pub inode: Inode,
    /// Where a symlink leads; empty for others.
    pub target: Vec<u8>,
    /// Its extended attributes, if they were asked for.
    pub xattrs: Vec<Xattr>,
}

impl Entry {
    /// The last name of its path.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.path.get(self.name_at..).unwrap_or_default()
    }
}

/// What a stream brings.
#[derive(Debug)]
pub enum Item {
    /// A directory; what it holds comes next.
    Enter(Box<Entry>),
    /// The directory that was entered is deeper than asked for: what it holds does not come.
    Pruned,
    /// The end of what the directory holds that was entered last.
    Leave,
    /// What has no data.
    Node(Box<Entry>),
    /// Another name of a file or node that came before.
    Again {
        /// What it leads to, without target and attributes.
        entry: Box<Entry>,
        /// No more of its names come, as far as its inode tells the truth.
        last: bool,
    },
    /// A regular file; its data comes next.
    File(Box<Entry>, Shape),
    /// A part of the file; what lies between parts is holes.
    Data(Part),
    /// The end of the file.
    End,
    /// Something that cannot be read or is refused. A file that is open then has no end, and the
    /// stream ends.
    Fault {
        /// Its path.
        path: Vec<u8>,
        /// Why.
        error: FsError,
    },
}

/// Where a file has data, where that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Shape {
    /// It has no holes that are known of.
    Dense,
    /// It has data in these ranges, and perhaps not in all of them.
    Sparse(Vec<Range<u64>>),
}

/// A part of a file's data.
#[derive(Debug)]
pub struct Part {
    /// The bytes of the file.
    pub range: Range<u64>,
    /// The same bytes in the window.
    pub in_window: Range<u64>,
    /// What of the file could not be read.
    pub faults: Vec<Fault<FsError>>,
}

/// A load on its way.
struct Load {
    items: Vec<Item>,
    window: Option<Window>,
}

impl Filesystem {
    /// Streams trees and files to `take`, a load at a time: items, and the window that their data is
    /// in. Returns how it was read.
    ///
    /// # Errors
    /// What `take` says, which ends the stream; and [`FsError::Memory`].
    pub fn stream<E: From<FsError>>(
        &self,
        roots: Vec<Root>,
        options: StreamOptions<'_>,
        mut take: impl FnMut(Vec<Item>, &Window) -> std::result::Result<(), E>,
    ) -> std::result::Result<Stats, E> {
        let geometry = self.geometry();
        let device = &**self.metadata().device();
        let read = ReadOptions::for_pages_of(geometry);
        let batch = Batch::new(device, geometry, read, u64::MAX).map_err(FsError::Memory)?;
        let empty = Window::empty();
        let (loads, taken) = mpsc::sync_channel::<Load>(LOADS_AHEAD);
        let (windows, returned) = mpsc::channel::<Window>();
        thread::scope(|scope| {
            let mut producer = Producer {
                fs: self,
                options,
                batch,
                added: false,
                items: Vec::new(),
                entry_bytes: 0,
                waiting: Vec::new(),
                waiting_bytes: 0,
                loads,
                returned,
                streamed: HashMap::new(),
                names_come_once: roots.len() <= 1,
                data_left_bytes: self.plausible_bytes(),
                leaves_left: self.plausible_blocks().saturating_mul(4),
            };
            let reading = scope.spawn(move || -> Result<Stats> {
                producer.run(roots)?;
                Ok(producer.batch.stats().clone())
            });
            for Load { items, window } in taken {
                take(items, window.as_ref().unwrap_or(&empty))?;
                if let Some(window) = window {
                    // Nobody waits for it where all has been read.
                    let _ = windows.send(window);
                }
            }
            match reading.join() {
                Ok(stats) => Ok(stats?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }
}
