//! Options of commands that put trees into images.
//!
//! `create` has all of them, [`ImportArgs`]; `put` has what is in [`OwnerArgs`] for its file, too, and
//! adds [`TreeArgs`]; `untar` takes [`ArchiveArgs`] beside these.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::{When, parse_bytes};
use crate::cli::edit::time_of;
use crate::cli::names::Names;
use crate::cli::owner::{OwnerSpec, UnknownOwner};
use crate::cli::put::SparseArg;
use crate::cli::when::{Clock, Date, parse_date};
use crate::host::{Form, OwnerMap, Ownerships, Rules};

/// The part of the help that says what a manifest is, and whom files belong to.
pub const MANIFEST_HELP: &str = "\
Owners: what comes from a directory belongs to root:root, what comes from an archive to whom that
says. --owner gives all to one, --preserve keeps the host's numbers, --owner-map replaces some:

  --owner-map 1000:0                 user 1000 and group 1000 become root
  --owner-map u:1000:33              the user only; g: for the group
  --owner-map 1000:0 --owner-map 100000-165535:1
                                     what rootless podman unpacked, as its containers see it

The first map that has a number counts; a number that none has is treated as without maps. Names
in --owner and in manifests are those of etc/passwd and etc/group in the tree; root is always 0.

A manifest makes devices, and overrides what the source says. A line of it is

  PATH TYPE [MODE [UID [GID [MAJOR [MINOR [START [INC [COUNT]]]]]]]] [KEY=VALUE]...

  /dev        d  755  0    0    -  -  -  -  -
  /dev/null   c  666  0    0    1  3
  /dev/tty    c  620  0    5    4  0  0  1  6      # tty0 to tty5
  /bin/ping   f  4755 root root
  /srv        r  -    33   33                      # all that is below it
  /etc/mtab   l  -    -    -    link=../proc/self/mounts
  /a\\040b     f  -    -    -    time=1700000000 xattr.user.note=\"x\"

as in the tables of genext2fs -D and makedevs. TYPE is f (file), d (directory), c, b (devices), p
(FIFO), s (socket), l (symbolic link), F (file, if it is there) or r (whatever it is, with all below
it); - leaves what there is, or takes 755 for directories, 644 for files, 777 for symbolic links,
600 for others, root, the command's time. What is there has to be of that TYPE. d makes directories above it, too. \\ooo is a byte in octal.
With COUNT, numbers from START up to, but without, COUNT are appended, and the minor number grows by
INC; with --manifest-form makedevs there are COUNT numbers, and f has to be there: otherwise it is
made, empty. All that is wrong is told at once, with lines.";

/// Memory that content may wait in, where nothing is asked for.
const DEFAULT_MEMORY_BYTES: u64 = 64 << 20;

/// The least that is of use.
const LEAST_MEMORY_BYTES: u64 = 1 << 20;

/// Options of a command that makes an image of a tree.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the tree")]
pub struct ImportArgs {
    #[command(flatten)]
    pub owner: OwnerArgs,

    #[command(flatten)]
    pub tree: TreeArgs,

    #[command(flatten)]
    pub archive: ArchiveArgs,

    /// Show progress on standard error, where that is a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub progress: When,
}

/// Whom files belong to, when they were changed, what of them is a hole.
#[derive(Debug, Args)]
pub struct OwnerArgs {
    /// Set owner and group of all: USER[:GROUP], numbers or names that the tree knows
    #[arg(long, value_name = "OWNER", value_parser = OwnerSpec::parse)]
    pub owner: Option<OwnerSpec>,

    /// Keep owners and groups as the host has them
    #[arg(short = 'p', long)]
    pub preserve: bool,

    /// Set the time of the last change of all
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub mtime: Option<Date>,

    /// What becomes a hole
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub sparse: SparseArg,
}

/// What else is asked of a tree.
#[derive(Debug, Args)]
pub struct TreeArgs {
    /// Replace owners, groups or both by number: [u:|g:]FROM[-LAST]:TO; may be repeated
    #[arg(long, value_name = "FROM:TO", value_parser = OwnerMap::parse)]
    pub owner_map: Vec<OwnerMap>,

    /// Make and change what FILE lists: types, modes, owners, device numbers, times
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// Whose tables the manifest is like: how COUNT counts
    #[arg(long, value_name = "FORM", default_value = "genext2fs", requires = "manifest")]
    pub manifest_form: FormArg,

    /// Let no time be later than DATE
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub clamp_mtime: Option<Date>,

    /// Leave empty what other filesystems are mounted on
    #[arg(short = 'x', long)]
    pub one_file_system: bool,

