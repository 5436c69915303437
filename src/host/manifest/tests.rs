//! Promises of manifests.

use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;
use crate::fs::{FileType, Inventory, Meta, Node, NodeId, Time, Xattr};
use crate::host::OwnerKind;

const NOW: Time = Time { seconds: 1000, nanoseconds: 0 };

fn parse(text: &[u8], form: Form) -> Result<Manifest, Vec<ManifestError>> {
    Manifest::parse("\"t\"".into(), text, form)
}

fn meta(permissions: u16, owner: u32) -> Meta {
    let mtime = Time { seconds: 7, nanoseconds: 8 };
    Meta { permissions, uid: owner, gid: owner, mtime }
}

/// A tree of a directory, a file, a link to the directory, and a device with two names.
fn tree() -> Inventory {
    let mut tree = Inventory::new(meta(0o700, 1000));
    let bin = tree.add(Inventory::ROOT, b"bin", Node::Directory, meta(0o750, 1000)).unwrap();
    tree.add(bin, b"ping", Node::Regular, meta(0o755, 1000)).unwrap();
    tree.add(bin, b"to", Node::Symlink(b"ping".to_vec()), meta(0o777, 1000)).unwrap();
    let sbin = Node::Symlink(b"bin".to_vec());
    tree.add(Inventory::ROOT, b"sbin", sbin, meta(0o777, 1000)).unwrap();
    let node = Node::CharDevice(1, 3);
    let node = tree.add(Inventory::ROOT, b"nul", node, meta(0o600, 1000)).unwrap();
    tree.link(Inventory::ROOT, b"nul2", node).unwrap();
    tree
}

fn names(kind: OwnerKind, name: &str) -> Option<u32> {
    match (kind, name) {
        (_, "root") => Some(0),
        (OwnerKind::User, "web") => Some(33),
        (OwnerKind::Group, "tty") => Some(5),
        _ => None,
    }
}

fn apply_to(tree: &mut Inventory, text: &str, form: Form, parents: Parents) -> Vec<String> {
    let manifest = parse(text.as_bytes(), form).unwrap();
    let applied = manifest.apply(tree, &Setting { now: NOW, parents, names: &names });
    applied.err().unwrap_or_default().iter().map(ToString::to_string).collect()
}

/// What genext2fs's table makes of the tree, of which nothing is wrong.
fn applied(text: &str) -> Inventory {
    let mut tree = tree();
    assert_eq!(apply_to(&mut tree, text, Form::Genext2fs, Parents::Refuse), [""; 0], "{text}");
    tree
}

fn find(tree: &Inventory, path: &str) -> Option<NodeId> {
    let names = path.split('/').filter(|name| !name.is_empty());
    names.into_iter().try_fold(Inventory::ROOT, |at, name| tree.lookup(at, name.as_bytes()))
}

/// `TYPE MODE UID GID MAJOR MINOR`.
fn shown(tree: &Inventory, path: &str) -> String {
    let Some(node) = find(tree, path) else { return "-".into() };
    let view = tree.view(node);
    let (letter, Meta { permissions, uid, gid, .. }) = (view.file_type.letter(), view.meta);
    let (major, minor) = view.device;
    format!("{letter} {permissions:o} {uid} {gid} {major} {minor}")
}

