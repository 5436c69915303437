//! `mpimg recover`: finishes what a command was interrupted in.

use std::ffi::{OsStr, OsString};
use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::args::GlobalArgs;
use super::edit::open_for_recovery;
use super::exit::{Exit, Failure, Report};
use super::output::Output;
use crate::device::Recovery;
use crate::device::log::LogStore;

/// Finish the commit of a command that was interrupted
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg recover disk.img
  mpimg --log /var/tmp/disk.log recover disk.img

A change that was killed or cut off by a power failure is made whole, if its log (IMG.mpimg-log) is
complete, or else had not begun, and its log is removed. Every command that changes an image does
this first; those that only read look through the log and leave both as they are. A log of another
image, or of a state that the image has left behind, is not applied: exit code 5.

JSON, one object: recovered (none, finished, not_begun), transaction, changed_blocks.")]
pub struct RecoverArgs {
    /// The image: a file or a block device
    #[arg(value_name = "IMG")]
    image: OsString,
}

impl RecoverArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &OsStr {
        &self.image
    }
}

#[derive(Serialize)]
struct Recovered {
    recovered: &'static str,
    transaction: u64,
    changed_blocks: u64,
}

/// Runs the command.
pub fn run(args: &RecoverArgs, global: &GlobalArgs, _: &mut Report<'_>) -> anyhow::Result<()> {
    let opened = open_for_recovery(&args.image, global)?;
    let name = opened.log.as_ref().map(LogStore::name).unwrap_or_default();
    let none = |recovered| Recovered { recovered, transaction: 0, changed_blocks: 0 };
    let refused = |reason: String| Failure { exit: Exit::Refused, code: "foreign_log", reason };
    let recovered = match opened.recovery {
        Recovery::None => none("none"),
        Recovery::Torn(_) => none("not_begun"),
        Recovery::Finished { transaction, count_blocks }
        | Recovery::Overlaid { transaction, count_blocks } => {
            Recovered { recovered: "finished", transaction, changed_blocks: count_blocks }
        }
        Recovery::Foreign(why) => {
            return Err(refused(format!("{name} is of another image: {why}; not applied")).into());
        }
        Recovery::Stale { offset_bytes } => {
            let reason = format!(
                "{name} is not applied: the image has changed since (at byte {offset_bytes})"
            );
            return Err(refused(reason).into());
        }
    };
    let mut out = Output::new();
    if global.json {
        serde_json::to_writer(&mut out, &recovered)?;
        writeln!(out)?;
    } else {
        let Recovered { transaction, changed_blocks, .. } = recovered;
        match recovered.recovered {
            "finished" => writeln!(
                out,
                "finished transaction {transaction}: {changed_blocks} blocks of metadata written"
            )?,
            "not_begun" => {
                writeln!(out, "removed a log that was not complete: nothing had changed")?
            }
            _ => {}
        }
    }
    Ok(out.flush()?)
}
