//! A scan: a directory tree of the host, taken stock of before any of it is read.
//!
//! Attributes are as the host says them; who is to own what is decided later. All that cannot be
//! had (directories that may not be opened, files that may not be read, device numbers that no
//! inode holds) is told at once, before anything is written anywhere.
//!
//! ```
//! use mpimg::fs::{Contents, Inventory, Place};
//! use mpimg::host::{ScanOptions, Sparse, scan};
//! let dir = tempfile::tempdir()?;
//! std::fs::write(dir.path().join("motd"), "hello")?;
//! let options = ScanOptions { threads: 2, ..ScanOptions::default() };
//! let scan = scan(dir.path(), &options, &|_files| {}).map_err(|mut errors| errors.remove(0))?;
//! let directory = Inventory::ROOT;
//! let node = scan.inventory.lookup(directory, b"motd").ok_or("motd is there")?;
//! assert_eq!(scan.inventory.view(node).len_bytes, 5);
//! let mut bytes = [0; 5];
//! let place = Place { directory, name: b"motd", node };
//! scan.contents.reader(&scan.inventory).read(place, 0, &mut bytes)?;
//! assert_eq!(&bytes, b"hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//! queue       directories that wait for a thread, few of them with a descriptor
//!  └─ worker      one directory: its names, what each of them is
//!      ├─ xattrs      extended attributes, by the shortest path to them
//!      └─ stock       what a regular file holds, and how it is known again
//! collection  what the threads found becomes one inventory
//! contents    the files' bytes, when they are wanted
//! reach       a directory at a path of any length, below another
//! ```
//!
//! Nothing is reached but through the descriptor of a directory, and no symbolic link is followed:
//! whoever moves things about in the tree meanwhile may spoil the scan, and cannot lead it out.

mod collection;
mod contents;
mod queue;
mod reach;
mod stock;
mod worker;
mod xattrs;

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use rustix::fs::{CWD, Mode, OFlags, fstat, openat};

use super::error::{HostError, called};
use super::source::Sparse;
use crate::fs::Inventory;
use collection::Collection;
pub use contents::HostTree;
use queue::Queue;
use worker::{Shared, Worker};

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// How a tree is scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanOptions {
    /// What becomes a hole.
    pub sparse: Sparse,
    /// How many threads look at directories; at least one does.
    pub threads: usize,
    /// What is mounted below the directory is not entered: its mount points are empty.
    pub one_file_system: bool,
    /// Files to leave out, whatever their names, by device and inode number.
    pub skip: Vec<(u64, u64)>,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { sparse: Sparse::Auto, threads: 1, one_file_system: false, skip: Vec::new() }
    }
}

/// What was found.
#[derive(Debug)]
pub struct Scan {
    /// The tree.
    pub inventory: Inventory,
    /// The bytes of its files.
    pub contents: HostTree,
    /// What is missing, a line each: extended attributes that the host keeps from us.
    pub losses: Vec<String>,
}

/// Takes stock of what is in a directory. `progress` is told now and then, by any thread, how much
/// was seen so far.
///
/// # Errors
/// All that cannot be put into an inventory, or not be read, in the order of paths.
pub fn scan(
    dir: &Path,
    options: &ScanOptions,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Scan, Vec<HostError>> {
    let opened = openat(CWD, dir, DIRECTORY, Mode::empty())
        .and_then(|root| fstat(&root).map(|stat| (root, stat.st_dev)));
    let (root, device) = match opened {
        Ok(opened) => opened,
        Err(errno) => {
            return Err(Vec::from([HostError::Open { name: called(dir), source: errno.into() }]));
        }
    };
    let shared = Shared {
        options,
        root: &root,
        device,
        queue: Queue::new(),
        collection: Mutex::new(Collection::new(dir)),
        seen: AtomicU64::new(0),
        progress,
    };
    run(&shared);
    let collection = shared.collection.into_inner().unwrap_or_else(|broken| broken.into_inner());
    finish(collection, dir, root)
}

/// Lets threads work until nothing is left to do.
fn run(shared: &Shared<'_>) {
    std::thread::scope(|scope| {
        let threads = shared.options.threads.max(1);
        let spawn = |_: &usize| {
            let thread = std::thread::Builder::new().name("scan".to_owned());
            thread.spawn_scoped(scope, || Worker::with_own_directory(shared).run()).is_ok()
        };
        // Where the host has no thread for us, this one does it.
        if (0..threads).filter(spawn).count() == 0 {
            Worker::new(shared).run();
        }
    });
}

fn finish(found: Collection, dir: &Path, root: OwnedFd) -> Result<Scan, Vec<HostError>> {
    let Collection { inventory, mut errors, mut losses, .. } = found;
    if !errors.is_empty() {
        errors.sort_by(|(a, _), (b, _)| a.cmp(b));
        return Err(errors.into_iter().map(|(_, error)| error).collect());
    }
    losses.sort();
    let losses = losses.into_iter().map(|(_, loss)| loss).collect();
    Ok(Scan { inventory, contents: HostTree::new(dir, root), losses })
}

#[cfg(test)]
mod tests;
