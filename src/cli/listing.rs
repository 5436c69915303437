//! The lines of `ls`: long ones with aligned columns, names one a line or side by side.

use std::borrow::Cow;
use std::io::{self, Write};

use super::names::Names;
use super::output::{Output, escaped};
use super::time::Clock;
use crate::fs::{FileType, Ino, Inode};

/// Columns of a terminal whose width is not known.
const DEFAULT_WIDTH: usize = 80;

/// How to list.
pub struct Style {
    /// Long lines.
    pub long: bool,
    /// Inode numbers.
    pub inode: bool,
    /// Sizes such as 1.5K.
    pub human: bool,
    /// Lines end with NUL.
    pub zero: bool,
    /// Names side by side.
    pub columns: bool,
    /// Names of owners.
    pub names: Names,
    /// Forms times.
    pub clock: Clock,
    /// JSON.
    pub json: bool,
}

/// What is listed.
pub struct Item {
    /// Its path.
    pub path: Vec<u8>,
    /// The name that is shown.
    pub name: Vec<u8>,
    /// Its inode.
    pub ino: Ino,
    /// What the inode says, where that is needed and can be read.
    pub inode: Option<Inode>,
    /// Where a symlink leads.
    pub target: Option<Vec<u8>>,
}

impl Item {
    /// The inode and the path, if it is a directory.
    pub fn as_directory(&self) -> Option<(&Inode, &[u8])> {
        let inode = self.inode.as_ref()?;
        (inode.file_type() == FileType::Directory).then_some((inode, &self.path))
    }
}

