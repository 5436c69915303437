//! What stands in a directory is not trusted: an edit of a corrupt one changes nothing, and ends.

use mpimg::fs::{Corrupt, FileType, FsError, Ino, Result};

use super::memory::{Directory, format};
use super::walker;
use crate::support::prng::SplitMix64;

fn name(at: usize) -> Vec<u8> {
    format!("a name of some length {at}").into_bytes()
}

fn filled(count: usize, dir_index: bool) -> Directory {
    let mut directory = Directory::new(format(1024, dir_index));
    for at in 0..count {
        directory.edit(|e| e.insert(&name(at), Ino(13), FileType::Regular)).unwrap();
    }
    directory.hints.forget();
    assert_eq!(directory.indexed, dir_index);
    directory
}

fn patch(directory: &mut Directory, block: usize, at: usize, bytes: &[u8]) {
    let mut patched = directory.memory.blocks[block].to_vec();
    patched[at..at + bytes.len()].copy_from_slice(bytes);
    directory.memory.blocks[block] = patched.into();
}

/// Each kind of edit, of a name that is there and of one that is not.
fn edits(directory: &mut Directory) -> [Result<()>; 4] {
    [
        directory.edit(|e| e.find(&name(3)).map(drop)),
        directory.edit(|e| e.insert(b"new", Ino(14), FileType::Regular)),
        directory.edit(|e| e.remove(&name(3)).map(drop)),
        directory.edit(|e| e.replace(&name(4), Ino(14), FileType::Fifo).map(drop)),
    ]
}

#[track_caller]
fn assert_refused(directory: &mut Directory, what: &str) {
    let before = directory.memory.blocks.clone();
    for edit in edits(directory) {
        let error = edit.unwrap_err();
        assert!(matches!(error, FsError::Corrupt(_)), "{error:?}");
        assert!(error.to_string().contains(what), "{error}");
    }
    assert_eq!(directory.memory.blocks, before);
}

#[test]
fn an_index_that_contradicts_itself_is_refused() {
    let first = 32;
    let cases: &[(usize, &[u8], &str)] = &[
        (first, &[0, 0], "limit is 0"),
        (first, &[125, 0], "limit is 125"),
        (first + 2, &[0, 0], "count is 0"),
        (first + 2, &[125, 0], "count is 125"),
        (first + 4, &[0, 0, 0, 0], "block is 0"),
        (first + 4, &[0xff, 0xff, 0, 0], "block is 65535"),
        (first + 4, &[2, 0, 0, 0], "block is 2"),
        (first + 8, &[0xff, 0xff, 0xff, 0xff], "hash is"),
        (12 + 4, &[12, 0], "rec_len"),
        (12 + 8, b"x.", "`..` is 12"),
    ];
    for (at, bytes, what) in cases {
        let mut directory = filled(200, true);
        patch(&mut directory, 0, *at, bytes);
        assert_refused(&mut directory, what);
    }
}

#[test]
fn a_node_that_contradicts_itself_is_refused() {
    let intact = filled(8000, true);
    let root = &intact.memory.blocks[0];
    assert_eq!(root[30], 1, "a level of nodes");
    let node = usize::from(root[36]) + 256 * usize::from(root[37]);
    for (at, bytes, what) in [
        (0, &[1, 0][..], "rec_len"),
        (4, &[0, 2], "rec_len is 512"),
        (8, &[3, 0], "limit is 3"),
        (10, &[255, 0], "count is 255"),
        (16, &[0, 0, 0, 0xff], "hash is"),
        (20, &[0, 0, 0, 0], "block is 0"),
    ] {
        let mut directory = filled(8000, true);
        patch(&mut directory, node, at, bytes);
        assert_refused(&mut directory, what);
    }
}

#[test]
fn an_entry_that_does_not_fit_is_refused() {
    for rec_len in [[0, 0], [8, 0], [14, 0], [0xfc, 0xff]] {
        let mut linear = filled(20, false);
        patch(&mut linear, 0, 24 + 4, &rec_len);
        assert_refused(&mut linear, "rec_len is");
        // In every leaf.
        let mut indexed = filled(200, true);
        for block in 1..indexed.memory.blocks.len() {
            patch(&mut indexed, block, 4, &rec_len);
        }
        assert_refused(&mut indexed, "rec_len is");
    }
}

#[test]
fn an_index_of_a_kind_that_is_not_known_gives_way_to_the_first_new_name() {
    // The hash, the length of what is said about the index, its levels, its flags.
    for (at, value) in [(28, 6), (29, 16), (30, 2), (31, 1)] {
        let mut directory = filled(200, true);
        patch(&mut directory, 0, at, &[value]);
        let blocks = directory.memory.blocks.len();
        for at in 100..200 {
            let found = directory.edit(|e| e.remove(&name(at))).unwrap();
            assert_eq!(found, Some(Ino(13)));
        }
        assert!(directory.indexed, "taking out leaves it as it is");
        assert_eq!(directory.memory.blocks.len(), blocks);
        directory.edit(|e| e.insert(b"new", Ino(14), FileType::Regular)).unwrap();
        assert!(!directory.indexed);
        assert_eq!(walker::walk_new(&directory).len(), 101);
        for at in 100..400 {
            directory.edit(|e| e.insert(&name(at), Ino(13), FileType::Regular)).unwrap();
        }
        assert_eq!(walker::walk_new(&directory).len(), 401);
    }
}

#[test]
fn no_directory_makes_an_edit_go_on_for_ever_or_fail_halfway() {
    let mut random = SplitMix64::new(5);
    let whole = [filled(200, true), filled(8000, true), filled(200, false)];
    let mut refused = 0;
    for round in 0..1500 {
        let intact = &whole[if round % 50 == 0 { 1 } else { 2 * (round % 2) }];
        let mut directory = Directory::new(intact.format.clone());
        directory.memory.blocks.clone_from(&intact.memory.blocks);
        directory.indexed = intact.indexed;
        for _ in 0..random.within(1..=4) {
            // Most of what can be wrong is in the first bytes, and in the first blocks.
            let block =
                random.within(0..=random.clone().within(0..=intact.memory.blocks.len() as u64 - 1));
            let at = random.within(0..=63 + 960 * (random.clone().within(0..=3) / 3));
            let value = [0, 1, 0xff, random.within(0..=255) as u8][random.within(0..=3) as usize];
            patch(&mut directory, block as usize, at as usize, &[value]);
        }
        for edit in 0..4 {
            let before = directory.memory.blocks.clone();
            let result = edits(&mut directory).into_iter().nth(edit).unwrap();
            if let Err(error) = result {
                assert!(matches!(error, FsError::Corrupt(_)), "{error:?}");
                refused += 1;
            }
            directory.memory.blocks = before;
        }
    }
    assert!(refused > 500, "{refused}");
}

#[test]
fn a_directory_without_blocks_is_corrupt() {
    let mut directory = Directory::new(format(1024, true));
    directory.memory.blocks.clear();
    directory.indexed = true;
    let error = directory.edit(|e| e.find(b"..")).unwrap_err();
    assert!(matches!(error, FsError::Corrupt(Corrupt::DirHole { .. })), "{error:?}");
    for edit in edits(&mut directory) {
        assert!(matches!(edit.unwrap_err(), FsError::Corrupt(Corrupt::DirHole { .. })));
    }
}
