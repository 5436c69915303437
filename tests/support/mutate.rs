//! Hostile images: a sound one with 1-20 bytes of its metadata changed, as a seed decides.
//!
//! Thousands a second: the changes are made in place in one small file and taken back after.
//!
//! ```ignore
//! let mutator = Mutator::new(gallery::small_and_varied().bytes());
//! let specimen = mutator.specimen();
//! for seed in 0..10_000 {
//!     let changes = mutator.changes(seed);
//!     specimen.with(&changes, |path| assert!(survives(path), "{}", mutator.describe(&changes)));
//! }
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::image::Image;
use super::metadata::{Kind, Region, regions};
use super::prng::SplitMix64;

/// One byte of the image set to another value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub offset_bytes: usize,
    /// What it becomes.
    pub byte: u8,
}

/// The most bytes that a seed changes.
pub const MOST_CHANGES: u64 = 20;

/// Draws changes to the metadata of one image.
#[derive(Debug)]
pub struct Mutator {
    original: Vec<u8>,
    kinds: BTreeMap<Kind, Vec<Region>>,
}

impl Mutator {
    /// A mutator of the sound image `original`.
    pub fn new(original: Vec<u8>) -> Self {
        let mut kinds = BTreeMap::<_, Vec<_>>::new();
        for region in regions(&original) {
            kinds.entry(region.kind).or_default().push(region);
        }
        Self { original, kinds }
    }

    /// The sound image.
    pub fn original(&self) -> &[u8] {
        &self.original
    }

    /// The kinds of metadata that the image has, and so that are changed.
    pub fn kinds(&self) -> Vec<Kind> {
        self.kinds.keys().copied().collect()
    }

    /// The changes of `seed`: 1 to 20, few more often than many.
    ///
    /// Kinds are equally likely, whatever their size: inode tables would drown the superblock.
    pub fn changes(&self, seed: u64) -> Vec<Change> {
        let mut random = SplitMix64::new(seed);
        let most = random.within(1..=MOST_CHANGES);
        let count = random.within(1..=most);
        let kinds: Vec<_> = self.kinds.values().collect();
        let mut draw = || {
            let regions = pick(&mut random, &kinds);
            let region = pick(&mut random, regions);
            let offset_bytes = self.offset(&mut random, region);
            Change { offset_bytes, byte: value(&mut random, self.original[offset_bytes]) }
        };
        (0..count).map(|_| draw()).collect()
    }

    /// A byte of `region`; more often one that is not 0, for most of a block means nothing.
    fn offset(&self, random: &mut SplitMix64, region: &Region) -> usize {
        let tries = if random.within(0..=3) == 0 { 1 } else { 16 };
        let last = region.bytes.len() as u64 - 1;
        let mut offset = region.bytes.start;
        for _ in 0..tries {
            offset = region.bytes.start + random.within(0..=last) as usize;
            if self.original[offset] != 0 {
                break;
            }
        }
        offset
    }

    /// The changes in words, to be found again: kind, place within the region, values.
    pub fn describe(&self, changes: &[Change]) -> String {
        let lines = changes.iter().map(|change| {
            let at = change.offset_bytes;
            let mut all = self.kinds.values().flatten();
            let region = all.find(|r| r.bytes.contains(&at)).expect("changes hit metadata");
            let (old, new) = (self.original[at], change.byte);
            let within = at - region.bytes.start;
            format!("{:?} byte {within} (image byte {at}): {old:#04x} -> {new:#04x}", region.kind)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The image with `changes` made, in memory.
    pub fn mutant(&self, changes: &[Change]) -> Vec<u8> {
        let mut image = self.original.clone();
        for change in changes {
            image[change.offset_bytes] = change.byte;
        }
        image
    }

    /// A file of the image to make changes in.
    pub fn specimen(&self) -> Specimen<'_> {
        let image = Image::from_bytes(&self.original);
        let file = File::options().write(true).open(image.path()).expect("the image is writable");
        Specimen { mutator: self, image, file }
    }
}

/// A file that is the sound image between changes.
#[derive(Debug)]
pub struct Specimen<'a> {
    mutator: &'a Mutator,
    image: Image,
    file: File,
}

impl Specimen<'_> {
    /// Runs `look` on the image with `changes` made, and takes them back, also when it panics.
    /// A `look` that writes to the image is followed by [`Specimen::reset`].
    pub fn with<R>(&self, changes: &[Change], look: impl FnOnce(&Path) -> R) -> R {
        let undo = Undo { specimen: self, changes };
        for change in changes {
            self.set(change.offset_bytes, change.byte);
        }
        let result = look(self.image.path());
        drop(undo);
        result
    }

    /// Makes the whole file the sound image again.
    pub fn reset(&self) {
        self.file.set_len(self.mutator.original.len() as u64).expect("the image's length");
        self.file.write_all_at(&self.mutator.original, 0).expect("the image's bytes");
    }

    fn set(&self, offset_bytes: usize, byte: u8) {
        self.file.write_all_at(&[byte], offset_bytes as u64).expect("a byte of the image");
    }
}

struct Undo<'a> {
    specimen: &'a Specimen<'a>,
    changes: &'a [Change],
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        for Change { offset_bytes, .. } in self.changes {
            self.specimen.set(*offset_bytes, self.specimen.mutator.original[*offset_bytes]);
        }
    }
}

fn pick<'a, T>(random: &mut SplitMix64, from: &'a [T]) -> &'a T {
    &from[random.within(0..=from.len() as u64 - 1) as usize]
}

/// Another value for a byte: what hardware, and what an attacker, would make of it.
fn value(random: &mut SplitMix64, old: u8) -> u8 {
    let new = match random.within(0..=5) {
        0 => old ^ 1 << random.within(0..=7),
        1 => old.wrapping_add(1),
        2 => old.wrapping_sub(1),
        3 => 0,
        4 => 0xff,
        _ => random.next_u64() as u8,
    };
    if new == old { !old } else { new }
}
