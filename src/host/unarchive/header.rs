//! A header: 512 bytes of fields, in the forms of V7, ustar, star and GNU.
//!
//! Numbers are octal digits, or, where the first bit of a field is set, binary: `0000644\0` is
//! 0o644, and `80 00 00 00 00 00 00 02 00 00 00 00` is 8 GiB. Names have no end where they fill
//! their field. What follows the field `devminor` depends on who wrote it: ustar has the front part
//! of a long name there, GNU tar times and holes.

use std::ops::Range;

use super::error::Fault;
use super::sparse::Ranges;

/// The unit of which an archive is made.
pub const BLOCK: usize = 512;
/// Where the checksum is.
const CHECKSUM: Range<usize> = 148..156;

/// A header, as it stands in the archive.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a>(pub &'a [u8; BLOCK]);

impl Header<'_> {
    /// Whether all of it is zeros, which is how archives end.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// Checks the sum of its bytes; old programs took them for signed.
    pub fn check(&self) -> Result<(), Fault> {
        let sum_of = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        // The sum itself counts as spaces.
        let spaces = (CHECKSUM.len() as u64).saturating_mul(u64::from(b' '));
        let rest = sum_of(self.0).saturating_sub(sum_of(self.field(CHECKSUM)));
        let unsigned = rest.saturating_add(spaces);
        let field = self.field(CHECKSUM);
        let blank = field.iter().all(|byte| matches!(byte, 0 | b' '));
        let stored = number(field).filter(|_| !blank);
        if stored == Some(i128::from(unsigned)) || stored == Some(self.signed_sum()) {
            return Ok(());
        }
        let stored = stored.map_or_else(|| "nothing".to_owned(), |stored| stored.to_string());
        Err(Fault::Checksum { stored, computed: unsigned })
    }

    fn signed_sum(&self) -> i128 {
        let bytes = self.0.iter().enumerate();
        let counted = |(at, byte): (usize, &u8)| if CHECKSUM.contains(&at) { b' ' } else { *byte };
        bytes.map(|byte| i128::from(counted(byte).cast_signed())).sum()
    }

    pub fn entry_type(&self) -> u8 {
        self.0.get(156).copied().unwrap_or(0)
    }

    /// The name, with its front part where there is one.
    pub fn name(&self) -> Vec<u8> {
        let name = until_nul(self.field(0..100));
        let prefix = match (self.is_gnu(), self.is_ustar()) {
            (false, true) if self.field(508..512) == b"tar\0" => self.field(345..476),
            (false, true) => self.field(345..500),
            _ => b"",
        };
        match until_nul(prefix) {
            b"" => name.to_vec(),
            prefix => [prefix, b"/", name].concat(),
        }
    }

    pub fn link_name(&self) -> &[u8] {
        until_nul(self.field(157..257))
    }

    pub fn mode(&self) -> Result<u64, Fault> {
        self.unsigned("the mode", 100..108)
    }

    pub fn uid(&self) -> Result<u64, Fault> {
        self.unsigned("the uid", 108..116)
    }

    pub fn gid(&self) -> Result<u64, Fault> {
        self.unsigned("the gid", 116..124)
    }

    pub fn size(&self) -> Result<u64, Fault> {
        self.unsigned("the size", 124..136)
    }

    pub fn mtime(&self) -> Result<i64, Fault> {
        let (what, field) = ("the time", 136..148);
        self.number(what, field.clone())
            .and_then(|number| i64::try_from(number).map_err(|_| self.fault(what, field)))
    }

    pub fn device(&self) -> Result<(u64, u64), Fault> {
        // Before ustar there was something else there.
        if !self.is_gnu() && !self.is_ustar() {
            return Ok((0, 0));
        }
        let major = self.unsigned("the major number", 329..337)?;
        Ok((major, self.unsigned("the minor number", 337..345)?))
    }

    /// The ranges of a sparse file in GNU tar's old form, its length, and whether more ranges follow.
    pub fn old_sparse(&self) -> Result<(Ranges, u64, bool), Fault> {
        let ranges = ranges(self.field(386..482))?;
        let len_bytes = self.unsigned("the length", 483..495)?;
        Ok((ranges, len_bytes, self.field(482..483) != b"\0"))
    }

    /// The ranges of a block that goes on with such, and whether more follow.
    pub fn more_old_sparse(&self) -> Result<(Ranges, bool), Fault> {
        Ok((ranges(self.field(0..504))?, self.field(504..505) != b"\0"))
    }

    fn is_ustar(&self) -> bool {
        self.field(257..263) == b"ustar\0"
    }

    fn is_gnu(&self) -> bool {
        self.field(257..265) == b"ustar  \0"
    }

    fn field(&self, range: Range<usize>) -> &[u8] {
        self.0.get(range).unwrap_or_default()
    }

    fn number(&self, what: &'static str, range: Range<usize>) -> Result<i128, Fault> {
        number(self.field(range.clone())).ok_or_else(|| self.fault(what, range))
    }

    fn unsigned(&self, what: &'static str, range: Range<usize>) -> Result<u64, Fault> {
        let number = self.number(what, range.clone())?;
        u64::try_from(number).map_err(|_| self.fault(what, range))
    }

    fn fault(&self, field: &'static str, range: Range<usize>) -> Fault {
        Fault::Field { field, value: shown(until_nul(self.field(range))) }
    }
}

/// Places and lengths, of 12 bytes each, up to the first that is empty.
fn ranges(bytes: &[u8]) -> Result<Ranges, Fault> {
    let (pairs, _) = bytes.as_chunks::<24>();
    let mut found = Vec::new();
    for pair in pairs {
        let (start, len) = pair.split_at(12);
        if len.first() == Some(&0) {
            break;
        }
        let read = |field| number(field).and_then(|number| u64::try_from(number).ok());
        match (read(start), read(len)) {
            (Some(start), Some(len)) => found.push((start, len)),
            _ => return Err(Fault::Sparse("a number is none")),
        }
    }
    Ok(found)
}

/// The number in a field: 0 in an empty one, nothing where there is none.
fn number(field: &[u8]) -> Option<i128> {
    let first = *field.first()?;
    if first & 0x80 != 0 {
        // A number in two's complement, of all bits but the first.
        let start = if first & 0x40 == 0 {
            i128::from(first & 0x3f)
        } else {
            i128::from(first.cast_signed())
        };
        let rest = field.get(1..)?.iter();
        return rest.copied().try_fold(start, |number, byte| {
            number.checked_mul(256)?.checked_add(i128::from(byte))
        });
    }
    let digits = field.trim_ascii_start();
    let end = digits.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(digits.len());
    digits.get(..end)?.iter().try_fold(0_i128, |number, byte| match byte {
        b'0'..=b'7' => number.checked_mul(8)?.checked_add(i128::from(byte.saturating_sub(b'0'))),
        _ => None,
    })
}

/// What stands before the first NUL.
pub fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or(field)
}

/// Bytes for a message.
pub fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes)).into_owned()
}
