//! `mpimg batch`: many changes, one transaction.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStringExt;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::edit::{Change, Edit};
use super::exit::{Exit, Failure};
use super::words::Script;
use super::{chmod, chown, ln, mkdir, mknod, mv, put, rm, touch, truncate, xattr};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg batch disk.img changes.txt
  printf '%s\\n' 'mkdir -p /etc/app' 'put /etc/app/conf ./conf' | mpimg batch disk.img
  find tree -type f -printf 'put\\0--mkdirs\\0/%P\\0%p\\0\\0' | mpimg batch -0 disk.img

Each line is a command as it is typed, but without mpimg and IMG:

  put --mode 600 /etc/x ./x
  ln -s 'two words' /link      # quotes and backslashes as in a shell; nothing is expanded
  rm -r /tmp/old

All of them are made or none: the first that fails ends the script, with its line's number, and the
image is as it was. Options about the image and the commit go before the script.";

/// Which script.
#[derive(Debug, Args)]
pub struct BatchArgs {
    /// The script, or - for standard input
    #[arg(value_name = "FILE", default_value = "-")]
    file: OsString,

    /// Arguments end with NUL, and an empty one ends a command
    #[arg(short = '0', long = "null")]
    nul: bool,
}

/// A line of a script.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_subcommand = true)]
struct LineArgs {
    #[command(subcommand)]
    command: Step,
}

/// The commands of scripts.
#[derive(Debug, Subcommand)]
enum Step {
    Chmod(chmod::ChmodArgs),
    Chown(chown::ChownArgs),
    Ln(ln::LnArgs),
    Mkdir(mkdir::MkdirArgs),
    Mknod(mknod::MknodArgs),
    Mv(mv::MvArgs),
    Put(Box<put::PutArgs>),
    Rm(rm::RmArgs),
    Touch(touch::TouchArgs),
    Truncate(truncate::TruncateArgs),
    Xattr(xattr::XattrStep),
}

impl Step {
    fn change(&self) -> &dyn Change {
        match self {
            Self::Chmod(args) => args,
            Self::Chown(args) => args,
            Self::Ln(args) => args,
            Self::Mkdir(args) => args,
            Self::Mknod(args) => args,
            Self::Mv(args) => args,
            Self::Put(args) => &**args,
            Self::Rm(args) => args,
            Self::Touch(args) => args,
            Self::Truncate(args) => args,
            Self::Xattr(args) => args,
        }
    }
}

impl Change for BatchArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        let reader: Box<dyn BufRead> = if self.file == "-" {
            edit.stdin_taken = true;
            Box::new(std::io::stdin().lock())
        } else {
            let file = File::open(&self.file).map_err(|error| Failure {
                exit: Exit::Path,
                code: "script_cannot_open",
                reason: format!("cannot open {}: {error}", self.file.display()),
            })?;
            Box::new(BufReader::with_capacity(64 << 10, file))
        };
        // Made once: to make the command line is more work than to take a line apart.
        let mut command = LineArgs::command();
        let unit = if self.nul { "command" } else { "line" };
        for line in Script::new(reader, self.nul) {
            let line = line?;
            let here = format!("{unit} {}: ", line.number);
            let words = line.words.into_iter().map(OsString::from_vec);
            let parsed = command.try_get_matches_from_mut(words);
            let parsed = parsed.and_then(|mut found| LineArgs::from_arg_matches_mut(&mut found));
            let parsed = parsed.map_err(|error| {
                Failure::usage("bad_line", format!("{here}{}", super::first_line(&error)))
            })?;
            edit.set_context(Some(here.clone()));
            let applied = parsed.command.change().apply(edit);
            edit.set_context(None);
            applied.map_err(|failure| Failure {
                reason: format!("{here}{}", failure.reason),
                ..failure
            })?;
            if edit.has_failed() {
                break;
            }
        }
        Ok(())
    }
}
