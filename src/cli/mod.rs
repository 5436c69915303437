//! The command line: arguments, text and JSON output, progress, exit codes.
//!
//! A file a subcommand; [`command`] has the table of them. Only this floor prints, exits or draws.

mod args;
mod batch;
mod cat;
mod chmod;
mod chown;
mod command;
mod create;
mod df;
mod du;
mod edit;
mod exit;
mod find;
mod get;
mod image;
mod import;
mod info;
mod json;
mod listing;
mod ln;
mod ls;
mod map;
mod mkdir;
mod mknod;
mod mode;
mod mv;
mod names;
mod output;
mod owner;
mod plan;
mod plan_write;
mod progress;
mod put;
mod readlink;
mod recover;
mod rm;
mod stat;
mod stats;
mod strip;
mod sum;
mod tar;
mod time;
mod touch;
mod truncate;
mod units;
mod unread;
mod untar;
mod when;
mod words;
mod xattr;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::GlobalArgs;
use command::Command;
use exit::{Exit, Failure, Report};

/// Read and write ext2 disk images without root, mounting, FUSE or a VM
#[derive(Debug, Parser)]
#[command(name = "mpimg", version, max_term_width = 100)]
#[command(after_help = "\
Examples:
  mpimg cat disk.img /etc/motd           a file to standard output
  mpimg ls -lR disk.img /                all that is there
  mpimg --partition 2 info disk.img      what the second partition is
  mpimg map disk.img /var/lib/db         how a file lies on the disk
  mpimg put disk.img /etc/motd ./motd    a file into the image
  mpimg batch disk.img changes.txt       many changes, all or none

Paths in an image are bytes; a leading / is optional, symbolic links are resolved inside the image,
and '<12>' names inode 12. An image may be IMG@@OFFSET; in a disk image with one ext2 partition that
partition is found.

A command that changes an image does all that it was told or nothing: one that fails, is killed or
runs out of space leaves the image as it was.

Exit codes:
  0  done
  1  a named path could not be processed; nothing changed
  2  usage
  3  partly done: what could not be is listed
  4  corrupt metadata, or a truncated image
  5  refused: not ext2, an unsupported feature, or a journal that needs recovery
  6  no space or no inodes; nothing changed
  7  the image is in use
  8  host I/O error
Where several paths fail, the highest counts. A closed pipe ends a command quietly.

With --json, an error is {\"error\": {code, exit, image, path, reason}} on standard error (with
path_hex where the path is not UTF-8), a warning {\"warning\": {image, reason}}.")]
struct Cli {
    #[command(flatten)]
    global: GlobalArgs,

    #[command(subcommand)]
    command: Command,
}

/// Runs the command that the process's arguments name.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match parse(&std::env::args_os().collect::<Vec<_>>()) {
        Ok(cli) => cli,
        Err(error) => return usage_or_help(&error).into(),
    };
    let mut report = Report::new(cli.command.image(), cli.global.json);
    let ended = cli.command.run(&cli.global, &mut report);
    if let Some(failure) = ended.err().and_then(failure_of) {
        report.failure(None, failure);
    }
    report.exit().into()
}

/// Takes the arguments apart. Those of an expression hide options behind it from clap.
fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let cli = Cli::try_parse_from(args)?;
    match cli.command.options_first(args) {
        Some(args) => Cli::try_parse_from(args),
        None => Ok(cli),
    }
}

/// Prints what the arguments asked for or what is wrong with them.
fn usage_or_help(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        let text = error.render().to_string();
        // What the mistake is comes first; where there is none, the text is the help.
        let reason = text.strip_prefix("error: ").map(|rest| rest.trim_end());
        let json = std::env::args_os().any(|arg| arg == "--json");
        match reason {
            Some(reason) if json => {
                let reason = one_line(reason);
                let error = serde_json::json!({ "code": "usage", "exit": 2, "reason": reason });
                exit::tell(&serde_json::json!({ "error": error }).to_string());
            }
            Some(reason) => exit::tell(&format!("mpimg: {reason}")),
            None => exit::tell(text.trim_end()),
        }
        return Exit::Usage;
    }
    match error.print().err().as_ref().and_then(output::output_failure) {
        Some(failure) => {
            exit::tell(&format!("mpimg: {failure}"));
            failure.exit
        }
        None => Exit::Done,
    }
}

/// The paragraph that says what is wrong, on one line; usage follows it.
fn one_line(reason: &str) -> String {
    let what = reason.split("\n\n").next().unwrap_or(reason);
    what.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is wrong with the arguments, on one line.
fn first_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    one_line(text.strip_prefix("error: ").unwrap_or(&text))
}

/// The command line, for completions and manual pages.
#[must_use]
pub fn command() -> clap::Command {
    Cli::command()
}

/// What ended a command, for the report; `None` where its output was no longer wanted.
fn failure_of(error: anyhow::Error) -> Option<Failure> {
    // JSON is written straight to standard output, whose errors come wrapped.
    let error = match error.downcast::<serde_json::Error>() {
        Ok(error) => return output::output_failure(&error.into()),
        Err(error) => error,
    };
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return Some(failure.clone());
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return output::output_failure(error);
    }
    Some(Failure { exit: Exit::HostIo, code: "host_io", reason: format!("{error:#}") })
}
