//! A question to the filesystem, asked on the plan's behalf and told to its sink.
//!
//! Asking for block 12, whose indirect block is not in memory, has two effects besides the answer:
//!
//! ```text
//! flush                                             what was queued goes out before the wait
//! {"ev":"get_block","by":"mpage","lblk":12,...}     the answer, whatever it is
//! ```

use super::block::FileBlock;
use super::event::{Caller, Event, Sink};
use super::folio::BufferFlags;
use super::get_block::{GetBlock, Intent, MapError, Mapping};

/// What is asked, and by whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question {
    pub(super) intent: Intent,
    pub(super) by: Caller,
    pub(super) block: FileBlock,
    /// Blocks, at least 1.
    pub(super) want: u64,
    /// The state of the buffer that asks, which the seed's buffer head keeps.
    pub(super) known: BufferFlags,
}

impl Question {
    /// Calls `get_block` and tells the sink.
    #[inline]
    pub(super) fn ask<M: GetBlock, S: Sink>(
        self,
        mapper: &mut M,
        sink: &mut S,
    ) -> Result<Mapping, M::Error> {
        let Self { intent, by, block, want, known } = self;
        if !mapper.is_resident(block) {
            sink.flush();
        }
        let answer = mapper.get_block(block, want, intent);
        let mut mapping = *answer.as_ref().unwrap_or(&Mapping::HOLE);
        // A mapper that keeps to its contract is not touched by this; one that does not must
        // neither stop the plan from advancing nor lead it past the end of the file.
        mapping.count_blocks =
            if mapping.block.is_some() { mapping.count_blocks.clamp(1, want) } else { 0 };
        sink.event(&Event::GetBlock {
            by,
            lblk: block,
            want,
            got: mapping.count_blocks,
            block: mapping.block.unwrap_or_default(),
            boundary: u8::from(mapping.boundary || known.contains(BufferFlags::BOUNDARY)),
            uptodate: u8::from(mapping.uptodate || known.contains(BufferFlags::UPTODATE)),
            new: u8::from(mapping.new),
            err: answer.as_ref().err().map_or(0, MapError::errno),
        });
        answer.map(|_| mapping)
    }
}
