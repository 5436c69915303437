//! Size: how many blocks and inodes a new filesystem has, given or computed.
//!
//! The smallest filesystem that holds something is found, not guessed: for as many groups as it may
//! take, from the fewest on, what they hold when they are full is compared with what is needed, and
//! what is left over is cut off from the last one. A block less, and it would not fit.

use super::geometry::FsGeometry;
use super::{FormatError, FormatOptions};
use crate::fs::error::{FsError, Full};

/// How large a new filesystem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatSize {
    /// So many bytes, or a few less.
    Bytes(u64),
    /// As small as can be, and so many percent more.
    Smallest {
        /// Of blocks and of inodes.
        headroom_percent: u32,
    },
}

/// How many inodes a new filesystem has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatInodes {
    /// As many as there must be; in a filesystem of a given size, one for every few KiB besides.
    Auto,
    /// At least so many.
    Count(u64),
}

/// What a filesystem has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// Blocks besides those of the groups' metadata.
    pub data_blocks: u64,
    /// Inodes, the reserved ones included.
    pub inodes: u64,
}

impl FormatOptions {
    /// The geometry of a filesystem that holds `demand`.
    ///
    /// # Errors
    /// [`Full`] where that does not fit into the size that was given; [`FormatError`] where there can
    /// be no filesystem like that.
    pub fn geometry(&self, demand: Demand) -> Result<FsGeometry, GeometryError> {
        match self.size {
            FormatSize::Smallest { headroom_percent } => {
                let inodes = match self.inodes {
                    FormatInodes::Auto => demand.inodes,
                    FormatInodes::Count(count) => count,
                };
                check_inodes(demand, inodes)?;
                let fit = self.smallest(Demand { inodes, ..demand })?;
                if headroom_percent == 0 {
                    return Ok(fit);
                }
                let more = |count: u64| {
                    count
                        .saturating_mul(u64::from(headroom_percent).saturating_add(100))
                        .div_ceil(100)
                };
                let inodes = if self.inodes == FormatInodes::Auto { more(inodes) } else { inodes };
                // Where the last group would be too small to be, it grows until it is not.
                let groups = inodes.div_ceil(fit.most_inodes_per_group().max(1));
                let least = fit.group_first(groups.saturating_sub(1)).plus(1);
                let mut blocks = more(fit.blocks_count).max(least.0);
                loop {
                    let larger = match self.cut(blocks, inodes) {
                        // Without the last group, there are too few for so many.
                        Err(FormatError::TooManyInodes { .. }) => {
                            blocks = blocks.saturating_add(1);
                            continue;
                        }
                        larger => larger?,
                    };
                    if larger.blocks_count == blocks && larger.data_blocks() >= demand.data_blocks {
                        return Ok(larger);
                    }
                    blocks = blocks.saturating_add(1);
                }
            }
            FormatSize::Bytes(size_bytes) => {
                let blocks = size_bytes.checked_div(self.block_size_bytes).unwrap_or(0);
                let geometry = match self.inodes {
                    FormatInodes::Count(count) => {
                        check_inodes(demand, count)?;
                        self.cut(blocks, count)?
                    }
                    FormatInodes::Auto => {
                        let usual = self.usual_inodes(blocks).max(demand.inodes);
                        let roomy = self.cut(blocks, usual);
                        match roomy.ok().filter(|roomy| roomy.data_blocks() >= demand.data_blocks) {
                            Some(roomy) => roomy,
                            // With fewer inodes there is more room for data.
                            None => self.cut(blocks, demand.inodes)?,
                        }
                    }
                };
                let (need_blocks, free_blocks) = (demand.data_blocks, geometry.data_blocks());
                if free_blocks < need_blocks {
                    return Err(FsError::from(Full::Blocks { need_blocks, free_blocks }).into());
                }
                Ok(geometry)
            }
        }
    }

    /// The inodes that `mke2fs` gives so many blocks: a group's share fills its blocks, and is rounded
    /// down to whole bytes of the bitmap.
    fn usual_inodes(&self, blocks: u64) -> u64 {
        let size_bytes = blocks.saturating_mul(self.block_size_bytes);
        let each = bytes_per_inode(size_bytes).max(self.block_size_bytes);
        let usual = size_bytes.checked_div(each).unwrap_or(0);
        let Ok(any) = self.cut(blocks, 0) else { return usual };
        let mut groups = any.groups_count;
        loop {
            let share = usual.div_ceil(groups.max(1)).next_multiple_of(any.inodes_per_block()) & !7;
            let inodes = share.min(any.most_inodes_per_group()).saturating_mul(groups);
            match self.cut(blocks, inodes) {
                // The tables leave no room for the last group: fewer share them.
                Ok(cut) if cut.groups_count < groups => groups = cut.groups_count,
                Err(FormatError::TooManyInodes { most, .. }) if most < inodes => return most,
                _ => return inodes,
            }
        }
    }

    fn uncut(&self) -> FsGeometry {
        FsGeometry::uncut(self.block_size_bytes, self.inode_size_bytes, self.features)
    }

    fn cut(&self, blocks: u64, inodes: u64) -> Result<FsGeometry, FormatError> {
        FsGeometry::new(self.block_size_bytes, self.inode_size_bytes, self.features, blocks, inodes)
    }

