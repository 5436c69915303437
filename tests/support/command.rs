//! Runs the `mpimg` under test as a process, in UTC and the C locale.
//!
//! ```ignore
//! assert_eq!(command::ok(&["cat"], image.path(), &[b"/hello"]), b"Hello from ext2.\n");
//! assert_eq!(command::run(["ls", "no-such-image"]).code, Some(1));
//! ```

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::tools::{self, Ran};

/// A command that runs `mpimg`, reading nothing.
pub fn new() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpimg"));
    command.env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null());
    command
}

/// Runs `mpimg` with `args`; the exit code is the caller's to judge.
#[track_caller]
pub fn run<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    tools::capture(new().args(args))
}

/// Runs `mpimg COMMAND [OPTIONS] IMG PATH...` for an image and paths of any bytes.
#[track_caller]
pub fn on(command_and_options: &[&str], image: &Path, paths: &[&[u8]]) -> Ran {
    let mut command = new();
    command.args(command_and_options).arg("--").arg(image);
    command.args(paths.iter().map(|path| OsStr::from_bytes(path)));
    tools::capture(&mut command)
}

/// As [`on`], and fails the test unless it exits 0 and says nothing on standard error.
#[track_caller]
pub fn ok(command_and_options: &[&str], image: &Path, paths: &[&[u8]]) -> Vec<u8> {
    let ran = on(command_and_options, image, paths);
    let what = command_and_options.join(" ");
    assert_eq!(ran.code, Some(0), "mpimg {what} {}: {}", image.display(), ran.stderr);
    assert_eq!(ran.stderr, "", "mpimg {what} {}", image.display());
    ran.stdout
}

/// As [`ok`], with `--json`: an object a line.
#[track_caller]
pub fn json(command_and_options: &[&str], image: &Path, paths: &[&[u8]]) -> Vec<Value> {
    let options = [command_and_options, &["--json"]].concat();
    lines(&ok(&options, image, paths))
}

/// The objects of JSON lines.
#[track_caller]
pub fn lines(text: &[u8]) -> Vec<Value> {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("a line of JSON")).collect()
}

/// The error that `--json` wrote to standard error: a single one.
#[track_caller]
pub fn error(ran: &Ran) -> Value {
    let lines = lines(ran.stderr.as_bytes());
    let [line] = &lines[..] else { panic!("one error, not {lines:?}") };
    assert_eq!(line["error"]["exit"], ran.code.expect("an exit code"), "{line}");
    line["error"].clone()
}

/// A name or path of a JSON object, whole also where it is not UTF-8.
#[track_caller]
pub fn bytes(object: &Value, key: &str) -> Option<Vec<u8>> {
    match object.get(format!("{key}_hex")) {
        Some(hex) => Some(unhex(hex.as_str().expect("a string"))),
        None => object.get(key).map(|text| text.as_str().expect("a string").into()),
    }
}

/// Bytes from hexadecimal digits.
#[track_caller]
pub fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal digits")).collect()
}
