//! Random edits against a map of names: after each one the name is found as the map has it, and
//! every so often the whole directory is gone through.

use mpimg::fs::{DirFormat, DirHints, FileType, Ino};

use super::memory::{Directory, PARENT, format};
use super::walker::{self, Names};
use crate::support::prng::SplitMix64;

/// Names of 255 bytes that all have the same legacy hash, found by trying: `x` 248 times, and one
/// of these. Three of them fill a block of 1 KiB.
const ENDS_OF_ONE_HASH: &[&[u8; 7]] = &[
    b"aaaaaaa", b"3fm5c5u", b"ztt5err", b"foe1ipk", b"03cgkvx", b"lk1ulff", b"0fnsmpx", b"5je2pj1",
    b"fu2jqsw", b"sj0ns5p", b"jo1xs41",
];

pub fn names_of_one_hash() -> Vec<Vec<u8>> {
    ENDS_OF_ONE_HASH.iter().map(|end| [&[b'x'; 248], &end[..]].concat()).collect()
}

const TYPES: [(FileType, u8); 7] = [
    (FileType::Regular, 1),
    (FileType::Directory, 2),
    (FileType::CharDevice, 3),
    (FileType::BlockDevice, 4),
    (FileType::Fifo, 5),
    (FileType::Socket, 6),
    (FileType::Symlink, 7),
];

/// Names of every length, and those that collide.
fn pool(count: usize, random: &mut SplitMix64) -> Vec<Vec<u8>> {
    let mut pool = names_of_one_hash();
    for at in 0..count {
        // Most names are short, a few are as long as can be.
        let most = [8, 20, 60, 255][random.within(0..=3) as usize];
        let len = random.within(1..=most) as usize;
        let mut name = format!("{at:x}-").into_bytes();
        let any =
            |_| Some(random.within(1..=255) as u8).filter(|byte| *byte != b'/').unwrap_or(b'_');
        name.extend((0..len).map(any));
        name.truncate(255);
        pool.push(name);
    }
    pool
}

struct Run {
    directory: Directory,
    names: Names,
    random: SplitMix64,
}

impl Run {
    fn step(&mut self, name: &[u8], insert_percent: u64) {
        let has_types = self.directory.format.has_types;
        let there = self.names.get(name).copied();
        let ino = Ino(self.random.within(11..=1 << 31) as u32);
        let (file_type, code) = TYPES[self.random.within(0..=6) as usize];
        let code = if has_types { code } else { 0 };
        let wants = self.random.within(0..=99);
        match there {
            None if wants < insert_percent => {
                self.directory.edit(|editor| editor.insert(name, ino, file_type)).unwrap();
                self.names.insert(name.to_vec(), (ino.0, code));
            }
            Some((was, _)) if wants < 10 => {
                let found = self.directory.edit(|editor| editor.replace(name, ino, file_type));
                assert_eq!(found.unwrap(), Some(Ino(was)));
                self.names.insert(name.to_vec(), (ino.0, code));
            }
            Some(_) if wants < insert_percent => {}
            _ => {
                let removed = self.directory.edit(|editor| editor.remove(name)).unwrap();
                assert_eq!(removed, there.map(|(ino, _)| Ino(ino)));
                self.names.remove(name);
            }
        }
        let found = self.directory.edit(|editor| editor.find(name)).unwrap();
        let code = |found: Option<FileType>| {
            found.map_or(0, |found| TYPES.iter().find(|(known, _)| *known == found).unwrap().1)
        };
        let found = found.map(|found| (found.ino.0, code(found.file_type)));
        assert_eq!(found, self.names.get(name).copied());
    }

    #[track_caller]
    fn check(&mut self) {
        assert_eq!(walker::walk_new(&self.directory), self.names);
        let empty = self.directory.edit(|editor| editor.is_empty()).unwrap();
        assert_eq!(empty, self.names.is_empty());
    }
}

