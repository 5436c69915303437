//! The map of a sparse file: which of its bytes are in the archive, one range right behind the other.
//!
//! GNU tar has had four forms of it: in the header and in blocks behind it; in records
//! `GNU.sparse.offset` and `numbytes`, a pair for each range (0.0); in one record `GNU.sparse.map`
//! (0.1); in front of the data, a number on each line (1.0). All say the same: a file of 1 MiB with
//! 4 KiB of data at its start is `0,4096,1048576,0`, where the empty range tells how far it goes.

use std::ops::Range;

use super::error::Fault;
use super::extended::decimal;

/// Where ranges begin, and how long they are.
pub type Ranges = Vec<(u64, u64)>;

/// What records say of a sparse file.
#[derive(Debug, Clone, Default)]
pub struct Records {
    pub name: Option<Vec<u8>>,
    pub len_bytes: Option<u64>,
    major: Option<u64>,
    minor: Option<u64>,
    /// The start of a range whose length comes next.
    start: Option<u64>,
    ranges: Ranges,
}

impl Records {
    /// Takes a record, whose key began with `GNU.sparse.`.
    pub fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), Fault> {
        let number = |what| decimal(what, value);
        match key {
            b"name" => self.name = Some(value.to_vec()).filter(|name| !name.is_empty()),
            b"realsize" | b"size" => self.len_bytes = number("the length")?,
            b"major" => self.major = number("the version of the map")?,
            b"minor" => self.minor = number("the version of the map")?,
            b"offset" => self.start = number("the start of a range")?,
            b"numbytes" => {
                let len = number("the length of a range")?;
                let (Some(start), Some(len)) = (self.start.take(), len) else {
                    return Err(Fault::Sparse("a range has no start"));
                };
                self.ranges.push((start, len));
            }
            b"map" => self.ranges = pairs(value.split(|byte| *byte == b','))?,
            _ => {}
        }
        Ok(())
    }

    /// Whether the map is in front of the data.
    ///
    /// # Errors
    /// It is of a form that nobody knows.
    pub fn has_map_in_data(&self) -> Result<bool, Fault> {
        match (self.major.unwrap_or(0), self.minor.unwrap_or(0)) {
            (1, 0) => Ok(true),
            (0, _) => Ok(false),
            _ => Err(Fault::Sparse("its version is unknown")),
        }
    }

    /// The ranges that stand in records.
    pub fn take_ranges(&mut self) -> Ranges {
        std::mem::take(&mut self.ranges)
    }
}

/// Numbers two by two, of which there must be as many.
fn pairs<'a>(numbers: impl Iterator<Item = &'a [u8]>) -> Result<Ranges, Fault> {
    let mut numbers = numbers.filter(|digits| !digits.is_empty());
    let mut found = Vec::new();
    while let Some(start) = numbers.next() {
        let (Some(start), Some(len)) = (number(start), numbers.next().and_then(number)) else {
            return Err(Fault::Sparse("a number is none"));
        };
        found.push((start, len));
    }
    Ok(found)
}

fn number(digits: &[u8]) -> Option<u64> {
    decimal("a number", digits).ok().flatten()
}

/// A map that is in front of the data, read block by block.
#[derive(Debug, Default)]
pub struct MapInData {
    /// How many numbers there will be, the first of them left out.
    wanted: Option<u64>,
    count: u64,
    start: Option<u64>,
    digits: Vec<u8>,
    ranges: Ranges,
}

impl MapInData {
    /// Takes a block; whether that was the last.
    pub fn take(&mut self, block: &[u8]) -> Result<bool, Fault> {
        for byte in block {
            if *byte != b'\n' {
                self.digits.push(*byte);
                if self.digits.len() > 20 {
                    return Err(Fault::Sparse("a number is none"));
                }
                continue;
            }
            let number = number(&self.digits).ok_or(Fault::Sparse("a number is none"))?;
            self.digits.clear();
            if self.wanted.is_none() {
                let two = number.checked_mul(2);
                self.wanted = Some(two.ok_or(Fault::Sparse("too many ranges"))?);
            } else {
                self.count = self.count.saturating_add(1);
                match self.start.take() {
                    Some(start) => self.ranges.push((start, number)),
                    None => self.start = Some(number),
                }
            }
            if self.wanted == Some(self.count) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The ranges, when all have been taken.
    pub fn into_ranges(self) -> Ranges {
        self.ranges
    }
}

/// What is no hole of a file of `len_bytes`, of which the archive has `stored_bytes`.
pub fn data_of(
    ranges: &[(u64, u64)],
    len_bytes: u64,
    stored_bytes: u64,
) -> Result<Box<[Range<u64>]>, Fault> {
    let mut data: Vec<Range<u64>> = Vec::new();
    let (mut at, mut sum_bytes) = (0, 0_u64);
    for (start, len) in ranges {
        let end = start.checked_add(*len).filter(|end| *end <= len_bytes);
        let end = end.ok_or(Fault::Sparse("a range ends behind the file"))?;
        if *len == 0 {
            continue;
        }
        if *start < at {
            return Err(Fault::Sparse("ranges overlap"));
        }
        match data.last_mut() {
            Some(last) if last.end == *start => last.end = end,
            _ => data.push(*start..end),
        }
        sum_bytes = sum_bytes.saturating_add(*len);
        at = end;
    }
    if sum_bytes != stored_bytes {
        return Err(Fault::Sparse("it has not as much data as its ranges"));
    }
    Ok(data.into_boxed_slice())
}