#[test]
fn good_lines_change_what_is_there_and_make_what_is_not() {
    for (text, path, want) in [
        ("/bin/ping f 4755 root tty", "bin/ping", "- 4755 0 5 0 0"),
        ("bin/ping f -1 33 - - - - - -", "bin/ping", "- 755 33 1000 0 0"),
        ("./bin//ping f", "bin/ping", "- 755 1000 1000 0 0"),
        ("/ d 755 0 0", "", "d 755 0 0 0 0"),
        ("/dev d 755 0 0 - - - - -", "dev", "d 755 0 0 0 0"),
        ("/a/b/c d 700 1 2", "a/b", "d 755 0 0 0 0"),
        ("/a/b/c d 700 1 2", "a/b/c", "d 700 1 2 0 0"),
        ("/n c 666 web tty 5 1", "n", "c 666 33 5 5 1"),
        ("/n u 666 0 0 4095 1048575 - - -", "n", "c 666 0 0 4095 1048575"),
        ("/n b - - - 8 1", "n", "b 600 0 0 8 1"),
        ("/n p 640 1 2", "n", "p 640 1 2 0 0"),
        ("/n s 666 0 0 - - - - -", "n", "s 666 0 0 0 0"),
        ("/n l - 1 2 link=x", "n", "l 777 1 2 0 0"),
        ("/n f 600 1 2", "n", "- 600 1 2 0 0"),
        ("/n F 600 1 2", "n", "-"),
        ("/no/where/n F 600 1 2", "no", "-"),
        ("/bin/ping F 600 1 2", "bin/ping", "- 600 1 2 0 0"),
        ("/bin/to l 777 7 8", "bin/to", "l 777 7 8 0 0"),
        ("/bin r - 0 0", "bin/ping", "- 755 0 0 0 0"),
        ("/bin r 700 5 6", "bin/to", "l 777 5 6 0 0"),
        ("/bin r 700 5 6", "sbin", "l 777 1000 1000 0 0"),
        ("/nul c 666 0 0 - -", "nul2", "c 666 0 0 1 3"),
        ("/a\\040b#c p # comment", "a b#c", "p 600 0 0 0 0"),
        ("/a\\134\\\\\\043 p 600\r", "a\\\\#", "p 600 0 0 0 0"),
        ("   \n# x\n\n\t/n\tp  600 #", "n", "p 600 0 0 0 0"),
    ] {
        assert_eq!(shown(&applied(text), path), want, "{text}");
    }
}

#[test]
fn series_count_as_each_tool_does() {
    let numbered = |text, form| {
        let mut tree = Inventory::new(meta(0o755, 0));
        assert_eq!(apply_to(&mut tree, text, form, Parents::Refuse), [""; 0], "{text}");
        let shown = tree.children(Inventory::ROOT).map(|(name, node)| {
            format!("{}={}", String::from_utf8_lossy(name), tree.view(node).device.1)
        });
        shown.collect::<Vec<_>>().join(" ")
    };
    let genext2fs = |text| numbered(text, Form::Genext2fs);
    assert_eq!(genext2fs("/x b 640 0 0 3 1 1 1 4"), "x1=1 x2=2 x3=3");
    assert_eq!(genext2fs("/x b 640 0 0 3 1 1 2 3"), "x1=2 x2=4");
    assert_eq!(genext2fs("/x b 640 0 0 3 9 0 0 2"), "x0=9 x1=9");
    assert_eq!(genext2fs("/x b 640 0 0 3 9 0 1 1"), "x0=9");
    assert_eq!(genext2fs("/x b 640 0 0 3 9 5 1 0"), "x=9");
    assert_eq!(genext2fs("/x b 640 0 0 3 9 5 1 -"), "x=9");
    assert_eq!(genext2fs("/x d 755 0 0 - - 0 1 2"), "x0=0 x1=0");
    let makedevs = |text| numbered(text, Form::Makedevs);
    assert_eq!(makedevs("/x b 640 0 0 3 1 1 1 4"), "x1=1 x2=2 x3=3 x4=4");
    assert_eq!(makedevs("/x b 640 0 0 252 1 6 2 3"), "x6=1 x7=3 x8=5");
    assert_eq!(makedevs("/x b 640 0 0 3 9 0 1 1"), "x=9");
    assert_eq!(makedevs("/x d 755 0 0 - - 0 1 2"), "x=0");
}

