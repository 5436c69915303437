//! Any bytes as a whole image: every directory is listed, every attribute, map and file read.

#![no_main]

#[path = "../memory.rs"]
mod memory;

use std::collections::HashSet;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use memory::Memory;
use mpimg::fs::{BlockMap, FileType, Filesystem, Ino, OpenOptions};
use mpimg::mpage::{FileBlock, ReadOptions};

/// Windows and runs of a file that are looked at: a file may claim sizes that take days.
const MOST: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    let device = Arc::new(Memory(bytes.to_vec()));
    let Ok(fs) = Filesystem::open(device, OpenOptions::default()) else { return };
    let mut seen = HashSet::from([Ino::ROOT]);
    let mut pending = vec![Ino::ROOT];
    while let Some(ino) = pending.pop() {
        let Ok(inode) = fs.inode(ino) else { continue };
        let _ = fs.xattrs(&inode);
        let _ = fs.read_link(&inode);
        let end = FileBlock(fs.geometry().blocks_for(inode.size_bytes()));
        let mut map = BlockMap::new(&inode, fs.metadata());
        let mut at = FileBlock(0);
        for _ in 0..MOST {
            let Ok(Some(run)) = map.run(at, end) else { break };
            assert!(run.count_blocks > 0);
            at = run.file_block.plus(run.count_blocks);
        }
        let options = ReadOptions::for_pages_of(fs.geometry());
        if let Ok(mut file) = fs.open_file(&inode, 0..u64::MAX, options) {
            for _ in 0..MOST {
                if file.next_window().is_none() {
                    break;
                }
                assert!(file.pieces().map(<[u8]>::len).sum::<usize>() > 0);
            }
        }
        if inode.file_type() == FileType::Directory {
            let _ = fs.visit_dir(&inode, |entry| {
                if seen.insert(entry.ino) {
                    pending.push(entry.ino);
                }
                Ok(None::<()>)
            });
        }
    }
});
