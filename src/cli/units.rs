//! Units of the sizes that `df` and `du` print: `-h`, `-k` and `-B`, the last of them counts.
//!
//! ```text
//! 5000 bytes     -k 5     -h 4.9K     -B 512 10     -B kB 5kB
//! ```
//!
//! Sizes are rounded up, as coreutils does: what takes a byte takes a whole unit.

use clap::Args;

use super::args::parse_bytes;
use super::listing::human_size;

/// Options that choose a unit.
#[derive(Debug, Args)]
pub struct UnitArgs {
    /// Sizes such as 1.5K
    #[arg(short = 'h', long, overrides_with_all = ["kib", "block_size"])]
    human_readable: bool,

    /// Sizes in units of 1 KiB, as without options
    #[arg(short = 'k', overrides_with_all = ["human_readable", "block_size"])]
    kib: bool,

    /// Sizes in units of SIZE bytes, 1M or 512 for instance; a suffix alone (K, M, G, T, or kB, MB,
    /// GB, TB) stands behind each size
    #[arg(short = 'B', long, value_name = "SIZE", value_parser = Unit::parse)]
    #[arg(overrides_with_all = ["human_readable", "kib"])]
    block_size: Option<Unit>,
}

impl UnitArgs {
    /// The unit that was chosen, if one was.
    pub fn chosen(&self) -> Option<Unit> {
        match (self.human_readable, self.kib) {
            (true, _) => Some(Unit::Human),
            (_, true) => Some(Unit::KIB),
            _ => self.block_size.clone(),
        }
    }
}

/// In what sizes are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// In the unit that leaves three digits at most.
    Human,
    /// In units of so many bytes, 1 at least.
    Bytes {
        /// The unit.
        each: u64,
        /// What stands behind each size.
        suffix: String,
    },
}

impl Unit {
    /// The unit without options.
    pub const KIB: Self = Self::Bytes { each: 1024, suffix: String::new() };
    /// Bytes.
    pub const BYTE: Self = Self::Bytes { each: 1, suffix: String::new() };

    fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return match parse_bytes(text)? {
                0 => Err("want 1 or more".into()),
                each => Ok(Self::Bytes { each, suffix: String::new() }),
            };
        }
        if text.is_empty() || text.starts_with(['+', '-', '.']) {
            return Err("want a number of bytes, a suffix, or both".into());
        }
        let each = parse_bytes(&format!("1{text}"))?;
        let suffix = match text {
            "k" | "m" | "g" | "t" => text.to_uppercase(),
            "KB" => "kB".into(),
            _ => text.into(),
        };
        Ok(Self::Bytes { each, suffix })
    }

    /// A size, rounded up.
    pub fn show(&self, bytes: u64) -> String {
        match self {
            Self::Human => human_size(bytes),
            Self::Bytes { each, suffix } => format!("{}{suffix}", bytes.div_ceil(*each)),
        }
    }

    /// What `df` calls a column of sizes: `1K-blocks`.
    pub fn heading(&self) -> String {
        match self {
            Self::Human => "Size".into(),
            Self::Bytes { each, .. } => format!("{}-blocks", size_of_unit(*each)),
        }
    }
}

/// A unit by powers of 1024 where it is more of those than of 1000: `1K`, `1MB`, `512B`.
fn size_of_unit(bytes: u64) -> String {
    let (mut by_1000, mut by_1024) = (bytes, bytes);
    let binary = loop {
        match (by_1000 % 1000 == 0, by_1024 % 1024 == 0) {
            (true, true) => (by_1000, by_1024) = (by_1000 / 1000, by_1024 / 1024),
            (_, binary) => break binary,
        }
    };
    let base: u64 = if binary { 1024 } else { 1000 };
    let (mut each, mut power) = (1_u64, 0);
    while bytes.div_euclid(each) >= base {
        each = each.saturating_mul(base);
        power += 1;
    }
    let letters = if binary {
        ["", "K", "M", "G", "T", "P", "E"]
    } else {
        ["", "k", "M", "G", "T", "P", "E"]
    };
    let letter = letters.get(power).copied().unwrap_or_default();
    let end = if binary { "" } else { "B" };
    let tenths = u128::from(bytes).saturating_mul(10).div_ceil(u128::from(each));
    match (tenths.div_euclid(10), tenths.rem_euclid(10)) {
        (whole, 0) => format!("{whole}{letter}{end}"),
        (whole, tenth) if whole < 10 => format!("{whole}.{tenth}{letter}{end}"),
        (whole, _) => format!("{}{letter}{end}", whole.saturating_add(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_numbers_or_suffixes_that_stand_behind_sizes() {
        for (unit, shown) in [
            ("1", "5000"),
            ("512", "10"),
            ("1K", "5"),
            ("K", "5K"),
            ("k", "5K"),
            ("KiB", "5KiB"),
            ("KB", "5kB"),
            ("1kB", "5"),
            ("G", "1G"),
        ] {
            assert_eq!(Unit::parse(unit).unwrap().show(5000), shown, "{unit}");
        }
        for wrong in ["", "0", "0K", "-1", "+K", "Q", "1Q", ".5K", "99999999999T"] {
            assert!(Unit::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Unit::KIB.show(0), "0");
        assert_eq!(Unit::KIB.show(u64::MAX), (1_u64 << 54).to_string());
    }

    #[test]
    fn headings_name_the_unit_as_df_does() {
        for (unit, heading) in [
            ("1", "1B-blocks"),
            ("512", "512B-blocks"),
            ("1K", "1K-blocks"),
            ("kB", "1kB-blocks"),
            ("1500", "1.5kB-blocks"),
            ("1024000", "1.1MB-blocks"),
            ("1536K", "1.5M-blocks"),
            ("1000M", "1000M-blocks"),
            ("4T", "4T-blocks"),
        ] {
            assert_eq!(Unit::parse(unit).unwrap().heading(), heading);
        }
        assert_eq!(Unit::parse(&u64::MAX.to_string()).unwrap().heading(), "19EB-blocks");
    }
}
