//! What is no image, only a part of one, or one that may not be written.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::image::Image;
use crate::support::{gallery, process, scratch, tools};
use crate::{expect, path_text, sample};

/// Runs `ls`, which has to end with `code` and this reason.
#[track_caller]
fn refused(image: &str, code: i32, reason: &str) {
    assert_eq!(expect(&["ls", image], code, &format!("mpimg: {image}: {reason}\n")), "");
}

#[test]
fn a_missing_image_is_told_with_what_the_host_says() {
    refused("/no/such/image", 1, "No such file or directory (os error 2)");
    refused("/etc/passwd/image", 1, "Not a directory (os error 20)");
}

#[test]
fn a_directory_a_pipe_and_a_device_of_characters_are_no_images() {
    let dir = scratch::dir();
    refused(&path_text(dir.path()), 1, "is a directory, not an image file or a block device");
    let fifo = path_text(&dir.path().join("fifo"));
    tools::succeed(tools::command("mkfifo").arg(&fifo));
    refused(&fifo, 1, "is a pipe, not an image file or a block device");
    refused("/dev/null", 1, "is a character device, not an image file or a block device");
}

#[test]
fn what_is_too_short_or_of_another_kind_is_refused() {
    let dir = scratch::dir();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path_text(&path)
    };
    let too_short = |bytes| format!("not an ext2 filesystem ({bytes} bytes hold no superblock)");
    refused(&file("empty", b""), 5, &too_short(0));
    refused(&file("short", &[0xff; 100]), 5, &too_short(100));
    let text = "All work and no play makes Jack a dull boy.\n".repeat(100);
    let magic = "not an ext2 filesystem (magic 0x6461 at byte 1080, want 0xef53)";
    let ran = process::run(&["ls", &file("text", text.as_bytes())]);
    assert_eq!(ran.code, Some(5), "{ran:?}");
    let (head, tail) = magic.split_at("not an ext2 filesystem (magic 0x".len());
    assert!(ran.stderr.contains(head) && ran.stderr.contains(&tail[4..]), "{ran:?}");
    refused(
        &file("zeros", &[0; 1 << 20]),
        5,
        "not an ext2 filesystem (magic 0x0000 at byte 1080, want 0xef53)",
    );
}

/// Cuts an image everywhere that means something: what is left is an error, or the file whole.
#[test]
fn a_truncated_image_is_an_error_and_never_zeros_or_a_signal() {
    let image = gallery::small_and_varied();
    let whole = image.bytes();
    let double = image.cat("/double");
    let map = image.debugfs("blocks /double");
    let blocks: Vec<usize> = map.split_whitespace().map(|b| b.parse().unwrap()).collect();
    let (first, last) = (blocks[0], *blocks.iter().max().unwrap());
    let cuts = [
        0,
        1,
        1023,
        1024,
        1025,
        1024 + 57,
        1024 + 58,
        2047,
        2048,
        2049,
        2048 + 31,
        3071,
        3072,
        4096,
        5000,
        6144,
        8192,
        10_000,
        20_000,
        30_000,
        38_000,
        40_960,
        first * 1024,
        first * 1024 + 1,
        first * 1024 + 1024,
        last * 1024,
        last * 1024 + 1023,
    ];
    let cut = image.duplicate();
    let path = path_text(cut.path());
    for len in cuts {
        fs::write(cut.path(), &whole[..len]).unwrap();
        let ran = process::run(&["cat", &path, "/double"]);
        assert!(matches!(ran.code, Some(4 | 5)), "cut at {len}: {:?} {}", ran.code, ran.stderr);
        assert!(ran.stdout.len() < double.len() && double.starts_with(&ran.stdout), "cut at {len}");
        assert!(!process::error_lines(&ran.stderr).is_empty(), "cut at {len}");
        for args in [&["ls", "-lR"][..], &["info"], &["stat", "/double"], &["map", "/double"]] {
            let args = [&args[..1], &[path.as_str()], &args[1..]].concat();
            let ran = process::run(&args);
            assert!(matches!(ran.code, Some(0 | 4 | 5)), "{args:?} cut at {len}: {ran:?}");
            process::error_lines(&ran.stderr);
        }
    }
    // Behind its last block nothing is missing.
    fs::write(cut.path(), &whole[..(last + 1) * 1024]).unwrap();
    assert_eq!(process::run(&["cat", &path, "/double"]).stdout, double);
}

#[test]
fn the_bytes_that_a_truncated_image_lacks_are_told() {
    let image = Image::new(1024, 1 << 20, &["-N", "16"]);
    image.write_bytes("/f", &[b'x'; 10 * 1024]);
    let map = image.debugfs("blocks /f");
    let blocks: Vec<u64> = map.split_whitespace().map(|b| b.parse().unwrap()).collect();
    let file = fs::File::options().write(true).open(image.path()).unwrap();
    file.set_len(blocks[6] * 1024).unwrap();
    let path = path_text(image.path());
    let ran = process::run(&["cat", &path, "/f"]);
    // Six blocks are there, and a page of four of them is cut: what it holds is written.
    let first = ran.stdout.len();
    assert!(ran.code == Some(4) && first == 6144, "{first} {}", ran.stderr);
    let line = format!("mpimg: {path}:/f: bytes {first}..10240 cannot be read: ");
    assert!(ran.stderr.starts_with(&line) && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("past the image's end"), "{}", ran.stderr);
}

#[test]
fn an_image_that_may_not_be_read_is_told_as_a_path() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let image = dir.path().join("image");
    fs::copy(sample(), &image).unwrap();
    fs::set_permissions(&image, fs::Permissions::from_mode(0o000)).unwrap();
    let image = path_text(&image);
    let line = format!("mpimg: {image}: Permission denied (os error 13)\n");
    if fs::File::open(&image).is_err() {
        expect(&["ls", &image], 1, &line);
        return;
    }
    // Root may read everything: become nobody. The program may lie where nobody may look.
    let program = dir.path().join("mpimg");
    fs::copy(process::MPIMG, &program).unwrap();
    let mut command = tools::command("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    let ran = tools::capture(command.arg(&program).args(["ls", &image]));
    assert_eq!((ran.code, ran.stderr), (Some(1), line));
}

#[test]
fn a_read_only_image_in_a_read_only_directory_is_read() {
    let dir = scratch::dir();
    let image = dir.path().join("image");
    fs::copy(sample(), &image).unwrap();
    fs::set_permissions(&image, fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let text = expect(&["cat", &path_text(&image), "/etc/hostname"], 0, "");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(text, "sample\n");
}
