//! Opening images: which bytes are meant, what it costs, and what is refused.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use support::disk;

use mpimg::device::partition::{Scheme, Selection};
use mpimg::device::{
    Access, BlockDevice, Call, DeviceError, Family, Location, LockState, Locking, OpenError,
    Opened, Options, open,
};
use support::disk::{mark, probe, put_record};
use tempfile::TempDir;

const OPTIONS: Options<'_> = Options {
    log: None,
    access: Access::Read,
    selection: Selection::Unnamed,
    locking: Locking::Wait(Duration::ZERO),
    trace: true,
    probe,
};

const NUMBER_2: Options<'_> = Options { selection: Selection::Number(2), ..OPTIONS };
const AUTO: Options<'_> = Options { selection: Selection::Auto, ..OPTIONS };

/// An image file, and the directory it goes with.
struct Image(TempDir);

impl Image {
    fn new(bytes: &[u8]) -> Self {
        let image = Self(tempfile::tempdir().unwrap());
        fs::write(image.path(), bytes).unwrap();
        image
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("disk.img")
    }

    fn open(&self, options: Options<'_>) -> Result<Opened, OpenError> {
        open(&Location::whole(self.path()), &options)
    }

    fn open_at(&self, offset: &str, options: Options<'_>) -> Result<Opened, OpenError> {
        let mut argument = self.path().into_os_string();
        argument.push("@@");
        argument.push(offset);
        open(&Location::parse(&argument)?, &options)
    }
}

/// The error of opening; what is opened cannot be printed.
fn error(opened: Result<Opened, OpenError>) -> OpenError {
    match opened {
        Ok(_) => panic!("it opened"),
        Err(e) => e,
    }
}

/// Partitions 1 to 3 of 16 KiB each, from byte 16384 on, in a disk of 64 KiB.
fn partitioned(marked: &[usize]) -> Vec<u8> {
    let mut disk = vec![0; 64 << 10];
    for (index, start) in [32, 64, 96].into_iter().enumerate() {
        put_record(&mut disk, 0, index, 0x83, start, 32);
    }
    for number in marked {
        mark(&mut disk, number * 16384);
    }
    disk
}

fn has_mark(opened: &Opened) -> bool {
    probe(&*opened.device).unwrap()
}

#[test]
fn a_whole_filesystem_costs_the_probes_read_alone() {
    let mut bytes = partitioned(&[2]);
    mark(&mut bytes, 0);
    let opened = Image::new(&bytes).open(OPTIONS).unwrap();
    assert_eq!(opened.recorder.trace(), [Call { offset_bytes: 1024, len_bytes: 8 }]);
    assert_eq!((opened.offset_bytes, opened.device.size_bytes()), (0, 65536));
    assert!(opened.partition.is_none() && opened.table.is_none());
    assert_eq!(opened.lock, LockState::Held);
}

#[test]
fn a_sole_partition_is_found() {
    for options in [OPTIONS, AUTO, NUMBER_2] {
        let opened = Image::new(&partitioned(&[2])).open(options).unwrap();
        assert!(has_mark(&opened));
        assert_eq!((opened.offset_bytes, opened.device.size_bytes()), (32768, 16384));
        assert_eq!(opened.partition.unwrap().number, 2);
        assert_eq!(opened.table.unwrap().partitions.len(), 3);
    }
}

#[test]
fn a_number_needs_no_filesystem_and_auto_no_whole_one() {
    let mut bytes = partitioned(&[3]);
    mark(&mut bytes, 0);
    let image = Image::new(&bytes);
    assert!(!has_mark(&image.open(NUMBER_2).unwrap()));
    assert_eq!(image.open(AUTO).unwrap().offset_bytes, 3 * 16384);
}

#[test]
fn several_partitions_have_to_be_told_apart() {
    let image = Image::new(&partitioned(&[1, 3]));
    for options in [OPTIONS, AUTO] {
        let error = error(image.open(options));
        assert_eq!((error.family(), error.code()), (Family::Usage, "partition_ambiguous"));
        assert_eq!(
            error.to_string(),
            "2 partitions hold a filesystem, name one:\n  \
             --partition 1  start 16384 bytes, size 16384 bytes, type 0x83\n  \
             --partition 3  start 49152 bytes, size 16384 bytes, type 0x83"
        );
    }
}

