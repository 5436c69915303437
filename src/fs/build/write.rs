//! Writing a new filesystem: all windows by several threads, then the superblocks.
//!
//! Each thread takes the next window that nobody has, fills it, and writes it: while one waits for a
//! file, another writes. What windows come to, in their order, is what the UUID is made of, so that the
//! same content gives the same image, however many threads there are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use memmap2::MmapMut;
use twox_hash::XxHash3_128;
use zerocopy::IntoBytes;

use crate::device::BlockDevice;
use crate::fs::error::{FsError, Result};
use crate::fs::format::{Usage, raw_superblock};
use crate::fs::inventory::Contents;
use crate::fs::superblock::{SUPERBLOCK_OFFSET_BYTES, SUPERBLOCK_SIZE_BYTES, Superblock};

use super::Build;
use super::paint::Tables;
use super::windows::{WINDOW_BYTES, Window};

/// How to write.
pub struct WriteOptions<'a> {
    /// Threads, at least 1; each has a window of memory.
    pub threads: usize,
    /// Whether the device may hold anything but zeros.
    pub overwrite: bool,
    /// Is told of files that are done, and of bytes of content.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The filesystem's UUID.
    pub uuid: [u8; 16],
    /// Bytes of content.
    pub content_bytes: u64,
}

/// How many unreadable files are told.
const MOST_FAILURES: usize = 1000;

/// What threads share.
struct Shared<'a> {
    windows: Vec<Window>,
    tables: Tables,
    next: AtomicUsize,
    /// Whether nothing more is to be written.
    failed: AtomicBool,
    outcome: Mutex<Outcome>,
    device: &'a dyn BlockDevice,
    contents: &'a dyn Contents,
    options: &'a WriteOptions<'a>,
}

/// What threads found.
#[derive(Default)]
struct Outcome {
    failures: Vec<(usize, FsError)>,
    hashes: Vec<(usize, u128)>,
    content_bytes: u64,
}

impl Shared<'_> {
    /// Notes a failure of a window.
    fn fail(&self, window: usize, error: FsError) {
        self.failed.store(true, Ordering::Relaxed);
        let goes_on = matches!(error, FsError::Content(_));
        let Ok(mut outcome) = self.outcome.lock() else { return };
        outcome.failures.push((window, error));
        // Others that cannot be read are looked for; a device that fails is enough.
        if !goes_on || outcome.failures.len() >= MOST_FAILURES {
            self.next.store(usize::MAX >> 1, Ordering::Relaxed);
        }
    }
}

/// Where a filesystem that is on a device has copies of its superblock.
fn old_copies(device: &dyn BlockDevice) -> Result<Vec<u64>> {
    let mut bytes = [0; SUPERBLOCK_SIZE_BYTES];
    let end = SUPERBLOCK_OFFSET_BYTES.saturating_add(bytes.len() as u64);
    if device.size_bytes() < end {
        return Ok(Vec::new());
    }
    device.read_at(&mut bytes, SUPERBLOCK_OFFSET_BYTES)?;
    let Ok(old) = Superblock::inspect(&bytes, SUPERBLOCK_OFFSET_BYTES) else {
        return Ok(Vec::new());
    };
    let per_group = u64::from(old.raw().s_blocks_per_group.get());
    let last = device.size_bytes().saturating_sub(bytes.len() as u64);
    let groups = (1..old.groups_count()).filter(|group| old.group_has_super(*group));
    let first = groups.map(|group| {
        u64::from(group).saturating_mul(per_group).saturating_add(old.first_data_block())
    });
    let offsets = first.map(|block| block.saturating_mul(old.block_size_bytes()));
    Ok(offsets.take_while(|offset| *offset <= last).collect())
}

/// The memory of a window. It begins with a page, as what the kernel copies does: where the two are
/// off by a few bytes, copying takes three times as long.
fn window_memory() -> Result<MmapMut> {
    MmapMut::map_anon(usize::try_from(WINDOW_BYTES).unwrap_or(0)).map_err(FsError::Memory)
}

