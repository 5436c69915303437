//! The results as Markdown.

use std::fmt::Write;
use std::fs;

use crate::calls::{Calls, Moved};
use crate::job::Times;
use crate::options::Options;
use crate::peers::Peer;
use crate::support::tools;

/// What one peer did in one case; nothing where it cannot do that.
#[derive(Debug, Default)]
pub struct Cell {
    /// Its times, or why there are none.
    pub times: Option<Result<Times, String>>,
    /// Its system calls, where counted.
    pub calls: Option<Calls>,
    /// Its peak memory, where known.
    pub peak_kib: Option<u64>,
}

/// One case, with a cell a peer.
#[derive(Debug)]
pub struct Row {
    /// The case.
    pub title: String,
    /// Whether it changes the image.
    pub writes: bool,
    /// A cell a peer.
    pub cells: Vec<Cell>,
}

/// The tables, and what one must know to read them.
pub fn report(rows: &[Row], peers: &[&Peer], options: &Options) -> String {
    let mut text = String::new();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = tools::run("mke2fs", &["-V"]).stderr;
    let release = release.split_whitespace().nth(1).unwrap_or("?").to_owned();
    let quick = if options.quick {
        " **Quick: files a sixteenth of the size, trees a tenth; not for figures.**"
    } else {
        ""
    };
    let _ = writeln!(
        text,
        "Linux {}, e2fsprogs {release}; one processor, warm cache, tmpfs.{quick}\n",
        kernel.trim()
    );
    for (title, writes) in [("Reading", false), ("Writing", true)] {
        let rows: Vec<_> = rows.iter().filter(|row| row.writes == writes).collect();
        if !rows.is_empty() {
            let _ = writeln!(text, "## {title}\n");
            text += &tables(&rows, peers, options, writes);
        }
    }
    for (row, peer, reason) in failures(rows, peers) {
        let _ = writeln!(text, "- Failed: {row}, {peer}: {reason}");
    }
    text
}

/// The tables of the cases that read, or of those that write.
fn tables(rows: &[&Row], peers: &[&Peer], options: &Options, writes: bool) -> String {
    let mut text = String::new();
    text += "Wall time over the limit's (median of pairs; in brackets the least and the most):\n\n";
    text += &table(rows, peers, ratio);
    text += "\nMedian wall time:\n\n";
    text += &table(rows, peers, |cell| Some(seconds(cell.times.as_ref()?.as_ref().ok()?)));
    if options.calls {
        let which = if writes { "write the image, that read it" } else { "read the image" };
        let _ = writeln!(
            text,
            "\nCalls that {which} (mean bytes in brackets), and all calls of the process:\n"
        );
        text += &table(rows, peers, |cell| cell.calls.as_ref().map(|c| calls(c, writes)));
        text += "\nPeak resident memory:\n\n";
        text +=
            &table(rows, peers, |cell| cell.peak_kib.map(|kib| format!("{} KiB", grouped(kib))));
    }
    text.push('\n');
    text
}

/// One table; a peer that has no part in any of these cases has no column.
fn table(rows: &[&Row], peers: &[&Peer], show: impl Fn(&Cell) -> Option<String>) -> String {
    let takes_part = |at: usize| rows.iter().any(|row| row.cells[at].times.is_some());
    let columns: Vec<_> = (0..peers.len()).filter(|&at| takes_part(at)).collect();
    let names: Vec<_> = columns.iter().map(|&at| peers[at].name()).collect();
    let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for row in rows {
        let shown = |&at: &usize| show(&row.cells[at]).unwrap_or_else(|| "-".to_owned());
        let cells = columns.iter().map(shown);
        let _ = writeln!(text, "| {} | {} |", row.title, cells.collect::<Vec<_>>().join(" | "));
    }
    text
}

fn ratio(cell: &Cell) -> Option<String> {
    Some(match cell.times.as_ref()? {
        Ok(t) => format!("{:.2} ({:.2}-{:.2})", t.ratio, t.spread.0, t.spread.1),
        Err(_) => "failed".to_owned(),
    })
}

fn seconds(times: &Times) -> String {
    let ms = times.median.as_secs_f64() * 1e3;
    let time = if ms < 100.0 { format!("{ms:.2} ms") } else { format!("{:.2} s", ms / 1e3) };
    format!("{time}, {} rounds", times.rounds)
}

fn calls(calls: &Calls, writes: bool) -> String {
    let mmaps = if calls.mmaps == 0 { String::new() } else { format!(" + {} mmap", calls.mmaps) };
    let writes = if writes { format!("{}, ", moved(calls.writes)) } else { String::new() };
    format!("{writes}{}{mmaps}, {}", moved(calls.reads), grouped(calls.all))
}

fn moved(moved: Moved) -> String {
    let mean = moved.bytes.checked_div(moved.calls).unwrap_or(0);
    format!("{} ({})", grouped(moved.calls), size(mean))
}

fn size(bytes: u64) -> String {
    if bytes < 1024 { format!("{bytes}") } else { format!("{}K", bytes / 1024) }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn failures<'a>(
    rows: &'a [Row],
    peers: &'a [&Peer],
) -> impl Iterator<Item = (&'a str, &'static str, &'a str)> {
    rows.iter().flat_map(move |row| {
        row.cells.iter().zip(peers).filter_map(move |(cell, peer)| match &cell.times {
            Some(Err(reason)) => Some((row.title.as_str(), peer.name(), reason.as_str())),
            _ => None,
        })
    })
}
