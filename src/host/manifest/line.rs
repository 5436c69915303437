//! A line of a manifest: what it asks for, for which path.
//!
//! `/dev/tty c 620 0 5 4 0 0 1 3` is a [`Line`] whose [`Series`] names `/dev/tty0` to `/dev/tty2`, with
//! the minor numbers 0 to 2.

use super::Form;
use super::fields::{self, Word};
use crate::fs::{FileType, Time, Xattr, acl_to_disk, check_xattr_name, is_acl};
use crate::host::xattr_text::parse_value;

/// The largest device numbers that Linux has, and the largest of what counts them.
const MOST_MAJOR: u32 = 0xfff;
const MOST_MINOR: u32 = 0xf_ffff;

/// What a line asks for.
#[derive(Debug)]
pub(super) struct Line {
    /// Which line it is, from 1 on.
    pub(super) number: usize,
    /// Names separated by single slashes; empty for the root.
    pub(super) path: Box<[u8]>,
    pub(super) kind: Kind,
    pub(super) mode: Option<u16>,
    pub(super) uid: Option<Who>,
    pub(super) gid: Option<Who>,
    /// Major and minor number; of a series, those of its first.
    pub(super) device: Option<(u32, u32)>,
    pub(super) series: Option<Series>,
    /// What few lines have.
    pub(super) extra: Option<Box<Extra>>,
}

/// What the path is, or is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `d c b p s l`, and `f`.
    Node(FileType),
    /// `F`: a regular file, if it is there.
    OptionalFile,
    /// `r`: whatever it is, with all that is below it.
    Tree,
}

/// A user or a group.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Who {
    Number(u32),
    Name(Box<str>),
}

/// Paths that end in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) first: u32,
    /// One more than the last.
    pub(super) end: u32,
    /// What the minor number grows by.
    pub(super) step: u32,
}

/// What the words at a line's end say.
#[derive(Debug, Default)]
pub(super) struct Extra {
    pub(super) time: Option<Time>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) xattrs: Vec<Xattr>,
}

/// What is wrong with a line.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) column: usize,
    pub(super) what: String,
    pub(super) path: Option<Vec<u8>>,
}

impl Wrong {
    fn at(word: Word<'_>, field: &str, why: impl std::fmt::Display) -> Self {
        let value = String::from_utf8_lossy(word.text);
        Self { column: word.column, what: format!("{field} {value:?}: {why}"), path: None }
    }
}

impl Line {
    /// Takes a line apart; nothing where it is empty but for a comment.
    pub(super) fn parse(number: usize, text: &[u8], form: Form) -> Result<Option<Self>, Wrong> {
        let words: Vec<Word<'_>> = fields::words(text).collect();
        let Some((first, rest)) = words.split_first() else { return Ok(None) };
        let bytes = fields::unescape(first.text).map_err(|why| Wrong::at(*first, "PATH", why))?;
        let path = normal(&bytes).map_err(|why| Wrong::at(*first, "PATH", why))?;
        let line = Self::parse_rest(number, &path, *first, rest, form);
        line.map(Some).map_err(|wrong| Wrong { path: Some(path), ..wrong })
    }

    fn parse_rest(
        number: usize,
        path: &[u8],
        first: Word<'_>,
        rest: &[Word<'_>],
        form: Form,
    ) -> Result<Self, Wrong> {
        let Some((letter, rest)) = rest.split_first() else {
            return Err(Wrong::at(first, "PATH", "no TYPE follows"));
        };
        let kind = Kind::parse(letter.text)
            .ok_or_else(|| Wrong::at(*letter, "TYPE", "want f, F, d, r, c, b, p, s or l"))?;
        if path.is_empty() && !matches!(kind, Kind::Node(FileType::Directory) | Kind::Tree) {
            return Err(Wrong::at(*letter, "TYPE", "the root is a directory"));
        }
        let pairs = rest.iter().position(|word| word.text.contains(&b'=')).unwrap_or(rest.len());
        let (columns, pairs) = rest.split_at_checked(pairs).unwrap_or((rest, &[]));
        let mut columns = columns.iter().copied();
        let mut next = || columns.next();

        let field = |word: Option<Word<'_>>, field, most| match word {
            None => Ok(None),
            Some(word) => {
                fields::number(word.text, most).map_err(|why| Wrong::at(word, field, why))
            }
        };
        let owner = |word: Option<Word<'_>>, field| match word {
            None => Ok(None),
            Some(word) => fields::owner(word.text).map_err(|why| Wrong::at(word, field, why)),
        };
        let mode = match next() {
            None => None,
            Some(word) => fields::mode(word.text).map_err(|why| Wrong::at(word, "MODE", why))?,
        };
        let uid = owner(next(), "UID")?;
        let gid = owner(next(), "GID")?;
        let major = field(next(), "MAJOR", MOST_MAJOR)?;
        let minor = field(next(), "MINOR", MOST_MINOR)?;
        let start = field(next(), "START", MOST_MINOR)?;
        let step = field(next(), "INC", MOST_MINOR)?;
        let last = next();
        let count = field(last, "COUNT", MOST_MINOR)?;
        if let Some(word) = next() {
            return Err(Wrong::at(word, "word", "want KEY=VALUE behind ten fields"));
        }

