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
    BeginOptions, CallerError, Content, FileType, Filesystem, FsError, Ino, Node, OpenOptions,
    Ownership, Time, Transaction, Xattr,
};

use crate::bits;
use crate::support::image::{self, Image};
use crate::support::metadata::{Kind, regions};
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
        let mut before = mutator.mutant(&mutator.changes(seed));
        let mut aimed = String::new();
        if seed.is_multiple_of(3) {
            // A byte seldom makes a pointer lead to other metadata.
            before = mutator.original().to_vec();
            aimed = aim(seed, &mut before);
        }
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
            let changes = match aimed.is_empty() {
                true => mutator.describe(&mutator.changes(seed)),
                false => aimed,
            };
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

/// Has a pointer of an inode, an indirect block or a descriptor lead to one of the first blocks, where
/// the group's own metadata is; says which.
fn aim(seed: u64, image: &mut [u8]) -> String {
    let mut random = SplitMix64::new(seed ^ 0xa1b);
    let kinds = [Kind::Inode, Kind::Inode, Kind::Indirect, Kind::Descriptors];
    let kind = kinds[random.within(0..=3) as usize];
    // Most inodes have no blocks.
    let has_blocks = |at: usize| image[at + 28..at + 32] != [0; 4];
    let aims = |kind_of, at| kind_of == kind && (kind != Kind::Inode || has_blocks(at));
    let all = regions(image).into_iter();
    let regions: Vec<_> = all.filter(|r| aims(r.kind, r.bytes.start)).collect();
    let region = regions[random.within(0..=regions.len() as u64 - 1) as usize].bytes.clone();
    let (first, last) = match kind {
        // Pointers, and the block of attributes.
        Kind::Inode => (10, 26),
        Kind::Descriptors => (0, 2),
        _ => (0, 255),
    };
    let at = region.start + 4 * random.within(first..=last) as usize;
    let block = random.within(1..=40) as u32;
    image[at..at + 4].copy_from_slice(&block.to_le_bytes());
    format!("{kind:?} at byte {}: word {} is {block}", region.start, (at - region.start) / 4)
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
    metadata_stays_metadata(before, &after)?;
    Ok(ended.ok().map(|()| after))
}

