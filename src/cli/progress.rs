//! Progress bars, on standard error.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::When;
use super::output::escaped;

/// What is moved at least before a bar is worth a look, with `auto`.
const WORTH_A_BAR_BYTES: u64 = 32 << 20;

/// How long a command runs at least before counts are worth a look, with `auto`.
const WORTH_COUNTS: Duration = Duration::from_millis(500);

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(200);

/// A progress bar, or nothing.
pub struct Progress {
    bar: Option<ProgressBar>,
    files: Cell<u64>,
}

impl Progress {
    /// A bar for the transfer of `len_bytes` of the file at `path`.
    pub fn bytes(when: When, path: &[u8], len_bytes: u64) -> Self {
        let wanted = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => len_bytes >= WORTH_A_BAR_BYTES && std::io::stderr().is_terminal(),
        };
        if !wanted {
            return Self::none();
        }
        let bar = bar(
            Some(len_bytes),
            "{msg} {wide_bar} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}",
        );
        bar.set_message(escaped(path).into_owned());
        bar.enable_steady_tick(TICK);
        Self { bar: Some(bar), files: Cell::new(0) }
    }

    /// Counts of files and bytes of a tree, of which nobody knows how large it is.
    pub fn tree(when: When) -> Self {
        let wanted = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => std::io::stderr().is_terminal(),
        };
        if !wanted {
            return Self::none();
        }
        let bar = bar(None, "{spinner} {msg} {bytes} {binary_bytes_per_sec} {elapsed}");
        bar.set_message("0 files");
        // The first tick draws it: what is done before that never shows.
        bar.enable_steady_tick(if when == When::Always { TICK } else { WORTH_COUNTS });
        Self { bar: Some(bar), files: Cell::new(0) }
    }

    fn none() -> Self {
        Self { bar: None, files: Cell::new(0) }
    }

    /// Adds what was moved.
    pub fn advance(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    /// Adds files that are done.
    pub fn advance_files(&self, count: u64) {
        let Some(bar) = &self.bar else { return };
        let files = self.files.get().saturating_add(count);
        self.files.set(files);
        // A message costs more than a file of a few bytes.
        if files.is_multiple_of(64) {
            bar.set_message(format!("{files} files"));
        }
    }
}

/// A bar of that form on standard error.
fn bar(len_bytes: Option<u64>, style: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(len_bytes, ProgressDrawTarget::stderr_with_hz(10));
    let style =
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style)
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
