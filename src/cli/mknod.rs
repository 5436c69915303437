//! `mpimg mknod`: devices and FIFOs.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use clap::{Args, ValueEnum};

use super::edit::{Change, Edit, UMASK};
use super::exit::Failure;
use super::mode::ModeChange;
use crate::fs::{CallerError, FsError, Node, Ownership};

/// Help that follows the options.
pub const HELP: &str = "\
Examples:
  mpimg mknod -m 666 disk.img /dev/null c 1 3
  mpimg mknod -m 660 disk.img /dev/vda b 254 0
  mpimg mknod -m 600 disk.img /dev/initctl p

Numbers are decimal, octal behind 0 and hexadecimal behind 0x. What is made belongs to root:root and
has mode 644.";

/// What to make.
#[derive(Debug, Args)]
pub struct MknodArgs {
    /// Where
    #[arg(value_name = "PATH")]
    path: OsString,

    /// What
    #[arg(value_name = "TYPE")]
    kind: Kind,

    /// Major and minor number of a device
    #[arg(value_names = ["MAJOR", "MINOR"], num_args = 0..=2, value_parser = parse_number)]
    numbers: Vec<u32>,

    /// Set the permissions: octal, or symbolic as for chmod
    #[arg(short = 'm', long, value_name = "MODE", value_parser = ModeChange::parse, allow_hyphen_values = true)]
    mode: Option<ModeChange>,
}

/// What can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A block device
    B,
    /// A character device
    #[value(alias = "u")]
    C,
    /// A FIFO
    P,
}

/// What may be done with what comes without a mode.
const PERMISSIONS: u16 = 0o666 & !UMASK;

impl Change for MknodArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        let (node, detail) = match (self.kind, self.numbers.as_slice()) {
            (Kind::B, [major, minor]) => {
                (Node::BlockDevice(*major, *minor), format!("block device {major}, {minor}"))
            }
            (Kind::C, [major, minor]) => {
                (Node::CharDevice(*major, *minor), format!("character device {major}, {minor}"))
            }
            (Kind::P, []) => (Node::Fifo, "fifo".to_owned()),
            (Kind::P, _) => {
                return Err(Failure::usage("extra_number", "a FIFO has no device numbers"));
            }
            _ => {
                let reason = "a device has a MAJOR and a MINOR number";
                return Err(Failure::usage("missing_number", reason));
            }
        };
        let path = self.path.as_bytes();
        if let Err(failure) = self.make(edit, path, &node, &detail) {
            edit.failure(path, failure);
        }
        Ok(())
    }
}

impl MknodArgs {
    fn make(
        &self,
        edit: &mut Edit<'_, '_>,
        path: &[u8],
        node: &Node,
        detail: &str,
    ) -> Result<(), Failure> {
        // Symbolic modes change what mknod would give without a umask.
        let permissions = self.mode.as_ref().map_or(PERMISSIONS, |m| m.apply(0o666, false, UMASK));
        let place = edit.place(path)?;
        if place.wants_directory {
            let there = edit.lookup(&place)?.is_some();
            let error = if there { CallerError::Exists } else { CallerError::NotFound };
            return Err(FsError::from(error).into());
        }
        let ownership = Ownership { permissions, uid: 0, gid: 0 };
        edit.tx.create(place.parent.ino(), &place.name, node, ownership)?;
        edit.tell("create", path, detail)
    }
}

/// A number as C writes it.
fn parse_number(text: &str) -> Result<u32, String> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, if text.len() > 1 && text.starts_with('0') { 8 } else { 10 }),
    };
    let plain = digits.chars().all(|digit| digit.is_digit(radix));
    let number = u32::from_str_radix(digits, radix).ok().filter(|_| plain);
    number.ok_or_else(|| "want a number of 32 bits".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_c() {
        for (text, want) in [("0", 0), ("254", 254), ("010", 8), ("0xfE", 254)] {
            assert_eq!(parse_number(text), Ok(want), "{text}");
        }
        for wrong in ["", "+1", "-1", "08", "0x", "0x+1", "4294967296", "1k"] {
            assert!(parse_number(wrong).is_err(), "{wrong}");
        }
    }
}
