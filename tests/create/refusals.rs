//! What is not to be is refused, and then nothing has changed; what is interrupted leaves no image.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::making;
use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::prng::SplitMix64;
use crate::support::tools::Ran;
use crate::support::tree::Tree;
use crate::support::{command, disk, process, scratch, skipped, tools};
use crate::trees::{self, Ordinary};

const MIB: u64 = 1 << 20;

fn small() -> Tree {
    let tree = Tree::new();
    tree.directory("/d").file("/d/file", b"small\n");
    tree
}

/// Runs `create --from TREE ARGS IMG`, which has to fail with that code and one line.
#[track_caller]
fn refused(tree: &Path, image: &Path, args: &[&str], code: i32) -> String {
    let ran = making::create(image, &[&["--from", tree.to_str().unwrap()], args].concat());
    assert_eq!(ran.code, Some(code), "{args:?} {}: {}", image.display(), ran.stderr);
    assert_eq!(process::error_lines(&ran.stderr).len(), 1, "{}", ran.stderr);
    ran.stderr
}

#[test]
fn what_holds_something_is_replaced_only_when_that_is_forced() {
    let tree = small();
    let dir = scratch::dir();
    let at = |name: &str| dir.path().join(name);
    fs::copy(Image::new(1024, MIB, &[]).path(), at("ext2")).unwrap();
    fs::copy(Image::new(1024, 4 * MIB, &["-O", "has_journal"]).path(), at("ext3")).unwrap();
    disk::sfdisk(&at("mbr"), 4 * MIB, "label: dos\nstart=2048,type=83\n");
    disk::sfdisk(&at("gpt"), 4 * MIB, "label: gpt\nstart=2048,size=2048\n");
    fs::write(at("text"), b"no image\n").unwrap();
    fs::write(at("late"), [&vec![0; 3_000_000][..], b"x"].concat()).unwrap();
    let all = making::names(dir.path());
    assert_eq!(all.len(), 6);
    for name in &all {
        let before = fs::read(at(name)).unwrap();
        let said = refused(tree.path(), &at(name), &[], 5);
        assert!(said.contains("--force"), "{said}");
        refused(tree.path(), &at(name), &["--dry-run"], 5);
        assert_eq!(fs::read(at(name)).unwrap(), before, "{name}");
        assert_eq!(making::names(dir.path()), all, "{name}");
        making::make_of(tree.path(), &at(name), &["--force"]);
        making::fsck(&at(name));
        assert_eq!(making::names(dir.path()), all, "{name}");
    }
}

#[test]
fn zeros_are_replaced_and_a_files_mode_is_kept() {
    let tree = small();
    let dir = scratch::dir();
    let image = dir.path().join("image");
    File::create(&image).unwrap().set_len(MIB).unwrap();
    fs::set_permissions(&image, fs::Permissions::from_mode(0o640)).unwrap();
    making::make_of(tree.path(), &image, &[]);
    assert_eq!(fs::metadata(&image).unwrap().mode() & 0o777, 0o640);
    making::fsck(&image);
    fs::write(&image, b"").unwrap();
    making::make(&image, &["--size", "1M"]);
    making::fsck(&image);
    // As large as what is there.
    File::create(&image).unwrap().set_len(3 * MIB).unwrap();
    making::make(&image, &[]);
    assert_eq!(fs::metadata(&image).unwrap().len(), 3 * MIB);
}

#[test]
fn an_image_in_use_is_busy() {
    let tree = small();
    let image = Image::new(1024, MIB, &[]);
    let before = image.bytes();
    let file = File::open(image.path()).unwrap();
    rustix::fs::flock(&file, rustix::fs::FlockOperation::LockShared).unwrap();
    refused(tree.path(), image.path(), &["--force"], 7);
    drop(file);
    assert_eq!(image.bytes(), before);
    if let Err(reason) = LoopMount::available() {
        return skipped("an_image_in_use_is_busy (mounted)", &reason);
    }
    let mount = LoopMount::read_only(image.path());
    let said = refused(tree.path(), image.path(), &["--force"], 7);
    assert!(said.contains("mounted"), "{said}");
    mount.unmount();
    assert_eq!(image.bytes(), before);
    making::make_of(tree.path(), image.path(), &["--force"]);
}

