//! Every exit code of commands that change an image, which is then as it was.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use super::{Subject, is_root, set_mode};
use crate::path_text;
use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::{content, gallery, process, scratch, skipped, tools};

/// Every command that changes an image, with arguments that work where `/f` and `/d` are.
const CHANGES: &[&[&str]] = &[
    &["batch", "IMG", "/dev/null"],
    &["chmod", "IMG", "600", "/f"],
    &["chown", "IMG", "1:1", "/f"],
    &["ln", "IMG", "/f", "/new"],
    &["mkdir", "IMG", "/new"],
    &["mknod", "IMG", "/new", "p"],
    &["mv", "IMG", "/f", "/new"],
    &["put", "IMG", "/new", "/dev/null"],
    &["rm", "IMG", "/f"],
    &["touch", "IMG", "/f"],
    &["truncate", "-s", "0", "IMG", "/f"],
    &["xattr", "set", "IMG", "/f", "user.a", "b"],
    &["xattr", "rm", "IMG", "/f", "user.note"],
];

fn subject() -> Subject {
    let subject = Subject::new();
    subject.image.write_bytes("/f", b"content\n");
    subject.image.edit(&["mkdir /d", "ea_set /f user.note x"]);
    subject
}

#[test]
fn code_0_all_of_them_work_where_nothing_is_wrong() {
    let image = subject();
    for words in CHANGES {
        assert_eq!(Subject::of(image.image.duplicate()).ok(words), "", "{words:?}");
    }
}

#[test]
fn code_1_paths_that_are_missing_or_of_the_wrong_kind() {
    let subject = subject();
    for (words, line) in [
        (&["chmod", "IMG", "600", "/none"][..], "/none: no such file or directory"),
        (&["chmod", "IMG", "600", "/f/x"], "/f/x: not a directory"),
        (&["chown", "IMG", "1", "/none"], "/none: no such file or directory"),
        (
            &["ln", "IMG", "/none", "/new"],
            "/new: cannot link to '/none': no such file or directory",
        ),
        (&["ln", "IMG", "/d", "/new"], "/new: '/d': hard link not allowed for directory"),
        (&["ln", "IMG", "/f", "/f"], "/f: file exists"),
        (
            &["ln", "-s", "IMG", "", "/new"],
            "/new: a symbolic link's target has 1 to 1023 bytes, not 0",
        ),
        (&["mkdir", "IMG", "/d"], "/d: file exists"),
        (&["mkdir", "IMG", "/none/d"], "/none/d: no such file or directory"),
        (&["mkdir", "IMG", "/"], "/: file exists"),
        (&["mknod", "IMG", "/f", "p"], "/f: file exists"),
        (&["mv", "IMG", "/none", "/new"], "/none: no such file or directory"),
        (&["mv", "IMG", "/", "/new"], "/: is the root directory"),
        (&["mv", "IMG", "/d", "/d"], "/d: cannot move to a subdirectory of itself, '/d/d'"),
        (&["mv", "IMG", "/d", "/f"], "/d: cannot overwrite non-directory '/f' with directory"),
        (
            &["mv", "-T", "IMG", "/f", "/d"],
            "/f: cannot overwrite directory '/d' with non-directory",
        ),
        (&["mv", "IMG", "/f", "/f"], "/f: '/f' and '/f' are the same file"),
        (&["mv", "IMG", "/f", "/none/new"], "/none/new: no such file or directory"),
        (&["put", "IMG", "/none/new", "/dev/null"], "/none/new: no such file or directory"),
        (&["put", "IMG", "/f/", "/dev/null"], "/f/: not a directory"),
        (&["put", "IMG", "", "/dev/null"], "/: no such file or directory"),
        (&["rm", "IMG", "/none"], "/none: no such file or directory"),
        (&["rm", "IMG", "/d"], "/d: is a directory"),
        (&["rm", "-r", "IMG", "/"], "/: is the root directory"),
        (
            &["rm", "IMG", "<12>"],
            "<12>: not a file name: it is an inode's number (./<N> is a name)",
        ),
        (&["touch", "IMG", "/none/new"], "/none/new: no such file or directory"),
        (&["truncate", "-s", "0", "IMG", "/d"], "/d: is a directory"),
        (&["xattr", "set", "IMG", "/none", "user.a", "b"], "/none: no such file or directory"),
        (&["xattr", "rm", "IMG", "/f", "user.b"], "/f: no such attribute: user.b"),
    ] {
        subject.refused(words, 1, &format!("mpimg: IMG:{line}"));
    }
}

