//! `mpimg ls`: what directories hold.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{self, Write};

use clap::Args;

use super::args::{GlobalArgs, ImageArgs, bytes_of};
use super::exit::Report;
use super::image::OpenImage;
use super::json::InodeJson;
use super::listing::{Columns, Item, Style, end_of_line, human_size};
use super::names::Names;
use super::output::Output;
use super::time::Clock;
use crate::fs::{Corrupt, FileType, Filesystem, FsError, Ino, Inode, LastSymlink};

/// List directories of an image
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[command(after_help = "\
Examples:
  mpimg ls disk.img                      the root directory
  mpimg ls -lR disk.img /etc
  mpimg ls -a0 disk.img /tmp | xargs -0 -n1 echo
  mpimg ls --json -R disk.img / | jq -r .path

Names are sorted by their bytes. Owners are named by the image's own /etc/passwd and /etc/group.
JSON, an object an entry: path, ino, type, mode (octal), links, uid, gid, size (bytes), sectors (of
512 bytes), atime, mtime, ctime, crtime ({seconds, nanoseconds}), device ([major, minor]), target;
path_hex and target_hex where those are not UTF-8.")]
pub struct LsArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Paths in the image; <N> is inode N [default: /]
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,

    /// Type, mode, links, owner, group, size and time
    #[arg(short = 'l', long = "long")]
    long: bool,

    /// Names that begin with a dot, too
    #[arg(short, long)]
    all: bool,

    /// Directories below, too
    #[arg(short = 'R', long)]
    recursive: bool,

    /// Inode numbers
    #[arg(short, long)]
    inode: bool,

    /// Like -l, with owners as numbers
    #[arg(short = 'n', long)]
    numeric_uid_gid: bool,

    /// Directories themselves, not what they hold
    #[arg(short, long)]
    directory: bool,

    /// End each line with NUL instead of newline
    #[arg(short = '0', long = "zero")]
    zero: bool,

    /// One name a line
    #[arg(short = '1')]
    one: bool,

    /// Sizes such as 1.5K
    #[arg(short = 'h', long)]
    human_readable: bool,

    /// Print help
    #[arg(long, action = clap::ArgAction::Help)]
    help: Option<bool>,
}

impl LsArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &std::ffi::OsStr {
        &self.image.image
    }
}

/// Runs the command.
pub fn run(args: &LsArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let image = OpenImage::open(&args.image, global, report)?;
    let mut out = Output::new();
    let long = args.long || args.numeric_uid_gid;
    let style = Style {
        long,
        inode: args.inode,
        human: args.human_readable,
        zero: args.zero,
        columns: out.is_terminal() && !(args.one || args.zero),
        names: if long && !args.numeric_uid_gid { Names::of(&image.fs) } else { Names::default() },
        clock: Clock::new(),
        json: global.json,
    };
    let mut lister = Lister {
        fs: &image.fs,
        args,
        style,
        out: &mut out,
        report,
        seen: HashSet::new(),
        printed_any: false,
        needs_inodes: long || args.recursive || global.json,
    };
    lister.paths()?;
    Ok(out.flush()?)
}

struct Lister<'a, 'r> {
    fs: &'a Filesystem,
    args: &'a LsArgs,
    style: Style,
    out: &'a mut Output,
    report: &'a mut Report<'r>,
    /// Directories listed below the path in hand: one that comes again is a loop.
    seen: HashSet<Ino>,
    printed_any: bool,
    needs_inodes: bool,
}

/// A directory that waits to be listed.
struct Pending {
    path: Vec<u8>,
    inode: Inode,
}

impl Lister<'_, '_> {
    /// Lists what was named: what is no directory first, as `ls` does.
    fn paths(&mut self) -> io::Result<()> {
        let root = [OsString::from("/")];
        let paths = if self.args.paths.is_empty() { &root } else { self.args.paths.as_slice() };
        // A link that is named is followed where its directory would be listed.
        let keep = self.args.directory || self.style.long;
        let last = if keep { LastSymlink::Keep } else { LastSymlink::Follow };
        let (mut files, mut directories) = (Vec::new(), Vec::new());
        for path in bytes_of(paths) {
            match self.fs.resolve(path, last) {
                Ok(inode) => {
                    let lists = inode.file_type() == FileType::Directory && !self.args.directory;
                    let path = path.to_vec();
                    if lists {
                        directories.push(Pending { path, inode });
                    } else {
                        let (name, ino) = (path.clone(), inode.ino());
                        files.push(Item { path, name, ino, inode: Some(inode), target: None });
                    }
                }
                Err(error) => self.report.failure(Some(path), error),
            }
        }
        let headings = self.args.recursive || paths.len() > 1;
        if !files.is_empty() {
            files.sort_by(|a, b| a.name.cmp(&b.name));
            self.items(files)?;
        }
        directories.sort_by(|a, b| a.path.cmp(&b.path));
        for directory in directories {
            self.directories(directory, headings)?;
        }
        Ok(())
    }

