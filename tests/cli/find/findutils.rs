//! The same expressions, by `find` of findutils on what the kernel shows of the image.
//!
//! Where no image can be mounted, `find` looks at the tree that the image was made of; what a
//! directory is differs there.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::crowded;
use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::tree::Tree;
use crate::support::{command, skipped, tools};

/// Words with spaces between. They come behind a path.
const EXPRESSIONS: &[&str] = &[
    "",
    "-print",
    "-print0",
    "-name *",
    "-name .*",
    "-name .",
    "-name *.c",
    "-name [a-c]*",
    "-name [!a-z]*",
    "-name [^[:alnum:]]*",
    "-name ?",
    "-name *a*b*",
    "-name a\\*b",
    "-name \\[x",
    "-name [x",
    "-name [[:upper:]]*",
    "-name x\\",
    "-name *[]]",
    "-iname readme*",
    "-iname *.C",
    "-iname [A-D]*",
    "-path ./dir/*",
    "-path */deep/*c",
    "-path ./dir",
    "-path dir",
    "-path *",
    "-type f",
    "-type d",
    "-type l",
    "-type p",
    "-type s",
    "-type c",
    "-type b",
    "-type f,l",
    "-type d,p,s,b,c",
    "-size 0",
    "-size 1",
    "-size +1",
    "-size -2",
    "-size +0",
    "-size 2k",
    "-size +1k",
    "-size -1k",
    "-size 5c",
    "-size +511c -size -514c",
    "-size 256w",
    "-size 2b",
    "-size -1M",
    "-size 1M",
    "-size +1M",
    "-size -1G",
    "-size 1G",
    "-perm 644",
    "-perm 0644",
    "-perm -444",
    "-perm /222",
    "-perm /6000",
    "-perm -4000",
    "-perm u=rw,go=r",
    "-perm -u+x",
    "-perm /u+s,g+s",
    "-perm -a=r",
    "-perm /000",
    "-perm -000",
    "-perm 0",
    "-perm -o+t",
    "-perm -a+X",
    "-perm a+rX",
    "-perm +t",
    "-perm -g=u",
    "-uid 0",
    "-uid +999",
    "-uid -1000",
    "-uid 1000",
    "-gid 100",
    "-gid +100",
    "-user root",
    "-user 1000",
    "-group 100",
    "! -user root",
    "-newer ./times/b",
    "! -newer ./times/b",
    "-newer ./link",
    "-links 1",
    "-links 2",
    "-links +2",
    "-type f -links +1",
    "-empty",
    "-empty -type d",
    "-type f ! -empty",
    "-maxdepth 0",
    "-maxdepth 1",
    "-mindepth 2",
    "-mindepth 1 -maxdepth 1",
    "-mindepth 3 -maxdepth 2",
    "-maxdepth 2 -maxdepth 1",
    "-maxdepth 1 -o -name x",
    "! -type d",
    "! ! -type p",
    "-not -name *.c -type f",
    "-type d -o -name *.c",
    "-type f -name *.c -o -type l",
    "-name *.c -o -name *.h -print",
    "-type f ( -name *.c -o -name *.h )",
    "( -type f -o -type l ) -a ! ( -name *a* -o -name *b* )",
    "-type d -print -o -name *.c",
    "-name *.c -print -print",
    "( -type f -print ) -o -type l",
    "! ( -type f -print0 ) -type l",
    "-type f -and -name *.c -or -type s",
    "-name *.c -size +1 -o ! -name *.c -type f -size 0",
];

