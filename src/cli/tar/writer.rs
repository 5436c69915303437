//! The archive: what a stream brings becomes headers and data.
//!
//! Headers and padding of a load are made in one buffer; what lies between them in the archive lies
//! in the load's window. [`Writer::flush`] writes both, in turns and in few calls:
//!
//! ```text
//! buffer  header of a | padding of a, header of b |
//! window              data of a                   data of b
//! ```

use std::collections::HashMap;
use std::io;
use std::ops::Range;

use super::summary::Summary;
use super::{Changes, Ended};
use crate::cli::exit::{Exit, Failure, Report};
use crate::cli::output::RawOutput;
use crate::cli::progress::Progress;
use crate::cli::unread::UnreadFile;
use crate::fs::{Entry, FileType, Ino, Item, Part, Shape};
use crate::host::archive::{self, ArchiveError, Kind, append_end, append_entry, padding_of};
use crate::mpage::Window;

/// Writes an archive to standard output.
pub struct Writer {
    out: RawOutput,
    changes: Changes,
    progress: Progress,
    summary: Summary,
    /// What has more names, and the one it has in the archive.
    linked: HashMap<Ino, Vec<u8>>,
    /// The file whose data comes.
    open: Option<Open>,
    buffer: Vec<u8>,
    /// What is to be written, in order.
    pieces: Vec<Piece>,
    /// Holes.
    zeros: Window,
}

/// A file whose data comes.
struct Open {
    path: Vec<u8>,
    stored_bytes: u64,
    /// The ranges that are in the archive, and of which the first is not yet written whole.
    ranges: Vec<Range<u64>>,
    next: usize,
    unread: UnreadFile,
}

/// A piece of the archive.
#[derive(Debug)]
enum Piece {
    Buffer(Range<usize>),
    Window(Range<u64>),
    Zeros(u64),
}

impl Writer {
    /// An archive without entries.
    pub fn new(changes: Changes, progress: Progress) -> Self {
        Self {
            out: RawOutput::new(u64::MAX),
            changes,
            progress,
            summary: Summary::default(),
            linked: HashMap::new(),
            open: None,
            buffer: Vec::new(),
            pieces: Vec::new(),
            zeros: Window::empty(),
        }
    }

    /// What was archived.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Takes in what the stream brings.
    pub fn take(&mut self, item: Item, report: &mut Report<'_>) -> Result<(), Ended> {
        match item {
            Item::Enter(entry) | Item::Node(entry) => self.node(&entry, report),
            Item::Again { entry, last } => self.again(&entry, last, report),
            Item::File(entry, shape) => self.file(*entry, shape, report),
            Item::Data(part) => self.data(&part),
            Item::End => self.end_of_file(report),
            Item::Fault { path, error } => {
                report.failure(Some(&path), error);
                if self.open.is_some() {
                    // No more of it comes, and it may claim petabytes.
                    return Err(Ended::Told);
                }
            }
            Item::Leave | Item::Pruned => {}
        }
        Ok(())
    }

    /// Writes what was taken in; its data is in that window.
    pub fn flush(&mut self, window: &Window) -> io::Result<()> {
        let slices = self.pieces.iter().flat_map(|piece| {
            let (bytes, window, range) = match piece {
                Piece::Buffer(range) => (self.buffer.get(range.clone()), window, 0..0),
                Piece::Window(range) => (None, window, range.clone()),
                Piece::Zeros(len_bytes) => (None, &self.zeros, 0..*len_bytes),
            };
            bytes.into_iter().chain(window.pieces(range))
        });
        self.out.write_all(slices)?;
        self.pieces.clear();
        self.buffer.clear();
        Ok(())
    }

    /// Writes the end of the archive.
    pub fn end(&mut self) -> io::Result<()> {
        let written_bytes = self.summary.archived.archive_bytes;
        self.buffered(|buffer| append_end(buffer, written_bytes));
        self.flush(&Window::empty())
    }

    /// A directory, or what has no data.
    fn node(&mut self, entry: &Entry, report: &mut Report<'_>) {
        let (major, minor) = entry.inode.device_number().unwrap_or_default();
        let kind = match entry.inode.file_type() {
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::Symlink { target: &entry.target },
            FileType::CharDevice => Kind::CharDevice { major, minor },
            FileType::BlockDevice => Kind::BlockDevice { major, minor },
            FileType::Fifo => Kind::Fifo,
            FileType::Socket => return self.summary.leave_out_socket(),
            // Comes as a file.
            FileType::Regular => return,
        };
        self.header(entry, kind, report);
    }

