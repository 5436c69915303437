//! Layout: where data goes, in how many runs and calls, and how large a file may be.

use mpimg::fs::{
    BlockMap, CallerError, Content, FsError, Ino, Node as New, Ownership, RoCompat, Run, Time,
    Transaction, Xattr,
};
use mpimg::mpage::FileBlock;

use crate::content::Data;
use crate::readers;
use crate::run::{begin, commit, open};
use crate::support::image::Image;

const NOW: Time = Time { seconds: 1_700_000_000, nanoseconds: 0 };
const OWN: Ownership = Ownership { permissions: 0o644, uid: 0, gid: 0 };
const MIB: u64 = 1 << 20;

/// Does something in a transaction of its own.
fn change<T>(image: &Image, work: impl FnOnce(&mut Transaction<'static>) -> T) -> T {
    let opened = open(image);
    let mut tx = begin(&opened, NOW);
    let worked = work(&mut tx);
    commit(&opened, tx).unwrap();
    worked
}

fn create(tx: &mut Transaction<'static>, name: &str) -> Ino {
    tx.create(Ino::ROOT, name.as_bytes(), &New::Regular, OWN).unwrap()
}

fn put(tx: &mut Transaction<'static>, name: &str, data: &Data) -> Ino {
    let ino = create(tx, name);
    tx.replace_content(ino, data.content()).unwrap();
    ino
}

/// The runs of a file that are no holes.
fn runs(image: &Image, ino: Ino) -> Vec<Run> {
    let fs = readers::open(image.path());
    let inode = fs.inode(ino).unwrap();
    let mut map = BlockMap::new(&inode, fs.metadata());
    let end = FileBlock(inode.size_bytes().div_ceil(fs.superblock().block_size_bytes()));
    let mut runs: Vec<Run> = Vec::new();
    let mut at = FileBlock(0);
    while let Some(run) = map.run(at, end).unwrap() {
        at = run.file_block.plus(run.count_blocks);
        match runs.last_mut() {
            Some(last)
                if last.block.is_some_and(|b| Some(b.plus(last.count_blocks)) == run.block) =>
            {
                last.count_blocks += run.count_blocks;
            }
            _ if run.block.is_some() => runs.push(run),
            _ => {}
        }
    }
    runs
}

fn assert_content(image: &Image, ino: Ino, data: &Data) {
    let fs = readers::open(image.path());
    let found = readers::read(&fs, &fs.inode(ino).unwrap(), 0..u64::MAX);
    let mut expected = vec![0; data.len_bytes as usize];
    data.fill(0, &mut expected);
    assert!(found == expected, "the content of inode {ino}");
}

#[test]
fn on_an_empty_image_each_group_holds_at_most_one_run() {
    for (block_size, len_bytes) in [(1024, 40 * MIB), (4096, 200 * MIB), (4096, 5 * MIB + 1)] {
        let image = Image::new(block_size, 1 << 30, &[]);
        let data = Data::whole(7, len_bytes);
        let ino = change(&image, |tx| put(tx, "f", &data));
        let runs = runs(&image, ino);
        let per_group = u64::from(block_size) * 8;
        let groups_of = |run: &Run| {
            let first = run.block.unwrap().0 - u64::from(block_size == 1024);
            first / per_group..=(first + run.count_blocks - 1) / per_group
        };
        let mut groups: Vec<u64> = runs.iter().flat_map(groups_of).collect();
        let count = groups.len();
        groups.dedup();
        assert_eq!(groups.len(), count, "a group holds two: {runs:?}");
        // No more groups than it takes, had each its share of metadata.
        let blocks = len_bytes.div_ceil(u64::from(block_size));
        let least = blocks.div_ceil(per_group * 7 / 8);
        assert!(runs.len() as u64 <= least + 1, "{} runs, {least} would do", runs.len());
        image.fsck();
        assert_content(&image, ino, &data);
    }
}

#[test]
fn indirect_blocks_do_not_cut_data() {
    let image = Image::new(1024, 8 * MIB, &[]);
    let data = Data::whole(3, 3 * MIB);
    let ino = change(&image, |tx| put(tx, "f", &data));
    assert_eq!(runs(&image, ino).len(), 1);
    assert_content(&image, ino, &data);
    image.fsck();
}

/// An image of one group whose free space is gaps of these lengths, and nothing else but a rest
/// that is too short to matter.
fn fragmented(gaps: &[u64]) -> Image {
    let image = Image::new(1024, 4 * MIB, &["-N", "64"]);
    change(&image, |tx| {
        for (number, gap) in gaps.iter().enumerate() {
            // One after the other: each takes the beginning of the longest run.
            put(tx, &format!("gap{number}"), &Data::whole(1, gap * 1024));
            put(tx, &format!("wall{number}"), &Data::whole(2, 1024));
        }
        let free = u64::from(tx.fs().superblock().raw().s_free_blocks_count.get());
        let used: u64 = gaps.iter().map(|gap| gap + 1 + u64::from(*gap > 12)).sum();
        let rest = free - used;
        // Data and the indirect blocks that map it.
        let data = rest - 1 - (rest - 12).div_ceil(257).max(2);
        put(tx, "rest", &Data::whole(3, data.min(rest) * 1024));
    });
    change(&image, |tx| {
        for number in 0..gaps.len() {
            tx.unlink(Ino::ROOT, format!("gap{number}").as_bytes()).unwrap();
        }
    });
    image
}

#[test]
fn in_a_fragmented_image_the_fewest_runs_are_taken() {
    // Lengths for which data needs no indirect block, so that gaps are as long as their files.
    let image = fragmented(&[3, 10, 5, 12, 2, 8, 11]);
    for (name, blocks, expected) in
        [("as long", 8, 1), ("the longest", 12, 1), ("two of five", 20, 2), ("of the rest", 5, 1)]
    {
        let ino = change(&image, |tx| put(tx, name, &Data::whole(9, blocks * 1024)));
        assert_eq!(runs(&image, ino).len(), expected, "{name}");
    }
    image.fsck();
}

#[test]
fn a_file_of_2_tib_with_data_in_its_last_block_is_sound() {
    let image = Image::new(4096, 16 * MIB, &[]);
    let size = 2_u64 << 40;
    let mut data = Data::whole(5, size);
    data.ranges = vec![0..4096, size - 4096..size];
    let ino = change(&image, |tx| put(tx, "f", &data));
    image.fsck();
    let fs = readers::open(image.path());
    let inode = fs.inode(ino).unwrap();
    assert_eq!(inode.size_bytes(), size);
    let mut last = vec![0; 4096];
    data.fill(size - 4096, &mut last);
    assert_eq!(readers::read(&fs, &inode, size - 4096..size), last);
    assert_eq!(runs(&image, ino).iter().map(|run| run.count_blocks).sum::<u64>(), 2);
    change(&image, |tx| tx.unlink(Ino::ROOT, b"f").unwrap());
    image.fsck();
}

#[test]
fn a_file_may_be_as_long_as_its_block_map_and_no_longer() {
    for block_size in [1024, 2048, 4096, 8192, 65536] {
        let image = Image::new(block_size, 200 * u64::from(block_size), &["-N", "16"]);
        let block = u64::from(block_size);
        let per = block / 4;
        let map = 12 + per + per * per + per * per * per;
        let too_large = |got: Result<(), FsError>| {
            let name = got.as_ref().map_err(ToString::to_string);
            assert!(
                matches!(got, Err(FsError::Caller(CallerError::FileTooLarge { .. }))),
                "{block_size}-byte blocks: {name:?}"
            );
        };
        change(&image, |tx| {
            let ino = create(tx, "f");
            too_large(tx.truncate(ino, map * block + 1));
            too_large(tx.write_content(ino, map * block, Data::whole(1, 1).content()));
            let far = Content { len_bytes: map * block + 1, ..Data::whole(1, 1).content() };
            too_large(tx.replace_content(ino, far));
            tx.write_content(ino, map * block - 5, Data::whole(1, 5).content()).unwrap();
            let hole = create(tx, "hole");
            tx.truncate(hole, map * block).unwrap();
        });
        image.fsck();
    }
}

#[test]
fn the_first_large_file_is_declared() {
    for args in [&["-r", "0", "-O", "none"][..], &["-O", "^large_file"]] {
        let image = Image::new(1024, MIB, args);
        let declared = || {
            let fs = readers::open(image.path());
            fs.superblock().features().ro_compat.contains(RoCompat::LARGE_FILE)
        };
        let edge = 1 << 31;
        let ino = change(&image, |tx| {
            let ino = create(tx, "f");
            tx.truncate(ino, edge - 1).unwrap();
            ino
        });
        assert!(!declared());
        change(&image, |tx| tx.truncate(ino, edge).unwrap());
        assert!(declared());
        image.fsck();
    }
}

#[test]
fn a_put_makes_about_one_write_call_a_mib() {
    for block_size in [1024, 4096] {
        let image = Image::new(block_size, 128 * MIB, &[]);
        let opened = open(&image);
        let mut tx = begin(&opened, NOW);
        put(&mut tx, "f", &Data::whole(11, 64 * MIB));
        commit(&opened, tx).unwrap();
        let writes = opened.recorder.counts().writes;
        assert!(writes <= 64 + 40, "{writes} calls with {block_size}-byte blocks");
        drop(opened);
        image.fsck();
    }
}

#[test]
fn what_was_read_ahead_is_not_taken_for_what_was_written_since() {
    let image = Image::new(1024, MIB, &["-I", "128", "-N", "256"]);
    let data = Data::whole(4, 20_000);
    let ino = change(&image, |tx| {
        let ino = put(tx, "f", &data);
        // From the first table on, blocks are read one after the other, and ahead.
        let table = tx.fs().group(0).unwrap().inode_table();
        for block in 0..32 {
            tx.fs().metadata().read(table.plus(block), "inode table").unwrap();
        }
        tx.write_content(ino, 5000, Data::whole(6, 1).content()).unwrap();
        tx.truncate(ino, 19_999).unwrap();
        ino
    });
    let fs = readers::open(image.path());
    let found = readers::read(&fs, &fs.inode(ino).unwrap(), 0..u64::MAX);
    let mut expected = vec![0; 19_999];
    data.fill(0, &mut expected);
    Data::whole(6, 1).fill(0, &mut expected[5000..5001]);
    assert!(found == expected);
}

#[test]
fn a_block_of_attributes_that_was_given_back_is_not_shared() {
    let image = Image::new(65536, 400 * 65536, &["-I", "128", "-N", "400"]);
    let xattrs = [Xattr { name: b"user.a".to_vec(), value: vec![1; 100] }];
    let data = Data::whole(8, 65536);
    let (file, holder) = change(&image, |tx| {
        let first = create(tx, "first");
        tx.set_xattrs(first, &xattrs).unwrap();
        // So many new blocks that they do not all stay in memory.
        for number in 0..140 {
            let name = format!("d{number}").into_bytes();
            tx.create(Ino::ROOT, &name, &New::Directory, OWN).unwrap();
        }
        tx.set_xattrs(first, &[]).unwrap();
        let file = put(tx, "f", &data);
        let holder = create(tx, "holder");
        tx.set_xattrs(holder, &xattrs).unwrap();
        (file, holder)
    });
    image.fsck();
    assert_content(&image, file, &data);
    let fs = readers::open(image.path());
    assert_eq!(fs.xattrs(&fs.inode(holder).unwrap()).unwrap(), xattrs);
}

#[test]
fn an_inode_has_at_most_32000_links() {
    let image = Image::new(1024, MIB, &[]);
    let (file, directory) = change(&image, |tx| {
        let directory = tx.create(Ino::ROOT, b"d", &New::Directory, OWN).unwrap();
        (create(tx, "f"), directory)
    });
    image.edit(&["sif /f links_count 31999", "sif /d links_count 31999"]);
    change(&image, |tx| {
        tx.link(file, Ino::ROOT, b"g").unwrap();
        let refused = tx.link(file, Ino::ROOT, b"h").unwrap_err();
        assert_eq!(refused.to_string(), "too many links (at most 32000)");
        tx.create(directory, b"a", &New::Directory, OWN).unwrap();
        tx.create(directory, b"b", &New::Directory, OWN).unwrap_err();
        tx.create(Ino::ROOT, b"c", &New::Directory, OWN).unwrap();
        let refused = tx.rename(Ino::ROOT, b"c", directory, b"c").unwrap_err();
        assert_eq!(refused.to_string(), "too many links (at most 32000)");
        tx.rename(Ino::ROOT, b"c", directory, b"a").unwrap();
    });
    image.edit(&["sif /f links_count 2", "sif /d links_count 3"]);
    image.fsck();
}
