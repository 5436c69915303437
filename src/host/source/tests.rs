//! Sources of every kind: what they say of their holes, and that no change goes unseen.

// One range in brackets is one range.
#![allow(clippy::single_range_in_vec_init)]

use std::fs;
use std::io::{Cursor, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::*;
use crate::device::Family;

const MIB: u64 = 1 << 20;

fn file(dir: &Path, bytes: &[u8]) -> PathBuf {
    let path = dir.join("file");
    fs::write(&path, bytes).unwrap();
    path
}

/// 1 MiB, of which bytes 300,000 to 301,000 were written, and 500,000 to 600,000 as zeros.
fn sparse_file(dir: &Path) -> PathBuf {
    let path = dir.join("sparse");
    let file = File::create(&path).unwrap();
    file.set_len(MIB).unwrap();
    file.write_all_at(&[7; 1000], 300_000).unwrap();
    file.write_all_at(&[0; 100_000], 500_000).unwrap();
    path
}

fn all(source: &Source) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(source.len_bytes()).unwrap()];
    source.read_at(0, &mut bytes).unwrap();
    bytes
}

fn named(dir: &Path, count: usize) -> Vec<PathBuf> {
    (0..count)
        .map(|number| {
            let path = dir.join(number.to_string());
            fs::write(&path, number.to_string().repeat(30_000)).unwrap();
            path
        })
        .collect()
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn a_file_is_read_where_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), b"hello, world");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o4751)).unwrap();
    let source = Source::open(&path, Sparse::Auto).unwrap();
    assert_eq!(source.len_bytes(), 12);
    let mut part = [0; 5];
    source.read_at(7, &mut part).unwrap();
    assert_eq!(&part, b"world");
    assert_eq!(source.data_ranges(1024).unwrap(), [0..12]);
    let attributes = source.attributes().unwrap();
    let metadata = path.metadata().unwrap();
    assert_eq!((attributes.mode, attributes.uid), (0o4751, metadata.uid()));
    assert_eq!(attributes.mtime.0, metadata.mtime());
    assert!(source.read_at(8, &mut part).is_err(), "past the end");
    source.unchanged().unwrap();
}

#[test]
fn holes_are_what_was_asked_to_be_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = sparse_file(dir.path());
    let found = |sparse, block| Source::open(&path, sparse).unwrap().data_ranges(block).unwrap();
    let data = 299_008..303_104;
    assert_eq!(found(Sparse::Never, 4096), [0..MIB]);
    // The host's own blocks are of 4 KiB, or larger where this runs on another filesystem.
    let auto = found(Sparse::Auto, 4096);
    assert_eq!(auto.len(), 2, "{auto:?}");
    assert!(auto[0].start <= data.start && auto[0].end >= 301_000, "{auto:?}");
    assert!(auto[1].start <= 500_000 && auto[1].end >= 600_000, "{auto:?}");
    assert_eq!(found(Sparse::Always, 4096), [data]);
    assert_eq!(found(Sparse::Always, 1024), [299_008..301_056]);
}

#[test]
fn zeros_that_come_by_a_pipe_are_holes_only_where_they_must() {
    let mut bytes = vec![0; 10_000];
    bytes[9_999] = 1;
    for (sparse, ranges) in [(Sparse::Auto, 0..10_000), (Sparse::Always, 9216..10_000)] {
        let source = Source::spool(&mut Cursor::new(&bytes), "x", sparse).unwrap();
        assert_eq!(source.data_ranges(1024).unwrap(), [ranges]);
        assert_eq!(all(&source), bytes);
        assert!(source.attributes().is_none() && source.xattrs().unwrap().is_empty());
    }
    let nothing = Source::spool(&mut io::empty(), "x", Sparse::Auto).unwrap();
    assert_eq!((nothing.len_bytes(), nothing.data_ranges(1024).unwrap()), (0, vec![]));
    assert_eq!(Source::from_bytes(vec![0; 3000]).data_ranges(1024).unwrap(), [0..3000]);
}

#[test]
fn more_than_memory_takes_goes_to_a_file() {
    let mut reader = io::repeat(5).take(17 * MIB).chain(io::repeat(6).take(MIB));
    let source = Source::spool(&mut reader, "x", Sparse::Auto).unwrap();
    assert!(matches!(source.contents, Contents::Open { .. }));
    assert_eq!(source.len_bytes(), 18 * MIB);
    let mut part = [0; 4];
    source.read_at(17 * MIB - 2, &mut part).unwrap();
    assert_eq!(part, [5, 5, 6, 6]);
}

#[test]
fn a_fifo_is_read_to_its_end_and_a_file_without_size_too() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let writer = {
        let fifo = fifo.clone();
        std::thread::spawn(move || fs::write(fifo, b"through a pipe").unwrap())
    };
    let source = Source::open(&fifo, Sparse::Auto).unwrap();
    writer.join().unwrap();
    assert_eq!(all(&source), b"through a pipe");

    let version = Source::open(Path::new("/proc/version"), Sparse::Auto).unwrap();
    assert_eq!(all(&version), fs::read("/proc/version").unwrap());
    let empty = Source::open(&file(dir.path(), b""), Sparse::Auto).unwrap();
    assert!(empty.attributes().is_some());
}

#[test]
fn input_that_is_a_file_goes_on_where_it_stands() {
    let dir = tempfile::tempdir().unwrap();
    let path = sparse_file(dir.path());
    let mut file = File::open(path).unwrap();
    file.seek(SeekFrom::Start(300_500)).unwrap();
    let input = file.try_clone().unwrap();
    let source = Source::from_here("x".into(), input, Sparse::Always).unwrap();
    assert_eq!(source.len_bytes(), MIB - 300_500);
    assert_eq!(source.data_ranges(1024).unwrap(), [0..1024]);
    let mut part = [0; 502];
    source.read_at(0, &mut part).unwrap();
    assert_eq!((part[499], part[500]), (7, 0));
    assert_eq!(file.stream_position().unwrap(), MIB, "it was read to its end");
}

