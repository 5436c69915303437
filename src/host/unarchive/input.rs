//! An archive as it is given: a file or a pipe, compressed or not; and as it is kept.
//!
//! A plain file is read where it is. All else is read once, decompressed, and kept: `layer.tar.zst`
//! in memory if that is enough for what is in it, else in a temporary file.

use std::fs::{File, OpenOptions};
use std::io::{self, Cursor, Read, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::ArchiveSource;
use super::compression::{self, Compression, Damaged};
use super::error::UnarchiveError;
use super::header::{BLOCK, Header};
use super::store::Store;
use crate::host::attributes::Identity;
use crate::host::error::{HostError, Result, called};
use crate::host::spool::{Spooled, spool_up_to};

/// Bytes of one call.
const CHUNK_BYTES: usize = 256 << 10;

/// A file of the host, and how errors call it.
struct Given {
    name: String,
    file: File,
    /// Where it begins, how long it is and in which state, where it is a regular file.
    regular: Option<(u64, u64, Identity)>,
}

/// An archive's bytes, decompressed, and what was odd about them.
pub fn store_of(
    source: &ArchiveSource,
    memory_bytes: u64,
    progress: &dyn Fn(u64),
) -> std::result::Result<(Store, Option<String>), UnarchiveError> {
    let given = match source {
        ArchiveSource::Path(path) => open(path)?,
        ArchiveSource::Stdin => stdin()?,
    };
    let Given { name, mut file, regular } = given;
    let head = match &regular {
        Some((start, ..)) => head_at(&file, *start),
        None => head_of(&mut file),
    };
    let head = head.map_err(|error| HostError::of_reading(&name, error))?;
    let compression = match kind_of(&head) {
        Kind::Compressed(compression) => Some(compression),
        Kind::Plain => None,
        Kind::Unknown(what) => return Err(UnarchiveError::NoArchive { archive: name, what }),
    };
    if let (None, Some((start, len, identity))) = (compression, regular) {
        return Ok((Store::in_file(name, file, (start, len), Some(identity)), None));
    }
    let head = if regular.is_some() { Vec::new() } else { head };
    let counted = Counted { inner: file, name: &name, read_bytes: 0, progress };
    let reader = Cursor::new(head).chain(counted);
    let reader = io::BufReader::with_capacity(CHUNK_BYTES, reader);
    let mut decoder = compression::decoder(compression, reader, memory_bytes);
    let spooled = match spool_up_to(&mut decoder, &name, memory_bytes) {
        Ok(spooled) => spooled,
        Err(error) => return Err(of_decoding(&name, error)),
    };
    let odd = decoder
        .has_garbage_behind()
        .then(|| format!("{name}: what is behind the compressed data was left out"));
    drop(decoder);
    let store = match spooled {
        Spooled::Memory(bytes) => Store::in_memory(name, bytes),
        Spooled::File { file, len_bytes } => Store::in_file(name, file, (0, len_bytes), None),
    };
    Ok((store, odd))
}

/// Whether a file looks like an archive that can be read: the first bytes of a tar archive, or of
/// something compressed.
///
/// # Errors
/// [`HostError::Open`], [`HostError::IsADirectory`], and [`HostError::Read`].
pub fn is_archive(path: &Path) -> Result<bool> {
    let Given { name, file, regular } = open(path)?;
    // Of a pipe nothing can be read twice.
    if regular.is_none() {
        return Ok(false);
    }
    let head = head_at(&file, 0).map_err(|error| HostError::of_reading(&name, error))?;
    Ok(!head.is_empty() && !matches!(kind_of(&head), Kind::Unknown(_)))
}

/// What the first bytes of an archive say.
enum Kind {
    Plain,
    Compressed(Compression),
    /// What it is instead.
    Unknown(String),
}

fn kind_of(head: &[u8]) -> Kind {
    if let Some(compression) = Compression::of(head) {
        return Kind::Compressed(compression);
    }
    if let Some(other) = compression::unsupported(head) {
        return Kind::Unknown(format!("it is compressed with {other}, which is not supported"));
    }
    match head.first_chunk::<BLOCK>() {
        _ if head.is_empty() => Kind::Plain,
        None => Kind::Unknown(format!("it has {} bytes", head.len())),
        Some(block) if Header(block).is_zero() || Header(block).check().is_ok() => Kind::Plain,
        Some(_) => Kind::Unknown("it does not begin with a header".to_owned()),
    }
}

fn open(path: &Path) -> Result<Given> {
    let name = called(path);
    // Without O_NOCTTY a terminal could become ours.
    let flags = OFlags::NOCTTY.bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let opened = opened.and_then(|file| Ok((file.metadata()?, file)));
    match opened {
        Err(source) => Err(HostError::Open { name, source }),
        Ok((metadata, _)) if metadata.is_dir() => Err(HostError::IsADirectory { name }),
        Ok((metadata, file)) => {
            // Files such as those of /proc have no size, and bytes all the same.
            let regular = (metadata.is_file() && metadata.len() > 0)
                .then(|| (0, metadata.len(), Identity::of(&metadata)));
            Ok(Given { name, file, regular })
        }
    }
}

/// Standard input: a regular file from where it stands on.
fn stdin() -> Result<Given> {
    let name = "standard input".to_owned();
    let duplicate = io::stdin().as_fd().try_clone_to_owned().map(File::from);
    let opened = duplicate.and_then(|file| Ok((file.metadata()?, file)));
    let (metadata, mut file) = match opened {
        Ok(opened) => opened,
        Err(source) => return Err(HostError::Open { name, source }),
    };
    if metadata.is_dir() {
        return Err(HostError::IsADirectory { name });
    }
    let mut regular = None;
    if metadata.is_file() {
        let start = file.stream_position();
        let start = start.map_err(|error| HostError::of_reading(&name, error))?;
        let len = metadata.len().saturating_sub(start);
        regular = Some((start, len, Identity::of(&metadata)));
    }
    Ok(Given { name, file, regular })
}

/// The first block of a regular file, as much as there is of it.
fn head_at(file: &File, start: u64) -> io::Result<Vec<u8>> {
    let mut at = start;
    read_block(|buf| {
        let len = file.read_at(buf, at)?;
        at = at.saturating_add(len as u64);
        Ok(len)
    })
}

/// The first block of a stream, which is gone from it then.
fn head_of(file: &mut File) -> io::Result<Vec<u8>> {
    read_block(|buf| file.read(buf))
}

fn read_block(mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<Vec<u8>> {
    let mut block = vec![0; BLOCK];
    let mut len = 0;
    while let Some(rest) = block.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match read(rest) {
            Ok(0) => break,
            Ok(more) => len = len.saturating_add(more),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    block.truncate(len);
    Ok(block)
}

fn of_decoding(name: &str, error: HostError) -> UnarchiveError {
    match error {
        HostError::Read { name: read, source } => match source.downcast::<Damaged>() {
            Ok(Damaged(source)) => UnarchiveError::Compressed { archive: name.to_owned(), source },
            Err(source) => HostError::Read { name: read, source }.into(),
        },
        error => error.into(),
    }
}

/// Tells how much was read, and whose an error is.
struct Counted<'a> {
    inner: File,
    name: &'a str,
    read_bytes: u64,
    progress: &'a dyn Fn(u64),
}

impl Read for Counted<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = match self.inner.read(buf) {
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => return Err(HostError::of_reading(self.name, error).into()),
        };
        self.read_bytes = self.read_bytes.saturating_add(len as u64);
        (self.progress)(self.read_bytes);
        Ok(len)
    }
}
