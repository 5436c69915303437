//! 10,000 images with random bytes of their metadata changed: whatever they say, mpimg ends in
//! time, within its memory, with a code from the table and a line that says why; and writes to
//! none of them.
//!
//! All go through the library, in this process; one in ten also through the commands, four each,
//! as processes. A failure names its seed: `MPIMG_SEED=N` runs that one alone.

// A helper that fails is a test that fails.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::collections::HashSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use mpimg::fs::{
    BlockMap, FileType, Filesystem, Ino, Inode, LastSymlink, OpenOptions, Result as FsResult,
};
use mpimg::mpage::{FileBlock, PageIndex, ReadOptions, ReadPlanner, Stats};
use support::disk::Memory;
use support::image::Image;
use support::mutate::{Change, Mutator, Specimen};
use support::process::{self, Limits};
use support::{gallery, scratch};

/// Seeds of mutants of the small image, and of the one with 4 KiB blocks.
const SMALL_SEEDS: Range<u64> = 0..7_000;
const LARGE_SEEDS: Range<u64> = 7_000..10_000;
/// One seed in so many also runs as processes.
const PROCESS_EVERY: u64 = 10;

const MOST_TIME: Duration = Duration::from_secs(5);
const LIMITS: Limits = Limits { memory_kib: 256 << 10, cpu_seconds: 5, output_bytes: 4 << 20 };
/// Windows of a file that are read: a mutant claims sizes that take days.
const MOST_WINDOWS: usize = 3;

const PATHS: &[&str] = &["/hello", "/double", "/dir/inner/file", "/triple", "/fast", "/dir"];

/// 7,000 mutants are of the image that has every kind of metadata.
fn small() -> &'static Mutator {
    static SMALL: OnceLock<Mutator> = OnceLock::new();
    SMALL.get_or_init(|| Mutator::new(gallery::small_and_varied().bytes()))
}

/// 3,000 are of one with blocks as large as a page, where other sums overflow.
fn large() -> &'static Mutator {
    static LARGE: OnceLock<Mutator> = OnceLock::new();
    LARGE.get_or_init(|| {
        let tree = gallery::tree().path();
        let image = Image::from_tree(tree, 4096, 2 << 20, &["-N", "64", "-m", "0"]);
        gallery::add_devices_and_owners(&image);
        gallery::add_xattrs(&image, "/dir/inner/file");
        image.fsck();
        Mutator::new(image.bytes())
    })
}

/// The seed that is to run alone.
fn only_seed() -> Option<u64> {
    std::env::var("MPIMG_SEED").ok().and_then(|seed| seed.parse().ok())
}

fn mutator_of(seed: u64) -> &'static Mutator {
    if SMALL_SEEDS.contains(&seed) { small() } else { large() }
}

/// Runs `look` for every `step`th seed on as many threads as there are processors; fails with the
/// first few seeds for which it complains or panics.
fn for_seeds<S>(
    step: u64,
    start: impl Fn() -> S + Sync,
    look: impl Fn(&mut S, u64) -> Result<(), String> + Sync,
) {
    let seeds = only_seed().map_or(SMALL_SEEDS.start..LARGE_SEEDS.end, |seed| seed..seed + 1);
    let next = AtomicU64::new(seeds.start);
    let complaints = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut state = start();
                loop {
                    let seed = next.fetch_add(step, Ordering::Relaxed);
                    if !seeds.contains(&seed) {
                        break;
                    }
                    let began = Instant::now();
                    let looked = catch_unwind(AssertUnwindSafe(|| look(&mut state, seed)));
                    let looked = looked.unwrap_or_else(|_| Err("panicked".into()));
                    let slow = began.elapsed() > MOST_TIME && looked.is_ok();
                    let slow = slow.then(|| format!("took {:?}", began.elapsed()));
                    if let Some(complaint) = looked.err().or(slow) {
                        complaints.lock().expect("no panic here").push((seed, complaint));
                    }
                }
            });
        }
    });
    let mut complaints = complaints.into_inner().expect("no panic here");
    complaints.sort();
    let told: Vec<_> = complaints
        .iter()
        .take(5)
        .map(|(seed, complaint)| {
            let mutator = mutator_of(*seed);
            format!("seed {seed}: {complaint}\n{}", mutator.describe(&mutator.changes(*seed)))
        })
        .collect();
    assert!(told.is_empty(), "{} complaints\n{}", complaints.len(), told.join("\n\n"));
}

