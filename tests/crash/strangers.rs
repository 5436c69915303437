//! Logs that do not belong to the image they lie beside: readers and writers go on with the image as
//! it is, and say so.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mpimg::device::log::{Found, Identity, LogStore, LoggedBlock, Record, Syncing, Torn, examine};
use mpimg::device::partition::Selection;
use mpimg::device::{Access, Location, Locking, Opened, Options, Recovery, open};
use mpimg::fs::{Filesystem, probe};
use tempfile::TempDir;

use super::commands::{COMMANDS, Command, Fixture, chmod_tail};
use super::view;
use crate::support::crash::{Effect, State, World};
use crate::support::{content, scratch};

const UUID_AT: usize = 1024 + 104;

/// An image file, and what lies beside it.
struct Disk {
    dir: TempDir,
}

impl Disk {
    fn new(image: &[u8], log: &[u8]) -> Self {
        let disk = Self { dir: scratch::dir() };
        fs::write(disk.image(), image).unwrap();
        fs::write(disk.log(), log).unwrap();
        disk
    }

    fn image(&self) -> PathBuf {
        self.dir.path().join("disk.img")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("disk.img.mpimg-log")
    }

    fn open(&self, access: Access, log: Option<&Path>) -> Result<Opened, mpimg::device::OpenError> {
        let location = Location { path: self.image(), offset_bytes: None };
        let options = Options {
            log,
            access,
            selection: Selection::Unnamed,
            // A process that another test starts has our files open for a moment.
            locking: Locking::Wait(Duration::from_secs(10)),
            trace: false,
            probe: |device| probe(device),
        };
        open(&location, &options)
    }
}

/// A command's complete log, and the image that it leads to.
fn log_of(fixture: &Fixture, command: &Command, image: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let world = Arc::new(World::new(State { image: image.to_vec(), log: None }));
    command.run(fixture, &world, Syncing::Sync).unwrap();
    let journal = world.journal();
    let appended = journal.effects.iter().rposition(|e| matches!(e, Effect::LogAppend(_))).unwrap();
    (journal.cut(appended + 1, None).now().log.unwrap(), world.now().image)
}

fn command(name: &str) -> &'static Command {
    COMMANDS.iter().find(|command| command.name == name).unwrap()
}

/// Opens an image with a log that is not its own, to read and to write, and changes it then.
#[track_caller]
fn assert_ignored(fixture: &Fixture, image: &[u8], log: &[u8], want: fn(Recovery) -> bool) {
    let world = World::new(State { image: image.to_vec(), log: None });
    let listing = view::listing(fixture, Arc::new(world));
    let disk = Disk::new(image, log);
    for access in [Access::Read, Access::Write] {
        let opened = disk.open(access, None).unwrap_or_else(|e| panic!("{access:?}: {e}"));
        assert!(want(opened.recovery), "{access:?}: {:?}", opened.recovery);
        assert_eq!(listing, view::listing(fixture, Arc::clone(&opened.image)), "{access:?}");
        drop(opened);
        assert!(fs::read(disk.image()).unwrap() == image, "{access:?}: the image has changed");
    }
    let opened = disk.open(Access::Write, None).unwrap();
    let store = opened.log.as_ref().unwrap();
    let begin = mpimg::fs::BeginOptions {
        now: mpimg::fs::Time { seconds: 1_900_000_000, nanoseconds: 0 },
        force: false,
        dry_run: false,
    };
    let device = Arc::clone(&opened.device);
    let mut transaction = mpimg::fs::Transaction::begin(device, begin).unwrap();
    transaction.set_permissions(mpimg::fs::Ino::ROOT, 0o711).unwrap();
    transaction.commit(&*opened.image, Some(store), Syncing::Sync).unwrap();
    drop(opened);
    assert!(!disk.log().exists(), "the next change has a log of its own, which is gone");
    let after = fs::read(disk.image()).unwrap();
    view::fsck(fixture, &after).unwrap();
    let opened = disk.open(Access::Read, None).unwrap();
    assert_eq!(opened.recovery, Recovery::None);
    let fs = Filesystem::open(opened.device, mpimg::fs::OpenOptions::default()).unwrap();
    assert_eq!(fs.inode(mpimg::fs::Ino::ROOT).unwrap().permissions(), 0o711);
}

