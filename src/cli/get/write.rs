//! The writing end of `get`: what the stream brings, onto the host.

use std::collections::HashSet;
use std::io;

use super::super::exit::{Exit, Failure, Report};
use super::super::progress::Progress;
use super::super::unread::UnreadFile;
use super::data::{fill, write_part};
use super::kept::NotKept;
use super::summary::Summary;
use crate::fs::{
    Entry, FileType, Filesystem, FsError, Ino, Inode, Item, Part, Root, StreamOptions, Time,
};
use crate::host::{Attributes, Extraction, HostError, Meta, NewFile, Sparse, Special};
use crate::mpage::Window;

/// Why a stream ended early.
pub enum Ended {
    /// It has been told.
    Told,
    /// Something that was not yet told.
    Failed(FsError),
}

impl From<FsError> for Ended {
    fn from(error: FsError) -> Self {
        Self::Failed(error)
    }
}

/// What takes the stream.
pub struct Writer<'a, 'r> {
    fs: &'a Filesystem,
    report: &'a mut Report<'r>,
    extraction: Extraction,
    /// The name that the root gets, where it is no directory.
    name: Option<Vec<u8>>,
    sparse: Sparse,
    progress: Progress,
    summary: Summary,
    /// Directories that are open, with what they are to be in the end.
    open: Vec<Entry>,
    /// Directories that are passed over, since the outermost could not be made.
    skipped: usize,
    file: Option<Open>,
    /// What has more names and could not be read: that would only be tried again.
    unreadable: HashSet<Ino>,
}

/// A file whose data is coming.
struct Open {
    entry: Box<Entry>,
    /// Where its data goes; nothing where it cannot be made.
    file: Option<NewFile>,
    unread: UnreadFile,
    /// Where what was written ends.
    written_bytes: u64,
}

impl<'a, 'r> Writer<'a, 'r> {
    /// Writes into an extraction, and tells what goes wrong.
    pub fn new(
        fs: &'a Filesystem,
        extraction: Extraction,
        name: Option<Vec<u8>>,
        sparse: Sparse,
        progress: Progress,
        report: &'a mut Report<'r>,
    ) -> Self {
        Self {
            fs,
            report,
            extraction,
            name,
            sparse,
            progress,
            summary: Summary::default(),
            open: Vec::new(),
            skipped: 0,
            file: None,
            unreadable: HashSet::new(),
        }
    }

    /// Takes a load.
    pub fn take(&mut self, items: Vec<Item>, window: &Window) -> Result<(), Ended> {
        items.into_iter().try_for_each(|item| self.item(item, window))
    }

    /// What was done, in the end.
    pub fn finish(self) -> Summary {
        let not_kept = self.extraction.losses().map(NotKept::of).collect();
        Summary { not_kept, ..self.summary }
    }

    fn item(&mut self, item: Item, window: &Window) -> Result<(), Ended> {
        if self.skipped > 0 {
            match item {
                Item::Enter(_) => self.skipped = self.skipped.saturating_add(1),
                Item::Leave => self.skipped = self.skipped.saturating_sub(1),
                _ => {}
            }
            return Ok(());
        }
        match item {
            Item::Fault { path, error } => {
                self.report.failure(Some(&path), error);
                Ok(())
            }
            Item::Pruned => {
                self.summary.pruned = self.summary.pruned.saturating_add(1);
                Ok(())
            }
            Item::Enter(entry) => self.enter(entry),
            Item::Leave => self.leave(),
            Item::File(entry, _) => self.begin(entry),
            Item::Data(part) => self.data(&part, window),
            Item::End => self.end(),
            Item::Again { entry, last } => {
                self.again(&entry)?;
                if last {
                    self.extraction.forget(u64::from(entry.inode.ino().0));
                }
                Ok(())
            }
            Item::Node(entry) => self.node(&entry),
        }
    }

