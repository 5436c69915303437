//! Content to be put into an image: its size is known, its holes are known, it can be read at any
//! offset, and again.
//!
//! A regular file is read where it is; whatever comes but once is spooled first. Of a file of
//! 1 MiB of which only the last block was ever written, `data_ranges(4096)` is
//! `[1044480..1048576]`, and nobody reads the rest.
//!
//! A file may be written to while it is read. One that ends early is an error of reading; whether
//! it stayed the same otherwise, [`unchanged`](Source::unchanged) tells when all has been read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{OFlags, SeekFrom, seek};

use super::attributes::{self, Attributes, Identity};
use super::error::{HostError, Result, called};
use super::extents;
use super::parking::Parking;
use super::spool::{self, Spooled};

/// What becomes a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sparse {
    /// What is one on the host.
    #[default]
    Auto,
    /// Blocks of zeros, too.
    Always,
    /// Nothing.
    Never,
}

/// Content to be put into an image.
#[derive(Debug)]
pub struct Source {
    /// How errors call it.
    name: String,
    len_bytes: u64,
    sparse: Sparse,
    contents: Contents,
    /// The state of the file that is read in place.
    identity: Option<Identity>,
    /// The file that was named.
    origin: Option<Origin>,
}

/// Where the bytes are.
#[derive(Debug)]
enum Contents {
    Memory {
        bytes: Vec<u8>,
        /// Those that were no hole where they come from.
        extents: Vec<Range<u64>>,
    },
    /// In an open file, from `start_bytes` on.
    Open { file: Arc<File>, start_bytes: u64 },
    /// In the file of origin, which must be opened.
    Parked,
}

#[derive(Debug)]
struct Origin {
    path: PathBuf,
    attributes: Attributes,
    parking: Option<Parking>,
}

