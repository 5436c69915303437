//! 10,000 images with random bytes of their metadata changed: whatever they say, mpimg ends in
//! time, within its memory, with a code from the table and a line that says why; and writes to
//! none of them.
//!
//! All go through the library, in this process; one in ten also through the commands as processes,
//! four of those that look at paths, and all that walk trees. A failure names its seed: `MPIMG_SEED=N` runs that one alone.

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
    BlockMap, FileType, Filesystem, FsError, Ino, Inode, Item, LastSymlink, OpenOptions, Order,
    Result as FsResult, Root, Step, StreamOptions, Walk,
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

#[test]
fn ten_thousand_mutants_are_walked_and_streamed_to_an_end() {
    let (walked, streamed) = (AtomicU64::new(0), AtomicU64::new(0));
    for_seeds(
        1,
        || (),
        |(), seed| {
            let mutator = mutator_of(seed);
            let device = Arc::new(Memory(mutator.mutant(&mutator.changes(seed))));
            let Ok(fs) = Filesystem::open(device, OpenOptions::default()) else { return Ok(()) };
            let Ok(root) = fs.inode(Ino::ROOT) else { return Ok(()) };
            let order = if seed % 2 == 0 { Order::Name } else { Order::Disk };
            walked.fetch_add(walk(&fs, root.clone(), order), Ordering::Relaxed);
            streamed.fetch_add(stream(&fs, root, order)?, Ordering::Relaxed);
            Ok(())
        },
    );
    if only_seed().is_none() {
        let (walked, streamed) = (walked.into_inner(), streamed.into_inner());
        assert!(walked > 300_000, "{walked} names in 10,000 images");
        assert!(streamed > 1 << 30, "{streamed} bytes of data in 10,000 images");
    }
}

/// Walks the tree, and returns the number of names. What comes has names that lead nowhere else.
fn walk(fs: &Filesystem, root: Inode, order: Order) -> u64 {
    let mut walk = Walk::new(fs, b"/", root, order);
    let (mut names, mut depth) = (0, 0);
    while let Some(step) = walk.next() {
        match step {
            Step::Enter(_) => depth += 1,
            Step::Leave => depth -= 1,
            Step::Node(_) | Step::Fault(_) => {}
        }
        names += 1;
        assert!(names < 100_000, "a walk without an end");
        assert_plain(walk.path());
    }
    assert_eq!(depth, 0, "each directory that is entered is left");
    names
}

/// Streams the tree, and returns the number of bytes of data that came.
fn stream(fs: &Filesystem, root: Inode, order: Order) -> Result<u64, String> {
    let roots = vec![Root { path: b"/".to_vec(), inode: root }];
    let options = StreamOptions { order, xattrs: true, ranges: true, ..StreamOptions::default() };
    let (mut bytes, mut parts, mut in_file, mut end_of_data) = (0, 0, false, 0);
    let streamed = fs.stream::<FsError>(roots, options, |items, _window| {
        for item in items {
            match item {
                Item::File(entry, _) => {
                    assert_plain(&entry.path);
                    assert!(!in_file, "a file within a file");
                    (in_file, end_of_data) = (true, 0);
                }
                Item::Data(part) => {
                    let len = part.range.end - part.range.start;
                    assert!(in_file && part.range.start >= end_of_data, "parts in order");
                    assert!(len > 0, "an empty part");
                    parts += 1;
                    assert_eq!(part.in_window.end - part.in_window.start, len, "a part's length");
                    end_of_data = part.range.end;
                    bytes += len;
                }
                Item::End => in_file = false,
                Item::Enter(entry) | Item::Node(entry) | Item::Again { entry, .. } => {
                    assert_plain(&entry.path);
                    assert!(!in_file, "a name within a file");
                }
                Item::Fault { .. } | Item::Pruned | Item::Leave => {}
            }
        }
        Ok(())
    });
    // There is a block in each, or a fault.
    let most = 2 * fs.superblock().blocks_count().min(10_000);
    assert!(parts <= most, "{parts} parts of data in an image of {most} blocks");
    streamed.map(|_| bytes).map_err(|error| error.to_string())
}

fn assert_plain(path: &[u8]) {
    let mut names = path.split(|byte| *byte == b'/').skip(1);
    let plain = |name: &[u8]| {
        name.len() <= 255 && !name.contains(&0) && !matches!(name, b"" | b"." | b"..")
    };
    assert!(path == b"/" || names.all(plain), "the path {}", path.escape_ascii());
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
    dir: tempfile::TempDir,
}

