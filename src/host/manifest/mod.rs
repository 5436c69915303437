//! Manifests: tables of what a tree is to have beside what its source says, or instead of it.
//!
//! A line is what genext2fs (`-D`) and makedevs have in their device tables, and words `KEY=VALUE`
//! behind that:
//!
//! ```text
//! PATH TYPE [MODE [UID [GID [MAJOR [MINOR [START [INC [COUNT]]]]]]]] [KEY=VALUE]...
//!
//! # name      type mode uid  gid  major minor start inc count
//! /dev        d    755  0    0    -     -     -     -   -
//! /dev/null   c    666  0    0    1     3     -     -   -
//! /dev/tty    c    620  0    5    4     0     0     1   6       # tty0 to tty5
//! /bin/ping   f    4755 root root
//! /srv        r    -    33   33
//! /etc/mtab   l    -    -    -    link=../proc/self/mounts time=1700000000
//! /bin/dump   f    -    -    -    xattr.security.selinux=system_u:object_r:bin_t:s0
//! ```
//!
//! - **PATH** is below the tree's root. `\ooo` is a byte in octal, `\\` a backslash. It leads through
//!   no symbolic link. `#` where a word could begin starts a comment.
//! - **TYPE**: `f` regular file, `d` directory, `c` (or `u`) and `b` devices, `p` FIFO, `s` socket, `l`
//!   symbolic link; `F` a regular file if it is there, `r` whatever it is, with all that is below it.
//! - **MODE** is octal; **UID** and **GID** are numbers or names. `-`, and for a mode `-1`, leaves what
//!   there is.
//! - **MAJOR** and **MINOR** are a device's numbers. **COUNT** above 0 makes a series: names with a
//!   number behind them, whose minor numbers grow by **INC**. In tables of [genext2fs](Form::Genext2fs)
//!   names are numbered from START up to, but without, COUNT; in those of
//!   [makedevs](Form::Makedevs) they are COUNT names from START on, and a COUNT of 1 is none.
//! - `time=SECONDS[.FRACTION]` is the time of the last change, `link=TARGET` where a link leads,
//!   `xattr.NAME=VALUE` an extended attribute (text, `0x..`, `0s..`), with escapes as in PATH.
//!
//! What is there is changed, and has to be of that type; what is not is made, with 755 for directories,
//! 644 for regular files, 777 for symbolic links, 600 for others, root as owner and the command's time
//! where the line leaves them open. A line with `d` makes the directories above it too, one of another type needs them. A regular file that is not
//! there is made empty, as genext2fs does, or missed, as makedevs does; where the tree goes into an
//! image that may have it, it is missed.

mod apply;
mod error;
mod fields;
mod line;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

pub use apply::{Parents, Setting};
pub use error::ManifestError;
use line::{Line, Wrong};

use super::error::called;

/// What a line may take: paths and values have their limits, but in octal four times as many.
const MOST_LINE_BYTES: u64 = 1 << 20;

/// Errors that are told at most: a file that is no manifest is wrong in every line.
const MOST_ERRORS: usize = 1000;

/// How a table counts: see the [module](self).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// COUNT is where numbers end; a regular file that is not there is made.
    #[default]
    Genext2fs,
    /// COUNT is how many there are; a regular file has to be there.
    Makedevs,
}

/// A manifest that was read.
#[derive(Debug)]
pub struct Manifest {
    name: String,
    form: Form,
    lines: Vec<Line>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// It cannot be read, or all lines that are none.
    pub fn read(path: &Path, form: Form) -> Result<Self, Vec<ManifestError>> {
        let name = called(path);
        match File::open(path) {
            Ok(file) => Self::parse(name, BufReader::new(file), form),
            Err(source) => Err(Vec::from([ManifestError::Read { name, source }])),
        }
    }

    /// Reads a manifest of that name.
    ///
    /// # Errors
    /// As of [`read`](Self::read).
    pub fn parse(
        name: String,
        mut reader: impl BufRead,
        form: Form,
    ) -> Result<Self, Vec<ManifestError>> {
        let mut lines = Vec::new();
        let mut errors = Most::default();
        let mut text = Vec::new();
        for number in 1.. {
            text.clear();
            match reader.by_ref().take(MOST_LINE_BYTES).read_until(b'\n', &mut text) {
                Ok(0) => break,
                Ok(_) if text.len() as u64 == MOST_LINE_BYTES => {
                    let source = io::Error::other(format!("line {number} is longer than 1 MiB"));
                    errors.push(ManifestError::Read { name: name.clone(), source });
                    break;
                }
                Ok(_) => {}
                Err(source) => {
                    errors.push(ManifestError::Read { name: name.clone(), source });
                    break;
                }
            }
            match Line::parse(number, &text, form) {
                Ok(line) => lines.extend(line),
                Err(Wrong { column, what, path }) => {
                    let name = name.clone();
                    errors.push(ManifestError::Syntax { name, line: number, column, what, path });
                }
            }
        }
        errors.into_result(Self { name, form, lines })
    }
}

/// The first errors, as many as anybody wants to know.
#[derive(Debug, Default)]
struct Most(Vec<ManifestError>);

impl Most {
    fn push(&mut self, error: ManifestError) {
        if self.0.len() < MOST_ERRORS {
            self.0.push(error);
        }
    }

    fn into_result<T>(self, value: T) -> Result<T, Vec<ManifestError>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

#[cfg(test)]
mod tests;
