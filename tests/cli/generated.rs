//! `completions/` and `man/` are what the command line generates: `UPDATE=1` writes them anew.
//!
//! Manual pages carry no date, so that the same command line gives the same bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clap_complete::{Shell, generate};
use clap_mangen::Man;

/// The files of a directory, by name.
type Files = BTreeMap<String, Vec<u8>>;

/// Compares a directory of the repository with what it should hold, or makes it so.
#[track_caller]
fn assert_directory(name: &str, expected: &Files) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    if std::env::var_os("UPDATE").is_some() {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("the repository is writable");
        for (file, bytes) in expected {
            fs::write(dir.join(file), bytes).expect("the repository is writable");
        }
    }
    let entries = fs::read_dir(&dir).map(|entries| entries.flatten().collect()).unwrap_or(vec![]);
    let name_of = |entry: &fs::DirEntry| entry.file_name().into_string().expect("a plain name");
    let found: Files = entries
        .iter()
        .map(|entry| (name_of(entry), fs::read(entry.path()).expect("a readable file")))
        .collect();
    let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
    let how = "UPDATE=1 cargo test --release --test cli generated";
    assert_eq!(names(&found), names(expected), "{name}/ is behind: {how}");
    for (file, bytes) in expected {
        assert!(found[file] == *bytes, "{name}/{file} is behind: {how}");
    }
}

#[test]
fn completions_are_those_of_the_command_line() {
    let mut files = Files::new();
    for (shell, file) in [
        (Shell::Bash, "mpimg.bash"),
        (Shell::Elvish, "mpimg.elv"),
        (Shell::Fish, "mpimg.fish"),
        (Shell::PowerShell, "_mpimg.ps1"),
        (Shell::Zsh, "_mpimg"),
    ] {
        let mut bytes = Vec::new();
        generate(shell, &mut mpimg::cli::command(), "mpimg", &mut bytes);
        files.insert(file.into(), bytes);
    }
    assert_directory("completions", &files);
}

#[test]
fn manual_pages_are_those_of_the_command_line() {
    let mut command = mpimg::cli::command().disable_help_subcommand(true);
    command.build();
    let mut files = Files::new();
    files.insert("mpimg.1".into(), page(command.clone()));
    add_pages(&mut files, &command, "mpimg");
    assert!(files.len() >= 8, "{:?}", files.keys());
    for (file, bytes) in &files {
        let text = std::str::from_utf8(bytes).expect("a page is text");
        assert!(text.contains(".SH NAME") && text.contains("Examples:"), "{file}");
    }
    assert_directory("man", &files);
}

/// Adds the pages of the commands below one.
fn add_pages(files: &mut Files, command: &clap::Command, above: &str) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let name: &'static str = format!("{above}-{}", sub.get_name()).leak();
        files.insert(format!("{name}.1"), page(sub.clone().name(name)));
        add_pages(files, sub, name);
    }
}

/// A manual page without a date.
fn page(command: clap::Command) -> Vec<u8> {
    let mut bytes = Vec::new();
    let title = command.get_name().to_uppercase();
    let source = concat!("mpimg ", env!("CARGO_PKG_VERSION"));
    // A date that is empty would hand its place on to what follows.
    let page = Man::new(command).title(title).section("1").date(" ").source(source).manual("mpimg");
    page.render(&mut bytes).expect("memory takes it");
    let text = String::from_utf8(bytes).expect("a page is text");
    text.replace(".SH EXTRA", ".SH EXAMPLES AND NOTES").into_bytes()
}
