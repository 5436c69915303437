//! `mpimg xattr`: extended attributes, listed, printed, set and removed.
//!
//! Values are what programs see: an ACL has the form of `getxattr(2)`, not that on disk.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use clap::{ArgAction, Args, Subcommand};
use serde::Serialize;

use super::args::{GlobalArgs, ImageArgs, bytes_of};
use super::edit::{Change, Edit, Editing};
use super::exit::{Failure, Report};
use super::image::OpenImage;
use super::json::{hex, hex_unless_utf8};
use super::output::{Output, escaped};

use crate::fs::{Filesystem, LastSymlink, Xattr, check_xattr_name};
use crate::host::{parse_value, parse_xattr};

/// List, print, set and remove extended attributes
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg xattr ls disk.img /bin/ping
  mpimg xattr get disk.img /bin/ping security.capability | xxd
  mpimg xattr set disk.img /srv/www user.note 'made by hand'
  mpimg xattr rm disk.img /srv/www user.note")]
pub struct XattrArgs {
    #[command(subcommand)]
    command: XattrCommand,
}

/// What is done with attributes.
#[derive(Debug, Subcommand)]
enum XattrCommand {
    Ls(LsArgs),
    Get(GetArgs),
    /// Set an extended attribute
    #[command(after_help = SET_HELP)]
    Set(Editing<SetArgs>),
    /// Remove extended attributes
    #[command(after_help = RM_HELP)]
    Rm(Editing<RmArgs>),
}

impl XattrArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &OsStr {
        match &self.command {
            XattrCommand::Ls(args) => &args.image.image,
            XattrCommand::Get(args) => &args.image.image,
            XattrCommand::Set(args) => args.image(),
            XattrCommand::Rm(args) => args.image(),
        }
    }

    /// Runs the command.
    pub fn run(&self, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
        match &self.command {
            XattrCommand::Ls(args) => ls(args, global, report),
            XattrCommand::Get(args) => get(args, global, report),
            XattrCommand::Set(args) => args.run(global, report),
            XattrCommand::Rm(args) => args.run(global, report),
        }
    }
}

/// The commands of scripts, which change something.
#[derive(Debug, Args)]
pub struct XattrStep {
    #[command(subcommand)]
    command: XattrChange,
}

/// What a script can do to attributes.
#[derive(Debug, Subcommand)]
enum XattrChange {
    Set(SetArgs),
    Rm(RmArgs),
}

impl Change for XattrStep {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        match &self.command {
            XattrChange::Set(args) => args.apply(edit),
            XattrChange::Rm(args) => args.apply(edit),
        }
    }
}

/// Whether symbolic links are meant themselves.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
struct LinkArgs {
    /// Take a symbolic link itself, not what it leads to
    #[arg(short = 'h', long)]
    no_dereference: bool,

