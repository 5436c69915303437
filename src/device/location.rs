//! Where an image is: a path, and where in it to begin.
//!
//! `disk.img@@1M` is byte 1048576 of `disk.img`, in the form that mtools gave it. The number is
//! decimal, or hexadecimal after `0x`; it counts bytes, or sectors of 512 with `s`, or with `K`,
//! `M`, `G` and `T` powers of 1024, in either case. mtools has no `T`, and reads a leading zero as
//! octal; here such a number is refused, for it would mean two things.
//!
//! Paths are bytes. The last `@@` counts, and a file that has the whole argument for its name
//! comes first: what a shell completes is what is opened. Another spelling of the offset
//! (`1024K` for `1M`) reaches the other file, and `IMG@@0` says that an `@@` belongs to the name.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::OpenError;

/// An image argument, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file or block device.
    pub path: PathBuf,
    /// Where the image begins in it, where an offset was given.
    pub offset_bytes: Option<u64>,
}

impl Location {
    /// The whole of a file, whatever its name.
    #[must_use]
    pub fn whole(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), offset_bytes: None }
    }

    /// Takes `IMG` or `IMG@@OFFSET` apart. Asks the host whether a file of the whole name exists,
    /// but only where there is an `@@` in it.
    ///
    /// # Errors
    /// [`OpenError::BadOffset`] where what follows `@@` is no offset.
    pub fn parse(argument: &OsStr) -> Result<Self, OpenError> {
        match split(argument.as_bytes()) {
            Some((path, offset)) if !Path::new(argument).exists() => Ok(Self {
                path: PathBuf::from(OsString::from_vec(path.to_vec())),
                offset_bytes: Some(parse_offset(offset)?),
            }),
            _ => Ok(Self::whole(argument)),
        }
    }
}

/// What is before and after the last `@@`, where there is something before it.
fn split(argument: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = argument.windows(2).rposition(|pair| pair == b"@@").filter(|at| *at > 0)?;
    let (path, rest) = argument.split_at_checked(at)?;
    Some((path, rest.get(2..)?))
}

/// A number of bytes, from its text.
fn parse_offset(text: &[u8]) -> Result<u64, OpenError> {
    let bad = |reason| OpenError::BadOffset {
        text: String::from_utf8_lossy(text).escape_debug().to_string(),
        reason,
    };
    let (number, unit_bytes) = match text.split_last() {
        None => return Err(bad("nothing follows '@@'")),
        Some((b's' | b'S', number)) => (number, 1_u64 << 9),
        Some((b'k' | b'K', number)) => (number, 1 << 10),
        Some((b'm' | b'M', number)) => (number, 1 << 20),
        Some((b'g' | b'G', number)) => (number, 1 << 30),
        Some((b't' | b'T', number)) => (number, 1 << 40),
        Some(_) => (text, 1),
    };
    let (digits, radix) = match number {
        [b'0', b'x' | b'X', digits @ ..] => (digits, 16),
        [b'0', _, ..] => return Err(bad("a leading zero may mean octal")),
        digits => (digits, 10),
    };
    if digits.is_empty() {
        return Err(bad("not a number"));
    }
    let mut value = 0_u64;
    for digit in digits {
        let digit = char::from(*digit).to_digit(radix).ok_or_else(|| bad("not a number"))?;
        value = value
            .checked_mul(u64::from(radix))
            .and_then(|value| value.checked_add(u64::from(digit)))
            .ok_or_else(|| bad("too large"))?;
    }
    value.checked_mul(unit_bytes).ok_or_else(|| bad("too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(text: &str) -> Option<u64> {
        parse_offset(text.as_bytes()).ok()
    }

    #[test]
    fn units_are_those_of_mtools() {
        assert_eq!(offset("0"), Some(0));
        assert_eq!(offset("1536"), Some(1536));
        assert_eq!(offset("0x600"), Some(1536));
        assert_eq!((offset("3s"), offset("3S")), (Some(1536), Some(1536)));
        assert_eq!((offset("2k"), offset("2K")), (Some(2048), Some(2048)));
        assert_eq!((offset("1m"), offset("1M")), (Some(1 << 20), Some(1 << 20)));
        assert_eq!((offset("4g"), offset("1T")), (Some(4 << 30), Some(1 << 40)));
    }

    #[test]
    fn what_is_no_offset_is_refused() {
        for text in
            ["", "s", "0x", "-1", "+1", "1.5M", "1KB", "1kk", " 1", "010", "99999999999999999999"]
        {
            assert_eq!(offset(text), None, "{text:?}");
        }
        assert_eq!(offset("18446744073709551615"), Some(u64::MAX));
        assert_eq!(offset("16777216T"), None);
    }

    #[test]
    fn the_last_marker_counts_and_needs_a_path_before_it() {
        assert_eq!(split(b"a@@1@@2"), Some((&b"a@@1"[..], &b"2"[..])));
        assert_eq!(split(b"a@@"), Some((&b"a"[..], &b""[..])));
        assert_eq!(split(b"a@@@1"), Some((&b"a@"[..], &b"1"[..])));
        assert_eq!(split(b"@@1"), None);
        assert_eq!(split(b"a@1"), None);
    }
}
