//! What a scan promises, on real directories.

mod attributes;
mod changes;
mod trees;
mod user;

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
// Made for the integration tests, and under their lints.
#[allow(clippy::arithmetic_side_effects, clippy::duplicate_mod)]
#[path = "../../../tests/support/skip.rs"]
mod skip;

use crate::fs::{Contents, FileType, NodeId, Place, View};
use skip::skipped;

/// A directory, removed with all that is in it, however deep.
struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("mpimg-scan-").tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn join(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    fn file(&self, path: &str, content: &[u8]) -> PathBuf {
        let path = self.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn scan(&self) -> Scan {
        with(self.path(), &ScanOptions::default())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The standard library holds a descriptor a level, and cannot search what it may not.
        let _ = Command::new("chmod").args(["-R", "u+rwx"]).arg(self.path()).output();
        let _ = Command::new("rm").arg("-rf").arg(self.path()).output();
    }
}

fn with(dir: &Path, options: &ScanOptions) -> Scan {
    scan(dir, options, &|_| {}).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn errors(dir: &Path) -> Vec<String> {
    let errors = scan(dir, &ScanOptions::default(), &|_| {}).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

fn find(scan: &Scan, path: &str) -> NodeId {
    let names = path.split('/').filter(|name| !name.is_empty());
    names.fold(Inventory::ROOT, |at, name| scan.inventory.lookup(at, name.as_bytes()).unwrap())
}

fn view<'a>(scan: &'a Scan, path: &str) -> View<'a> {
    scan.inventory.view(find(scan, path))
}

/// The bytes of a file, read in pieces of a length.
fn read(scan: &Scan, path: &str, piece: usize) -> Result<Vec<u8>, HostError> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let directory = find(scan, directory);
    let node = find(scan, path);
    let mut bytes = vec![1; usize::try_from(scan.inventory.view(node).len_bytes).unwrap()];
    let mut reader = scan.contents.reader(&scan.inventory);
    for (offset, piece) in (0..).step_by(piece).zip(bytes.chunks_mut(piece)) {
        let place = Place { directory, name: name.as_bytes(), node };
        reader
            .read(place, offset, piece)
            .map_err(|error| error.downcast::<HostError>().unwrap())?;
    }
    Ok(bytes)
}

/// All that an inventory says, but for what its files are known by; links by their first name.
fn dump(scan: &Scan) -> Vec<String> {
    let tree = &scan.inventory;
    let (mut lines, mut seen) = (Vec::new(), HashMap::new());
    let mut pending = vec![(Inventory::ROOT, Vec::new())];
    while let Some((node, path)) = pending.pop() {
        let called = path.escape_ascii().to_string();
        let first = seen.entry(node).or_insert_with(|| called.clone());
        lines.push(format!("{called} = {first}: {:?}", View { origin: 0, ..tree.view(node) }));
        let children = tree.children(node).map(|(name, child)| (child, [&path, name].join(&b'/')));
        pending.extend(children);
    }
    lines
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Whether this is root's, without which `test` is skipped.
#[track_caller]
fn needs_root(test: &str) -> bool {
    if !is_root() {
        skipped(test, "only root may do what it does");
    }
    is_root()
}

/// Runs the test `name` again in a process of its own that a shell prepares, and says whether this
/// is the first process, which has nothing left to do.
fn again(name: &str, prepared: &str) -> bool {
    const CHILD: &str = "MPIMG_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        return false;
    }
    // Standard input stands for the program where the way to it is closed to the user.
    let program = File::open(std::env::current_exe().unwrap()).unwrap();
    let name = format!("host::scan::tests::{name}");
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
