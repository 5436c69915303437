//! What becomes of the image as a whole: dry runs, copies, partitions, journals, the same bytes.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::{Subject, set_mode};
use crate::support::disk::sfdisk;
use crate::support::image::{FAKE_TIME, Image, fsck, mke2fs};
use crate::support::{content, process, scratch, tools};
use crate::{expect, path_text};

#[test]
fn a_dry_run_needs_no_permission_to_write() {
    let subject = Subject::new();
    let before = subject.image.bytes();
    set_mode(subject.image.path(), 0o444);
    // As root, what counts is that no call writes: neither the image nor a log beside it.
    let trace = subject.image.dir().join("trace");
    let mut strace = tools::command("strace");
    strace.args(["-f", "-e", "trace=openat,pwrite64,pwritev,unlink,ftruncate,fallocate", "-o"]);
    strace.arg(&trace).arg(process::MPIMG).args(["mkdir", "--dry-run"]).arg(subject.image.path());
    let ran = tools::succeed(strace.arg("/d"));
    assert_eq!(ran.text(), "create /d (directory)\n");
    let trace = std::fs::read_to_string(trace).unwrap();
    assert!(trace.contains(&subject.path()), "{trace}");
    for call in ["O_RDWR", "O_WRONLY", "pwrite", "unlink(", "ftruncate(", "fallocate("] {
        assert!(!trace.contains(call), "{call} in {trace}");
    }
    assert!(subject.image.bytes() == before);
}

#[test]
fn output_leaves_the_image_and_makes_a_new_one() {
    let subject = Subject::new();
    let before = subject.image.bytes();
    let new = subject.image.dir().join("new.img");
    let new = path_text(&new);
    assert_eq!(subject.ok_with(&["put", "--output", &new, "IMG", "/f"], b"x"), "");
    assert!(subject.image.bytes() == before);
    fsck(Path::new(&new)).unwrap();
    assert_eq!(expect(&["cat", &new, "/f"], 0, ""), "x");
    assert!(!Path::new(&format!("{new}.mpimg-log")).exists());
    // A command that fails makes none, and leaves one that is there.
    let line = format!("mpimg: {}:/none: no such file or directory\n", subject.path());
    expect(&["rm", "--output", &new, &subject.path(), "/none"], 1, &line);
    assert_eq!(expect(&["cat", &new, "/f"], 0, ""), "x");
    let newer = path_text(&subject.image.dir().join("newer.img"));
    expect(&["rm", "--output", &newer, &subject.path(), "/none"], 1, &line);
    assert!(!Path::new(&newer).exists());
    let names: Vec<_> = std::fs::read_dir(subject.image.dir()).unwrap().collect();
    assert_eq!(names.len(), 2, "nothing is left over: {names:?}");
    // A dry run makes none either.
    expect(&["mkdir", "--dry-run", "--output", &newer, &subject.path(), "/d"], 0, "");
    assert!(!Path::new(&newer).exists());
}

#[test]
fn output_may_take_the_place_of_the_image() {
    let subject = Subject::new();
    set_mode(subject.image.path(), 0o640);
    let ino = std::fs::metadata(subject.image.path()).unwrap().ino();
    subject.ok_with(&["put", "--output", "IMG", "IMG", "/f"], b"x");
    assert_eq!(subject.cat("/f"), b"x");
    let now = std::fs::metadata(subject.image.path()).unwrap();
    assert_ne!(now.ino(), ino, "it is a new file");
    assert_eq!(now.mode() & 0o7777, 0o640);
}

#[test]
fn a_copy_has_the_holes_of_the_image() {
    let subject = Subject::of(Image::new(4096, 256 << 20, &["-E", "lazy_itable_init=1"]));
    let new = path_text(&subject.image.dir().join("new.img"));
    subject.ok_with(&["put", "--output", &new, "IMG", "/f"], b"x");
    let blocks = |path: &Path| std::fs::metadata(path).unwrap().blocks();
    let (old, new) = (blocks(subject.image.path()), blocks(Path::new(&new)));
    assert!(old < 100_000 && new < old + 1000, "{old} sectors became {new}");
}

#[test]
fn the_same_commands_make_the_same_bytes() {
    let source = scratch::dir();
    for index in 0..20_u32 {
        let bytes = content::bytes(u64::from(index), 3000 * index as usize);
        std::fs::write(source.path().join(format!("f{index}")), bytes).unwrap();
    }
    let dir = path_text(source.path());
    let puts: String = (0..20).map(|i| format!("put --mode 640 /d/f{i} {dir}/f{i}\n")).collect();
    let script =
        format!("mkdir /d\n{puts}rm /d/f3\nln -s f4 /d/l\nxattr set /d user.a b\ntouch /t\n");
    let mut images = Vec::new();
    for _ in 0..2 {
        let subject = Subject::of(Image::new(1024, 2 << 20, &[]));
        subject.ok_with(&["batch", "IMG"], script.as_bytes());
        subject.ok(&["mv", "IMG", "/d", "/e"]);
        // A second between them would show.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        subject.ok(&["rm", "-r", "IMG", "/e/f7", "/e/f8"]);
        images.push(subject.image.bytes());
    }
    assert!(images[0] == images[1]);
}

