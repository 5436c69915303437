//! Locks: readers share, writers do not, and another process is waited for as long as was said. A
//! writer also stays away from what the kernel uses, lock or not.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod support;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};
use support::image::Image;
use support::loopmount::LoopMount;
use support::{disk, skipped, tools};

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
    drop((second.file, second.recorder, second.image));
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

/// A loop device with an image in it, until it is dropped.
struct LoopDevice(String);

impl LoopDevice {
    fn attach(image: &Path) -> Self {
        let args = ["--find", "--show", image.to_str().unwrap()];
        Self(tools::run_ok("losetup", &args).text().trim().to_owned())
    }
}

impl Drop for LoopDevice {
    fn drop(&mut self) {
        tools::run("losetup", &["--detach", &self.0]);
    }
}

/// Why it does not open for writing, with a lock and without.
#[track_caller]
fn refusal(path: &Path) -> OpenError {
    let without = try_open(path, Access::Write, Locking::No).err().expect("it does not open");
    let error = try_open(path, Access::Write, NO_WAIT).err().expect("it does not open");
    assert_eq!((error.family(), error.code()), (without.family(), without.code()));
    error
}

#[test]
fn a_mounted_image_is_read_but_not_written() {
    if let Err(reason) = LoopMount::available() {
        return skipped("a_mounted_image_is_read_but_not_written", &reason);
    }
    let image = Image::new(1024, 1 << 20, &[]);
    let (link, hard) = (image.dir().join("link"), image.dir().join("hard"));
    std::os::unix::fs::symlink(image.path(), &link).unwrap();
    std::fs::hard_link(image.path(), &hard).unwrap();
    let (mount, other) = (LoopMount::read_only(image.path()), Image::new(1024, 1 << 20, &[]));
    for path in [image.path(), &link, &hard] {
        let error = refusal(path);
        assert_eq!((error.family(), error.code()), (Family::Busy, "mounted"));
        let at = format!("is mounted on {} (by /dev/loop", mount.path().display());
        assert!(error.to_string().starts_with(&at), "{error}");
        assert!(try_open(path, Access::Read, NO_WAIT).is_ok());
    }
    assert!(try_open(other.path(), Access::Write, NO_WAIT).is_ok());
    mount.unmount();
    let opened = try_open(image.path(), Access::Write, NO_WAIT);
    assert!(opened.is_ok(), "{}", opened.err().unwrap());
}

#[test]
fn an_image_that_is_attached_is_in_use_and_its_device_is_not_until_it_is_mounted() {
    let name = "an_image_that_is_attached_is_in_use_and_its_device_is_not_until_it_is_mounted";
    if let Err(reason) = LoopMount::available() {
        return skipped(name, &reason);
    }
    let image = Image::new(1024, 1 << 20, &[]);
    let attached = LoopDevice::attach(image.path());
    let device = Path::new(&attached.0);
    let error = refusal(image.path());
    assert_eq!((error.family(), error.code()), (Family::Busy, "in_use"));
    assert!(error.to_string().contains(&attached.0), "{error}");
    assert!(try_open(device, Access::Write, NO_WAIT).is_ok());

    let flags = rustix::fs::OFlags::EXCL.bits().cast_signed();
    let claim = File::options().read(true).custom_flags(flags).open(device).unwrap();
    let error = refusal(device);
    assert_eq!((error.family(), error.code()), (Family::Busy, "in_use"));
    drop(claim);

    let dir = tempfile::tempdir().unwrap();
    tools::run_ok("mount", &["-t", "ext2", "-o", "ro", &attached.0, dir.path().to_str().unwrap()]);
    let errors = [refusal(device), refusal(image.path())];
    tools::run_ok("umount", &[dir.path()]);
    let at = format!("is mounted on {} (by {})", dir.path().display(), attached.0);
    assert_eq!(errors.map(|error| error.to_string()), [at.clone(), at]);

    drop(attached);
    assert!(try_open(image.path(), Access::Write, NO_WAIT).is_ok());
}

#[test]
fn what_may_not_be_written_says_that_writing_is_the_matter() {
    let name = "what_may_not_be_written_says_that_writing_is_the_matter";
    if let Err(reason) = LoopMount::available() {
        return skipped(name, &reason);
    }
    // Root may write everything but what lies in a mount that nobody may write to.
    let outer = Image::new(1024, 4 << 20, &[]);
    outer.write_bytes("/inner", &[0; 4096]);
    let mount = LoopMount::read_only(outer.path());
    let inner = mount.path().join("inner");
    assert!(try_open(&inner, Access::Read, NO_WAIT).is_ok());
    let error = try_open(&inner, Access::Write, NO_WAIT).err().expect("it does not open");
    assert_eq!((error.family(), error.code()), (Family::Path, "cannot_open"));
    assert!(error.to_string().starts_with("cannot open for writing: Read-only"), "{error}");
    let error = try_open(&mount.path().join("no"), Access::Write, NO_WAIT).err().unwrap();
    assert!(error.to_string().starts_with("No such file"), "{error}");
}