#[test]
fn words_at_the_end_say_more() {
    let tree = applied(
        "/bin/ping f - - - time=-1.5 xattr.user.a=two\\040words xattr.user.b=0x6162\n\
         /bin/ping f xattr.user.a=\"x\\\\012\"\n\
         /bin/to l link=../a\\040b time=9\n\
         /new p 600 0 0\n",
    );
    let view = |path| tree.view(find(&tree, path).unwrap());
    let note = |name: &str, value: &str| Xattr { name: name.into(), value: value.into() };
    assert_eq!(view("bin/ping").xattrs, [note("user.a", "x\n"), note("user.b", "ab")]);
    assert_eq!(view("bin/ping").meta.mtime, Time { seconds: -2, nanoseconds: 500_000_000 });
    assert_eq!(view("bin/to").target, b"../a b");
    assert_eq!(
        view("bin/to").meta,
        Meta { mtime: Time { seconds: 9, nanoseconds: 0 }, ..meta(0o777, 1000) }
    );
    assert_eq!(view("new").meta.mtime, NOW);
    assert_eq!(view("bin").meta.mtime, meta(0, 0).mtime);
}

#[test]
fn wrong_lines_are_all_told_with_line_column_field_and_value() {
    let table = [
        ("/x", "column 1: PATH \"/x\": no TYPE follows"),
        ("/x q 644", "column 4: TYPE \"q\": want f, F, d, r, c, b, p, s or l"),
        ("/x f 9x5", "column 6: MODE \"9x5\": want octal digits, up to 7777, or -"),
        ("/x f 10000", "column 6: MODE \"10000\": want octal digits"),
        ("/x f +1", "column 6: MODE \"+1\": want octal digits"),
        ("/x f 644 -5", "column 10: UID \"-5\": want a number, a name or -"),
        ("/x f 644 0 4294967295", "column 12: GID \"4294967295\": the last owner is"),
        ("/x c 644 0 0 4096 0", "column 14: MAJOR \"4096\": want a number up to 4095"),
        ("/x c 644 0 0 x 0", "column 14: MAJOR \"x\": want a number"),
        ("/x c 644 0 0 1 1048576", "column 16: MINOR \"1048576\": want a number up to 1048575"),
        ("/x c 644 0 0 1 1 y", "column 18: START \"y\""),
        ("/x c 644 0 0 1 1 0 z", "column 20: INC \"z\""),
        ("/x c 644 0 0 1 1 0 1 -1", "column 22: COUNT \"-1\""),
        ("/x c 644 0 0 1 1 5 1 3", "column 22: COUNT \"3\": numbers begin with START 5"),
        ("/x c 644 0 0 1 1048575 0 1 3", "column 28: COUNT \"3\": the last minor number"),
        ("/x c 644 0 0 1 1 5 0 9", "column 22: COUNT \"9\": the last minor number"),
        ("/x c 644 0 0 1 1 0 1 3 4", "column 24: word \"4\": want KEY=VALUE behind ten"),
        ("/x f time=1 644", "column 13: word \"644\": want KEY=VALUE"),
        ("/x f tim=1", "column 6: word \"tim=1\": want time=, link= or xattr.NAME="),
        ("/x f time=1.", "column 6: time \"time=1.\": want seconds"),
        ("/x f time=1e9", "column 6: time \"time=1e9\": want seconds"),
        ("/x f time=15032385536", "column 6: time \"time=15032385536\": ext2 holds times"),
        ("/x f link=y", "column 6: link \"link=y\": only symbolic links"),
        ("/x l link=", "column 6: link \"link=\": a target has a byte"),
        ("/x f xattr.foo=1", "column 6: attribute \"xattr.foo=1\""),
        ("/x f xattr.user.a=0xf", "column 6: attribute \"xattr.user.a=0xf\": an odd number"),
        ("/x f xattr.system.posix_acl_access=a", "this is no ACL"),
        ("/a/../x f", "column 1: PATH \"/a/../x\": a path with .. leads nowhere"),
        ("/a\\4 f", "column 1: PATH \"/a\\\\4\": want \\ooo (octal) or \\\\ behind a backslash"),
        ("/ f 644", "column 3: TYPE \"f\": the root is a directory"),
    ];
    let text = table.map(|(line, _)| line).join("\n");
    let errors = parse(text.as_bytes(), Form::Genext2fs).unwrap_err();
    assert_eq!(errors.len(), table.len(), "{errors:?}");
    for (number, ((line, want), error)) in (1..).zip(table.iter().zip(&errors)) {
        let told = error.to_string();
        assert!(told.starts_with(&format!("\"t\" line {number}, ")), "{told}");
        assert!(told.contains(want), "{line}: {told}");
        assert_eq!(error.path().is_some(), !want.contains("PATH") || line == &"/x", "{line}");
        assert_eq!(error.code(), "manifest_bad_line");
    }
}

