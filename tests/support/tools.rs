//! External tools: found, run, and named with their Debian package when they are missing.
//!
//! A missing tool fails the test: a suite that silently checks less on some hosts is worse than
//! one that says what to install.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Debian packages of the tools in use.
const PACKAGES: &[(&str, &[&str])] = &[
    ("e2fsprogs", &["mke2fs", "debugfs", "e2fsck", "dumpe2fs", "tune2fs", "resize2fs", "chattr"]),
    ("e2tools", &["e2cp", "e2ls"]),
    ("fuse2fs", &["fuse2fs"]),
    ("genext2fs", &["genext2fs"]),
    ("gzip", &["gzip"]),
    ("xz-utils", &["xz"]),
    ("zstd", &["zstd"]),
    ("7zip", &["7z"]),
    ("strace", &["strace"]),
    ("fdisk", &["sfdisk"]),
    ("util-linux", &["taskset", "losetup", "unshare", "flock", "setpriv"]),
    ("bsdutils", &["script"]),
    ("dmsetup", &["dmsetup"]),
    ("mount", &["mount", "umount"]),
    ("libcap2-bin", &["setcap", "getcap"]),
    ("acl", &["setfacl", "getfacl"]),
    ("attr", &["setfattr", "getfattr"]),
    ("time", &["time"]),
    ("tar", &["tar"]),
    ("python3", &["python3"]),
    ("bash", &["bash"]),
    ("findutils", &["find"]),
    ("coreutils", &["cat", "cp", "date", "df", "du", "ls", "mkfifo", "mv"]),
];

/// What a tool said.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error, as text.
    pub stderr: String,
}

impl Ran {
    /// Standard output as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// The Debian package that has `program`.
pub fn package(program: &str) -> &'static str {
    let holds = |(_, programs): &&(&str, &[&str])| programs.contains(&program);
    PACKAGES.iter().find(holds).map_or("(unknown)", |(package, _)| package)
}

/// Where `program` is, looking where administrators' tools are too: a user's `PATH` lacks them.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let admin = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    let is_file = |p: &PathBuf| p.is_file();
    std::env::split_paths(&path).chain(admin).map(|dir| dir.join(program)).find(is_file)
}

/// Where `program` is; fails the test when it is not installed.
#[track_caller]
pub fn require(program: &str) -> PathBuf {
    find(program).unwrap_or_else(|| missing(program))
}

/// Fails the test for want of `program`.
#[track_caller]
pub fn missing(program: &str) -> ! {
    panic!("{program} is not installed: it is in the Debian package {}", package(program))
}

/// A command that runs `program` in the C locale and UTC, reading nothing.
#[track_caller]
pub fn command(program: &str) -> Command {
    let mut command = Command::new(require(program));
    command.env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null());
    command
}

/// Runs `command` to its end.
#[track_caller]
pub fn capture(command: &mut Command) -> Ran {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    Ran {
        code: output.status.code(),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs `program` with `args`; the exit code is the caller's to judge.
#[track_caller]
pub fn run<S: AsRef<OsStr>>(program: &str, args: &[S]) -> Ran {
    capture(command(program).args(args))
}

/// Runs `command` and fails the test unless it exits 0.
#[track_caller]
pub fn succeed(command: &mut Command) -> Ran {
    let ran = capture(command);
    assert_eq!(ran.code, Some(0), "{command:?}\n{}{}", ran.text(), ran.stderr);
    ran
}

/// Runs `program` with `args` and fails the test unless it exits 0.
#[track_caller]
pub fn run_ok<S: AsRef<OsStr>>(program: &str, args: &[S]) -> Ran {
    succeed(command(program).args(args))
}

/// Copies a file with its holes, sharing blocks where the host can.
#[track_caller]
pub fn copy_sparse(from: &Path, to: &Path) {
    succeed(command("cp").args(["--sparse=always", "--reflink=auto", "--"]).arg(from).arg(to));
}
