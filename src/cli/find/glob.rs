//! Patterns of `-name` and `-path`, as `fnmatch` has them in the C locale: bytes, not characters.
//!
//! ```text
//! *.c        any bytes, `.c` behind them; `*` takes `/` and a leading dot, too
//! [!a-c]?    a byte that is none of a, b, c, and one byte more
//! \*         a star
//! ```
//!
//! A match takes at most the product of both lengths: of all stars only the last is ever tried again.

/// A pattern, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// `None` where nothing can match: a backslash with nothing behind it, a class that is none.
    pieces: Option<Vec<Piece>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// `*`.
    Star,
    /// `?`.
    Any,
    /// This byte.
    Byte(u8),
    /// One of these.
    Set(ByteSet),
}

/// Bytes, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct ByteSet {
    low: u128,
    high: u128,
}

impl ByteSet {
    fn insert(&mut self, byte: u8) {
        let bit = 1_u128 << (byte & 0x7f);
        if byte < 0x80 { self.low |= bit } else { self.high |= bit }
    }

    fn contains(self, byte: u8) -> bool {
        let half = if byte < 0x80 { self.low } else { self.high };
        half >> (byte & 0x7f) & 1 != 0
    }

    fn inverted(self) -> Self {
        Self { low: !self.low, high: !self.high }
    }
}

/// What stands between `[` and `]`.
enum Bracket {
    /// A set, and how long it is in the pattern.
    Set(ByteSet, usize),
    /// No `]` ends it: the `[` stands for itself.
    Unended,
    /// Nothing can match it.
    Nothing,
}

impl Pattern {
    /// Takes a pattern apart; with `fold_case`, ASCII letters are the same in both cases.
    pub fn new(pattern: &[u8], fold_case: bool) -> Self {
        Self { pieces: pieces(pattern, fold_case) }
    }

    /// Whether all of `text` matches.
    pub fn matches(&self, text: &[u8]) -> bool {
        let Some(pieces) = &self.pieces else { return false };
        let (mut piece, mut at) = (0, 0);
        // Behind the last star: its place, and the text from which the rest was tried.
        let mut star: Option<(usize, usize)> = None;
        loop {
            let fits = match (pieces.get(piece), text.get(at)) {
                (None, None) => return true,
                (Some(Piece::Star), _) => {
                    piece += 1;
                    if piece == pieces.len() {
                        return true;
                    }
                    star = Some((piece, at));
                    continue;
                }
                (Some(_), None) => return false,
                (None, Some(_)) => false,
                (Some(Piece::Any), Some(_)) => true,
                (Some(Piece::Byte(want)), Some(byte)) => want == byte,
                (Some(Piece::Set(set)), Some(byte)) => set.contains(*byte),
            };
            if fits {
                piece += 1;
                at += 1;
            } else if let Some((behind, from)) = &mut star {
                *from += 1;
                (piece, at) = (*behind, *from);
            } else {
                return false;
            }
        }
    }
}

fn pieces(mut rest: &[u8], fold_case: bool) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        pieces.push(match byte {
            b'*' if pieces.last() == Some(&Piece::Star) => continue,
            b'*' => Piece::Star,
            b'?' => Piece::Any,
            b'\\' => {
                let (&escaped, behind) = rest.split_first()?;
                rest = behind;
                literal(escaped, fold_case)
            }
            b'[' => match bracket(rest, fold_case) {
                Bracket::Set(set, len) => {
                    rest = rest.get(len..).unwrap_or_default();
                    Piece::Set(set)
                }
                Bracket::Unended => Piece::Byte(b'['),
                Bracket::Nothing => return None,
            },
            byte => literal(byte, fold_case),
        });
    }
    Some(pieces)
}

fn literal(byte: u8, fold_case: bool) -> Piece {
    if !(fold_case && byte.is_ascii_alphabetic()) {
        return Piece::Byte(byte);
    }
    let mut set = ByteSet::default();
    set.insert(byte.to_ascii_lowercase());
    set.insert(byte.to_ascii_uppercase());
    Piece::Set(set)
}