#[test]
fn ten_thousand_mutants_do_not_panic_or_hang_the_library() {
    let opened = AtomicU64::new(0);
    let listed = AtomicU64::new(0);
    for_seeds(
        1,
        || (),
        |(), seed| {
            let mutator = mutator_of(seed);
            let device = Arc::new(Memory(mutator.mutant(&mutator.changes(seed))));
            let Ok(fs) = Filesystem::open(device, OpenOptions::default()) else { return Ok(()) };
            opened.fetch_add(1, Ordering::Relaxed);
            listed.fetch_add(look_at_everything(&fs), Ordering::Relaxed);
            Ok(())
        },
    );
    if only_seed().is_none() {
        // Mutants that all fail to open would prove nothing.
        let (opened, listed) = (opened.into_inner(), listed.into_inner());
        assert!(opened > 5_000, "{opened} of 10,000 opened");
        assert!(listed > 50 * opened, "{listed} entries in {opened} images");
    }
}

/// What the commands do, through the library; returns the number of entries found.
fn look_at_everything(fs: &Filesystem) -> u64 {
    for group in 0..fs.superblock().groups_count().min(1_000) {
        let _ = fs.group(group);
    }
    for path in PATHS {
        let _ = fs.resolve(path.as_bytes(), LastSymlink::Follow);
    }
    let mut seen = HashSet::from([Ino::ROOT]);
    let mut pending = vec![Ino::ROOT];
    let mut found = 0;
    while let Some(ino) = pending.pop() {
        let Ok(inode) = fs.inode(ino) else { continue };
        let _ = look_at(fs, &inode);
        if inode.file_type() != FileType::Directory {
            continue;
        }
        let _ = fs.visit_dir(&inode, |entry| {
            found += 1;
            if seen.insert(entry.ino) {
                pending.push(entry.ino);
            }
            Ok(None::<()>)
        });
    }
    found
}

fn look_at(fs: &Filesystem, inode: &Inode) -> FsResult<()> {
    let _ = fs.xattrs(inode);
    let _ = (inode.mtime(), inode.crtime(), inode.device_number(), inode.sectors());
    if inode.file_type() == FileType::Symlink {
        fs.read_link(inode)?;
    }
    fs.check_file(inode)?;
    let end = FileBlock(fs.geometry().blocks_for(inode.size_bytes()));
    let mut map = BlockMap::new(inode, fs.metadata());
    let (mut at, mut data_blocks) = (FileBlock(0), 0);
    while let Some(run) = map.run(at, end)? {
        assert!(run.count_blocks > 0, "an empty run has no end");
        at = run.file_block.plus(run.count_blocks);
        data_blocks += run.block.map_or(0, |_| run.count_blocks);
        if data_blocks > fs.superblock().blocks_count() {
            break;
        }
    }
    plan(fs, inode);
    // The beginning, and what is left of the end.
    let size = inode.size_bytes();
    for from in [0, size.saturating_sub(3 << 20), size / 2] {
        let options = ReadOptions::for_pages_of(fs.geometry());
        let mut file = fs.open_file(inode, from..size, options)?;
        for _ in 0..MOST_WINDOWS {
            let Some(faults) = file.next_window() else { break };
            let taken: usize = file.pieces().map(<[u8]>::len).sum();
            assert!(taken > 0 || from == size, "an empty window");
            assert!(faults.iter().all(|fault| fault.len_bytes > 0), "an empty fault");
        }
    }
    Ok(())
}

fn plan(fs: &Filesystem, inode: &Inode) {
    let geometry = fs.geometry();
    let options = ReadOptions::for_pages_of(geometry).plan;
    let mut map = BlockMap::new(inode, fs.metadata());
    let mut stats = Stats::default();
    let pages = geometry.pages_for(inode.size_bytes());
    let mut planner = ReadPlanner::new(&mut map, &mut stats, geometry, inode.size_bytes(), options);
    planner.readahead(PageIndex(0), pages.min(2_000));
    planner.readahead(PageIndex(pages.saturating_sub(2_000)), pages.min(2_000));
}

