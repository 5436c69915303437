//! What could not be read of a file, told by its byte ranges.
//!
//! `mpimg: disk.img:/data: bytes 4096..8192 cannot be read: ...`

use std::ops::Range;

use super::exit::{Failure, Report};
use crate::fs::{FsError, Part};
use crate::mpage::{Fault, FaultCause};

/// A range that could not be read, and why.
pub struct Unread {
    /// The bytes of the file.
    pub range: Range<u64>,
    cause: Failure,
}

impl Unread {
    /// A fault, as far as it concerns the bytes that were `wanted`.
    pub fn of(fault: &Fault<FsError>, wanted: &Range<u64>) -> Option<Self> {
        let end = fault.offset_bytes.saturating_add(fault.len_bytes);
        let range = fault.offset_bytes.max(wanted.start)..end.min(wanted.end);
        let cause = match &fault.cause {
            FaultCause::Device(error) => Failure::from(error),
            FaultCause::Map(error) => Failure::from(error),
        };
        (!range.is_empty()).then_some(Self { range, cause })
    }

    /// Whether another one follows this, and for a cause of its kind.
    pub fn goes_on_with(&self, next: &Self) -> bool {
        self.range.end == next.range.start && self.cause.code == next.cause.code
    }

    /// Tells it.
    pub fn tell(self, path: &[u8], report: &mut Report<'_>) {
        self.tell_with(path, "", report);
    }

    fn tell_with(self, path: &[u8], more: &str, report: &mut Report<'_>) {
        let Range { start, end } = self.range;
        let reason = format!("bytes {start}..{end} cannot be read: {}{more}", self.cause.reason);
        report.failure(Some(path), Failure { reason, ..self.cause });
    }
}

/// What could not be read of a file among many: one line, however much it is.
#[derive(Default)]
pub struct UnreadFile {
    first: Option<Unread>,
    more_bytes: u64,
}

impl UnreadFile {
    /// Takes in what could not be read of a part.
    pub fn add(&mut self, part: &Part) {
        self.add_faults(&part.faults, &part.range);
    }

    /// Takes in faults, as far as they concern the bytes that were `wanted`.
    pub fn add_faults(&mut self, faults: &[Fault<FsError>], wanted: &Range<u64>) {
        for found in faults.iter().filter_map(|fault| Unread::of(fault, wanted)) {
            match &mut self.first {
                None => self.first = Some(found),
                Some(first) if self.more_bytes == 0 && first.goes_on_with(&found) => {
                    first.range.end = found.range.end;
                }
                Some(_) => {
                    let len_bytes = found.range.end.saturating_sub(found.range.start);
                    self.more_bytes = self.more_bytes.saturating_add(len_bytes);
                }
            }
        }
    }

    /// Whether all of the file could be read.
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Tells it, if there is anything.
    pub fn tell(self, path: &[u8], report: &mut Report<'_>) {
        let Some(first) = self.first else { return };
        let more = match self.more_bytes {
            0 => String::new(),
            bytes => format!(" (nor {bytes} bytes behind them)"),
        };
        first.tell_with(path, &more, report);
    }
}
