//! What coreutils do to a directory of the host, mpimg does to an image: each case runs both, on
//! the same tree, and compares whether they succeed and what comes of it.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use super::Subject;
use crate::support::image::Image;
use crate::support::{command, scratch, tools};

/// The tree that each case begins with.
const TREE: &str = "
    umask 022
    mkdir -p a/b/c d empty e full/d
    echo f > f; echo g > a/g; echo longer > d/f; echo x > full/x; echo y > full/d/y
    ln f hard; ln -s f link; ln -s a dirlink; ln -s none broken; ln -s loop loop
    chmod 600 a/g; chmod 2775 d
";

/// A line for both. mpimg's has the image behind the name of the command.
const CASES: &[&str] = &[
    "mv f new",
    "mv f a",
    "mv f a/",
    "mv f a/new",
    "mv f new/",
    "mv f hard",
    "mv f f",
    "mv f d",
    "mv f link",
    "mv f dirlink",
    "mv -T f dirlink",
    "mv -T f d",
    "mv f broken",
    "mv f loop",
    "mv f none/new",
    "mv f f/new",
    "mv f a/g/new",
    "mv none new",
    "mv f hard a",
    "mv f none a",
    "mv f hard new",
    "mv a a",
    "mv a a/b",
    "mv a a/b/new",
    "mv a new",
    "mv a new/",
    "mv a f",
    "mv a d",
    "mv a/b d",
    "mv -T a empty",
    "mv -T a full",
    "mv -T empty a",
    "mv -T a f",
    "mv d/f full/d f",
    "mv full/d d",
    "mv f d/f a",
    "mv link new",
    "mv link a",
    "mv dirlink new",
    "mv a/. new",
    "mv a/.. new",
    "mv broken e/",
    "mv -n f hard",
    "mv -n f new",
    "mv -n f d",
    "mv -f f hard",
    "mv -T f hard a",
    "ln f new",
    "ln f a",
    "ln f hard",
    "ln -f f hard",
    "ln -f f d/f",
    "ln -f f f",
    "ln f d",
    "ln -f f d",
    "ln a new",
    "ln none new",
    "ln link new",
    "ln broken new",
    "ln f new/",
    "ln f hard a",
    "ln f a/g e",
    "ln f dirlink",
    "ln -n f dirlink",
    "ln -s f new",
    "ln -s f a",
    "ln -s none/else new",
    "ln -s f hard",
    "ln -sf f hard",
    "ln -sf f dirlink",
    "ln -sfn f dirlink",
    "ln -sT f dirlink",
    "ln -sfT f dirlink",
    "ln -sfT f a",
    "ln -sf f a",
    "ln -s f a/b d",
    "ln -s .. a",
    "ln -s / a",
    "mkdir new",
    "mkdir new/",
    "mkdir f",
    "mkdir a",
    "mkdir new/deep",
    "mkdir -p new/deep/er a/b/more",
    "mkdir -p f/x",
    "mkdir -p f",
    "mkdir -p dirlink/x",
    "mkdir -m 700 new",
    "mkdir -m u=rwx,go= new",
    "mkdir -m -w new",
    "mkdir -m a+w,o= new",
    "mkdir -p -m 700 new/deep",
    "mkdir broken",
    "mkdir new1 f new2",
    "rm f",
    "rm none",
    "rm -f none",
    "rm -f f/none",
    "rm a",
    "rm -r a",
    "rm -rf full none",
    "rm -r full/",
    "rm link dirlink broken",
    "rm -r dirlink",
    "rm -r f a/b",
    "rm f/",
    "rm hard f",
    "rm -r a/.",
    "chmod 600 f",
    "chmod 4755 f",
    "chmod u+s,g-r,o= f a",
    "chmod -w f",
    "chmod -w,u+w,+t a",
    "chmod -x a",
    "chmod -x,+X f",
    "chmod -R go-rX a full",
    "chmod -R u=rwX,go=u-w a",
    "chmod 640 link",
    "chmod -R 750 dirlink",
    "chmod 755 broken",
    "chmod 755 none",
    "chmod 755 d",
    "chmod 00755 d",
    "chmod =,u+r f",
    "truncate -s 0 f",
    "truncate -s 5000 f",
    "truncate -s +100 f d/f",
    "truncate -s -3 d/f",
    "truncate -s -30 d/f",
    "truncate -s <3 f d/f",
    "truncate -s >3 f d/f",
    "truncate -s /4 d/f",
    "truncate -s %4 d/f",
    "truncate -s 1K new",
    "truncate -c -s 1K new",
    "truncate -s 1K link",
    "truncate -s 1K a",
    "truncate -s 1K none/new",
    "touch new",
    "touch -c new",
    "touch none/new",
    "touch f a link",
    "touch -h broken",
    "touch -h none",
    "mknod new p",
    "mknod -m 600 new p",
    "mknod -m +x new p",
    "mknod f p",
    "mknod none/new p",
];

