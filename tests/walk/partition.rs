//! An ext2 inside of a disk image: found by itself, by number, by offset; and which one is meant.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::image::Image;
use crate::support::tree::Tree;
use crate::support::{command, disk, scratch};

const MIB: u64 = 1 << 20;

/// A disk image with filesystems that tell their partition in `/who`, at the given MiB.
struct Disk {
    path: PathBuf,
    _dir: TempDir,
}

impl Disk {
    fn new(size_mib: u64, script: &str, filesystems: &[(u32, u64)]) -> Self {
        let dir = scratch::dir();
        let path = dir.path().join("disk.img");
        disk::sfdisk(&path, size_mib * MIB, script);
        let file = std::fs::File::options().write(true).open(&path).expect("the disk");
        for (number, at_mib) in filesystems {
            let tree = Tree::new();
            tree.file("/who", format!("{number}\n").as_bytes());
            let image = Image::from_tree(tree.path(), 1024, 2 * MIB, &["-N", "32"]);
            let at = at_mib * MIB;
            std::os::unix::fs::FileExt::write_all_at(&file, &image.bytes(), at).expect("room");
        }
        Self { path, _dir: dir }
    }

    /// What `/who` says.
    #[track_caller]
    fn who(&self, options: &[&str]) -> String {
        who(options, &self.path)
    }

    /// The file's name with something behind it.
    fn at(&self, offset: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(offset);
        path.into()
    }
}

#[track_caller]
fn who(options: &[&str], path: &Path) -> String {
    let found = command::ok(&[options, &["cat"]].concat(), path, &[b"who"]);
    String::from_utf8(found).expect("text").trim_end().to_owned()
}

const DOS: &str = "label: dos
start=2048, size=8192, type=c
start=10240, size=8192, type=83
3: start=18432, size=32768, type=5
5: start=20480, size=8192, type=83
6: start=30720, size=8192, type=83
";
const GPT: &str = "label: gpt
start=2048, size=8192, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
start=10240, size=8192, type=L
start=20480, size=8192, type=L
";

#[test]
fn the_only_ext2_of_a_disk_is_found_by_itself() {
    for (script, number, at_mib) in
        [(DOS, 2, 5), (DOS, 5, 10), (DOS, 6, 15), (GPT, 2, 5), (GPT, 3, 10)]
    {
        let disk = Disk::new(32, script, &[(number, at_mib)]);
        let number = number.to_string();
        assert_eq!(disk.who(&[]), number);
        assert_eq!(disk.who(&["--partition", "auto"]), number);
        assert_eq!(disk.who(&["--partition", &number]), number);
        let info = command::json(&["info"], &disk.path, &[]).remove(0);
        assert_eq!(info["partition"].to_string(), number);
        assert_eq!(info["offset"], at_mib * MIB);
        assert_eq!(info["superblock"], 1024);
    }
}

#[test]
fn of_several_each_is_reached_by_number_and_by_offset() {
    let several = [(2, 5), (5, 10), (6, 15)];
    let dos = Disk::new(32, DOS, &several);
    for (number, at_mib) in several {
        assert_eq!(dos.who(&["--partition", &number.to_string()]), number.to_string());
        for offset in [
            format!("@@{at_mib}M"),
            format!("@@{}K", at_mib * 1024),
            format!("@@{}s", at_mib * 2048),
            format!("@@{}", at_mib * MIB),
            format!("@@0x{:x}", at_mib * MIB),
        ] {
            assert_eq!(who(&[], &dos.at(&offset)), number.to_string(), "{offset}");
        }
    }
}

#[test]
fn several_and_none_named_is_a_mistake_that_lists_them() {
    for (script, several) in [(DOS, [(2, 5), (5, 10)]), (GPT, [(2, 5), (3, 10)])] {
        let disk = Disk::new(32, script, &several);
        for options in [&["ls"][..], &["--partition", "auto", "ls"]] {
            let ran = command::on(options, &disk.path, &[]);
            assert_eq!(ran.code, Some(2), "{}", ran.stderr);
            assert!(ran.stdout.is_empty());
            let lines: Vec<_> = ran.stderr.lines().collect();
            let [first, candidates @ ..] = &lines[..] else { panic!("{lines:?}") };
            assert!(first.ends_with(": 2 partitions hold a filesystem, name one:"), "{first}");
            for (line, (number, at_mib)) in candidates.iter().zip(several) {
                let start = format!("  --partition {number}  start {} bytes, ", at_mib * MIB);
                assert!(line.starts_with(&start), "{line}");
            }
            assert_eq!(candidates.len(), 2, "{lines:?}");
        }
        let ran = command::on(&["ls", "--json"], &disk.path, &[]);
        assert_eq!(command::error(&ran)["code"], "partition_ambiguous");
    }
}

#[test]
fn a_partition_that_is_not_there_or_is_no_ext2_is_told() {
    let disk = Disk::new(32, DOS, &[(5, 10)]);
    for (number, exit, code) in [
        ("1", 5, "not_ext2"),
        ("3", 2, "partition_extended"),
        ("4", 2, "no_such_partition"),
        ("7", 2, "no_such_partition"),
    ] {
        let ran = command::on(&["--partition", number, "ls", "--json"], &disk.path, &[]);
        assert_eq!(ran.code, Some(exit), "{number}: {}", ran.stderr);
        assert_eq!(command::error(&ran)["code"], code, "{number}");
    }
    for bad in ["0", "-1", "x", ""] {
        let option = format!("--partition={bad}");
        assert_eq!(command::on(&[&option, "ls"], &disk.path, &[]).code, Some(2), "{bad}");
    }
    for (offset, exit) in [("@@1M", 5), ("@@x", 2), ("@@64M", 2), ("@@10.5M", 2)] {
        let ran = command::on(&["ls"], &disk.at(offset), &[]);
        assert_eq!(ran.code, Some(exit), "{offset}: {}", ran.stderr);
    }
    let none = Disk::new(32, GPT, &[]);
    let ran = command::on(&["--partition", "auto", "ls", "--json"], &none.path, &[]);
    assert_eq!(ran.code, Some(5));
    assert_eq!(command::error(&ran)["code"], "no_partition_qualifies");
    assert_eq!(command::on(&["ls"], &none.path, &[]).code, Some(5));
    let plain = Image::new(1024, 1 << 20, &[]);
    let ran = command::on(&["--partition", "1", "ls", "--json"], plain.path(), &[]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(command::error(&ran)["code"], "no_partition_table");
}

#[test]
fn a_backup_superblock_serves_inside_of_a_partition() {
    let disk = Disk::new(64, "label: dos\nstart=2048, size=40960, type=83\n", &[]);
    let tree = Tree::new();
    tree.file("/who", b"1\n");
    let image = Image::from_tree(tree.path(), 1024, 20 * MIB, &["-N", "32"]);
    let mut bytes = image.bytes();
    bytes[1024..2048].fill(0);
    let file = std::fs::File::options().write(true).open(&disk.path).expect("the disk");
    std::os::unix::fs::FileExt::write_all_at(&file, &bytes, MIB).expect("room");
    for options in [&["--partition", "1", "cat"][..], &["--partition", "1", "cat", "-b", "8193"]] {
        let ran = command::on(options, &disk.path, &[b"who"]);
        assert_eq!((ran.code, ran.stdout.as_slice()), (Some(0), &b"1\n"[..]), "{}", ran.stderr);
    }
}
