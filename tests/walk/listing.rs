//! The text of `ls` against coreutils' on a mount, and all texts against golden ones.

use std::path::Path;
use std::sync::OnceLock;

use crate::support::image::{FAKE_TIME, Image};
use crate::support::loopmount::LoopMount;
use crate::support::tree::Tree;
use crate::support::{command, skipped, tools};

/// A tree of everything that `ls -l` shows in a way of its own, without attributes, for which
/// coreutils would show a `+`. Owners have the names that they have on every host.
fn image() -> &'static Image {
    static IMAGE: OnceLock<Image> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let tree = Tree::new();
        tree.directory("/etc")
            .file("/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
            .file("/etc/group", b"root:x:0:\n")
            .directory("/d/.hidden-dir")
            .directory("/d/sub/below")
            .file("/d/.hidden", b"h")
            .pattern("/d/large", 1, 123_456)
            .pattern("/d/1023", 1, 1023)
            .pattern("/d/1025", 1, 1025)
            .pattern("/d/9.9K", 1, 10_138)
            .file("/d/Upper", b"")
            .file("/d/a", b"")
            .file("/d/name with spaces", b"")
            .file("/d/new\nline", b"")
            .symlink("/d/link", "sub/below")
            .symlink("/d/dangling", "nowhere")
            .hard_link("/d/sub/large", "/d/large")
            .fifo("/d/fifo")
            .socket("/d/socket")
            .directory("/modes");
        for mode in [0, 0o777, 0o4755, 0o4644, 0o2755, 0o2644, 0o1777, 0o1776, 0o7777, 0o7000] {
            let path = format!("/modes/{mode:04o}");
            tree.file(&path, b"").mode(&path, mode).mtime(&path, 1_000_000_000 + u64::from(mode));
        }
        for path in ["/d/large", "/d/1023", "/d/1025", "/d/9.9K", "/d/Upper", "/d/a", "/d/.hidden"]
        {
            tree.mtime(path, 1_600_000_000);
        }
        let image = Image::from_tree(tree.path(), 1024, 4 << 20, &[]);
        image.edit(&[
            "mkdir /dev",
            "cd /dev",
            "mknod tty c 4 64",
            "mknod disk b 259 6000",
            "mknod null c 1 3",
            "mknod pipe p",
            "cd /",
            "set_inode_field /d/a uid 1000000",
            "set_inode_field /d/Upper gid 100001",
        ]);
        image.fsck();
        image
    })
}

/// What coreutils says in a directory of the mount, with paths as they are in the image.
fn coreutils(mount: &Path, options: &[&str], path: &str) -> String {
    let mut ls = tools::command("ls");
    ls.current_dir(mount).args(options).arg("--").arg(format!(".{path}"));
    let text = tools::succeed(&mut ls).text();
    // Headings are paths: `./d/sub:` is `/d/sub:`, and `./:` is `/:`.
    let heading = |line: &str| match line.strip_prefix("./") {
        Some(rest) if line.ends_with(':') => format!("/{rest}"),
        _ => line.to_owned(),
    };
    text.lines().map(heading).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn assert_as_coreutils(mount: &Path, options: &[&str], path: &str) {
    let found = command::ok(&[&["ls"], options].concat(), image().path(), &[path.as_bytes()]);
    let found = String::from_utf8(found).expect("text");
    let expected = coreutils(mount, options, path);
    assert_eq!(found.trim_end_matches('\n'), expected.trim_end_matches('\n'), "{options:?} {path}");
}

// Totals under -h were plain numbers; inode numbers of short lines, minor numbers of devices and
// owners without a name were not aligned. Each has the form of coreutils now.
#[test]
fn ls_prints_what_coreutils_prints_on_the_mount() {
    if let Err(reason) = LoopMount::available() {
        return skipped("ls_prints_what_coreutils_prints_on_the_mount", &reason);
    }
    let mount = LoopMount::read_only(image().path());
    for options in [
        &[][..],
        &["-1"],
        &["-a"],
        &["-i"],
        &["-ai"],
        &["-l"],
        &["-la"],
        &["-n"],
        &["-ln"],
        &["-li"],
        &["-lh"],
        &["-lahi"],
        &["-nh"],
        &["-R"],
        &["-aR"],
        &["-lR"],
        &["-laR"],
        &["-lahiR"],
        &["-Ri"],
        &["-d"],
    ] {
        for path in ["/d", "/d/sub", "/modes", "/dev", "/d/sub/below"] {
            if options == ["-d"] {
                continue;
            }
            assert_as_coreutils(mount.path(), options, path);
        }
        // Above the root is another filesystem on the mount: without -a.
        if !options.iter().any(|option| option.contains('a') || option.contains('d')) {
            assert_as_coreutils(mount.path(), options, "/");
        }
    }
}

/// A small image of which every byte is known: same times, owners and inodes on every host.
fn golden() -> &'static Image {
    static GOLDEN: OnceLock<Image> = OnceLock::new();
    GOLDEN.get_or_init(|| {
        let image = Image::new(1024, 1 << 20, &["-L", "golden", "-N", "64"]);
        image.write_bytes("/passwd", b"root:x:0:0::/:/bin/sh\nalice:x:1000:100::/:\n");
        image.write_bytes("/group", b"root:x:0:\nusers:x:100:\n");
        image.write_bytes("/file", &[b'x'; 5000]);
        image.edit(&[
            "mkdir /etc",
            "ln /passwd /etc/passwd",
            "ln /group /etc/group",
            "unlink /passwd",
            "unlink /group",
            "symlink /link etc/passwd",
            "mknod tty c 4 64",
            "set_inode_field /file mode 0104755",
            "set_inode_field /file uid 1000",
            "set_inode_field /file gid 100",
            "set_inode_field /tty mode 020620",
            "set_inode_field /tty gid 5",
            "ea_set /file user.note hello",
        ]);
        image
    })
}

