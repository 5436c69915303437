//! What `get` did, in numbers.

use std::io::{self, Write};

use serde::Serialize;

use super::super::output::Output;
use super::kept::NotKept;

/// Counts of what was copied.
#[derive(Default, Serialize)]
pub struct Summary {
    /// Regular files.
    pub files: u64,
    /// Directories, made or merged.
    pub directories: u64,
    /// Symbolic links.
    pub symlinks: u64,
    /// Further names of something that was copied.
    pub hard_links: u64,
    /// Devices, FIFOs and sockets.
    pub specials: u64,
    /// Sizes of the regular files together.
    pub bytes: u64,
    /// What could not be kept.
    pub not_kept: Vec<NotKept>,
    /// Directories that were not entered.
    #[serde(skip)]
    pub pruned: u64,
}

impl Summary {
    /// Prints it as JSON.
    pub fn print(&self) -> io::Result<()> {
        let mut out = Output::new();
        serde_json::to_writer(&mut out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }
}
