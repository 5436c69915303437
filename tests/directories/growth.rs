//! Directories that grow large and small again, and what that costs.

use mpimg::fs::{FileType, Ino};

use super::memory::{Directory, format};
use super::walker;

fn insert(directory: &mut Directory, name: &[u8]) {
    let found = directory.edit(|editor| editor.find(name)).unwrap();
    assert_eq!(found, None);
    directory.edit(|editor| editor.insert(name, Ino(13), FileType::Regular)).unwrap();
}

fn remove(directory: &mut Directory, name: &[u8]) {
    assert_eq!(directory.edit(|editor| editor.remove(name)).unwrap(), Some(Ino(13)));
}

fn name(at: usize) -> Vec<u8> {
    format!("file-{at:05}.txt").into_bytes()
}

#[test]
fn the_second_block_brings_an_index() {
    let mut directory = Directory::new(format(1024, true));
    let mut at = 0;
    while directory.memory.blocks.len() == 1 {
        assert!(!directory.indexed);
        insert(&mut directory, &name(at));
        at += 1;
    }
    assert!(directory.indexed);
    assert_eq!(directory.memory.blocks.len(), 3, "a root and two leaves");
    assert_eq!(at, (1024 - 24) / 24 + 1, "not before the block was full");
    assert_eq!(walker::walk_new(&directory).len(), at);
}

#[test]
fn a_large_linear_directory_gets_an_index_when_it_grows() {
    let mut directory = Directory::new(format(1024, false));
    (0..1000).for_each(|at| insert(&mut directory, &name(at)));
    let blocks = directory.memory.blocks.len();
    directory.format.dir_index = true;
    directory.hints.forget();
    let mut at = 1000;
    while directory.memory.blocks.len() == blocks {
        assert!(!directory.indexed);
        insert(&mut directory, &name(at));
        at += 1;
    }
    assert!(directory.indexed);
    assert_eq!(walker::walk_new(&directory).len(), at);
}

/// Blocks read and written for each of 10,000 names that are looked for and put in, and then for
/// each that is taken out.
fn cost(block_size: usize, dir_index: bool) -> [f64; 2] {
    let mut directory = Directory::new(format(block_size, dir_index));
    let calls = |directory: &Directory| directory.memory.reads.get() + directory.memory.writes;
    (0..10_000).for_each(|at| insert(&mut directory, &name(at)));
    let first = calls(&directory);
    assert_eq!(walker::walk_new(&directory).len(), 10_000);
    assert_eq!(directory.indexed, dir_index);
    (0..10_000).for_each(|at| remove(&mut directory, &name(at)));
    let then = calls(&directory) - first;
    assert_eq!(directory.memory.blocks.len(), 1);
    [first, then].map(|calls| calls as f64 / 10_000.0)
}

#[test]
fn a_batch_of_edits_is_not_a_search_each() {
    for block_size in [1024, 4096, 65536] {
        for dir_index in [true, false] {
            let [insert, remove] = cost(block_size, dir_index);
            assert!(insert < 8.0 && remove < 8.0, "{block_size} {dir_index}: {insert} {remove}");
        }
    }
}

#[test]
fn an_index_that_is_full_gives_way() {
    // Three names a block: the two levels of the index hold 124 times 127 leaves at most.
    let name = |at: usize| format!("{at:0>255}").into_bytes();
    let mut directory = Directory::new(format(1024, true));
    let mut was_indexed = false;
    for at in 0..60_000 {
        insert(&mut directory, &name(at));
        was_indexed |= directory.indexed;
    }
    assert!(was_indexed && !directory.indexed);
    assert_eq!(walker::walk_new(&directory).len(), 60_000);
    for at in (0..60_000).step_by(7) {
        remove(&mut directory, &name(at));
    }
    assert_eq!(walker::walk_new(&directory).len(), 60_000 - 60_000_usize.div_ceil(7));
}

#[test]
fn blocks_that_were_allocated_ahead_are_used_and_kept() {
    let mut directory = Directory::new(format(1024, true));
    // As mke2fs makes lost+found: blocks of one entry that is not in use.
    let mut empty = vec![0; 1024];
    empty[4..6].copy_from_slice(&1024_u16.to_le_bytes());
    directory.memory.blocks.extend((0..11).map(|_| empty.clone().into()));
    (0..100).for_each(|at| insert(&mut directory, &name(at)));
    assert_eq!((directory.memory.blocks.len(), directory.indexed), (12, false));
    (0..100).for_each(|at| remove(&mut directory, &name(at)));
    assert_eq!(directory.memory.blocks.len(), 12);
    assert!(walker::walk_new(&directory).is_empty());
}
