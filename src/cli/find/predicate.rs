//! The predicates of `find`: their names, and what they take.
//!
//! ```text
//! -size +3k     Test::Size { unit_bytes: 1024, count: more than 3 }
//! -type f,l     Test::Type: regular files and symbolic links
//! ```

use std::cmp::Ordering;

use super::glob::Pattern;
use super::parse::quoted;
use super::print::Action;
use super::test::{Bits, Number, Permissions, Test, digits};
use crate::cli::mode::ModeChange;
use crate::fs::FileType;

/// The predicates that take an argument.
const WITH_ARGUMENT: [&[u8]; 15] = [
    b"-name",
    b"-iname",
    b"-path",
    b"-type",
    b"-size",
    b"-perm",
    b"-uid",
    b"-gid",
    b"-user",
    b"-group",
    b"-newer",
    b"-inum",
    b"-links",
    b"-maxdepth",
    b"-mindepth",
];

/// What a predicate is.
pub enum Found {
    /// A test.
    Test(Test),
    /// An action.
    Action(Action),
    /// `-mindepth`.
    MinDepth(usize),
    /// `-maxdepth`.
    MaxDepth(usize),
}

/// Whether the word behind this one is its argument, whatever it looks like.
pub fn takes_argument(word: &[u8]) -> bool {
    WITH_ARGUMENT.contains(&word)
}

/// Takes apart the predicate that words begin with, and says how many of them it is.
///
/// # Errors
/// It is none, or its argument is wrong; says what.
pub fn parse(words: &[&[u8]]) -> Result<(Found, usize), String> {
    let word = words.first().copied().unwrap_or_default();
    let found = match word {
        b"-print" => Found::Action(Action::Print),
        b"-print0" => Found::Action(Action::Print0),
        b"-ls" => Found::Action(Action::Ls),
        b"-empty" => Found::Test(Test::Empty),
        word if takes_argument(word) => {
            // Only names that are in the table come here, which are text.
            let name = String::from_utf8_lossy(word);
            let Some(argument) = words.get(1) else {
                return Err(format!("{name} wants an argument"));
            };
            let found = with_argument(&name, argument);
            let found = found
                .map_err(|want| format!("{name} wants {want}, which {} is not", quoted(argument)));
            return Ok((found?, 2));
        }
        word if word.starts_with(b"-") => {
            return Err(format!("unknown predicate {}", quoted(word)));
        }
        word => {
            return Err(format!("{} behind the expression: paths come before it", quoted(word)));
        }
    };
    Ok((found, 1))
}

/// A predicate by its argument, or what the argument should be.
fn with_argument(name: &str, argument: &[u8]) -> Result<Found, &'static str> {
    let text = std::str::from_utf8(argument);
    let count = || text.ok().and_then(number).ok_or("N, +N or -N");
    let depth = || text.ok().and_then(digits).ok_or("a number");
    let owner = || match text {
        Ok(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err("a name or a number"),
    };
    Ok(Found::Test(match name {
        "-name" => Test::Name(Pattern::new(argument, false)),
        "-iname" => Test::Name(Pattern::new(argument, true)),
        "-path" => Test::Path(Pattern::new(argument, false)),
        "-type" => Test::Type(types(argument).ok_or("letters of fdlbcps with commas between")?),
        "-size" => text.ok().and_then(size).ok_or("[+-]N[cwbkMG]")?,
        "-perm" => {
            let permissions = text.ok().and_then(permissions);
            Test::Permissions(permissions.ok_or("a mode as of chmod, perhaps behind - or /")?)
        }
        "-uid" => Test::Uid(count()?),
        "-gid" => Test::Gid(count()?),
        "-user" => Test::User(owner()?),
        "-group" => Test::Group(owner()?),
        "-newer" if argument.is_empty() => return Err("a path"),
        "-newer" => Test::Newer(argument.to_vec()),
        "-inum" => Test::Ino(count()?),
        "-links" => Test::Links(count()?),
        "-mindepth" => return Ok(Found::MinDepth(depth()?)),
        // All that is left of the table.
        _ => return Ok(Found::MaxDepth(depth()?)),
    }))
}

fn number(text: &str) -> Option<Number> {
    let (wanted, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (Ordering::Greater, rest),
        Some(("-", rest)) => (Ordering::Less, rest),
        _ => (Ordering::Equal, text),
    };
    Some(Number { wanted, value: digits(rest)? })
}