/// A tree of all that the expressions ask for.
fn tree() -> Tree {
    let tree = Tree::new();
    tree.directory("/dir/deep/er").directory("/empty").directory("/times").directory("/etc");
    for name in ["/a.c", "/b.h", "/dir/main.c", "/dir/deep/x.c", "/dir/deep/er/Y.C", "/.hidden"] {
        tree.file(name, name.as_bytes());
    }
    for name in
        ["/a*b", "/[x", "/x]", "/a b", "/x\\", "/new\nline", "/README.md", "/q\"uo'te", "/-f"]
    {
        tree.file(name, b"");
    }
    tree.file(OsStr::from_bytes(b"/bad-\xff\xc3"), b"12345").file("/gr\u{fc}n", b"1");
    for size in [1, 511, 512, 513, 1024, 1025, 1 << 20, (1 << 20) + 1] {
        tree.file(format!("/dir/size-{size}"), &vec![b'x'; size]);
    }
    tree.symlink("/link", "dir").symlink("/dir/dangling", "no\nwhere \u{e9}");
    tree.hard_link("/dir/second.c", "/a.c").hard_link("/third", "/a.c").hard_link("/-g", "/-f");
    tree.fifo("/pipe").socket("/socket");
    let modes = [0, 0o644, 0o600, 0o444, 0o4755, 0o2711, 0o6777, 0o222, 0o111, 0o640, 0o660];
    for mode in modes {
        let path = format!("/mode-{mode:o}");
        tree.file(&path, b"").mode(&path, mode);
    }
    tree.mode("/times", 0o1777).mode("/empty", 0o2770);
    for (name, seconds) in [("/times/a", 1_500_000_000), ("/times/b", 1_600_000_000)] {
        tree.file(name, b"").mtime(name, seconds);
    }
    // A whole second: mke2fs keeps no less of a time.
    let mut touch = tools::command("touch");
    tools::succeed(touch.args(["-h", "-d", "@1650000000"]).arg(tree.at("/link")));
    for table in ["/etc/passwd", "/etc/group"] {
        tree.file(table, &std::fs::read(table).unwrap());
    }
    tree
}

/// What `find` of findutils looks at.
struct Subject {
    image: Image,
    root: PathBuf,
    mount: Option<LoopMount>,
    _tree: Tree,
}

impl Subject {
    fn new() -> Self {
        let tree = tree();
        let image = Image::from_tree(tree.path(), 1024, 8 << 20, &[]);
        let mount = LoopMount::available().is_ok().then(|| {
            image.edit(&[
                "mknod char c 4 64",
                "mknod block b 259 6000",
                "set_inode_field /a.c uid 1000",
                "set_inode_field /b.h uid 70000",
                "set_inode_field /b.h gid 100",
                "set_inode_field /pipe gid 4000000000",
                "set_inode_field /third mtime @1650000000",
            ]);
            image.fsck();
            LoopMount::read_only(image.path())
        });
        let root = mount.as_ref().map_or(tree.path(), LoopMount::path).to_owned();
        Self { image, root, mount, _tree: tree }
    }

    /// Whether a path is one that both sides have to say the same of.
    fn counts(&self, path: &[u8]) -> bool {
        self.mount.is_some() || !self.root.join(OsStr::from_bytes(path)).is_dir()
    }
}

fn findutils(root: &Path, words: &[&str]) -> Vec<u8> {
    let mut find = tools::command("find");
    find.env("LC_ALL", "C").env("TZ", "UTC").current_dir(root).args(words);
    let ran = tools::capture(&mut find);
    assert_eq!(ran.code, Some(0), "find {words:?}: {}", ran.stderr);
    ran.stdout
}

fn mpimg(image: &Path, words: &[&str]) -> Vec<u8> {
    let words: Vec<_> = words.iter().map(|word| word.as_bytes()).collect();
    command::ok(&["find"], image, &words)
}

fn words(expression: &str) -> Vec<&str> {
    std::iter::once(".").chain(expression.split_whitespace()).collect()
}

