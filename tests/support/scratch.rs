//! Scratch directories under cargo's own directory for tests.
//!
//! An image that many tests of a binary share lives in a `static`, whose drop never runs. So each
//! process's directories are kept below one named after its process id, and the first use in a
//! process sweeps those whose process is gone.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A new, empty directory, removed when dropped, or by a later run when it never is.
pub fn dir() -> TempDir {
    tempfile::Builder::new().prefix("d").tempdir_in(process_dir()).expect("a scratch directory")
}

fn process_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        // Benches have no such directory at build time on every cargo; the host's serves.
        let base = option_env!("CARGO_TARGET_TMPDIR").map_or_else(std::env::temp_dir, Into::into);
        sweep(&base);
        let dir = base.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&dir).expect("the directory for scratch is writable");
        dir
    })
}

const PREFIX: &str = "mpimg-test-";

fn sweep(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|n| n.strip_prefix(PREFIX));
        let gone = pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists());
        if gone {
            // Another test binary may sweep the same directory; either may win.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
