//! The reading end of a stream: walks, plans what files have into batches, and sends loads.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender};

use super::data::Waiting;
use super::{Entry, Item, Load, Root, Shape, StreamOptions};
use crate::fs::error::{FsError, Result};
use crate::fs::{BlockMap, FileType, Filesystem, Ino, Inode, Step, Walk};
use crate::mpage::{Batch, Fault, FaultCause, Window};

/// Items in a load, about.
const ITEMS: usize = 4096;
/// Bytes of paths, targets and attributes in a load, about: each may be large.
const ENTRY_BYTES: usize = 1 << 20;

/// What reads.
pub(super) struct Producer<'fs, 'o> {
    pub(super) fs: &'fs Filesystem,
    pub(super) options: StreamOptions<'o>,
    pub(super) batch: Batch<'fs>,
    /// Whether the batch has anything to be read.
    pub(super) added: bool,
    pub(super) items: Vec<Item>,
    /// Paths, targets and attributes of the items.
    pub(super) entry_bytes: usize,
    /// Files that are whole in the batch, and wait to be planned.
    pub(super) waiting: Vec<Waiting<'fs>>,
    /// The blocks of the files that wait, in bytes.
    pub(super) waiting_bytes: u64,
    pub(super) loads: SyncSender<Load>,
    pub(super) returned: Receiver<Window>,
    /// What has other names and came already, with how many of them are still to come.
    pub(super) streamed: HashMap<Ino, u16>,
    /// Names come once each: what all have been seen of can be forgotten.
    pub(super) names_come_once: bool,
    pub(super) data_left_bytes: u64,
    /// Indirect blocks that maps of files with holes may still go through.
    pub(super) leaves_left: u64,
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Go,
    /// Nobody takes what is read any more, or the image has no end.
    Stop,
}

impl Producer<'_, '_> {
    /// Streams all roots.
    pub(super) fn run(&mut self, roots: Vec<Root>) -> Result<()> {
        self.batch.begin();
        for root in roots {
            // Roots may lie below each other: what is named again comes again.
            let limit_bytes = self.fs.plausible_bytes();
            self.data_left_bytes = limit_bytes.saturating_add(self.waiting_bytes);
            if self.tree(root)? == Next::Stop {
                return Ok(());
            }
        }
        self.send().map(|_| ())
    }

    fn tree(&mut self, root: Root) -> Result<Next> {
        let mut walk = Walk::new(self.fs, &root.path, root.inode, self.options.order);
        // Of the directories that the walk is in: whether they are wanted themselves.
        let mut wanted = Vec::new();
        while let Some(step) = walk.next() {
            let next = match step {
                Step::Fault(error) => self.fault(walk.path(), error),
                Step::Leave => {
                    if wanted.pop() == Some(true) {
                        self.items.push(Item::Leave);
                    }
                    Next::Go
                }
                Step::Enter(inode) => {
                    let wants = self.wants(walk.path(), &inode);
                    wanted.push(wants);
                    if wants {
                        let entry = self.entry(&walk, inode);
                        self.items.push(Item::Enter(entry));
                    }
                    if walk.depth() >= self.options.max_depth {
                        walk.prune();
                        if wants {
                            self.items.push(Item::Pruned);
                        }
                    }
                    Next::Go
                }
                Step::Node(inode) => match self.wants(walk.path(), &inode) {
                    true => self.node(&walk, inode)?,
                    false => Next::Go,
                },
            };
            if next == Next::Stop {
                return Ok(Next::Stop);
            }
            let full = self.items.len() >= ITEMS || self.entry_bytes >= ENTRY_BYTES;
            if full && self.send()? == Next::Stop {
                return Ok(Next::Stop);
            }
        }
        Ok(Next::Go)
    }

    fn wants(&mut self, path: &[u8], inode: &Inode) -> bool {
        self.options.select.as_mut().is_none_or(|select| select(path, inode))
    }

    pub(super) fn fault(&mut self, path: &[u8], error: FsError) -> Next {
        self.entry_bytes = self.entry_bytes.saturating_add(path.len());
        self.items.push(Item::Fault { path: path.to_vec(), error });
        Next::Go
    }

    /// What goes with a name. Attributes that cannot be read are told before it.
    fn entry(&mut self, walk: &Walk<'_>, inode: Inode) -> Box<Entry> {
        let xattrs = match self.options.xattrs {
            true => self.fs.xattrs(&inode).unwrap_or_else(|error| {
                self.fault(walk.path(), error);
                Vec::new()
            }),
            false => Vec::new(),
        };
        self.entry_with(walk, inode, Vec::new(), xattrs)
    }

