//! Commit and replay: blocks go to their places through the log.

use std::io;
use std::sync::Arc;

use super::format::{Record, Torn, sector_crcs, sectors};
use super::sidecar::LogStore;
use crate::device::{BlockDevice, DeviceError};

/// Most bytes of one call that writes blocks in place.
const RUN_BYTES: usize = 1 << 20;

/// Whether to wait for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syncing {
    /// So that a power cut does no harm.
    Sync,
    /// Not at all: a kill does no harm, a power cut may.
    NoSync,
}

/// Why a commit did not end well.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Before the log was complete: the image is as it was.
    #[error("the image is unchanged: {0}")]
    Device(#[from] DeviceError),
    /// The log could not be written: the image is as it was.
    #[error(
        "the log {name} cannot be written, so that the image is unchanged: {source} (--log PATH puts it elsewhere)"
    )]
    Log {
        /// The log.
        name: String,
        /// What the host said.
        source: io::Error,
    },
    /// The log could not be written, and not be removed: it may be complete or not.
    #[error(
        "the log {name} can neither be written ({source}) nor removed; `mpimg recover` tells whether the change is made"
    )]
    Undecided {
        /// The log.
        name: String,
        /// What the host said when it was written.
        source: io::Error,
    },
    /// After the log was complete: the change is made, but not all of it lies in its place.
    #[error(
        "the change is safe in {name}, but not all of it in the image: {source}; `mpimg recover` finishes it"
    )]
    Unfinished {
        /// The log.
        name: String,
        /// What the host said.
        source: DeviceError,
    },
}

/// What was found where the log of an image is kept.
#[derive(Debug)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A log that was not finished: the image is as it was before.
    Torn(Torn),
    /// A log of another image; of which, or why it is thought so.
    Foreign(&'static str),
    /// A log that the image has left behind: somebody else has written since.
    Stale {
        /// The first block that is neither as it was nor as it is to be.
        offset_bytes: u64,
    },
    /// A log that has to be replayed.
    Complete(Record),
}

/// Looks for a log, and judges whether it belongs to the image as it is.
///
/// # Errors
/// The log or the image cannot be read.
pub fn examine(image: &dyn BlockDevice, store: &dyn LogStore) -> io::Result<Found> {
    let Some(bytes) = store.read()? else { return Ok(Found::Nothing) };
    let record = match Record::decode(&bytes) {
        Ok(record) => record,
        Err(torn) => return Ok(Found::Torn(torn)),
    };
    drop(bytes);
    if record.identity.image_size_bytes != image.size_bytes() {
        return Ok(Found::Foreign("the image's size is another"));
    }
    let block_bytes = u64::from(record.block_size_bytes);
    let mut ends = record.blocks.keys().map(|offset| offset.saturating_add(block_bytes));
    let identity_end = record.identity.offset_bytes.saturating_add(16);
    if identity_end > image.size_bytes() || ends.any(|end| end > image.size_bytes()) {
        return Ok(Found::Foreign("it changes bytes past the image's end"));
    }
    let mut identity = [0; 16];
    image.read_at(&mut identity, record.identity.offset_bytes).map_err(io::Error::other)?;
    if identity != record.identity.bytes {
        return Ok(Found::Foreign("the filesystem's UUID is another"));
    }
    let mut now = Vec::new();
    for (&offset_bytes, block) in &record.blocks {
        now.resize(block.after.len(), 0);
        image.read_at(&mut now, offset_bytes).map_err(io::Error::other)?;
        let mut all =
            sectors(offset_bytes, &now).zip(sectors(offset_bytes, &block.after)).zip(&block.before);
        if !all.all(|((now, after), before)| now == after || crc32fast::hash(now) == *before) {
            return Ok(Found::Stale { offset_bytes });
        }
    }
    Ok(Found::Complete(record))
}

/// Writes the blocks of a record in place, and removes the log.
///
/// # Errors
/// [`CommitError::Unfinished`]: the log stays.
pub fn replay(
    image: &dyn BlockDevice,
    store: &dyn LogStore,
    record: &Record,
    syncing: Syncing,
) -> Result<(), CommitError> {
    write_in_place(image, record, syncing)
        .map_err(|source| CommitError::Unfinished { name: store.name(), source })?;
    // What is left of it does no harm: the blocks are as it says.
    let _ = store.remove();
    Ok(())
}

/// Finishes the commit of a command that was killed once its log was complete.
///
/// A kill leaves the log where the host's memory still has it, but perhaps no disk. Blocks in place
/// of which the disk has some, and of the log not all, are what a log is there to prevent: it is
/// synced before the first of them is written, and with it all that had to be on disk before it.
///
/// # Errors
/// [`CommitError::Unfinished`]: the log stays.
pub fn finish(
    image: &dyn BlockDevice,
    store: &dyn LogStore,
    record: &Record,
) -> Result<(), CommitError> {
    image
        .sync()
        .and_then(|()| store.sync().map_err(|source| DeviceError::Sync { source }))
        .map_err(|source| CommitError::Unfinished { name: store.name(), source })?;
    replay(image, store, record, Syncing::Sync)
}