impl Build<'_> {
    /// Writes the filesystem to a device, which is as large or larger.
    ///
    /// # Errors
    /// All content that cannot be read; or the device cannot be written. There is no filesystem then.
    pub fn write(
        &self,
        device: &dyn BlockDevice,
        contents: &dyn Contents,
        options: &WriteOptions<'_>,
    ) -> std::result::Result<Written, Vec<FsError>> {
        let shared = Shared {
            windows: self.windows(),
            tables: self.tables(),
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            outcome: Mutex::default(),
            device,
            contents,
            options,
        };
        if options.overwrite {
            self.wipe(device).map_err(|error| Vec::from([error]))?;
        }
        let threads = options.threads.min(shared.windows.len()).max(1);
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| self.work(&shared));
            }
            self.work(&shared);
        });
        let Shared { tables, outcome, .. } = shared;
        let mut outcome = outcome.into_inner().unwrap_or_default();
        if !outcome.failures.is_empty() {
            return Err(told(outcome.failures));
        }
        outcome.hashes.sort_unstable();
        let uuid = self.options.uuid.unwrap_or_else(|| self.derived_uuid(&outcome.hashes));
        self.write_superblocks(device, &tables, uuid, options.overwrite)
            .map_err(|error| Vec::from([error]))?;
        Ok(Written { uuid, content_bytes: outcome.content_bytes })
    }

    /// Fills and writes windows until there are no more.
    fn work(&self, shared: &Shared<'_>) {
        let mut buf = match window_memory() {
            Ok(buf) => buf,
            Err(error) => {
                shared.fail(usize::MAX, error);
                return;
            }
        };
        let mut reader = shared.contents.reader(self.tree);
        let mut kept = None;
        loop {
            let at = shared.next.fetch_add(1, Ordering::Relaxed);
            let Some(window) = shared.windows.get(at) else { return };
            let len = usize::try_from(window.count).unwrap_or(0).saturating_mul(self.block_size());
            let Some(bytes) = buf.get_mut(..len) else { return };
            let painted = self.paint(&shared.tables, window, (&mut *reader, &mut kept), bytes);
            // What nobody will see need not be hashed, nor written.
            let derived = self.options.uuid.is_none();
            let hash = if derived { XxHash3_128::oneshot(bytes) } else { 0 };
            let written = match &painted {
                Ok(_) if !shared.failed.load(Ordering::Relaxed) => {
                    let offset = window.first.0.saturating_mul(self.geometry.block_size_bytes);
                    shared.device.write_at(bytes, offset).map_err(FsError::from)
                }
                _ => Ok(()),
            };
            match painted.and_then(|painted| written.map(|()| painted)) {
                Ok(painted) => {
                    if let Ok(mut outcome) = shared.outcome.lock() {
                        outcome.hashes.push((at, hash));
                        outcome.content_bytes = outcome.content_bytes.saturating_add(painted.bytes);
                    }
                    (shared.options.progress)(painted.files, painted.bytes);
                }
                Err(error) => shared.fail(at, error),
            }
        }
    }

    /// Takes away what was there before: superblocks, and all that has to be zeros.
    fn wipe(&self, device: &dyn BlockDevice) -> Result<()> {
        let zeros = vec![0; usize::try_from(WINDOW_BYTES).unwrap_or(0)];
        let zero = |first: u64, count: u64| -> Result<()> {
            let (mut at, end) = (first, first.saturating_add(count));
            let block_size = self.geometry.block_size_bytes;
            let most = WINDOW_BYTES.checked_div(block_size).unwrap_or(1).max(1);
            while at < end {
                let blocks = most.min(end.saturating_sub(at));
                let len = usize::try_from(blocks.saturating_mul(block_size)).unwrap_or(0);
                let bytes = zeros.get(..len).unwrap_or_default();
                device.write_at(bytes, at.saturating_mul(block_size))?;
                at = at.saturating_add(blocks);
            }
            Ok(())
        };
        let geometry = &self.geometry;
        let copies = geometry
            .descriptor_blocks
            .saturating_add(geometry.reserved_descriptor_blocks)
            .saturating_add(1);
        // Copies of the superblock that is there go first, so that nobody goes by them; it follows: from
        // then on there is no filesystem.
        for offset in old_copies(device)? {
            device.write_at(zeros.get(..SUPERBLOCK_SIZE_BYTES).unwrap_or_default(), offset)?;
        }
        zero(0, geometry.first_data_block.saturating_add(copies))?;
        device.sync()?;
        for group in 0..geometry.groups_count {
            if group > 0 && geometry.has_super(group) {
                zero(geometry.group_first(group).0, copies)?;
            }
            let used = self.inodes_used(group).div_ceil(geometry.inodes_per_block());
            let free = geometry.table_blocks().saturating_sub(used);
            zero(geometry.inode_table(group).plus(used).0, free)?;
        }
        Ok(())
    }

    /// The UUID that follows from all that is written.
    fn derived_uuid(&self, hashes: &[(usize, u128)]) -> [u8; 16] {
        let mut hasher = XxHash3_128::new();
        for (_, hash) in hashes {
            hasher.write(&hash.to_le_bytes());
        }
        let usage = Usage::default();
        hasher.write(raw_superblock(&self.geometry, &self.identity, usage).as_bytes());
        let mut uuid = hasher.finish_128().to_be_bytes();
        // RFC 9562: version 8 is whatever whoever made it likes.
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut uuid;
        *version = (*version & 0x0f) | 0x80;
        *variant = (*variant & 0x3f) | 0x80;
        uuid
    }

    /// Writes the superblock of group 0, after its copies: from then on there is a filesystem.
    fn write_superblocks(
        &self,
        device: &dyn BlockDevice,
        tables: &Tables,
        uuid: [u8; 16],
        overwrite: bool,
    ) -> Result<()> {
        let mut identity = self.identity.clone();
        identity.uuid = uuid;
        let mut raw = raw_superblock(&self.geometry, &identity, tables.usage);
        let primary = raw.clone();
        // A copy does not know whether the filesystem was unmounted.
        raw.s_state.set(0);
        for group in self.geometry.backup_groups() {
            raw.s_block_group_nr.set(u16::try_from(group).unwrap_or(u16::MAX));
            let offset = self.geometry.group_first(group).0;
            let offset = offset.saturating_mul(self.geometry.block_size_bytes);
            device.write_at(raw.as_bytes(), offset)?;
        }
        if overwrite {
            // What is there before a cut is all there, or nothing is.
            device.sync()?;
        }
        Ok(device.write_at(primary.as_bytes(), SUPERBLOCK_OFFSET_BYTES)?)
    }
}

/// What is told of failures: of a device that fails the first alone, of files that cannot be read each
/// once, however many windows they are in.
fn told(mut failures: Vec<(usize, FsError)>) -> Vec<FsError> {
    // In the order of the image: the same whoever found it.
    failures.sort_by_key(|(window, _)| *window);
    let mut device_failed = false;
    failures.retain(|(_, error)| {
        matches!(error, FsError::Content(_)) || !std::mem::replace(&mut device_failed, true)
    });
    let mut told: Vec<FsError> = failures.into_iter().map(|(_, error)| error).collect();
    told.dedup_by(|later, earlier| later.to_string() == earlier.to_string());
    told
}
