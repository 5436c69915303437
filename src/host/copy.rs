//! Copies of an image: shared with the original where the host's filesystem can, with its holes
//! where it cannot.
//!
//! A copy of an image of 1 TiB that holds 1 MiB is made by one call on XFS or Btrfs, and by reading
//! and writing 1 MiB elsewhere.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use rustix::fs::{copy_file_range, ioctl_ficlone};
use rustix::io::Errno;

use super::extents;

/// Bytes that one call is asked to copy.
const CALL_BYTES: u64 = 1 << 30;
/// Bytes that are read and written at once where the host does not copy by itself.
const CHUNK_BYTES: usize = 1 << 20;

/// Makes `dest` a copy of `source`, of the same length and with the same holes. What `dest` held
/// before is gone; `source` may be a block device.
///
/// # Errors
/// What the host says; [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) where `source` shrinks
/// meanwhile. `dest` may then hold a part.
pub fn copy_image(source: &File, dest: &File) -> io::Result<()> {
    // Cut first: a hole of the source is one here too, whatever was there.
    dest.set_len(0)?;
    if ioctl_ficlone(dest, source).is_ok() {
        return Ok(());
    }
    // Every filesystem refuses in its own words; whatever it is, copying comes next.
    copy_bytes(source, dest)
}

fn copy_bytes(source: &File, dest: &File) -> io::Result<()> {
    let metadata = source.metadata()?;
    let len_bytes = if metadata.is_file() { metadata.len() } else { size_by_seeking(source)? };
    dest.set_len(len_bytes)?;
    let mut by_host = true;
    for range in extents::of_file(source, &(0..len_bytes))? {
        copy_range(source, dest, range, &mut by_host)?;
    }
    Ok(())
}

/// The size of a block device, whose metadata says 0.
fn size_by_seeking(mut file: &File) -> io::Result<u64> {
    let position = file.stream_position()?;
    let size_bytes = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(position))?;
    Ok(size_bytes)
}

/// Copies a range, by the host for as long as it does.
fn copy_range(source: &File, dest: &File, range: Range<u64>, by_host: &mut bool) -> io::Result<()> {
    let mut at = range.start;
    while *by_host && at < range.end {
        let left = range.end.saturating_sub(at).min(CALL_BYTES);
        let len = usize::try_from(left).unwrap_or(CHUNK_BYTES);
        let (mut from, mut to) = (at, at);
        match copy_file_range(source, Some(&mut from), dest, Some(&mut to), len) {
            // The end, or a file that only read(2) knows how to read, which then decides.
            Ok(0) => *by_host = false,
            Ok(copied) => at = at.saturating_add(copied as u64),
            Err(Errno::INTR) => {}
            Err(Errno::IO) => return Err(Errno::IO.into()),
            Err(Errno::NOSPC) => return Err(Errno::NOSPC.into()),
            // Between these two files the host does not copy.
            Err(_) => *by_host = false,
        }
    }
    let mut buf = Vec::new();
    while at < range.end {
        let left = usize::try_from(range.end.saturating_sub(at)).unwrap_or(usize::MAX);
        buf.resize(left.min(CHUNK_BYTES), 0);
        source.read_exact_at(&mut buf, at)?;
        dest.write_all_at(&buf, at)?;
        at = at.saturating_add(buf.len() as u64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    /// Data at the start, in the middle and before a hole at the end.
    fn sparse_file() -> File {
        let file = tempfile::tempfile().unwrap();
        file.set_len(64 << 20).unwrap();
        file.write_all_at(&[1; 5000], 0).unwrap();
        file.write_all_at(&[2; 3 << 20], (20 << 20) + 123).unwrap();
        file
    }

    fn assert_same(a: &File, b: &File) {
        let len = a.metadata().unwrap().len();
        assert_eq!(b.metadata().unwrap().len(), len);
        let (mut x, mut y) = (vec![0; 1 << 20], vec![0; 1 << 20]);
        for at in (0..len).step_by(1 << 20) {
            a.read_exact_at(&mut x, at).unwrap();
            b.read_exact_at(&mut y, at).unwrap();
            assert!(x == y, "differ in the MiB at byte {at}");
        }
    }

    #[test]
    fn a_copy_has_the_bytes_and_the_holes_of_its_original() {
        let (source, dest) = (sparse_file(), tempfile::tempfile().unwrap());
        dest.write_all_at(&[9; 100_000], 10 << 20).unwrap();
        copy_image(&source, &dest).unwrap();
        assert_same(&source, &dest);
        assert!(dest.metadata().unwrap().blocks() * 512 < 8 << 20, "holes were filled");
    }

    #[test]
    fn what_the_host_does_not_copy_is_read_and_written() {
        let (source, dest) = (sparse_file(), tempfile::tempfile().unwrap());
        let range = (20 << 20)..(24 << 20);
        copy_range(&source, &dest, range.clone(), &mut false).unwrap();
        let (mut x, mut y) = (vec![0; 4 << 20], vec![0; 4 << 20]);
        source.read_exact_at(&mut x, range.start).unwrap();
        dest.read_exact_at(&mut y, range.start).unwrap();
        assert!(x == y);
    }

    #[test]
    fn a_source_that_shrank_is_an_error() {
        let (source, dest) = (sparse_file(), tempfile::tempfile().unwrap());
        let beyond = (64 << 20)..(64 << 20) + 1;
        let error = copy_range(&source, &dest, beyond, &mut true).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn from_one_filesystem_to_another() {
        let dest = tempfile::tempfile_in("/dev/shm").unwrap();
        let source = sparse_file();
        copy_image(&source, &dest).unwrap();
        assert_same(&source, &dest);
    }
}
