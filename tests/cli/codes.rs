//! Every exit code of the table, and the form of the line that explains it.

use serde_json::Value;

use crate::support::image::Image;
use crate::support::process;
use crate::support::{gallery, tools::Ran};
use crate::{expect, path_text, sample};

/// Every command, with arguments that work on the sample.
const COMMANDS: &[(&str, &[&str])] = &[
    ("cat", &["/etc/motd"]),
    ("info", &[]),
    ("ls", &["/etc"]),
    ("map", &["/var/log/fragmented.log"]),
    ("plan", &["/var/log/fragmented.log"]),
    ("readlink", &["/etc/issue"]),
    ("stat", &["/etc/motd"]),
];

/// The error object of `--json` on standard error, the only line there.
#[track_caller]
fn json_error(ran: &Ran) -> Value {
    let value: Value = serde_json::from_str(&ran.stderr).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    let error = value["error"].clone();
    assert_eq!(error["exit"].as_i64(), ran.code.map(i64::from), "{ran:?}");
    error
}

#[test]
fn code_0_every_command_that_is_done_says_nothing_on_standard_error() {
    let image = sample();
    for (command, paths) in COMMANDS {
        for json in [&[][..], &["--json"]] {
            let args = [&[*command], json, &[image.as_str()], paths].concat();
            assert!(!expect(&args, 0, "").is_empty(), "{args:?}");
        }
    }
}