#[test]
fn what_cannot_be_a_source_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let open = |path: &Path| Source::open(path, Sparse::Auto).unwrap_err();
    let error = open(dir.path());
    assert_eq!((error.family(), error.code()), (Family::Path, "source_is_a_directory"));
    let error = open(&dir.path().join("missing"));
    assert_eq!((error.family(), error.code()), (Family::Path, "source_cannot_open"));
    assert!(error.to_string().contains("missing\": No such file or directory"), "{error}");
    let error = open(&file(dir.path(), b"x").join("below"));
    assert_eq!(error.family(), Family::Path);
}

#[test]
fn a_change_is_seen_whether_the_file_is_open_or_parked() {
    let grow = |path: &Path| {
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(b"more").unwrap();
    };
    let shrink = |path: &Path| File::options().write(true).open(path).unwrap().set_len(9).unwrap();
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    let parking = Parking::new(0);
    for (change, seen_open) in [(&grow as &dyn Fn(&Path), true), (&shrink, true), (&remove, false)]
    {
        let dir = tempfile::tempdir().unwrap();
        let path = file(dir.path(), &[1; 100]);
        let open = Source::open(&path, Sparse::Auto).unwrap();
        let parked = Source::open(&path, Sparse::Auto).unwrap().park(&parking).unwrap();
        change(&path);
        let is_change = |result: Result<()>| matches!(result, Err(HostError::Changed { .. }));
        // A file that was removed while it is open still has all its bytes.
        assert_eq!(is_change(open.unchanged()), seen_open);
        assert!(is_change(parked.unchanged()));
        let read = parked.read_at(0, &mut [0; 10]);
        assert!(is_change(read.map_err(|error| parked.failure(error))));
    }
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), &[1; 100]);
    let open = Source::open(&path, Sparse::Auto).unwrap();
    shrink(&path);
    let error = open.read_at(0, &mut [0; 100]).unwrap_err();
    assert!(matches!(open.failure(error), HostError::Changed { .. }));
}

#[test]
fn what_is_cut_off_does_not_pass_for_a_hole() {
    let dir = tempfile::tempdir().unwrap();
    let path = sparse_file(dir.path());
    let source = Source::open(&path, Sparse::Auto).unwrap();
    File::options().write(true).open(path).unwrap().set_len(400_000).unwrap();
    assert!(matches!(source.data_ranges(1024), Err(HostError::Changed { .. })));
}

#[test]
fn parked_sources_hold_no_descriptors_and_keep_what_they_know() {
    let dir = tempfile::tempdir().unwrap();
    let parking = Parking::new(100_000);
    let before = descriptors();
    let paths = named(dir.path(), 200);
    let park = |path: &PathBuf| Source::open(path, Sparse::Auto).unwrap().park(&parking).unwrap();
    let sources: Vec<_> = paths.iter().map(park).collect();
    // Other tests of this process come and go; 200 sources would be more than all of those.
    assert!(descriptors() < before + 100);
    let held = sources.iter().filter(|s| matches!(s.contents, Contents::Memory { .. })).count();
    assert_eq!(held, 3, "of 30,000 bytes each, in a room of 100,000");
    for (source, path) in sources.iter().zip(&paths).chain(sources.iter().zip(&paths)) {
        assert_eq!(all(source), fs::read(path).unwrap());
        assert_eq!(source.data_ranges(1024).unwrap(), [0..source.len_bytes()]);
        assert!(source.attributes().is_some());
        source.unchanged().unwrap();
    }
}

#[test]
fn holes_survive_parking() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let file = File::create(&path).unwrap();
    file.set_len(60_000).unwrap();
    file.write_all_at(b"x", 59_999).unwrap();
    for room in [0, 1 << 20] {
        let source = Source::open(&path, Sparse::Auto).unwrap();
        let before = source.data_ranges(1024).unwrap();
        assert!(before[0].start > 0, "{before:?}");
        let source = source.park(&Parking::new(room)).unwrap();
        assert_eq!(source.data_ranges(1024).unwrap(), before);
    }
}

#[test]
fn spooled_content_is_parked_in_memory_while_there_is_room_and_then_in_a_file() {
    let parking = Parking::new(100_000);
    for held in [true, false] {
        let source = Source::spool(&mut Cursor::new(vec![3; 70_000]), "x", Sparse::Auto).unwrap();
        let source = source.park(&parking).unwrap();
        assert_eq!(matches!(source.contents, Contents::Memory { .. }), held);
        assert_eq!(all(&source), [3; 70_000]);
    }
}

#[test]
fn extended_attributes_come_sorted_and_also_from_a_parked_source() {
    use rustix::fs::{XattrFlags, setxattr};
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), b"x");
    for (name, value) in [("user.b", &b"2\0"[..]), ("user.a", b"")] {
        setxattr(&path, name, value, XattrFlags::empty()).unwrap();
    }
    let want = [(b"user.a".to_vec(), b"".to_vec()), (b"user.b".to_vec(), b"2\0".to_vec())];
    for room in [0, 1 << 20] {
        let source = Source::open(&path, Sparse::Auto).unwrap();
        assert_eq!(source.xattrs().unwrap(), want);
        assert_eq!(source.park(&Parking::new(room)).unwrap().xattrs().unwrap(), want);
    }
}