/// What there is: by path, type, permissions, links of files, size of files, target.
type Seen = BTreeMap<Vec<u8>, String>;

fn host(dir: &Path) -> Seen {
    let mut seen = Seen::new();
    let mut pending = vec![dir.to_owned()];
    while let Some(at) = pending.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let metadata = path.symlink_metadata().unwrap();
            let (kind, mode) = (metadata.file_type(), metadata.mode() & 0o7777);
            let (links, size) = (metadata.nlink(), metadata.len());
            let what = if kind.is_dir() {
                pending.push(path.clone());
                format!("directory {mode:04o}")
            } else if kind.is_symlink() {
                format!("symlink to {:?}", std::fs::read_link(&path).unwrap())
            } else if kind.is_fifo() {
                format!("fifo {mode:04o} {links}")
            } else {
                format!("regular {mode:04o} {links} {size}")
            };
            let below = path.strip_prefix(dir).unwrap();
            seen.insert(below.as_os_str().as_bytes().to_vec(), what);
        }
    }
    seen
}

fn image(path: &Path) -> Seen {
    let entries = command::json(&["ls", "-R"], path, &[]);
    let of = |entry: &serde_json::Value| {
        let (kind, mode) = (entry["type"].as_str().unwrap(), entry["mode"].as_str().unwrap());
        let what = match kind {
            "directory" => format!("directory {mode}"),
            "symlink" => format!("symlink to {:?}", entry["target"].as_str().unwrap()),
            "fifo" => format!("fifo {mode} {}", entry["links"]),
            _ => format!("{kind} {mode} {} {}", entry["links"], entry["size"]),
        };
        (command::bytes(entry, "path").unwrap()[1..].to_vec(), what)
    };
    entries.iter().map(of).filter(|(path, _)| path != b"lost+found").collect()
}

fn make_tree(dir: &Path) {
    let mut shell = tools::command("bash");
    tools::succeed(shell.args(["-e", "-c", TREE]).current_dir(dir));
}

/// Words before those that are no options: the image's place.
fn options(words: &[&str]) -> usize {
    let is_option = |word: &str| match words[0] {
        // What is no other option is a mode.
        "chmod" => word == "-R",
        _ => word.starts_with('-'),
    };
    let takes_value = |word: &str| match words[0] {
        "mkdir" | "mknod" => word == "-m",
        "truncate" => word == "-s",
        _ => false,
    };
    let mut at = 1;
    while is_option(words[at]) {
        at += 1 + usize::from(takes_value(words[at]));
    }
    at
}

#[test]
fn commands_do_what_coreutils_do() {
    let source = scratch::dir();
    make_tree(source.path());
    let original = Image::from_tree(source.path(), 1024, 1 << 20, &[]);
    assert_eq!(image(original.path()), host(source.path()), "they begin with the same");
    let mut wrong = Vec::new();
    for case in CASES {
        let tree = scratch::dir();
        make_tree(tree.path());
        let words: Vec<_> = case.split(' ').collect();
        let mut shell = tools::command("sh");
        shell.args(["-c", "umask 022; exec \"$@\"", "sh"]).args(&words);
        let theirs = tools::capture(shell.current_dir(tree.path()));
        let subject = Subject::of(original.duplicate());
        let mut with_image = words.clone();
        with_image.insert(options(&words), "IMG");
        let ours = subject.run(&with_image);
        subject.image.fsck();
        // Of several paths coreutils change those that they can; here it is all of them or none.
        let failed = theirs.code != Some(0);
        let expected = if failed { host(source.path()) } else { host(tree.path()) };
        if (ours.code != Some(0)) != failed {
            wrong.push(format!("{case}: {theirs:?}, but {ours:?}"));
        } else if image(subject.image.path()) != expected {
            let found = image(subject.image.path());
            let lines = |seen: &Seen, other: &Seen| {
                let only = seen.iter().filter(|(path, what)| other.get(*path) != Some(what));
                only.map(|(path, what)| format!("{} {what}", String::from_utf8_lossy(path)))
                    .collect::<Vec<_>>()
            };
            let (more, less) = (lines(&found, &expected), lines(&expected, &found));
            wrong.push(format!("{case}: has {more:?}, not {less:?}"));
        } else if failed {
            assert_eq!(ours.code, Some(if case.contains("-T f hard a") { 2 } else { 1 }), "{case}");
            assert!(ours.stderr.starts_with("mpimg: "), "{case}: {}", ours.stderr);
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}