    /// The geometry of the fewest blocks.
    fn smallest(&self, demand: Demand) -> Result<FsGeometry, FormatError> {
        let any = self.uncut();
        let by_inodes = demand.inodes.div_ceil(any.most_inodes_per_group());
        let mut groups = demand.data_blocks.div_ceil(any.blocks_per_group).max(by_inodes).max(1);
        loop {
            let end = groups.saturating_mul(any.blocks_per_group);
            let end = end.saturating_add(any.first_data_block);
            let full = match self.cut(end, demand.inodes) {
                // Descriptors take more than was thought: the inodes need more groups.
                Err(FormatError::TooManyInodes { .. }) => {
                    groups = groups.saturating_add(1);
                    continue;
                }
                full => full?,
            };
            // The last block may be one for which more room is kept than it brings.
            let less = self.last_with_less(&full).and_then(|b| self.cut(b, demand.inodes).ok());
            let less = less.filter(|less| less.groups_count == full.groups_count);
            let holds = |geometry: &FsGeometry| geometry.data_blocks() >= demand.data_blocks;
            if let Some(geometry) = std::iter::once(full).chain(less).find(holds) {
                return Ok(self.trimmed(geometry, demand));
            }
            // Each further group holds what is missing, or a group's worth of it.
            let missing = demand.data_blocks.saturating_sub(full.data_blocks());
            let more = missing.checked_div(any.blocks_per_group).unwrap_or(0).max(1);
            groups = groups.saturating_add(more);
        }
    }

    /// A geometry without what is left over at its end.
    fn trimmed(&self, full: FsGeometry, demand: Demand) -> FsGeometry {
        let holds = |blocks: u64| {
            let cut = self.cut(blocks, demand.inodes).ok();
            cut.filter(|cut| {
                cut.groups_count == full.groups_count
                    && cut.blocks_count == blocks
                    && cut.data_blocks() >= demand.data_blocks
            })
        };
        let mut best = full;
        loop {
            let spare = best.data_blocks().saturating_sub(demand.data_blocks);
            if let Some(less) = holds(best.blocks_count.saturating_sub(spare)).filter(|_| spare > 0)
            {
                best = less;
                continue;
            }
            // A smaller one keeps less room for descriptors: it may hold as much.
            let step = self.last_with_less(&best);
            if let Some(less) = step.and_then(holds) {
                best = less;
                continue;
            }
            // The last group cannot become as small as that: as small as it can.
            let (mut low, mut high) = (best.blocks_count.saturating_sub(spare), best.blocks_count);
            while low.saturating_add(1) < high {
                let middle = low.midpoint(high);
                match holds(middle) {
                    Some(less) => (best, high) = (less, middle),
                    None => low = middle,
                }
            }
            return best;
        }
    }

    /// The most blocks of a filesystem that keeps less room for descriptors.
    fn last_with_less(&self, geometry: &FsGeometry) -> Option<u64> {
        let kept = geometry.reserved_descriptor_blocks.checked_sub(1)?;
        let (mut low, mut high) = (geometry.first_data_block, geometry.blocks_count);
        while low.saturating_add(1) < high {
            let middle = low.midpoint(high);
            let less = self.cut(middle, 0).is_ok_and(|g| g.reserved_descriptor_blocks <= kept);
            if less || middle <= geometry.overhead_blocks(0) { low = middle } else { high = middle }
        }
        Some(low)
    }
}

/// Why there is no geometry.
#[derive(Debug, thiserror::Error)]
pub enum GeometryError {
    /// There can be no such filesystem.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// It does not hold what it should.
    #[error(transparent)]
    Fs(#[from] FsError),
}

fn check_inodes(demand: Demand, inodes: u64) -> Result<(), FsError> {
    if inodes < demand.inodes {
        let inodes = u32::try_from(inodes).unwrap_or(u32::MAX);
        return Err(Full::Inodes { inodes }.into());
    }
    Ok(())
}

/// For how many bytes there is one inode; source: `mke2fs.conf`.
fn bytes_per_inode(size_bytes: u64) -> u64 {
    match size_bytes >> 20 {
        0..3 => 8192,
        3..512 => 4096,
        512..4_194_304 => 16384,
        4_194_304..16_777_216 => 32768,
        _ => 65536,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{FormatFeatures, HashVersion, Time};

    fn options(block_size_bytes: u64, inode_size_bytes: u64, size: FormatSize) -> FormatOptions {
        FormatOptions {
            block_size_bytes,
            inode_size_bytes,
            features: FormatFeatures::default(),
            size,
            inodes: FormatInodes::Auto,
            reserved_per_myriad: 0,
            label: Vec::new(),
            uuid: None,
            hash_version: HashVersion::HalfMd4,
            unsigned_hash: false,
            hash_seed: None,
            now: Time::default(),
        }
    }

    #[test]
    fn no_filesystem_with_a_block_less_holds_what_the_smallest_holds() {
        let smallest = FormatSize::Smallest { headroom_percent: 0 };
        for (block_size, data) in
            [(1024, 16_000..16_300), (1024, 8_000..8_100), (4096, 65_000..65_100)]
        {
            let options = options(block_size, 256, smallest);
            for data_blocks in data {
                let found = options.geometry(Demand { data_blocks, inodes: 16 }).unwrap();
                let first = found.blocks_count.saturating_sub(400);
                let least = (first..).find(|blocks| {
                    options
                        .cut(*blocks, 16)
                        .is_ok_and(|g| g.blocks_count == *blocks && g.data_blocks() >= data_blocks)
                });
                assert_eq!(Some(found.blocks_count), least, "{block_size} {data_blocks}");
            }
        }
    }

    #[test]
    fn headroom_for_inodes_may_take_another_group() {
        let size = FormatSize::Smallest { headroom_percent: 20 };
        let demand = Demand { data_blocks: 400, inodes: 30_000 };
        let found = options(4096, 256, size).geometry(demand).unwrap();
        assert!(found.groups_count == 2 && found.inodes_count() >= 36_000, "{found:?}");
    }
}
