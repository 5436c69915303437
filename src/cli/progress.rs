//! Progress bars, on standard error.

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::args::When;
use super::output::escaped;

/// What is moved at least before a bar is worth a look, with `auto`.
const WORTH_A_BAR_BYTES: u64 = 32 << 20;

/// How long a command runs at least before counts are worth a look, with `auto`.
const WORTH_COUNTS: Duration = Duration::from_millis(500);

/// How often a bar moves.
const TICK: Duration = Duration::from_millis(200);

/// A progress bar, or nothing. Several threads may advance it.
pub struct Progress {
    bar: Option<ProgressBar>,
    files: Arc<AtomicU64>,
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
        Self { bar: Some(bar), files: Arc::default() }
    }

    /// Counts of files and bytes of a tree, of which nobody knows how large it is.
    pub fn tree(when: When) -> Self {
        if !is_wanted(when) {
            return Self::none();
        }
        let bar = bar(None, "{spinner} {msg} {bytes} {binary_bytes_per_sec} {elapsed}");
        bar.set_message("0 files");
        // The first tick draws it: what is done before that never shows.
        bar.enable_steady_tick(if when == When::Always { TICK } else { WORTH_COUNTS });
        Self { bar: Some(bar), files: Arc::default() }
    }

    /// A count of files while it is found out how many there are.
    pub fn scan(when: When) -> Self {
        Self::counting(when, None, "{spinner} {files} files found {elapsed}", |found| {
            found.to_string()
        })
    }

    /// A count of bytes while an archive is read for the first time.
    pub fn reading(when: When) -> Self {
        Self::counting(when, None, "{spinner} {bytes} read {elapsed}", |files| files.to_string())
    }

    /// Files and bytes of a tree that is put into an image, and how long that will take yet.
    pub fn import(when: When, count_files: u64, len_bytes: u64) -> Self {
        let style = "{files} files {wide_bar} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}";
        Self::counting(when, Some(len_bytes), style, move |done| format!("{done}/{count_files}"))
    }

    /// A bar whose `{files}` is what `count` says of the files that are done.
    fn counting(
        when: When,
        len_bytes: Option<u64>,
        style: &str,
        count: impl Fn(u64) -> String + Clone + Send + Sync + 'static,
    ) -> Self {
        if !is_wanted(when) {
            return Self::none();
        }
        let files: Arc<AtomicU64> = Arc::default();
        let done = Arc::clone(&files);
        let bar = ProgressBar::with_draw_target(len_bytes, ProgressDrawTarget::stderr_with_hz(10))
            .with_style(styled(style).with_key(
                "files",
                move |_: &ProgressState, out: &mut dyn Write| {
                    let _ = out.write_str(&count(done.load(Ordering::Relaxed)));
                },
            ));
        bar.enable_steady_tick(if when == When::Always { TICK } else { WORTH_COUNTS });
        Self { bar: Some(bar), files }
    }

    fn none() -> Self {
        Self { bar: None, files: Arc::default() }
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
        let files = self.files.fetch_add(count, Ordering::Relaxed).saturating_add(count);
        // A message costs more than a file of a few bytes.
        if files.is_multiple_of(64) {
            bar.set_message(format!("{files} files"));
        }
    }

    /// Says how many bytes were moved.
    pub fn set_bytes(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }

    /// Says how many files are done.
    pub fn set_files(&self, count: u64) {
        self.files.fetch_max(count, Ordering::Relaxed);
    }
}

/// Whether counts are wanted, however much there is to count.
fn is_wanted(when: When) -> bool {
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto => std::io::stderr().is_terminal(),
    }
}

/// A bar of that form on standard error.
fn bar(len_bytes: Option<u64>, style: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(len_bytes, ProgressDrawTarget::stderr_with_hz(10));
    bar.with_style(styled(style))
}

fn styled(style: &str) -> ProgressStyle {
    ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_threads_advance_one_bar() {
        let progress = Progress::import(When::Always, 800, 8000);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        progress.advance(10);
                        progress.advance_files(1);
                    }
                });
            }
        });
        assert_eq!(progress.files.load(Ordering::Relaxed), 800);
        let bar = progress.bar.as_ref().unwrap();
        assert_eq!((bar.position(), bar.length()), (8000, Some(8000)));
    }

    #[test]
    fn what_threads_found_last_does_not_take_back_what_was_found() {
        let progress = Progress::scan(When::Always);
        progress.set_files(7);
        progress.set_files(5);
        assert_eq!(progress.files.load(Ordering::Relaxed), 7);
        assert!(progress.bar.as_ref().unwrap().length().is_none());
    }

    #[test]
    fn nothing_is_drawn_that_is_not_wanted() {
        assert!(Progress::import(When::Never, 1, 1).bar.is_none());
        assert!(Progress::scan(When::Never).bar.is_none());
    }
}
