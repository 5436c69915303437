//! Extended attributes as arguments: `NAME=VALUE`.
//!
//! Values have the forms of `setfattr`: `"text"` with `\\`, `\"` and `\ooo` for a byte in octal,
//! `0x` and hexadecimal digits, `0s` and base64; whatever begins otherwise is taken as it is.
//! `user.note="a\012b"`, `user.note=0x610a62` and `user.note=0sYQpi` all are `a`, a newline, `b`.

/// The name and the value of `NAME=VALUE`.
///
/// # Errors
/// It has no name, or its value is not of the form that it begins as; says why.
pub fn parse_xattr(text: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
    let mut parts = text.splitn(2, |byte| *byte == b'=');
    let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
        return Err("want NAME=VALUE".into());
    };
    if name.is_empty() {
        return Err("there is no name before the =".into());
    }
    let value = parse_value(value)
        .map_err(|why| format!("the value of {}: {why}", String::from_utf8_lossy(name)))?;
    Ok((name.to_vec(), value))
}

/// The bytes of a value in one of its forms.
///
/// # Errors
/// It is not of the form that it begins as; says why.
pub fn parse_value(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    match text {
        [b'"', rest @ ..] => unquoted(rest),
        [b'0', b'x' | b'X', digits @ ..] => from_hex(digits),
        [b'0', b's' | b'S', digits @ ..] => from_base64(digits),
        plain => Ok(plain.to_vec()),
    }
}

/// Text behind a quote, up to the one that ends it.
fn unquoted(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut value = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Err("the text has no closing quote"),
            [b'"'] => return Ok(value),
            [b'"', ..] => return Err("something follows the closing quote"),
            [b'\\', byte @ (b'\\' | b'"'), rest @ ..] => {
                value.push(*byte);
                rest
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', rest @ ..] => {
                let octal = [a, b, c].into_iter();
                value.push(octal.fold(0, |byte, digit| byte << 3 | (digit & 7)));
                rest
            }
            [b'\\', ..] => return Err("want \\\\, \\\" or \\ooo (octal) behind a backslash"),
            [byte, rest @ ..] => {
                value.push(*byte);
                rest
            }
        };
    }
}

fn from_hex(digits: &[u8]) -> Result<Vec<u8>, &'static str> {
    let (pairs, left) = digits.as_chunks::<2>();
    if !left.is_empty() {
        return Err("an odd number of hexadecimal digits");
    }
    let byte = |[high, low]: &[u8; 2]| Some(hex_digit(*high)? << 4 | hex_digit(*low)?);
    pairs.iter().map(byte).collect::<Option<_>>().ok_or("want hexadecimal digits behind 0x")
}

fn hex_digit(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

/// Base64 (RFC 4648), padded to groups of four.
fn from_base64(digits: &[u8]) -> Result<Vec<u8>, &'static str> {
    const WRONG: &str = "want base64 behind 0s, padded with =";
    let (groups, left) = digits.as_chunks::<4>();
    if !left.is_empty() {
        return Err(WRONG);
    }
    let mut value = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let is_last = index.saturating_add(1) == groups.len();
        let (bits, count_bytes) = match group {
            [a, b, b'=', b'='] if is_last => (bits_of(&[*a, *b, b'A', b'A']), 1),
            [a, b, c, b'='] if is_last => (bits_of(&[*a, *b, *c, b'A']), 2),
            group => (bits_of(group), 3),
        };
        let [_, bytes @ ..] = bits.ok_or(WRONG)?.to_be_bytes();
        let (bytes, unused) = bytes.split_at_checked(count_bytes).unwrap_or((&bytes, &[]));
        // Bits behind the last byte would be a second way to write the same.
        if unused.iter().any(|byte| *byte != 0) {
            return Err("base64 with bits behind the last byte");
        }
        value.extend_from_slice(bytes);
    }
    Ok(value)
}

/// 24 bits in four digits.
fn bits_of(group: &[u8; 4]) -> Option<u32> {
    group.iter().try_fold(0_u32, |bits, digit| {
        let value = match digit {
            b'A'..=b'Z' => digit.checked_sub(b'A')?,
            b'a'..=b'z' => digit.checked_sub(b'a')?.checked_add(26)?,
            b'0'..=b'9' => digit.checked_sub(b'0')?.checked_add(52)?,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        Some(bits << 6 | u32::from(value))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn values_have_the_forms_of_setfattr() {
        for (text, want) in [
            (&b"user.a=plain \\012\"text\""[..], &b"plain \\012\"text\""[..]),
            (b"user.a=", b""),
            (b"user.a=b=c", b"b=c"),
            (b"user.a=\xff\n", b"\xff\n"),
            (b"user.a=\"a\\012b\\\\\\\"\\377\"", b"a\nb\\\"\xff"),
            (b"user.a=\"\"", b""),
            (b"user.a=0x610A62", b"a\nb"),
            (b"user.a=0X", b""),
            (b"user.a=0sYQpi", b"a\nb"),
            (b"user.a=0Sy/4=", b"\xcb\xfe"),
            (b"user.a=0syw==", b"\xcb"),
            (b"user.a=0s", b""),
            (b"user.a=0", b"0"),
        ] {
            let shown = String::from_utf8_lossy(text).into_owned();
            assert_eq!(parse_xattr(text).unwrap(), (b"user.a".to_vec(), want.to_vec()), "{shown}");
        }
    }

    #[test]
    fn what_is_none_is_refused_with_its_name() {
        for wrong in [
            "\"",
            "\"a",
            "\"a\"b",
            "\"\\n\"",
            "\"\\400\"",
            "\"\\01\"",
            "0x1",
            "0xgg",
            "0sA",
            "0sAA",
            "0sAA=",
            "0s====",
            "0sAA==AAAA",
            "0sAB==",
            "0sAAB=",
            "0sA A=",
            "0sA=A=",
            "0s\u{e9}AA",
        ] {
            let error = parse_xattr(format!("user.x={wrong}").as_bytes()).unwrap_err();
            assert!(error.starts_with("the value of user.x: "), "{wrong}: {error}");
        }
        assert!(parse_xattr(b"user.x").is_err() && parse_xattr(b"=x").is_err());
    }

    #[test]
    fn base64_is_that_of_the_host() {
        let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        for len in [1, 2, 3, 256, 511, 512] {
            let mut tool = Command::new("base64");
            let piped = tool.arg("-w0").stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut child = piped.spawn().unwrap();
            child.stdin.take().unwrap().write_all(&bytes[..len]).unwrap();
            let text = child.wait_with_output().unwrap().stdout;
            assert_eq!(from_base64(&text).unwrap(), &bytes[..len], "{len} bytes");
        }
    }
}
