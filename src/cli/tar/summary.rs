//! What was archived, and what was left out.
//!
//! ```text
//! {"archived":{"files":2,"directories":1,..,"archive_bytes":10240},"left_out":{"sockets":0}}
//! ```

use serde::Serialize;

use crate::cli::exit::{Report, tell};
use crate::host::archive::Kind;

/// What there is in an archive, and what could not be.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// What there is.
    pub archived: Archived,
    /// What no archive holds.
    pub left_out: LeftOut,
}

/// Counts of entries, and bytes.
#[derive(Debug, Default, Serialize)]
pub struct Archived {
    pub files: u64,
    pub directories: u64,
    pub symlinks: u64,
    pub hard_links: u64,
    pub devices: u64,
    pub fifos: u64,
    /// Data of files, without holes that are kept.
    pub file_bytes: u64,
    /// All that was written.
    pub archive_bytes: u64,
}

/// Counts of what is not there.
#[derive(Debug, Default, Serialize)]
pub struct LeftOut {
    pub sockets: u64,
}

impl Archived {
    /// Counts an entry.
    pub fn count(&mut self, kind: Kind<'_>, stored_bytes: u64) {
        let count = match kind {
            Kind::File { .. } | Kind::SparseFile { .. } => &mut self.files,
            Kind::Directory => &mut self.directories,
            Kind::Symlink { .. } => &mut self.symlinks,
            Kind::HardLink { .. } => &mut self.hard_links,
            Kind::CharDevice { .. } | Kind::BlockDevice { .. } => &mut self.devices,
            Kind::Fifo => &mut self.fifos,
        };
        *count = count.saturating_add(1);
        self.file_bytes = self.file_bytes.saturating_add(stored_bytes);
    }

    /// Counts what is written.
    pub fn wrote(&mut self, len_bytes: u64) {
        self.archive_bytes = self.archive_bytes.saturating_add(len_bytes);
    }
}

impl Summary {
    /// Counts a socket.
    pub fn leave_out_socket(&mut self) {
        self.left_out.sockets = self.left_out.sockets.saturating_add(1);
    }

    /// Tells it on standard error: all of it as JSON, else what is left out.
    pub fn tell(&self, report: &Report<'_>, json: bool) {
        if json {
            return tell(&serde_json::to_string(self).unwrap_or_default());
        }
        match self.left_out.sockets {
            0 => {}
            1 => report.warning("1 socket is left out: an archive cannot hold it"),
            count => report
                .warning(&format!("{count} sockets are left out: an archive cannot hold them")),
        }
    }
}