#[test]
fn code_0_help_and_version_of_every_command() {
    for (command, _) in COMMANDS {
        assert!(expect(&[command, "--help"], 0, "").contains("Usage: mpimg"), "{command}");
        assert!(expect(&["help", command], 0, "").contains("Usage: mpimg"), "{command}");
    }
    assert!(expect(&["--help"], 0, "").contains("Exit codes:"));
    let version = concat!("mpimg ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(expect(&["--version"], 0, ""), version);
}

#[test]
fn code_1_a_path_that_cannot_be_processed_is_told_in_one_line() {
    let image = sample();
    for (command, path, reason) in [
        ("cat", "/missing", "no such file or directory"),
        ("cat", "/etc", "is a directory"),
        ("cat", "/etc/motd/x", "not a directory"),
        ("cat", "/etc/motd/", "not a directory"),
        ("cat", "/dev/null", "not a regular file, but a character device"),
        ("cat", "/dev/sda", "not a regular file, but a block device"),
        ("cat", "/dev/initctl", "not a regular file, but a fifo"),
        ("cat", "<99999>", "no such inode: 99999 (the filesystem does not have it)"),
        ("cat", "<0>", "no such inode: 0 (the filesystem does not have it)"),
        ("cat", "<127>", "no such inode: 127 (it is free)"),
        ("ls", "/missing", "no such file or directory"),
        ("map", "/dev/null", "not a regular file, but a character device"),
        ("plan", "/etc", "is a directory"),
        ("readlink", "/etc/motd", "not a symbolic link"),
        ("stat", "/missing", "no such file or directory"),
    ] {
        let line = format!("mpimg: {image}:{path}: {reason}\n");
        assert_eq!(expect(&[command, &image, path], 1, &line), "", "{command} {path}");
    }
}

#[test]
fn code_1_a_path_without_its_slash_is_told_with_it() {
    let image = sample();
    let line = format!("mpimg: {image}:/no/such: no such file or directory\n");
    expect(&["cat", &image, "no/such"], 1, &line);
}

#[test]
fn code_1_symlinks_without_end_are_told_apart_from_missing_files() {
    let image = gallery::small_and_varied();
    let image = path_text(image.path());
    let reason = "too many levels of symbolic links (more than 40)";
    for command in ["cat", "stat -L", "map", "plan"] {
        let mut args: Vec<_> = command.split(' ').collect();
        args.extend([image.as_str(), "/loop"]);
        expect(&args, 1, &format!("mpimg: {image}:/loop: {reason}\n"));
    }
    assert_eq!(expect(&["readlink", &image, "/loop"], 0, ""), "loop\n");
}

#[test]
fn code_2_arguments_that_make_no_sense() {
    let image = sample();
    for args in [
        &["cat"][..],
        &["cat", &image],
        &["no-such-command", &image],
        &["ls", "--no-such-option", &image],
        &["cat", "--length=many", &image, "/etc/motd"],
        &["cat", "--on-error=ignore", &image, "/etc/motd"],
        &["cat", "--partition=0", &image, "/etc/motd"],
        &["cat", "--wait=-1", &image, "/etc/motd"],
        &["cat", "--wait=1", "--no-lock", &image, "/etc/motd"],
        &["plan", "--bio-pages=0", &image, "/etc/motd"],
        &["plan", "--page-size=3000", &image, "/etc/motd"],
        &["info", &format!("{image}@@9Q")],
        &["info", &format!("{image}@@1T")],
        &["info", "--partition=7", &image],
        &[],
    ] {
        let ran = process::run(args);
        assert_eq!((ran.code, ran.stdout.len()), (Some(2), 0), "{args:?}: {ran:?}");
        assert!(!ran.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn code_4_corrupt_metadata_is_named_with_its_number_and_value() {
    let image = gallery::small_and_varied();
    // The root directory's first entry.
    let root: u64 = image.debugfs("blocks /").trim().split(' ').next().unwrap().parse().unwrap();
    image.patch(root * 1024 + 4, &3_u16.to_le_bytes());
    let image = path_text(image.path());
    let reason =
        "directory 2: entry at byte 0: rec_len is 3, want a multiple of 4 that holds the name";
    expect(&["ls", &image], 4, &format!("mpimg: {image}:/: {reason}\n"));
    expect(&["cat", &image, "/hello"], 4, &format!("mpimg: {image}:/hello: {reason}\n"));
}

#[test]
fn code_5_what_is_refused_is_refused_by_name() {
    let extents = gallery::with_incompat(0x40);
    let journal = gallery::needs_recovery();
    for (image, reason) in [
        (&extents, "unsupported feature: extent"),
        (&journal, "the journal needs recovery; let e2fsck or a mount replay it first"),
    ] {
        let image = path_text(image.path());
        for (command, paths) in COMMANDS.iter().filter(|(command, _)| *command != "info") {
            let args = [&[*command, &image], *paths].concat();
            expect(&args, 5, &format!("mpimg: {image}: {reason}\n"));
        }
    }
}

#[test]
fn code_0_info_shows_what_the_others_refuse() {
    for image in [gallery::with_incompat(0x40), gallery::needs_recovery()] {
        let shown = expect(&["info", &path_text(image.path())], 0, "");
        let stops = shown.lines().find(|line| line.starts_with("stops reading:")).unwrap();
        assert!(stops.contains("extent") || stops.contains("recover"), "{stops}");
    }
}

#[test]
fn the_highest_code_of_several_paths_wins_and_the_others_are_processed() {
    let image = gallery::small_and_varied();
    let file = image.debugfs("stat /dir/inner/file");
    assert!(file.contains("BLOCKS:"), "{file}");
    // A direct pointer of /dir/inner/file that leads outside.
    let imap = image.debugfs("imap /dir/inner/file");
    let (block, offset) =
        imap.split_once("at block ").unwrap().1.split_once(", offset 0x").unwrap();
    let offset = u64::from_str_radix(offset.trim(), 16).unwrap();
    let inode = block.parse::<u64>().unwrap() * 1024 + offset;
    image.patch(inode + 40, &u32::MAX.to_le_bytes());
    let path = path_text(image.path());
    let ran = process::run(&["cat", &path, "/missing", "/dir/inner/file", "/hello", "/dir"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert_eq!(ran.text(), "Hello from ext2.\n");
    let lines = process::error_lines(&ran.stderr);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0], format!("mpimg: {path}:/missing: no such file or directory"));
    assert!(lines[1].starts_with(&format!("mpimg: {path}:/dir/inner/file: bytes 0..1024 ")));
    assert_eq!(lines[2], format!("mpimg: {path}:/dir: is a directory"));
    for command in ["stat", "ls", "map", "readlink"] {
        let ran = process::run(&[command, &path, "/missing", "/double", "/slow", "/also-missing"]);
        assert_eq!(ran.code, Some(1), "{command}: {ran:?}");
        assert!(!ran.stdout.is_empty(), "{command}");
        let missing = ran.stderr.lines().filter(|line| line.contains("missing: no such file"));
        assert_eq!(missing.count(), 2, "{command}: {}", ran.stderr);
    }
}

#[test]
fn json_errors_carry_a_stable_code_image_path_and_exit() {
    let image = sample();
    for (args, code) in [
        (["cat", "/missing"], "not_found"),
        (["cat", "/etc"], "is_a_directory"),
        (["cat", "/etc/motd/x"], "not_a_directory"),
        (["cat", "/dev/null"], "not_a_regular_file"),
        (["cat", "<9999>"], "no_such_inode"),
        (["readlink", "/etc/motd"], "not_a_symlink"),
    ] {
        let ran = process::run(&["--json", args[0], &image, args[1]]);
        let error = json_error(&ran);
        assert_eq!(error["code"], code, "{ran:?}");
        assert_eq!(error["image"], image.as_str());
        assert_eq!(error["path"], args[1]);
        assert!(error["reason"].is_string());
    }
    for (image, code) in [("/no/such/image", "cannot_open"), ("/", "not_an_image")] {
        assert_eq!(json_error(&process::run(&["--json", "ls", image]))["code"], code);
    }
    let refused = gallery::with_incompat(0x40);
    let ran = process::run(&["--json", "ls", &path_text(refused.path())]);
    assert_eq!(json_error(&ran)["code"], "unsupported_feature");
}

#[test]
fn listing_a_tree_and_a_part_of_it_is_no_loop() {
    // `ls -R / /etc` told the second as linked more than once: what was listed for one named path
    // counted against the next.
    let image = sample();
    let both = expect(&["ls", "-R", &image, "/", "/etc"], 0, "");
    assert_eq!(both.matches("hostname").count(), 2);
}

#[test]
fn a_directory_that_holds_itself_is_told_and_listed_once() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.edit(&["mkdir /a", "ln /a /a/again"]);
    let path = path_text(image.path());
    let ran = process::run(&["ls", "-R", &path]);
    assert_eq!(ran.code, Some(4));
    let reason = "is linked more than once";
    assert!(ran.stderr.starts_with(&format!("mpimg: {path}:/a/again: directory ")), "{ran:?}");
    assert!(ran.stderr.ends_with(&format!("{reason}\n")), "{ran:?}");
}
