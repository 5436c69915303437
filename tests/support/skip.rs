//! Tests that cannot run here: counted and named, never silent.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Says on standard error that `test` did not run, and why.
///
/// Written to the handle itself, because the test runner captures only what the print macros
/// write. With `MPIMG_NO_SKIP` set the test fails instead, for hosts that are meant to have all.
#[track_caller]
pub fn skipped(test: &str, reason: &str) {
    assert!(std::env::var_os("MPIMG_NO_SKIP").is_none(), "{test} would be skipped: {reason}");
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    let line = format!("\nSKIPPED {test}: {reason} (skipped so far in this binary: {count})\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error takes the line");
}
