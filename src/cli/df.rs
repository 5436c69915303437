//! `mpimg df`: how full a filesystem is.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use clap::Args;
use serde::Serialize;

use super::args::{GlobalArgs, ImageArgs};
use super::exit::Report;
use super::image::OpenImage;
use super::output::{Output, escaped};
use super::units::{Unit, UnitArgs};
use crate::fs::Usage;

/// Show how full a filesystem is
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[command(after_help = "\
Examples:
  mpimg df disk.img
  mpimg df -h --partition 2 disk.img
  mpimg df -B 1 disk.img | awk 'NR == 2 {print $4}'
  mpimg df --json disk.img | jq .free_blocks

The columns are those of df of coreutils, and the numbers those that it prints for the image once
Linux (ext4's driver, which mounts ext2 in most kernels) has mounted it: superblocks, descriptors,
bitmaps, inode tables and the journal are no part of the size, and free is what the groups' descriptors
count. Nothing is mounted, so '-' stands below 'Mounted on'.
JSON, one object: block_size (bytes), blocks, overhead_blocks, used_blocks, free_blocks,
available_blocks, reserved_blocks, inodes, used_inodes, free_inodes.")]
pub struct DfArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Inodes instead of blocks
    #[arg(short, long)]
    inodes: bool,

    #[command(flatten)]
    unit: UnitArgs,

    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

impl DfArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// What is there, in JSON.
#[derive(Serialize)]
struct UsageJson {
    block_size: u64,
    blocks: u64,
    overhead_blocks: u64,
    used_blocks: u64,
    free_blocks: u64,
    available_blocks: u64,
    reserved_blocks: u64,
    inodes: u64,
    used_inodes: u64,
    free_inodes: u64,
}

/// Runs the command.
pub fn run(args: &DfArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let usage = match Usage::of(&image.fs) {
        Ok(usage) => usage,
        Err(error) => {
            report.failure(None, error);
            return Ok(());
        }
    };
    let mut out = Output::new();
    if global.json {
        serde_json::to_writer(&mut out, &UsageJson::from(usage))?;
        writeln!(out)?;
        return Ok(out.flush()?);
    }
    let name = escaped(args.image().as_bytes());
    let unit = args.unit.chosen();
    let [headings, cells] = match args.inodes {
        true => inodes(&usage, unit.as_ref()),
        false => blocks(&usage, &unit.unwrap_or(Unit::KIB)),
    };
    let width =
        |least: usize, a: &str, b: &str| least.max(a.chars().count()).max(b.chars().count());
    let first = width(14, "Filesystem", &name);
    for (name, row, last) in [("Filesystem", &headings, "Mounted on"), (&name, &cells, "-")] {
        write!(out, "{name:<first$}")?;
        for ((cell, least), (a, b)) in row.iter().zip([5, 5, 5, 4]).zip(headings.iter().zip(&cells))
        {
            write!(out, " {cell:>width$}", width = width(least, a, b))?;
        }
        writeln!(out, " {last}")?;
    }
    Ok(out.flush()?)
}

/// Headings and cells: all of it, used, available, and how much of what anybody may use is used.
type Table = [[String; 4]; 2];

fn blocks(usage: &Usage, unit: &Unit) -> Table {
    let show = |blocks: u64| unit.show(blocks.saturating_mul(usage.block_size_bytes));
    let (used, available) = (usage.used_blocks(), usage.available_blocks());
    let short = *unit == Unit::Human;
    let available_heading = if short { "Avail" } else { "Available" };
    let headings = [unit.heading().as_str(), "Used", available_heading, "Use%"].map(String::from);
    let cells = [show(usage.size_blocks()), show(used), show(available), percent(used, available)];
    [headings, cells]
}

fn inodes(usage: &Usage, unit: Option<&Unit>) -> Table {
    // An inode has no size: only -h means something here.
    let unit = if unit == Some(&Unit::Human) { Unit::Human } else { Unit::BYTE };
    let (used, free) = (usage.used_inodes(), usage.free_inodes);
    let cells = [unit.show(usage.inodes), unit.show(used), unit.show(free), percent(used, free)];
    [["Inodes", "IUsed", "IFree", "IUse%"].map(String::from), cells]
}

/// How much is used, rounded up.
fn percent(used: u64, available: u64) -> String {
    let all = used.saturating_add(available);
    match used
        .saturating_mul(100)
        .checked_add(all.saturating_sub(1))
        .and_then(|n| n.checked_div(all))
    {
        Some(percent) => format!("{percent}%"),
        None => "-".into(),
    }
}

impl From<Usage> for UsageJson {
    fn from(usage: Usage) -> Self {
        Self {
            block_size: usage.block_size_bytes,
            blocks: usage.blocks,
            overhead_blocks: usage.overhead_blocks,
            used_blocks: usage.used_blocks(),
            free_blocks: usage.free_blocks,
            available_blocks: usage.available_blocks(),
            reserved_blocks: usage.reserved_blocks,
            inodes: usage.inodes,
            used_inodes: usage.used_inodes(),
            free_inodes: usage.free_inodes,
        }
    }
}
