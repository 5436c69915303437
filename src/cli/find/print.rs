//! What `find` does with what it found: `-print`, `-print0`, `-ls`, or a line of JSON.
//!
//! ```text
//!       14      4 -rw-r--r--   1 root     root          120 Nov 23 02:08 /etc/a\ b
//! ```

use std::io::{self, Write};

use super::test::Entry;
use crate::cli::json::InodeJson;
use crate::cli::listing::mode_letters;
use crate::cli::names::Names;
use crate::cli::output::Output;
use crate::cli::time::Clock;

/// An action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The path on a line, escaped on a terminal.
    Print,
    /// The path and a NUL.
    Print0,
    /// A line as `find -ls` prints it.
    Ls,
}

/// Prints a path and what ends it.
pub fn path(out: &mut Output, path: &[u8], action: Action) -> io::Result<()> {
    if action == Action::Print0 {
        out.write_all(path)?;
        return out.write_all(b"\0");
    }
    out.name(path)?;
    out.write_all(b"\n")
}

/// Prints an object of the schema of `ls`.
pub fn json(out: &mut Output, entry: &Entry<'_>, target: Option<&[u8]>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &InodeJson::new(entry.path, entry.inode, target))?;
    out.write_all(b"\n")
}

/// The lines of `-ls`. A column is as wide as findutils has it, and wider from the first line on
/// that needs it.
pub struct LongLines {
    names: Names,
    clock: Clock,
    ino: usize,
    blocks: usize,
    links: usize,
    user: usize,
    group: usize,
    major: usize,
    minor: usize,
    size: usize,
}

impl LongLines {
    /// Lines with these names of owners.
    pub fn new(names: Names) -> Self {
        Self {
            names,
            clock: Clock::new(),
            ino: 9,
            blocks: 6,
            links: 3,
            user: 8,
            group: 8,
            major: 3,
            minor: 3,
            size: 8,
        }
    }

    /// Prints a line.
    pub fn print(
        &mut self,
        out: &mut impl Write,
        entry: &Entry<'_>,
        target: Option<&[u8]>,
    ) -> io::Result<()> {
        let inode = entry.inode;
        right(out, &mut self.ino, u64::from(inode.ino().0))?;
        right(out, &mut self.blocks, inode.sectors().div_ceil(2))?;
        out.write_all(mode_letters(inode).as_bytes())?;
        out.write_all(b" ")?;
        right(out, &mut self.links, u64::from(inode.links()))?;
        left(out, &mut self.user, self.names.user_name(inode.uid()), inode.uid())?;
        left(out, &mut self.group, self.names.group_name(inode.gid()), inode.gid())?;
        match inode.device_number() {
            Some((major, minor)) => {
                let text = major.to_string();
                self.major = self.major.max(text.len());
                write!(out, "{text:>width$}, ", width = self.major)?;
                right(out, &mut self.minor, u64::from(minor))?;
            }
            None => right(out, &mut self.size, inode.size_bytes())?,
        }
        self.clock.of_find(out, inode.mtime())?;
        out.write_all(b" ")?;
        quoted(out, entry.path)?;
        if let Some(target) = target {
            out.write_all(b" -> ")?;
            quoted(out, target)?;
        }
        out.write_all(b"\n")
    }
}

/// A number at the right of its column.
fn right(out: &mut impl Write, width: &mut usize, number: u64) -> io::Result<()> {
    let digits = number.checked_ilog10().unwrap_or(0) as usize + 1;
    *width = (*width).max(digits);
    write!(out, "{number:>width$} ")
}

/// A name, or the number of one who has none, at the left of its column.
fn left(out: &mut impl Write, width: &mut usize, name: Option<&str>, id: u32) -> io::Result<()> {
    match name {
        Some(name) => {
            *width = (*width).max(name.len());
            // Padding counts characters, the column bytes.
            out.write_all(name.as_bytes())?;
            write!(out, "{:1$} ", "", width.saturating_sub(name.len()))
        }
        None => {
            let digits = id.checked_ilog10().unwrap_or(0) as usize + 1;
            *width = (*width).max(digits);
            write!(out, "{id:<width$} ")
        }
    }
}

/// A name in which all but plain ASCII is escaped, spaces too.
fn quoted(out: &mut impl Write, name: &[u8]) -> io::Result<()> {
    for byte in name {
        match byte {
            b'\\' => out.write_all(b"\\\\")?,
            b'\n' => out.write_all(b"\\n")?,
            0x08 => out.write_all(b"\\b")?,
            b'\r' => out.write_all(b"\\r")?,
            b'\t' => out.write_all(b"\\t")?,
            0x0c => out.write_all(b"\\f")?,
            b' ' => out.write_all(b"\\ ")?,
            b'"' => out.write_all(b"\\\"")?,
            byte if byte.is_ascii_graphic() => out.write_all(&[*byte])?,
            byte => write!(out, "\\{byte:03o}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_as_findutils_does() {
        let mut text = Vec::new();
        quoted(&mut text, b"a b\\\"\n\t\r\x08\x0c\x01\x7f\xc3'z").unwrap();
        assert_eq!(text, b"a\\ b\\\\\\\"\\n\\t\\r\\b\\f\\001\\177\\303'z");
    }

    #[test]
    fn columns_grow_and_stay_grown() {
        let (mut text, mut width) = (Vec::new(), 3);
        right(&mut text, &mut width, 7).unwrap();
        right(&mut text, &mut width, 12345).unwrap();
        right(&mut text, &mut width, 7).unwrap();
        let mut width = 2;
        left(&mut text, &mut width, Some("ab"), 0).unwrap();
        left(&mut text, &mut width, None, 1234).unwrap();
        left(&mut text, &mut width, Some("\u{e9}"), 0).unwrap();
        assert_eq!(text, "  7 12345     7 ab 1234 \u{e9}   ".as_bytes());
    }
}