#[track_caller]
fn assert_text(words: &[&str], paths: &[&str], expected: &str) {
    let mut mpimg = command::new();
    mpimg.env("SOURCE_DATE_EPOCH", FAKE_TIME).args(words).arg(golden().path()).args(paths);
    let ran = tools::succeed(&mut mpimg);
    assert_eq!(ran.text(), expected, "{words:?}");
}

#[test]
fn ls_prints_the_golden_text() {
    assert_text(&["ls"], &[], "etc\nfile\nlink\nlost+found\ntty\n");
    assert_text(&["ls", "-d"], &["etc", "/file"], "/file\netc\n");
    let expected = "\
total 18K
drwxr-xr-x 2 root  root   1.0K Nov 14 22:13 etc
-rwsr-xr-x 1 alice users  4.9K Nov 14 22:13 file
lrwxrwxrwx 1 root  root     10 Nov 14 22:13 link -> etc/passwd
drwx------ 2 root  root    12K Nov 14 22:13 lost+found
crw--w---- 1 root      5 4, 64 Nov 14 22:13 tty
";
    assert_text(&["ls", "-lh"], &[], expected);
}

#[test]
fn stat_prints_the_golden_text() {
    let expected = "  File: /file
  Size: 5000            Sectors: 10         Block: 1024   regular file
 Inode: 14              Links: 1
Access: (4755/-rwsr-xr-x)  Uid: (1000/alice)  Gid: (100/users)
Access: 2023-11-14 22:13:20.000000000 +0000
Modify: 2023-11-14 22:13:20.000000000 +0000
Change: 2023-11-14 22:13:20.000000000 +0000
 Birth: 2023-11-14 22:13:20.000000000 +0000
 Xattr: user.note=\"hello\"
  File: link -> etc/passwd
  Size: 10              Sectors: 0          Block: 1024   symbolic link
 Inode: 16              Links: 1
Access: (0777/lrwxrwxrwx)  Uid: (0/root)  Gid: (0/root)
Access: 2023-11-14 22:13:20.000000000 +0000
Modify: 2023-11-14 22:13:20.000000000 +0000
Change: 2023-11-14 22:13:20.000000000 +0000
 Birth: 2023-11-14 22:13:20.000000000 +0000
  File: tty
  Size: 0               Sectors: 0          Block: 1024   character device
 Inode: 17              Links: 1  Device: 4,64
Access: (0620/crw--w----)  Uid: (0/root)  Gid: (5/5)
Access: 2023-11-14 22:13:20.000000000 +0000
Modify: 2023-11-14 22:13:20.000000000 +0000
Change: 2023-11-14 22:13:20.000000000 +0000
 Birth: 2023-11-14 22:13:20.000000000 +0000
";
    assert_text(&["stat"], &["/file", "link", "tty"], expected);
}

#[test]
fn readlink_prints_the_golden_text() {
    assert_text(&["readlink"], &["/link"], "etc/passwd\n");
    assert_text(&["readlink", "-0"], &["/link", "link"], "etc/passwd\0etc/passwd\0");
}

#[test]
fn map_prints_the_golden_text() {
    let expected = "\
/file: 5000 bytes, 5 blocks of 1024 bytes, inode 14
 run:        file blocks:            fs blocks:   length:
   0:         0..        4:        36..       40:         5
/file: 5 blocks in 1 run, 0 holes
";
    assert_text(&["map"], &["/file"], expected);
    let strips = format!("file |█████|\ndisk |  ▃{}|\n", " ".repeat(70));
    assert_text(&["map", "--strip=always"], &["/file"], &(expected.to_owned() + &strips));
}

#[test]
fn info_prints_the_golden_text() {
    let expected = "\
label:         golden
uuid:          7d0a6f3c-2b51-4c8e-9a57-0c1f6e2d4b90
at:            byte 0
revision:      1
block size:    1024 bytes
blocks:        1024, 982 free, 51 reserved
inodes:        64, 47 free, of 256 bytes
a group:       8192 blocks, 64 inodes
state:         clean
features:      ext_attr, dir_index, filetype, sparse_super, large_file
stops reading: nothing
stops writing: nothing
";
    assert_text(&["info", "--header"], &[], expected);
    let groups = "
group  block bitmap  inode bitmap  inode table  free blocks  free inodes  directories
    0             3             4            5          982           47            3  superblock
";
    assert_text(&["info"], &[], &(expected.to_owned() + groups));
}

#[test]
fn times_are_in_the_zone_of_tz_whether_it_is_a_name_or_a_rule() {
    for zone in ["UTC", "Europe/Berlin", "America/St_Johns", "CET-1CEST,M3.5.0,M10.5.0/3"] {
        let mut date = tools::command("date");
        date.env("TZ", zone).args(["-d", "@1000000511", "+%F %T.%N %z"]);
        let want = tools::succeed(&mut date).text();
        let mut stat = crate::support::process::command();
        stat.env("TZ", zone).arg("stat").arg(image().path()).arg("/modes/0777");
        let shown = tools::succeed(&mut stat).text();
        assert!(shown.contains(&format!("Modify: {want}")), "{zone}, {want}:\n{shown}");
    }
}
