//! Host trees that are put into images, and who does it.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::making::EPOCH;
use crate::support::odd::Odd;
use crate::support::tree::Tree;
use crate::support::{process, scratch, tools};

/// A user who may do nothing that others may not.
pub const NOBODY: u32 = 65_534;

/// Whether the test may make devices, give files away, and mount.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").expect("a process").uid() == 0
}

/// A tree in which everything is odd, as far as whoever runs the test can make it.
pub fn odd() -> &'static Path {
    static TREE: OnceLock<TempDir> = OnceLock::new();
    let make = || {
        let dir = scratch::dir();
        let root = is_root();
        Odd { root, xattrs: true, large_files: true, many: 700, block_size: 4096 }.make(dir.path());
        dir
    };
    TREE.get_or_init(make).path()
}

/// A tree of some hundred files in few directories, 3 MB, of the names that `path_of` tells.
pub fn plain() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let tree = Tree::new();
        for index in 0..6 {
            tree.directory(format!("/d{index}"));
        }
        for index in 0..300 {
            let len = [0, 10, 1024, 5_000, 40_001][index % 5];
            tree.pattern(format!("/d{}/f{index:03}", index % 7 % 6), index as u64, len);
        }
        tree.symlink("/d0/link", "f000").symlink("/d1/long", "x/".repeat(150));
        tree.hard_link("/d2/again", "/d0/f000").fifo("/d3/fifo").mode("/d4", 0o2750);
        tree
    })
}

/// A place where an ordinary user can run `mpimg`, which may not look where it was built.
pub struct Ordinary {
    dir: TempDir,
}

impl Ordinary {
    /// A new one, in which he may write.
    pub fn new() -> Self {
        // Scratch may lie where others may not look.
        let dir = tempfile::tempdir().expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).expect("a mode");
        fs::copy(process::MPIMG, dir.path().join("mpimg")).expect("a copy");
        Self { dir }
    }

    /// Where something is.
    pub fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `mpimg create`, by him.
    pub fn create(&self) -> Command {
        let mut command = self.command(&self.at("mpimg"));
        command.env("SOURCE_DATE_EPOCH", EPOCH).arg("create");
        command
    }

    /// A program that he runs.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = if is_root() {
            let mut command = tools::command("setpriv");
            let user = [format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")];
            command.args(user).arg("--clear-groups").arg(program);
            command
        } else {
            tools::command(&program.to_string_lossy())
        };
        command.current_dir(self.dir.path());
        command
    }
}

/// Names that a hash of signed characters and one of unsigned ones tell apart.
pub fn name(index: usize) -> Vec<u8> {
    let mut name = format!("entry-{index:05}-").into_bytes();
    name.resize(12 + index % 41, b'n');
    name.extend("\u{e9}\u{1f980}".as_bytes().iter().take(index % 7));
    name
}

/// A directory `/many` of so many empty files with a [`name`] each.
pub fn many(count: usize) -> Tree {
    let tree = Tree::new();
    tree.directory("/many");
    let many = tree.at("/many");
    for index in 0..count {
        fs::write(many.join(std::ffi::OsStr::from_bytes(&name(index))), b"").expect("a file");
    }
    tree
}
