//! The layers of a device stack: windows, recorder, fault injector.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that panics has failed"
)]

mod support;

use mpimg::device::{BlockDevice, Call, DeviceError, FaultDevice, IoCounts, Recorder, Window};
use rustix::io::Errno;
use support::disk::Memory;

fn counting() -> Memory {
    Memory((0..=255).collect())
}

fn read(device: &dyn BlockDevice, offset_bytes: u64, len: usize) -> Result<Vec<u8>, DeviceError> {
    let mut buf = vec![0; len];
    device.read_at(&mut buf, offset_bytes).map(|()| buf)
}

#[test]
fn a_window_has_the_bytes_of_its_range_and_no_others() {
    let window = Window::new(counting(), 100, 10).unwrap();
    assert_eq!(window.size_bytes(), 10);
    assert_eq!(read(&window, 0, 10).unwrap(), (100..110).collect::<Vec<_>>());
    let inner = Window::new(&window, 4, 6).unwrap();
    assert_eq!(read(&inner, 5, 1).unwrap(), [109]);
    assert!(read(&inner, 6, 0).is_ok());
    for (offset, len) in [(0, 7), (6, 1), (7, 0), (u64::MAX, 0), (u64::MAX, 7)] {
        assert!(matches!(read(&inner, offset, len), Err(DeviceError::PastEnd { .. })), "{offset}");
    }
    assert!(Window::new(counting(), 256, 0).is_ok());
    for (start, len) in [(0, 257), (257, 0), (u64::MAX, 1), (1, u64::MAX)] {
        assert!(Window::new(counting(), start, len).is_err(), "{start} {len}");
    }
}

#[test]
fn a_recorder_counts_what_the_host_is_asked() {
    let faulty = FaultDevice::new(counting()).failing(200..201, Errno::IO);
    let recorder = Recorder::tracing(faulty);
    let handle = recorder.handle();
    assert_eq!(handle.counts(), IoCounts::default());
    assert!(read(&recorder, 0, 16).is_ok());
    assert!(read(&recorder, 100, 4).is_ok());
    // Neither an empty range nor one past the end makes a call.
    assert!(read(&recorder, 8, 0).is_ok());
    assert!(read(&recorder, 250, 100).is_err());
    assert_eq!(
        handle.counts(),
        IoCounts { calls: 2, bytes: 20, largest_bytes: 16, ..IoCounts::default() }
    );
    assert!(read(&recorder, 190, 32).is_err());
    assert_eq!(
        handle.counts(),
        IoCounts { calls: 3, bytes: 20, largest_bytes: 32, ..IoCounts::default() }
    );
    let trace = [(0, 16), (100, 4), (190, 32)];
    assert_eq!(
        handle.trace(),
        trace.map(|(offset_bytes, len_bytes)| Call { offset_bytes, len_bytes })
    );
    assert!(Recorder::new(counting()).handle().trace().is_empty());
}

#[test]
fn a_recorder_counts_across_threads() {
    let recorder = Recorder::new(counting());
    std::thread::scope(|scope| {
        for len in 1..=4 {
            let recorder = &recorder;
            scope.spawn(move || (0..1000).for_each(|_| drop(read(recorder, 0, len).unwrap())));
        }
    });
    let expected = IoCounts { calls: 4000, bytes: 10000, largest_bytes: 4, ..IoCounts::default() };
    assert_eq!(recorder.handle().counts(), expected);
}

#[test]
fn a_fault_fails_what_touches_it_after_what_comes_before() {
    let faulty =
        FaultDevice::new(counting()).failing(20..30, Errno::IO).failing(16..17, Errno::NODATA);
    assert_eq!(read(&faulty, 17, 3).unwrap(), [17, 18, 19]);
    assert_eq!(read(&faulty, 30, 2).unwrap(), [30, 31]);
    let errno = |offset, len| match read(&faulty, offset, len) {
        Err(DeviceError::Io { source, .. }) => Errno::from_io_error(&source),
        other => panic!("{other:?}"),
    };
    assert_eq!(errno(29, 1), Some(Errno::IO));
    assert_eq!(errno(17, 4), Some(Errno::IO));
    assert_eq!(errno(0, 256), Some(Errno::NODATA));
    assert!(matches!(read(&faulty, 0, 257), Err(DeviceError::PastEnd { .. })));

    let mut buf = [0xFF; 8];
    faulty.read_at(&mut buf, 14).unwrap_err();
    assert_eq!(buf, [14, 15, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
}

#[test]
fn errors_name_bytes_of_the_image_through_every_layer() {
    let faulty = FaultDevice::new(counting()).failing(109..110, Errno::IO);
    let outer = Window::new(Recorder::new(faulty), 100, 20).unwrap();
    let inner = Window::new(Recorder::new(&outer), 4, 6).unwrap();
    assert_eq!(inner.image_offset_bytes(), 104);
    let error = read(&inner, 5, 1).unwrap_err().to_string();
    assert!(error.starts_with("cannot read 1 bytes at byte 109: "), "{error}");
    let error = read(&inner, 0, 7).unwrap_err().to_string();
    assert_eq!(error, "7 bytes at byte 104 reach past the image's end at byte 110");
    let error = Window::new(&inner, 2, 8).unwrap_err().to_string();
    assert_eq!(error, "8 bytes at byte 106 reach past the image's end at byte 110");
}
