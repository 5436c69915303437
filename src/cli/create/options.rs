//! What a new filesystem is to be, as options say it.
//!
//! `--size auto+20%` is the smallest that fits, and a fifth more; `-m 0.5` keeps one block of 200 for
//! root; `-U derived` is a UUID that follows from what the image holds.

use std::hash::{BuildHasher, RandomState};

use clap::{Args, ValueEnum};

use crate::cli::args::parse_bytes;
use crate::fs::{
    FormatError, FormatFeatures, FormatInodes, FormatOptions, FormatSize, HashVersion, Time,
};

/// What a new filesystem is to be.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the filesystem")]
pub struct FormatArgs {
    /// Its size; auto for the smallest that holds all, auto+N% for N percent more
    #[arg(short, long, value_name = "SIZE|auto[+N%]", value_parser = parse_size)]
    pub size: Option<FormatSize>,

    /// Bytes in a block: 1024 to 65536
    #[arg(short = 'b', long, value_name = "BYTES", default_value = "4096", value_parser = parse_bytes)]
    block_size: u64,

    /// Inodes, or a few more; auto for as many as it takes, or one for every 4 to 64 KiB of a given size
    #[arg(short = 'N', long, value_name = "N|auto", default_value = "auto", value_parser = parse_inodes)]
    inodes: FormatInodes,

    /// Bytes in an inode: 128 or more; those of 128 have no times past 2038, and no fractions of them
    #[arg(short = 'I', long, value_name = "BYTES", default_value = "256", value_parser = parse_bytes)]
    inode_size: u64,

    /// Percent of the blocks that only root may use
    #[arg(short = 'm', long, value_name = "PERCENT", default_value = "5", value_parser = parse_percent)]
    reserved: u32,

    /// Its label, of 16 bytes at most
    #[arg(short = 'L', long, value_name = "LABEL", value_parser = parse_label)]
    label: Option<String>,

    /// Its UUID: given, random, or derived from what the image holds
    #[arg(short = 'U', long, value_name = "UUID|random|derived", default_value = "derived", value_parser = parse_uuid)]
    uuid: UuidArg,

    /// Features to add, or with ^ to leave out: ext_attr, resize_inode, dir_index, filetype,
    /// sparse_super, large_file (all there by themselves); none for none
    #[arg(short = 'O', long, value_name = "LIST", value_parser = parse_features)]
    features: Option<FormatFeatures>,

    /// The hash of directory indexes
    #[arg(long, value_name = "HASH", default_value = "half_md4")]
    hash: HashArg,

    /// The seed of the hash, a UUID [default: derived from names and attributes]
    #[arg(long, value_name = "UUID", value_parser = parse_uuid)]
    hash_seed: Option<UuidArg>,
}

/// A UUID, as given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UuidArg {
    /// This one.
    Given([u8; 16]),
    /// Any.
    Random,
    /// One that follows from the content.
    Derived,
}

/// The hash of directory indexes.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum HashArg {
    /// Half MD4, of names as signed characters
    HalfMd4,
    /// Half MD4, unsigned
    HalfMd4Unsigned,
    /// TEA, signed
    Tea,
    /// TEA, unsigned
    TeaUnsigned,
    /// The oldest, signed
    Legacy,
    /// The oldest, unsigned
    LegacyUnsigned,
}

impl HashArg {
    fn parts(self) -> (HashVersion, bool) {
        match self {
            Self::HalfMd4 => (HashVersion::HalfMd4, false),
            Self::HalfMd4Unsigned => (HashVersion::HalfMd4, true),
            Self::Tea => (HashVersion::Tea, false),
            Self::TeaUnsigned => (HashVersion::Tea, true),
            Self::Legacy => (HashVersion::Legacy, false),
            Self::LegacyUnsigned => (HashVersion::Legacy, true),
        }
    }
}

impl UuidArg {
    fn resolve(self) -> Option<[u8; 16]> {
        match self {
            Self::Given(uuid) => Some(uuid),
            Self::Random => Some(random_uuid()),
            Self::Derived => None,
        }
    }
}

impl FormatArgs {
    /// The filesystem that is asked for, of a size that was settled.
    pub fn options(&self, size: FormatSize, now: Time) -> FormatOptions {
        let (hash_version, unsigned_hash) = self.hash.parts();
        FormatOptions {
            block_size_bytes: self.block_size,
            inode_size_bytes: self.inode_size,
            features: self.features.unwrap_or_default(),
            size,
            inodes: self.inodes,
            reserved_per_myriad: self.reserved,
            label: self.label.clone().unwrap_or_default().into_bytes(),
            uuid: self.uuid.resolve(),
            hash_version,
            unsigned_hash,
            hash_seed: self.hash_seed.and_then(UuidArg::resolve),
            now,
        }
    }
}

