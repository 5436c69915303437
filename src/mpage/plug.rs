//! The plug: holds the transfers of a window back until they can be sorted and merged.
//!
//! The kernel queues bios between `blk_start_plug` and `blk_finish_plug`, so that its elevator sees
//! them together. Here the plug turns them into as few positional calls as there are runs on disk:
//! sorted by place, a transfer that begins where the one before it ends joins its call, and so does
//! one that begins a little later, because reading a small gap costs less than another call.
//!
//! Blocks of 4 KiB, transfers at blocks 7, 5, 20 and 6 with gaps of at most one block read through:
//! one call for blocks 5, 6 and 7, another for 20.

use super::block::Geometry;
use super::event::{Event, PageRange};

/// A transfer between a contiguous piece of a file and a contiguous piece of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    /// Where it lies in the file.
    pub file_offset_bytes: u64,
    /// Where it lies on the device.
    pub device_offset_bytes: u64,
    /// Its length.
    pub len_bytes: u64,
}

impl Transfer {
    /// Where it ends on the device.
    #[must_use]
    pub fn device_end_bytes(&self) -> u64 {
        self.device_offset_bytes.saturating_add(self.len_bytes)
    }

    /// Splits it `at` bytes from its start.
    #[must_use]
    pub fn split(self, at: u64) -> (Self, Self) {
        let head = Self { len_bytes: at.min(self.len_bytes), ..self };
        let tail = Self {
            file_offset_bytes: self.file_offset_bytes.saturating_add(head.len_bytes),
            device_offset_bytes: self.device_offset_bytes.saturating_add(head.len_bytes),
            len_bytes: self.len_bytes.saturating_sub(head.len_bytes),
        };
        (head, tail)
    }

    /// Hands the transfers of an event to `take`: a bio's page ranges, or a block of a fallback.
    pub(super) fn each_of(geometry: Geometry, event: &Event<'_>, mut take: impl FnMut(Self)) {
        match event {
            Event::Bio { block, bytes, ranges, .. } => {
                let mut device_offset_bytes = geometry.bytes_in(block.0);
                let mut left = *bytes;
                for &PageRange(page, pages) in *ranges {
                    let page_size = geometry.page_size_bytes();
                    // Only the last page of a bio may be there in part.
                    let len_bytes = pages.saturating_mul(page_size).min(left);
                    let file_offset_bytes = page.0.saturating_mul(page_size);
                    if len_bytes > 0 {
                        take(Self { file_offset_bytes, device_offset_bytes, len_bytes });
                    }
                    device_offset_bytes = device_offset_bytes.saturating_add(len_bytes);
                    left = left.saturating_sub(len_bytes);
                }
            }
            Event::Bh { lblk, block, .. } => take(Self {
                file_offset_bytes: geometry.bytes_in(lblk.0),
                device_offset_bytes: geometry.bytes_in(block.0),
                len_bytes: geometry.block_size_bytes(),
            }),
            _ => {}
        }
    }
}

/// Transfers that wait.
#[derive(Debug, Default)]
pub struct Plug {
    queue: Vec<Transfer>,
}

impl Plug {
    /// Queues a transfer.
    pub fn push(&mut self, transfer: Transfer) {
        self.queue.push(transfer);
    }

    /// Hands what waits to `call`, a group at a time: sorted, without overlaps, no gap larger than
    /// `gap_bytes`, all gaps together at most `gap_budget_bytes`. Returns how many transfers joined
    /// a group that was open.
    pub fn finish(
        &mut self,
        gap_bytes: u64,
        mut gap_budget_bytes: u64,
        mut call: impl FnMut(&[Transfer]),
    ) -> u64 {
        self.queue.sort_unstable_by_key(|t| (t.device_offset_bytes, t.file_offset_bytes));
        let mut merges: u64 = 0;
        for group in self.queue.chunk_by(|a, b| {
            let gap = b.device_offset_bytes.checked_sub(a.device_end_bytes());
            let joins = gap.is_some_and(|gap| gap <= gap_bytes.min(gap_budget_bytes));
            if joins {
                gap_budget_bytes = gap_budget_bytes.saturating_sub(gap.unwrap_or(0));
            }
            joins
        }) {
            merges = merges.saturating_add((group.len() as u64).saturating_sub(1));
            call(group);
        }
        self.queue.clear();
        merges
    }

    /// Takes out the transfers that `staged` says need no call any more; returns how many.
    pub fn take_staged(&mut self, mut staged: impl FnMut(&Transfer) -> bool) -> u64 {
        let before = self.queue.len();
        self.queue.retain(|transfer| !staged(transfer));
        before.saturating_sub(self.queue.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mpage::{FileBlock, FsBlock, Op, PageIndex, Why};

    fn groups(plug: &mut Plug, gap_bytes: u64, budget: u64) -> (Vec<Vec<u64>>, u64) {
        let mut calls = Vec::new();
        let merges = plug.finish(gap_bytes, budget, |group| {
            calls.push(group.iter().map(|t| t.device_offset_bytes / 4096).collect());
        });
        (calls, merges)
    }

    fn plug_of(blocks: &[u64]) -> Plug {
        let geometry = Geometry::new(12, 12).unwrap();
        let mut plug = Plug::default();
        for (lblk, block) in blocks.iter().enumerate() {
            let (page, lblk) = (PageIndex(lblk as u64), FileBlock(lblk as u64));
            let block = FsBlock(*block);
            let event = Event::Bh { op: Op::Read, page, lblk, block, status: None };
            Transfer::each_of(geometry, &event, |transfer| plug.push(transfer));
        }
        plug
    }

    #[test]
    fn sorts_and_merges_what_is_adjacent() {
        let (calls, merges) = groups(&mut plug_of(&[7, 5, 20, 6]), 0, 0);
        assert_eq!(calls, [vec![5, 6, 7], vec![20]]);
        assert_eq!(merges, 2);
    }

    #[test]
    fn reads_through_small_gaps_within_the_budget() {
        let blocks = [0, 2, 4, 9];
        assert_eq!(groups(&mut plug_of(&blocks), 4096, 1 << 20).0, [vec![0, 2, 4], vec![9]]);
        assert_eq!(groups(&mut plug_of(&blocks), 4096, 4096).0, [vec![0, 2], vec![4], vec![9]]);
    }

    #[test]
    fn a_block_that_is_mapped_twice_is_read_twice() {
        assert_eq!(groups(&mut plug_of(&[3, 3]), 4096, 1 << 20).0, [vec![3], vec![3]]);
    }

    #[test]
    fn a_bio_whose_pages_are_not_consecutive_is_a_transfer_a_range() {
        let mut plug = Plug::default();
        let event = Event::Bio {
            op: Op::Read,
            block: FsBlock(100),
            blocks: 7,
            first_page: PageIndex(0),
            pages: 2,
            bytes: 7168,
            ranges: &[PageRange(PageIndex(0), 1), PageRange(PageIndex(5), 1)],
            capacity: 256,
            why: Why::End,
            status: None,
        };
        let geometry = Geometry::new(10, 12).unwrap();
        Transfer::each_of(geometry, &event, |transfer| plug.push(transfer));
        let transfer = |file: u64, device: u64, len_bytes| Transfer {
            file_offset_bytes: file * 4096,
            device_offset_bytes: device * 1024,
            len_bytes,
        };
        assert_eq!(plug.queue, [transfer(0, 100, 4096), transfer(5, 104, 3072)]);
    }
}