const STALE: fn(Recovery) -> bool = |recovery| matches!(recovery, Recovery::Stale { .. });
const FOREIGN: fn(Recovery) -> bool = |recovery| matches!(recovery, Recovery::Foreign(_));
const TORN: fn(Recovery) -> bool = |recovery| matches!(recovery, Recovery::Torn(_));

#[test]
fn an_old_log_is_stale_once_another_transaction_has_ended() {
    let fixture = Fixture::whole(1024);
    for name in ["a batch", "chmod", "rename"] {
        let (log, after) = log_of(&fixture, command(name), &fixture.image);
        let (_, later) = log_of(&fixture, command("put a new file"), &after);
        assert_ignored(&fixture, &later, &log, STALE);
    }
}

#[test]
fn a_log_is_stale_although_a_later_transaction_has_restored_what_it_changes() {
    let fixture = Fixture::whole(1024);
    let (log, after) = log_of(&fixture, command("chmod"), &fixture.image);
    // There and back again: all that the first log holds but the superblock is as it says.
    let back = Command { name: "chmod back", change: |t| chmod_tail(t, 0o644) };
    let (_, between) = log_of(&fixture, &back, &after);
    let (_, later) = log_of(&fixture, command("chmod"), &between);
    let differ = after.iter().zip(&later).filter(|(after, later)| after != later).count();
    assert!((1..=8).contains(&differ), "{differ} bytes differ");
    assert_ignored(&fixture, &between, &log, STALE);
    assert_ignored(&fixture, &later, &log, STALE);
}

#[test]
fn a_log_of_another_image_is_foreign() {
    let fixture = Fixture::whole(1024);
    let (log, _) = log_of(&fixture, command("a batch"), &fixture.image);
    let mut other = fixture.image.clone();
    other[UUID_AT..UUID_AT + 16].copy_from_slice(&content::bytes(9, 16));
    assert_ignored(&fixture, &other, &log, FOREIGN);

    let mut larger = fixture.image.clone();
    larger.resize(larger.len() + 1024, 0);
    let grown = Fixture { image: larger.clone(), ..fixture.clone() };
    assert_ignored(&grown, &larger, &log, FOREIGN);
}

#[test]
fn a_log_of_a_namesake_with_another_tree_is_stale() {
    let fixture = Fixture::whole(1024);
    let (_, other) = log_of(&fixture, command("replace by a larger file"), &fixture.image);
    let (log, _) = log_of(&fixture, command("rm -r"), &fixture.image);
    assert_ignored(&fixture, &other, &log, STALE);
}

#[test]
fn what_is_no_log_is_torn() {
    let fixture = Fixture::whole(1024);
    for log in [Vec::new(), vec![0; 5000], content::bytes(3, 5000), b"MPIMGLOG".to_vec()] {
        assert_ignored(&fixture, &fixture.image, &log, TORN);
    }
}

/// What a log is found to be beside the image.
fn found(fixture: &Fixture, log: &[u8]) -> Found {
    let world = World::new(State { image: fixture.image.clone(), log: Some(log.to_vec()) });
    examine(&world, &world).unwrap()
}

#[test]
fn a_log_that_is_cut_at_any_byte_is_torn() {
    let fixture = Fixture::whole(1024);
    let (log, _) = log_of(&fixture, command("chmod"), &fixture.image);
    assert!(matches!(found(&fixture, &log), Found::Complete(_)));
    for len in 0..log.len() {
        let torn = Record::decode(&log[..len]);
        assert!(torn.is_err(), "{len} of {} bytes", log.len());
    }
    for len in [0, 7, 64, log.len() / 2, log.len() - 1] {
        assert_ignored(&fixture, &fixture.image, &log[..len], TORN);
    }
}