#[test]
fn with_no_filesystem_anywhere_the_whole_is_handed_up() {
    let image = Image::new(&partitioned(&[]));
    let opened = image.open(OPTIONS).unwrap();
    assert_eq!((opened.offset_bytes, opened.device.size_bytes()), (0, 65536));
    assert!(opened.partition.is_none());
    assert_eq!(opened.table.unwrap().scheme, Scheme::Mbr);
    let error = error(image.open(AUTO));
    assert_eq!(error.family(), Family::Unsupported);
    assert!(error.to_string().contains("of 3 partitions\n  --partition 1 "), "{error}");
}

#[test]
fn a_number_that_is_not_there_lists_those_that_are() {
    let image = Image::new(&partitioned(&[2]));
    let missing = error(image.open(Options { selection: Selection::Number(9), ..OPTIONS }));
    assert_eq!(missing.family(), Family::Usage);
    let text = missing.to_string();
    assert!(text.starts_with("there is no partition 9, but 3 partitions\n"), "{text}");

    for bytes in [&[][..], &[0; 128], &[0; 65536]] {
        let image = Image::new(bytes);
        for options in [NUMBER_2, AUTO] {
            let error = error(image.open(options));
            assert_eq!((error.family(), error.code()), (Family::Usage, "no_partition_table"));
        }
        assert_eq!(image.open(OPTIONS).unwrap().device.size_bytes(), bytes.len() as u64);
    }
}

#[test]
fn an_extended_partition_is_no_device() {
    let mut bytes = partitioned(&[]);
    put_record(&mut bytes, 0, 1, 0x0F, 64, 32);
    let error = error(Image::new(&bytes).open(NUMBER_2));
    assert_eq!((error.family(), error.code()), (Family::Usage, "partition_extended"));
}

#[test]
fn a_truncated_image_is_told_from_a_partition_that_ends() {
    let mut bytes = partitioned(&[2]);
    bytes.truncate(40000);
    let image = Image::new(&bytes);
    for options in [OPTIONS, AUTO, NUMBER_2] {
        let error = error(image.open(options));
        assert_eq!((error.family(), error.code()), (Family::Corrupt, "partition_past_end"));
        assert_eq!(
            error.to_string(),
            "partition 2 (16384 bytes at byte 32768) reaches past the end of the image, which has \
             40000 bytes: the image is truncated"
        );
    }
}

#[test]
fn an_offset_is_where_the_device_begins() {
    let image = Image::new(&partitioned(&[2]));
    let opened = image.open_at("32K", OPTIONS).unwrap();
    assert!(has_mark(&opened));
    assert_eq!((opened.offset_bytes, opened.device.size_bytes()), (32768, 32768));
    // Nothing was read but by us, and the table was not looked for.
    assert_eq!(opened.recorder.trace(), [Call { offset_bytes: 33792, len_bytes: 8 }]);
    assert!(image.open_at("0", OPTIONS).unwrap().partition.is_none());

    let mut buf = [0; 4];
    let error = opened.device.read_at(&mut buf, 32766).unwrap_err();
    let DeviceError::PastEnd { offset_bytes, size_bytes, .. } = error else { panic!("{error}") };
    assert_eq!((offset_bytes, size_bytes), (65534, 65536));
}

#[test]
fn a_table_may_begin_at_an_offset() {
    let mut bytes = vec![0xFF; 10240];
    bytes.extend(partitioned(&[2]));
    let image = Image::new(&bytes);
    for options in [AUTO, NUMBER_2] {
        let opened = image.open_at("20s", options).unwrap();
        assert!(has_mark(&opened));
        assert_eq!((opened.offset_bytes, opened.device.size_bytes()), (10240 + 32768, 16384));
        assert_eq!(opened.partition.unwrap().start_bytes, 32768);
    }
    let missing = error(image.open_at("1K", NUMBER_2));
    assert_eq!(missing.to_string(), "there is no partition table at byte 1024");

    bytes.truncate(50000);
    let truncated = error(Image::new(&bytes).open_at("20s", NUMBER_2)).to_string();
    assert!(truncated.contains("at byte 43008") && truncated.contains("50000"), "{truncated}");
}

