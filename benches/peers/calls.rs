//! What a job asks of the kernel: its calls on the image, all its calls, and its peak memory.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::job::{Job, Line};
use crate::peers::line;
use crate::support::tools;

/// System calls of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// Those that take data from the image.
    pub reads: Moved,
    /// Those that put data into it.
    pub writes: Moved,
    /// Mappings of the image: what is read through one is no call, and not in `reads`.
    pub mmaps: u64,
    /// Every call from the program's start on.
    pub all: u64,
}

/// Calls that move data one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// How many.
    pub calls: u64,
    /// Bytes that they moved.
    pub bytes: u64,
}

/// Which way a call moves data.
#[derive(Debug, Clone, Copy)]
enum Way {
    FromImage,
    ToImage,
}

impl Calls {
    fn moved(&mut self, way: Way) -> &mut Moved {
        match way {
            Way::FromImage => &mut self.reads,
            Way::ToImage => &mut self.writes,
        }
    }
}

/// The way that a call takes which names the image: as its first descriptor, or as a later one.
fn way(name: &str, is_first: bool) -> Option<Way> {
    match name {
        "read" | "readv" | "pread64" | "preadv" | "preadv2" => Some(Way::FromImage),
        "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2" => Some(Way::ToImage),
        // From the first to the second.
        "copy_file_range" | "splice" => Some(if is_first { Way::FromImage } else { Way::ToImage }),
        // To the first from the second.
        "sendfile" => Some(if is_first { Way::ToImage } else { Way::FromImage }),
        _ => None,
    }
}

/// Runs `job` under strace; `None` when strace is not installed or the job fails under it.
pub fn count(job: &Job, image: &Path) -> Option<Calls> {
    tools::find("strace")?;
    let trace = image.with_extension("strace");
    // -y names the file of each descriptor, -f follows threads.
    let strace = line("strace").arg("-f").arg("-y").arg("-s").arg("0").arg("-o").arg(&trace);
    job.under(strace).time().ok()?;
    let lines = BufReader::new(File::open(&trace).ok()?).lines().map_while(Result::ok);
    let calls = tally(lines, &format!("<{}>", image.display()));
    fs::remove_file(&trace).ok()?;
    Some(calls)
}

/// Adds up the lines of a trace, in which `file` marks descriptors of the image.
fn tally(lines: impl Iterator<Item = String>, file: &str) -> Calls {
    let mut calls = Calls::default();
    // Threads whose call on the image has not returned yet: its result is on a later line.
    let mut waiting = HashMap::new();
    for line in lines {
        let (pid, event) = line.split_once(char::is_whitespace).unwrap_or(("", &line));
        let event = event.trim_start();
        let returned = event.rsplit_once(" = ").and_then(|(_, value)| number(value));
        if event.starts_with("+++") || event.starts_with("---") {
            continue;
        }
        if event.starts_with("<...") {
            if let Some(way) = waiting.remove(pid) {
                calls.moved(way).bytes += returned.unwrap_or(0);
            }
            continue;
        }
        calls.all += 1;
        let (name, args) = event.split_once('(').unwrap_or((event, ""));
        if !event.contains(file) {
            continue;
        }
        if name == "mmap" {
            calls.mmaps += 1;
            continue;
        }
        let is_first = args.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(file);
        if let Some(way) = way(name, is_first) {
            let moved = calls.moved(way);
            moved.calls += 1;
            moved.bytes += returned.unwrap_or(0);
            if event.ends_with("<unfinished ...>") {
                waiting.insert(pid.to_owned(), way);
            }
        }
    }
    // The first is the execve that started the program.
    calls.all = calls.all.saturating_sub(1);
    calls
}

fn number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

/// The most memory that the job's program had resident, in KiB, by GNU time.
pub fn peak_kib(job: &Job) -> Option<u64> {
    let time = tools::find("time")?;
    let file = tempfile::NamedTempFile::new().ok()?;
    let time = Line::new(&time).arg("-q").arg("-f").arg("%M").arg("-o").arg(file.path());
    job.under(time).time().ok()?;
    fs::read_to_string(file.path()).ok()?.trim().parse().ok()
}
