//! `mpimg find`: what lies below paths and is such and such, with the meaning of findutils.
//!
//! ```text
//! mpimg find disk.img /etc -name '*.conf' -size +4k      glob, predicate, parse, test, print
//! ```
//!
//! Options of clap have two dashes, predicates one: all behind the image is taken apart here.

mod glob;
mod parse;
mod predicate;
mod print;
mod test;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use clap::Args;

use super::args::{GlobalArgs, ImageArgs};
use super::exit::{Failure, Report};
use super::image::OpenImage;
use super::names::Names;
use super::output::Output;
use crate::fs::{FileType, Filesystem, Inode, LastSymlink, Order, Step, Walk};
use parse::{Op, Search};
use print::{Action, LongLines};
use test::{Entry, Test};

/// Find files by name, type, size, owner, time and more
#[derive(Debug, Args)]
#[command(after_help = "\
Tests, which mean what they mean to findutils; N is a number, +N more, -N less than that:
  -name GLOB  -iname GLOB    the last name; in any case of ASCII letters
  -path GLOB                 the whole path, as printed; * takes / too
  -type LIST                 of f, d, l, b, c, p and s, with commas between
  -size N[cwbkMG]            in units of 1, 2, 512, 1 Ki, 1 Mi, 1 Gi bytes, rounded up [default: b]
  -perm MODE                 these permissions; -MODE all of them, /MODE any; octal, or as of chmod
  -uid N  -gid N             owner and group
  -user NAME  -group NAME    as the image's /etc/passwd and /etc/group name them, or a number
  -newer PATH                changed after PATH, which lies in the image
  -inum N  -links N          inode number, hard links
  -empty                     files and directories with nothing in them
  -mindepth N  -maxdepth N   only what lies so deep below PATH; N has no sign

Actions; -print where none is given:
  -print  -print0            the path, and newline or NUL
  -ls                        inode, KiB, mode, links, owner, group, size, time, path, target

Operators, those that bind most first: ( EXPR ), ! or -not, -a or -and or nothing, -o or -or

Examples:
  mpimg find disk.img /etc -name '*.conf'
  mpimg find disk.img / -type f -perm /6000 -ls
  mpimg find disk.img -size +1M -o -links +1
  mpimg find disk.img / '(' -user root -o -empty ')' ! -type d
  mpimg find --json disk.img /var -newer /etc/passwd
  mpimg find disk.img / -print0 | xargs -0 -n1 echo

Names are sorted by their bytes in each directory. Globs match bytes. Symbolic links are never
followed. Of a directory that cannot be read in whole, the rest is searched all the same.

JSON, an object an entry: path, ino, type, mode (octal), links, uid, gid, size (bytes), sectors (of
512 bytes), atime, mtime, ctime, crtime ({seconds, nanoseconds}), device ([major, minor]), target;
path_hex and target_hex where those are not UTF-8.")]
pub struct FindArgs {
    #[command(flatten)]
    image: ImageArgs,

    /// Paths in the image, <N> is inode N [default: /]; then tests, actions and operators
    #[arg(value_name = "PATH|EXPRESSION", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

impl FindArgs {
    /// The image, as it was named.
    pub fn image(&self) -> &OsStr {
        &self.image.image
    }