/// Finds out whether a log's place is taken, before anything is written.
///
/// # Errors
/// [`CommitError::Log`]: something else is there.
pub fn check_place(image: &dyn BlockDevice, store: &dyn LogStore) -> Result<(), CommitError> {
    check_owner(image, store).map_err(|source| CommitError::Log { name: store.name(), source })
}

/// Makes the change that a record describes: through the log, so that it is made whole or not at all.
///
/// What was written to the image before, to places that nothing leads to yet, is synced first: once
/// the log is complete, something does.
///
/// # Errors
/// As [`CommitError`] says of the image.
pub fn commit(
    image: &dyn BlockDevice,
    store: &dyn LogStore,
    record: &Record,
    syncing: Syncing,
    wrote_data: bool,
) -> Result<(), CommitError> {
    // A sparse image may have no blocks where the change will go, and its disk no room for them:
    // that has to be known before the change counts as made.
    for run in runs(record.blocks.iter().map(|(at, block)| (*at, &block.after))) {
        image.reserve(run.offset_bytes, run.len_bytes())?;
    }
    if wrote_data && syncing == Syncing::Sync {
        image.sync()?;
    }
    let fault = |source| CommitError::Log { name: store.name(), source };
    check_owner(image, store).map_err(fault)?;
    if let Err(source) = store.create() {
        let _ = store.remove();
        return Err(fault(source));
    }
    let logged = record
        .encode(|piece| store.append(piece))
        .and_then(|()| if syncing == Syncing::Sync { store.sync() } else { Ok(()) });
    if let Err(source) = logged {
        // It may be complete all the same; gone, it is not.
        return Err(match store.discard() {
            Ok(()) => fault(source),
            Err(_) => CommitError::Undecided { name: store.name(), source },
        });
    }
    replay(image, store, record, syncing)
}

/// Writes the blocks of a record in place, and no more: to an image that nobody misses if that is
/// cut short, or that has a log.
///
/// # Errors
/// The image cannot be written.
pub fn write_in_place(
    image: &dyn BlockDevice,
    record: &Record,
    syncing: Syncing,
) -> Result<(), DeviceError> {
    for run in runs(record.blocks.iter().map(|(at, block)| (*at, &block.after))) {
        run.write_to(image)?;
    }
    if syncing == Syncing::Sync { image.sync() } else { Ok(()) }
}

/// Refuses to replace the log of another image, which may need it.
fn check_owner(image: &dyn BlockDevice, store: &dyn LogStore) -> io::Result<()> {
    if !store.is_shared() {
        return Ok(());
    }
    match examine(image, store)? {
        Found::Foreign(why) => {
            Err(io::Error::other(format!("it is the log of another image: {why}")))
        }
        _ => Ok(()),
    }
}

/// Blocks that lie one behind the other.
pub struct WriteRun<'a> {
    /// Where the first begins.
    pub offset_bytes: u64,
    /// The blocks.
    pub blocks: Vec<&'a Arc<[u8]>>,
}

impl WriteRun<'_> {
    /// Writes them, by one call where the device can.
    ///
    /// # Errors
    /// The device cannot be written.
    pub fn write_to(&self, device: &dyn BlockDevice) -> Result<(), DeviceError> {
        let slices: Vec<&[u8]> = self.blocks.iter().map(|block| &***block).collect();
        device.write_slices_at(&slices, self.offset_bytes)
    }

    /// Their length.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        self.blocks.iter().fold(0, |sum: u64, block| sum.saturating_add(block.len() as u64))
    }
}

/// Merges sorted blocks that are adjacent into runs of at most a mebibyte.
pub fn runs<'a>(blocks: impl Iterator<Item = (u64, &'a Arc<[u8]>)>) -> Vec<WriteRun<'a>> {
    let mut runs: Vec<WriteRun<'a>> = Vec::new();
    for (offset_bytes, block) in blocks {
        match runs.last_mut() {
            Some(run)
                if run.offset_bytes.saturating_add(run.len_bytes()) == offset_bytes
                    && run.blocks.len().saturating_mul(block.len()) < RUN_BYTES =>
            {
                run.blocks.push(block);
            }
            _ => runs.push(WriteRun { offset_bytes, blocks: vec![block] }),
        }
    }
    runs
}

/// The CRCs of the sectors of a block that begins at `offset_bytes` of the image, for a record.
#[must_use]
pub fn before(offset_bytes: u64, block: &[u8]) -> Vec<u32> {
    sector_crcs(offset_bytes, block)
}
