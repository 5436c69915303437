//! Arguments that several commands share.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

/// Which image, and how to get at it.
#[derive(Debug, Args)]
pub struct ImageArgs {
    /// The image: a file or a block device, or IMG@@OFFSET where the filesystem begins at OFFSET
    /// bytes (suffixes s, K, M, G, T)
    #[arg(value_name = "IMG")]
    pub image: OsString,

    /// Go by the superblock in block N, a backup
    #[arg(short = 'b', long, value_name = "N")]
    pub superblock: Option<u64>,
}

/// Options that go before the command or after it.
#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// Take partition N of a disk image, or the only one that holds ext2
    #[arg(long, global = true, value_name = "N|auto", value_parser = parse_partition)]
    pub partition: Option<PartitionArg>,

    /// Do not lock the image
    #[arg(long, global = true)]
    pub no_lock: bool,

    /// Wait up to SECS seconds for an image that is in use
    #[arg(long, global = true, value_name = "SECS", conflicts_with = "no_lock", value_parser = parse_seconds)]
    pub wait: Option<Duration>,

    /// Keep the commit log of a change in FILE instead of beside the image, in IMG.mpimg-log; what was
    /// interrupted is only found by commands that name the same FILE
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,

    /// Print JSON, one object a line; errors too, with a stable code
    #[arg(long, global = true)]
    pub json: bool,
}

/// The value of `--partition`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionArg {
    /// The partition of this number.
    Number(u32),
    /// The only one that holds ext2.
    Auto,
}

fn parse_partition(text: &str) -> Result<PartitionArg, String> {
    match text {
        "auto" => Ok(PartitionArg::Auto),
        number => match number.parse() {
            Ok(number) if number > 0 => Ok(PartitionArg::Number(number)),
            _ => Err("want a number from 1 on, or auto".into()),
        },
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let wrong = "want seconds, 10 or 0.5 for instance";
    let seconds: f64 = text.parse().map_err(|_| wrong)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong.into())
}

/// A number of bytes, with a unit; `s` is a sector of 512.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.get(digits.len()..).unwrap_or_default();
    let factor: u64 = match unit {
        "" => 1,
        "s" => 512,
        "k" | "K" | "KiB" => 1 << 10,
        "m" | "M" | "MiB" => 1 << 20,
        "g" | "G" | "GiB" => 1 << 30,
        "t" | "T" | "TiB" => 1 << 40,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => return Err(format!("'{unit}' is no unit (s, K, M, G, T, or kB, MB, GB, TB)")),
    };
    // Parsing alone would take a sign.
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    let number: u64 = number.ok_or("want a number of bytes")?;
    number.checked_mul(factor).ok_or_else(|| "too large".into())
}

/// When something is done that only makes sense for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, when it lasts
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The form of statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatsForm {
    /// A table
    Table,
    /// One JSON object
    Json,
}

/// Options of commands that move file data.
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// Tell on standard error how the data was moved: bios, merges, fallbacks, calls
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "table")]
    pub stats: Option<StatsForm>,

    /// Show a progress bar on standard error, where that is a terminal
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub progress: When,
}

/// Paths in the image, as bytes.
pub fn bytes_of(paths: &[OsString]) -> impl Iterator<Item = &[u8]> {
    paths.iter().map(|path| path.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_counts_take_units() {
        assert_eq!(parse_bytes("10"), Ok(10));
        assert_eq!(parse_bytes("3K"), Ok(3072));
        assert_eq!(parse_bytes("2s"), Ok(1024));
        assert_eq!(parse_bytes("1kB"), Ok(1000));
        for wrong in ["", "K", "-1", "+1", "1Q", "99999999999999T", "1.5M"] {
            assert!(parse_bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn partitions_count_from_1() {
        assert_eq!(parse_partition("5"), Ok(PartitionArg::Number(5)));
        assert_eq!(parse_partition("auto"), Ok(PartitionArg::Auto));
        assert!(parse_partition("0").is_err());
    }
}