    /// The arguments of the process with options before the paths that stand behind them, if any
    /// do: clap takes no option out of an expression.
    pub fn options_first(&self, args: &[OsString]) -> Option<Vec<OsString>> {
        let before = args.get(..args.len().checked_sub(self.words.len())?)?;
        if before.iter().any(|arg| arg == "--") {
            return None;
        }
        let (options, words) = split_options(&self.words);
        (!options.is_empty()).then(|| [before, &options, &words].concat())
    }
}

/// Takes the options of the program out of what stands behind the image.
fn split_options(words: &[OsString]) -> (Vec<OsString>, Vec<OsString>) {
    let (mut options, mut rest) = (Vec::new(), Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let bytes = word.as_bytes();
        let name = bytes.split(|byte| *byte == b'=').next().unwrap_or_default();
        // Behind the image, clap takes a short option for a word of the expression.
        let long = match name {
            b"-h" => Some("--help".into()),
            b"-b" => Some(long_superblock(bytes)),
            [b'-', b'b', digit, ..] if digit.is_ascii_digit() => Some(long_superblock(bytes)),
            b"--json" | b"--no-lock" | b"--help" => Some(word.clone()),
            b"--superblock" | b"--partition" | b"--wait" | b"--log" => Some(word.clone()),
            _ => None,
        };
        let Some(long) = long else {
            rest.push(word.clone());
            if predicate::takes_argument(bytes) {
                rest.extend(words.next().cloned());
            }
            continue;
        };
        let takes_value =
            matches!(long.as_bytes(), b"--superblock" | b"--partition" | b"--wait" | b"--log");
        options.push(long);
        if takes_value {
            match words.next() {
                Some(value) => options.push(value.clone()),
                // Nothing else may become its value.
                None => rest.clear(),
            }
        }
    }
    (options, rest)
}

/// `-b`, `-b8` or `-b=8` with two dashes.
fn long_superblock(short: &[u8]) -> OsString {
    let value = short.strip_prefix(b"-b").unwrap_or_default();
    let mut long = OsString::from("--superblock");
    if !value.is_empty() {
        long.push("=");
        long.push(OsStr::from_bytes(value.strip_prefix(b"=").unwrap_or(value)));
    }
    long
}

/// Runs the command.
pub fn run(args: &FindArgs, global: &GlobalArgs, report: &mut Report<'_>) -> anyhow::Result<()> {
    let mut search =
        Search::parse(&args.words).map_err(|reason| Failure::usage("bad_expression", reason))?;
    let image = OpenImage::open(&args.image, global, report)?;
    let needs_names = search.program.iter().any(|op| match op {
        Op::Test(Test::User(_) | Test::Group(_)) => true,
        Op::Do(Action::Ls) => !global.json,
        _ => false,
    });
    let names = if needs_names { Names::of(&image.fs) } else { Names::default() };
    for op in &mut search.program {
        let Op::Test(test) = op else { continue };
        let path = if let Test::Newer(path) = test { Some(path.clone()) } else { None };
        if let Err(failure) = test.resolve(&image.fs, &names) {
            report.failure(path.as_deref(), failure);
            return Ok(());
        }
    }
    let mut out = Output::new();
    let mut finder = Finder {
        fs: &image.fs,
        search: &search,
        json: global.json,
        long: LongLines::new(names),
        out: &mut out,
        report,
    };
    for path in &search.paths {
        finder.below(path)?;
    }
    Ok(out.flush()?)
}

struct Finder<'a, 'r> {
    fs: &'a Filesystem,
    search: &'a Search,
    json: bool,
    long: LongLines,
    out: &'a mut Output,
    report: &'a mut Report<'r>,
}

impl Finder<'_, '_> {
    /// Searches a path and what lies below it.
    fn below(&mut self, path: &[u8]) -> io::Result<()> {
        let first = match self.fs.resolve(path, LastSymlink::Keep) {
            Ok(inode) => inode,
            Err(error) => {
                self.report.failure(Some(path), error);
                return Ok(());
            }
        };
        let mut walk = Walk::new(self.fs, path, first, Order::Name);
        while let Some(step) = walk.next() {
            match step {
                Step::Enter(inode) => {
                    self.visit(&walk, &inode)?;
                    if walk.depth() >= self.search.maxdepth {
                        walk.prune();
                    }
                }
                Step::Node(inode) => self.visit(&walk, &inode)?,
                Step::Leave => {}
                Step::Fault(error) => self.report.failure(Some(walk.path()), error),
            }
        }
        Ok(())
    }

    /// Runs the program on an entry.
    fn visit(&mut self, walk: &Walk<'_>, inode: &Inode) -> io::Result<()> {
        if !(self.search.mindepth..=self.search.maxdepth).contains(&walk.depth()) {
            return Ok(());
        }
        let name = if walk.depth() == 0 { last_name(walk.path()) } else { walk.name() };
        let entry = Entry { path: walk.path(), name, inode };
        let search = self.search;
        let (mut truth, mut at) = (true, 0_usize);
        while let Some(op) = search.program.get(at) {
            at = at.saturating_add(1);
            match op {
                Op::Test(test) => {
                    truth = test.holds(&entry, self.fs).unwrap_or_else(|error| {
                        // Else the walk, which reads the directory next, tells the same.
                        if walk.depth() == search.maxdepth {
                            self.report.failure(Some(entry.path), error);
                        }
                        false
                    });
                }
                Op::Do(action) => {
                    self.act(*action, &entry)?;
                    truth = true;
                }
                Op::Not => truth = !truth,
                Op::SkipIf(when, to) if truth == *when => at = *to,
                Op::SkipIf(..) => {}
            }
        }
        Ok(())
    }

    fn act(&mut self, action: Action, entry: &Entry<'_>) -> io::Result<()> {
        if !self.json && action != Action::Ls {
            return print::path(self.out, entry.path, action);
        }
        let mut target = None;
        if entry.inode.file_type() == FileType::Symlink {
            match self.fs.read_link(entry.inode) {
                Ok(found) => target = Some(found),
                Err(error) => self.report.failure(Some(entry.path), error),
            }
        }
        match self.json {
            true => print::json(self.out, entry, target.as_deref()),
            false => self.long.print(self.out, entry, target.as_deref()),
        }
    }
}

/// The last name of a path as it was named; of `/` it is that.
fn last_name(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(1, |last| last.saturating_add(1));
    let whole = path.get(..end).unwrap_or_default();
    match whole {
        b"/" => whole,
        _ => whole.rsplit(|byte| *byte == b'/').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_name_of_a_path_has_no_slash_but_the_roots() {
        for (path, name) in
            [("/", "/"), ("//", "/"), ("/etc", "etc"), ("etc/", "etc"), ("a//b//", "b"), (".", ".")]
        {
            assert_eq!(last_name(path.as_bytes()), name.as_bytes(), "{path}");
        }
    }

    #[test]
    fn options_are_taken_out_of_what_stands_behind_the_image() {
        let words = |text: &str| text.split_whitespace().map(Into::into).collect::<Vec<OsString>>();
        for (given, options, rest) in [
            ("/etc -name x --json", "--json", "/etc -name x"),
            ("-name --json -print", "", "-name --json -print"),
            ("-b 8 / --wait=3 -empty", "--superblock 8 --wait=3", "/ -empty"),
            ("--partition 2 a -b8 -h", "--partition 2 --superblock=8 --help", "a"),
            ("a --partition", "--partition", ""),
            ("-empty --what", "", "-empty --what"),
        ] {
            assert_eq!(split_options(&words(given)), (words(options), words(rest)), "{given}");
        }
    }
}