#[test]
fn code_1_every_path_that_fails_is_told_and_none_is_changed() {
    let subject = subject();
    for command in [&["rm"][..], &["chmod", "600"], &["chown", "1"]] {
        let words = [&command[..1], &["IMG"], &command[1..], &["/f", "/none", "/d/none"]].concat();
        let line = "mpimg: IMG:/none: no such file or directory\nmpimg: IMG:/d/none: no such file \
                    or directory";
        subject.refused(&words, 1, line);
    }
}

#[test]
fn code_2_arguments_that_make_no_sense() {
    let subject = subject();
    let before = subject.image.bytes();
    for words in [
        &["chmod", "IMG", "999", "/f"][..],
        &["chmod", "IMG", "u+q", "/f"],
        &["chmod", "IMG", "600"],
        &["chown", "IMG", "a:b:c", "/f"],
        &["ln", "IMG", "/f"],
        &["ln", "-T", "IMG", "/f", "/f", "/d"],
        &["mkdir", "IMG"],
        &["mkdir", "-m", "8", "IMG", "/new"],
        &["mknod", "IMG", "/new", "x"],
        &["mknod", "IMG", "/new", "c", "1"],
        &["mknod", "IMG", "/new", "c", "1", "x"],
        &["mknod", "IMG", "/new", "p", "1", "2"],
        &["mv", "IMG", "/f"],
        &["put", "IMG"],
        &["put", "--sparse=maybe", "IMG", "/f"],
        &["put", "--at=x", "IMG", "/f"],
        &["touch", "-d", "someday", "IMG", "/f"],
        &["truncate", "IMG", "/f"],
        &["truncate", "-s", "/0", "IMG", "/f"],
        &["xattr", "IMG"],
        &["xattr", "set", "IMG", "/f"],
        &["xattr", "set", "IMG", "/f", "user.a", "0sx"],
    ] {
        let ran = subject.run(words);
        assert_eq!((ran.code, ran.stdout.len()), (Some(2), 0), "{words:?}: {ran:?}");
        assert!(!ran.stderr.is_empty(), "{words:?}");
    }
    assert!(subject.image.bytes() == before);
}

#[test]
fn code_4_what_is_corrupt_is_not_written() {
    let subject = subject();
    let root: u64 =
        subject.image.debugfs("blocks /").trim().split(' ').next().unwrap().parse().unwrap();
    subject.image.patch(root * 1024 + 4, &3_u16.to_le_bytes());
    let line = "mpimg: IMG:/new: directory 2: entry at byte 0: rec_len is 3, want a multiple of 4 \
                that holds the name";
    subject.refused(&["mkdir", "IMG", "/new"], 4, line);
    subject.refused(&["put", "IMG", "/new", "/dev/null"], 4, line);
}

#[test]
fn code_4_an_image_that_is_cut_off_is_not_written() {
    let subject = subject();
    let file = std::fs::OpenOptions::new().write(true).open(subject.image.path()).unwrap();
    let len = file.metadata().unwrap().len();
    file.set_len(len - 1024).unwrap();
    let end = len - 1024;
    let line =
        format!("mpimg: IMG: {len} bytes at byte 0 reach past the image's end at byte {end}");
    subject.refused(&["mkdir", "IMG", "/new"], 4, &line);
    subject.refused(&["put", "IMG", "/new", "/dev/null"], 4, &line);
}

#[test]
fn code_8_the_image_is_not_its_own_log() {
    let subject = subject();
    let image = subject.path();
    let line =
        format!("mpimg: IMG: the log {image} of an interrupted command: it is the image itself");
    subject.refused(&["--log", &image, "mkdir", "IMG", "/new"], 8, &line);
}

