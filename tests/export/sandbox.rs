//! A place to extract into, with things beside it that nothing may touch; and the five commands
//! that walk a tree, run on an image that wants them to.
//!
//! ```text
//! sandbox/
//!     outside/    what symlinks of the image lead to
//!     dest/       where `get -r` extracts
//! ```

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::image::Image;
use crate::support::process::{Ended, Limits};
use crate::support::{scratch, tools};

const LIMITS: Limits = Limits { memory_kib: 256 << 10, cpu_seconds: 10, output_bytes: 64 << 20 };
const MOST_TIME: Duration = Duration::from_secs(10);
/// Of refused names, fifty a directory are told.
const MOST_LINES: usize = 100;

/// The commands that walk, each with what it needs after the image.
pub const READERS: &[&[&str]] =
    &[&["tar"], &["find"], &["du"], &["du", "-a", "-b"], &["sum", "-r"]];

/// A destination with neighbours.
pub struct Sandbox {
    dir: TempDir,
    before: BTreeMap<PathBuf, String>,
    stderr: File,
}

impl Sandbox {
    /// A new one; the destination is there, and empty.
    pub fn new() -> Self {
        let dir = scratch::dir();
        let outside = dir.path().join("outside");
        fs::create_dir_all(outside.join("dir/inner")).unwrap();
        fs::create_dir(dir.path().join("dest")).unwrap();
        fs::write(outside.join("file"), b"nobody may touch this\n").unwrap();
        fs::write(outside.join("dir/inner/file"), b"nor this\n").unwrap();
        fs::write(outside.join("linked"), b"nor what has two names\n").unwrap();
        fs::hard_link(outside.join("linked"), outside.join("dir/linked")).unwrap();
        symlink("file", outside.join("link")).unwrap();
        let stderr = tempfile::tempfile().unwrap();
        let before = snapshot(dir.path());
        Self { dir, before, stderr }
    }

    /// Where things are extracted.
    pub fn dest(&self) -> PathBuf {
        self.dir.path().join("dest")
    }

    /// What must not be touched.
    pub fn outside(&self) -> PathBuf {
        self.dir.path().join("outside")
    }

    /// Removes what was extracted, and all planted there.
    pub fn empty_dest(&mut self) {
        fs::remove_dir_all(self.dest()).unwrap();
        fs::create_dir(self.dest()).unwrap();
        self.before = snapshot(self.dir.path());
    }

    /// Puts something into the destination; what that does outside is not held against the image.
    pub fn plant(&mut self, plant: impl FnOnce(&Path, &Path)) {
        plant(&self.dest(), &self.outside());
        self.before = snapshot(self.dir.path());
    }

    /// Extracts the whole image into the destination, and looks at what happened.
    #[track_caller]
    pub fn get(&mut self, image: &Image, what: &str) -> Ended {
        let ended = self.get_unwatched(image, what);
        self.assert_untouched(what);
        ended
    }

    /// As [`Sandbox::get`]; what it did outside is the caller's to judge.
    #[track_caller]
    pub fn get_unwatched(&mut self, image: &Image, what: &str) -> Ended {
        let dest = self.dest();
        let args = ["get".as_ref(), "-r".as_ref(), "-p".as_ref(), "--same-owner".as_ref()];
        let paths = [image.path().as_os_str(), "/".as_ref(), dest.as_os_str()];
        self.run(&[&args[..], &paths].concat(), &format!("{what}: get"))
    }

    /// Runs each command of [`READERS`], and looks at what happened; and at the archive's names.
    #[track_caller]
    pub fn read(&mut self, image: &Image, what: &str, mut judge: impl FnMut(&str, &Ended)) {
        for reader in READERS {
            let what = format!("{what}: {}", reader.join(" "));
            let mut args: Vec<_> = reader.iter().map(OsStr::new).collect();
            args.extend([image.path().as_os_str(), "/".as_ref()]);
            let ended = self.run(&args, &what);
            if reader[0] == "tar" && ended.stdout.len() < LIMITS.output_bytes {
                let whole = !ended.stderr.contains("no more is read");
                judge_archive(&ended.stdout, whole, &what);
            }
            self.assert_untouched(&what);
            judge(&what, &ended);
        }
    }

    #[track_caller]
    fn run(&mut self, args: &[&OsStr], what: &str) -> Ended {
        let ended = LIMITS.run(args, &mut self.stderr);
        let code = ended.code().unwrap_or_else(|why| panic!("{what}: {why}: {}", ended.stderr));
        assert!(ended.took < MOST_TIME, "{what}: took {:?}", ended.took);
        assert!([0, 1, 3, 4, 8].contains(&code), "{what}: exit code {code}: {}", ended.stderr);
        let lines: Vec<_> = ended.stderr.lines().collect();
        assert_eq!(code != 0, !lines.is_empty(), "{what}: exit code {code}: {lines:?}");
        assert!(lines.len() <= MOST_LINES, "{what}: {} lines: {:?}", lines.len(), &lines[..3]);
        for line in lines {
            let whole = line.starts_with("mpimg: ") && !line.chars().any(char::is_control);
            assert!(whole, "{what}: a line of standard error: {line:?}");
        }
        ended
    }

    /// Fails where something beside the destination is not what it was.
    #[track_caller]
    pub fn assert_untouched(&self, what: &str) {
        let after = snapshot(self.dir.path());
        let paths = self.before.keys().chain(after.keys());
        for path in paths {
            assert_eq!(after.get(path), self.before.get(path), "{what}: {}", path.display());
        }
    }
}

/// No name of the archive is absolute or climbs, and GNU tar reads all of it, if it is whole.
#[track_caller]
fn judge_archive(archive: &[u8], whole: bool, what: &str) {
    let mut command = tools::command("tar");
    command.args(["-tP", "--quoting-style=escape"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(archive));
        child.wait_with_output().unwrap()
    });
    let complaints = String::from_utf8_lossy(&output.stderr);
    let fine = !whole || (output.status.success() && complaints.is_empty());
    assert!(fine, "{what} | tar t: {complaints}");
    for name in String::from_utf8(output.stdout).unwrap().lines() {
        let climbs = name.split('/').any(|part| part == "..");
        assert!(!climbs && !name.starts_with('/'), "{what}: the archive has {name:?}");
    }
}

/// Everything below `root` but the destination: what it is, says and holds, and when it changed.
fn snapshot(root: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(path) = pending.pop() {
        let stat = fs::symlink_metadata(&path).unwrap();
        let ids = (stat.mode(), stat.uid(), stat.gid(), stat.nlink(), stat.len(), stat.ino());
        let times = (stat.mtime(), stat.mtime_nsec(), stat.ctime(), stat.ctime_nsec());
        // A new file beside the others shows as a path; the time alone tells of the destination.
        let said = if path == root { String::new() } else { format!("{ids:?} {times:?}") };
        let holds = if stat.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
        found.insert(path.clone(), format!("{said} {:?}", String::from_utf8_lossy(&holds)));
        if stat.is_dir() {
            let entries = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path());
            pending.extend(entries.filter(|path| *path != root.join("dest")));
        }
    }
    found
}