        let mut device = if kind.is_device() { major.zip(minor) } else { None };
        let count = count.filter(|_| kind.is_counted(form)).unwrap_or(0);
        let series = Series::new(form, start.unwrap_or(0), step.unwrap_or(1), count)
            .map_err(|why| Wrong::at(last.unwrap_or(first), "COUNT", why))?;
        if let (Some((major, minor)), Some(series)) = (device, series) {
            let minor = series.first_minor(form, minor).ok_or_else(|| {
                let why = format!("the last minor number would not be 0 to {MOST_MINOR}");
                Wrong::at(last.unwrap_or(first), "COUNT", why)
            })?;
            device = Some((major, minor));
        }
        let extra = Extra::parse(pairs, kind)?;
        let path = path.into();
        Ok(Self { number, path, kind, mode, uid, gid, device, series, extra })
    }
}

impl Kind {
    fn parse(letter: &[u8]) -> Option<Self> {
        Some(match letter {
            b"f" => Self::Node(FileType::Regular),
            b"F" => Self::OptionalFile,
            b"d" => Self::Node(FileType::Directory),
            b"r" => Self::Tree,
            b"c" | b"u" => Self::Node(FileType::CharDevice),
            b"b" => Self::Node(FileType::BlockDevice),
            b"p" => Self::Node(FileType::Fifo),
            b"s" => Self::Node(FileType::Socket),
            b"l" => Self::Node(FileType::Symlink),
            _ => return None,
        })
    }

    fn is_device(self) -> bool {
        matches!(self, Self::Node(FileType::CharDevice | FileType::BlockDevice))
    }

    /// Whether COUNT makes a series of it: genext2fs knows no `F` and no `r`, and makedevs looks at
    /// COUNT only for what it makes with mknod.
    fn is_counted(self, form: Form) -> bool {
        match (self, form) {
            (Self::OptionalFile | Self::Tree, _) => false,
            (Self::Node(_), Form::Genext2fs) => true,
            (Self::Node(kind), Form::Makedevs) => matches!(
                kind,
                FileType::CharDevice | FileType::BlockDevice | FileType::Fifo | FileType::Socket
            ),
        }
    }
}

impl Series {
    /// The series that a line asks for: for genext2fs, COUNT is where numbers end; for makedevs, how
    /// many there are, and one alone has no number.
    fn new(form: Form, first: u32, step: u32, count: u32) -> Result<Option<Self>, String> {
        let end = match (form, count) {
            (_, 0) | (Form::Makedevs, 1) => return Ok(None),
            (Form::Genext2fs, count) => count,
            (Form::Makedevs, count) => first.saturating_add(count),
        };
        if end <= first {
            return Err(format!(
                "numbers begin with START {first} and end before COUNT: there would be none \
                 (a table of makedevs counts otherwise)"
            ));
        }
        Ok(Some(Self { first, end, step }))
    }

    /// The minor number of the first, of a line that says `minor`; none if one is out of range.
    fn first_minor(self, form: Form, minor: u32) -> Option<u32> {
        let first = match form {
            Form::Genext2fs => {
                let grown = self.first.checked_mul(self.step)?;
                minor.checked_add(grown)?.checked_sub(self.first)?
            }
            Form::Makedevs => minor,
        };
        let steps = self.end.checked_sub(self.first)?.checked_sub(1)?;
        let last = first.checked_add(steps.checked_mul(self.step)?)?;
        (last <= MOST_MINOR).then_some(first)
    }
}

impl Extra {
    fn parse(pairs: &[Word<'_>], kind: Kind) -> Result<Option<Box<Self>>, Wrong> {
        let mut extra = Self::default();
        for word in pairs {
            let Some((key, value)) = word.pair() else {
                return Err(Wrong::at(*word, "word", "want KEY=VALUE behind KEY=VALUE"));
            };
            match key {
                b"time" => {
                    let time = fields::time(value).map_err(|why| Wrong::at(*word, "time", why))?;
                    extra.time = Some(time);
                }
                b"link" => {
                    let is_link = kind == Kind::Node(FileType::Symlink);
                    let target = fields::unescape(value).and_then(|target| match &*target {
                        _ if !is_link => Err("only symbolic links (l) have a target"),
                        [] => Err("a target has a byte at least"),
                        bytes if bytes.contains(&0) => Err("no target has a NUL byte"),
                        _ => Ok(target),
                    });
                    let target = target.map_err(|why| Wrong::at(*word, "link", why))?;
                    extra.link = Some(target);
                }
                _ => match key.strip_prefix(b"xattr.") {
                    Some(name) => extra.xattrs.push(
                        xattr(name, value).map_err(|why| Wrong::at(*word, "attribute", why))?,
                    ),
                    None => {
                        let why = "want time=, link= or xattr.NAME=";
                        return Err(Wrong::at(*word, "word", why));
                    }
                },
            }
        }
        Ok((!pairs.is_empty()).then(|| Box::new(extra)))
    }
}

/// An attribute, in the form of the disk.
fn xattr(name: &[u8], value: &[u8]) -> Result<Xattr, String> {
    let name = fields::unescape(name)?;
    check_xattr_name(&name).map_err(|error| error.to_string())?;
    let mut value = parse_value(&fields::unescape(value)?)?;
    if is_acl(&name) {
        value = acl_to_disk(&value).ok_or("this is no ACL")?;
    }
    Ok(Xattr { name, value })
}

/// A path without slashes and dots that say nothing.
fn normal(path: &[u8]) -> Result<Vec<u8>, &'static str> {
    let names = path.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b"."));
    let names: Vec<&[u8]> = names.collect();
    if names.contains(&b"..".as_slice()) {
        return Err("a path with .. leads nowhere");
    }
    Ok(names.join(&b'/'))
}