    /// One more name of what came before.
    fn again(&mut self, entry: &Entry, last: bool, report: &mut Report<'_>) {
        let ino = entry.inode.ino();
        let first = match last {
            true => self.linked.remove(&ino),
            false => self.linked.get(&ino).cloned(),
        };
        match first {
            Some(target) => {
                self.header(entry, Kind::HardLink { target: &target }, report);
            }
            None if entry.inode.file_type() == FileType::Socket => {
                self.summary.leave_out_socket();
            }
            // It was told why it is not in the archive.
            None => {}
        }
    }

    fn file(&mut self, entry: Entry, shape: Shape, report: &mut Report<'_>) {
        let len_bytes = entry.inode.size_bytes();
        let whole = 0..len_bytes;
        let ranges = match shape {
            Shape::Sparse(ranges) => ranges,
            Shape::Dense => vec![whole.clone()],
        };
        let kind = if ranges == [whole] || len_bytes == 0 {
            Kind::File { len_bytes }
        } else {
            Kind::SparseFile { len_bytes, data: &ranges }
        };
        let Some(stored_bytes) = self.header(&entry, kind, report) else { return };
        let unread = UnreadFile::default();
        self.open = Some(Open { path: entry.path, stored_bytes, ranges, next: 0, unread });
    }

    fn data(&mut self, part: &Part) {
        let Some(open) = &mut self.open else { return };
        open.unread.add(part);
        let Range { start, end } = part.range;
        self.progress.advance(end.saturating_sub(start));
        // What was passed over on the way to it is a hole.
        self.fill(start, |range| Piece::Zeros(range.end.saturating_sub(range.start)));
        self.fill(end, |range| {
            let in_window = |at: u64| part.in_window.start.saturating_add(at.saturating_sub(start));
            Piece::Window(in_window(range.start)..in_window(range.end))
        });
    }

    /// Adds what is in the archive of the file up to that byte of it.
    fn fill(&mut self, end: u64, piece: impl Fn(Range<u64>) -> Piece) {
        let Some(open) = &mut self.open else { return };
        while let Some(range) = open.ranges.get_mut(open.next) {
            let until = range.end.min(end);
            if range.start < until {
                let len_bytes = until.saturating_sub(range.start);
                self.pieces.push(piece(range.start..until));
                self.summary.archived.wrote(len_bytes);
                range.start = until;
            }
            if range.end > end {
                break;
            }
            open.next = open.next.saturating_add(1);
        }
    }

    fn end_of_file(&mut self, report: &mut Report<'_>) {
        self.fill(u64::MAX, |range| Piece::Zeros(range.end.saturating_sub(range.start)));
        let Some(open) = self.open.take() else { return };
        self.buffered(|buffer| {
            buffer.resize(buffer.len().saturating_add(padding_of(open.stored_bytes)), 0);
        });
        open.unread.tell(&open.path, report);
        self.progress.advance_files(1);
    }

    /// Adds the header of an entry, and remembers its name. Returns how much data is to follow, or
    /// nothing where no archive can hold it, which is told.
    fn header(&mut self, entry: &Entry, kind: Kind<'_>, report: &mut Report<'_>) -> Option<u64> {
        let is_directory = matches!(kind, Kind::Directory);
        let path = self.changes.naming.member(&entry.path, is_directory);
        let inode = &entry.inode;
        let mtime = inode.mtime();
        let xattrs: Vec<_> =
            entry.xattrs.iter().map(|xattr| (xattr.name.clone(), xattr.for_programs())).collect();
        let described = archive::Entry {
            path: &path,
            kind,
            mode: inode.permissions(),
            uid: self.changes.owner.uid.unwrap_or(inode.uid()),
            gid: self.changes.owner.gid.unwrap_or(inode.gid()),
            mtime: self.changes.mtime.unwrap_or((mtime.seconds, mtime.nanoseconds)),
            xattrs: &xattrs,
        };
        let mut appended = Ok(0);
        self.buffered(|buffer| appended = append_entry(buffer, &described));
        let stored_bytes = match appended {
            Ok(stored_bytes) => stored_bytes,
            Err(error) => {
                report.failure(Some(&entry.path), error);
                return None;
            }
        };
        self.summary.archived.count(kind, stored_bytes);
        if inode.links() > 1 && !matches!(kind, Kind::Directory | Kind::HardLink { .. }) {
            self.linked.insert(inode.ino(), path);
        }
        Some(stored_bytes)
    }

    /// Adds what `append` puts into the buffer.
    fn buffered(&mut self, append: impl FnOnce(&mut Vec<u8>)) {
        let start = self.buffer.len();
        append(&mut self.buffer);
        let end = self.buffer.len();
        match self.pieces.last_mut() {
            Some(Piece::Buffer(last)) => last.end = end,
            _ => self.pieces.push(Piece::Buffer(start..end)),
        }
        self.summary.archived.wrote(end.saturating_sub(start) as u64);
    }
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        Self { exit: Exit::Path, code: error.code(), reason: error.to_string() }
    }
}
