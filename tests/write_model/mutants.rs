//! Transactions on images that lie: a sound one with 1-20 bytes of its metadata changed.
//!
//! Whatever the image says, a transaction ends in time, without a panic. Where it is refused, what
//! was in use is as it was. Where it commits, no data lies where a group's own metadata does; and
//! an image that `e2fsck` had nothing to say of before is clean after.
//!
//! `MPIMG_MUTANTS` changes how many there are, `MPIMG_SEED=N` runs one alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mpimg::device::{BlockDevice, DeviceError, Result as DeviceResult, log::Syncing};
use mpimg::fs::{
    BeginOptions, Content, FileType, Filesystem, FsError, Ino, Node, OpenOptions, Ownership, Time,
    Transaction, Xattr,
};

use crate::bits;
use crate::support::image::{self, Image};
use crate::support::mutate::Mutator;
use crate::support::prng::SplitMix64;
use crate::support::{gallery, scratch};

const MUTANTS: u64 = 600;
const MOST_TIME: Duration = Duration::from_secs(5);
/// What all data consists of, so that it is recognized where it must not be.
const DATA: u8 = 0xd7;

/// A device in memory that can be written.
struct Disk(Mutex<Vec<u8>>);

impl Disk {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no panic here").clone()
    }
}

fn range(size: usize, offset_bytes: u64, len: usize) -> DeviceResult<std::ops::Range<usize>> {
    let (len_bytes, size_bytes) = (len as u64, size as u64);
    let end = offset_bytes.checked_add(len_bytes).filter(|end| *end <= size_bytes);
    let past = DeviceError::PastEnd { offset_bytes, len_bytes, size_bytes };
    end.map(|end| offset_bytes as usize..end as usize).ok_or(past)
}

impl BlockDevice for Disk {
    fn size_bytes(&self) -> u64 {
        self.0.lock().expect("no panic here").len() as u64
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> DeviceResult<()> {
        let bytes = self.0.lock().expect("no panic here");
        buf.copy_from_slice(&bytes[range(bytes.len(), offset_bytes, buf.len())?]);
        Ok(())
    }

    fn write_at(&self, buf: &[u8], offset_bytes: u64) -> DeviceResult<()> {
        let mut bytes = self.0.lock().expect("no panic here");
        let range = range(bytes.len(), offset_bytes, buf.len())?;
        bytes[range].copy_from_slice(buf);
        Ok(())
    }
}

#[test]
fn a_transaction_on_an_image_that_lies_is_sound_or_refused() {
    let variable = |name| std::env::var(name).ok().map(|n| n.parse().expect("a number"));
    let count = variable("MPIMG_MUTANTS").unwrap_or(MUTANTS);
    let seeds = variable("MPIMG_SEED").map_or(0..count, |seed| seed..seed + 1);
    let mutator = Mutator::new(gallery::small_and_varied().bytes());
    let dir = scratch::dir();
    let (mut committed, mut refused, mut clean) = (0, 0, 0);
    let mut complaints = Vec::new();
    for seed in seeds.clone() {
        let before = mutator.mutant(&mutator.changes(seed));
        let began = Instant::now();
        let ran = catch_unwind(AssertUnwindSafe(|| transact(seed, &before)));
        let took = began.elapsed();
        let judged = match ran {
            Err(_) => Err("panicked".into()),
            Ok(_) if took > MOST_TIME => Err(format!("took {took:?}")),
            Ok(Err(complaint)) => Err(complaint),
            Ok(Ok(None)) => {
                refused += 1;
                Ok(())
            }
            Ok(Ok(Some(after))) => {
                committed += 1;
                let path = dir.path().join("mutant");
                let fsck = |bytes: &[u8]| {
                    std::fs::write(&path, bytes).expect("a file for the mutant");
                    image::fsck(&path)
                };
                match fsck(&before) {
                    Ok(()) => {
                        clean += 1;
                        fsck(&after).map_err(|complaint| format!("was clean, but: {complaint}"))
                    }
                    Err(_) => Ok(()),
                }
            }
        };
        if let Err(complaint) = judged {
            let changes = mutator.describe(&mutator.changes(seed));
            complaints.push(format!("seed {seed}: {complaint}\n{changes}"));
        }
    }
    let told: Vec<_> = complaints.iter().take(5).map(String::as_str).collect();
    assert!(told.is_empty(), "{} complaints\n{}", complaints.len(), told.join("\n\n"));
    if seeds.end - seeds.start >= MUTANTS {
        // Mutants of one kind alone would prove nothing.
        let kinds = [committed, refused, clean];
        assert!(kinds.iter().all(|count| *count > 20), "committed, refused, clean: {kinds:?}");
    }
}

/// Does a few random things to an image; returns its bytes if they were committed.
fn transact(seed: u64, before: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let disk = Arc::new(Disk(Mutex::new(before.to_vec())));
    let device = Arc::clone(&disk) as Arc<dyn BlockDevice>;
    let used = Filesystem::open(Arc::clone(&device), OpenOptions::default())
        .ok()
        .and_then(|fs| bits::used_blocks(&fs, before).ok().map(|used| (used, fs)));
    let ended = attempt(seed, &device);
    let after = disk.bytes();
    if ended.is_err() {
        match used {
            _ if before == after => {}
            // Where the bitmaps contradict the counts, who knows what was in use.
            None => {}
            Some((used, fs)) => {
                bits::unchanged(before, &after, &used, fs.superblock().block_size_bytes())?;
            }
        }
    }
    metadata_is_no_data(before, &after)?;
    Ok(ended.ok().map(|()| after))
}

fn attempt(seed: u64, device: &Arc<dyn BlockDevice>) -> Result<(), FsError> {
    let now = Time { seconds: 1_700_000_000, nanoseconds: 0 };
    // Flags of the state alone would stop many a mutant.
    let options = BeginOptions { now, force: seed % 4 != 0, dry_run: false };
    let mut tx = Transaction::begin(Arc::clone(device), options)?;
    let mut random = SplitMix64::new(seed ^ 0x5eed);
    for _ in 0..random.within(1..=8) {
        match operate(&mut random, &mut tx) {
            Ok(()) | Err(FsError::Caller(_)) => {}
            Err(error) => return Err(error),
        }
    }
    tx.commit(&**device, None, Syncing::NoSync).map(|_| ())
}

/// A place in the tree, and what it leads to.
#[derive(Debug, Clone)]
struct Place {
    parent: Ino,
    name: Vec<u8>,
    ino: Ino,
}

/// What can be found; a mutant may have directories in themselves.
fn places(tx: &Transaction<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let mut pending = vec![Ino::ROOT];
    while let Some(parent) = pending.pop() {
        let Ok(inode) = tx.fs().inode(parent) else { continue };
        if inode.file_type() != FileType::Directory || !seen.insert(parent) {
            continue;
        }
        let _ = tx.fs().visit_dir(&inode, |entry| {
            if !matches!(entry.name, b"." | b"..") {
                places.push(Place { parent, name: entry.name.to_vec(), ino: entry.ino });
                pending.push(entry.ino);
            }
            Ok(None::<()>)
        });
    }
    places
}

fn content(random: &mut SplitMix64) -> Content<'static> {
    struct Same;
    impl mpimg::mpage::PageSource for Same {
        fn fill(&mut self, _offset_bytes: u64, buf: &mut [u8]) -> std::io::Result<()> {
            buf.fill(DATA);
            Ok(())
        }
    }
    let most_bytes = 1 << random.within(1..=17);
    let len_bytes = random.within(1..=most_bytes);
    let data = Vec::from([0..len_bytes]);
    Content { source: Box::new(Same), len_bytes, data }
}