#[test]
fn places_and_sources_that_cannot_be_are_told_and_nothing_is_made() {
    let tree = small();
    let dir = scratch::dir();
    let at = |name: &str| dir.path().join(name);
    refused(&at("missing"), &at("image"), &[], 1);
    refused(tree.path(), &at("missing/image"), &[], 1);
    refused(tree.path(), dir.path(), &["--force"], 1);
    tools::succeed(tools::command("mkfifo").arg(at("fifo")));
    refused(tree.path(), &at("fifo"), &["--force"], 1);
    fs::write(at("no.tar"), vec![b'x'; 2000]).unwrap();
    refused(&at("no.tar"), &at("image"), &[], 1);
    for too_small in ["0", "1K", "20K", "48K"] {
        refused(tree.path(), &at("image"), &["--size", too_small], 6);
    }
    let many = trees::many(3000);
    refused(many.path(), &at("image"), &["--size", "600K", "-b", "1024"], 6);
    refused(tree.path(), &at("image"), &["--size", "1M", "-N", "10000000"], 6);
    refused(trees::plain().path(), &at("image"), &["--size", "1M"], 6);
    refused(tree.path(), &at("image"), &["-N", "12", "-b", "1024"], 6);
    assert_eq!(making::names(dir.path()), ["fifo", "no.tar"]);
}

#[test]
fn options_that_make_no_sense_are_mistakes_of_usage() {
    let dir = scratch::dir();
    let image = dir.path().join("image");
    let options: &[&[&str]] = &[
        &[],
        &["--size", "1M", "-b", "3000"],
        &["--size", "1M", "-b", "512"],
        &["--size", "10M", "-b", "128K"],
        &["--size", "1M", "-I", "64"],
        &["--size", "1M", "-I", "8192"],
        &["--size", "1M", "-I", "200"],
        &["--size", "1M", "-N", "0"],
        &["--size", "1M", "-m", "51"],
        &["--size", "1M", "-m", "0.001"],
        &["--size", "1M", "-L", "seventeen letters"],
        &["--size", "1M", "-U", "7d0a6f3c"],
        &["--size", "1M", "-O", "extents"],
        &["--size", "1M", "-O", "has_journal"],
        &["--size", "1M", "--hash", "siphash"],
        &["--size", "auto+"],
        &["--size", "auto+10"],
        &["--size", "-1"],
        &["--size", "20T", "-b", "1024"],
        &["--size", "1M", "--owner-map", "a:b"],
        &["--size", "1M", "--memory", "1K"],
        &["--size", "1M", "--no-such-option"],
    ];
    for options in options {
        let ran = making::create(&image, options);
        assert_eq!(ran.code, Some(2), "{options:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("mpimg: "), "{options:?}: {}", ran.stderr);
        assert!(!image.exists(), "{options:?}");
    }
}

#[test]
fn files_that_may_not_be_read_are_all_told_and_nothing_is_made() {
    let place = Ordinary::new();
    let tree = place.at("tree");
    for directory in ["open", "closed", "open/inner"] {
        fs::create_dir_all(tree.join(directory)).unwrap();
        fs::write(tree.join(directory).join("shut"), b"secret").unwrap();
        fs::write(tree.join(directory).join("fine"), b"fine").unwrap();
    }
    let mode = |path: &str, mode| {
        fs::set_permissions(tree.join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("open/shut", 0o000);
    mode("open/inner/shut", 0o200);
    mode("closed", 0o300);
    let output = place.at("out");
    fs::create_dir(&output).unwrap();
    fs::set_permissions(&output, fs::Permissions::from_mode(0o777)).unwrap();
    let ran = tools::capture(place.create().arg("--from").arg(&tree).arg(output.join("image")));
    mode("closed", 0o700);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let lines = process::error_lines(&ran.stderr);
    assert_eq!(lines.len(), 3, "{lines:?}");
    for path in ["closed", "open/inner/shut", "open/shut"] {
        let told = lines.iter().filter(|line| line.contains(path) && line.contains("denied"));
        assert_eq!(told.count(), 1, "{path}: {lines:?}");
    }
    assert!(making::names(&output).is_empty());
}

#[test]
fn a_file_that_changes_while_it_is_read_is_told_and_nothing_is_made() {
    let tree = Tree::new();
    for index in 0..4 {
        tree.pattern(format!("/{index}"), index, 3_000_000);
    }
    tree.file("/last", b"short");
    let dir = scratch::dir();
    let image = dir.path().join("image");
    // The tree has been taken stock of when the image's file is made, which has no name yet.
    let log = scratch::dir();
    let log = log.path().join("log");
    let mut strace = tools::command("strace");
    strace.args(["-f", "-qq", "-e", "trace=openat,pread64", "-o"]).arg(&log);
    strace.args(["-e", "inject=pread64:delay_enter=1500000:when=1"]);
    strace.args([process::MPIMG, "create", "--from"]).arg(tree.path()).arg(&image);
    let child = strace.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !fs::read_to_string(&log).is_ok_and(|log| log.contains("O_TMPFILE")) {
        assert!(start.elapsed() < Duration::from_secs(20), "it never begins");
        std::thread::sleep(Duration::from_millis(5));
    }
    File::options().append(true).open(tree.at("/2")).unwrap().write_at(b"!", 3_000_000).unwrap();
    fs::write(tree.at("/last"), b"longer than before").unwrap();
    let ran = child.wait_with_output().unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1), "{said}");
    let lines = process::error_lines(&said);
    assert_eq!(lines.len(), 2, "each once: {lines:?}");
    assert!(lines.iter().all(|line| line.contains("changed")), "{lines:?}");
    assert!(making::names(dir.path()).is_empty());
}

#[test]
fn a_run_that_is_killed_leaves_no_half_image() {
    let tree = Tree::new();
    for index in 0..200 {
        tree.pattern(format!("/{index}"), index, 90_000);
    }
    let dir = scratch::dir();
    let (image, whole) = (dir.path().join("image"), dir.path().join("whole"));
    let start = Instant::now();
    making::make_of(tree.path(), &whole, &[]);
    let most = start.elapsed().as_micros() as u64;
    let mut random = SplitMix64::new(7);
    let (mut none, mut all) = (0, 0);
    for round in 0..40 {
        let mut create = making::command();
        create.arg("--force").arg("--from").arg(tree.path()).arg(&image);
        let mut child = create.stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.within(0..=most * 5 / 4)));
        child.kill().unwrap();
        child.wait().unwrap();
        if image.exists() {
            making::assert_same_bytes(&image, &whole, "killed, and there");
            fs::remove_file(&image).unwrap();
            all += 1;
        } else {
            none += 1;
        }
        assert_eq!(making::names(dir.path()), ["whole"], "round {round}");
    }
    assert!(none > 0, "no run was killed in time; {all} were done");
}