    fn enter(&mut self, entry: Box<Entry>) -> Result<(), Ended> {
        // The root is open already.
        if entry.depth > 0
            && let Err(error) = self.extraction.enter(entry.name())
        {
            self.skipped = 1;
            return self.failed(&entry, error);
        }
        self.summary.directories = self.summary.directories.saturating_add(1);
        self.open.push(*entry);
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Ended> {
        let Some(entry) = self.open.pop() else { return Ok(()) };
        let xattrs = xattrs_of(&entry);
        match self.extraction.leave(&meta_of(&entry.inode, &xattrs)) {
            Ok(()) => Ok(()),
            Err(error) => self.failed(&entry, error),
        }
    }

    fn begin(&mut self, entry: Box<Entry>) -> Result<(), Ended> {
        let mut told = Ok(());
        let xattrs = xattrs_of(&entry);
        let file =
            match self.extraction.create(&self.name_of(&entry), &meta_of(&entry.inode, &xattrs)) {
                Ok(file) => Some(file),
                Err(error) => {
                    told = self.failed(&entry, error);
                    None
                }
            };
        self.file = Some(Open { entry, file, unread: UnreadFile::default(), written_bytes: 0 });
        told
    }

    fn data(&mut self, part: &Part, window: &Window) -> Result<(), Ended> {
        let Some(open) = &mut self.file else { return Ok(()) };
        open.unread.add(part);
        // What cannot be whole is not written: its room may be wanted.
        let Some(file) = open.file.as_ref().filter(|_| open.unread.is_empty()) else {
            return Ok(());
        };
        let written = write_part(file, &mut open.written_bytes, part, window, self.sparse);
        self.progress.advance(part.range.end.saturating_sub(part.range.start));
        match written {
            Ok(()) => Ok(()),
            Err(error) => self.unwritten(error),
        }
    }

    /// Gives up the file that is open.
    fn unwritten(&mut self, error: io::Error) -> Result<(), Ended> {
        let Some(Open { entry, .. }) = self.file.take() else { return Ok(()) };
        let error = self.extraction.failure(&self.name_of(&entry), error);
        self.failed(&entry, error)
    }

    fn end(&mut self) -> Result<(), Ended> {
        let Some(Open { entry, file, unread, written_bytes }) = self.file.take() else {
            return Ok(());
        };
        self.progress.advance_files(1);
        if !unread.is_empty() {
            unread.tell(&entry.path, self.report);
            if entry.inode.links() > 1 {
                self.unreadable.insert(entry.inode.ino());
            }
            return Ok(());
        }
        let Some(file) = file else { return Ok(()) };
        let size_bytes = entry.inode.size_bytes();
        let sized = match self.sparse {
            Sparse::Never => fill(&file, written_bytes, size_bytes),
            Sparse::Auto | Sparse::Always if written_bytes < size_bytes => file.set_len(size_bytes),
            Sparse::Auto | Sparse::Always => Ok(()),
        };
        let name = self.name_of(&entry);
        let xattrs = xattrs_of(&entry);
        let published = match sized {
            Ok(()) => self.extraction.publish(file, &name, &meta_of(&entry.inode, &xattrs)),
            Err(error) => Err(self.extraction.failure(&name, error)),
        };
        if let Err(error) = published {
            return self.failed(&entry, error);
        }
        self.summary.files = self.summary.files.saturating_add(1);
        self.summary.bytes = self.summary.bytes.saturating_add(size_bytes);
        self.remember(&entry, &name);
        Ok(())
    }

    fn node(&mut self, entry: &Entry) -> Result<(), Ended> {
        let name = self.name_of(entry);
        let xattrs = xattrs_of(entry);
        let meta = meta_of(&entry.inode, &xattrs);
        let (major, minor) = entry.inode.device_number().unwrap_or_default();
        let special = match entry.inode.file_type() {
            FileType::Symlink => None,
            FileType::CharDevice => Some(Special::Char(major, minor)),
            FileType::BlockDevice => Some(Special::Block(major, minor)),
            FileType::Fifo => Some(Special::Fifo),
            FileType::Socket => Some(Special::Socket),
            FileType::Regular | FileType::Directory => return Ok(()),
        };
        let made = match special {
            None => self.extraction.symlink(&name, &entry.target, &meta).map(|()| true),
            Some(special) => self.extraction.special(&name, special, &meta),
        };
        match made {
            Ok(true) => {}
            // It is among what could not be kept.
            Ok(false) => return Ok(()),
            Err(error) => return self.failed(entry, error),
        }
        let count = match special {
            None => &mut self.summary.symlinks,
            Some(_) => &mut self.summary.specials,
        };
        *count = count.saturating_add(1);
        self.remember(entry, &name);
        Ok(())
    }

    /// Another name of what came before.
    fn again(&mut self, entry: &Entry) -> Result<(), Ended> {
        if self.unreadable.contains(&entry.inode.ino()) {
            let reason = "not copied: it cannot be read, as was told of another name of it".into();
            let failure = Failure { exit: Exit::Partial, code: "unreadable_link", reason };
            self.report.failure(Some(&entry.path), failure);
            return Ok(());
        }
        let name = self.name_of(entry);
        match self.extraction.link(u64::from(entry.inode.ino().0), &name) {
            Ok(true) => self.summary.hard_links = self.summary.hard_links.saturating_add(1),
            // Its first name is not there, or the host makes no link: then it is a file of its own.
            Ok(false) => return self.copy(entry),
            Err(error) => return self.failed(entry, error),
        }
        Ok(())
    }

    /// Copies what came before, and whose data does not come again.
    fn copy(&mut self, entry: &Entry) -> Result<(), Ended> {
        let roots = vec![Root { path: entry.path.clone(), inode: entry.inode.clone() }];
        let options = StreamOptions { xattrs: true, ..StreamOptions::default() };
        let fs = self.fs;
        let as_named = |mut copy: Box<Entry>| {
            (copy.name_at, copy.depth) = (entry.name_at, entry.depth);
            copy
        };
        let streamed = fs.stream(roots, options, |items, window| {
            items.into_iter().try_for_each(|item| match item {
                Item::File(copy, shape) => self.item(Item::File(as_named(copy), shape), window),
                Item::Node(copy) => self.item(Item::Node(as_named(copy)), window),
                item => self.item(item, window),
            })
        });
        streamed.map(drop)
    }

    fn remember(&mut self, entry: &Entry, name: &[u8]) {
        if entry.inode.links() > 1 {
            // Where it cannot be found again, its other names are told.
            let _ = self.extraction.remember(u64::from(entry.inode.ino().0), name);
        }
    }

    fn name_of(&self, entry: &Entry) -> Vec<u8> {
        match &self.name {
            Some(name) if entry.depth == 0 => name.clone(),
            _ => entry.name().to_vec(),
        }
    }

    /// Tells what went wrong with an entry. What concerns more than its path ends it all.
    fn failed(&mut self, entry: &Entry, error: HostError) -> Result<(), Ended> {
        let ends = error.is_general();
        let mut failure = Failure::from(error);
        if !ends && entry.depth > 0 && failure.exit == Exit::Path {
            failure.exit = Exit::Partial;
        }
        self.report.failure(Some(&entry.path), failure);
        if ends { Err(Ended::Told) } else { Ok(()) }
    }
}

fn xattrs_of(entry: &Entry) -> Vec<(Vec<u8>, Vec<u8>)> {
    entry.xattrs.iter().map(|xattr| (xattr.name.clone(), xattr.for_programs())).collect()
}

fn meta_of<'a>(inode: &Inode, xattrs: &'a [(Vec<u8>, Vec<u8>)]) -> Meta<'a> {
    let of = |time: Time| (time.seconds, time.nanoseconds);
    let attributes = Attributes {
        mode: inode.permissions(),
        uid: inode.uid(),
        gid: inode.gid(),
        atime: of(inode.atime()),
        mtime: of(inode.mtime()),
    };
    Meta { attributes, xattrs }
}