#[test]
fn code_5_what_must_not_be_written_is_refused_by_name() {
    let not_ext2 = Image::from_bytes(&[0; 1 << 16]);
    let unclean = subject().image;
    tools::run_ok(
        "debugfs",
        &["-w", "-R", "set_super_value state 0", unclean.path().to_str().unwrap()],
    );
    let errors = subject().image;
    tools::run_ok(
        "debugfs",
        &["-w", "-R", "set_super_value state 2", errors.path().to_str().unwrap()],
    );
    let read_only = subject().image;
    // metadata_csum, which is not written yet.
    let at = 1024 + 100;
    let old = u32::from_le_bytes(read_only.bytes()[at..at + 4].try_into().unwrap());
    read_only.patch(at as u64, &(old | 0x400).to_le_bytes());
    for (image, reason) in [
        (not_ext2, "not an ext2 filesystem"),
        (gallery::with_incompat(0x40), "unsupported feature: extent"),
        (
            gallery::needs_recovery(),
            "the journal needs recovery; let e2fsck or a mount replay it first",
        ),
        (read_only, "unsupported feature for writing: metadata_csum"),
        (errors, "the filesystem is marked as having errors; let e2fsck repair it, or use --force"),
        (unclean, "the filesystem was not cleanly unmounted; let e2fsck check it, or use --force"),
    ] {
        let subject = Subject::of(image);
        let before = subject.image.bytes();
        for words in CHANGES {
            let ran = subject.run(words);
            assert_eq!(ran.code, Some(5), "{words:?}: {ran:?}");
            let line = format!("mpimg: {}: {reason}", subject.path());
            assert!(ran.stderr.starts_with(&line), "{words:?}: {ran:?}");
            assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
        }
        assert!(subject.image.bytes() == before && !subject.log().exists());
    }
}

