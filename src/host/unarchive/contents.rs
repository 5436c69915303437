//! The content of an archive's files, read where it lies.
//!
//! Of a file that begins at byte 1536 of the archive, `read` at 100 reads from 1636 on. Of a sparse one
//! only what is no hole is there, one range right behind the other.

use std::io;
use std::ops::Range;

use super::store::Store;
use crate::fs::{ContentReader, Contents, Inventory, NodeId, Place};

/// An archive that was taken stock of.
#[derive(Debug)]
pub struct Archive {
    pub(super) store: Store,
}

impl Contents for Archive {
    fn reader<'a>(&'a self, inventory: &'a Inventory) -> Box<dyn ContentReader + 'a> {
        Box::new(Reader { store: &self.store, inventory, last: None })
    }
}

struct Reader<'a> {
    store: &'a Store,
    inventory: &'a Inventory,
    /// Where a sparse file was read last.
    last: Option<Position>,
}

/// A range of a sparse file.
#[derive(Clone, Copy)]
struct Position {
    node: NodeId,
    range: usize,
    /// Data in the ranges before it.
    before_bytes: u64,
}

impl ContentReader for Reader<'_> {
    fn read(&mut self, place: Place<'_>, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        let file = self.inventory.view(place.node);
        let end = offset_bytes.saturating_add(buf.len() as u64);
        let last_byte = match file.data {
            None => {
                self.store.read_at(file.origin.saturating_add(offset_bytes), buf)?;
                file.len_bytes
            }
            Some(data) => {
                self.read_sparse(place.node, data, file.origin, offset_bytes, buf)?;
                data.last().map_or(0, |range| range.end)
            }
        };
        if end >= last_byte {
            self.store.unchanged()?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    fn read_sparse(
        &mut self,
        node: NodeId,
        data: &[Range<u64>],
        origin: u64,
        offset_bytes: u64,
        buf: &mut [u8],
    ) -> io::Result<()> {
        let len_of = |range: &Range<u64>| range.end.saturating_sub(range.start);
        // From where it was read last, unless that is behind.
        let starts_before = |position: &Position| {
            let before = position.range.checked_sub(1).and_then(|range| data.get(range));
            position.node == node && before.is_none_or(|range| range.end <= offset_bytes)
        };
        let start = Position { node, range: 0, before_bytes: 0 };
        let mut position = self.last.filter(starts_before).unwrap_or(start);
        let end = offset_bytes.saturating_add(buf.len() as u64);
        buf.fill(0);
        while let Some(range) = data.get(position.range).filter(|range| range.start < end) {
            let wanted = range.start.max(offset_bytes)..range.end.min(end);
            let place =
                |at: u64| usize::try_from(at.saturating_sub(offset_bytes)).unwrap_or(usize::MAX);
            if !wanted.is_empty()
                && let Some(part) = buf.get_mut(place(wanted.start)..place(wanted.end))
            {
                let inside = wanted.start.saturating_sub(range.start);
                let at = origin.saturating_add(position.before_bytes).saturating_add(inside);
                self.store.read_at(at, part)?;
            }
            if range.end > end {
                break;
            }
            position.range = position.range.saturating_add(1);
            position.before_bytes = position.before_bytes.saturating_add(len_of(range));
        }
        self.last = Some(position);
        Ok(())
    }
}
