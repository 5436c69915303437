//! The golden problems: what the seed's own code does, event by event, against what we plan.
//!
//! The folder is `tests/data/golden`, or the one that `MPIMG_GOLDEN` names.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/golden.rs"]
mod support;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use support::{Do, Problem};

fn folder() -> PathBuf {
    std::env::var_os("MPIMG_GOLDEN").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden"),
        PathBuf::from,
    )
}

/// The `.txt` problems of a folder and what stands beside them, by name.
fn problems(folder: &Path) -> BTreeMap<String, (String, String)> {
    let entries =
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let read = |path: &Path| {
                std::fs::read_to_string(path)
                    .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            };
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            found.insert(name, (read(&path), read(&path.with_extension("jsonl"))));
        }
    }
    found
}

/// The first event in which two plans differ, with its neighbours.
fn difference(ours: &[String], golden: &[&str]) -> Option<String> {
    let at = (0..ours.len().max(golden.len()))
        .find(|&at| ours.get(at).map(String::as_str) != golden.get(at).copied())?;
    let mut text = format!("event {} of {} differs\n", at + 1, golden.len());
    for before in golden.iter().take(at).skip(at.saturating_sub(3)) {
        text += &format!("    both   {before}\n");
    }
    for index in at..at + 3 {
        let ours = ours.get(index).map_or("(no event)", String::as_str);
        text += &format!("    ours   {ours}\n");
    }
    for index in at..at + 3 {
        text += &format!("    golden {}\n", golden.get(index).unwrap_or(&"(no event)"));
    }
    Some(text)
}

#[test]
fn golden_problems_are_planned_event_by_event() {
    let folder = folder();
    let (mut reads, mut writes) = (0, 0);
    let mut failures = Vec::new();
    for (name, (text, golden)) in problems(&folder) {
        let problem = Problem::parse(&text);
        match problem.op {
            Do::Writepages => writes += 1,
            _ => reads += 1,
        }
        let golden: Vec<&str> = golden.lines().collect();
        if let Some(difference) = difference(&problem.plan(), &golden) {
            failures.push(format!("{name}: {difference}"));
        }
    }
    // Not `println`, which the test runner keeps to itself when a test passes.
    let mut out = std::io::stderr();
    let differ = failures.len();
    writeln!(out, "golden: {reads} reads and {writes} writes compared, {differ} differ").unwrap();
    assert!(reads + writes > 0, "no problem in {}", folder.display());
    assert!(failures.is_empty(), "{differ} differ\n{}", failures.join("\n"));
}

#[test]
fn golden_difference_names_the_first_event() {
    let ours = ["a", "b", "x"].map(str::to_owned);
    let text = difference(&ours, &["a", "b", "c", "d"]).unwrap();
    assert!(text.starts_with("event 3 of 4 differs\n    both   a\n    both   b\n    ours   x\n"));
    assert!(text.contains("    golden c\n    golden d\n"));
    assert_eq!(difference(&ours, &["a", "b", "x"]), None);
}
