//! The hashes by which a directory's index is sorted.
//!
//! There are three, each in a form for signed and one for unsigned characters: where names were
//! hashed as C's `char`, architectures disagreed. The lowest bit of a hash is always clear: in the
//! index it says that the names of a hash began in the leaf before. Source: Linux `fs/ext4/hash.c`;
//! `debugfs -R 'dx_hash -h half_md4 hello'` says the same.
//!
//! ```
//! use mpimg::fs::{DirHash, HashVersion};
//! let hash = DirHash::new(HashVersion::HalfMd4, false, [0; 4]);
//! assert_eq!(hash.of(b"hello"), 0x1746_da32);
//! ```

/// Bytes of a name that half MD4 takes at a time, and those that TEA takes.
const MD4_BYTES: usize = 32;
const TEA_BYTES: usize = 16;
/// The state that hashing begins with where the superblock has no seed: MD4's.
const DEFAULT_SEED: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
/// A hash that the kernel keeps for the end of a directory; a name gets the one before.
const END: u32 = 0xffff_fffe;

/// Which hash sorts an index (`hash_version`, `s_def_hash_version`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashVersion {
    /// The first one.
    Legacy,
    /// MD4 cut down to half of its rounds' words.
    HalfMd4,
    /// The Tiny Encryption Algorithm.
    Tea,
}

impl HashVersion {
    /// The version that a number on disk stands for.
    #[must_use]
    pub fn from_disk(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Legacy,
            1 => Self::HalfMd4,
            2 => Self::Tea,
            _ => return None,
        })
    }

    /// Its number on disk.
    #[must_use]
    pub fn to_disk(self) -> u8 {
        match self {
            Self::Legacy => 0,
            Self::HalfMd4 => 1,
            Self::Tea => 2,
        }
    }
}

/// Hashes names.
#[derive(Debug, Clone, Copy)]
pub struct DirHash {
    version: HashVersion,
    unsigned: bool,
    seed: [u32; 4],
}

impl DirHash {
    /// A hash whose seed is `s_hash_seed`; of zeros only, it counts as none.
    #[must_use]
    pub fn new(version: HashVersion, unsigned: bool, seed: [u32; 4]) -> Self {
        let seed = if seed == [0; 4] { DEFAULT_SEED } else { seed };
        Self { version, unsigned, seed }
    }

    /// Which one it is.
    #[must_use]
    pub fn version(&self) -> HashVersion {
        self.version
    }

    /// The hash of a name: what the kernel calls its major hash.
    #[must_use]
    pub fn of(&self, name: &[u8]) -> u32 {
        let hash = match self.version {
            HashVersion::Legacy => self.legacy(name),
            HashVersion::HalfMd4 => self.half_md4(name),
            HashVersion::Tea => self.tea(name),
        };
        match hash & !1 {
            END => END.saturating_sub(2),
            hash => hash,
        }
    }

    fn legacy(&self, name: &[u8]) -> u32 {
        let (mut last, mut before) = (0x12a3_fe2d_u32, 0x37ab_e8f9_u32);
        for byte in name {
            let mixed = before.wrapping_add(last ^ self.character(*byte).wrapping_mul(7_152_373));
            let wrapped = match mixed >> 31 {
                0 => mixed,
                _ => mixed.wrapping_sub(0x7fff_ffff),
            };
            (last, before) = (wrapped, last);
        }
        last << 1
    }