/// A disk with data around a partition of 8 MiB that begins at 1 MiB.
fn disk_with_partition(path: &Path) -> Vec<u8> {
    disk::sfdisk(
        path,
        12 * MIB,
        "label: dos\nstart=2048,size=16384,type=83\nstart=20480,type=83\n",
    );
    let file = File::options().write(true).open(path).unwrap();
    for at in [600 * 1024, MIB - 512, 9 * MIB, 11 * MIB] {
        file.write_all_at(&[0xa5; 512], at).unwrap();
    }
    fs::read(path).unwrap()
}

#[track_caller]
fn assert_rest_unchanged(disk: &Path, before: &[u8], what: &str) {
    let after = fs::read(disk).unwrap();
    let (start, end) = (MIB as usize, 9 * MIB as usize);
    assert_eq!(after.len(), before.len(), "{what}");
    assert!(after[..start] == before[..start], "{what}: in front of the partition");
    assert!(after[end..] == before[end..], "{what}: behind the partition");
}

#[test]
fn what_lies_around_a_partition_or_an_offset_is_left_alone() {
    let dir = scratch::dir();
    let disk = dir.path().join("disk");
    let tree = trees::plain().path();
    for place in [&["--partition", "1"][..], &["--offset", "1M"]] {
        let before = disk_with_partition(&disk);
        let size: &[&str] = if place[0] == "--offset" { &["--size", "8M"] } else { &[] };
        making::make_of(tree, &disk, &[place, size].concat());
        assert_rest_unchanged(&disk, &before, place[0]);
        let part = dir.path().join("part");
        let bytes = fs::read(&disk).unwrap();
        fs::write(&part, &bytes[MIB as usize..9 * MIB as usize]).unwrap();
        making::fsck(&part);
        // There is one now.
        refused(tree, &disk, &[place, size].concat(), 5);
        // Over another, which had data in every block: nothing of it shows.
        let file = File::options().write(true).open(&disk).unwrap();
        let noise = crate::support::content::bytes(9, (7 * MIB) as usize);
        file.write_all_at(&noise, MIB + 2048).unwrap();
        making::make_of(tree, &disk, &[place, size, &["--force"]].concat());
        assert_rest_unchanged(&disk, &before, place[0]);
        let bytes = fs::read(&disk).unwrap();
        fs::write(&part, &bytes[MIB as usize..9 * MIB as usize]).unwrap();
        making::fsck(&part);
        fs::remove_file(&disk).unwrap();
    }
    let before = disk_with_partition(&disk);
    refused(tree, &disk, &["--partition", "1", "--size", "9M"], 6);
    let ran = making::create(&disk, &["--partition", "3"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert_eq!(fs::read(&disk).unwrap(), before);
}

#[test]
fn what_is_killed_in_a_partition_leaves_no_filesystem_there() {
    let dir = scratch::dir();
    let disk = dir.path().join("disk");
    let before = disk_with_partition(&disk);
    let place = ["--partition", "1"];
    making::make_of(small().path(), &disk, &place);
    let mut none = 0;
    for when in 1..12 {
        let mut strace = tools::command("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
        strace.arg(format!("inject=pwrite64:signal=KILL:when={when}"));
        strace.env("SOURCE_DATE_EPOCH", making::EPOCH).args([process::MPIMG, "create", "--force"]);
        strace.args(place).arg("--from").arg(trees::plain().path()).arg(&disk);
        let ran = tools::capture(&mut strace);
        assert_rest_unchanged(&disk, &before, "killed");
        let bytes = fs::read(&disk).unwrap();
        let magic = u16::from_le_bytes([bytes[MIB as usize + 1080], bytes[MIB as usize + 1081]]);
        if ran.code == Some(0) {
            assert_eq!(magic, 0xef53);
            continue;
        }
        // The signal comes when the call is made, which may have had its effect.
        let last = magic == 0xef53;
        none += usize::from(!last);
        if last {
            let part = dir.path().join("part");
            fs::write(&part, &bytes[MIB as usize..9 * MIB as usize]).unwrap();
            making::fsck(&part);
        }
    }
    assert!(none >= 3, "{none} runs were killed in between");
}

#[test]
fn a_host_that_is_full_keeps_nothing() {
    if let Err(reason) = LoopMount::available() {
        return skipped("a_host_that_is_full_keeps_nothing", &reason);
    }
    let place = scratch::dir();
    let mut mount = tools::command("mount");
    mount.args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(place.path());
    tools::succeed(&mut mount);
    let image = place.path().join("image");
    let ran = making::create(&image, &["--from", trees::plain().path().to_str().unwrap()]);
    let left = making::names(place.path());
    let _ = tools::capture(tools::command("umount").arg("--lazy").arg(place.path()));
    assert_eq!(ran.code, Some(8), "{}", ran.stderr);
    assert_eq!(process::error_lines(&ran.stderr).len(), 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("No space left"), "{}", ran.stderr);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_ordinary_user_makes_devices_by_a_manifest() {
    let place = Ordinary::new();
    let tree = place.at("tree");
    fs::create_dir_all(tree.join("etc")).unwrap();
    fs::write(tree.join("etc/ping"), b"#!").unwrap();
    std::os::unix::fs::symlink("loop", tree.join("loop")).unwrap();
    std::os::unix::fs::symlink("..", tree.join("etc/up")).unwrap();
    let manifest = place.at("manifest");
    let lines = "/dev d 755 0 0 - - - - -\n/dev/null c 666 0 0 1 3\n/dev/sda b 660 0 6 8 0\n\
                 /dev/tty c 620 0 5 4 0 0 1 4\n/etc/ping f 4755 root root\n/dev/log s 666\n";
    fs::write(&manifest, lines).unwrap();
    let image = place.at("image");
    let mut create = place.create();
    create.arg("--manifest").arg(&manifest).arg("--from").arg(&tree).arg(&image);
    let ran = tools::capture(&mut create);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    making::fsck(&image);
    let stat = |path: &str| command::json(&["stat"], &image, &[path.as_bytes()]).remove(0);
    for (path, kind, mode, device) in [
        ("/dev/null", "char_device", "0666", Some((1, 3))),
        ("/dev/sda", "block_device", "0660", Some((8, 0))),
        ("/dev/tty3", "char_device", "0620", Some((4, 3))),
        ("/etc/ping", "regular", "4755", None),
        ("/dev/log", "socket", "0666", None),
        ("/loop", "symlink", "0777", None),
    ] {
        let stat = stat(path);
        let number = |at: usize| stat["device"][at].as_u64().unwrap();
        assert_eq!((&stat["type"], &stat["mode"]), (&kind.into(), &mode.into()), "{stat}");
        assert_eq!(stat["uid"], 0, "{stat}");
        if let Some(device) = device {
            assert_eq!((number(0), number(1)), device, "{path}");
        }
    }
}

#[test]
fn names_of_any_bytes_are_kept_and_failures_about_them_are_one_line() {
    let tree = Tree::new();
    let names: &[&[u8]] = &[b"/new\nline", b"/\xff\xfe", b"/\x1b[31m", b"/ ", b"/\xe9t\xe9"];
    for name in names {
        tree.file(OsStr::from_bytes(name), name);
    }
    let dir = scratch::dir();
    let image = dir.path().join("image");
    making::make_of(tree.path(), &image, &[]);
    for name in names {
        assert_eq!(command::ok(&["cat"], &image, &[name]), *name, "{}", name.escape_ascii());
    }
    // Times that an inode of 128 bytes cannot tell.
    let touch = ["-type", "f", "-exec", "touch", "--date=@5000000000", "{}", "+"];
    tools::succeed(tools::command("find").arg(tree.path()).args(touch));
    let from = ["--force", "-I", "128", "--from", tree.path().to_str().unwrap()];
    let ran: Ran = making::create(&image, &from);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(process::error_lines(&ran.stderr).len(), names.len(), "{}", ran.stderr);
    making::fsck(&image);
}