#[test]
fn what_does_not_fit_is_all_told() {
    let table = [
        ("/bin/ping d 755", "it is a regular file, and not a directory"),
        ("/bin f 644", "it is a directory, and not a regular file"),
        ("/dve/null c 666 0 0 1 3", "there is no directory \"dve\" in the tree"),
        ("/sbin/ping f 4755", "\"sbin\" in it is a symbolic link to \"bin\""),
        ("/bin/ping/x p", "\"ping\" in it is a regular file, and not a directory"),
        ("/gone r - 0 0", "it is not in the tree"),
        ("/x c 600", "a new device has a MAJOR and a MINOR"),
        ("/x l 777 0 0", "a new symbolic link has a target"),
        ("/x p 600 web web", "no group is called \"web\""),
        ("/x p 600 tty", "no user is called \"tty\""),
        ("/nul c 666 0 0 1 5", "it has other names"),
        ("/a\\000b p", "name"),
    ];
    let text = table.map(|(line, _)| line).join("\n");
    let errors = apply_to(&mut tree(), &text, Form::Genext2fs, Parents::Refuse);
    assert_eq!(errors.len(), table.len(), "{errors:?}");
    for (number, ((line, want), told)) in (1..).zip(table.iter().zip(&errors)) {
        assert!(told.starts_with(&format!("\"t\" line {number}: ")), "{told}");
        assert!(told.contains(want), "{line}: {told}");
    }
    let series = "/dve/x c 666 0 0 1 0 0 1 1000\n/x c 666 0 0 1 0 0 1 9\n/x8 p";
    let told = apply_to(&mut tree(), series, Form::Genext2fs, Parents::Refuse);
    assert!(told.len() == 2 && told[0].contains("line 1: ") && told[0].contains("dve"), "{told:?}");
    assert!(
        told[1].contains("line 3: ") && told[1].contains("it is a character device"),
        "{told:?}"
    );
    let missing = apply_to(&mut tree(), "/x f 644", Form::Makedevs, Parents::Refuse);
    assert_eq!(missing, ["\"t\" line 1: it is not in the tree"]);
}

#[test]
fn directories_that_may_be_where_the_tree_goes_are_implied() {
    let mut tree = tree();
    let text = "/dev/net/tun c 666 0 0 10 200\n/bin/x p 600";
    assert_eq!(apply_to(&mut tree, text, Form::Genext2fs, Parents::Imply), [""; 0]);
    assert_eq!(shown(&tree, "dev/net/tun"), "c 666 0 0 10 200");
    let implied = |path| tree.view(find(&tree, path).unwrap()).implied;
    assert!(implied("dev") && implied("dev/net") && !implied("bin"));
    let missed =
        apply_to(&mut tree, "/bin/su f 4755\n/usr/bin/su f 4755", Form::Genext2fs, Parents::Imply);
    assert_eq!(missed.len(), 2, "an empty file would replace that of the image");
    assert_eq!((shown(&tree, "bin/su"), shown(&tree, "usr")), ("-".into(), "-".into()));
}

