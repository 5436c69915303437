//! Owners, times and extended attributes; and trees of them.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::{Subject, fake_time};
use crate::support::{gallery, process, tools, xattr};

#[test]
fn owners_are_numbers_or_names_of_the_image() {
    let subject = Subject::new();
    subject.image.edit(&["mkdir /etc", "symlink /link f"]);
    subject.image.write_bytes("/etc/passwd", b"root:x:0:0::/:\nweb:x:33:35::/:\n");
    subject.image.write_bytes("/etc/group", b"staff:x:50:\n");
    subject.image.write_bytes("/f", b"x");
    subject.image.edit(&["set_inode_field /f mode 0106755"]);
    for (owner, want) in [
        ("web", (33, 0)),
        (":staff", (33, 50)),
        ("1000:70000", (1000, 70_000)),
        ("web:", (33, 35)),
        ("+0:+2147483647", (0, 2_147_483_647)),
    ] {
        subject.ok(&["chown", "IMG", owner, "/link"]);
        let stat = subject.stat("/f");
        assert_eq!(stat.owner(), want, "{owner}");
        // They were not meant for another owner.
        assert_eq!(stat.mode(), "0755", "{owner}");
    }
    subject.ok(&["chown", "-h", "IMG", "5:6", "/link"]);
    assert_eq!((subject.stat("/link").owner(), subject.stat("/f").owner().0), ((5, 6), 0));
    let line = "mpimg: IMG: there is no group 'games' in the image's /etc/group";
    subject.refused(&["chown", "IMG", ":games", "/f"], 1, line);
    let ran = subject.run(&["chown", "IMG", "a:b:c", "/f"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[test]
fn a_tree_is_changed_as_a_whole_and_links_in_it_are_not_followed() {
    let subject = Subject::new();
    subject.image.edit(&["mkdir /t", "mkdir /t/d", "symlink /t/out /outside", "symlink /in t"]);
    subject.image.write_bytes("/t/d/f", b"x");
    subject.image.write_bytes("/outside", b"x");
    subject.ok(&["chown", "-R", "IMG", "7:8", "/t"]);
    for path in ["/t", "/t/d", "/t/d/f", "/t/out"] {
        assert_eq!(subject.stat(path).owner(), (7, 8), "{path}");
    }
    assert_eq!(subject.stat("/outside").owner(), (0, 0));
    subject.ok(&["chmod", "-R", "IMG", "700", "/in"]);
    for (path, want) in [
        ("/t", "0700"),
        ("/t/d", "0700"),
        ("/t/d/f", "0700"),
        ("/outside", "0600"),
        ("/t/out", "0777"),
    ] {
        assert_eq!(subject.stat(path).mode(), want, "{path}");
    }
    // As chown(1): -R takes a link that is named itself.
    subject.ok(&["chown", "-R", "IMG", "9", "/in"]);
    assert_eq!((subject.stat("/in").owner().0, subject.stat("/t").owner().0), (9, 7));
}

#[test]
fn a_directory_that_holds_itself_ends_the_walk_and_changes_nothing() {
    let subject = Subject::new();
    subject.image.edit(&["mkdir /a", "mkdir /a/b", "ln /a /a/b/again"]);
    let ino = subject.stat("/a").number("Inode");
    for words in [["chmod", "-R", "IMG", "700", "/a"], ["chown", "-R", "IMG", "1", "/a"]] {
        let line = format!("mpimg: IMG:/a/b/again: directory {ino} is linked more than once");
        subject.refused(&words, 4, &line);
    }
}

#[test]
fn a_tree_of_any_depth_is_walked() {
    let subject = Subject::new();
    // Deeper than a path can tell: each step begins where the last one ended.
    let script: Vec<_> = (0..4)
        .map(|step| {
            format!("mkdir -p /p{}\nmv /p /q\nmkdir /p\nmv -T /q /p/{step}\n", "/d".repeat(30))
        })
        .collect();
    subject.ok_with(&["batch", "IMG"], script.concat().as_bytes());
    subject.ok(&["chmod", "-R", "IMG", "711", "/p"]);
    let listed = subject.ok(&["ls", "-lR", "IMG", "/p"]);
    let lines: Vec<_> = listed.lines().filter(|line| line.starts_with('d')).collect();
    assert!(lines.len() >= 120, "{}", lines.len());
    assert!(lines.iter().all(|line| line.starts_with("drwx--x--x ")), "{listed}");
}

#[test]
fn times_are_set_each_where_it_is_asked_for() {
    let subject = Subject::new();
    let now = fake_time();
    subject.ok(&["touch", "IMG", "/f"]);
    let times = || {
        let stat = subject.stat("/f");
        (stat.seconds("atime"), stat.seconds("mtime"), stat.seconds("ctime"))
    };
    assert_eq!(times(), (now, now, now));
    subject.ok(&["touch", "-d", "1999-12-31 23:59:59 Z", "IMG", "/f"]);
    assert_eq!(times(), (946_684_799, 946_684_799, now));
    subject.ok(&["touch", "-a", "-d", "@5", "IMG", "/f"]);
    assert_eq!(times(), (5, 946_684_799, now));
    subject.ok(&["touch", "-m", "-d", "@6", "IMG", "/f"]);
    assert_eq!(times(), (5, 6, now));
    subject.ok(&["touch", "-r", "/f", "IMG", "/g"]);
    assert_eq!((subject.stat("/g").seconds("atime"), subject.stat("/g").seconds("mtime")), (5, 6));
    assert_eq!((subject.stat("/g").mode(), subject.stat("/g").number("Size")), ("0644", 0));
    subject.image.edit(&["symlink /l f"]);
    subject.ok(&["touch", "-h", "-d", "@7", "IMG", "/l"]);
    assert_eq!((subject.stat("/l").seconds("mtime"), times()), (7, (5, 6, now)));
    let line = "mpimg: IMG:/none: no such file or directory";
    subject.refused(&["touch", "-r", "/none", "IMG", "/f"], 1, line);
    let ran = subject.run(&["touch", "-d", "yesterday-ish", "IMG", "/f"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

#[test]
fn times_beyond_2038_need_an_inode_that_can_hold_them() {
    let large = Subject::new();
    large.ok(&["touch", "-d", "2100-01-01 Z", "IMG", "/f"]);
    let small = Subject::of(crate::support::image::Image::new(1024, 1 << 20, &["-I", "128"]));
    let line = "mpimg: IMG:/f: the time 4102444800 s does not fit into an inode";
    small.refused(&["touch", "-d", "2100-01-01 Z", "IMG", "/f"], 1, line);
}

#[test]
fn a_file_that_becomes_longer_ends_in_a_hole_and_shorter_gives_back_blocks() {
    let subject = Subject::new();
    let bytes = crate::support::content::bytes(1, 300_000);
    subject.ok_with(&["put", "IMG", "/f"], &bytes);
    let before = subject.stat("/f").number("Blockcount");
    subject.ok(&["truncate", "-s", "1G", "IMG", "/f"]);
    assert_eq!(subject.stat("/f").number("Blockcount"), before);
    subject.ok(&["truncate", "-s", "5001", "IMG", "/f"]);
    assert!(subject.cat("/f") == bytes[..5001]);
    assert_eq!(subject.stat("/f").number("Blockcount"), 10);
    subject.ok(&["truncate", "-s", "6000", "IMG", "/f"]);
    let zeros = [&bytes[..5001], &[0; 999]].concat();
    assert!(subject.cat("/f") == zeros, "what was cut off does not come back");
    let line = "mpimg: IMG:/f: file too large: 1125899906842624 bytes, at most 17247252480 with \
                blocks of this size";
    subject.refused(&["truncate", "-s", "1024T", "IMG", "/f"], 1, line);
}

#[test]
fn devices_have_their_numbers() {
    let subject = Subject::new();
    for (path, words, kind, mode, numbers) in [
        ("/null", &["c", "1", "3"][..], "character", "0644", Some("01:03")),
        ("/vda", &["b", "0xfe", "070000"], "block", "0644", Some("254:28672")),
        ("/u", &["u", "4", "64"], "character", "0644", Some("04:64")),
        ("/p", &["p"], "FIFO", "0644", None),
    ] {
        subject.ok(&[&["mknod", "IMG", path], words].concat());
        let stat = subject.stat(path);
        assert_eq!((stat.get("Type"), stat.mode()), (kind, mode), "{path}");
        assert!(numbers.is_none_or(|numbers| stat.text.contains(numbers)), "{}", stat.text);
    }
}

#[test]
fn attributes_are_set_listed_printed_and_removed() {
    let subject = Subject::new();
    subject.image.write_bytes("/f", b"x");
    subject.image.edit(&["symlink /l f"]);
    subject.ok(&["xattr", "set", "IMG", "/l", "user.note", "hello"]);
    subject.ok(&["xattr", "set", "IMG", "/f", "user.hex=0x00ff"]);
    subject.ok(&["xattr", "set", "IMG", "/f", "user.none"]);
    let large = "v".repeat(700);
    subject.ok(&["xattr", "set", "IMG", "/f", "user.large", &large]);
    let text = subject.stat("/f").text;
    for line in
        ["user.note (5) = \"hello\"", "user.hex (2) = 00 ff", "user.none (0)", "user.large (700)"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(
        subject.ok(&["xattr", "ls", "IMG", "/f"]),
        "user.hex\nuser.large\nuser.none\nuser.note\n"
    );
    assert_eq!(subject.ok(&["xattr", "get", "IMG", "/l", "user.note"]), "hello");
    assert_eq!(subject.run(&["xattr", "get", "IMG", "/f", "user.hex"]).stdout, b"\0\xff");
    assert_eq!(subject.ok(&["xattr", "ls", "-h", "IMG", "/l"]), "");
    assert_eq!(
        subject.ok(&["xattr", "get", "--json", "IMG", "/f", "user.hex"]),
        "{\"path\":\"/f\",\"name\":\"user.hex\",\"size\":2,\"value\":\"\\u0000\u{fffd}\",\"value_hex\":\"00ff\"}\n"
    );
    assert_eq!(
        subject.ok(&["xattr", "ls", "--json", "IMG", "/", "/f"]).lines().next(),
        Some("{\"path\":\"/\",\"xattrs\":[]}")
    );
    let line = "mpimg: IMG:/f: no such attribute: user.more";
    subject.refused(&["xattr", "get", "IMG", "/f", "user.more"], 1, line);
    subject.refused(&["xattr", "rm", "IMG", "/f", "user.note", "user.more"], 1, line);
    subject.ok(&["xattr", "rm", "IMG", "/f", "user.large", "user.note"]);
    assert_eq!(
        subject.ok(&["xattr", "ls", "IMG", "/f", "/l"]),
        "/f:\nuser.hex\nuser.none\n\n/l:\nuser.hex\nuser.none\n"
    );
    let line = "mpimg: IMG:/f: extended attribute other.x: not a possible name (want user., \
                trusted., security. or system. before it)";
    let ran = subject.run(&["xattr", "set", "IMG", "/f", "other.x", "1"]);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("other.x: not a possible name"),
        "{line} {ran:?}"
    );
    let ran = subject.run(&["xattr", "set", "IMG", "/f", "user.x", &"v".repeat(2000)]);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("no space for extended attributes"),
        "{ran:?}"
    );
    subject.refused(
        &["xattr", "set", "IMG", "/f", "user.x", "0x1"],
        2,
        "mpimg: IMG: the value of user.x: an odd number of hexadecimal digits",
    );
}

#[test]
fn access_control_lists_have_the_form_that_programs_see() {
    let subject = Subject::of(gallery::small_and_varied());
    let acl = xattr::acl(1000);
    let name = "system.posix_acl_access";
    assert_eq!(subject.run(&["xattr", "get", "IMG", "/hello", name]).stdout, acl);
    let hex: String = acl.iter().map(|byte| format!("{byte:02x}")).collect();
    subject.ok(&["xattr", "set", "IMG", "/dir/inner/file", name, &format!("0x{hex}")]);
    let (theirs, ours) = (subject.stat("/hello").text, subject.stat("/dir/inner/file").text);
    let line = |text: &str| text.lines().find(|line| line.contains(name)).map(str::to_owned);
    assert!(line(&theirs).is_some());
    assert_eq!(line(&ours), line(&theirs), "debugfs wrote the one, and mpimg the other");
    subject.refused(
        &["xattr", "set", "IMG", "/hello", name, "u::rw"],
        2,
        "mpimg: IMG:/hello: the value is no access control list",
    );
}

#[test]
fn reading_attributes_takes_a_shared_lock_and_changing_them_an_exclusive_one() {
    let subject = Subject::new();
    subject.ok(&["xattr", "set", "IMG", "/", "user.a", "1"]);
    let path = subject.path();
    let mut flock = tools::command("flock");
    flock.args(["--shared", &path, "-c", "echo held; read line"]);
    let mut holder = flock.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(process::run(&["xattr", "ls", &path, "/"]).text(), "user.a\n");
    assert_eq!(process::run(&["xattr", "get", &path, "/", "user.a"]).text(), "1");
    for words in [&["xattr", "rm", "IMG", "/", "user.a"][..], &["touch", "IMG", "/f"]] {
        let line = "mpimg: IMG: is in use: another process holds a lock on it (waited 0 s)";
        subject.refused(words, 7, line);
    }
    drop(holder.stdin.take());
    holder.wait().unwrap();
    subject.ok(&["xattr", "rm", "IMG", "/", "user.a"]);
}
