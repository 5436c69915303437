//! A run: transactions on an image, each committed or dropped, and looks at what has become of it.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mpimg::device::log::{LogStore, Syncing};
use mpimg::device::partition::Selection;
use mpimg::device::{self, Access, Location, Locking, Opened, Options};
use mpimg::fs::{BeginOptions, Full, Time, Transaction, probe};

use crate::generate::{self, Limits};
use crate::model::Model;
use crate::operation::Stop;
use crate::support::image::{self, Image};
use crate::support::loopmount::LoopMount;
use crate::support::nodes;
use crate::support::prng::SplitMix64;
use crate::{bits, compare, readers};

/// A kind of image, and how much is done to it.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    pub name: &'static str,
    pub block_size: u32,
    pub count_blocks: u64,
    pub mke2fs: &'static [&'static str],
    /// Of a total of 10,000.
    pub steps: u64,
    /// Whether the kernel writes to it in between, where it can be had.
    pub kernel_writes: bool,
    /// What the steps have to meet, else they are too few, or of the wrong kind.
    pub meets: &'static [&'static str],
}

/// One transaction: its operations as numbers, and whether it is to be committed.
#[derive(Debug, Clone)]
pub struct Planned {
    numbers: Vec<u64>,
    commit: bool,
    /// What is looked at afterwards.
    look: Look,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Library,
    Fsck,
    Others,
}

/// What went wrong, and in which of the transactions.
struct Failure {
    transaction: usize,
    what: String,
}

const FIRST_SECOND: i64 = 1_700_000_000;
const SHRINKING: Duration = Duration::from_secs(40);

/// Opens an image to be written.
pub fn open(image: &Image) -> Opened {
    let options = Options {
        access: Access::Write,
        selection: Selection::Unnamed,
        locking: Locking::Wait(Duration::from_secs(5)),
        trace: false,
        probe,
        log: None,
    };
    device::open(&Location::whole(image.path()), &options).expect("the image opens")
}

/// Begins a transaction at a time.
pub fn begin(opened: &Opened, now: Time) -> Transaction<'static> {
    let options = BeginOptions { now, force: false, dry_run: false };
    Transaction::begin(Arc::clone(&opened.device), options).expect("a transaction begins")
}

/// Commits it without waiting for the disk.
pub fn commit(opened: &Opened, tx: Transaction<'_>) -> Result<(), String> {
    let log = opened.log.as_ref().map(|log| log as &dyn LogStore);
    let committed = tx.commit(&*opened.image, log, Syncing::NoSync);
    committed.map(|_| ()).map_err(|error| format!("the commit: {error}"))
}

impl Variant {
    pub fn image(&self) -> Image {
        let size_bytes = u64::from(self.block_size) * self.count_blocks;
        Image::new(self.block_size, size_bytes, self.mke2fs)
    }
}

/// Does what a seed says, and fails with as little of it as it takes.
pub fn check(variant: &Variant, seed: u64) {
    let plan = plan(variant, seed);
    let first = match attempt(variant, &plan) {
        Ok((_, met)) => return assert_met(variant, &met),
        Err(first) => first,
    };
    eprintln!("{}, seed {seed}: {}; leaving out what it does not take", variant.name, first.what);
    let mut shortest = plan[..=first.transaction].to_vec();
    let mut failure = first;
    let start = Instant::now();
    let mut chunk = shortest.len().div_ceil(2);
    while chunk > 0 && start.elapsed() < SHRINKING {
        let mut at = 0;
        while at < shortest.len() && start.elapsed() < SHRINKING {
            let mut shorter = shortest.clone();
            shorter.drain(at..(at + chunk).min(shortest.len()));
            match attempt(variant, &shorter) {
                Err(again) => {
                    shorter.truncate(again.transaction + 1);
                    (shortest, failure) = (shorter, again);
                }
                Ok(_) => at += chunk,
            }
        }
        chunk /= 2;
    }
    // Once more, one operation at a time.
    for number in (0..shortest.len()).rev() {
        for at in (0..shortest[number].numbers.len()).rev() {
            let mut shorter = shortest.clone();
            shorter[number].numbers.remove(at);
            if start.elapsed() < 2 * SHRINKING
                && let Err(again) = attempt(variant, &shorter)
            {
                (shortest, failure) = (shorter, again);
            }
        }
    }
    let told = tell(variant, &shortest);
    panic!("{}, seed {seed}: {}\nafter\n{told}", variant.name, failure.what);
}