fn size(text: &str) -> Option<Test> {
    let count = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit_bytes = match text.get(count.len()..)? {
        "c" => 1,
        "w" => 2,
        "" | "b" => 512,
        "k" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return None,
    };
    Some(Test::Size { unit_bytes, count: number(count)? })
}

/// Each letter once.
fn types(list: &[u8]) -> Option<Vec<FileType>> {
    let mut types = Vec::new();
    for letter in list.split(|byte| *byte == b',') {
        let file_type = match letter {
            b"f" => FileType::Regular,
            b"d" => FileType::Directory,
            b"l" => FileType::Symlink,
            b"b" => FileType::BlockDevice,
            b"c" => FileType::CharDevice,
            b"p" => FileType::Fifo,
            b"s" => FileType::Socket,
            _ => return None,
        };
        if types.contains(&file_type) {
            return None;
        }
        types.push(file_type);
    }
    Some(types)
}

fn permissions(text: &str) -> Option<Permissions> {
    let (wanted, mode) = match text.split_at_checked(1) {
        Some(("-", mode)) => (Bits::All, mode),
        Some(("/", mode)) => (Bits::Any, mode),
        _ => (Bits::Exactly, text),
    };
    let change = ModeChange::parse(mode).ok()?;
    // What the mode makes of no permissions at all, with nothing held back.
    let bits = |is_dir| change.apply(0, is_dir, 0);
    Some(Permissions { wanted, of_file: bits(false), of_directory: bits(true) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn test(name: &str, argument: &str) -> Option<Test> {
        match parse(&[name.as_bytes(), argument.as_bytes()]) {
            Ok((Found::Test(test), 2)) => Some(test),
            Ok(_) => panic!("{name} is no test"),
            Err(_) => None,
        }
    }

    fn perm(argument: &str) -> Option<(Bits, u16, u16)> {
        match test("-perm", argument)? {
            Test::Permissions(p) => Some((p.wanted, p.of_file, p.of_directory)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_have_signs() {
        let number = |wanted, value| Some(Test::Uid(Number { wanted, value }));
        assert_eq!(test("-uid", "5"), number(Ordering::Equal, 5));
        assert_eq!(test("-uid", "+5"), number(Ordering::Greater, 5));
        assert_eq!(test("-uid", "-5"), number(Ordering::Less, 5));
        for wrong in ["", "+", "-", "++5", "5k", "x", "99999999999999999999"] {
            assert_eq!(test("-uid", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes_have_units() {
        let size = |unit_bytes, wanted, value| {
            Some(Test::Size { unit_bytes, count: Number { wanted, value } })
        };
        assert_eq!(test("-size", "3"), size(512, Ordering::Equal, 3));
        assert_eq!(test("-size", "+3c"), size(1, Ordering::Greater, 3));
        assert_eq!(test("-size", "-1G"), size(1 << 30, Ordering::Less, 1));
        for wrong in ["", "k", "+k", "3K", "3kk", "3m", "3\u{e9}"] {
            assert_eq!(test("-size", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn types_are_letters_each_once() {
        let types = vec![FileType::Regular, FileType::Symlink];
        assert_eq!(test("-type", "f,l"), Some(Test::Type(types)));
        for wrong in ["", "f,", ",f", "fl", "x", "f,f"] {
            assert_eq!(test("-type", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn modes_are_exact_all_or_any_and_symbolic_ones_begin_with_nothing() {
        assert_eq!(perm("644"), Some((Bits::Exactly, 0o644, 0o644)));
        assert_eq!(perm("-u+w,g+r"), Some((Bits::All, 0o240, 0o240)));
        assert_eq!(perm("/a=x"), Some((Bits::Any, 0o111, 0o111)));
        assert_eq!(perm("a+X"), Some((Bits::Exactly, 0, 0o111)));
        assert_eq!(perm("+w"), Some((Bits::Exactly, 0o222, 0o222)));
        assert_eq!(perm("-4000"), Some((Bits::All, 0o4000, 0o4000)));
        for wrong in ["", "-", "/", "8", "77777", "u", "+644x"] {
            assert_eq!(perm(wrong), None, "{wrong}");
        }
    }
}
