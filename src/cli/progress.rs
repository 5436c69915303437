//! Progress bars, on standard error.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::When;
use super::output::escaped;

/// What is moved at least before a bar is worth a look, with `auto`.
const WORTH_A_BAR_BYTES: u64 = 32 << 20;

/// A progress bar, or nothing.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// A bar for the transfer of `len_bytes` of the file at `path`.
    pub fn bytes(when: When, path: &[u8], len_bytes: u64) -> Self {
        let wanted = match when {
            When::Always => true,
            When::Never => false,
            When::Auto => len_bytes >= WORTH_A_BAR_BYTES && std::io::stderr().is_terminal(),
        };
        if !wanted {
            return Self(None);
        }
        let target = ProgressDrawTarget::stderr_with_hz(10);
        let bar = ProgressBar::with_draw_target(Some(len_bytes), target);
        let style = "{msg} {wide_bar} {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}";
        bar.set_style(
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_message(escaped(path).into_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(Some(bar))
    }

    /// Adds what was moved.
    pub fn advance(&self, bytes: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(bytes);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