fn operate(random: &mut SplitMix64, tx: &mut Transaction<'static>) -> Result<(), FsError> {
    let places = places(tx);
    let mut place = || match places.len() as u64 {
        0 => Place { parent: Ino::ROOT, name: b"none".to_vec(), ino: Ino(12) },
        len => places[random.within(0..=len - 1) as usize].clone(),
    };
    let (at, other) = (place(), place());
    let own = Ownership { permissions: 0o644, uid: 70_000, gid: 0 };
    let new_name = format!("new-{}", random.next_u64() % 1000).into_bytes();
    let offset_bytes = random.within(0..=300_000);
    match random.within(0..=15) {
        0 => {
            let ino = tx.create(at.parent, &new_name, &Node::Regular, own)?;
            tx.replace_content(ino, content(random))
        }
        1 => tx.create(at.parent, &new_name, &Node::Directory, own).map(|_| ()),
        2 => {
            let target = vec![b'x'; random.within(1..=200) as usize];
            tx.create(at.parent, &new_name, &Node::Symlink(target), own).map(|_| ())
        }
        3 | 4 => tx.replace_content(at.ino, content(random)),
        5 | 6 => tx.write_content(at.ino, offset_bytes, content(random)),
        7 => tx.truncate(at.ino, offset_bytes),
        8 => tx.truncate(at.ino, 0),
        9 => tx.link(at.ino, other.parent, &new_name),
        10 => tx.unlink(at.parent, &at.name),
        11 => tx.rmdir(at.parent, &at.name),
        12 => tx.remove_tree(at.parent, &at.name),
        13 => tx.rename(at.parent, &at.name, other.parent, &other.name),
        14 => tx.rename(at.parent, &at.name, other.parent, &new_name),
        _ => {
            let value = vec![DATA; random.within(0..=600) as usize];
            tx.set_xattrs(at.ino, &[Xattr { name: b"user.note".to_vec(), value }])
        }
    }
}

/// Whether a block of a group's own metadata, as the image has it, holds data now.
fn metadata_is_no_data(before: &[u8], after: &[u8]) -> Result<(), String> {
    let device = Arc::new(Disk(Mutex::new(before.to_vec())));
    let Ok(fs) = Filesystem::open(device, OpenOptions::default()) else { return Ok(()) };
    let raw = fs.superblock().raw();
    let block_size = fs.superblock().block_size_bytes() as usize;
    let table_bytes =
        raw.s_inodes_per_group.get() as usize * fs.superblock().inode_size_bytes();
    let mut own = vec![1024 / block_size, 1024 / block_size + 1];
    for number in 0..fs.superblock().groups_count() {
        let Ok(group) = fs.group(number) else { continue };
        let group = group.raw();
        own.extend([group.bg_block_bitmap.get() as usize, group.bg_inode_bitmap.get() as usize]);
        let table = group.bg_inode_table.get() as usize;
        own.extend(table..table + table_bytes.div_ceil(block_size));
    }
    for block in own {
        let bytes = |image: &[u8]| image[block * block_size..][..block_size].to_vec();
        let has_data = |bytes: Vec<u8>| bytes.chunks(128).any(|part| part == [DATA; 128]);
        if has_data(bytes(after)) && !has_data(bytes(before)) {
            return Err(format!("block {block} of metadata holds data"));
        }
    }
    Ok(())
}

/// The sound image itself takes every operation.
#[test]
fn the_image_that_mutants_are_made_of_is_sound_after_transactions() {
    let sound = gallery::small_and_varied().bytes();
    for seed in 0..20 {
        if let Some(after) = transact(seed, &sound).expect("a sound image") {
            Image::from_bytes(&after).fsck();
        }
    }
}
