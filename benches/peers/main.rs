//! Measures mpimg and its peers as whole processes; see `benches/README.md`.
//!
//! ```text
//! cargo bench --bench peers -- [--quick] [--only CASE]... [--rounds N] [--no-calls] [--unpinned] [--list]
//! ```

// A bench that cannot be set up has nothing better to do than to stop.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[path = "../../tests/support/mod.rs"]
mod support;

mod calls;
mod cases;
mod job;
mod options;
mod peers;
mod table;
mod verify;
mod writers;
mod writes;

use std::path::PathBuf;
use std::process::Command;

use cases::Case;
use options::Options;
use peers::Peer;
use support::tools;
use table::{Cell, Row};

fn main() {
    let options = Options::parse(std::env::args().skip(1));
    if options.list {
        cases::ALL.iter().for_each(|case| println!("{:10} {}", case.name, case.title));
        return;
    }
    if !options.unpinned {
        pin();
    }
    let dir = bench_dir();
    let (present, absent): (Vec<_>, Vec<_>) = Peer::ALL.iter().partition(|p| p.missing().is_none());
    let mut rows = Vec::new();
    for case in cases::ALL.iter().filter(|case| options.wants(case.name)) {
        eprintln!("{}: making the image", case.name);
        rows.push(measure(case, &present, &options, dir.path()));
    }
    print!("{}", table::report(&rows, &present, &options));
    for peer in absent {
        println!("- Not measured: {}: {}.", peer.name(), peer.missing().unwrap_or_default());
    }
}

/// One case: every peer against the limit, then its calls.
fn measure(case: &Case, peers: &[&Peer], options: &Options, dir: &std::path::Path) -> Row {
    let subject = (case.make)(dir, options.quick);
    let limit = subject.limit();
    let rounds = options.rounds(case.rounds);
    let cells = peers.iter().map(|peer| {
        let Some(job) = peer.job(&subject) else { return Cell::default() };
        eprintln!("{}: {}", case.name, peer.name());
        let times = job.verify(&subject.check).and_then(|()| job::compare(&job, &limit, rounds));
        let trace = options.calls && times.is_ok() && peer.is_traceable(&subject);
        let calls = trace.then(|| calls::count(&job, &subject.image)).flatten();
        let weigh = options.calls && times.is_ok() && peer.is_weighable();
        let peak = weigh.then(|| calls::peak_kib(&job)).flatten();
        Cell { times: Some(times), calls, peak_kib: peak }
    });
    let cells = cells.collect();
    Row { title: case.title.to_owned(), writes: subject.operation.writes(), cells }
}

/// Binds this process and so its children to one processor: where the two ends of a pipe run
/// decides more than what they do.
fn pin() {
    let pid = std::process::id().to_string();
    let mut taskset = Command::new(tools::require("taskset"));
    let ran = tools::capture(taskset.args(["-c", "-p", "0", &pid]));
    if ran.code != Some(0) {
        eprintln!("not pinned, so figures will vary: {}", ran.stderr.trim());
    }
}

fn bench_dir() -> tempfile::TempDir {
    let named = std::env::var_os("MPIMG_BENCH_DIR").map(PathBuf::from);
    let base = named.unwrap_or_else(|| PathBuf::from("/dev/shm"));
    let dir = tempfile::Builder::new().prefix("mpimg-bench-").tempdir_in(&base);
    dir.unwrap_or_else(|e| panic!("{}: {e}; name a tmpfs in MPIMG_BENCH_DIR", base.display()))
}
