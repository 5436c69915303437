//! Tools that tests run. One that is missing fails the test, and the failure names its package.

#![allow(dead_code, reason = "every test binary compiles this for itself and uses part of it")]

use std::ffi::OsStr;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The Debian package of each tool.
const PACKAGES: [(&str, &str); 3] =
    [("sfdisk", "fdisk"), ("flock", "util-linux"), ("mkfifo", "coreutils")];

/// Starts a tool with piped standard input and output.
pub fn spawn<I: AsRef<OsStr>>(tool: &str, args: impl IntoIterator<Item = I>) -> Child {
    let package = PACKAGES.iter().find(|(name, _)| *name == tool);
    let package = package.unwrap_or_else(|| panic!("name the package of {tool} in {}", file!())).1;
    // The tools of administrators are not on everybody's PATH.
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let child = Command::new(tool)
        .args(args)
        .env("PATH", path)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    child.unwrap_or_else(|e| match e.kind() {
        ErrorKind::NotFound => panic!("{tool} is missing: install the package {package}"),
        _ => panic!("{tool}: {e}"),
    })
}

/// Runs a tool to its end, with `input` for its standard input. It must succeed.
pub fn run<I: AsRef<OsStr>>(tool: &str, args: impl IntoIterator<Item = I>, input: &str) -> String {
    let mut child = spawn(tool, args);
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{tool}: {}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// Makes an image of `size_bytes` with the partitions of an sfdisk script.
pub fn sfdisk(image: &Path, size_bytes: u64, script: &str) {
    std::fs::File::create(image).unwrap().set_len(size_bytes).unwrap();
    run("sfdisk", [OsStr::new("--quiet"), image.as_os_str()], script);
}
