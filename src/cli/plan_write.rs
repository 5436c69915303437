//! `mpimg plan --write`: the plan of writing back all data of a file.
//!
//! A page is dirty if any of its blocks has a place. One whose blocks all have is written as it is;
//! one that has holes too is as a page that was written in part: buffers, of which those with a
//! place are mapped, dirty and up to date, and those in a hole neither. 1 KiB blocks 100, 101, a hole
//! and 102 are
//!
//! ```text
//! fallback  page 0 (hole_then_mapped)
//! bh        block 100, page 0, file block 0      and so on
//! ```

use super::plan::Printer;
use crate::fs::{BlockMap, FsError};
use crate::mpage::{
    Buffer, BufferFlags, FileBlock, Folio, Geometry, GetBlock, Intent, PageIndex, Sink, Summary,
    WritePlanOptions, WritePlanner,
};

/// Plans the writing of a file of `size_bytes`; returns what it sums up to, and the first failure to
/// map a block. `walk` and `map` are the same map, as one looks ahead of the other.
pub fn plan(
    mut walk: BlockMap<'_>,
    map: BlockMap<'_>,
    printer: &mut Printer,
    geometry: Geometry,
    size_bytes: u64,
    options: WritePlanOptions,
) -> (Summary, Option<FsError>) {
    let mut planner = WritePlanner::new(map, printer, geometry, size_bytes, options);
    let end = FileBlock(geometry.blocks_for(size_bytes));
    let mut at = FileBlock(0);
    while at < end && !planner.sink().is_closed() {
        let page = geometry.page_of(at);
        let mut filled = 0;
        match walk.run(at, end) {
            Ok(Some(run)) if run.block.is_none() => {
                at = at.plus(run.count_blocks.max(1));
                continue;
            }
            Ok(Some(run)) if at == geometry.first_block_of(page) => {
                let after = at.plus(run.count_blocks);
                // The last page is filled by what the file has of it.
                let last =
                    if after == end { after.plus(geometry.blocks_per_page()) } else { after };
                let pages = geometry.pages_for(size_bytes).min(geometry.page_of(last).0);
                filled = pages.saturating_sub(page.0);
            }
            // A page of several runs; or of a block that has no place to be found, which the
            // planner will come upon itself.
            Ok(Some(_)) | Err(_) => {}
            Ok(None) => break,
        }
        if filled > 0 {
            planner.writepages(page, filled);
        } else if let Some(folio) = folio_with_holes(&mut walk, geometry, page, end) {
            planner.writepage(page, folio);
        } else {
            planner.writepages(page, 1);
        }
        at = geometry.first_block_of(page.plus(filled.max(1)));
    }
    planner.finish();
    let stats = planner.sink().stats.clone();
    (planner.summary(&stats), planner.take_failure().map(|failure| failure.error))
}

/// The buffers of a page that has holes before `end`; `None` if it has none, or if not all is known.
fn folio_with_holes(
    walk: &mut BlockMap<'_>,
    geometry: Geometry,
    page: PageIndex,
    end: FileBlock,
) -> Option<Folio> {
    let first = geometry.first_block_of(page);
    let mut holes = false;
    let mut buffers = Vec::new();
    for block in (0..geometry.blocks_per_page()).map(|index| first.plus(index)) {
        let mut buffer = Buffer::default();
        if block < end {
            let mapping = walk.get_block(block, 1, Intent::Read).ok()?;
            if let Some(at) = mapping.block {
                buffer.block = at;
                buffer.flags = BufferFlags::MAPPED | BufferFlags::DIRTY | BufferFlags::UPTODATE;
                buffer.flags.set(BufferFlags::BOUNDARY, mapping.boundary);
            } else {
                holes = true;
            }
        }
        buffers.push(buffer);
    }
    holes.then_some(Folio { uptodate: false, buffers })
}
