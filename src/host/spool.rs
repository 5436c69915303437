//! Content that comes once, kept so that it can be read again and its size be known.
//!
//! `tar c . | mpimg put disk.img /all.tar` must know how long it is before anything is allocated:
//! what fits is kept in memory, more goes to a temporary file.

use std::fs::File;
use std::io::{self, Read, Write};

use super::error::{HostError, Result, called};
use super::temporary;

/// Bytes that are kept in memory where nobody says how many; with more, all go to a file.
const MOST_MEMORY_BYTES: u64 = 16 << 20;
/// Bytes of one call.
const CHUNK_BYTES: usize = 1 << 18;

/// Where content was kept.
pub enum Spooled {
    /// In memory.
    Memory(Vec<u8>),
    /// In a file that has no name.
    File {
        /// The file.
        file: File,
        /// How much there is.
        len_bytes: u64,
    },
}

/// Reads all there is.
pub fn spool(reader: &mut dyn Read, name: &str) -> Result<Spooled> {
    spool_up_to(reader, name, MOST_MEMORY_BYTES)
}

/// Reads all there is, and keeps up to `memory_bytes` in memory.
pub fn spool_up_to(reader: &mut dyn Read, name: &str, memory_bytes: u64) -> Result<Spooled> {
    let mut bytes = Vec::new();
    let mut buf = vec![0; CHUNK_BYTES];
    loop {
        let read = read(reader, &mut buf, name)?;
        if read.is_empty() {
            return Ok(Spooled::Memory(bytes));
        }
        bytes.extend_from_slice(read);
        if bytes.len() as u64 > memory_bytes {
            break;
        }
    }
    let mut file = to_file(&bytes, name)?;
    let mut len_bytes = bytes.len() as u64;
    drop(bytes);
    loop {
        let read = read(reader, &mut buf, name)?;
        if read.is_empty() {
            return Ok(Spooled::File { file, len_bytes });
        }
        file.write_all(read).map_err(|error| no_space(name, error))?;
        len_bytes = len_bytes.saturating_add(read.len() as u64);
    }
}

/// A temporary file with these bytes in it.
pub fn to_file(bytes: &[u8], name: &str) -> Result<File> {
    let file = temporary::unnamed_in(&std::env::temp_dir());
    let written = file.and_then(|mut file| file.write_all(bytes).map(|()| file));
    written.map_err(|error| no_space(name, error))
}

/// Reads what comes next, once; nothing at the end.
fn read<'a>(reader: &mut dyn Read, buf: &'a mut [u8], name: &str) -> Result<&'a [u8]> {
    loop {
        match reader.read(buf) {
            Ok(len) => return Ok(buf.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(HostError::of_reading(name, error)),
        }
    }
}

fn no_space(name: &str, source: io::Error) -> HostError {
    let directory = called(&std::env::temp_dir());
    HostError::NoTempSpace { name: name.to_owned(), directory, source }
}