/// Fails where a run did not meet what it is for; shorter and other ones need not.
fn assert_met(variant: &Variant, met: &BTreeSet<&'static str>) {
    let usual = |name| std::env::var_os(name).is_none();
    if usual("MPIMG_MODEL_STEPS") && usual("MPIMG_MODEL_SEED") {
        let missed: Vec<_> = variant.meets.iter().filter(|what| !met.contains(*what)).collect();
        assert!(missed.is_empty(), "{} never met {missed:?}, but {met:?}", variant.name);
    }
}

/// The image that a seed leaves.
pub fn bytes_of(variant: &Variant, seed: u64) -> Vec<u8> {
    let ran = attempt(variant, &plan(variant, seed)).map_err(|failure| failure.what);
    ran.expect("a good run").0
}

fn plan(variant: &Variant, seed: u64) -> Vec<Planned> {
    let total = std::env::var("MPIMG_MODEL_STEPS").map_or(10_000, |s| s.parse().expect("a count"));
    let mut random = SplitMix64::new(seed);
    let mut left = (variant.steps * total).div_ceil(10_000);
    let mut plan = Vec::new();
    while left > 0 {
        let count = random.within(1..=8).min(left);
        left -= count;
        let numbers = (0..count).map(|_| random.next_u64()).collect();
        let commit = random.within(0..=6) > 0;
        let look = match plan.len() % 60 {
            _ if left == 0 => Look::Others,
            59 => Look::Others,
            n if n % 6 == 5 => Look::Fsck,
            _ => Look::Library,
        };
        plan.push(Planned { numbers, commit, look });
    }
    plan
}

/// The operations of a plan, as far as it goes.
fn tell(variant: &Variant, plan: &[Planned]) -> String {
    let mut told = String::new();
    let mut listen = |line: String| {
        told.push_str(&line[..line.floor_char_boundary(400)]);
        told.push('\n');
    };
    let _ = catch_unwind(AssertUnwindSafe(|| Run::new(variant).go(plan, &mut listen)));
    told
}

/// Does what is planned; returns the image's bytes, and what was met.
fn attempt(
    variant: &Variant,
    plan: &[Planned],
) -> Result<(Vec<u8>, BTreeSet<&'static str>), Failure> {
    let mut transaction = 0;
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let mut run = Run::new(variant);
        for (number, planned) in plan.iter().enumerate() {
            transaction = number;
            run.transaction(number, planned, &mut |_| {})?;
        }
        Ok((run.bytes, run.met))
    }));
    let what = match ran {
        Ok(Ok(ran)) => return Ok(ran),
        Ok(Err(what)) => what,
        Err(panic) => match panic.downcast::<String>() {
            Ok(what) => *what,
            Err(_) => "a panic".into(),
        },
    };
    Err(Failure { transaction, what })
}

struct Run<'v> {
    variant: &'v Variant,
    image: Image,
    bytes: Vec<u8>,
    model: Model,
    used: Vec<bool>,
    full: bool,
    met: BTreeSet<&'static str>,
}

impl<'v> Run<'v> {
    fn new(variant: &'v Variant) -> Self {
        let image = variant.image();
        let fs = readers::open(image.path());
        let model = compare::read(&fs).expect("a new filesystem");
        let bytes = image.bytes();
        let used = bits::used_blocks(&fs, &bytes).expect("a new filesystem");
        Self { variant, bytes, model, used, full: false, met: BTreeSet::new(), image }
    }

    fn go(&mut self, plan: &[Planned], listen: &mut dyn FnMut(String)) -> Result<(), String> {
        for (number, planned) in plan.iter().enumerate() {
            self.transaction(number, planned, listen)?;
        }
        Ok(())
    }

    fn transaction(
        &mut self,
        number: usize,
        planned: &Planned,
        listen: &mut dyn FnMut(String),
    ) -> Result<(), String> {
        let now = Time {
            seconds: FIRST_SECOND + 10 * number as i64,
            nanoseconds: 1_000_003 * (number as u32 % 900),
        };
        let opened = open(&self.image);
        let mut tx = begin(&opened, now);
        let mut model = self.model.clone().at(now);
        let limits = Limits { image_bytes: self.bytes.len() as u64, full: self.full };
        listen(format!("transaction {number}: commit {}", planned.commit));
        let mut stopped = None;
        for seed in &planned.numbers {
            let operation = generate::operation(*seed, &model, limits);
            listen(format!("  {operation:?}"));
            match operation.perform(&mut model, &mut tx) {
                Ok(()) => {}
                Err(Stop::Full(full)) => {
                    listen(format!("  {full}"));
                    stopped = Some(full);
                    break;
                }
                Err(Stop::Wrong(what)) => return Err(format!("{what}\nin {operation:?}")),
            }
        }
        if let Some(full) = &stopped {
            self.is_true(full, &model)?;
            self.met.insert(match full {
                Full::Blocks { .. } => "no space",
                Full::Inodes { .. } | Full::TooFewInodes { .. } => "no inodes",
            });
        }
        self.full = stopped.is_some();
        if planned.commit && stopped.is_none() {
            commit(&opened, tx)?;
            drop(opened);
            self.model = model;
            self.bytes = self.image.bytes();
            self.used = bits::used_blocks(&readers::open(self.image.path()), &self.bytes)?;
        } else {
            drop((tx, opened));
            let bytes = self.image.bytes();
            let block_size = u64::from(self.variant.block_size);
            bits::unchanged(&self.bytes, &bytes, &self.used, block_size)?;
            self.bytes = bytes;
        }
        self.look(planned.look)
    }

