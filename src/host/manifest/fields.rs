//! Fields of a manifest's line: words, and the bytes, numbers and times that they stand for.
//!
//! `/my\040dev c 0660 ...  # comment` has the words `/my\040dev`, `c`, `0660`; the first stands for
//! the bytes `/my dev`, the last for the mode 660.

use super::line::Who;
use crate::fs::Time;

/// The last number that an owner can have.
const LAST_OWNER: u32 = u32::MAX - 1;

/// The first and the last second that ext2 can hold.
const MIN_SECONDS: i64 = -(1 << 31);
const MAX_SECONDS: i64 = (1 << 34) - (1 << 31) - 1;

/// A word of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    /// The byte at which it begins, from 1 on.
    pub(super) column: usize,
    pub(super) text: &'a [u8],
}

impl<'a> Word<'a> {
    /// Key and value, if that is what it is.
    pub(super) fn pair(self) -> Option<(&'a [u8], &'a [u8])> {
        let mut parts = self.text.splitn(2, |byte| *byte == b'=');
        Some((parts.next()?, parts.next()?))
    }
}

/// The words of a line, up to a comment: `#` where a word could begin.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = Word<'_>> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let len = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        let column = line.len().saturating_sub(rest.len()).saturating_add(1);
        let (text, behind) = rest.split_at_checked(len)?;
        rest = behind;
        let ends = text.is_empty() || text.starts_with(b"#");
        (!ends).then_some(Word { column, text })
    })
}

/// The bytes that a text stands for: `\ooo` is a byte in octal, `\\` a backslash.
pub(super) fn unescape(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Ok(bytes),
            [b'\\', b'\\', rest @ ..] => {
                bytes.push(b'\\');
                rest
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                bytes.push([a, b, c].into_iter().fold(0, |byte, digit| byte << 3 | (digit & 7)));
                rest
            }
            [b'\\', ..] => return Err("want \\ooo (octal) or \\\\ behind a backslash"),
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

/// Permissions in octal; nothing for `-` and for the `-1` of makedevs.
pub(super) fn mode(text: &[u8]) -> Result<Option<u16>, &'static str> {
    if matches!(text, b"-" | b"-1") {
        return Ok(None);
    }
    let wrong = "want octal digits, up to 7777, or -";
    let octal = text.iter().all(|byte| matches!(byte, b'0'..=b'7'));
    let digits = std::str::from_utf8(text).ok().filter(|_| octal).ok_or(wrong)?;
    let mode = u16::from_str_radix(digits, 8).ok().filter(|mode| *mode <= 0o7777);
    Ok(Some(mode.ok_or(wrong)?))
}

/// A user or a group; nothing for `-`.
pub(super) fn owner(text: &[u8]) -> Result<Option<Who>, &'static str> {
    if text == b"-" {
        return Ok(None);
    }
    if text.iter().all(u8::is_ascii_digit) {
        let number = u32::try_from(digits(text).unwrap_or(u64::MAX)).ok();
        let number = number.filter(|number| *number <= LAST_OWNER);
        return number.map(|n| Some(Who::Number(n))).ok_or("the last owner is 4294967294");
    }
    let name = std::str::from_utf8(text).ok().filter(|name| !name.starts_with(['-', '+']));
    name.map(|name| Some(Who::Name(name.into()))).ok_or("want a number, a name or -")
}

/// A number up to `most`; nothing for `-`.
pub(super) fn number(text: &[u8], most: u32) -> Result<Option<u32>, String> {
    if text == b"-" {
        return Ok(None);
    }
    let number = digits(text).and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| *number <= most);
    number.map(Some).ok_or_else(|| format!("want a number up to {most}, or -"))
}

/// `[-]SECONDS[.FRACTION]` since 1970.
pub(super) fn time(text: &[u8]) -> Result<Time, &'static str> {
    let wrong = "want seconds since 1970, with up to 9 digits behind a dot";
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut parts = rest.splitn(2, |byte| *byte == b'.');
    let whole = parts.next().and_then(digits).and_then(|whole| i64::try_from(whole).ok());
    let mut seconds = whole.ok_or(wrong)?;
    let mut nanoseconds = match parts.next() {
        None => 0,
        Some(fraction) if fraction.len() > 9 => return Err(wrong),
        Some(fraction) => {
            let padded: Vec<u8> =
                fraction.iter().copied().chain(std::iter::repeat(b'0')).take(9).collect();
            digits(fraction).ok_or(wrong)?;
            digits(&padded).and_then(|n| u32::try_from(n).ok()).ok_or(wrong)?
        }
    };
    if negative {
        seconds = seconds.saturating_neg();
        if nanoseconds > 0 {
            // ext2 counts nanoseconds forwards.
            seconds = seconds.saturating_sub(1);
            nanoseconds = 1_000_000_000_u32.saturating_sub(nanoseconds);
        }
    }
    if !(MIN_SECONDS..=MAX_SECONDS).contains(&seconds) {
        return Err("ext2 holds times from 1901-12-13 20:45:52 to 2446-05-10 22:38:55 UTC");
    }
    Ok(Time { seconds, nanoseconds })
}

/// A decimal number without a sign.
fn digits(text: &[u8]) -> Option<u64> {
    let plain = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| plain)?.parse().ok()
}