    fn half_md4(&self, name: &[u8]) -> u32 {
        let mut state = self.seed;
        let mut rest = name;
        while !rest.is_empty() {
            let words = self.words(rest);
            let [w0, w1, w2, w3, w4, w5, w6, w7] = words;
            let mixed = md4_round(state, words, [3, 7, 11, 19], |x, y, z| z ^ (x & (y ^ z)));
            let mixed =
                md4_round(mixed, [w1, w3, w5, w7, w0, w2, w4, w6], [3, 5, 9, 13], |x, y, z| {
                    (x & y).wrapping_add((x ^ y) & z).wrapping_add(0x5a82_7999)
                });
            let mixed =
                md4_round(mixed, [w3, w7, w2, w6, w1, w5, w0, w4], [3, 9, 11, 15], |x, y, z| {
                    (x ^ y ^ z).wrapping_add(0x6ed9_eba1)
                });
            for (word, more) in state.iter_mut().zip(mixed) {
                *word = word.wrapping_add(more);
            }
            rest = rest.get(MD4_BYTES..).unwrap_or_default();
        }
        let [_, major, _, _] = state;
        major
    }

    fn tea(&self, name: &[u8]) -> u32 {
        let [mut left, mut right, _, _] = self.seed;
        let mut rest = name;
        while !rest.is_empty() {
            let [k0, k1, k2, k3] = self.words(rest);
            let (mut l, mut r, mut sum) = (left, right, 0_u32);
            for _ in 0..16 {
                sum = sum.wrapping_add(0x9e37_79b9);
                l = l.wrapping_add(tea_mix(r, sum, k0, k1));
                r = r.wrapping_add(tea_mix(l, sum, k2, k3));
            }
            left = left.wrapping_add(l);
            right = right.wrapping_add(r);
            rest = rest.get(TEA_BYTES..).unwrap_or_default();
        }
        left
    }

    /// The first words of what is left of a name, four bytes each, the first byte highest; where it
    /// ends, its length is repeated instead.
    fn words<const N: usize>(&self, rest: &[u8]) -> [u32; N] {
        let length = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let mut words = [length.wrapping_mul(0x0101_0101); N];
        for (word, chunk) in words.iter_mut().zip(rest.chunks(4)) {
            for byte in chunk {
                *word = (*word << 8).wrapping_add(self.character(*byte));
            }
        }
        words
    }

    fn character(&self, byte: u8) -> u32 {
        match self.unsigned {
            true => u32::from(byte),
            false => i32::from(byte.cast_signed()).cast_unsigned(),
        }
    }
}

/// One of MD4's rounds, over eight words instead of sixteen.
fn md4_round(
    state: [u32; 4],
    words: [u32; 8],
    shifts: [u32; 4],
    mix: impl Fn(u32, u32, u32) -> u32,
) -> [u32; 4] {
    let [mut a, mut b, mut c, mut d] = state;
    for (word, shift) in words.into_iter().zip(shifts.into_iter().cycle()) {
        let changed = a.wrapping_add(mix(b, c, d)).wrapping_add(word).rotate_left(shift);
        // The words of the state take turns.
        (a, b, c, d) = (d, changed, b, c);
    }
    [a, b, c, d]
}

