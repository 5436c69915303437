//! mpimg reads and writes ext2 disk images without root, mounting, FUSE or a VM.
//!
//! The library is built in floors; arrows point down only:
//!
//! ```text
//! cli      arguments, text and JSON output, progress, exit codes
//!  └─ host     the world outside the image: content to be put in, copies, files beside it
//!  └─ fs       ext2: superblock, groups, inodes, block map, allocator, directories, transactions
//!      └─ mpage    the algorithm: folios, get_block, bios, readahead, writepages, fallback, statistics
//!          └─ device   positional I/O on a raw image: files, block devices, partitions, locks, the log
//! ```
//!
//! The algorithm is that of Linux's `fs/mpage.c`: map a file's blocks, coalesce its pages into
//! the longest contiguous runs, fall back block by block where a page will not coalesce, and
//! account for what was merged and why the rest was not.

pub mod cli;
pub mod device;
pub mod fs;
pub mod host;
pub mod mpage;
