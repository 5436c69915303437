//! Fragmented files: runs of 1-16 blocks, as a long-used filesystem has them.
//!
//! Two ways to make one. [`reserve`] needs no root: `debugfs` marks gaps as used, writes the file
//! into what is between them, and frees the gaps. [`through_kernel`] has the kernel write the file
//! through a loop mount, so the layout is one that its allocator made.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::ops::RangeInclusive;
use std::path::Path;

use super::loopmount::LoopMount;
use super::prng::SplitMix64;
use super::{content, image, tools};

/// The lengths of runs, in blocks.
pub const RUN_BLOCKS: RangeInclusive<u64> = 1..=16;

/// Writes the host file `source` to `dest`, in free runs whose lengths `seed` draws from `runs`,
/// with gaps of such lengths between them. The image needs twice the file's size free.
#[track_caller]
pub fn reserve(image: &Path, source: &Path, dest: &str, seed: u64, runs: RangeInclusive<u64>) {
    let mut random = SplitMix64::new(seed);
    let mut gaps = Vec::new();
    for free in free_ranges(image) {
        let mut block = *free.start();
        loop {
            block += random.within(runs.clone());
            let gap = random.within(runs.clone()).min((free.end() + 1).saturating_sub(block));
            if gap == 0 {
                break;
            }
            gaps.push((block, gap));
            block += gap;
        }
    }
    let mark = |verb: &'static str| {
        gaps.iter().map(move |(block, count)| format!("{verb} {block} {count}"))
    };
    let write = format!("write \"{}\" \"{dest}\"", source.display());
    let script: Vec<_> = mark("setb").chain([write]).chain(mark("freeb")).collect();
    image::edit(image, &script);
}

/// Has the kernel write `len_bytes` of content `seed` to `name`, on an image that is full but for
/// runs of 1-16 blocks. The image needs twice the length free, and an inode for every 8 blocks.
///
/// The runs are filler files, every other one of them removed: two files that are written in turns
/// would not do, because the kernel preallocates for each and so keeps them apart.
#[track_caller]
pub fn through_kernel(image: &Path, name: &str, len_bytes: u64, block_size: u32, seed: u64) {
    let mount = LoopMount::read_write(image);
    let fillers = mount.path().join("fillers");
    fs::create_dir(&fillers).expect("a directory on the mount");
    let mut random = SplitMix64::new(seed);
    let mut count = 0;
    loop {
        let run = vec![0; (random.within(RUN_BLOCKS) * u64::from(block_size)) as usize];
        match fs::write(fillers.join(count.to_string()), run) {
            Ok(()) => count += 1,
            Err(e) if e.kind() == ErrorKind::StorageFull => break,
            Err(e) => panic!("a filler on the mount: {e}"),
        }
    }
    for index in (0..count).step_by(2) {
        fs::remove_file(fillers.join(index.to_string())).expect("a filler goes");
    }
    let mut file =
        File::create(mount.path().join(name.trim_start_matches('/'))).expect("a file on the mount");
    let mut piece = vec![0; 1 << 16];
    let mut done = 0;
    while done < len_bytes {
        let len = (len_bytes - done).min(1 << 16) as usize;
        content::fill(seed, done, &mut piece[..len]);
        file.write_all(&piece[..len]).expect("room on the image");
        done += len as u64;
    }
    file.sync_all().expect("the file is on the image");
    drop(file);
    fs::remove_dir_all(&fillers).expect("the fillers go");
    mount.unmount();
}

/// The image's free blocks, from `dumpe2fs`.
#[track_caller]
pub fn free_ranges(image: &Path) -> Vec<RangeInclusive<u64>> {
    let text = tools::succeed(tools::command("dumpe2fs").arg(image)).text();
    let lists = text.lines().filter_map(|line| line.trim().strip_prefix("Free blocks: "));
    lists.flat_map(|list| list.split(", ").filter_map(range)).collect()
}

/// `24-35` or `24`.
fn range(text: &str) -> Option<RangeInclusive<u64>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
}

/// How a file lies on disk, as `debugfs` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Runs of data, in file order: first file block, first fs block, length in blocks. A run
    /// ends at a hole and where the next block is elsewhere on disk.
    pub data: Vec<(u64, u64, u64)>,
    /// The blocks that map the data: indirect, double and triple indirect.
    pub mapping: Vec<u64>,
}

impl Layout {
    /// Reads the layout of `path`.
    #[track_caller]
    pub fn of(image: &image::Image, path: &str) -> Self {
        Self::parse(&image.debugfs(&format!("stat \"{path}\"")))
    }

    /// Parses `(0-11):24-35, (IND):36, (12):37`, the last lines of `stat`.
    pub fn parse(stat: &str) -> Self {
        let mut layout = Self::default();
        let blocks = stat.split_once("\nBLOCKS:").map_or("", |(_, blocks)| blocks);
        let pieces = blocks.split("\nTOTAL:").next().unwrap_or("");
        for piece in pieces.split(", ").map(str::trim).filter(|piece| !piece.is_empty()) {
            let (what, place) = piece.split_once(':').expect("(what):place");
            let place = range(place).expect("block numbers");
            match range(what.trim_matches(['(', ')'])) {
                Some(file) => layout.push(*file.start(), *place.start(), file.count() as u64),
                None => layout.mapping.extend(place),
            }
        }
        layout
    }

    fn push(&mut self, file_block: u64, fs_block: u64, count: u64) {
        match self.data.last_mut() {
            Some((f, p, n)) if *f + *n == file_block && *p + *n == fs_block => *n += count,
            _ => self.data.push((file_block, fs_block, count)),
        }
    }

    /// Contiguous stretches on disk when mapping blocks between data are read along with it: the
    /// fewest calls that any reader can need.
    pub fn runs_in_line(&self) -> usize {
        let between = |from: u64, to: u64| {
            from <= to && to - from < 8 && (from..to).all(|block| self.mapping.contains(&block))
        };
        let ends = self.data.windows(2);
        let breaks = ends.filter(|pair| !between(pair[0].1 + pair[0].2, pair[1].1)).count();
        if self.data.is_empty() { 0 } else { breaks + 1 }
    }
}