#[test]
fn a_log_with_any_bit_flipped_is_torn() {
    let fixture = Fixture::whole(1024);
    let (log, _) = log_of(&fixture, command("chmod"), &fixture.image);
    for at in 0..log.len() {
        let mut flipped = log.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(Record::decode(&flipped).is_err(), "byte {at} of {}", log.len());
    }
    let mut longer = log.clone();
    longer.push(0);
    assert_eq!(Record::decode(&longer).unwrap_err(), Torn::NoLog);
}

#[test]
fn a_log_that_reaches_past_the_image_is_foreign() {
    let fixture = Fixture::whole(1024);
    let size = fixture.image.len() as u64;
    for (identity_at, block_at) in
        [(size - 8, 2048), (u64::MAX - 3, 2048), (1128, size), (1128, u64::MAX - 9)]
    {
        let identity =
            Identity { image_size_bytes: size, offset_bytes: identity_at, bytes: [0; 16] };
        let before = mpimg::device::log::before(block_at, &[0; 1024]);
        let block = LoggedBlock { before, after: Arc::from([1; 1024]) };
        let record = Record {
            identity,
            transaction: 1,
            block_size_bytes: 1024,
            blocks: [(block_at, block)].into(),
        };
        let world = World::new(State { image: fixture.image.clone(), log: None });
        world.create().unwrap();
        record.encode(|piece| world.append(piece)).unwrap();
        assert_ignored(&fixture, &fixture.image, &world.now().log.unwrap(), FOREIGN);
    }
}

#[test]
fn a_named_file_that_is_no_log_is_never_removed() {
    let fixture = Fixture::whole(1024);
    let disk = Disk::new(&fixture.image, b"");
    let thesis = disk.dir.path().join("thesis.tex");
    fs::write(&thesis, "all of it").unwrap();
    let error = disk.open(Access::Write, Some(&thesis)).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("it is something else than a log"), "{error}");
    assert_eq!(fs::read(&thesis).unwrap(), b"all of it");
    // A reader writes nothing, and may go on.
    let opened = disk.open(Access::Read, Some(&thesis)).unwrap();
    assert_eq!(opened.recovery, Recovery::Torn(Torn::NoLog));
    drop(opened);
    let error = disk.open(Access::Write, Some(Path::new("/dev/null"))).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("it is no regular file"), "{error}");
}

#[test]
fn a_named_log_of_another_image_is_never_replaced() {
    let fixture = Fixture::whole(1024);
    let (log, _) = log_of(&fixture, command("a batch"), &fixture.image);
    let mut other = fixture.image.clone();
    other[UUID_AT] ^= 1;
    let disk = Disk::new(&other, b"");
    let shared = disk.dir.path().join("shared.log");
    fs::write(&shared, &log).unwrap();
    let opened = disk.open(Access::Write, Some(&shared)).unwrap();
    assert!(FOREIGN(opened.recovery));
    let begin = mpimg::fs::BeginOptions {
        now: mpimg::fs::Time { seconds: 1_900_000_000, nanoseconds: 0 },
        force: false,
        dry_run: false,
    };
    let mut transaction = mpimg::fs::Transaction::begin(Arc::clone(&opened.device), begin).unwrap();
    transaction.set_permissions(mpimg::fs::Ino::ROOT, 0o711).unwrap();
    let store = opened.log.as_ref().unwrap();
    let error = transaction.commit(&*opened.image, Some(store), Syncing::Sync).unwrap_err();
    assert!(error.to_string().contains("it is the log of another image"), "{error}");
    assert!(fs::read(&shared).unwrap() == log, "the other image's log is there");
    assert!(fs::read(disk.image()).unwrap() == other, "the image is as it was");
}
