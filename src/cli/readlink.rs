//! `mpimg readlink`: where symbolic links lead.

use std::ffi::OsString;
use std::io::Write;

use clap::Args;
use serde::Serialize;

use super::args::{GlobalArgs, ImageArgs, bytes_of};
use super::exit::Report;
use super::image::OpenImage;
use super::json::hex_unless_utf8;
use super::output::Output;
use crate::fs::LastSymlink;

/// Print where symbolic links lead
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mpimg readlink disk.img /bin
  mpimg readlink --json disk.img /etc/mtab

JSON, an object a path: path, target; path_hex and target_hex where those are not UTF-8.")]
pub struct ReadlinkArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Paths of symbolic links in the image
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<OsString>,

    /// End each line with NUL instead of newline
    #[arg(short = '0', long = "zero")]
    zero: bool,
}

impl ReadlinkArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

#[derive(Serialize)]
struct Link<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_hex: Option<String>,
}

/// Runs the command.
pub fn run(
    args: &ReadlinkArgs,
    global: &GlobalArgs,
    report: &mut Report<'_>,
) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let mut out = Output::new();
    for path in bytes_of(&args.paths) {
        let inode = image.fs.resolve(path, LastSymlink::Keep);
        match inode.and_then(|inode| image.fs.read_link(&inode)) {
            Ok(target) if global.json => {
                let (path_hex, target_hex) = (hex_unless_utf8(path), hex_unless_utf8(&target));
                let (path, shown) =
                    (String::from_utf8_lossy(path), String::from_utf8_lossy(&target));
                let link = Link { path: &path, path_hex, target: &shown, target_hex };
                serde_json::to_writer(&mut out, &link)?;
                writeln!(out)?;
            }
            Ok(target) => {
                out.name(&target)?;
                out.write_all(if args.zero { b"\0" } else { b"\n" })?;
            }
            Err(error) => report.failure(Some(path), error),
        }
    }
    Ok(out.flush()?)
}
