//! What an extraction promises, on a real directory.

mod attributes;
mod hostile;
// Made for the integration tests, and under their lints.
#[allow(clippy::arithmetic_side_effects)]
#[path = "../../../tests/support/skip.rs"]
mod skip;
mod tree;
mod user;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use super::*;
use skip::skipped;

/// Mode, and what is of no interest.
pub fn meta(mode: u16) -> Meta<'static> {
    let time = (1_000_000_000, 123_456_789);
    Meta { attributes: Attributes { mode, uid: 0, gid: 0, atime: time, mtime: time }, xattrs: &[] }
}

pub const KEEP_ALL: Keep = Keep { owner: true, set_id: true };

/// A directory that an ordinary user may use as well, removed with all that is in it.
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    pub fn new() -> Self {
        Self(tempfile::Builder::new().prefix("mpimg-extract-").tempdir().unwrap())
    }

    pub fn join(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The standard library holds a descriptor a level, and cannot search what it may not.
        let path = self.0.path();
        let _ = Command::new("chmod").args(["-R", "u+rwx"]).arg(path).output();
        let _ = Command::new("rm").arg("-rf").arg(path).output();
    }
}

pub fn file(out: &mut Extraction, name: &[u8], content: &[u8], meta: &Meta<'_>) -> Result<()> {
    let file = out.create(name, meta)?;
    file.write_at(content, 0).unwrap();
    out.publish(file, name, meta)
}

/// Every path below a directory with mode, size, time of writing, links and the like, sorted.
pub fn listing(dir: &Path) -> String {
    let format = "%P %y %m %U %G %n %T@ %s %l\\n";
    let found = Command::new("find").arg(dir).args(["-printf", format]).output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    let text = String::from_utf8_lossy(&found.stdout).into_owned();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

pub fn names(dir: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

pub fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().mode() & 0o7777
}

/// What was lost: kind, count, path.
pub fn lost(out: &Extraction) -> Vec<(LossKind, u64, String)> {
    let path = |loss: &Loss| String::from_utf8_lossy(&loss.path).into_owned();
    out.losses().map(|loss| (loss.kind, loss.count, path(loss))).collect()
}

pub fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Whether this is root's, without which `test` is skipped.
#[track_caller]
pub fn needs_root(test: &str) -> bool {
    if !is_root() {
        skipped(test, "only root may do what it does");
    }
    is_root()
}

/// Runs the test `name` again in a process of its own that a shell prepares, and says whether this
/// is the first process, which has nothing left to do.
pub fn again(name: &str, prepared: &str) -> bool {
    const CHILD: &str = "MPIMG_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return false;
    }
    // Standard input stands for the program where the way to it is closed to the user.
    let program = fs::File::open(std::env::current_exe().unwrap()).unwrap();
    let name = format!("host::extract::tests::{name}");
    let ran = Command::new("sh")
        .args(["-c", prepared, "sh", "/proc/self/fd/0", "--exact", &name, "--nocapture"])
        .env(CHILD, "1")
        .stdin(program)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && out.contains(" 1 passed"), "{out}\n{err}");
    true
}
