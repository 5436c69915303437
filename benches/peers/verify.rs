//! Whether what a job made is right, as e2fsprogs and diffutils see it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::image::fsck;
use crate::support::tools;

/// Two files are equal.
pub fn same(out: &Path, plain: &Path) -> Result<(), String> {
    settle(Command::new("cmp").arg("-s").arg(out).arg(plain), "wrong output")
}

/// `image` is clean, and holds the file `plain` as `/f`, or the tree `plain` as `/`.
pub fn holds(image: &Path, plain: &Path) -> Result<(), String> {
    fsck(image).map_err(|complaint| format!("e2fsck: {}", first_finding(&complaint)))?;
    if plain.is_dir() { holds_tree(image, plain) } else { holds_file(image, plain) }
}

fn holds_file(image: &Path, plain: &Path) -> Result<(), String> {
    let mut debugfs = tools::command("debugfs");
    let debugfs = debugfs.args(["-R", "cat /f"]).arg(image);
    let mut debugfs =
        debugfs.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("debugfs");
    let content = debugfs.stdout.take().expect("the output is piped");
    let same = settle(
        Command::new("cmp").args(["-s", "-"]).arg(plain).stdin(content),
        "wrong content in the image",
    );
    debugfs.wait().map_err(|e| e.to_string())?;
    same
}

fn holds_tree(image: &Path, plain: &Path) -> Result<(), String> {
    let beside = image.parent().unwrap_or(image);
    let copy = tempfile::tempdir_in(beside).map_err(|e| e.to_string())?;
    let request = format!("rdump / {}", copy.path().display());
    tools::run_ok("debugfs", &["-R".as_ref(), request.as_ref(), image.as_os_str()]);
    same_tree(copy.path(), plain)
}

/// Two trees hold the same files.
pub fn same_tree(copy: &Path, plain: &Path) -> Result<(), String> {
    let mut diff = Command::new("diff");
    let diff = diff.args(["-rq", "--no-dereference", "--exclude=lost+found"]).arg(plain).arg(copy);
    settle(diff, "wrong tree")
}

/// The first line of what e2fsck says that is not the name of a pass.
fn first_finding(complaint: &str) -> &str {
    complaint.lines().find(|line| !line.starts_with("Pass ")).unwrap_or("exit code")
}

/// Runs `command`, whose exit code is the verdict.
fn settle(command: &mut Command, otherwise: &str) -> Result<(), String> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) { Ok(()) } else { Err(otherwise.to_owned()) }
}