/// The commands, of which mutants run [`COMMANDS_EACH`] in turn; `IMG` stands for the image.
const COMMANDS: &[&[&str]] = &[
    &["cat", "IMG", "/hello", "/double", "/dir/inner/file", "/pattern", "/sparse"],
    &["cat", "IMG", "--on-error=zero", "/triple"],
    &["cat", "IMG", "--offset=66M", "--length=2M", "/triple", "/double"],
    &["ls", "IMG", "-laR", "--json"],
    &["ls", "IMG", "-laiR", "/"],
    &["stat", "IMG", "/", "/hello", "/dir", "/slow", "/tty", "/disk", "/dir/inner/file"],
    &["map", "IMG", "--strip=always", "/double", "/triple", "/dir", "/sparse"],
    &["plan", "IMG", "/triple"],
    &["plan", "IMG", "--json", "--readahead=0", "/double"],
    &["info", "IMG"],
    &["readlink", "IMG", "/fast", "/slow", "/loop", "/slow-60"],
];

const COMMANDS_EACH: usize = 4;

struct Bench {
    small: Specimen<'static>,
    large: Specimen<'static>,
    stderr: std::fs::File,
    _dir: tempfile::TempDir,
}

#[test]
fn every_command_ends_in_time_and_memory_with_a_code_of_the_table() {
    let start = || {
        let dir = scratch::dir();
        let path = dir.path().join("stderr");
        let stderr = std::fs::File::options().create_new(true).read(true).append(true).open(path);
        let stderr = stderr.expect("a file for standard error");
        Bench { small: small().specimen(), large: large().specimen(), stderr, _dir: dir }
    };
    for_seeds(PROCESS_EVERY, start, |bench, seed| {
        let specimen = if SMALL_SEEDS.contains(&seed) { &bench.small } else { &bench.large };
        let mutator = mutator_of(seed);
        let changes = mutator.changes(seed);
        specimen.with(&changes, |path| {
            let image = path.to_str().expect("a plain path");
            let turn = usize::try_from(seed / PROCESS_EVERY).expect("a small number");
            let from = turn * COMMANDS_EACH % COMMANDS.len();
            for command in COMMANDS.iter().cycle().skip(from).take(COMMANDS_EACH) {
                let args: Vec<_> =
                    command.iter().map(|arg| if *arg == "IMG" { image } else { arg }).collect();
                let ended = LIMITS.run(&args, &mut bench.stderr);
                judge(&ended, command.contains(&"--json"))
                    .map_err(|complaint| format!("{command:?}: {complaint}"))?;
            }
            untouched(path, mutator, &changes)
        })
    });
}

fn judge(ended: &process::Ended, json: bool) -> Result<(), String> {
    let stderr = &ended.stderr;
    let code = ended.code().map_err(|signal| format!("{signal}: {stderr}"))?;
    if ended.took > 2 * MOST_TIME {
        return Err(format!("took {:?}", ended.took));
    }
    // 8 is not among them: the host did not fail.
    if ![0, 1, 4, 5].contains(&code) {
        return Err(format!("exit code {code}: {stderr}"));
    }
    let closed = ended.stdout.len() == LIMITS.output_bytes;
    let failures = stderr.lines().filter(|line| !line.contains(": warning: ")).count();
    if (code == 0) != (failures == 0) && !closed {
        return Err(format!("exit code {code} with {failures} failures: {stderr}"));
    }
    for line in stderr.lines() {
        let well_formed = if json {
            let value: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            value["error"]["code"].is_string() && value["error"]["exit"].is_u64()
        } else {
            line.starts_with("mpimg: ")
        };
        if !well_formed || line.chars().any(char::is_control) {
            return Err(format!("a line of standard error: {line:?}"));
        }
    }
    Ok(())
}

fn untouched(path: &std::path::Path, mutator: &Mutator, changes: &[Change]) -> Result<(), String> {
    let same = std::fs::read(path).expect("the image is readable") == mutator.mutant(changes);
    same.then_some(()).ok_or_else(|| "the image was written to".into())
}
