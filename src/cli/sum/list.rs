//! The lines of `sum`: `cbf43926  /etc/motd`, as `sha256sum` would write and read them.

use std::io::{self, Write};

use super::super::output::Output;

/// A line of a list.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// What the file is to have.
    pub crc32: u32,
    /// Its path.
    pub path: Vec<u8>,
}

/// Writes a line.
pub fn write_line(out: &mut Output, path: &[u8], crc32: u32, zero: bool) -> io::Result<()> {
    if zero {
        write!(out, "{crc32:08x}  ")?;
        out.write_all(path)?;
        return out.write_all(b"\0");
    }
    let escaped = escape(path);
    let mark = if escaped.is_some() { "\\" } else { "" };
    write!(out, "{mark}{crc32:08x}  ")?;
    write_path(out, path, escaped.as_deref())?;
    out.write_all(b"\n")
}

/// Writes a path in its escaped form, or as it is.
pub fn write_path(out: &mut Output, path: &[u8], escaped: Option<&[u8]>) -> io::Result<()> {
    // A terminal's escapes are the same for these, and cover more.
    match escaped.filter(|_| !out.is_terminal()) {
        Some(escaped) => out.write_all(escaped),
        None => out.name(path),
    }
}

/// The escaped form of a path that needs it.
pub fn escape(path: &[u8]) -> Option<Vec<u8>> {
    if !path.iter().any(|byte| matches!(byte, b'\\' | b'\n' | b'\r')) {
        return None;
    }
    let mut escaped = Vec::with_capacity(path.len().saturating_add(8));
    for byte in path {
        match byte {
            b'\\' => escaped.extend(b"\\\\"),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            byte => escaped.push(*byte),
        }
    }
    Some(escaped)
}

/// Reads a line, without its end; `None` where it is none.
pub fn parse_line(line: &[u8], zero: bool) -> Option<Line> {
    let (line, escaped) = match line.strip_prefix(b"\\") {
        Some(rest) if !zero => (rest, true),
        _ => (line, false),
    };
    let (digits, rest) = line.split_at_checked(8)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let crc32 = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    // The second character is a star where `sha256sum -b` would put one.
    let path = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?;
    let path = if escaped { unescape(path)? } else { path.to_vec() };
    (!path.is_empty()).then_some(Line { crc32, path })
}

fn unescape(path: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(path.len());
    let mut bytes = path.iter();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'\\' => match bytes.next()? {
                b'\\' => b'\\',
                b'n' => b'\n',
                b'r' => b'\r',
                _ => return None,
            },
            byte => *byte,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_as_it_was_written() {
        for path in [b"/a".as_slice(), b"/a b", b"/n\nl", b"/back\\slash", b"/\xff\r"] {
            let escaped = escape(path);
            let mark = if escaped.is_some() { "\\" } else { "" };
            let shown = escaped.unwrap_or_else(|| path.to_vec());
            let line = [mark.as_bytes(), b"cbf43926  ", &shown].concat();
            let expected = Line { crc32: 0xcbf4_3926, path: path.to_vec() };
            assert_eq!(parse_line(&line, false), Some(expected));
        }
        let star = Line { crc32: 1, path: b"x".to_vec() };
        assert_eq!(parse_line(b"00000001 *x", false), Some(star));
    }

    #[test]
    fn what_is_no_line_is_none() {
        let bad: [&[u8]; 7] = [
            b"",
            b"cbf43926",
            b"cbf43926  ",
            b"cbf4392  /a",
            b"+bf43926  /a",
            b"cbf43926 /a",
            b"\\cbf43926  /a\\x",
        ];
        for line in bad {
            assert_eq!(parse_line(line, false), None, "{}", line.escape_ascii());
        }
    }
}
