//! Every dependency's licence goes together with GPL-2.0-only.
//!
//! Apache-2.0 alone does not: its patent clause is a further restriction to the GPL 2. So each
//! package that is built on this host, for the program, its build or its tests, must offer a
//! choice without it.

// A helper that fails is a test that fails.
#![allow(clippy::expect_used, clippy::indexing_slicing)]

use std::process::Command;

use serde_json::Value;

#[test]
fn every_dependency_goes_with_the_gpl() {
    let metadata = metadata();
    let offenders = offenders(&metadata);
    assert!(offenders.is_empty(), "\n{}", offenders.join("\n"));
    let count = packages(&metadata).count();
    assert!(count > 20, "only {count} packages were looked at");
}

#[test]
fn the_package_itself_is_gpl_2() {
    let metadata = metadata();
    let own = packages(&metadata).find(|p| p["name"] == "mpimg").expect("mpimg is a package");
    assert_eq!(own["license"], "GPL-2.0-only");
}

#[test]
fn offenders_are_named_with_their_licence() {
    let packages = r#"{"packages": [
        {"id": "a", "name": "good", "version": "1.0.0", "license": "MIT/Apache-2.0"},
        {"id": "b", "name": "bad", "version": "2.0.0", "license": "Apache-2.0"},
        {"id": "c", "name": "mute", "version": "3.0.0", "license": null},
        {"id": "d", "name": "garbled", "version": "4.0.0", "license": "MIT OR"},
        {"id": "e", "name": "elsewhere", "version": "5.0.0", "license": "Apache-2.0"}
    ], "resolve": {"nodes": [{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}]}}"#;
    let found = offenders(&serde_json::from_str(packages).expect("JSON"));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].contains("bad 2.0.0") && found[0].contains("Apache-2.0"));
    assert!(found[1].contains("mute 3.0.0") && found[1].contains("no licence"));
    assert!(found[2].contains("garbled 4.0.0"));
}

/// The packages that the host's build resolves to.
fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    let nodes = metadata["resolve"]["nodes"].as_array().expect("resolved packages");
    let is_resolved = move |p: &&Value| nodes.iter().any(|node| node["id"] == p["id"]);
    metadata["packages"].as_array().expect("packages").iter().filter(is_resolved)
}

/// A line for each package whose licence will not do.
fn offenders(metadata: &Value) -> Vec<String> {
    let judge = |package: &Value| {
        let licence = package["license"].as_str();
        let complaint = match licence.map(acceptable) {
            Some(Ok(true)) => return None,
            Some(Ok(false)) => format!("{} does not go with GPL-2.0-only", licence?),
            Some(Err(reason)) => format!("{}: {reason}", licence?),
            None => "states no licence expression".to_owned(),
        };
        let text = |key: &str| package[key].as_str().unwrap_or("?").to_owned();
        Some(format!("{} {}: {complaint}", text("name"), text("version")))
    };
    packages(metadata).filter_map(judge).collect()
}

fn metadata() -> Value {
    let host = host_triple();
    let ask = |offline: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host]);
        cargo.args(offline).output().expect("cargo runs")
    };
    let mut output = ask(&["--offline"]);
    if !output.status.success() {
        // What no build has needed yet, a package for another platform for instance, is fetched.
        output = ask(&[]);
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON")
}

fn host_triple() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(output.stdout).expect("rustc prints text");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// Licences that go with GPL-2.0-only.
const ACCEPTABLE: &[&str] = &[
    "0BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "ISC",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Whether some choice that the SPDX `expression` offers is acceptable.
///
/// `(MIT OR Apache-2.0) AND Unicode-3.0` is: one may choose MIT, and Unicode-3.0 goes with the
/// GPL. The older `MIT/Apache-2.0` means OR.
///
/// # Errors
/// It is not an SPDX expression.
fn acceptable(expression: &str) -> Result<bool, String> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut tokens = Tokens { rest: spaced.split_whitespace().collect() };
    let value = tokens.any()?;
    match tokens.peek() {
        None => Ok(value),
        Some(extra) => Err(format!("`{extra}` is not expected")),
    }
}

struct Tokens<'a> {
    rest: Vec<&'a str>,
}

impl<'a> Tokens<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.rest.first().copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let token = self.peek()?;
        self.rest.remove(0);
        Some(token)
    }

    fn take(&mut self, token: &str) -> bool {
        let is_next = self.peek() == Some(token);
        if is_next {
            self.next();
        }
        is_next
    }

    /// `a OR b`: OR binds less than AND.
    fn any(&mut self) -> Result<bool, String> {
        let mut value = self.all()?;
        while self.take("OR") {
            value |= self.all()?;
        }
        Ok(value)
    }

    /// `a AND b`.
    fn all(&mut self) -> Result<bool, String> {
        let mut value = self.one()?;
        while self.take("AND") {
            value &= self.one()?;
        }
        Ok(value)
    }

    /// `(...)`, `a`, or `a WITH exception`: an exception only adds to what `a` permits, so `a`
    /// decides; the few that would make an unacceptable licence acceptable are not relied on.
    fn one(&mut self) -> Result<bool, String> {
        if self.take("(") {
            let value = self.any()?;
            return if self.take(")") { Ok(value) } else { Err("`)` is missing".to_owned()) };
        }
        let licence = self.name()?;
        if self.take("WITH") {
            self.name()?;
        }
        Ok(ACCEPTABLE.contains(&licence))
    }

    fn name(&mut self) -> Result<&'a str, String> {
        match self.next() {
            Some(name) if !["OR", "AND", "WITH", "(", ")"].contains(&name) => Ok(name),
            Some(other) => Err(format!("`{other}` where a licence is expected")),
            None => Err("it ends where a licence is expected".to_owned()),
        }
    }
}

#[test]
fn choices_without_apache_are_acceptable() {
    for yes in [
        "MIT",
        "MIT OR Apache-2.0",
        "Apache-2.0 OR MIT",
        "MIT/Apache-2.0",
        "Apache-2.0 / MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        "GPL-2.0-only WITH Classpath-exception-2.0",
        "Apache-2.0 AND MPL-2.0 OR MIT",
        "((Zlib))",
    ] {
        assert_eq!(acceptable(yes), Ok(true), "{yes}");
    }
}

#[test]
fn apache_alone_and_the_unknown_are_not() {
    for no in [
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "MIT AND Apache-2.0",
        "Apache-2.0 AND (Apache-2.0 OR MIT)",
        "(MIT OR Apache-2.0) AND OpenSSL",
        "GPL-3.0-only",
        "Apache-2.0/GPL-3.0-or-later",
        "mit",
    ] {
        assert_eq!(acceptable(no), Ok(false), "{no}");
    }
}

#[test]
fn what_is_no_expression_is_an_error() {
    for garbled in ["", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT Apache-2.0", "MIT WITH", "()"] {
        assert!(acceptable(garbled).is_err(), "{garbled}");
    }
}