#[test]
fn device_numbers_and_targets_replace_those_of_the_source() {
    let mut tree = tree();
    assert!(tree.remove(Inventory::ROOT, b"nul2"));
    let text = "/nul c - - - 1 5\n/bin/to l - - - link=y";
    assert_eq!(apply_to(&mut tree, text, Form::Genext2fs, Parents::Refuse), [""; 0]);
    assert_eq!(shown(&tree, "nul"), "c 600 1000 1000 1 5");
    let link = tree.view(find(&tree, "bin/to").unwrap());
    assert_eq!((link.target, link.meta), (&b"y"[..], meta(0o777, 1000)));
}

#[test]
fn a_file_that_is_no_manifest_is_told_within_bounds() {
    let junk = b"\x7fELF junk\n".repeat(5000);
    assert_eq!(parse(&junk, Form::Genext2fs).unwrap_err().len(), MOST_ERRORS);
    let endless = vec![b'x'; 3 << 20];
    let errors = parse(&endless, Form::Genext2fs).unwrap_err();
    assert!(errors.iter().any(|error| error.to_string().contains("longer than 1 MiB")));
    let gone = Manifest::read(Path::new("/nowhere/at/all"), Form::Genext2fs).unwrap_err();
    assert!(gone[0].to_string().starts_with("cannot read \"/nowhere/at/all\": No such file"));
}

/// The table in genext2fs's manual page, and what else it knows.
const GENEXT2FS_TABLE: &str = "\
# name\ttype\tmode\tuid\tgid\tmajor\tminor\tstart\tinc\tcount
/dev\t\td\t755\t0\t0\t-\t-\t-\t-\t-
/dev/mem\tc\t640\t0\t0\t1\t1\t0\t0\t-
/dev/tty\tc\t666\t0\t0\t5\t0\t0\t0\t-
/dev/tty\tc\t666\t0\t0\t4\t0\t0\t1\t6
/dev/loop\tb\t640\t0\t0\t7\t0\t0\t1\t2
/dev/hda\tb\t640\t0\t0\t3\t0\t0\t0\t-
/dev/hda\tb\t640\t0\t0\t3\t1\t1\t1\t16
/dev/log\ts\t666\t0\t0\t-\t-\t-\t-\t-
/dev/odd b 600 1 2 3 1 1 2 4 # x1 x2 x3
/dev/far c 600 0 0 3 7 2 3 5
/dev/pipe p 640 12 13 - - - - -
/dev/pipes p 640 12 13 0 0 0 1 3
/dev/one c 600 0 0 5 1 0 1 1
/empty f 600 3 4 - - - - -
/ d 750 5 6 - - - - -
/etc d 711 7 8 - - - - -
/etc/motd f 4640 9 10 - - - - -
";

#[test]
fn genext2fs_makes_the_same_of_its_table() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir_all(at("root/etc")).unwrap();
    std::fs::write(at("root/etc/motd"), "hello").unwrap();
    std::fs::write(at("table"), GENEXT2FS_TABLE).unwrap();
    let made = Command::new("genext2fs")
        .args(["-b", "1024", "-d"])
        .args([at("root"), "-D".into(), at("table"), at("img")])
        .stderr(Stdio::piped())
        .output()
        .expect("genext2fs (Debian package genext2fs)");
    assert!(made.status.success(), "{made:?}");

    let mut tree = Inventory::new(meta(0o755, 0));
    let etc = tree.add(Inventory::ROOT, b"etc", Node::Directory, meta(0o755, 0)).unwrap();
    tree.add(etc, b"motd", Node::Regular, meta(0o644, 0)).unwrap();
    let manifest = Manifest::read(&at("table"), Form::Genext2fs).unwrap();
    let setting = Setting { now: NOW, parents: Parents::Refuse, names: &names };
    manifest.apply(&mut tree, &setting).unwrap();

    let mut count = 0;
    for directory in ["", "/dev", "/etc"] {
        let listed = debugfs(&at("img"), &format!("ls -p {directory}/"));
        let mut theirs: Vec<String> = Vec::new();
        for line in listed.lines().filter(|line| line.starts_with('/')) {
            let name = line.split('/').nth(5).unwrap();
            if !matches!(name, "." | ".." | "lost+found") {
                theirs.push(name.to_owned());
            }
        }
        theirs.sort();
        let node = find(&tree, directory).unwrap();
        let ours = tree.children(node).map(|(name, _)| String::from_utf8_lossy(name).into_owned());
        assert_eq!(ours.collect::<Vec<_>>(), theirs, "{directory}");
        for name in theirs.iter().map(String::as_str).chain([""]) {
            let path = format!("{directory}/{name}");
            let said = debugfs(&at("img"), &format!("stat {path}"));
            assert_eq!(shown(&tree, &path), of_stat(&said), "{path}: {said}");
            count += 1;
        }
    }
    assert_eq!(count, 45);
}