/// `drwxr-xr-x`, as `ls -l` shows a mode.
pub fn mode_letters(inode: &Inode) -> String {
    let mode = inode.permissions();
    let mut letters = String::with_capacity(10);
    letters.push(inode.file_type().letter());
    // Shift of the three bits, bit of the set-id or sticky flag, letter of that flag.
    for (shift, flag, with_x, without_x) in
        [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')]
    {
        let bits = mode >> shift;
        letters.push(if bits & 4 != 0 { 'r' } else { '-' });
        letters.push(if bits & 2 != 0 { 'w' } else { '-' });
        letters.push(match (bits & 1 != 0, mode & flag != 0) {
            (true, true) => with_x,
            (false, true) => without_x,
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    letters
}

/// A size as `ls -h` shows it: three digits at most, rounded up.
pub fn human_size(bytes: u64) -> String {
    let mut unit_bytes: u64 = 1;
    let mut units = ["", "K", "M", "G", "T", "P", "E"].iter();
    let mut unit = units.next();
    while bytes.div_ceil(unit_bytes) >= 1024 {
        let Some(next) = units.next() else { break };
        unit = Some(next);
        unit_bytes = unit_bytes.saturating_mul(1024);
    }
    let unit = unit.copied().unwrap_or("");
    let tenths = u128::from(bytes).saturating_mul(10).div_ceil(u128::from(unit_bytes));
    if unit.is_empty() || tenths >= 100 {
        format!("{}{unit}", bytes.div_ceil(unit_bytes))
    } else {
        format!("{}.{}{unit}", tenths.div_euclid(10), tenths.rem_euclid(10))
    }
}

/// Widths of the columns of long lines.
#[derive(Default)]
pub struct Columns {
    ino: usize,
    links: usize,
    user: usize,
    group: usize,
    size: usize,
    /// Of a device's numbers, which stand where sizes do.
    major: usize,
    minor: usize,
}

impl Columns {
    /// The widths that hold all items.
    pub fn of(items: &[Item], style: &Style) -> Self {
        let mut widths = Self::default();
        for item in items {
            widths.ino = widths.ino.max(digits(u64::from(item.ino.0)));
            let Some(inode) = &item.inode else { continue };
            widths.links = widths.links.max(digits(u64::from(inode.links())));
            widths.user = widths.user.max(style.names.user(inode.uid()).len());
            widths.group = widths.group.max(style.names.group(inode.gid()).len());
            match inode.device_number() {
                Some((major, minor)) => {
                    widths.major = widths.major.max(digits(u64::from(major)));
                    widths.minor = widths.minor.max(digits(u64::from(minor)));
                    let both = widths.major.saturating_add(2).saturating_add(widths.minor);
                    widths.size = widths.size.max(both);
                }
                None => widths.size = widths.size.max(size_of_file(inode, style).len()),
            }
        }
        widths
    }

    /// Prints a long line.
    pub fn print(&self, out: &mut Output, item: &Item, style: &Style) -> io::Result<()> {
        if style.inode {
            write!(out, "{:>width$} ", item.ino.0, width = self.ino)?;
        }
        let Self { links, user, group, size, .. } = *self;
        match &item.inode {
            Some(inode) => {
                let (uid, gid) = (inode.uid(), inode.gid());
                let owner = owner_cell(style.names.user_name(uid), uid, user);
                let of_group = owner_cell(style.names.group_name(gid), gid, group);
                let bytes = self.size_or_device(inode, style);
                let letters = mode_letters(inode);
                write!(
                    out,
                    "{letters} {:>links$} {owner} {of_group} {bytes:>size$} ",
                    inode.links()
                )?;
                style.clock.short(out, inode.mtime())?;
            }
            // As `ls` shows what it cannot look into.
            None => write!(
                out,
                "?????????? {:>links$} {:<user$} {:<group$} {:>size$} {:>12}",
                '?', '?', '?', '?', '?'
            )?,
        }
        out.write_all(b" ")?;
        out.name(&item.name)?;
        if let Some(target) = &item.target {
            out.write_all(b" -> ")?;
            out.name(target)?;
        }
        out.write_all(end_of_line(style))
    }

    /// A size, or a device's numbers below each other.
    fn size_or_device(&self, inode: &Inode, style: &Style) -> String {
        match inode.device_number() {
            Some((major, minor)) => format!("{major}, {minor:>width$}", width = self.minor),
            None => size_of_file(inode, style),
        }
    }
}

/// Prints names, one a line or in columns that are filled downwards.
pub fn print_names(out: &mut Output, items: &[Item], style: &Style) -> io::Result<()> {
    if !style.columns {
        let width = items.iter().map(|item| digits(u64::from(item.ino.0))).max().unwrap_or(0);
        for item in items {
            if style.inode {
                write!(out, "{:>width$} ", item.ino.0)?;
            }
            out.name(&item.name)?;
            out.write_all(end_of_line(style))?;
        }
        return Ok(());
    }
    let cells: Vec<String> = items.iter().map(|item| cell(item, style)).collect();
    let widest = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
    let per_line = terminal_width().checked_div(widest.saturating_add(2)).unwrap_or(1).max(1);
    let lines = cells.len().div_ceil(per_line);
    for line in 0..lines {
        let mut row = cells.iter().skip(line).step_by(lines.max(1)).peekable();
        while let Some(cell) = row.next() {
            match row.peek() {
                Some(_) => write!(out, "{cell:<width$}", width = widest.saturating_add(2))?,
                None => writeln!(out, "{cell}")?,
            }
        }
    }
    Ok(())
}

fn cell(item: &Item, style: &Style) -> String {
    let name: Cow<'_, str> = escaped(&item.name);
    if style.inode { format!("{} {name}", item.ino) } else { name.into_owned() }
}

/// Columns of the terminal on standard output.
pub fn terminal_width() -> usize {
    match rustix::termios::tcgetwinsize(io::stdout()) {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
        _ => DEFAULT_WIDTH,
    }
}

/// A name at the left of its column, or a number at the right.
fn owner_cell(name: Option<&str>, id: u32, width: usize) -> String {
    match name {
        Some(name) => format!("{name:<width$}"),
        None => format!("{id:>width$}"),
    }
}

fn size_of_file(inode: &Inode, style: &Style) -> String {
    if style.human { human_size(inode.size_bytes()) } else { inode.size_bytes().to_string() }
}

/// What a line ends with.
pub fn end_of_line(style: &Style) -> &'static [u8] {
    if style.zero { b"\0" } else { b"\n" }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_as_ls_does() {
        for (bytes, shown) in [
            (0, "0"),
            (1023, "1023"),
            (1024, "1.0K"),
            (1025, "1.1K"),
            (10_239, "10K"),
            (10_240, "10K"),
            (1_048_575, "1.0M"),
            (5 << 30, "5.0G"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(human_size(bytes), shown, "{bytes}");
        }
    }
}
