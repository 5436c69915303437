//! The map of a sparse file, in GNU tar's form 1.0: decimal numbers, a line each, padded to a block.
//!
//! How many ranges, then for each where it begins and how long it is. A file of 1 MiB with 4 KiB of
//! data at its start and a hole behind is
//!
//! ```text
//! 2  0 4096  1048576 0
//! ```
//!
//! where the empty range at the end tells that the file goes on to there.

use std::ops::Range;

use super::error::ArchiveError;
use super::{BLOCK_BYTES, padding_of};

/// Appends the map of a file of that length. Returns how many bytes of data the ranges have.
pub fn append_map(
    out: &mut Vec<u8>,
    data: &[Range<u64>],
    len_bytes: u64,
) -> Result<u64, ArchiveError> {
    let mut at = 0;
    let mut stored_bytes = 0_u64;
    for Range { start, end } in data {
        let is_block = |place: u64| place.is_multiple_of(BLOCK_BYTES);
        let in_order = at <= *start && start < end && *end <= len_bytes;
        // Readers begin each range in a new block.
        if !in_order || !is_block(*start) || !(is_block(*end) || *end == len_bytes) {
            return Err(ArchiveError::SparseRange { start: *start, end: *end });
        }
        stored_bytes = stored_bytes.saturating_add(end.saturating_sub(*start));
        at = *end;
    }
    let ends_in_a_hole = at < len_bytes || data.is_empty();
    let mut line = |number: u64| {
        out.extend_from_slice(number.to_string().as_bytes());
        out.push(b'\n');
    };
    line((data.len() as u64).saturating_add(u64::from(ends_in_a_hole)));
    for Range { start, end } in data {
        line(*start);
        line(end.saturating_sub(*start));
    }
    if ends_in_a_hole {
        line(len_bytes);
        line(0);
    }
    out.resize(out.len().saturating_add(padding_of(out.len() as u64)), 0);
    Ok(stored_bytes)
}

// One range in brackets is one range.
#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    fn map(data: &[Range<u64>], len_bytes: u64) -> (String, u64) {
        let mut out = Vec::new();
        let stored = append_map(&mut out, data, len_bytes).unwrap();
        assert!(out.len().is_multiple_of(512));
        (String::from_utf8(out).unwrap().trim_end_matches('\0').to_owned(), stored)
    }

    #[test]
    fn a_map_ends_where_the_file_does() {
        assert_eq!(map(&[0..4096], 1 << 20), ("2\n0\n4096\n1048576\n0\n".into(), 4096));
        assert_eq!(map(&[512..700], 700), ("1\n512\n188\n".into(), 188));
        assert_eq!(map(&[], 9), ("1\n9\n0\n".into(), 0));
        let many: Vec<_> = (0..1000).map(|n| n * 1024..n * 1024 + 512).collect();
        assert_eq!(map(&many, 1 << 30).1, 512_000);
    }

    #[test]
    fn ranges_that_readers_would_read_elsewhere_are_refused() {
        for wrong in [
            vec![1..512],
            vec![0..511],
            vec![512..1024, 0..512],
            vec![0..1024, 512..2048],
            vec![512..512],
            vec![0..8192],
        ] {
            let error = append_map(&mut Vec::new(), &wrong, 4096).unwrap_err();
            assert!(matches!(error, ArchiveError::SparseRange { .. }), "{wrong:?}");
        }
    }
}