    /// Lists a directory, and with `-R` those below it.
    fn directories(&mut self, first: Pending, headings: bool) -> io::Result<()> {
        // What lies below another path that was named may come again.
        self.seen.clear();
        let mut pending = vec![first];
        while let Some(Pending { path, inode }) = pending.pop() {
            if self.args.recursive && !self.seen.insert(inode.ino()) {
                let error = FsError::from(Corrupt::DirLoop { ino: inode.ino() });
                self.report.failure(Some(&path), error);
                continue;
            }
            if headings && !self.style.json {
                if self.printed_any {
                    self.out.write_all(b"\n")?;
                }
                self.out.name(&path)?;
                self.out.write_all(b":\n")?;
            }
            self.printed_any = true;
            let items = self.read(&path, &inode);
            if self.args.recursive {
                let below = items.iter().rev().filter(|item| !is_dot(&item.name));
                pending.extend(
                    below
                        .filter_map(Item::as_directory)
                        .map(|(inode, path)| Pending { path: path.to_vec(), inode: inode.clone() }),
                );
            }
            if self.style.long && !self.style.json {
                let sectors: u64 =
                    items.iter().filter_map(|i| i.inode.as_ref()).map(Inode::sectors).sum();
                match self.style.human {
                    true => write!(self.out, "total {}", human_size(sectors.saturating_mul(512)))?,
                    false => write!(self.out, "total {}", sectors.div_ceil(2))?,
                }
                self.out.write_all(end_of_line(&self.style))?;
            }
            self.items(items)?;
        }
        Ok(())
    }

    /// The entries of a directory that are shown, sorted. What cannot be read is reported, and
    /// shown without what is not known.
    fn read(&mut self, path: &[u8], directory: &Inode) -> Vec<Item> {
        let mut entries = Vec::new();
        let ended = self.fs.visit_dir(directory, |entry| {
            if self.args.all || !entry.name.starts_with(b".") {
                entries.push((entry.name.to_vec(), entry.ino));
            }
            Ok(None::<()>)
        });
        if let Err(error) = ended {
            self.report.failure(Some(path), error);
        }
        entries.sort();
        let mut items = Vec::with_capacity(entries.len());
        for (name, ino) in entries {
            let slash: &[u8] = if path.ends_with(b"/") { b"" } else { b"/" };
            let path = [path, slash, &name].concat();
            let inode = self.needs_inodes.then(|| self.fs.inode(ino)).transpose();
            let inode = inode.unwrap_or_else(|error| {
                self.report.failure(Some(&path), error);
                None
            });
            items.push(Item { path, name, ino, inode, target: None });
        }
        items
    }

    fn items(&mut self, mut items: Vec<Item>) -> io::Result<()> {
        self.printed_any = true;
        if self.style.long || self.style.json {
            for item in &mut items {
                let Some(link) = item.inode.as_ref().filter(|i| i.file_type() == FileType::Symlink)
                else {
                    continue;
                };
                match self.fs.read_link(link) {
                    Ok(target) => item.target = Some(target),
                    Err(error) => self.report.failure(Some(&item.path), error),
                }
            }
        }
        if self.style.json {
            for item in &items {
                let Some(inode) = &item.inode else { continue };
                let json = InodeJson::new(&item.path, inode, item.target.as_deref());
                serde_json::to_writer(&mut *self.out, &json)?;
                self.out.write_all(b"\n")?;
            }
            return Ok(());
        }
        if self.style.long {
            let columns = Columns::of(&items, &self.style);
            return items.iter().try_for_each(|item| columns.print(self.out, item, &self.style));
        }
        super::listing::print_names(self.out, &items, &self.style)
    }
}

fn is_dot(name: &[u8]) -> bool {
    name == b"." || name == b".."
}