/// Fills and empties a directory by turns.
fn run(format: DirFormat, count_names: usize, seed: u64) {
    let mut random = SplitMix64::new(seed);
    let pool = pool(count_names, &mut random);
    let mut run = Run { directory: Directory::new(format), names: Names::new(), random };
    let mut most_blocks = 0;
    for (insert_percent, rounds) in [(90, 2), (30, 1), (70, 1), (11, 4), (95, 1), (10, 10)] {
        for round in 0..rounds * count_names {
            let name = &pool[run.random.within(0..=pool.len() as u64 - 1) as usize];
            run.step(name, insert_percent);
            most_blocks = most_blocks.max(run.directory.memory.blocks.len());
            if round % 500 == 0 {
                run.check();
                // Half of all edits begin with what was remembered, half of them without.
                if run.random.within(0..=1) == 0 {
                    run.directory.hints = DirHints::default();
                }
            }
        }
        run.check();
    }
    for name in &pool {
        run.directory.edit(|editor| editor.remove(name)).unwrap();
        run.names.remove(name);
    }
    run.check();
    assert!(most_blocks > 2, "{most_blocks}");
    assert_eq!(run.directory.memory.blocks.len(), 1, "an empty directory is small");
}

#[test]
fn small_blocks() {
    for (seed, (dir_index, has_types)) in
        [(true, true), (true, false), (false, true), (false, false)].into_iter().enumerate()
    {
        for hash_version in 0..3 {
            let unsigned_hash = has_types;
            run(
                DirFormat { has_types, hash_version, unsigned_hash, ..format(1024, dir_index) },
                1500,
                seed as u64,
            );
        }
    }
}

#[test]
fn blocks_of_4_kib() {
    for dir_index in [true, false] {
        run(format(4096, dir_index), 3000, 7);
    }
}

#[test]
fn blocks_of_64_kib() {
    for (dir_index, has_types) in [(true, true), (false, false)] {
        run(DirFormat { has_types, ..format(65536, dir_index) }, 6000, 8);
    }
}

#[test]
fn names_of_one_hash_go_on_in_the_next_leaves() {
    let legacy = DirFormat { hash_version: 0, seed: [0; 4], ..format(1024, true) };
    let names = names_of_one_hash();
    assert!(names.len() > 6, "three leaves at least");
    let mut directory = Directory::new(legacy);
    let hash = directory.hash();
    for name in &names {
        assert_eq!(hash.of(name), hash.of(&names[0]));
    }
    // Others come between, before and after.
    let others: Vec<_> = (0..40).map(|at| format!("{at:0>200}").into_bytes()).collect();
    for name in others[..20].iter().chain(&names).chain(&others[20..]) {
        directory.edit(|editor| editor.insert(name, Ino(13), FileType::Regular)).unwrap();
        walker::walk_new(&directory);
    }
    assert!(directory.indexed);
    for name in names.iter().chain(&others) {
        assert!(directory.edit(|editor| editor.find(name)).unwrap().is_some());
    }
    for name in names.iter().rev() {
        assert_eq!(directory.edit(|editor| editor.remove(name)).unwrap(), Some(Ino(13)));
        walker::walk_new(&directory);
        assert!(directory.edit(|editor| editor.find(name)).unwrap().is_none());
    }
    assert_eq!(walker::walk_new(&directory).len(), others.len());
}

#[test]
fn the_parent_changes_in_a_directory_of_every_kind() {
    for count in [1, 100, 20_000] {
        for dir_index in [true, false] {
            let mut directory = Directory::new(format(1024, dir_index));
            for at in 0..count {
                let name = format!("name {at}").into_bytes();
                directory.edit(|e| e.insert(&name, Ino(13), FileType::Regular)).unwrap();
            }
            assert_eq!(directory.indexed, dir_index && count > 1);
            let parent = directory.edit(|e| e.find(b"..")).unwrap().unwrap();
            assert_eq!(parent.ino, PARENT);
            let was = directory.edit(|e| e.replace(b"..", Ino(77), FileType::Directory));
            assert_eq!(was.unwrap(), Some(PARENT));
            assert_eq!(walker::walk(&directory, 77).len(), count);
        }
    }
}
