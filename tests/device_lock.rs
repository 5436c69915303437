//! Locks: readers share, writers do not, and another process is waited for as long as was said.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};
use support::disk;

use mpimg::device::partition::Selection;
use mpimg::device::{
    Access, Family, Location, LockState, Locking, OpenError, Opened, Options, open,
};
use tempfile::NamedTempFile;

const NO_WAIT: Locking = Locking::Wait(Duration::ZERO);

fn try_open(path: &Path, access: Access, locking: Locking) -> Result<Opened, OpenError> {
    let selection = Selection::Unnamed;
    let options =
        Options { access, selection, locking, trace: false, log: None, probe: |_| Ok(true) };
    open(&Location::whole(path), &options)
}

/// Another process with a lock on a file, until its standard input is closed.
struct Holder(Child);

impl Holder {
    fn new(mode: &str, path: &Path) -> Self {
        let path = path.to_str().unwrap();
        let mut child = disk::spawn("flock", [mode, path, "sh", "-c", "echo locked; read line"]);
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "locked\n");
        Self(child)
    }

    fn release(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

#[test]
fn readers_share_and_writers_exclude() {
    let image = NamedTempFile::new().unwrap();
    let try_open = |access| try_open(image.path(), access, NO_WAIT);
    let reader = try_open(Access::Read).unwrap();
    assert_eq!(reader.lock, LockState::Held);
    let second = try_open(Access::Read).unwrap();
    assert!(matches!(try_open(Access::Write), Err(OpenError::Busy { .. })));
    drop(reader);
    // The lock lives as long as the last device of the stack.
    let device = second.device;
    drop((second.file, second.recorder));
    assert!(try_open(Access::Write).is_err());
    drop(device);
    let writer = try_open(Access::Write).unwrap();
    assert!(try_open(Access::Read).is_err());
    drop(writer);
    assert!(try_open(Access::Read).is_ok());
}

#[test]
fn a_lock_of_another_process_is_heeded_or_not() {
    let image = NamedTempFile::new().unwrap();
    let holder = Holder::new("--exclusive", image.path());
    let Err(error) = try_open(image.path(), Access::Read, NO_WAIT) else { panic!("it opened") };
    assert_eq!((error.family(), error.code()), (Family::Busy, "busy"));
    let opened = try_open(image.path(), Access::Write, Locking::No).unwrap();
    assert_eq!(opened.lock, LockState::NotAsked);
    holder.release();

    let holder = Holder::new("--shared", image.path());
    assert!(try_open(image.path(), Access::Read, NO_WAIT).is_ok());
    assert!(try_open(image.path(), Access::Write, NO_WAIT).is_err());
    holder.release();
    assert!(try_open(image.path(), Access::Write, NO_WAIT).is_ok());
}

#[test]
fn a_wait_ends_when_the_lock_is_released() {
    let image = NamedTempFile::new().unwrap();
    let holder = Holder::new("--exclusive", image.path());
    let start = Instant::now();
    let wait = Duration::from_millis(300);
    let Err(OpenError::Busy { waited }) = try_open(image.path(), Access::Read, Locking::Wait(wait))
    else {
        panic!("not busy")
    };
    assert_eq!(waited, wait);
    assert!(start.elapsed() >= wait);

    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            holder.release();
        });
        let forever = Locking::Wait(Duration::MAX);
        assert!(try_open(image.path(), Access::Write, forever).is_ok());
    });
}