#[test]
fn a_source_date_epoch_that_is_none_is_refused() {
    let subject = Subject::new();
    for wrong in ["yesterday", "-1", "99999999999"] {
        let mut command = subject.command(&["mkdir", "IMG", "/d"]);
        let ran = tools::capture(command.env("SOURCE_DATE_EPOCH", wrong));
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("SOURCE_DATE_EPOCH"), "{ran:?}");
    }
}

/// A disk whose partition 1 begins at 1 MiB and holds a filesystem of 2 MiB; random bytes around.
fn disk() -> (tempfile::TempDir, String, Vec<u8>) {
    let dir = scratch::dir();
    let (disk, part) = (dir.path().join("disk.img"), dir.path().join("part.img"));
    sfdisk(&disk, 4 << 20, "label: dos\nlabel-id: 0x12345678\nstart=2048, size=4096, type=83\n");
    mke2fs(&part, 1024, 2 << 20, &[], None);
    let mut bytes = std::fs::read(&disk).unwrap();
    let noise = content::bytes(7, 4 << 20);
    bytes[512..1 << 20].copy_from_slice(&noise[512..1 << 20]);
    bytes[3 << 20..].copy_from_slice(&noise[3 << 20..]);
    bytes[1 << 20..3 << 20].copy_from_slice(&std::fs::read(&part).unwrap());
    std::fs::write(&disk, &bytes).unwrap();
    (dir, path_text(&disk), bytes)
}

#[test]
fn a_partition_is_changed_and_the_rest_of_the_disk_is_not() {
    let mut results = Vec::new();
    for place in ["@@1M", "--partition=1", ""] {
        let (dir, disk, before) = disk();
        let (name, option) = match place.strip_prefix("@@") {
            Some(_) => (format!("{disk}{place}"), "--json"),
            None => (disk.clone(), if place.is_empty() { "--json" } else { place }),
        };
        let source = path_text(&dir.path().join("source"));
        std::fs::write(&source, content::bytes(1, 100_000)).unwrap();
        for words in [
            &["put", &name, "/f", &source][..],
            &["mkdir", &name, "/d"],
            &["chmod", &name, "600", "/f"],
        ] {
            let mut command = process::command();
            command.env("SOURCE_DATE_EPOCH", FAKE_TIME).args([option]).args(words);
            let ran = tools::capture(&mut command);
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{words:?}");
        }
        let after = std::fs::read(&disk).unwrap();
        assert!(after[..1 << 20] == before[..1 << 20] && after[3 << 20..] == before[3 << 20..]);
        assert!(!Path::new(&format!("{disk}.mpimg-log")).exists());
        let part = dir.path().join("part.img");
        std::fs::write(&part, &after[1 << 20..3 << 20]).unwrap();
        fsck(&part).unwrap();
        assert!(
            process::run(&["cat", &path_text(&part), "/f"]).stdout == content::bytes(1, 100_000)
        );
        results.push(after);
        // As a copy, too.
        let new = path_text(&dir.path().join("new.img"));
        expect(&[option, "rm", "--output", &new, &name, "/f"], 0, "");
        let after = std::fs::read(&new).unwrap();
        assert!(after[..1 << 20] == before[..1 << 20] && after[3 << 20..] == before[3 << 20..]);
        std::fs::write(&part, &after[1 << 20..3 << 20]).unwrap();
        fsck(&part).unwrap();
        assert_eq!(process::run(&["ls", &path_text(&part)]).text(), "d\nlost+found\n");
    }
    assert!(results[0] == results[1] && results[1] == results[2]);
}

#[test]
fn ext3_with_a_clean_journal_is_changed_as_ext2_is() {
    let image = Image::new(1024, 8 << 20, &["-O", "has_journal", "-J", "size=1"]);
    let subject = Subject::of(image);
    subject.ok_with(&["put", "IMG", "/f"], &content::bytes(1, 400_000));
    subject.ok(&["mkdir", "IMG", "/d"]);
    subject.ok(&["mv", "IMG", "/f", "/d"]);
    assert!(subject.cat("/d/f") == content::bytes(1, 400_000));
    assert!(tools::run_ok("dumpe2fs", &["-h", &subject.path()]).text().contains("has_journal"));
}

#[test]
fn recover_with_nothing_to_do_says_nothing() {
    let subject = Subject::new();
    let before = subject.image.bytes();
    assert_eq!(subject.ok(&["recover", "IMG"]), "");
    let told = subject.ok(&["recover", "--json", "IMG"]);
    assert_eq!(told, "{\"recovered\":\"none\",\"transaction\":0,\"changed_blocks\":0}\n");
    assert!(subject.image.bytes() == before);
}

#[test]
fn statistics_and_no_sync_are_told_and_heeded() {
    let subject = Subject::new();
    let ran = subject.feed(&["put", "--stats=json", "--no-sync", "IMG", "/f"], &[b'x'; 5000]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let stats: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(stats["bytes"], 5120, "{stats}");
    let trace = subject.image.dir().join("trace");
    for (option, syncs) in [("--no-sync", false), ("--stats", true)] {
        let mut strace = tools::command("strace");
        strace.args(["-f", "-e", "trace=fsync,fdatasync,sync_file_range,syncfs", "-o"]).arg(&trace);
        strace.arg(process::MPIMG).args(["touch", option]).arg(subject.image.path()).arg("/f");
        tools::succeed(&mut strace);
        let calls = std::fs::read_to_string(&trace).unwrap();
        assert_eq!(calls.contains("sync("), syncs, "{option}: {calls}");
    }
}
