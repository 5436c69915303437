//! Bitmaps: which blocks or inodes of a group are in use.
//!
//! A bitmap of a transaction knows two states: how it was at the start, and how it is now. What may
//! be given out is free in both: what the transaction itself has freed still holds the data of the
//! old image, which has to be there if the transaction does not come to its end.
//!
//! ```
//! # use mpimg::fs::Bitmap;
//! let mut bitmap = Bitmap::new(&[0b0000_0011, 0], 16);
//! assert!(bitmap.clear(1));
//! assert_eq!(bitmap.runs(0).next(), Some((2, 14)), "number 1 is not given out again");
//! ```

use std::sync::Arc;

/// Which blocks or inodes of a group are in use; bit 0 is the first.
#[derive(Debug, Clone)]
pub struct Bitmap {
    start: Arc<[u8]>,
    now: Vec<u8>,
    len: u32,
}

impl Bitmap {
    /// A bitmap of `len` bits at the start of a transaction.
    #[must_use]
    pub fn new(bytes: &[u8], len: u32) -> Self {
        Self { start: Arc::from(bytes), now: bytes.to_vec(), len }
    }

    /// The bytes as they are now.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.now
    }

    /// Bits in it.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether it has no bits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether a bit is set now.
    #[must_use]
    pub fn is_set(&self, index: u32) -> bool {
        bit(&self.now, index)
    }

    /// Whether a bit was set at the start.
    #[must_use]
    pub fn was_set(&self, index: u32) -> bool {
        bit(&self.start, index)
    }

    /// Sets a bit; `false` if it was set already.
    pub fn set(&mut self, index: u32) -> bool {
        self.change(index, true)
    }

    /// Clears a bit; `false` if it was clear already.
    pub fn clear(&mut self, index: u32) -> bool {
        self.change(index, false)
    }

    fn change(&mut self, index: u32, value: bool) -> bool {
        let mask = 1_u8 << (index & 7);
        let Some(byte) = self.now.get_mut((index >> 3) as usize).filter(|_| index < self.len)
        else {
            return false;
        };
        let changed = (*byte & mask != 0) != value;
        *byte = if value { *byte | mask } else { *byte & !mask };
        changed
    }

    /// The first bit from `from` on that is clear now, whether it was at the start or not.
    #[must_use]
    pub fn first_clear(&self, from: u32) -> Option<u32> {
        let mut at = from;
        while at < self.len {
            let byte = self.now.get((at >> 3) as usize)?;
            let clear = !byte >> (at & 7);
            if clear != 0 {
                return Some(at.saturating_add(clear.trailing_zeros())).filter(|at| *at < self.len);
            }
            at = (at | 7).saturating_add(1);
        }
        None
    }

    /// The runs that may be given out, as first bit and length, from bit `from` on.
    pub fn runs(&self, from: u32) -> Runs<'_> {
        Runs { bitmap: self, at: from }
    }

    /// The first bit from `from` on that may be given out (`used` false) or may not (`used` true).
    fn find(&self, from: u32, used: bool) -> u32 {
        let mut at = from;
        while at < self.len {
            let word = self.word(at);
            let word = if used { word } else { !word };
            // The bits before `at` do not count.
            let word = word >> (at & 63);
            if word != 0 {
                return at.saturating_add(word.trailing_zeros()).min(self.len);
            }
            at = (at | 63).saturating_add(1);
        }
        self.len
    }

    /// The 64 bits around `at`, those that are set at the start or now.
    fn word(&self, at: u32) -> u64 {
        let first = (at >> 6).saturating_mul(8) as usize;
        let of = |bytes: &[u8]| {
            let mut word = [0xff; 8];
            let rest = bytes.get(first..).unwrap_or_default();
            for (to, from) in word.iter_mut().zip(rest) {
                *to = *from;
            }
            u64::from_le_bytes(word)
        };
        of(&self.start) | of(&self.now)
    }
}

fn bit(bytes: &[u8], index: u32) -> bool {
    bytes.get((index >> 3) as usize).is_some_and(|byte| byte & (1 << (index & 7)) != 0)
}

/// Runs of bits that may be given out.
#[derive(Debug)]
pub struct Runs<'a> {
    bitmap: &'a Bitmap,
    at: u32,
}

impl Iterator for Runs<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let first = self.bitmap.find(self.at, false);
        if first >= self.bitmap.len {
            return None;
        }
        self.at = self.bitmap.find(first, true);
        Some((first, self.at.saturating_sub(first)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_are_what_is_free_at_the_start_and_now(
            bytes in proptest::collection::vec(any::<u8>(), 32),
            len in 0_u32..256,
            changes in proptest::collection::vec((0_u32..256, any::<bool>()), 0..40),
        ) {
            let mut bitmap = Bitmap::new(&bytes, len);
            for (index, value) in changes {
                if value { bitmap.set(index); } else { bitmap.clear(index); }
            }
            let mut free = Vec::new();
            for (first, count) in bitmap.runs(0) {
                free.extend((0..count).map(|at| first.saturating_add(at)));
            }
            let expected: Vec<u32> =
                (0..len).filter(|i| !bitmap.is_set(*i) && !bitmap.was_set(*i)).collect();
            prop_assert_eq!(free, expected);
            for from in 0..len {
                let clear = (from..len).find(|index| !bitmap.is_set(*index));
                prop_assert_eq!(bitmap.first_clear(from), clear);
            }
        }
    }
}