    fn entry_with(
        &mut self,
        walk: &Walk<'_>,
        inode: Inode,
        target: Vec<u8>,
        xattrs: Vec<crate::fs::Xattr>,
    ) -> Box<Entry> {
        let path = walk.path().to_vec();
        let xattr_bytes = |sum: usize, xattr: &crate::fs::Xattr| {
            sum.saturating_add(xattr.name.len()).saturating_add(xattr.value.len())
        };
        let rest_bytes = xattrs.iter().fold(target.len(), xattr_bytes);
        self.entry_bytes = self.entry_bytes.saturating_add(path.len()).saturating_add(rest_bytes);
        let name_at = path.len().saturating_sub(walk.name().len());
        Box::new(Entry { path, name_at, depth: walk.depth(), inode, target, xattrs })
    }

    fn node(&mut self, walk: &Walk<'_>, inode: Inode) -> Result<Next> {
        if let Some(left) = self.streamed.get_mut(&inode.ino()) {
            *left = left.saturating_sub(1);
            let last = *left == 0 && self.names_come_once;
            if last {
                self.streamed.remove(&inode.ino());
            }
            let entry = self.entry_with(walk, inode, Vec::new(), Vec::new());
            self.items.push(Item::Again { entry, last });
            return Ok(Next::Go);
        }
        let shape = match inode.file_type() {
            FileType::Regular => match self.shape(&inode) {
                Ok(shape) => Some(shape),
                Err(error) => return Ok(self.fault(walk.path(), error)),
            },
            _ => None,
        };
        let mut target = Vec::new();
        if inode.file_type() == FileType::Symlink {
            match self.fs.read_link(&inode) {
                Ok(read) => target = read,
                Err(error) => return Ok(self.fault(walk.path(), error)),
            }
        }
        if inode.links() > 1 {
            self.streamed.insert(inode.ino(), inode.links().saturating_sub(1));
        }
        let mut entry = self.entry(walk, inode);
        self.entry_bytes = self.entry_bytes.saturating_add(target.len());
        entry.target = target;
        let Some(shape) = shape else {
            self.items.push(Item::Node(entry));
            return Ok(Next::Go);
        };
        let inode = entry.inode.clone();
        self.items.push(Item::File(entry, shape));
        let next = self.data(&inode, walk.path())?;
        match next {
            Next::Go => self.items.push(Item::End),
            // It is not whole, and has no end.
            Next::Stop => self.send().map(drop)?,
        }
        Ok(next)
    }

    fn shape(&mut self, inode: &Inode) -> Result<Shape> {
        self.fs.check_file(inode)?;
        if !self.options.ranges || !self.fs.may_have_holes(inode) {
            return Ok(Shape::Dense);
        }
        let mut map = BlockMap::new(inode, self.fs.metadata());
        let ranges = self.fs.data_ranges(inode, &mut map);
        self.charge_leaves(inode, &map)?;
        ranges.map(Shape::Sparse)
    }

    /// Reads what was planned, and sends what there is.
    pub(super) fn send(&mut self) -> Result<Next> {
        let planned = self.plan_waiting();
        let mut window = None;
        if self.added {
            let faults = self.batch.finish();
            let parts = self.items.iter_mut().filter_map(|item| match item {
                Item::Data(part) => Some(part),
                _ => None,
            });
            // Files that waited lie behind those that did not.
            let mut parts: Vec<_> = parts.collect();
            parts.sort_by_key(|part| part.in_window.start);
            let mut parts = parts.into_iter();
            let mut part = parts.next();
            for fault in faults {
                while part.as_ref().is_some_and(|part| part.in_window.end <= fault.at_bytes) {
                    part = parts.next();
                }
                if let Some(part) = &mut part {
                    part.faults.push(fault_of(fault, &part.in_window, part.range.start));
                }
            }
            let next = match self.returned.try_recv() {
                Ok(next) => next,
                Err(_) => self.batch.new_window().map_err(FsError::Memory)?,
            };
            window = Some(self.batch.exchange(next));
        }
        let items = std::mem::take(&mut self.items);
        let sent = items.is_empty() || self.loads.send(Load { items, window }).is_ok();
        self.batch.begin();
        self.added = false;
        self.entry_bytes = 0;
        Ok(if sent { planned } else { Next::Stop })
    }
}

/// What could not be read of a window, as the file sees it.
fn fault_of(
    fault: crate::mpage::WindowFault,
    in_window: &Range<u64>,
    start: u64,
) -> Fault<FsError> {
    let into = fault.at_bytes.saturating_sub(in_window.start);
    Fault {
        offset_bytes: start.saturating_add(into),
        len_bytes: fault.len_bytes,
        cause: FaultCause::Device(fault.error),
    }
}
