//! `mpimg` as a process: what a script sees of it.
//!
//! ```ignore
//! let ran = process::run(&["cat", image, "/missing"]);
//! assert_eq!(ran.code, Some(1));
//! assert_eq!(ran.stderr, format!("mpimg: {image}:/missing: no such file or directory\n"));
//! ```

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::tools::{self, Ran};

/// The program under test.
pub const MPIMG: &str = env!("CARGO_BIN_EXE_mpimg");

/// `mpimg` in the C locale and UTC, reading nothing.
pub fn command() -> Command {
    let mut command = Command::new(MPIMG);
    command.env("LC_ALL", "C").env("TZ", "UTC").stdin(Stdio::null());
    command
}

/// Runs `mpimg` with `args` to its end.
#[track_caller]
pub fn run<S: AsRef<OsStr>>(args: &[S]) -> Ran {
    tools::capture(command().args(args))
}

/// Runs a shell script with `args` as its `$1` and on; `$MPIMG` is the program.
#[track_caller]
pub fn script<S: AsRef<OsStr>>(script: &str, args: &[S]) -> Ran {
    let mut command = tools::command("bash");
    command.env("MPIMG", MPIMG).args(["-c", script, "bash"]).args(args);
    tools::capture(&mut command)
}

/// The lines of standard error, each of which has to begin with the program's name.
#[track_caller]
pub fn error_lines(stderr: &str) -> Vec<&str> {
    let lines: Vec<_> = stderr.lines().collect();
    for line in &lines {
        let whole = line.starts_with("mpimg: ") && !line.contains('\x1b');
        assert!(whole, "not a line of an error: {line:?} in {stderr}");
    }
    lines
}

/// What a hostile image must not make of a process.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Address space, which bounds memory; a process that asks for more is ended by a signal.
    pub memory_kib: u64,
    /// Processor seconds; a process that takes more is ended by a signal.
    pub cpu_seconds: u64,
    /// Standard output is closed after so many bytes.
    pub output_bytes: usize,
}

/// How a process under [`Limits`] ended.
#[derive(Debug)]
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// Standard output, cut off at the limit.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
    /// How long it took.
    pub took: Duration,
}

impl Limits {
    /// Runs `mpimg` with `args`; `stderr` is a file that is used again and again.
    pub fn run<S: AsRef<OsStr>>(self, args: &[S], stderr: &mut File) -> Ended {
        stderr.set_len(0).expect("a file for standard error");
        stderr.rewind().expect("a file for standard error");
        let Self { memory_kib, cpu_seconds, output_bytes } = self;
        // A process that waits for ever takes no processor time.
        let patience = 4 * cpu_seconds;
        let limit = format!(
            "ulimit -v {memory_kib}; ulimit -t {cpu_seconds}; exec timeout -s KILL {patience} \"$0\" \"$@\""
        );
        let start = Instant::now();
        let mut child = Command::new("sh")
            .args(["-c", &limit, MPIMG])
            .args(args)
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr.try_clone().expect("a file for standard error"))
            .spawn()
            .expect("sh runs");
        let pipe = child.stdout.take().expect("a pipe");
        let mut stdout = Vec::new();
        pipe.take(output_bytes as u64).read_to_end(&mut stdout).expect("a pipe");
        let status = child.wait().expect("the process ends");
        let took = start.elapsed();
        let mut text = String::new();
        stderr.rewind().expect("a file for standard error");
        stderr.read_to_string(&mut text).expect("standard error is text");
        Ended { status, stdout, stderr: text, took }
    }
}

impl Ended {
    /// The exit code, or a complaint about the signal that ended the process.
    pub fn code(&self) -> Result<i32, String> {
        let signal = || format!("ended by signal {:?}", self.status.signal());
        self.status.code().ok_or_else(signal)
    }
}
