//! Putting a tree onto an image, as a command does.

use std::sync::Arc;
use std::time::Duration;

use mpimg::device::log::{LogStore, Syncing};
use mpimg::device::partition::Selection;
use mpimg::device::{self, Access, Location, Locking, Opened, Options};
use mpimg::fs::{
    BeginOptions, FsError, GraftOptions, GraftSummary, Ino, Inventory, Time, Transaction, probe,
};

use crate::source::Patterns;
use crate::support::image::Image;

pub const NOW: Time = Time { seconds: 1_700_000_000, nanoseconds: 7 };

/// What came of it.
#[derive(Debug)]
pub struct Done {
    pub summary: GraftSummary,
    pub failures: Vec<String>,
    pub told: Vec<String>,
}

pub fn open(image: &Image) -> Opened {
    let options = Options {
        access: Access::Write,
        selection: Selection::Unnamed,
        locking: Locking::Wait(Duration::from_secs(5)),
        trace: false,
        probe,
        log: None,
    };
    device::open(&Location::whole(image.path()), &options).expect("the image opens")
}

pub fn begin(opened: &Opened) -> Transaction<'static> {
    let options = BeginOptions { now: NOW, force: false, dry_run: false };
    Transaction::begin(Arc::clone(&opened.device), options).expect("a transaction begins")
}

pub fn commit(opened: &Opened, tx: Transaction<'_>) {
    let log = opened.log.as_ref().map(|log| log as &dyn LogStore);
    tx.commit(&*opened.image, log, Syncing::NoSync).expect("a commit");
}

pub fn graft(
    tx: &mut Transaction<'_>,
    at: Ino,
    tree: Inventory,
    replace_other_types: bool,
) -> Result<Done, FsError> {
    let (mut failures, mut told) = (Vec::new(), Vec::new());
    let shown = |path: &[u8]| path.escape_ascii().to_string();
    let summary = tx.graft(
        at,
        &Arc::new(tree),
        Box::new(Patterns),
        &GraftOptions { replace_other_types },
        &mut |path, error| failures.push(format!("{}: {error}", shown(path))),
        &mut |what, path| told.push(format!("{what} {}", shown(path))),
    )?;
    assert_eq!(summary.failures, failures.len() as u64);
    Ok(Done { summary, failures, told })
}

/// Puts a tree onto the root of an image, which must work.
#[track_caller]
pub fn put(image: &Image, tree: Inventory) -> Done {
    put_with(image, tree, false)
}

#[track_caller]
pub fn put_with(image: &Image, tree: Inventory, replace_other_types: bool) -> Done {
    let opened = open(image);
    let mut tx = begin(&opened);
    let done = graft(&mut tx, Ino::ROOT, tree, replace_other_types).expect("room");
    assert!(done.failures.is_empty(), "{:?}", done.failures);
    commit(&opened, tx);
    drop(opened);
    image.fsck();
    done
}
