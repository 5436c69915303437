//! `tests/data/sample.img` is sound, is what its script says, and comes out of that script again.

// A helper that fails is a test that fails.
#![allow(clippy::expect_used)]

mod support;

use std::path::{Path, PathBuf};

use support::fragment::Layout;
use support::image::Image;
use support::{tools, xattr};

/// The release of e2fsprogs that made the committed image.
const MADE_BY: &str = "mke2fs 1.47.0";

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn sample() -> Image {
    Image::from_bytes(&std::fs::read(data("sample.img")).expect("the sample is committed"))
}

#[test]
fn e2fsck_has_nothing_to_say() {
    sample().fsck();
}

#[test]
fn the_script_makes_the_same_bytes() {
    let version = tools::run("mke2fs", &["-V"]).stderr;
    if !version.starts_with(MADE_BY) {
        let reason = format!("the sample is of {MADE_BY}, here is another release");
        return support::skipped("the_script_makes_the_same_bytes", &reason);
    }
    let dir = support::scratch::dir();
    let again = dir.path().join("again.img");
    tools::succeed(tools::command("bash").arg(data("make-sample.sh")).arg(&again));
    let made = std::fs::read(&again).expect("the script made it");
    assert!(made == sample().bytes(), "run tests/data/make-sample.sh and commit what it makes");
}

#[test]
fn it_is_small() {
    assert!(sample().bytes().len() <= 512 * 1024);
}

#[test]
fn the_texts_say_what_mpimg_is() {
    let image = sample();
    let text = |path| String::from_utf8(image.cat(path)).expect("text");
    assert!(text("/etc/motd").starts_with("Welcome aboard the sample image.\n"));
    assert!(text("/usr/share/doc/mpimg/README").starts_with("mpimg reads ext2 disk images"));
    assert_eq!(text("/etc/hostname"), "sample\n");
}

#[test]
fn the_log_is_fragmented_and_whole() {
    let image = sample();
    let path = "/var/log/fragmented.log";
    let text = String::from_utf8(image.cat(path)).expect("text");
    assert_eq!(text.lines().count(), 1000);
    for (index, line) in text.lines().enumerate() {
        let expected = format!("{:04} the run goes on until the disk says otherwise", index + 1);
        assert_eq!(line, expected);
    }
    let runs = Layout::of(&image, path).data.len();
    assert!(runs >= 12, "{runs} runs");
}

#[test]
fn the_sparse_file_has_four_blocks() {
    let image = sample();
    let path = "/var/lib/sparse.bin";
    let blocks: Vec<_> = Layout::of(&image, path).data.iter().map(|(f, _, n)| (*f, *n)).collect();
    assert_eq!(blocks, [(0, 1), (12, 1), (268, 1), (8191, 1)]);
    let content = image.cat(path);
    assert_eq!(content.len(), 8 << 20);
    let marks = [0_usize, 12, 268, 8191];
    for block in 0..8192 {
        let found = &content.get(block * 1024..(block + 1) * 1024).expect("in the file");
        let mark = format!("block {block} of sparse.bin\n");
        let expected = if marks.contains(&block) { mark.as_bytes() } else { b"" };
        assert!(found.starts_with(expected), "block {block}");
        assert!(found.iter().skip(expected.len()).all(|byte| *byte == 0), "block {block}");
    }
}

#[test]
fn inodes_are_as_the_script_says() {
    let image = sample();
    let assert_stat = |path: &str, wanted: &[&str]| {
        let stat = image.debugfs(&format!("stat {path}"));
        for want in wanted {
            assert!(stat.contains(want), "{path}: no `{want}` in {stat}");
        }
    };
    assert_stat("/etc/issue", &["Type: symlink", "Fast link dest: \"motd\""]);
    assert_stat("/usr/share/doc/mpimg/layout", &["Type: symlink", "Size: 71", "TOTAL: 1"]);
    assert_stat("/etc/hostname", &["Mode:  0600", "Fri Feb 13 23:31:30 2009"]);
    assert_stat("/usr/bin/hello", &["Mode:  04755", "Links: 2", "security.capability (20)"]);
    assert_stat("/usr/bin/hi", &["Links: 2"]);
    assert_stat("/home/user/notes", &["User:  1000", "Group:  1000", "user.large (400)"]);
    assert_stat("/dev/console", &["Type: character special", "Mode:  0600", "05:01"]);
    assert_stat("/dev/null", &["Mode:  0666", "01:03"]);
    assert_stat("/dev/sda", &["Type: block special", "08:00"]);
    assert_stat("/dev/nvme0n1p300", &["Type: block special", "259:300"]);
    assert_stat("/dev/initctl", &["Type: FIFO"]);
    let deep: String = (1..=20).map(|level| format!("/{level}")).collect();
    assert_eq!(image.cat(&format!("/srv{deep}/leaf")), b"You found the leaf.\n");
}

#[test]
fn attributes_are_as_the_script_says() {
    let image = sample();
    let to = image.dir().join("value");
    let get = |path: &str, name: &str| {
        image.debugfs(&format!("ea_get -f {} {path} {name}", to.display()));
        std::fs::read(&to).expect("debugfs wrote it")
    };
    assert_eq!(get("/usr/bin/hello", "security.capability"), xattr::capability());
    assert_eq!(get("/etc/motd", "user.comment"), b"read me first");
    assert_eq!(get("/home/user/notes", "user.large"), "attribute ".repeat(40).as_bytes());
    let has_block = !image.debugfs("stat /home/user/notes").contains("File ACL: 0\n");
    assert!(has_block, "the large attribute is in a block of its own");
    assert!(image.debugfs("stat /etc/motd").contains("File ACL: 0\n"), "a small one is not");
}