#[test]
fn expressions_find_what_findutils_finds() {
    let subject = Subject::new();
    let mut found_any = 0;
    for expression in EXPRESSIONS {
        let words = words(expression);
        let end = if expression.contains("-print0") { 0 } else { b'\n' };
        let sorted = |bytes: &[u8]| {
            let paths = bytes.split(|byte| *byte == end).map(<[u8]>::to_vec);
            let mut paths: Vec<_> = paths.filter(|path| subject.counts(path)).collect();
            paths.retain(|path| path != b"./lost+found" || subject.mount.is_some());
            paths.sort();
            paths.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect::<Vec<_>>()
        };
        let ours = sorted(&mpimg(subject.image.path(), &words));
        assert_eq!(ours, sorted(&findutils(&subject.root, &words)), "find {expression}");
        found_any += usize::from(ours.len() > 1);
    }
    // Most of them find something, or the comparison is worth nothing.
    assert!(found_any > EXPRESSIONS.len() * 3 / 5, "{found_any} of {}", EXPRESSIONS.len());
}

#[test]
fn ls_prints_what_findutils_prints() {
    let subject = Subject::new();
    let Some(mount) = &subject.mount else {
        return skipped("ls_prints_what_findutils_prints", "inode numbers need a loop mount");
    };
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("-ls is ASCII");
    // Paths that are named come in the order in which they are named: so columns grow alike. After
    // an owner without a name findutils makes the column one wider than it needs.
    let named = mpimg(subject.image.path(), &[".", "!", "-uid", "+999", "-print0"]);
    let named = String::from_utf8_lossy(&named).into_owned();
    let named = named.split('\0').filter(|path| !path.is_empty() && !path.contains('\u{fffd}'));
    let words: Vec<_> = named.chain(["-maxdepth", "0", "-ls"]).collect();
    let ours = text(mpimg(subject.image.path(), &words));
    let theirs = text(findutils(mount.path(), &words));
    assert!(ours.lines().count() > 40, "{ours}");
    for (ours, theirs) in ours.lines().zip(theirs.lines()) {
        assert_eq!(ours, theirs);
    }
    assert_eq!(ours, theirs);
    for path in ["./b.h", "./a.c"] {
        let words = [path, "-ls"];
        let ours = text(mpimg(subject.image.path(), &words));
        assert_eq!(ours, text(findutils(mount.path(), &words)));
    }
    let words = [".", "-name", "bad-*", "-ls"];
    let ours = text(mpimg(subject.image.path(), &words));
    assert_eq!(ours, text(findutils(mount.path(), &words)));
    assert!(ours.ends_with("./bad-\\377\\303\n"), "{ours}");
}

#[test]
fn inode_numbers_are_those_of_the_kernel() {
    let subject = Subject::new();
    let Some(mount) = &subject.mount else {
        return skipped("inode_numbers_are_those_of_the_kernel", "they need a loop mount");
    };
    let ino = std::os::unix::fs::MetadataExt::ino(&mount.path().join("a.c").metadata().unwrap());
    for sign in ["", "+", "-"] {
        let number = format!("{sign}{ino}");
        let words = [".", "-inum", &number];
        let sorted = |bytes: Vec<u8>| {
            let mut lines: Vec<_> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
            lines.sort();
            lines
        };
        let ours = sorted(mpimg(subject.image.path(), &words));
        assert_eq!(ours, sorted(findutils(mount.path(), &words)), "{number}");
        assert!(ours.len() > 3, "{number}: {ours:?}");
    }
}

#[test]
fn a_crowded_directory_is_what_findutils_finds() {
    if let Err(reason) = LoopMount::available() {
        return skipped("a_crowded_directory_is_what_findutils_finds", &reason);
    }
    let image = crowded();
    let mount = LoopMount::read_only(image.path());
    for expression in ["-type f", "-name *7-*n", "! -empty", "-path *[13579]-* -size 0"] {
        let words = words(expression);
        let sorted = |bytes: Vec<u8>| {
            let mut lines: Vec<_> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
            lines.sort();
            lines
        };
        let ours = sorted(mpimg(image.path(), &words));
        assert!(ours == sorted(findutils(mount.path(), &words)), "{expression}");
    }
}
