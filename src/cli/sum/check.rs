//! `mpimg sum --check`: compares files with a list of checksums.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use super::super::args::GlobalArgs;
use super::super::exit::{Failure, Report};
use super::super::image::OpenImage;
use super::super::output::Output;
use super::list::{Line, escape, parse_line, write_path};
use super::{Sum, SumArgs, SumJson};
use crate::fs::{LastSymlink, Root};
use crate::host::HostError;

/// What `sha256sum` says of a file that cannot be read.
const UNREAD: &str = "FAILED open or read";

/// Runs the command.
pub fn run(
    args: &SumArgs,
    list: &Path,
    global: &GlobalArgs,
    report: &mut Report<'_>,
) -> anyhow::Result<()> {
    let (lines, malformed) = read(list, args.zero)?;
    if lines.is_empty() {
        let reason = format!("{list:?}: no line is a checksum and a path");
        return Err(Failure::path("no_checksums", reason).into());
    }
    if malformed > 0 {
        report.warning(&format!("{list:?}: {malformed} lines are no checksum and a path"));
    }
    let image = OpenImage::open(&args.image, global, report)?;
    // What each path is to have, once for every line that names it.
    let mut expected: HashMap<&[u8], Vec<u32>> = HashMap::new();
    let mut roots = Vec::new();
    let mut out = Output::new();
    let mut shows = Shows { args, json: global.json, differ: 0 };
    for line in &lines {
        let known = expected.entry(&line.path).or_default();
        known.push(line.crc32);
        if known.len() > 1 {
            continue;
        }
        match image.fs.resolve(&line.path, LastSymlink::Follow) {
            Ok(inode) => roots.push(Root { path: line.path.clone(), inode }),
            Err(error) => {
                shows.line(&mut out, &line.path, UNREAD)?;
                report.failure(Some(&line.path), error);
            }
        }
    }
    super::sums(&image, roots, args, report, |path, sum| {
        let all = expected.get(path).map(Vec::as_slice).unwrap_or_default();
        all.iter().try_for_each(|want| match sum {
            Some(sum) => shows.result(&mut out, path, sum, *want),
            None => shows.line(&mut out, path, UNREAD),
        })
    })?;
    out.flush()?;
    if shows.differ > 0 {
        let reason = format!("{} of {} checksums differ", shows.differ, lines.len());
        report.failure(None, Failure::path("checksum_differs", reason));
    }
    Ok(())
}

/// How results are shown.
struct Shows<'a> {
    args: &'a SumArgs,
    json: bool,
    differ: u64,
}

impl Shows<'_> {
    fn result(&mut self, out: &mut Output, path: &[u8], sum: Sum, expected: u32) -> io::Result<()> {
        let ok = sum.crc32 == expected;
        if !ok {
            self.differ = self.differ.saturating_add(1);
        }
        if self.args.status || (ok && self.args.quiet) {
            return Ok(());
        }
        if self.json {
            serde_json::to_writer(&mut *out, &SumJson::new(path, sum, Some(expected)))?;
            return out.write_all(b"\n");
        }
        self.line(out, path, if ok { "OK" } else { "FAILED" })
    }

    fn line(&self, out: &mut Output, path: &[u8], result: &str) -> io::Result<()> {
        if self.args.status || self.json {
            return Ok(());
        }
        let escaped = escape(path);
        if escaped.is_some() {
            out.write_all(b"\\")?;
        }
        write_path(out, path, escaped.as_deref())?;
        writeln!(out, ": {result}")
    }
}

/// The lines of a list, and how many are none.
fn read(list: &Path, zero: bool) -> Result<(Vec<Line>, u64), Failure> {
    let name = || format!("{list:?}");
    let input: Box<dyn BufRead> = if list == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        let file = File::open(list).map_err(|source| HostError::Open { name: name(), source })?;
        Box::new(BufReader::new(file))
    };
    let mut lines = Vec::new();
    let mut malformed: u64 = 0;
    for line in input.split(if zero { 0 } else { b'\n' }) {
        let line = line.map_err(|source| HostError::Read { name: name(), source })?;
        match parse_line(&line, zero) {
            Some(line) => lines.push(line),
            None if line.is_empty() => {}
            None => malformed = malformed.saturating_add(1),
        }
    }
    Ok((lines, malformed))
}