impl Source {
    /// A host file. Regular files are read in place; anything else is spooled as
    /// [`spool`](Self::spool) does.
    ///
    /// # Errors
    /// [`HostError::Open`], [`HostError::IsADirectory`], and those of [`spool`](Self::spool).
    pub fn open(path: &Path, sparse: Sparse) -> Result<Self> {
        let name = called(path);
        // Without O_NOCTTY a terminal could become ours.
        let flags = OFlags::NOCTTY.bits().cast_signed();
        let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
        let opened = opened.and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, mut file) = match opened {
            Ok(opened) => opened,
            Err(source) => return Err(HostError::Open { name, source }),
        };
        if metadata.is_dir() {
            return Err(HostError::IsADirectory { name });
        }
        // Files such as /proc/cpuinfo have no size, and bytes all the same.
        if !metadata.is_file() || metadata.len() == 0 {
            let spooled = Self::spool(&mut file, &name, sparse)?;
            if !metadata.is_file() || spooled.len_bytes > 0 {
                return Ok(spooled);
            }
        }
        let attributes = Attributes::of(&metadata);
        Ok(Self {
            name,
            len_bytes: metadata.len(),
            sparse,
            contents: Contents::Open { file: Arc::new(file), start_bytes: 0 },
            identity: Some(Identity::of(&metadata)),
            origin: Some(Origin { path: path.to_owned(), attributes, parking: None }),
        })
    }

    /// Standard input. Where that is a regular file it is read in place, from where it stands to
    /// its end, and left there as if it had been read.
    ///
    /// # Errors
    /// [`HostError::Open`] where there is none, and those of [`spool`](Self::spool).
    pub fn stdin(sparse: Sparse) -> Result<Self> {
        let name = "standard input".to_owned();
        let stdin = io::stdin();
        let duplicate = stdin.as_fd().try_clone_to_owned().map(File::from);
        match duplicate.and_then(|file| Ok((file.metadata()?, file))) {
            Ok((metadata, _)) if metadata.is_dir() => Err(HostError::IsADirectory { name }),
            Ok((metadata, file)) if metadata.is_file() => Self::from_here(name, file, sparse),
            Ok((_, mut file)) => Self::spool(&mut file, &name, sparse),
            Err(source) => Err(HostError::Open { name, source }),
        }
    }

    /// A regular file from where it stands to its end.
    fn from_here(name: String, file: File, sparse: Sparse) -> Result<Self> {
        let measured = file.metadata().and_then(|metadata| {
            let start = seek(&file, SeekFrom::Current(0))?;
            seek(&file, SeekFrom::Start(start.max(metadata.len())))?;
            Ok((metadata, start))
        });
        let (metadata, start_bytes) = match measured {
            Ok(measured) => measured,
            Err(source) => return Err(HostError::Read { name, source }),
        };
        Ok(Self {
            name,
            len_bytes: metadata.len().saturating_sub(start_bytes),
            sparse,
            contents: Contents::Open { file: Arc::new(file), start_bytes },
            identity: Some(Identity::of(&metadata)),
            origin: None,
        })
    }

    /// All that a reader brings: kept in memory up to 16 MiB, beyond that in a temporary file in
    /// `TMPDIR` that has no name. `name` is how errors call it.
    ///
    /// # Errors
    /// [`HostError::Read`], and [`HostError::NoTempSpace`].
    pub fn spool(reader: &mut dyn Read, name: &str, sparse: Sparse) -> Result<Self> {
        let (contents, len_bytes) = match spool::spool(reader, name)? {
            Spooled::Memory(bytes) => {
                let len_bytes = bytes.len() as u64;
                (Contents::Memory { bytes, extents: whole(len_bytes) }, len_bytes)
            }
            Spooled::File { file, len_bytes } => {
                (Contents::Open { file: Arc::new(file), start_bytes: 0 }, len_bytes)
            }
        };
        let name = name.to_owned();
        Ok(Self { name, len_bytes, sparse, contents, identity: None, origin: None })
    }

    /// Bytes in memory, all of them data.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        let len_bytes = bytes.len() as u64;
        Self {
            name: "bytes in memory".to_owned(),
            len_bytes,
            sparse: Sparse::Never,
            contents: Contents::Memory { bytes, extents: whole(len_bytes) },
            identity: None,
            origin: None,
        }
    }

    /// Its size.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// How errors call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Mode, owner and times, where it is a regular file that was named.
    #[must_use]
    pub fn attributes(&self) -> Option<&Attributes> {
        self.origin.as_ref().map(|origin| &origin.attributes)
    }

    /// The extended attributes that the host lets us read, sorted; none where there is no file.
    ///
    /// # Errors
    /// [`HostError::Read`]; of a parked source also [`HostError::Changed`] and
    /// [`HostError::Open`].
    pub fn xattrs(&self) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let found = match (&self.contents, &self.origin) {
            (_, None) => return Ok(Vec::new()),
            (Contents::Open { file, .. }, _) => attributes::xattrs(file),
            (_, Some(_)) => attributes::xattrs(&*self.reopened()?),
        };
        found.map_err(|error| self.failure(error))
    }

    /// The ranges that hold data: sorted, disjoint, begun and ended at blocks, or at the end.
    ///
    /// # Errors
    /// [`HostError::Read`], [`HostError::Changed`], and [`HostError::Open`] of a parked source.
    pub fn data_ranges(&self, block_size_bytes: u64) -> Result<Vec<Range<u64>>> {
        let extents = match self.sparse {
            Sparse::Never => whole(self.len_bytes),
            Sparse::Auto | Sparse::Always => self.extents()?,
        };
        let ranges = extents::rounded(&extents, block_size_bytes, self.len_bytes);
        if self.sparse != Sparse::Always {
            return Ok(ranges);
        }
        extents::without_zeros(&ranges, block_size_bytes, |at, buf| self.read_at(at, buf))
            .map_err(|error| self.failure(error))
    }

    /// What is data where it comes from, to the byte.
    fn extents(&self) -> Result<Vec<Range<u64>>> {
        let (file, start_bytes) = match &self.contents {
            Contents::Memory { extents, .. } => return Ok(extents.clone()),
            Contents::Open { file, start_bytes } => (Arc::clone(file), *start_bytes),
            Contents::Parked => (self.reopened()?, 0),
        };
        let found = file.metadata().and_then(|metadata| {
            // As cp decides: a file with as many sectors as its size needs has no holes.
            if metadata.blocks().saturating_mul(512) >= metadata.len() {
                return Ok(whole(self.len_bytes));
            }
            extents::of_file(&file, &(start_bytes..start_bytes.saturating_add(self.len_bytes)))
        });
        // What was cut off while the host was asked must not pass for a hole.
        self.unchanged()?;
        found.map_err(|error| self.failure(error))
    }

    /// Fills `buf` from `offset_bytes`.
    ///
    /// # Errors
    /// What the host says; [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) where the file ends too
    /// early. [`failure`](Self::failure) tells what it means.
    pub fn read_at(&self, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        match &self.contents {
            Contents::Memory { bytes, .. } => {
                let start = usize::try_from(offset_bytes).unwrap_or(usize::MAX);
                let wanted = start..start.saturating_add(buf.len());
                let bytes = bytes.get(wanted).ok_or(io::ErrorKind::UnexpectedEof)?;
                buf.copy_from_slice(bytes);
                Ok(())
            }
            Contents::Open { file, start_bytes } => {
                file.read_exact_at(buf, start_bytes.saturating_add(offset_bytes))
            }
            Contents::Parked => self.reopened()?.read_exact_at(buf, offset_bytes),
        }
    }

    /// What an error of [`read_at`](Self::read_at) means.
    #[must_use]
    pub fn failure(&self, error: io::Error) -> HostError {
        HostError::of_reading(&self.name, error)
    }

    /// Checks that the file is what it was when it was opened: same size, not written to.
    ///
    /// # Errors
    /// [`HostError::Changed`]; [`HostError::Read`] where the host does not say.
    pub fn unchanged(&self) -> Result<()> {
        let Some(identity) = self.identity else { return Ok(()) };
        let metadata = match &self.contents {
            // What is held cannot change.
            Contents::Memory { .. } => return Ok(()),
            Contents::Open { file, .. } => file.metadata(),
            Contents::Parked => self.reopened()?.metadata(),
        };
        let metadata = metadata.map_err(|error| self.failure(error))?;
        if Identity::of(&metadata) == identity {
            return Ok(());
        }
        Err(HostError::Changed { name: self.name.clone() })
    }

    /// Gives up the descriptor until the source is read: see [`Parking`]. What was spooled keeps
    /// its temporary file, or moves to one where there is no room for it in memory.
    ///
    /// # Errors
    /// [`HostError::Read`] and [`HostError::Changed`] of a file that goes to memory,
    /// [`HostError::NoTempSpace`].
    pub fn park(mut self, parking: &Parking) -> Result<Self> {
        match &self.contents {
            Contents::Memory { bytes, .. } if self.origin.is_none() => {
                if !parking.take_room(self.len_bytes) {
                    let file = Arc::new(spool::to_file(bytes, &self.name)?);
                    self.contents = Contents::Open { file, start_bytes: 0 };
                }
            }
            Contents::Open { .. } if self.origin.is_some() => {
                let small = self.len_bytes <= Parking::SMALL_BYTES;
                self.contents = if small && parking.take_room(self.len_bytes) {
                    self.in_memory()?
                } else {
                    Contents::Parked
                };
            }
            // Parked already, or nothing but the descriptor leads to it.
            Contents::Memory { .. } | Contents::Open { .. } | Contents::Parked => {}
        }
        if let Some(origin) = &mut self.origin {
            origin.parking.get_or_insert_with(|| parking.clone());
        }
        Ok(self)
    }

    fn in_memory(&self) -> Result<Contents> {
        let mut bytes = vec![0; usize::try_from(self.len_bytes).unwrap_or(0)];
        self.read_at(0, &mut bytes).map_err(|error| self.failure(error))?;
        let extents = self.extents()?;
        Ok(Contents::Memory { bytes, extents })
    }

    /// The file of origin, opened again.
    fn reopened(&self) -> Result<Arc<File>> {
        match (&self.origin, &self.identity) {
            (Some(Origin { path, parking: Some(parking), .. }), Some(identity)) => {
                parking.open(path, identity)
            }
            // Only what has both is ever parked.
            _ => Err(HostError::Changed { name: self.name.clone() }),
        }
    }
}

/// All of it, unless there is nothing.
fn whole(len_bytes: u64) -> Vec<Range<u64>> {
    std::iter::once(0..len_bytes).filter(|range| !range.is_empty()).collect()
}

#[cfg(test)]
mod tests;