fn debugfs(image: &Path, request: &str) -> String {
    let ran = ["debugfs", "/usr/sbin/debugfs"].into_iter().find_map(|program| {
        Command::new(program).args(["-R", request]).arg(image).stderr(Stdio::null()).output().ok()
    });
    String::from_utf8(ran.expect("debugfs (Debian package e2fsprogs)").stdout).unwrap()
}

/// What debugfs says of an inode, as [`shown`] would.
fn of_stat(said: &str) -> String {
    let words: Vec<&str> = said.split_whitespace().collect();
    let behind = |key: &str| words.iter().skip_while(|word| **word != key).nth(1).copied();
    let letter = match behind("Type:").unwrap() {
        "regular" => FileType::Regular,
        "directory" => FileType::Directory,
        "character" => FileType::CharDevice,
        "block" => FileType::BlockDevice,
        "FIFO" => FileType::Fifo,
        "socket" => FileType::Socket,
        other => panic!("{other}"),
    }
    .letter();
    let mode = behind("Mode:").unwrap().trim_start_matches('0');
    let (uid, gid) = (behind("User:").unwrap(), behind("Group:").unwrap());
    let device = behind("number:").unwrap_or("0:0");
    let numbers = device.split(':').map(|number| number.parse::<u32>().unwrap().to_string());
    format!("{letter} {mode} {uid} {gid} {}", numbers.collect::<Vec<_>>().join(" "))
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_applied_or_refused(
        text in proptest::collection::vec(
            proptest::sample::select(&b"/abfdrcbpsl-0124579 \t\n\\#=.xtimelnkuser:\xff\0"[..]),
            0..200,
        ),
        makedevs: bool,
    ) {
        let form = if makedevs { Form::Makedevs } else { Form::Genext2fs };
        if let Ok(manifest) = parse(&text, form) {
            let setting = Setting { now: NOW, parents: Parents::Imply, names: &names };
            let _ = manifest.apply(&mut tree(), &setting);
        }
    }

    #[test]
    fn lines_of_any_numbers_are_read_or_refused(
        numbers in proptest::collection::vec(
            prop_oneof![0..20_u64, 1_048_570..1_048_580_u64, proptest::num::u64::ANY],
            3,
        ),
        minor in 0..1_048_576_u32,
        makedevs: bool,
    ) {
        let form = if makedevs { Form::Makedevs } else { Form::Genext2fs };
        let text = format!("/x c 600 0 0 1 {minor} {} {} {}", numbers[0], numbers[1], numbers[2]);
        if let Ok(manifest) = parse(text.as_bytes(), form) {
            let line = &manifest.lines[0];
            let first = line.device.unwrap().1;
            let steps = line.series.map_or(0, |s| (s.first..s.end).skip(1).count());
            let step = line.series.map_or(0, |s| s.step);
            let grown = u32::try_from(steps).unwrap().checked_mul(step).unwrap();
            prop_assert!(first.checked_add(grown).unwrap() <= 0xf_ffff);
        }
    }
}