    /// Print help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

impl LinkArgs {
    fn last(&self) -> LastSymlink {
        if self.no_dereference { LastSymlink::Keep } else { LastSymlink::Follow }
    }
}

/// List the names of extended attributes
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[command(after_help = "\
Examples:
  mpimg xattr ls disk.img /bin/ping
  mpimg xattr ls --json disk.img /bin/ping /bin/su

JSON, an object a path: path, xattrs ([{name, size}]); path_hex and name_hex where those are not
UTF-8.")]
struct LsArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Paths in the image
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    #[command(flatten)]
    links: LinkArgs,
}

#[derive(Serialize)]
struct JsonList<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    xattrs: Vec<JsonName>,
}

#[derive(Serialize)]
struct JsonName {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_hex: Option<String>,
    size: usize,
}

fn ls(args: &LsArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let mut out = Output::new();
    let mut between: &[u8] = b"";
    for path in bytes_of(&args.paths) {
        let inode = image.fs.resolve(path, args.links.last());
        let xattrs = match inode.and_then(|inode| image.fs.xattrs(&inode)) {
            Ok(xattrs) => xattrs,
            Err(error) => {
                report.failure(Some(path), error);
                continue;
            }
        };
        if global.json {
            let name_of = |xattr: &Xattr| JsonName {
                name: String::from_utf8_lossy(&xattr.name).into_owned(),
                name_hex: hex_unless_utf8(&xattr.name),
                size: Xattr::for_programs(xattr).len(),
            };
            let xattrs = xattrs.iter().map(name_of).collect();
            let shown = String::from_utf8_lossy(path);
            let list = JsonList { path: &shown, path_hex: hex_unless_utf8(path), xattrs };
            serde_json::to_writer(&mut out, &list)?;
            out.write_all(b"\n")?;
            continue;
        }
        if args.paths.len() > 1 {
            out.write_all(between)?;
            out.name(path)?;
            out.write_all(b":\n")?;
            between = b"\n";
        }
        for xattr in &xattrs {
            out.name(&xattr.name)?;
            out.write_all(b"\n")?;
        }
    }
    Ok(out.flush()?)
}

/// Print the value of an extended attribute
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[command(after_help = "\
Examples:
  mpimg xattr get disk.img /srv/www user.note
  mpimg xattr get --json disk.img /bin/ping security.capability

The value is printed as it is, without a newline behind it.

JSON, one object: path, name, size, value; path_hex, name_hex and value_hex where those are not
UTF-8.")]
struct GetArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// A path in the image
    #[arg(value_name = "PATH")]
    path: OsString,

    /// The attribute, user.note for instance
    #[arg(value_name = "NAME")]
    name: OsString,

    #[command(flatten)]
    links: LinkArgs,
}

#[derive(Serialize)]
struct JsonValue<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name_hex: Option<String>,
    size: usize,
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_hex: Option<String>,
}

fn get(args: &GetArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let (path, name) = (args.path.as_bytes(), args.name.as_bytes());
    let value = match value(&image.fs, path, args.links.last(), name) {
        Ok(value) => value,
        Err(failure) => {
            report.failure(Some(path), failure);
            return Ok(());
        }
    };
    let mut out = Output::new();
    if global.json {
        let value = JsonValue {
            path: &String::from_utf8_lossy(path),
            path_hex: hex_unless_utf8(path),
            name: &String::from_utf8_lossy(name),
            name_hex: hex_unless_utf8(name),
            size: value.len(),
            value: &String::from_utf8_lossy(&value),
            value_hex: hex_unless_utf8(&value),
        };
        serde_json::to_writer(&mut out, &value)?;
        out.write_all(b"\n")?;
    } else if out.is_terminal() {
        // What would act on the terminal is shown as setfattr takes it.
        let plain = std::str::from_utf8(&value).is_ok_and(|text| !text.contains(char::is_control));
        match plain {
            true => out.name(&value)?,
            false => write!(out, "0x{}", hex(&value))?,
        }
        out.write_all(b"\n")?;
    } else {
        out.write_all(&value)?;
    }
    Ok(out.flush()?)
}

fn value(fs: &Filesystem, path: &[u8], last: LastSymlink, name: &[u8]) -> Result<Vec<u8>, Failure> {
    let inode = fs.resolve(path, last)?;
    let xattrs = fs.xattrs(&inode)?;
    let found = xattrs.iter().find(|xattr| xattr.name == name);
    found.map(Xattr::for_programs).ok_or_else(|| no_such(name))
}

fn no_such(name: &[u8]) -> Failure {
    let reason = format!("no such attribute: {}", escaped(name));
    Failure::path("no_such_attribute", reason)
}

const SET_HELP: &str = "\
Examples:
  mpimg xattr set disk.img /srv/www user.note 'made by hand'
  mpimg xattr set disk.img /srv/www user.note=0x6869
  mpimg xattr set disk.img /bin/ping security.capability 0sAQAAAgAgAAAAAAAAAAAAAAAAAAA=

A value is text as it is, text in double quotes with \\\\, \\\" and octal \\ooo, hexadecimal behind 0x
or base64 behind 0s, as for setfattr; without one it is empty.";

/// Which attribute, and of what.
#[derive(Debug, Args)]
struct SetArgs {
    /// A path in the image
    #[arg(value_name = "PATH")]
    path: OsString,

    /// The attribute, user.note for instance, or NAME=VALUE
    #[arg(value_name = "NAME")]
    name: OsString,

    /// Its value
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: Option<OsString>,

    #[command(flatten)]
    links: LinkArgs,
}

impl Change for SetArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        let (path, name) = (self.path.as_bytes(), self.name.as_bytes());
        let parsed = match &self.value {
            Some(value) => parse_value(value.as_bytes())
                .map(|value| (name.to_vec(), value))
                .map_err(|why| format!("the value of {}: {why}", escaped(name))),
            None if name.contains(&b'=') => parse_xattr(name),
            None => Ok((name.to_vec(), Vec::new())),
        };
        let (name, value) = parsed.map_err(|reason| Failure::usage("bad_xattr", reason))?;
        let detail = format!("{}, {} bytes", escaped(&name), value.len());
        let set = match edit.resolve(path, self.links.last()) {
            Ok(inode) => edit.add_xattrs(inode.ino(), std::iter::once((name, value))),
            Err(error) => Err(error.into()),
        };
        match set {
            Ok(()) => edit.tell("set attribute", path, &detail),
            Err(failure) => {
                edit.failure(path, failure);
                Ok(())
            }
        }
    }
}

const RM_HELP: &str = "\
Examples:
  mpimg xattr rm disk.img /srv/www user.note
  mpimg xattr rm -h disk.img /bin/sh trusted.a trusted.b";

/// Which attributes, and of what.
#[derive(Debug, Args)]
struct RmArgs {
    /// A path in the image
    #[arg(value_name = "PATH")]
    path: OsString,

    /// Attributes, user.note for instance
    #[arg(value_name = "NAME", required = true)]
    names: Vec<OsString>,

    #[command(flatten)]
    links: LinkArgs,
}

impl Change for RmArgs {
    fn apply(&self, edit: &mut Edit<'_, '_>) -> Result<(), Failure> {
        let path = self.path.as_bytes();
        if let Err(failure) = self.remove(edit, path) {
            edit.failure(path, failure);
        }
        Ok(())
    }
}

impl RmArgs {
    fn remove(&self, edit: &mut Edit<'_, '_>, path: &[u8]) -> Result<(), Failure> {
        let inode = edit.resolve(path, self.links.last())?;
        let mut all = edit.tx.fs().xattrs(&inode)?;
        for name in bytes_of(&self.names) {
            check_xattr_name(name)?;
            let before = all.len();
            all.retain(|xattr| xattr.name != name);
            if all.len() == before {
                edit.failure(path, no_such(name));
            }
            edit.tell("remove attribute", path, &escaped(name))?;
        }
        Ok(edit.tx.set_xattrs(inode.ino(), &all)?)
    }
}
