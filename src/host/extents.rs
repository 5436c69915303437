//! Which ranges of a file hold data, and which are holes.
//!
//! The host tells its own holes (`SEEK_DATA`, `SEEK_HOLE`); zeros that were written are found by
//! reading. What is found is rounded outwards to blocks, for no less than a block can be a hole
//! in an image: with blocks of 1024 bytes, data at 1500..2500 of a file of 2600 is 1024..2600.

use std::fs::File;
use std::io;
use std::ops::Range;

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

/// Bytes read at once in search of zeros.
const CHUNK_BYTES: usize = 1 << 20;

/// The ranges of `range` in `file` that hold data, counted from the range's start. The file's
/// position is what it was before.
pub fn of_file(file: &File, range: &Range<u64>) -> io::Result<Vec<Range<u64>>> {
    let position = seek(file, SeekFrom::Current(0))?;
    let found = walk(file, range);
    seek(file, SeekFrom::Start(position))?;
    found
}

fn walk(file: &File, range: &Range<u64>) -> io::Result<Vec<Range<u64>>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let start = match seek(file, SeekFrom::Data(at)) {
            Ok(start) => start,
            // Nothing but a hole from here to the end.
            Err(Errno::NXIO) => break,
            // The host cannot tell: all of it is data.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => at,
            Err(error) => return Err(error.into()),
        };
        if start >= range.end {
            break;
        }
        let end = match seek(file, SeekFrom::Hole(start)) {
            Ok(end) => end.min(range.end),
            Err(Errno::NXIO | Errno::INVAL | Errno::OPNOTSUPP) => range.end,
            Err(error) => return Err(error.into()),
        };
        found.push(start.saturating_sub(range.start)..end.saturating_sub(range.start));
        at = end.max(at.saturating_add(1));
    }
    Ok(found)
}

/// Sorted ranges, rounded outwards to blocks, merged, and cut off at `len_bytes`.
pub fn rounded(ranges: &[Range<u64>], block_size_bytes: u64, len_bytes: u64) -> Vec<Range<u64>> {
    let block = block_size_bytes.max(1);
    let mut found: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        let start = range.start.saturating_sub(range.start.checked_rem(block).unwrap_or(0));
        let end = range.end.checked_next_multiple_of(block).unwrap_or(u64::MAX).min(len_bytes);
        push(&mut found, start..end);
    }
    found
}

/// What remains of `ranges`, which begin at blocks, without the blocks that are all zeros.
pub fn without_zeros(
    ranges: &[Range<u64>],
    block_size_bytes: u64,
    mut read_at: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
) -> io::Result<Vec<Range<u64>>> {
    let block = usize::try_from(block_size_bytes).unwrap_or(usize::MAX).max(1);
    let blocks = CHUNK_BYTES.checked_div(block).unwrap_or(1).max(1);
    let chunk = block.saturating_mul(blocks);
    let mut buf = Vec::new();
    let mut found = Vec::new();
    for range in ranges {
        let mut at = range.start;
        while at < range.end {
            let left = usize::try_from(range.end.saturating_sub(at)).unwrap_or(usize::MAX);
            buf.resize(chunk.min(left), 0);
            read_at(at, &mut buf)?;
            for piece in buf.chunks(block) {
                let end = at.saturating_add(piece.len() as u64);
                if !is_zero(piece) {
                    push(&mut found, at..end);
                }
                at = end;
            }
        }
    }
    Ok(found)
}

/// Adds a range behind the others, or to the last where it touches that.
fn push(ranges: &mut Vec<Range<u64>>, next: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if next.start <= last.end => last.end = last.end.max(next.end),
        _ if next.is_empty() => {}
        _ => ranges.push(next),
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    // Pieces without a way out in between are what a processor compares many bytes at once in.
    bytes.chunks(256).all(|piece| piece.iter().fold(0, |seen, byte| seen | byte) == 0)
}

// One range in brackets is one range.
#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    #[test]
    fn ranges_grow_to_blocks_and_end_with_the_file() {
        assert_eq!(rounded(&[1500..2500], 1024, 2600), [1024..2600]);
        assert_eq!(rounded(&[0..1, 1023..1024, 2048..2049], 1024, 9999), [0..1024, 2048..3072]);
        assert_eq!(rounded(&[0..1, 1025..1026], 1024, 2000), [0..2000]);
        assert_eq!(rounded(&[], 1024, 2000), []);
    }

    #[test]
    fn blocks_of_zeros_are_holes_and_zeros_within_a_block_are_not() {
        let mut bytes = vec![0_u8; 10_000];
        for at in [1024, 2047, 5000, 9999] {
            bytes[at] = 1;
        }
        let read_at = |at: u64, buf: &mut [u8]| {
            let at = usize::try_from(at).unwrap();
            buf.copy_from_slice(&bytes[at..at + buf.len()]);
            Ok(())
        };
        let all = [0..10_000];
        let found = without_zeros(&all, 1024, read_at).unwrap();
        assert_eq!(found, [1024..2048, 4096..5120, 9216..10_000]);
        let found = without_zeros(&[0..1024, 4096..6000], 1024, read_at).unwrap();
        assert_eq!(found, [4096..5120]);
    }
}