    /// Let SIZE bytes of content wait in memory at most; names and attributes take about 130 bytes a
    /// file beside that [default: 64M]
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    pub memory: Option<u64>,
}

/// What is asked of an archive.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct ArchiveArgs {
    /// Take N names from the front of each path in an archive
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub strip_components: usize,

    /// Take .wh. files of an archive for what they say of an image's layer: what is to go
    #[arg(long)]
    pub whiteouts: bool,
}

/// Whose tables a manifest is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormArg {
    /// Numbers from START up to, but without, COUNT; files are made
    Genext2fs,
    /// COUNT numbers from START on; files have to be there
    Makedevs,
}

impl From<FormArg> for Form {
    fn from(arg: FormArg) -> Self {
        match arg {
            FormArg::Genext2fs => Self::Genext2fs,
            FormArg::Makedevs => Self::Makedevs,
        }
    }
}

impl TreeArgs {
    /// Whether anything is asked for, which only a tree can be.
    pub fn is_asked_for(&self) -> bool {
        !self.owner_map.is_empty()
            || self.manifest.is_some()
            || self.clamp_mtime.is_some()
            || self.one_file_system
            || self.memory.is_some()
    }

    /// Bytes of content that may wait in memory.
    pub fn memory_bytes(&self) -> u64 {
        self.memory.unwrap_or(DEFAULT_MEMORY_BYTES)
    }
}

/// The rules that are asked for.
///
/// # Errors
/// An owner that the tree does not know.
pub fn rules(
    owner: &OwnerArgs,
    tree: &TreeArgs,
    default: Ownerships,
    names: &Names,
    clock: &Clock,
) -> Result<Rules, UnknownOwner> {
    let given = owner.owner.as_ref().map(|spec| spec.resolve(names)).transpose()?;
    let time = |date: Date| time_of(date.resolve(clock));
    Ok(Rules {
        uid: given.and_then(|given| given.uid),
        gid: given.and_then(|given| given.gid),
        maps: tree.owner_map.clone(),
        preserve: owner.preserve,
        default,
        mtime: owner.mtime.map(time),
        clamp_mtime: tree.clamp_mtime.map(time),
    })
}

fn parse_memory(text: &str) -> Result<u64, String> {
    match parse_bytes(text)? {
        size if size >= LEAST_MEMORY_BYTES => Ok(size),
        _ => Err("want 1M at least".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::fs::{Inventory, Meta, Time};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        import: ImportArgs,
    }

    fn line(words: &[&str]) -> Result<ImportArgs, clap::Error> {
        Line::try_parse_from([&["x"], words].concat()).map(|line| line.import)
    }

    fn made_of(words: &[&str], uid: u32, gid: u32) -> (u32, u32) {
        let args = line(words).unwrap();
        let names = Names::from_tables(b"web:x:33:34::/:", b"web:x:34:");
        let clock = Clock::new().unwrap();
        let rules = rules(&args.owner, &args.tree, Ownerships::Root, &names, &clock).unwrap();
        let mut tree = Inventory::new(Meta { permissions: 0, uid, gid, mtime: Time::default() });
        rules.apply(&mut tree);
        let meta = tree.view(Inventory::ROOT).meta;
        (meta.uid, meta.gid)
    }

    #[test]
    fn options_become_rules() {
        assert_eq!(made_of(&[], 1000, 1000), (0, 0));
        assert_eq!(made_of(&["-p"], 1000, 1000), (1000, 1000));
        assert_eq!(made_of(&["--owner", "web:"], 1000, 1000), (33, 34));
        assert_eq!(made_of(&["--owner", ":web", "-p"], 1000, 1000), (1000, 34));
        let podman = ["--owner-map", "1000:0", "--owner-map=100000-165535:1"];
        assert_eq!(made_of(&podman, 1000, 100_032), (0, 33));
    }

    #[test]
    fn times_are_those_of_the_options() {
        let args = line(&["--mtime", "@9", "--clamp-mtime", "@5.5"]).unwrap();
        let names = Names::default();
        let clock = Clock::new().unwrap();
        let rules = rules(&args.owner, &args.tree, Ownerships::Root, &names, &clock).unwrap();
        assert_eq!(rules.time(Time::default()), Time { seconds: 5, nanoseconds: 500_000_000 });
    }

    #[test]
    fn memory_is_some_at_least() {
        assert_eq!(line(&[]).unwrap().tree.memory_bytes(), 64 << 20);
        assert_eq!(line(&["--memory", "2M"]).unwrap().tree.memory_bytes(), 2 << 20);
        for wrong in [["--memory", "1K"], ["--owner-map", "a:b"], ["--manifest-form", "makedevs"]] {
            assert!(line(&wrong).is_err(), "{wrong:?}");
        }
    }
}
