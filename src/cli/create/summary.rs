//! What was made, or would be, in few words or in JSON.

use std::ffi::OsStr;
use std::io::Write;

use serde::Serialize;

use crate::cli::exit::Failure;
use crate::cli::json::uuid_text;
use crate::cli::output::output_failure;
use crate::fs::Build;

/// A new filesystem, in numbers.
pub struct Summary<'a> {
    image: &'a OsStr,
    /// Its UUID, once it is known.
    pub uuid: Option<[u8; 16]>,
    block_size: u64,
    blocks: u64,
    free_blocks: u64,
    inodes: u64,
    free_inodes: u64,
    files: u64,
    content_bytes: u64,
}

#[derive(Serialize)]
struct SummaryJson<'a> {
    image: std::borrow::Cow<'a, str>,
    uuid: Option<String>,
    size_bytes: u64,
    block_size: u64,
    blocks: u64,
    free_blocks: u64,
    inodes: u64,
    free_inodes: u64,
    files: u64,
    content_bytes: u64,
}

impl<'a> Summary<'a> {
    /// That of a filesystem that is planned.
    pub fn of(image: &'a OsStr, build: &Build<'_>) -> Self {
        let geometry = build.geometry();
        let (used_inodes, used_blocks) = build.count_used();
        let (_, content_bytes) = build.count_content();
        Self {
            image,
            uuid: None,
            block_size: geometry.block_size_bytes,
            blocks: geometry.blocks_count,
            free_blocks: geometry.data_blocks().saturating_sub(used_blocks),
            inodes: geometry.inodes_count(),
            free_inodes: geometry.inodes_count().saturating_sub(used_inodes),
            // Those below 11 are no files; the root is none that was put in.
            files: used_inodes.saturating_sub(11),
            content_bytes,
        }
    }

    /// Prints it.
    pub fn print(&self, json: bool) -> Result<(), Failure> {
        let size_bytes = self.blocks.saturating_mul(self.block_size);
        let text = if json {
            let summary = SummaryJson {
                image: self.image.to_string_lossy(),
                uuid: self.uuid.as_ref().map(uuid_text),
                size_bytes,
                block_size: self.block_size,
                blocks: self.blocks,
                free_blocks: self.free_blocks,
                inodes: self.inodes,
                free_inodes: self.free_inodes,
                files: self.files,
                content_bytes: self.content_bytes,
            };
            serde_json::to_string(&summary).unwrap_or_default()
        } else {
            format!(
                "{size_bytes} bytes: {} blocks of {} bytes, {} free; {} inodes, {} free; {} files with \
                 {} bytes",
                self.blocks,
                self.block_size,
                self.free_blocks,
                self.inodes,
                self.free_inodes,
                self.files,
                self.content_bytes,
            )
        };
        let written = writeln!(std::io::stdout().lock(), "{text}");
        match written.err().as_ref().and_then(output_failure) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}
