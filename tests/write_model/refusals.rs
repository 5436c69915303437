//! What must not be changed: reserved inodes, and what `chattr` protects.

use mpimg::fs::{CallerError, FsError, Ino, Node, Ownership, Result, Time, Transaction};

use crate::content::Data;
use crate::run;
use crate::support::image::Image;

const NOW: Time = Time { seconds: 1_700_000_000, nanoseconds: 0 };

type Attempt = fn(&mut Transaction<'static>) -> Result<()>;

/// Tries each in a transaction of its own, which commits if it was not refused.
fn outcomes<const N: usize>(image: &Image, attempts: [(&str, Attempt); N]) -> [String; N] {
    attempts.map(|(what, attempt)| {
        let copy = image.duplicate();
        let before = copy.bytes();
        let opened = run::open(&copy);
        let mut tx = run::begin(&opened, NOW);
        let outcome = match attempt(&mut tx) {
            Ok(()) => {
                run::commit(&opened, tx).expect("a commit");
                drop(opened);
                copy.fsck();
                "done"
            }
            Err(error) => {
                drop(tx);
                assert!(copy.bytes() == before, "{what}: the image has changed");
                match error {
                    FsError::Caller(CallerError::Immutable { .. }) => "immutable",
                    FsError::Caller(CallerError::AppendOnly { .. }) => "append-only",
                    FsError::Caller(CallerError::ReservedInode { .. }) => "reserved",
                    other => panic!("{what}: {other}"),
                }
            }
        };
        format!("{what}: {outcome}")
    })
}

#[test]
fn the_journal_and_what_is_kept_for_growth_are_not_written() {
    let journal = ["-O", "has_journal,resize_inode", "-J", "size=1", "-E", "resize=65536"];
    let image = Image::new(1024, 6 << 20, &journal);
    image.fsck();
    let found = outcomes(
        &image,
        [
            ("content", |tx| tx.replace_content(Ino(8), Data::whole(1, 10).content())),
            ("more content", |tx| tx.write_content(Ino(7), 1 << 30, Data::whole(1, 9).content())),
            ("size", |tx| tx.truncate(Ino(7), 0)),
            ("mode", |tx| tx.set_permissions(Ino(8), 0o777)),
            ("owner", |tx| tx.set_owner(Ino(8), Some(1), None)),
            ("times", |tx| tx.set_times(Ino(8), Some(NOW), None)),
            ("attributes", |tx| tx.set_xattrs(Ino(8), &[])),
            ("a name", |tx| tx.link(Ino(8), Ino::ROOT, b"journal")),
            ("lost+found", |tx| tx.remove_tree(Ino::ROOT, b"lost+found")),
        ],
    );
    let wanted =
        ["content", "more content", "size", "mode", "owner", "times", "attributes", "a name"];
    assert_eq!(found[..8], wanted.map(|what| format!("{what}: reserved")));
    assert_eq!(found[8], "lost+found: done");
}

/// `/dir`, `/dir/in`, and `/file` of 100 bytes: inodes 12, 13 and 14.
fn protected(flag: u32) -> Image {
    let image = Image::new(1024, 1 << 20, &[]);
    image.edit(&["mkdir /dir"]);
    image.write_bytes("/dir/in", b"inside");
    image.write_bytes("/file", &[7; 100]);
    let set = |path| format!("set_inode_field {path} flags {flag:#x}");
    image.edit(&[set("/dir"), set("/file")]);
    image.fsck();
    image
}

const ATTEMPTS: [(&str, Attempt); 14] = [
    ("append", |tx| tx.write_content(Ino(14), 100, Data::whole(1, 10).content())),
    ("create in", |tx| {
        tx.create(Ino(12), b"new", &Node::Regular, Ownership::default()).map(|_| ())
    }),
    ("move into", |tx| {
        tx.create(Ino::ROOT, b"new", &Node::Regular, Ownership::default())?;
        tx.rename(Ino::ROOT, b"new", Ino(12), b"new")
    }),
    ("overwrite", |tx| tx.write_content(Ino(14), 99, Data::whole(1, 10).content())),
    ("replace", |tx| tx.replace_content(Ino(14), Data::whole(1, 10).content())),
    ("truncate", |tx| tx.truncate(Ino(14), 50)),
    ("mode", |tx| tx.set_permissions(Ino(14), 0o600)),
    ("owner", |tx| tx.set_owner(Ino(14), Some(1), None)),
    ("link", |tx| tx.link(Ino(14), Ino::ROOT, b"again")),
    ("unlink", |tx| tx.unlink(Ino::ROOT, b"file")),
    ("unlink in", |tx| tx.unlink(Ino(12), b"in")),
    ("move out of", |tx| tx.rename(Ino(12), b"in", Ino::ROOT, b"out")),
    ("move", |tx| tx.rename(Ino::ROOT, b"file", Ino::ROOT, b"moved")),
    ("remove tree", |tx| tx.remove_tree(Ino::ROOT, b"dir")),
];

#[test]
fn what_is_immutable_stays_as_it_is() {
    let found = outcomes(&protected(0x10), ATTEMPTS);
    assert_eq!(found, ATTEMPTS.map(|(what, _)| format!("{what}: immutable")));
}

#[test]
fn what_is_append_only_grows_and_does_nothing_else() {
    let found = outcomes(&protected(0x20), ATTEMPTS);
    let wanted = ATTEMPTS.map(|(what, _)| match what {
        "append" | "create in" | "move into" => format!("{what}: done"),
        _ => format!("{what}: append-only"),
    });
    assert_eq!(found, wanted);
}

#[test]
fn what_is_protected_further_down_keeps_all_of_a_tree() {
    let image = protected(0x10);
    image.edit(&["set_inode_field /dir flags 0", "set_inode_field /dir/in flags 0x10"]);
    let found = outcomes(&image, [("tree", |tx| tx.remove_tree(Ino::ROOT, b"dir"))]);
    assert_eq!(found, ["tree: immutable"]);
}
