//! Bitmaps and counts of an image, straight from its bytes.

use mpimg::fs::Filesystem;

/// Which blocks are in use, and whether all counts of free blocks and inodes are what the bitmaps
/// say: e2fsck quietly repairs those of the superblock.
pub fn used_blocks(fs: &Filesystem, image: &[u8]) -> Result<Vec<bool>, String> {
    let raw = fs.superblock().raw();
    let block_size = fs.superblock().block_size_bytes();
    let count = fs.superblock().blocks_count();
    let bitmap = |block: u32, bits: u64| {
        let at = (u64::from(block) * block_size) as usize;
        (0..bits as usize).map(move |bit| image[at + bit / 8] >> (bit % 8) & 1 == 1)
    };
    let mut used = vec![true; fs.superblock().first_data_block() as usize];
    let (mut free_blocks, mut free_inodes) = (0, 0);
    for number in 0..fs.superblock().groups_count() {
        let group = fs.group(number).map_err(|error| error.to_string())?;
        let group = group.raw();
        let blocks = u64::from(raw.s_blocks_per_group.get()).min(count - used.len() as u64);
        let inodes = u64::from(raw.s_inodes_per_group.get());
        used.extend(bitmap(group.bg_block_bitmap.get(), blocks));
        let free = used.iter().rev().take(blocks as usize).filter(|used| !**used).count() as u64;
        let free_here = bitmap(group.bg_inode_bitmap.get(), inodes).filter(|used| !used).count();
        let counts = (group.bg_free_blocks_count.get(), group.bg_free_inodes_count.get());
        if counts != (free as u16, free_here as u16) {
            return Err(format!("group {number} counts {counts:?}, has {free} and {free_here}"));
        }
        free_blocks += free;
        free_inodes += free_here as u64;
    }
    let counts = (raw.s_free_blocks_count.get(), raw.s_free_inodes_count.get());
    if counts != (free_blocks as u32, free_inodes as u32) {
        return Err(format!(
            "the superblock counts {counts:?}, not {free_blocks} and {free_inodes}"
        ));
    }
    Ok(used)
}

/// Says which block in use has changed, if one has.
pub fn unchanged(
    before: &[u8],
    after: &[u8],
    used: &[bool],
    block_size: u64,
) -> Result<(), String> {
    if before == after {
        return Ok(());
    }
    let block_size = block_size as usize;
    let blocks = before.chunks(block_size).zip(after.chunks(block_size)).enumerate();
    let used = |at: usize| used.get(at).copied().unwrap_or(true);
    match blocks.filter(|(at, _)| used(*at)).find(|(_, (before, after))| before != after) {
        Some((at, _)) => Err(format!("block {at}, which is in use, has changed")),
        None if before.len() != after.len() => Err("the image has another size".into()),
        None => Ok(()),
    }
}