fn parse_size(text: &str) -> Result<FormatSize, String> {
    let Some(rest) = text.strip_prefix("auto") else {
        return parse_bytes(text).map(FormatSize::Bytes);
    };
    if rest.is_empty() {
        return Ok(FormatSize::Smallest { headroom_percent: 0 });
    }
    let percent = rest.strip_prefix('+').and_then(|rest| rest.strip_suffix('%'));
    let digits = percent.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let percent =
        digits.and_then(|digits| digits.parse().ok()).filter(|percent| *percent <= 10_000);
    let headroom_percent = percent.ok_or("want auto or auto+N%, up to 10000")?;
    Ok(FormatSize::Smallest { headroom_percent })
}

fn parse_inodes(text: &str) -> Result<FormatInodes, String> {
    if text == "auto" {
        return Ok(FormatInodes::Auto);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let count = text.parse().ok().filter(|count| digits && *count > 0);
    count.map(FormatInodes::Count).ok_or_else(|| "want a number from 1 on, or auto".into())
}

/// Percent, in hundredths of one.
fn parse_percent(text: &str) -> Result<u32, String> {
    let wrong = "want percent from 0 to 50, with two decimals at most";
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = [whole, part].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !digits || whole.is_empty() || part.len() > 2 {
        return Err(wrong.into());
    }
    let whole: u32 = whole.parse().map_err(|_| wrong)?;
    let part: u32 = format!("{part:0<2}").parse().map_err(|_| wrong)?;
    let hundredths = whole.saturating_mul(100).saturating_add(part);
    if hundredths <= 5000 { Ok(hundredths) } else { Err(wrong.into()) }
}

fn parse_label(text: &str) -> Result<String, String> {
    match text.len() {
        0..=16 => Ok(text.to_owned()),
        len => Err(format!("{len} bytes: a label has 16 at most")),
    }
}

fn parse_features(text: &str) -> Result<FormatFeatures, FormatError> {
    FormatFeatures::parse(text)
}

fn parse_uuid(text: &str) -> Result<UuidArg, String> {
    match text {
        "random" => return Ok(UuidArg::Random),
        "derived" => return Ok(UuidArg::Derived),
        _ => {}
    }
    let wrong = "want 32 hexadecimal digits as 8-4-4-4-12, random or derived";
    let lens: Vec<usize> = text.split('-').map(str::len).collect();
    let digits: String = text.split('-').collect();
    if lens != [8, 4, 4, 4, 12] || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(wrong.into());
    }
    let number = u128::from_str_radix(&digits, 16).map_err(|_| wrong)?;
    Ok(UuidArg::Given(number.to_be_bytes()))
}

/// A UUID of version 4.
fn random_uuid() -> [u8; 16] {
    // The standard library's hashers start from random keys, new ones for each.
    let random = || u128::from(RandomState::new().hash_one(0_u8));
    let number = random() << 64 | random();
    let number = number & !(0xf << 76) & !(3 << 62) | (4 << 76) | (2 << 62);
    number.to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes_or_computed() {
        assert_eq!(parse_size("64M"), Ok(FormatSize::Bytes(64 << 20)));
        assert_eq!(parse_size("auto"), Ok(FormatSize::Smallest { headroom_percent: 0 }));
        assert_eq!(parse_size("auto+25%"), Ok(FormatSize::Smallest { headroom_percent: 25 }));
        for wrong in ["", "auto+", "auto+5", "auto5%", "auto+-5%", "auto+99999%", "x"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn percents_have_two_decimals() {
        let good = [("5", 500), ("0", 0), ("0.5", 50), ("1.25", 125), ("50", 5000)];
        for (text, want) in good {
            assert_eq!(parse_percent(text), Ok(want), "{text}");
        }
        for wrong in ["", ".5", "51", "50.01", "-1", "1.234", "1,5"] {
            assert!(parse_percent(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn uuids_are_given_random_or_derived() {
        let given = parse_uuid("01234567-89ab-CDEF-0123-456789abcdef").unwrap();
        let bytes = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
        assert_eq!(given, UuidArg::Given([bytes, bytes].concat().try_into().unwrap()));
        for wrong in
            ["", "0123456789abcdef0123456789abcdef", "g1234567-89ab-cdef-0123-456789abcdef"]
        {
            assert!(parse_uuid(wrong).is_err(), "{wrong}");
        }
        let (a, b) = (random_uuid(), random_uuid());
        assert_ne!(a, b);
        assert_eq!((a[6] >> 4, a[8] >> 6), (4, 2));
    }
}