#[test]
fn an_offset_has_to_lie_in_the_image() {
    let image = Image::new(&[0; 1024]);
    assert!(image.open_at("1023", OPTIONS).is_ok());
    for offset in ["1024", "1T", "16777215T"] {
        let error = error(image.open_at(offset, OPTIONS));
        assert_eq!((error.family(), error.code()), (Family::Usage, "offset_past_end"));
    }
    for offset in ["", "x", "12q", "-1", "99999999T"] {
        let error = error(image.open_at(offset, OPTIONS));
        assert_eq!((error.family(), error.code()), (Family::Usage, "bad_offset"), "{offset}");
    }
    assert!(Image::new(&[]).open_at("0", OPTIONS).is_ok());
}

#[test]
fn a_file_with_the_whole_name_comes_before_an_offset() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join(OsStr::from_bytes(b"\xff.img"));
    let odd = dir.path().join(OsStr::from_bytes(b"\xff.img@@1K"));
    fs::write(&plain, [0; 4096]).unwrap();
    let parse = |path: &Path| Location::parse(path.as_os_str()).unwrap();
    assert_eq!(parse(&odd), Location { path: plain.clone(), offset_bytes: Some(1024) });
    fs::write(&odd, [0; 512]).unwrap();
    assert_eq!(parse(&odd), Location::whole(&odd));
    assert_eq!(open(&parse(&odd), &OPTIONS).unwrap().device.size_bytes(), 512);
    let forced = dir.path().join(OsStr::from_bytes(b"\xff.img@@1K@@0"));
    assert_eq!(parse(&forced), Location { path: odd, offset_bytes: Some(0) });
}

#[test]
fn what_is_no_image_is_refused_by_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    disk::feed("mkfifo", [&fifo], "");
    let socket = dir.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let cases = [
        (dir.path(), "is a directory, not an image file or a block device"),
        (&fifo, "is a pipe, not an image file or a block device"),
        (&socket, "is a socket or pipe, not an image file or a block device"),
        (Path::new("/dev/null"), "is a character device, not an image file or a block device"),
    ];
    for (path, text) in cases {
        let error = error(open(&Location::whole(path), &OPTIONS));
        assert_eq!((error.family(), error.to_string().as_str()), (Family::Path, text));
    }
    let write = Options { access: Access::Write, ..OPTIONS };
    let error = error(open(&Location::whole(dir.path()), &write));
    assert_eq!(error.code(), "not_an_image");
}

#[test]
fn a_path_that_cannot_be_opened_is_not_the_hosts_fault() {
    let error = error(open(&Location::whole("/nonexistent/disk.img"), &OPTIONS));
    assert_eq!((error.family(), error.code()), (Family::Path, "cannot_open"));
    assert!(error.to_string().starts_with("No such file or directory"), "{error}");
    let family = |errno: rustix::io::Errno| OpenError::CannotOpen(io::Error::from(errno)).family();
    assert_eq!(family(rustix::io::Errno::ACCESS), Family::Path);
    assert_eq!(family(rustix::io::Errno::IO), Family::HostIo);
    assert_eq!(family(rustix::io::Errno::MFILE), Family::HostIo);
}

#[test]
fn a_gpt_made_by_sfdisk_opens_and_a_corrupt_one_does_not() {
    let image = Image(tempfile::tempdir().unwrap());
    let script = "label: gpt\nstart=2048, size=2048\nstart=4096, size=2048, name=\"root\"\n";
    disk::sfdisk(&image.path(), 4 << 20, script);
    let mut bytes = fs::read(image.path()).unwrap();
    mark(&mut bytes, 2 << 20);
    fs::write(image.path(), &bytes).unwrap();
    let opened = image.open(OPTIONS).unwrap();
    assert_eq!((opened.offset_bytes, opened.device.size_bytes()), (2 << 20, 1 << 20));
    assert_eq!(opened.partition.unwrap().name, "root");

    bytes[512] ^= 1;
    let last = bytes.len() - 512;
    bytes[last] ^= 1;
    fs::write(image.path(), &bytes).unwrap();
    for options in [OPTIONS, AUTO, NUMBER_2] {
        let error = error(image.open(options));
        assert_eq!((error.family(), error.code()), (Family::Corrupt, "gpt_corrupt"));
    }
}