fn attempt(seed: u64, device: &Arc<dyn BlockDevice>) -> Result<(), FsError> {
    let now = Time { seconds: 1_700_000_000, nanoseconds: 0 };
    // Flags of the state alone would stop many a mutant.
    let options = BeginOptions { now, force: !seed.is_multiple_of(4), dry_run: false };
    let mut tx = Transaction::begin(Arc::clone(device), options)?;
    let mut random = SplitMix64::new(seed ^ 0x5eed);
    for _ in 0..random.within(1..=8) {
        match operate(&mut random, &mut tx) {
            Ok(()) => {}
            // Part of a tree may be gone when something in it is refused.
            Err(
                error @ FsError::Caller(
                    CallerError::Immutable { .. } | CallerError::AppendOnly { .. },
                ),
            ) => return Err(error),
            Err(FsError::Caller(_)) => {}
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
    let data = Some(0..len_bytes).into_iter().collect();
    Content { source: Box::new(Same), len_bytes, data }
}

fn operate(random: &mut SplitMix64, tx: &mut Transaction<'static>) -> Result<(), FsError> {
    let mut places = places(tx);
    if random.within(0..=3) > 0 {
        // Most are names of empty files.
        places.retain(|place| tx.inode(place.ino).is_ok_and(|inode| inode.sectors() > 0));
    }
    let mut place = || match places.len() as u64 {
        0 => Place { parent: Ino::ROOT, name: b"none".to_vec(), ino: Ino(12) },
        len => places[random.within(0..=len - 1) as usize].clone(),
    };
    let (at, other) = (place(), place());
    let own = Ownership { permissions: 0o644, uid: 70_000, gid: 0 };
    let new_name = format!("new-{}", random.next_u64() % 1000).into_bytes();
    let most_bytes = 1 << random.within(1..=18);
    let offset_bytes = random.within(0..=most_bytes);
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

/// Whether a group's own metadata, as the image has it, has become something else: it holds data, a
/// descriptor leads elsewhere, or a reserved inode has changed.
fn metadata_stays_metadata(before: &[u8], after: &[u8]) -> Result<(), String> {
    let device = Arc::new(Disk(Mutex::new(before.to_vec())));
    let Ok(fs) = Filesystem::open(device, OpenOptions::default()) else { return Ok(()) };
    let raw = fs.superblock().raw();
    let block_size = fs.superblock().block_size_bytes() as usize;
    let inode_size = fs.superblock().inode_size_bytes();
    let table_bytes = raw.s_inodes_per_group.get() as usize * inode_size;
    let mut own = vec![1024 / block_size, 1024 / block_size + 1];
    for number in 0..fs.superblock().groups_count() {
        let Ok(group) = fs.group(number) else { continue };
        let group = group.raw();
        own.extend([group.bg_block_bitmap.get() as usize, group.bg_inode_bitmap.get() as usize]);
        let table = group.bg_inode_table.get() as usize;
        own.extend(table..table + table_bytes.div_ceil(block_size));
        let descriptor = (1024 / block_size + 1) * block_size + 32 * number as usize;
        if before[descriptor..descriptor + 12] != after[descriptor..descriptor + 12] {
            return Err(format!("the descriptor of group {number} leads elsewhere"));
        }
        let inodes = table * block_size;
        for ino in (1..=10).filter(|ino| number == 0 && *ino != 2) {
            let bytes = inodes + (ino - 1) * inode_size..inodes + ino * inode_size;
            if before[bytes.clone()] != after[bytes] {
                return Err(format!("inode {ino}, which is reserved, has changed"));
            }
        }
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

/// The file `/file` of 20 blocks of 1 KiB, one of them indirect, on a sound image.
fn with_file() -> (Image, Ino) {
    let image = Image::new(1024, 1 << 20, &["-N", "64"]);
    image.write_bytes("/file", &[1; 20 << 10]);
    (image, Ino(12))
}

/// Every block of a group's own metadata that a pointer could be aimed at.
fn own_blocks(fs: &Filesystem) -> Vec<u32> {
    let group = fs.group(0).expect("a group").raw().clone();
    let table = group.bg_inode_table.get();
    vec![2, group.bg_block_bitmap.get(), group.bg_inode_bitmap.get(), table, table + 1]
}

#[test]
fn a_pointer_that_leads_to_metadata_is_not_followed_to_write() {
    let (image, ino) = with_file();
    let fs = crate::readers::open(image.path());
    // A data block, the indirect block, and the block of attributes.
    for field in ["block[0]", "block[IND]", "file_acl"] {
        for block in own_blocks(&fs) {
            let copy = image.duplicate();
            copy.edit(&[format!("set_inode_field /file {field} {block}")]);
            let before = copy.bytes();
            let disk = Arc::new(Disk(Mutex::new(before.clone())));
            let device = Arc::clone(&disk) as Arc<dyn BlockDevice>;
            let now = Time { seconds: 1_700_000_000, nanoseconds: 0 };
            let options = BeginOptions { now, force: false, dry_run: false };
            let mut tx = Transaction::begin(device, options).expect("a transaction begins");
            let mut random = SplitMix64::new(1);
            let done = match field {
                "block[0]" => tx.write_content(ino, 100, content(&mut random)),
                // What is cut off inside it changes it in its place.
                "block[IND]" => tx.truncate(ino, 14 << 10),
                _ => tx.set_xattrs(ino, &[]),
            };
            let corrupt = matches!(done, Err(FsError::Corrupt(_)));
            assert!(corrupt, "{field} leads to block {block}: {done:?}");
            assert!(disk.bytes() == before, "{field} leads to block {block}: written");
        }
    }
}

#[test]
fn a_descriptor_that_leads_out_of_its_group_or_twice_to_one_block_is_refused() {
    let image = Image::new(1024, 4 << 20, &["-N", "64", "-g", "1024"]);
    let fs = crate::readers::open(image.path());
    let group = |number| fs.group(number).expect("a group").raw().clone();
    let (first, second) = (group(0), group(1));
    let lies = [
        ("another group's", 0, second.bg_block_bitmap),
        ("the other bitmap", 0, first.bg_inode_bitmap),
        ("the inode table", 4, first.bg_inode_table),
        ("the descriptors", 8, 2.into()),
    ];
    for (what, field, value) in lies {
        let copy = image.duplicate();
        copy.patch(2048 + field, &value.get().to_le_bytes());
        let disk = Arc::new(Disk(Mutex::new(copy.bytes())));
        let now = Time { seconds: 1_700_000_000, nanoseconds: 0 };
        let options = BeginOptions { now, force: false, dry_run: false };
        let mut tx = Transaction::begin(disk, options).expect("a transaction begins");
        let own = Ownership::default();
        let done = tx.create(Ino::ROOT, b"new", &Node::Regular, own);
        assert!(matches!(done, Err(FsError::Corrupt(_))), "{what}: {done:?}");
    }
}

#[test]
fn counts_that_are_too_small_are_told_with_what_has_them() {
    let image = Image::new(1024, 1 << 20, &["-N", "64"]);
    image.edit(&["mkdir /dir"]);
    image.write_bytes("/file", &[1; 20 << 10]);
    let told = |change: &dyn Fn(&Image),
                attempt: &dyn Fn(&mut Transaction<'static>) -> Result<(), FsError>| {
        let copy = image.duplicate();
        change(&copy);
        let disk = Arc::new(Disk(Mutex::new(copy.bytes())));
        let now = Time { seconds: 1_700_000_000, nanoseconds: 0 };
        let options = BeginOptions { now, force: false, dry_run: false };
        let mut tx = Transaction::begin(disk, options).expect("a transaction begins");
        attempt(&mut tx).expect_err("a lie").to_string()
    };
    let root = |image: &Image| drop(image.edit(&["set_inode_field / links_count 2"]));
    assert_eq!(
        told(&root, &|tx| tx.rmdir(Ino::ROOT, b"dir")),
        "inode 2: i_links_count is 2, want one for each name that there is"
    );
    let group = |image: &Image| drop(image.edit(&["set_block_group 0 free_blocks_count 8192"]));
    assert_eq!(
        told(&group, &|tx| tx.truncate(Ino(13), 0)),
        "group 0: bg_free_blocks_count is 8192, which contradicts the group's bitmap"
    );
    let sectors = |image: &Image| drop(image.edit(&["set_inode_field /file blocks 2"]));
    assert_eq!(
        told(&sectors, &|tx| tx.unlink(Ino::ROOT, b"file")),
        "inode 13: i_blocks is 2, want all blocks that it owns counted"
    );
}
