//! Pattern content: bytes that a seed and a position decide, so that a block in the wrong place,
//! a block of another file, and a block of zeros are all noticed.
//!
//! Byte `i` of content `seed` is byte `i % 8` of `mix(seed, i / 8)`; any part can be made without
//! the rest, which is what a 4 GiB sparse file needs.

use super::prng::mix;

/// Fills `buf` with what content `seed` holds from `offset_bytes`.
pub fn fill(seed: u64, offset_bytes: u64, buf: &mut [u8]) {
    let mut position = offset_bytes;
    let mut rest = buf;
    while !rest.is_empty() {
        let word = word(seed, position / 8).to_le_bytes();
        let from = (position % 8) as usize;
        let len = rest.len().min(8 - from);
        let (now, later) = rest.split_at_mut(len);
        now.copy_from_slice(&word[from..from + len]);
        position += len as u64;
        rest = later;
    }
}

/// The first `len_bytes` of content `seed`.
pub fn bytes(seed: u64, len_bytes: usize) -> Vec<u8> {
    let mut buf = vec![0; len_bytes];
    fill(seed, 0, &mut buf);
    buf
}

/// Fails where `found` is not `expected`, and tells the first difference instead of megabytes.
#[track_caller]
pub fn assert_same(found: &[u8], expected: &[u8], what: &str) {
    if let Some(at) = found.iter().zip(expected).position(|(f, e)| f != e) {
        panic!(
            "{what}: byte {at} is {:#04x}, not {:#04x} (block {} at 1 KiB, {} at 4 KiB)",
            found[at],
            expected[at],
            at / 1024,
            at / 4096
        );
    }
    assert_eq!(found.len(), expected.len(), "{what}: the length in bytes");
}

fn word(seed: u64, index: u64) -> u64 {
    mix(mix(seed.wrapping_add(1)).wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}
