//! What reading costs: calls on the image, calls of the process, memory.
//!
//! These are counts, exact on any machine; times are for the benches.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{content, fragment, image::Image, tools};

const MIB: u64 = 1 << 20;
const SEED: u64 = 7;

fn mpimg(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mpimg"));
    command.args(args);
    command
}

/// `cat --stats=json` of a file whose content is [`content::bytes`] of [`SEED`].
fn stats_of(image: &Path, path: &str, len: usize) -> Value {
    let output = mpimg(&["cat", "--stats=json", image.to_str().unwrap(), path]).output().unwrap();
    assert!(output.status.success());
    content::assert_same(&output.stdout, &content::bytes(SEED, len), path);
    serde_json::from_slice(&output.stderr).unwrap()
}

fn count(stats: &Value, key: &str) -> u64 {
    stats[key].as_u64().unwrap_or_else(|| panic!("{key} in {stats}"))
}

/// An image with one file of `len` bytes, written from start to end.
fn image_of(block_size: u32, len: u64) -> Image {
    let image = Image::new(block_size, len + len / 8 + 8 * MIB, &["-N", "64"]);
    image.write_bytes("/big", &content::bytes(SEED, usize::try_from(len).unwrap()));
    image
}

#[test]
fn a_contiguous_file_costs_at_most_a_call_a_mib_metadata_included() {
    for block_size in [1024, 2048, 4096, 16384, 65536] {
        let len = 96 * MIB;
        let image = image_of(block_size, len);
        let stats = stats_of(image.path(), "/big", usize::try_from(len).unwrap());
        let calls = count(&stats, "calls");
        // A window is a little more than a MiB, so that what a group's metadata cuts has its calls.
        assert!(calls <= len / MIB + 8, "{calls} calls with blocks of {block_size}");
    }
}

#[test]
fn a_fragmented_file_costs_no_more_calls_than_it_has_runs() {
    for block_size in [1024_u32, 4096] {
        let len = 24 * MIB;
        let image = Image::new(block_size, 80 * MIB, &["-N", "64"]);
        let bytes = content::bytes(SEED, usize::try_from(len).unwrap());
        let source = image.dir().join("source");
        std::fs::write(&source, &bytes).unwrap();
        fragment::reserve(image.path(), &source, "/big", SEED, fragment::RUN_BLOCKS);
        let runs = fragment::Layout::of(&image, "/big").data.len() as u64;
        assert!(runs > len / u64::from(block_size) / 16, "fragmented: {runs} runs");
        let stats = stats_of(image.path(), "/big", bytes.len());
        let calls = count(&stats, "calls");
        assert!(calls <= runs + runs / 20, "{calls} calls for {runs} runs");
        assert_eq!(count(&stats, "runs"), runs);
    }
}

/// System calls of `mpimg cat` after it is loaded, and those on the image.
fn system_calls(image: &Path, path: &str) -> (usize, usize) {
    let mut strace = tools::command("strace");
    strace.args(["-y", "-o", "/dev/stderr", env!("CARGO_BIN_EXE_mpimg"), "cat"]);
    let trace = tools::succeed(strace.arg(image).arg(path)).stderr;
    let lines: Vec<&str> = trace.lines().filter(|line| line.contains('(')).collect();
    // Rust's runtime begins by looking at the standard descriptors; what comes before is the C
    // library's, or the loader's.
    let loaded = lines.iter().position(|line| line.starts_with("poll(")).unwrap();
    let name = format!("<{}>", image.display());
    let on_image = lines.iter().filter(|l| l.starts_with("pread") && l.contains(&name)).count();
    (lines.len() - loaded, on_image)
}

#[test]
fn ten_bytes_cost_the_same_few_calls_in_an_image_of_any_size() {
    let small = Image::new(4096, 8 * MIB, &[]);
    let huge = Image::new(4096, 1 << 40, &["-E", "lazy_itable_init=1", "-N", "65536"]);
    let mut counts = Vec::new();
    for image in [&small, &huge] {
        image.write_bytes("/ten", b"ten bytes\n");
        let (all, on_image) = system_calls(image.path(), "/ten");
        assert!(all < 40, "{all} system calls");
        assert!(on_image <= 6, "{on_image} calls on the image");
        counts.push((all, on_image));
    }
    assert_eq!(counts[0], counts[1]);
}

#[test]
fn memory_is_bounded_by_the_window_and_not_by_the_file() {
    let len = 96 * MIB;
    let peak_kib = |image: &Image| -> u64 {
        let image = image.path().to_str().unwrap();
        let mut child = mpimg(&["cat", image, "/big"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        // The last 4 MiB do not fit into the pipe: the process waits for us while we look.
        let most = (&mut out).take(len - 4 * MIB);
        assert_eq!(std::io::copy(&mut { most }, &mut std::io::sink()).unwrap(), len - 4 * MIB);
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        std::io::copy(&mut out, &mut std::io::sink()).unwrap();
        assert!(child.wait().unwrap().success());
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    };
    for block_size in [1024, 65536] {
        let peak = peak_kib(&image_of(block_size, len));
        assert!(peak > 0 && peak < 32 << 10, "{peak} KiB with blocks of {block_size}");
    }
}

#[test]
fn listing_costs_far_fewer_calls_than_there_are_files() {
    let tree = support::tree::Tree::new();
    for directory in 0..20 {
        tree.directory(format!("d{directory}"));
        for file in 0..100 {
            tree.file(format!("d{directory}/f{file}"), b"x");
        }
    }
    let image = Image::from_tree(tree.path(), 4096, 24 * MIB, &["-N", "4096"]);
    let mut strace = tools::command("strace");
    strace.args(["-e", "trace=pread64,preadv", "-o", "/dev/stderr"]);
    strace.args([env!("CARGO_BIN_EXE_mpimg"), "ls", "-lR"]).arg(image.path()).arg("/");
    let ran = tools::succeed(&mut strace);
    assert!(ran.text().lines().count() > 2000);
    let calls = ran.stderr.lines().filter(|line| line.starts_with("pread")).count();
    assert!(calls < 70, "{calls} calls for 2,000 files");
}
