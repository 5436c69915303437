//! Records of a pax extended header: `LENGTH KEY=VALUE\n`, where the length counts itself.
//!
//! ```text
//! 14 mtime=-1.5
//! 28 SCHILY.xattr.user.k=value
//! ```
//!
//! Keys and values are bytes, whatever they are (of an attribute, its name is in the key): which
//! is why they are not the `tar` crate's, whose keys are text.

use super::acl;

/// Nanoseconds in a second.
const NANOSECONDS: u32 = 1_000_000_000;

/// Records, one after the other.
#[derive(Debug, Default)]
pub struct Records {
    bytes: Vec<u8>,
}

impl Records {
    /// What the extended header holds.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Adds a record.
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        // Without the length: a space, an equals sign and the end of the line.
        let rest = key.len().saturating_add(value.len()).saturating_add(3);
        let mut length = rest.saturating_add(1).to_string();
        loop {
            let next = rest.saturating_add(length.len()).to_string();
            if next == length {
                break;
            }
            length = next;
        }
        for piece in [length.as_bytes(), b" ", key, b"=", value, b"\n"] {
            self.bytes.extend_from_slice(piece);
        }
    }

    /// Adds a number.
    pub fn push_number(&mut self, key: &[u8], number: u64) {
        self.push(key, number.to_string().as_bytes());
    }

    /// Adds a time, in seconds with as many decimal places as it has. The nanoseconds count forwards
    /// from the second, so a second and a half before 1970 is (-2, 500000000).
    pub fn push_time(&mut self, key: &[u8], (seconds, nanoseconds): (i64, u32)) {
        let nanoseconds = nanoseconds.min(NANOSECONDS.saturating_sub(1));
        let (sign, whole, fraction) = match (seconds < 0, nanoseconds) {
            (false, _) => ("", seconds.unsigned_abs(), nanoseconds),
            (true, 0) => ("-", seconds.unsigned_abs(), 0),
            (true, _) => {
                let whole = seconds.unsigned_abs().saturating_sub(1);
                ("-", whole, NANOSECONDS.saturating_sub(nanoseconds))
            }
        };
        let digits = format!("{fraction:09}");
        let digits = digits.trim_end_matches('0');
        let dot = if digits.is_empty() { "" } else { "." };
        self.push(key, format!("{sign}{whole}{dot}{digits}").as_bytes());
    }

    /// Adds extended attributes. An ACL is there twice, as GNU tar has it: as an attribute, for
    /// `--xattrs`, and before all attributes as text, for `--acls`.
    pub fn push_xattrs(&mut self, xattrs: &[(Vec<u8>, Vec<u8>)]) {
        for (name, value) in xattrs {
            let key: &[u8] = match name.as_slice() {
                b"system.posix_acl_access" => b"SCHILY.acl.access",
                b"system.posix_acl_default" => b"SCHILY.acl.default",
                _ => continue,
            };
            if let Some(text) = acl::text_of(value) {
                self.push(key, text.as_bytes());
            }
        }
        for (name, value) in xattrs {
            let mut key = b"SCHILY.xattr.".to_vec();
            for byte in name {
                match byte {
                    // As GNU tar does: the first equals sign ends the key.
                    b'=' => key.extend_from_slice(b"%3D"),
                    b'%' => key.extend_from_slice(b"%25"),
                    byte => key.push(*byte),
                }
            }
            self.push(&key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(fill: impl FnOnce(&mut Records)) -> String {
        let mut records = Records::default();
        fill(&mut records);
        String::from_utf8(records.bytes).unwrap()
    }

    #[test]
    fn lengths_count_themselves() {
        for len in (0..200).chain(980..1010).chain([9_990, 9_991, 99_985, 99_990]) {
            let record = text(|records| records.push(b"k", &vec![b'v'; len]));
            let (length, _) = record.split_once(' ').unwrap();
            assert_eq!(length.parse(), Ok(record.len()), "{len}");
        }
    }

    #[test]
    fn times_are_exact_on_either_side_of_1970() {
        for (time, want) in [
            ((0, 1), "21 mtime=0.000000001\n"),
            ((1, 500_000_000), "13 mtime=1.5\n"),
            ((-1, 0), "12 mtime=-1\n"),
            ((-1, 999_999_999), "22 mtime=-0.000000001\n"),
            ((-2, 500_000_000), "14 mtime=-1.5\n"),
            ((-2_147_483_648, 1), "31 mtime=-2147483647.999999999\n"),
            ((i64::MIN, 0), "30 mtime=-9223372036854775808\n"),
            ((15_032_385_535, 0), "21 mtime=15032385535\n"),
        ] {
            assert_eq!(text(|records| records.push_time(b"mtime", time)), want);
        }
    }

    #[test]
    fn names_of_attributes_do_not_end_at_an_equals_sign() {
        let xattrs = [(b"user.a=b%c".to_vec(), b"\n=".to_vec())];
        let found = text(|records| records.push_xattrs(&xattrs));
        assert_eq!(found, "34 SCHILY.xattr.user.a%3Db%25c=\n=\n");
    }
}
