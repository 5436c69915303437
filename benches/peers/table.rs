//! The results as Markdown.

use std::fmt::Write;
use std::fs;

use crate::calls::Calls;
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
    text += "Wall time over the limit's (median of pairs; in brackets the least and the most):\n\n";
    text += &table(rows, peers, ratio);
    text += "\nMedian wall time:\n\n";
    text += &table(rows, peers, |cell| Some(seconds(cell.times.as_ref()?.as_ref().ok()?)));
    if options.calls {
        text += "\nCalls that read the image (mean bytes), and all calls of the process:\n\n";
        text += &table(rows, peers, |cell| cell.calls.as_ref().map(calls));
        text += "\nPeak resident memory:\n\n";
        text +=
            &table(rows, peers, |cell| cell.peak_kib.map(|kib| format!("{} KiB", grouped(kib))));
    }
    text.push('\n');
    for (row, peer, reason) in failures(rows, peers) {
        let _ = writeln!(text, "- Failed: {row}, {peer}: {reason}");
    }
    text
}

fn table(rows: &[Row], peers: &[&Peer], show: impl Fn(&Cell) -> Option<String>) -> String {
    let names: Vec<_> = peers.iter().map(|peer| peer.name()).collect();
    let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for row in rows {
        let cells = row.cells.iter().map(|cell| show(cell).unwrap_or_else(|| "-".to_owned()));
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

fn calls(calls: &Calls) -> String {
    let mean = calls.bytes.checked_div(calls.reads).unwrap_or(0);
    let mmaps = if calls.mmaps == 0 { String::new() } else { format!(" + {} mmap", calls.mmaps) };
    format!("{} ({}){mmaps}, {}", grouped(calls.reads), size(mean), grouped(calls.all))
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