#[test]
fn force_writes_where_errors_are_flagged_and_leaves_the_flag() {
    for state in ["0", "2"] {
        let subject = subject();
        let request = format!("set_super_value state {state}");
        tools::run_ok("debugfs", &["-w", "-R", &request, &subject.path()]);
        let ran = subject.run(&["mkdir", "--force", "IMG", "/new"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
        let shown = tools::run_ok("dumpe2fs", &["-h", &subject.path()]).text();
        let line = shown.lines().find(|line| line.starts_with("Filesystem state:")).unwrap();
        let state = line.split(':').nth(1).unwrap().trim();
        assert_ne!(state, "clean", "it is still to be checked");
        assert!(tools::run("e2fsck", &["-fy", &subject.path()]).code.is_some_and(|code| code <= 1));
        subject.image.fsck();
        assert_eq!(subject.stat("/new").get("Type"), "directory");
    }
}

#[test]
fn code_6_no_space_is_found_before_anything_is_written() {
    let subject = Subject::of(Image::new(1024, 1 << 20, &["-m", "0"]));
    subject.image.write_bytes("/old", &content::bytes(1, 300_000));
    let large = subject.source("large", &content::bytes(2, 900_000));
    let small = subject.source("small", &content::bytes(3, 50_000));
    let before = subject.image.bytes();
    let full = |words: &[&str], input: &[u8]| {
        let ran = subject.feed(words, input);
        assert_eq!(ran.code, Some(6), "{words:?}: {ran:?}");
        assert!(ran.stderr.contains("no space"), "{ran:?}");
        assert!(subject.image.bytes() == before, "{words:?} changed the image");
        assert!(!subject.log().exists());
    };
    full(&["put", "IMG", "/new", &large], b"");
    full(&["put", "IMG", "/old", &large], b"");
    full(&["put", "IMG", "/new"], &content::bytes(2, 900_000));
    full(&["put", "--append", "IMG", "/old", &large], b"");
    full(&["put", "--at=10M", "IMG", "/old", &large], b"");
    let many: String = (0..30).map(|index| format!("put /f{index} {small}\n")).collect();
    full(&["batch", "IMG"], many.as_bytes());
    // What a removed file gives back is not used before the commit.
    full(&["batch", "IMG"], format!("rm /old\nput /new {large}\n").as_bytes());
    let ran = subject.feed(&["--json", "put", "IMG", "/new", &large], b"");
    assert_eq!(crate::support::command::error(&ran)["code"], "no_space");
    subject.ok(&["put", "IMG", "/new", &small]);
}

#[test]
fn code_6_no_inodes_is_found_before_anything_is_written() {
    let subject = Subject::of(Image::new(1024, 1 << 20, &["-N", "16"]));
    for index in 0..5 {
        subject.ok(&["touch", "IMG", &format!("/f{index}")]);
    }
    let before = subject.image.bytes();
    for words in [
        &["touch", "IMG", "/new"][..],
        &["mkdir", "IMG", "/new"],
        &["mknod", "IMG", "/new", "p"],
        &["ln", "-s", "IMG", "x", "/new"],
        &["put", "IMG", "/new", "/dev/null"],
        &["truncate", "-s", "5", "IMG", "/new"],
    ] {
        let ran = subject.run(words);
        assert_eq!(ran.code, Some(6), "{words:?}: {ran:?}");
        assert!(ran.stderr.contains("inode"), "{ran:?}");
        assert!(subject.image.bytes() == before, "{words:?} changed the image");
    }
    // Names without inodes of their own still go.
    subject.ok(&["ln", "IMG", "/f0", "/new"]);
}

/// The image without the blocks that are free, which nothing leads to.
fn used_blocks(subject: &Subject) -> Vec<u8> {
    let mut bytes = subject.image.bytes();
    let shown = tools::run_ok("dumpe2fs", &[&subject.path()]).text();
    for line in shown.lines().filter_map(|line| line.strip_prefix("  Free blocks: ")) {
        for range in line.split(", ").filter(|range| !range.is_empty()) {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
            bytes[first * 1024..(last + 1) * 1024].fill(0);
        }
    }
    bytes
}

#[test]
fn a_script_that_fails_after_its_data_was_needed_has_changed_nothing_that_is_in_use() {
    let subject = subject();
    let source = subject.source("source", &content::bytes(5, 100_000));
    for script in [
        format!("put /a {source}\nput --append /a {source}\nrm /none\n"),
        format!("put /f {source}\ntruncate -s 5000 /f\nput --at=3 /f {source}\nrm /none\n"),
        format!("mkdir /etc\nput /etc/passwd {source}\nchown games /f\n"),
        format!("put /a {source}\nput --mkdirs --owner 1:1 /b/c {source}\nrm -r /b\nrm /none\n"),
    ] {
        let before = used_blocks(&subject);
        let ran = subject.feed(&["batch", "IMG"], script.as_bytes());
        assert_eq!(ran.code, Some(1), "{ran:?}");
        subject.image.fsck();
        assert!(used_blocks(&subject) == before, "{script}");
        assert!(!subject.log().exists());
    }
}

#[test]
fn code_7_an_image_that_others_hold() {
    for mode in ["--shared", "--exclusive"] {
        let subject = subject();
        let mut flock = tools::command("flock");
        flock.args([mode, &subject.path(), "-c", "echo held; read line"]);
        let mut holder = flock.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let line = "mpimg: IMG: is in use: another process holds a lock on it (waited 0 s)";
        for words in CHANGES {
            subject.refused(words, 7, line);
        }
        subject.refused(&["recover", "IMG"], 7, line);
        // A dry run only reads, as `cat` does.
        let code = subject.run(&["mkdir", "--dry-run", "IMG", "/new"]).code;
        assert_eq!(code, Some(if mode == "--shared" { 0 } else { 7 }));
        drop(holder.stdin.take());
        holder.wait().unwrap();
    }
}

#[test]
fn code_7_an_image_that_is_mounted() {
    if let Err(reason) = LoopMount::supports(1024) {
        return skipped("code_7_an_image_that_is_mounted", &reason);
    }
    let subject = subject();
    let mount = LoopMount::read_only(subject.image.path());
    for words in CHANGES {
        let before = subject.image.bytes();
        for lock in [&[][..], &["--no-lock"]] {
            let ran = subject.run(&[words, lock].concat());
            assert_eq!(ran.code, Some(7), "{words:?}: {ran:?}");
            assert!(subject.image.bytes() == before);
        }
    }
    mount.unmount();
    subject.ok(&["mkdir", "IMG", "/new"]);
}

/// Runs mpimg as a user who is nobody, in a directory that this user can reach.
struct Nobody {
    dir: tempfile::TempDir,
}

impl Nobody {
    fn new() -> Self {
        // Scratch may lie below a directory of root's own.
        let dir = tempfile::tempdir().unwrap();
        set_mode(dir.path(), 0o755);
        std::fs::copy(process::MPIMG, dir.path().join("mpimg")).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> String {
        path_text(&self.dir.path().join(name))
    }

    fn run(&self, words: &[&str]) -> tools::Ran {
        let program = self.path("mpimg");
        let mut command = match is_root() {
            true => {
                let mut command = tools::command("setpriv");
                command.args(["--reuid=65534", "--regid=65534", "--clear-groups", &program]);
                command
            }
            false => std::process::Command::new(program),
        };
        tools::capture(command.args(words))
    }
}

#[test]
fn code_1_an_image_that_may_not_be_written() {
    let nobody = Nobody::new();
    let image = nobody.path("image.ext2");
    std::fs::copy(subject().image.path(), &image).unwrap();
    set_mode(Path::new(&image), 0o444);
    let before = std::fs::read(&image).unwrap();
    let ran = nobody.run(&["mkdir", &image, "/new"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.starts_with(&format!("mpimg: {image}: cannot open")), "{ran:?}");
    let ran = nobody.run(&["mkdir", "--dry-run", &image, "/new"]);
    assert_eq!((ran.code, ran.text().as_str()), (Some(0), "create /new (directory)\n"), "{ran:?}");
    for words in [&["xattr", "ls", &image, "/f"][..], &["xattr", "get", &image, "/f", "user.note"]]
    {
        assert_eq!(nobody.run(words).code, Some(0), "{words:?}");
    }
    assert!(std::fs::read(&image).unwrap() == before);
}

#[test]
fn code_8_a_directory_without_a_place_for_the_log_names_the_option() {
    let nobody = Nobody::new();
    let (image, writable) = (nobody.path("image.ext2"), nobody.path("writable"));
    std::fs::copy(subject().image.path(), &image).unwrap();
    set_mode(Path::new(&image), 0o666);
    std::fs::create_dir(&writable).unwrap();
    set_mode(Path::new(&writable), 0o777);
    set_mode(nobody.dir.path(), 0o555);
    let before = std::fs::read(&image).unwrap();
    let source = format!("{writable}/source");
    std::fs::write(&source, content::bytes(1, 50_000)).unwrap();
    for words in [&["mkdir", &image, "/new"][..], &["put", &image, "/new", &source]] {
        let ran = nobody.run(words);
        assert_eq!(ran.code, Some(8), "{ran:?}");
        assert!(ran.stderr.contains("--log"), "{ran:?}");
        assert!(std::fs::read(&image).unwrap() == before, "{words:?} changed the image");
    }
    let ran = nobody.run(&["--log", &format!("{writable}/log"), "mkdir", &image, "/new"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    set_mode(nobody.dir.path(), 0o755);
    crate::support::image::fsck(Path::new(&image)).unwrap();
    assert_eq!(process::run(&["ls", &image]).text(), "d\nf\nlost+found\nnew\n");
}

#[test]
fn a_full_host_leaves_the_image() {
    // A log that cannot be written: a device that takes nothing.
    let subject = subject();
    let before = subject.image.bytes();
    let dir = scratch::dir();
    let log = dir.path().join("none").join("log");
    let ran = subject.run(&["--log", log.to_str().unwrap(), "mkdir", "IMG", "/new"]);
    assert_eq!(ran.code, Some(8), "{ran:?}");
    assert!(subject.image.bytes() == before);
}
