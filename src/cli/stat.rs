//! `mpimg stat`: all that an inode says, extended attributes included.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::Args;
use serde::Serialize;

use super::args::{GlobalArgs, ImageArgs, bytes_of};
use super::exit::Report;
use super::image::OpenImage;
use super::json::{InodeJson, hex};
use super::listing::mode_letters;
use super::names::Names;
use super::output::{Output, escaped};
use super::time::Clock;
use crate::fs::{FileType, Filesystem, FsError, Inode, LastSymlink, Xattr};

/// Show what inodes say: type, size, owner, times, extended attributes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg stat disk.img /etc/passwd
  mpimg stat -L disk.img /bin/sh
  mpimg stat --json disk.img '<12>' | jq .size

JSON, an object a path: path, ino, type, mode (octal), links, uid, gid, size (bytes), sectors (of
512 bytes), atime, mtime, ctime, crtime ({seconds, nanoseconds}), device ([major, minor]), target,
flags, generation, xattrs ([{name, value_hex, text}], text where the value is text); path_hex and
target_hex where those are not UTF-8.")]
pub struct StatArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Paths in the image; <N> is inode N
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// Follow a symbolic link that a path ends in
    #[arg(short = 'L', long)]
    dereference: bool,
}

impl StatArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// An inode and its attributes, in JSON.
#[derive(Serialize)]
struct StatJson<'a> {
    #[serde(flatten)]
    inode: InodeJson<'a>,
    flags: u32,
    generation: u32,
    xattrs: Vec<XattrJson>,
}

#[derive(Serialize)]
struct XattrJson {
    name: String,
    value_hex: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Runs the command.
pub fn run(args: &StatArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let last = if args.dereference { LastSymlink::Follow } else { LastSymlink::Keep };
    let names = if global.json { Names::default() } else { Names::of(&image.fs) };
    let clock = Clock::new();
    let mut out = Output::new();
    for path in bytes_of(&args.paths) {
        let mut found = match Found::at(&image.fs, path, last) {
            Ok(found) => found,
            Err(error) => {
                report.failure(Some(path), error);
                continue;
            }
        };
        // Attributes that cannot be taken apart hide nothing else.
        match image.fs.xattrs(&found.inode) {
            Ok(xattrs) => found.xattrs = xattrs,
            Err(error) => report.failure(Some(path), error),
        }
        if global.json {
            found.print_json(&mut out)?;
        } else {
            found.print(&mut out, image.fs.geometry().block_size_bytes(), &names, &clock)?;
        }
    }
    Ok(out.flush()?)
}

/// What was found at a path.
struct Found<'a> {
    path: &'a [u8],
    inode: Inode,
    target: Option<Vec<u8>>,
    xattrs: Vec<Xattr>,
}

impl<'a> Found<'a> {
    fn at(fs: &Filesystem, path: &'a [u8], last: LastSymlink) -> Result<Self, FsError> {
        let inode = fs.resolve(path, last)?;
        let target = match inode.file_type() {
            FileType::Symlink => Some(fs.read_link(&inode)?),
            _ => None,
        };
        Ok(Self { path, inode, target, xattrs: Vec::new() })
    }

    fn print_json(&self, out: &mut Output) -> io::Result<()> {
        let stat = StatJson {
            inode: InodeJson::new(self.path, &self.inode, self.target.as_deref()),
            flags: self.inode.raw().i_flags.get(),
            generation: self.inode.raw().i_generation.get(),
            xattrs: self.xattrs.iter().map(XattrJson::of).collect(),
        };
        serde_json::to_writer(&mut *out, &stat)?;
        writeln!(out)
    }

    fn print(
        &self,
        out: &mut Output,
        block_size: u64,
        names: &Names,
        clock: &Clock,
    ) -> io::Result<()> {
        let inode = &self.inode;
        write!(out, "  File: ")?;
        out.name(self.path)?;
        if let Some(target) = &self.target {
            write!(out, " -> ")?;
            out.name(target)?;
        }
        let (size, sectors) = (inode.size_bytes(), inode.sectors());
        let kind = inode.file_type();
        writeln!(out, "\n  Size: {size:<15} Sectors: {sectors:<10} Block: {block_size:<6} {kind}")?;
        write!(out, " Inode: {:<15} Links: {}", inode.ino(), inode.links())?;
        if let Some((major, minor)) = inode.device_number() {
            write!(out, "  Device: {major},{minor}")?;
        }
        let (uid, gid) = (inode.uid(), inode.gid());
        let (user, group) = (names.user(uid), names.group(gid));
        let letters = mode_letters(inode);
        let mode = inode.permissions();
        writeln!(
            out,
            "\nAccess: ({mode:04o}/{letters})  Uid: ({uid}/{user})  Gid: ({gid}/{group})"
        )?;
        writeln!(out, "Access: {}", clock.long(inode.atime()))?;
        writeln!(out, "Modify: {}", clock.long(inode.mtime()))?;
        writeln!(out, "Change: {}", clock.long(inode.ctime()))?;
        if let Some(crtime) = inode.crtime() {
            writeln!(out, " Birth: {}", clock.long(crtime))?;
        }
        for xattr in &self.xattrs {
            writeln!(out, " Xattr: {}={}", escaped(&xattr.name), shown(&xattr.value))?;
        }
        Ok(())
    }
}

impl XattrJson {
    fn of(xattr: &Xattr) -> Self {
        Self {
            name: String::from_utf8_lossy(&xattr.name).into_owned(),
            value_hex: hex(&xattr.value),
            text: text_of(&xattr.value).map(str::to_string),
        }
    }
}

/// A value as `getfattr` shows it: quoted where it is text, else in hexadecimal.
fn shown(value: &[u8]) -> String {
    match text_of(value) {
        Some(text) => format!("{text:?}"),
        None => format!("0x{}", hex(value)),
    }
}

/// A value that is text; labels end with a NUL that is not part of it.
fn text_of(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value.strip_suffix(b"\0").unwrap_or(value)).ok()?;
    text.chars().all(|c| !c.is_control()).then_some(text)
}
