//! What the help promises: examples that parse, and the codes of the table.

use std::path::Path;

use crate::support::process;

/// The help of the program and of each command, as it is printed.
fn pages() -> Vec<(String, String)> {
    let mut command = mpimg::cli::command().disable_help_subcommand(true);
    command.build();
    let mut names = Vec::new();
    for sub in command.get_subcommands() {
        names.push(sub.get_name().to_owned());
        let below = sub.get_subcommands().filter(|below| below.get_name() != "help");
        names.extend(below.map(|below| format!("{} {}", sub.get_name(), below.get_name())));
    }
    let page = |name: String| {
        let args: Vec<_> = name.split_whitespace().chain(["--help"]).collect();
        let ran = process::run(&args);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{name}");
        (name.clone(), ran.text())
    };
    std::iter::once(String::new()).chain(names).map(page).collect()
}

/// The lines below `Examples:`.
fn examples(page: &str) -> Vec<&str> {
    let from = page.lines().skip_while(|line| *line != "Examples:").skip(1);
    from.take_while(|line| line.starts_with("  ")).map(str::trim).collect()
}

/// The words of `mpimg` in an example, as a shell would take it apart: without what feeds it or stands
/// in its environment, what it hands on to, and the remark behind two spaces.
fn words(example: &str) -> Vec<String> {
    let from = match example.find("| mpimg ") {
        Some(pipe) => pipe + 2,
        None => example.find("mpimg ").unwrap(),
    };
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in example[from..].chars().chain([' ']) {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted && word.is_empty() => break,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            '|' | '>' if !quoted => break,
            c => word.push(c),
        }
    }
    words
}

#[test]
fn every_command_has_examples_that_parse() {
    for (name, page) in pages() {
        let examples = examples(&page);
        assert!(examples.len() >= 2, "{name}: {examples:?}");
        for example in examples {
            let words = words(example);
            assert_eq!(words[0], "mpimg", "{example}");
            let parsed = mpimg::cli::command().try_get_matches_from(&words);
            let matches = parsed.unwrap_or_else(|error| panic!("{example}\n{error}"));
            let found = matches.subcommand().map(|(found, below)| match below.subcommand_name() {
                Some(below) if name.contains(' ') => format!("{found} {below}"),
                _ => found.to_owned(),
            });
            let of_this = name.is_empty() || found.as_deref() == Some(&name);
            assert!(of_this, "{example} is no example of {name}");
        }
    }
}

#[test]
fn the_codes_in_the_help_are_those_of_the_table() {
    let (_, page) = pages().remove(0);
    let table = page.lines().skip_while(|line| *line != "Exit codes:").skip(1);
    let code = |line: &str| line.strip_prefix("  ")?.split(' ').next()?.parse::<u8>().ok();
    let codes: Vec<_> = table.map_while(code).collect();
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn the_readme_tells_the_same_codes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let code = |line: &str| {
        let cell = line.strip_prefix('|')?.split('|').next()?.trim().trim_matches('`');
        cell.parse::<u8>().ok()
    };
    let codes: Vec<_> = readme.lines().filter_map(code).collect();
    assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn every_option_and_argument_is_explained() {
    let mut command = mpimg::cli::command();
    command.build();
    let below = command.get_subcommands().flat_map(clap::Command::get_subcommands);
    for sub in command.get_subcommands().chain(below) {
        assert!(sub.get_about().is_some(), "{}", sub.get_name());
        for arg in sub.get_arguments() {
            assert!(arg.get_help().is_some(), "{} {}", sub.get_name(), arg.get_id());
        }
    }
}