fn tea_mix(half: u32, sum: u32, even: u32, odd: u32) -> u32 {
    (half << 4).wrapping_add(even) ^ half.wrapping_add(sum) ^ (half >> 5).wrapping_add(odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u32; 4] = [0x4d3c_2b1b, 0x1847_605f, 0xb5a4_9382, 0xf9e8_d7c6];

    /// What `debugfs -R 'dx_hash -h VERSION -s SEED NAME'` answers for versions 0 to 5: signed, then
    /// unsigned.
    const ANSWERS: &[([u32; 4], &[u8], [u32; 6])] = &[
        (
            [0; 4],
            b"a",
            [0xe74b_53e2, 0xd5fa_7d7a, 0x6d0e_a4c0, 0xe74b_53e2, 0xd5fa_7d7a, 0x6d0e_a4c0],
        ),
        (
            [0; 4],
            b"hello",
            [0x3225_2546, 0x1746_da32, 0x6f5b_b1a8, 0x3225_2546, 0x1746_da32, 0x6f5b_b1a8],
        ),
        (
            [0; 4],
            b"h\xc3\xa9llo",
            [0x2399_28cc, 0x98e0_30c8, 0x313e_cf7e, 0x7798_acd8, 0xa5c6_7250, 0x7472_d1be],
        ),
        (
            [0; 4],
            b"exactly-16-bytes",
            [0xa11b_110a, 0x76e1_c7d2, 0x783b_90b6, 0xa11b_110a, 0x76e1_c7d2, 0x783b_90b6],
        ),
        (
            [0; 4],
            b"seventeen-bytes-x",
            [0x942a_c8a0, 0x98d5_c56a, 0x19a3_229e, 0x942a_c8a0, 0x98d5_c56a, 0x19a3_229e],
        ),
        (
            [0; 4],
            b"a name of more than thirty-two bytes, so that there are two rounds",
            [0xfbc0_9368, 0x8b59_5130, 0x001a_e608, 0xfbc0_9368, 0x8b59_5130, 0x001a_e608],
        ),
        (
            [0; 4],
            b"\xc3\xbf\xc3\xbe\xc3\xbd",
            [0xe06d_9d7a, 0x25f8_5060, 0xecc3_6d60, 0xbe98_b17c, 0x9d2a_b900, 0x8b10_7442],
        ),
        (
            [0; 4],
            &[b'x'; 255],
            [0x3055_7da6, 0x2aa7_169e, 0x6c4c_00ee, 0x3055_7da6, 0x2aa7_169e, 0x6c4c_00ee],
        ),
        (
            SEED,
            b"a",
            [0xe74b_53e2, 0x4f2b_b916, 0x4728_8ef4, 0xe74b_53e2, 0x4f2b_b916, 0x4728_8ef4],
        ),
        (
            SEED,
            b"hello",
            [0x3225_2546, 0x1081_e49c, 0x9251_9f34, 0x3225_2546, 0x1081_e49c, 0x9251_9f34],
        ),
        (
            SEED,
            b"h\xc3\xa9llo",
            [0x2399_28cc, 0x33a4_bf26, 0x46f2_9780, 0x7798_acd8, 0x5b3d_dbd8, 0x658a_b798],
        ),
        (
            SEED,
            b"exactly-16-bytes",
            [0xa11b_110a, 0x9959_d938, 0xca09_9d54, 0xa11b_110a, 0x9959_d938, 0xca09_9d54],
        ),
        (
            SEED,
            b"seventeen-bytes-x",
            [0x942a_c8a0, 0x927c_484a, 0x3b09_3886, 0x942a_c8a0, 0x927c_484a, 0x3b09_3886],
        ),
        (
            SEED,
            b"a name of more than thirty-two bytes, so that there are two rounds",
            [0xfbc0_9368, 0x5aa7_9b2a, 0x756f_b854, 0xfbc0_9368, 0x5aa7_9b2a, 0x756f_b854],
        ),
        (
            SEED,
            b"\xc3\xbf\xc3\xbe\xc3\xbd",
            [0xe06d_9d7a, 0x554a_3974, 0xf423_30c4, 0xbe98_b17c, 0x8c1c_15c0, 0x6ce2_f2d8],
        ),
        (
            SEED,
            &[b'x'; 255],
            [0x3055_7da6, 0x6161_f44c, 0x44f6_5890, 0x3055_7da6, 0x6161_f44c, 0x44f6_5890],
        ),
    ];

    #[test]
    fn hashes_as_debugfs_does() {
        for (seed, name, answers) in ANSWERS {
            for (number, answer) in (0..6).zip(answers) {
                let version = HashVersion::from_disk(number % 3).unwrap();
                let hash = DirHash::new(version, number >= 3, *seed).of(name);
                let name = String::from_utf8_lossy(name);
                assert_eq!(hash, *answer, "{version:?} {number} {name}");
            }
        }
    }

    #[test]
    fn no_name_gets_the_hash_of_the_end() {
        // Found by trying: its hash would be END.
        let hash = DirHash::new(HashVersion::Legacy, false, [0; 4]);
        assert_eq!(hash.legacy(b"qwrkwdb"), END);
        assert_eq!(hash.of(b"qwrkwdb"), END - 2);
    }
}