    /// Whether there is as little room as was said.
    fn is_true(&self, full: &Full, model: &Model) -> Result<(), String> {
        let fs = readers::open(self.image.path());
        let superblock = fs.superblock();
        let fair = match full {
            Full::Inodes { inodes } => {
                // Of those that are reserved, the root alone is in the model.
                let reserved = superblock.first_ino() - 2;
                *inodes == superblock.inodes_count()
                    && model.nodes.len() as u32 + reserved == *inodes
            }
            Full::TooFewInodes { need_inodes, free_inodes } => {
                let free = u64::from(superblock.raw().s_free_inodes_count.get());
                need_inodes > free_inodes && *free_inodes <= free
            }
            Full::Blocks { need_blocks, free_blocks } => {
                let free = u64::from(superblock.raw().s_free_blocks_count.get());
                need_blocks > free_blocks && *free_blocks <= free
            }
        };
        if fair { Ok(()) } else { Err(format!("it is not so: {full}")) }
    }

    fn look(&mut self, look: Look) -> Result<(), String> {
        let fs = readers::open(self.image.path());
        compare::with_model(&fs, &self.model)?;
        compare::note_what_is_there(&fs, &self.model, &mut self.met);
        if !self.variant.kernel_writes {
            compare::large_directories_have_their_index(&fs, &self.model)?;
        }
        if look == Look::Library {
            return Ok(());
        }
        image::fsck(self.image.path()).map_err(|complaint| format!("e2fsck: {complaint}"))?;
        if look == Look::Fsck {
            return Ok(());
        }
        let mut expected = compare::nodes_of(&self.model);
        if LoopMount::supports(self.variant.block_size).is_ok() {
            let mount = LoopMount::read_only(self.image.path());
            let seen = nodes::of_kernel(mount.path());
            mount.unmount();
            nodes::assert_same(&seen, &expected, "the kernel");
            return if self.variant.kernel_writes { self.kernel_writes() } else { Ok(()) };
        }
        let mut seen = readers::by_debugfs(&self.image);
        for (path, node) in &mut expected {
            // It shows 32 bits of a time, and does not quote what stands in a symlink's inode.
            node.mtime = None;
            if let Some(seen) = seen.get_mut(path)
                && node.target.as_ref().is_some_and(|target| target.len() < 60)
            {
                node.target = seen.target.take();
                seen.target.clone_from(&node.target);
            }
        }
        nodes::assert_same(&seen, &expected, "debugfs");
        Ok(())
    }

    /// Has the kernel make and remove something; whatever it leaves is taken over.
    fn kernel_writes(&mut self) -> Result<(), String> {
        let mount = LoopMount::read_write(self.image.path());
        let written = write_through(mount.path());
        mount.unmount();
        // Where the image is full, the kernel finds no room either.
        if let Err(error) = written
            && error.kind() != std::io::ErrorKind::StorageFull
        {
            return Err(format!("the kernel: {error}"));
        }
        image::fsck(self.image.path())
            .map_err(|complaint| format!("after the kernel: {complaint}"))?;
        let fs = readers::open(self.image.path());
        self.model = compare::read(&fs)?;
        self.bytes = self.image.bytes();
        self.used = bits::used_blocks(&fs, &self.bytes)?;
        Ok(())
    }
}

/// Makes and changes a few things below a mounted root.
fn write_through(root: &std::path::Path) -> std::io::Result<()> {
    use std::fs;
    let made = root.join("made by the kernel");
    if made.exists() {
        return fs::remove_dir_all(made);
    }
    fs::create_dir(&made)?;
    for number in 0..8 {
        fs::write(made.join(format!("file {number}")), vec![number; 3000 * usize::from(number)])?;
    }
    fs::hard_link(made.join("file 1"), made.join("again"))?;
    fs::rename(made.join("file 2"), root.join("moved by the kernel"))?;
    fs::remove_file(made.join("file 3"))
}
