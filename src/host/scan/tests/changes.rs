//! Files that are not what was scanned any more.

use std::time::{Duration, SystemTime};

use super::*;

type Change<'a> = &'a dyn Fn(&Path);

/// Does something to a file of 10,000 bytes after the scan, and after `read_first` of its bytes.
fn after(read_first: usize, change: impl Fn(&Path)) -> Result<(), HostError> {
    let dir = Scratch::new();
    let path = dir.file("d/file", &[7; 10_000]);
    dir.file("d/other", b"other");
    let scan = dir.scan();
    let node = find(&scan, "d/file");
    let place = Place { directory: find(&scan, "d"), name: b"file", node };
    let mut reader = scan.contents.reader(&scan.inventory);
    let mut bytes = vec![0; 10_000];
    let (head, tail) = bytes.split_at_mut(read_first);
    if !head.is_empty() {
        reader.read(place, 0, head).unwrap();
    }
    change(&path);
    let ended = reader.read(place, read_first as u64, tail);
    // Whatever became of it, others can be read.
    let mut other = [0; 5];
    let node = find(&scan, "d/other");
    reader.read(Place { name: b"other", node, ..place }, 0, &mut other).unwrap();
    assert_eq!(&other, b"other");
    ended.map_err(|error| {
        let error = error.downcast::<HostError>().unwrap();
        assert!(error.to_string().contains(&format!("{path:?}")), "{error}");
        error
    })
}

fn open(path: &Path) -> File {
    File::options().write(true).open(path).unwrap()
}

#[test]
fn a_file_that_is_what_it_was_can_be_read() {
    after(0, |_| ()).unwrap();
    after(5000, |_| ()).unwrap();
    // To look at it is no change.
    after(5000, |path| drop(fs::read(path).unwrap())).unwrap();
}

#[test]
fn every_change_is_seen_between_scan_and_reading_and_between_pieces() {
    let touch = |path: &Path| {
        let time = SystemTime::now() - Duration::from_secs(99);
        open(path).set_modified(time).unwrap();
    };
    let changes: [(&str, Change<'_>); 8] = [
        ("grown", &|path| open(path).write_all_at(b"more", 10_000).unwrap()),
        ("shrunk", &|path| open(path).set_len(9999).unwrap()),
        ("emptied", &|path| open(path).set_len(0).unwrap()),
        ("written to", &|path| open(path).write_all_at(b"x", 9000).unwrap()),
        ("touched", &touch),
        ("made another's", &|path| {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }),
        ("written to, and its time set back", &|path| {
            let time = path.metadata().unwrap().modified().unwrap();
            open(path).write_all_at(b"x", 100).unwrap();
            open(path).set_modified(time).unwrap();
        }),
        ("cut off and filled again", &|path| fs::write(path, [7; 10_000]).unwrap()),
    ];
    for (what, change) in changes {
        for read_first in [0, 5000] {
            // Times of change come in steps of the host's clock.
            let late = |path: &Path| {
                std::thread::sleep(Duration::from_millis(12));
                change(path);
            };
            let error = after(read_first, late).expect_err(what);
            assert!(matches!(error, HostError::Changed { .. }), "{what}: {error}");
        }
    }
}

#[test]
fn a_file_in_the_place_of_another_is_not_read_for_it() {
    let replaced: [(&str, Change<'_>); 5] = [
        ("a copy", &|path| {
            fs::copy(path, path.with_extension("new")).unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        }),
        ("nothing", &|path| fs::remove_file(path).unwrap()),
        ("a link to it", &|path| {
            fs::rename(path, path.with_extension("old")).unwrap();
            symlink("file.old", path).unwrap();
        }),
        ("a fifo", &|path| {
            fs::remove_file(path).unwrap();
            let kind = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(CWD, path, kind, Mode::RWXU, 0).unwrap();
        }),
        ("a directory", &|path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
    ];
    for (what, replace) in replaced {
        let error = after(0, replace).expect_err(what);
        let is_known = matches!(error, HostError::Changed { .. } | HostError::Read { .. });
        assert!(is_known, "{what}: {error}");
    }
}

#[test]
fn readers_on_several_threads_read_the_same() {
    let dir = Scratch::new();
    let content: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    dir.file("large", &content);
    let scan = dir.scan();
    std::thread::scope(|scope| {
        for piece in [4096, 65_536, 100_000] {
            let (scan, content) = (&scan, &content);
            scope.spawn(move || assert!(read(scan, "large", piece).unwrap() == *content));
        }
    });
}
