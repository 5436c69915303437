//! Any bytes as a superblock: parsed, inspected, and asked for all that it tells.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mpimg::fs::Superblock;

fuzz_target!(|bytes: &[u8]| {
    let offset_bytes = 1024;
    if let Ok(shown) = Superblock::inspect(bytes, offset_bytes) {
        let _ = (shown.refusal(), shown.features().names(), shown.block_size_bytes());
    }
    if let Ok(superblock) = Superblock::parse(bytes, offset_bytes) {
        let groups = superblock.groups_count();
        assert!(groups > 0 && superblock.blocks_count() > superblock.first_data_block());
        let _ = (superblock.group_has_super(groups), superblock.inode_size_bytes());
    }
});
