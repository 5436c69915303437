//! `mpimg info`: what a filesystem is, and what stops mpimg reading or writing it.

use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::args::{GlobalArgs, ImageArgs};
use super::exit::Report;
use super::image::{OpenImage, open_device};
use super::output::{Output, escaped};
use crate::device::Opened;
use crate::fs::{FeatureSet, Filesystem, FsError, Superblock, Unsupported};

/// Show a filesystem's superblock, groups and features
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg info disk.img
  mpimg info --header --partition 2 disk.img
  mpimg info --json disk.img | jq .stops_writing

A filesystem that mpimg does not read is shown all the same, with the features that stop it.
JSON, one object: label, uuid, offset (bytes in the image), partition, revision, block_size (bytes),
blocks, free_blocks, reserved_blocks, inodes, free_inodes, inode_size (bytes), blocks_per_group,
inodes_per_group, state, features, stops_reading, stops_writing, superblock (bytes in the
filesystem), groups ([{group, block_bitmap, inode_bitmap, inode_table, free_blocks, free_inodes,
directories, has_superblock}]).")]
pub struct InfoArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// The superblock alone, without the groups
    #[arg(long)]
    header: bool,
}

impl InfoArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// What is shown.
#[derive(Serialize)]
struct Info {
    label: String,
    uuid: String,
    offset: u64,
    partition: Option<u32>,
    revision: u32,
    block_size: u64,
    blocks: u64,
    free_blocks: u64,
    reserved_blocks: u64,
    inodes: u32,
    free_inodes: u32,
    inode_size: usize,
    blocks_per_group: u32,
    inodes_per_group: u32,
    state: Vec<&'static str>,
    features: Vec<String>,
    stops_reading: Vec<String>,
    stops_writing: Vec<String>,
    superblock: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    group: u32,
    block_bitmap: u32,
    inode_bitmap: u32,
    inode_table: u32,
    free_blocks: u16,
    free_inodes: u16,
    directories: u16,
    has_superblock: bool,
}

/// Runs the command.
pub fn run(args: &InfoArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let info = match OpenImage::open(&args.image, global, report) {
        Ok(image) => {
            let mut info = Info::of(image.fs.superblock(), image.opened());
            if !args.header {
                match groups(&image.fs) {
                    Ok(groups) => info.groups = groups,
                    Err(error) => report.failure(None, error),
                }
            }
            info
        }
        // What cannot be read can be told about.
        Err(failure) => unreadable(args, global).ok_or(failure)?,
    };
    let mut out = Output::new();
    if global.json {
        serde_json::to_writer(&mut out, &info)?;
        writeln!(out)?;
    } else {
        info.print(&mut out)?;
    }
    Ok(out.flush()?)
}

/// What a filesystem that is refused says of itself.
fn unreadable(args: &InfoArgs, global: &GlobalArgs) -> Option<Info> {
    let opened = open_device(&args.image, crate::device::Access::Read, global).ok()?;
    let superblock = Filesystem::inspect(&*opened.device).ok()?;
    superblock.refusal()?;
    Some(Info::of(&superblock, &opened))
}

impl Info {
    fn of(superblock: &Superblock, opened: &Opened) -> Self {
        let raw = superblock.raw();
        let features = superblock.features();
        let names = |set: FeatureSet| set.names();
        let mut stops_reading = names(features.stops_reading());
        let mut stops_writing = names(features.stops_writing());
        if let Some(refusal @ Unsupported::Revision(_)) = superblock.refusal() {
            stops_reading.push(refusal.to_string());
            stops_writing.push(refusal.to_string());
        }
        let state = raw.s_state.get();
        Self {
            label: text_of(&raw.s_volume_name),
            uuid: super::json::uuid_text(&raw.s_uuid),
            offset: opened.offset_bytes,
            partition: opened.partition.as_ref().map(|partition| partition.number),
            revision: raw.s_rev_level.get(),
            block_size: superblock.block_size_bytes(),
            blocks: superblock.blocks_count(),
            free_blocks: u64::from(raw.s_free_blocks_count.get()),
            reserved_blocks: u64::from(raw.s_r_blocks_count.get()),
            inodes: superblock.inodes_count(),
            free_inodes: raw.s_free_inodes_count.get(),
            inode_size: superblock.inode_size_bytes(),
            blocks_per_group: raw.s_blocks_per_group.get(),
            inodes_per_group: raw.s_inodes_per_group.get(),
            state: [(1, "clean"), (2, "errors"), (4, "orphans")]
                .into_iter()
                .filter_map(|(bit, name)| (state & bit != 0).then_some(name))
                .collect(),
            features: names(features),
            stops_reading,
            stops_writing,
            superblock: superblock.offset_bytes(),
            groups: Vec::new(),
        }
    }

    fn print(&self, out: &mut Output) -> io::Result<()> {
        let list =
            |names: &[String]| if names.is_empty() { "nothing".into() } else { names.join(", ") };
        let state = if self.state.is_empty() { "not clean".into() } else { self.state.join(", ") };
        let rows = [
            ("label", escaped(self.label.as_bytes()).into_owned()),
            ("uuid", self.uuid.clone()),
            (
                "at",
                match self.partition {
                    Some(number) => format!("partition {number}, byte {}", self.offset),
                    None => format!("byte {}", self.offset),
                },
            ),
            ("revision", self.revision.to_string()),
            ("block size", format!("{} bytes", self.block_size)),
            (
                "blocks",
                format!(
                    "{}, {} free, {} reserved",
                    self.blocks, self.free_blocks, self.reserved_blocks
                ),
            ),
            (
                "inodes",
                format!("{}, {} free, of {} bytes", self.inodes, self.free_inodes, self.inode_size),
            ),
            (
                "a group",
                format!("{} blocks, {} inodes", self.blocks_per_group, self.inodes_per_group),
            ),
            ("state", state),
            ("features", list(&self.features)),
            ("stops reading", list(&self.stops_reading)),
            ("stops writing", list(&self.stops_writing)),
        ];
        for (name, value) in rows {
            writeln!(out, "{:<15}{value}", format!("{name}:"))?;
        }
        if !self.groups.is_empty() {
            writeln!(
                out,
                "\ngroup  block bitmap  inode bitmap  inode table  free blocks  free inodes  directories"
            )?;
        }
        for group in &self.groups {
            writeln!(
                out,
                "{:>5}  {:>12}  {:>12}  {:>11}  {:>11}  {:>11}  {:>11}{}",
                group.group,
                group.block_bitmap,
                group.inode_bitmap,
                group.inode_table,
                group.free_blocks,
                group.free_inodes,
                group.directories,
                if group.has_superblock { "  superblock" } else { "" },
            )?;
        }
        Ok(())
    }
}

fn groups(fs: &Filesystem) -> Result<Vec<Group>, FsError> {
    (0..fs.superblock().groups_count())
        .map(|group| {
            let descriptor = fs.group(group)?;
            let raw = descriptor.raw();
            Ok(Group {
                group,
                block_bitmap: raw.bg_block_bitmap.get(),
                inode_bitmap: raw.bg_inode_bitmap.get(),
                inode_table: raw.bg_inode_table.get(),
                free_blocks: raw.bg_free_blocks_count.get(),
                free_inodes: raw.bg_free_inodes_count.get(),
                directories: raw.bg_used_dirs_count.get(),
                has_superblock: fs.superblock().group_has_super(group),
            })
        })
        .collect()
}

/// A text that is padded with NUL.
fn text_of(bytes: &[u8]) -> String {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}
