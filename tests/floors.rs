//! The source tree keeps its own rules: imports point down, one floor prints, files stay short.
//!
//! A rule that only a reviewer knows is a rule until the first busy week.

// A helper that fails is a test that fails.
#![allow(clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// The floors, lowest first. A floor may import those before it.
const FLOORS: &[&str] = &["device", "mpage", "fs", "host", "cli"];

/// Crates that only the command line may use.
const CLI_CRATES: &[&str] = &["anyhow", "clap", "clap_complete", "indicatif"];

/// What prints or exits.
const OUTPUT: &[&str] = &[
    "print!(",
    "println!(",
    "eprint!(",
    "eprintln!(",
    "process::exit",
    "process::abort",
    "io::stdout",
    "io::stderr",
];

const MOST_LINES: usize = 400;

/// A source file: its path below `src`, and its text without comments and literals.
struct Source {
    path: PathBuf,
    text: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut pending = vec![root.clone()];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(&dir).expect("src is readable") {
            let path = entry.expect("src is readable").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let code = code_of(&text);
                let path = path.strip_prefix(&root).expect("below src").to_owned();
                found.push(Source { path, text, code });
            }
        }
    }
    assert!(found.len() > 5, "the source tree was found");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Collects what `judge` finds wrong in any file, and fails with all of it.
fn assert_none(judge: impl Fn(&Source) -> Vec<String>) {
    let wrong: Vec<_> = sources()
        .iter()
        .flat_map(|source| {
            let path = source.path.display().to_string();
            judge(source).into_iter().map(move |what| format!("src/{path}: {what}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn imports_point_down_only() {
    assert_none(|source| {
        let Some(floor) = floor_of(&source.path) else { return Vec::new() };
        let above = &FLOORS[floor + 1..];
        let named = floors_named(&source.code);
        let wrong = named.into_iter().filter(|name| above.contains(&name.as_str()));
        wrong.map(|name| format!("{} knows of {name}, a floor above it", FLOORS[floor])).collect()
    });
}

#[test]
fn only_the_command_line_uses_its_crates() {
    assert_none(|source| {
        if is_cli(&source.path) {
            return Vec::new();
        }
        let used = CLI_CRATES.iter().filter(|name| words(&source.code).any(|w| w == **name));
        used.map(|name| format!("{name} is for the command line only")).collect()
    });
}

#[test]
fn only_the_command_line_prints_and_exits() {
    assert_none(|source| {
        if is_cli(&source.path) {
            return Vec::new();
        }
        let used = OUTPUT.iter().filter(|what| mentions(&source.code, what));
        used.map(|what| format!("{what} is for the command line only")).collect()
    });
}

#[test]
fn files_are_short_and_say_what_they_own() {
    assert_none(|source| {
        let mut wrong = Vec::new();
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{lines} lines, of {MOST_LINES} at most"));
        }
        if !source.text.starts_with("//!") {
            wrong.push("does not open by saying what it owns".to_owned());
        }
        wrong
    });
}

#[test]
fn nothing_is_left_to_do() {
    assert_none(|source| {
        let used = ["todo!", "unimplemented!", "dbg!"];
        let used = used.iter().filter(|what| mentions(&source.code, what));
        used.map(|what| format!("{what} is left in it")).collect()
    });
}

fn is_cli(path: &Path) -> bool {
    path == Path::new("main.rs") || path.starts_with("cli")
}

/// The floor that a file is on; none for `main.rs` and `lib.rs`, which name them all.
fn floor_of(path: &Path) -> Option<usize> {
    let first = path.components().next()?.as_os_str().to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    FLOORS.iter().position(|floor| *floor == name)
}

/// The floors that code names: after `crate::` and after any number of `super::`, alone or in
/// braces.
fn floors_named(code: &str) -> Vec<String> {
    let code: String = code.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ::", "::");
    let mut named = Vec::new();
    for root in ["crate::", "super::", "mpimg::"] {
        for (at, _) in code.match_indices(root) {
            let rest = code[at + root.len()..].trim_start();
            named.extend(heads(rest).into_iter().filter(|head| FLOORS.contains(&head.as_str())));
        }
    }
    named.sort();
    named.dedup();
    named
}

/// The first names of a path's continuation: `a` of `a::b`, `a` and `c` of `{a::b, c}`.
fn heads(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return words(rest).next().map(str::to_owned).into_iter().collect();
    };
    let mut depth = 0_usize;
    let mut start = 0;
    let mut found = Vec::new();
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.extend(words(&group[start..at]).next().map(str::to_owned));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether `what` stands in `code` by itself: `print!(` is not in `eprint!(`.
fn mentions(code: &str, what: &str) -> bool {
    code.match_indices(what)
        .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Rust without comments and with empty string literals, so that prose breaks no rule.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(len) = literal(rest, &code) {
            code.push_str("\"\"");
            len
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skip..];
    }
    code
}

/// The length of the block comment at the start of `text`; they nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// The length of the string or character literal at the start of `text`, if one is there.
/// `before` tells a raw string's `r` from the end of a name.
fn literal(text: &str, before: &str) -> Option<usize> {
    let in_name = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    if let Some(raw) = text.strip_prefix('r').filter(|_| !in_name || before.ends_with('b')) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = &raw[hashes + 1..];
            return body.find(&end).map(|at| 1 + hashes + 1 + at + end.len());
        }
    }
    let quote = text.chars().next().filter(|c| *c == '"' || *c == '\'')?;
    let mut chars = text.char_indices().skip(1);
    let mut count = 0;
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some(at + 1);
        }
        if c == '\\' {
            chars.next();
            count += 1;
        }
        // `'a` with no quote after one character is a lifetime.
        count += 1;
        if quote == '\'' && count == 1 && !text[at + c.len_utf8()..].starts_with('\'') {
            return None;
        }
    }
    None
}

#[test]
fn the_scanner_tells_code_from_prose() {
    let code =
        code_of("a /* todo! /* x */ y */ b // println!(\n\"todo!\" r#\"x\"y\"# 'q' b'\\'' c");
    assert_eq!(
        code.split_whitespace().collect::<Vec<_>>(),
        ["a", "b", "\"\"", "\"\"", "\"\"", "b\"\"", "c"]
    );
    assert_eq!(code_of("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
    assert_eq!(code_of("'\"' x '\\u{1b}' y"), "\"\" x \"\" y");
    assert!(mentions("x; println!(", "println!(") && !mentions("eprintln!(", "println!("));
}

#[test]
fn the_scanner_finds_floors_however_they_are_named() {
    assert_eq!(floors_named("use crate::fs::Inode;"), ["fs"]);
    assert_eq!(floors_named("use crate::{device::{File, fs}, mpage};"), ["device", "mpage"]);
    assert_eq!(floors_named("super::super::cli::run()"), ["cli"]);
    assert_eq!(floors_named("use std::fs; rustix::fs::stat(); mpimg::host::x"), ["host"]);
    assert_eq!(floor_of(Path::new("fs/inode.rs")), Some(2));
    assert_eq!(floor_of(Path::new("device.rs")), Some(0));
    assert_eq!(floor_of(Path::new("lib.rs")), None);
}