#[test]
fn every_command_ends_in_time_and_memory_with_a_code_of_the_table() {
    let start = || {
        let dir = scratch::dir();
        let path = dir.path().join("stderr");
        let stderr = std::fs::File::options().create_new(true).read(true).append(true).open(path);
        let stderr = stderr.expect("a file for standard error");
        Bench { small: small().specimen(), large: large().specimen(), stderr, dir }
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
                judge(&ended, command.contains(&"--json"), &[0, 1, 4, 5])
                    .map_err(|complaint| format!("{command:?}: {complaint}"))?;
            }
            untouched(path, mutator, &changes)
        })
    });
}

/// All is taken out of each mutant; `OUT` stands for a directory that is not there.
const GET: &[&str] = &["get", "-r", "-p", "--same-owner", "IMG", "/", "OUT"];

/// Other commands that walk trees, of which mutants run [`READERS_EACH`] in turn.
const TREE_READERS: &[&[&str]] = &[
    &["tar", "IMG", "/"],
    &["find", "IMG", "/", "-ls"],
    &["du", "-a", "IMG", "/"],
    &["sum", "-r", "IMG", "/"],
];

const READERS_EACH: usize = 2;

#[test]
fn every_command_that_walks_a_tree_ends_and_writes_where_it_is_told_to() {
    let start = || {
        let dir = scratch::dir();
        let path = dir.path().join("stderr");
        let stderr = std::fs::File::options().create_new(true).read(true).append(true).open(path);
        let stderr = stderr.expect("a file for standard error");
        std::fs::create_dir(dir.path().join("place")).expect("a place to extract into");
        std::fs::write(dir.path().join("neighbour"), b"stays\n").expect("a neighbour");
        Bench { small: small().specimen(), large: large().specimen(), stderr, dir }
    };
    let made = AtomicU64::new(0);
    for_seeds(PROCESS_EVERY, start, |bench, seed| {
        let specimen = if SMALL_SEEDS.contains(&seed) { &bench.small } else { &bench.large };
        let mutator = mutator_of(seed);
        let changes = mutator.changes(seed);
        let out = bench.dir.path().join("place/out");
        specimen.with(&changes, |path| {
            let image = path.to_str().expect("a plain path");
            let turn = usize::try_from(seed / PROCESS_EVERY).expect("a small number");
            let readers = TREE_READERS.iter().cycle().skip(turn).take(READERS_EACH);
            for command in std::iter::once(&GET).chain(readers) {
                let args = command.iter().map(|arg| match *arg {
                    "IMG" => image,
                    "OUT" => out.to_str().expect("a plain path"),
                    arg => arg,
                });
                let args: Vec<_> = args.collect();
                let ended = LIMITS.run(&args, &mut bench.stderr);
                let told = |complaint| format!("{command:?}: {complaint}");
                // 3: what the host cannot keep, and what an archive cannot hold.
                judge(&ended, false, &[0, 1, 3, 4, 5]).map_err(told)?;
            }
            made.fetch_add(alone(bench.dir.path())?, Ordering::Relaxed);
            untouched(path, mutator, &changes)
        })
    });
    if only_seed().is_none() {
        let made = made.into_inner();
        assert!(made > 500, "of 1,000 images, {made} made a tree");
    }
}

/// Nothing but `place/out` was made beside the neighbour; removes it, and tells how many there are.
fn alone(dir: &std::path::Path) -> Result<u64, String> {
    let names = |of: &std::path::Path| {
        let entries = std::fs::read_dir(of).expect("a directory");
        let mut names: Vec<_> = entries.map(|e| e.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    let place = dir.join("place");
    let made = names(&place);
    let stays = std::fs::read(dir.join("neighbour")).is_ok_and(|bytes| bytes == b"stays\n");
    if !stays || names(dir) != ["neighbour", "place", "stderr"] {
        return Err(format!("something else was made: {:?}", names(dir)));
    }
    if !(made.is_empty() || made == ["out"]) {
        return Err(format!("something is left beside: {made:?}"));
    }
    if !made.is_empty() {
        let out = place.join("out");
        let removed = std::fs::remove_dir_all(&out).or_else(|_| std::fs::remove_file(&out));
        removed.map_err(|error| format!("{}: {error}", out.display()))?;
    }
    Ok(made.len() as u64)
}

fn judge(ended: &process::Ended, json: bool, codes: &[i32]) -> Result<(), String> {
    let stderr = &ended.stderr;
    let code = ended.code().map_err(|signal| format!("{signal}: {stderr}"))?;
    if ended.took > 2 * MOST_TIME {
        return Err(format!("took {:?}", ended.took));
    }
    // 8 is not among them: the host did not fail.
    if !codes.contains(&code) {
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