/// Takes apart what stands behind a `[`.
fn bracket(text: &[u8], fold_case: bool) -> Bracket {
    let negated = matches!(text.first(), Some(b'!' | b'^'));
    let first = usize::from(negated);
    let fold = |byte: u8| if fold_case { byte.to_ascii_lowercase() } else { byte };
    let (mut set, mut at) = (ByteSet::default(), first);
    // What is wrong in a bracket only counts where it ends.
    let mut nothing = false;
    loop {
        let from = match text.get(at..).unwrap_or_default() {
            [] => return Bracket::Unended,
            [b']', ..] if at > first => break,
            [b'[', b':', rest @ ..] if let Some(len) = find(rest, b':') => {
                let class = rest.get(..len).and_then(class_of);
                nothing |= class.is_none();
                let belongs = class.unwrap_or(|_| false);
                (0..=u8::MAX).filter(belongs).for_each(|byte| set.insert(byte));
                at += len + 4;
                continue;
            }
            [b'[', b'=', byte, b'=', b']', ..] => {
                set.insert(*byte);
                at += 5;
                continue;
            }
            [b'[', b'.', byte, b'.', b']', rest @ ..] => {
                at += 5;
                if !matches!(rest, [b'-', end, ..] if *end != b']') {
                    set.insert(*byte);
                    continue;
                }
                *byte
            }
            [b'[', kind @ (b'.' | b'='), rest @ ..] if let Some(len) = find(rest, *kind) => {
                // The C locale has no element of more than one byte.
                nothing = true;
                at += len + 4;
                continue;
            }
            [b'\\', byte, ..] => {
                at += 2;
                *byte
            }
            [byte, ..] => {
                at += 1;
                *byte
            }
        };
        let (to, len) = match text.get(at..).unwrap_or_default() {
            [b'-', b'[', b'.', byte, b'.', b']', ..] => (*byte, 6),
            [b'-', b'\\', byte, ..] => (*byte, 3),
            [b'-', byte, ..] if *byte != b']' => (*byte, 2),
            _ => (from, 0),
        };
        at += len;
        let (from, to) = (fold(from), fold(to));
        (0..=u8::MAX)
            .filter(|byte| (from..=to).contains(&fold(*byte)))
            .for_each(|byte| set.insert(byte));
    }
    match nothing {
        true => Bracket::Nothing,
        false => Bracket::Set(if negated { set.inverted() } else { set }, at + 1),
    }
}

/// How much stands before `:]`, or whatever byte it is before the `]`.
fn find(text: &[u8], kind: u8) -> Option<usize> {
    text.windows(2).position(|pair| pair == [kind, b']'])
}

fn class_of(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| *byte == b' ' || byte.is_ascii_graphic(),
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |byte| byte.is_ascii_whitespace() || *byte == 0x0b,
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        Pattern::new(pattern, false).matches(text)
    }

    #[test]
    fn stars_and_question_marks_take_any_bytes() {
        for (pattern, text, want) in [
            ("*", "", true),
            ("*", "a/.b\n", true),
            ("?", "", false),
            ("?", "/", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZcd", false),
            ("**a**", "xa", true),
            ("*.txt", ".txt", true),
            ("*ab", "aab", true),
            ("", "", true),
            ("", "a", false),
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("a\\", "a\\", false),
            ("*?*?", "a", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), want, "{pattern} {text}");
        }
        assert!(matches(b"\xff?[\xf0-\xfe]", b"\xff\x80\xf1"));
    }

    // Each is what fnmatch(3) of the GNU C library answers in the C locale.
    #[test]
    fn brackets_are_those_of_fnmatch() {
        for (pattern, yes, no) in [
            ("[]a]", "]a", "b["),
            ("[!]a]", "b[", "]a"),
            ("[^a]", "b^", "a"),
            ("[z-a]", "", "azm-"),
            ("[a-b-z]", "abz-", "c"),
            ("[a-]", "a-", "b"),
            ("[--a]", "-.Za", "b,"),
            ("[\\]]", "]", "\\"),
            ("[a-\\z]", "amz", "\\-"),
            ("[\\-z]", "-z", "\\m"),
            ("[[:alpha:]-z]", "aZ-", "[:1"),
            ("[[:alpha]", "[:alph", "b]"),
            ("[[=a=][.b.]]", "ab", "=.["),
            ("[[.a.]-c]", "abc", "d.-"),
            ("[[:foo:]a]", "", "af"),
            ("[[.space.]a]", "", "a "),
            ("[/]", "/", "a"),
        ] {
            yes.bytes().for_each(|byte| assert!(matches(pattern.as_bytes(), &[byte]), "{pattern}"));
            no.bytes().for_each(|byte| assert!(!matches(pattern.as_bytes(), &[byte]), "{pattern}"));
        }
    }

    #[test]
    fn a_bracket_without_an_end_is_itself() {
        for (pattern, text) in [("[", "["), ("[a", "[a"), ("[]", "[]"), ("[[:alpha:]", "[a")] {
            assert!(matches(pattern.as_bytes(), text.as_bytes()), "{pattern}");
        }
        assert!(!matches(b"[a", b"a"));
    }

    #[test]
    fn folded_letters_are_the_same_in_both_cases() {
        for (pattern, yes, no) in [
            ("a", "aA", "bB"),
            ("[A-C]", "aBc", "dD_"),
            ("[!a]", "bB", "aA"),
            ("[--a]", "-.aA_", "Zz"),
            ("[[:upper:]]", "AZ", "az"),
            ("1", "1", "Q"),
        ] {
            let pattern = Pattern::new(pattern.as_bytes(), true);
            yes.bytes().for_each(|byte| assert!(pattern.matches(&[byte]), "{pattern:?} {byte}"));
            no.bytes().for_each(|byte| assert!(!pattern.matches(&[byte]), "{pattern:?} {byte}"));
        }
    }

    #[test]
    fn many_stars_take_no_longer_than_one() {
        let pattern = [b"*a".repeat(2000), b"b".to_vec()].concat();
        assert!(!matches(&pattern, &b"a".repeat(20_000)));
    }
}
