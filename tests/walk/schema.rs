//! JSON has the keys that `--help` tells, all of them, and no other.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::image::Image;
use crate::support::tree::Tree;
use crate::support::{command, gallery, tools};
use crate::{files, tree};

/// Words of the help texts that are no keys.
const PROSE: [&str; 35] = [
    "JSON",
    "an",
    "object",
    "entry",
    "octal",
    "bytes",
    "of",
    "sectors",
    "where",
    "those",
    "are",
    "not",
    "UTF",
    "a",
    "one",
    "the",
    "in",
    "image",
    "value",
    "is",
    "null",
    "hole",
    "then",
    "event",
    "line",
    "with",
    "trace",
    "also",
    "last",
    "filesystem",
    "and",
    "count",
    "major",
    "minor",
    "stats",
];

/// The words of the help text of a command that are keys or [`PROSE`].
fn documented(command_name: &str) -> BTreeSet<String> {
    let help = tools::succeed(command::new().args([command_name, "--help"])).text();
    let (_, text) = help.split_once("\nJSON").expect("a part on JSON");
    let text = text.split("\n\n").next().expect("a paragraph");
    // What stands in quotes is a value.
    let unquoted: Vec<&str> = text.split('"').step_by(2).collect();
    let text = unquoted.join(" ");
    let words = text.split(|c: char| !(c.is_ascii_alphabetic() || c == '_'));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Adds the keys of a value and of all values in it.
fn add_keys(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                keys.insert(key.clone());
                add_keys(value, keys);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| add_keys(value, keys)),
        _ => {}
    }
}

#[track_caller]
fn assert_documented(command_name: &str, objects: &[Value]) {
    let mut found = BTreeSet::new();
    objects.iter().for_each(|object| add_keys(object, &mut found));
    let words = documented(command_name);
    let without: Vec<_> = found.difference(&words).collect();
    assert!(without.is_empty(), "{command_name}: keys that --help does not tell: {without:?}");
    let prose: BTreeSet<String> = PROSE.map(str::to_owned).into();
    let missing: Vec<_> = words.difference(&found).filter(|word| !prose.contains(*word)).collect();
    assert!(missing.is_empty(), "{command_name}: keys of --help that are not there: {missing:?}");
}

/// A symlink and a file whose names, and a target, are not UTF-8.
fn odd() -> Image {
    let tree = Tree::new();
    let bytes = |bytes: &[u8]| {
        <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).to_owned()
    };
    tree.file(bytes(b"/f-\xff"), b"x").symlink(bytes(b"/l-\xff"), bytes(b"t-\xff"));
    Image::from_tree(tree.path(), 1024, 1 << 20, &[])
}

// stat and map told keys that their help did not, cat and plan did not tell those of statistics, and
// readlink left out the bytes of a path that is not UTF-8. The help tells all, readlink has path_hex.
#[test]
fn every_key_is_documented_and_every_documented_key_is_there() {
    let (_, image, _) = &tree::all()[0];
    let odd = odd();
    let both = |words: &[&str], paths: &[&[u8]], of_odd: &[&[u8]]| {
        [command::json(words, image.path(), paths), command::json(words, odd.path(), of_odd)]
            .concat()
    };
    let all: [&[u8]; 3] = [b"/tty", b"/fast", b"/dir/inner/file"];
    assert_documented("ls", &both(&["ls"], &[], &[]));
    assert_documented("find", &both(&["find"], &[], &[]));
    assert_documented("stat", &both(&["stat"], &all, &[b"f-\xff", b"l-\xff"]));
    assert_documented("readlink", &both(&["readlink"], &[b"fast"], &[b"l-\xff"]));
    assert_documented("map", &both(&["map"], &[b"/sparse", b"/dir"], &[b"f-\xff"]));
    assert_documented("info", &command::json(&["info"], image.path(), &[]));
    assert_documented("df", &command::json(&["df"], image.path(), &[]));
    assert_documented("du", &both(&["du", "-a", "--total"], &[], &[]));
}

#[test]
fn every_event_of_a_plan_and_every_statistic_is_documented() {
    let mut events = Vec::new();
    let holes = crate::support::shapes::holes();
    for trace in [&["plan"][..], &["plan", "--trace"], &["plan", "--write"]] {
        events.extend(command::json(trace, holes.image.path(), &[b"/all"]));
        events.extend(command::json(trace, files::fragmented()[0].0.path(), &[b"/f"]));
    }
    // Past the end of a truncated image.
    let image = Image::new(1024, 1 << 20, &[]);
    image.write_bytes("/f", &vec![b'x'; 100_000]);
    let file = std::fs::File::options().write(true).open(image.path()).expect("the image");
    file.set_len(60_000).expect("a shorter image");
    let ran = command::on(&["plan", "--json"], image.path(), &[b"/f"]);
    events.extend(command::lines(&ran.stdout));
    assert_documented("plan", &events);
    let ran = command::on(&["cat", "--stats=json"], holes.image.path(), &[b"/all"]);
    assert_documented("cat", &command::lines(ran.stderr.as_bytes()));
}

#[test]
fn errors_have_the_keys_that_are_documented() {
    let image = gallery::needs_recovery();
    let ran = command::on(&["ls", "--json"], image.path(), &[]);
    let without_path = command::error(&ran);
    let (_, sound, _) = &tree::all()[0];
    let ran = command::on(&["cat", "--json"], sound.path(), &[b"/none"]);
    let error = command::error(&ran);
    let keys = |error: &Value| error.as_object().expect("an object").keys().cloned().collect();
    let (found, fewer): (BTreeSet<String>, BTreeSet<String>) = (keys(&error), keys(&without_path));
    let expected = ["code", "exit", "image", "path", "reason"].map(str::to_owned);
    assert_eq!(found, BTreeSet::from(expected));
    assert_eq!(found.difference(&fewer).collect::<Vec<_>>(), ["path"]);
}
