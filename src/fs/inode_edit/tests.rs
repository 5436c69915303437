//! What is set is what the reader's getters return, and nothing else changes.

use proptest::prelude::*;

use super::*;

const TIME: Time = Time { seconds: 1_700_000_000, nanoseconds: 123_456_789 };

fn new(size: usize, mode: u16) -> InodeEdit {
    InodeEdit::create(Ino(12), size, 32, mode, TIME)
}

#[test]
fn what_is_set_is_what_the_getters_return() {
    for size in [128, 256, 1024] {
        let mut edit = new(size, 0o100_644);
        edit.set_permissions(0o4_711);
        edit.set_uid(0x1_2345);
        edit.set_gid(u32::MAX);
        edit.set_size_bytes((7 << 32) + 3).unwrap();
        edit.set_links(9);
        edit.set_sectors(0xffff_fff0).unwrap();
        edit.set_flags(INDEX_FL);
        let mut numbers = 100..;
        edit.set_pointers(std::array::from_fn(|_| numbers.next().unwrap()));
        edit.set_xattr_block(Some(FsBlock(77))).unwrap();
        edit.set_generation(0xdead_beef);
        let inode = edit.inode(10).unwrap();
        assert_eq!(edit.bytes().len(), size);
        assert_eq!((inode.file_type(), inode.permissions()), (FileType::Regular, 0o4_711));
        assert_eq!((inode.uid(), inode.gid()), (0x1_2345, u32::MAX));
        assert_eq!((inode.size_bytes(), inode.links()), ((7 << 32) + 3, 9));
        assert_eq!((inode.sectors(), edit.flags()), (0xffff_fff0, 0x1000));
        assert_eq!(inode.raw().i_block.map(U32::get), edit.pointers());
        assert_eq!((edit.pointers()[0], edit.pointers()[14]), (100, 114));
        assert_eq!(inode.xattr_block(), Some(FsBlock(77)));
        assert_eq!(inode.raw().i_generation.get(), 0xdead_beef);
        assert_eq!(inode.crtime(), (size > 128).then_some(TIME));
    }
}

#[test]
fn what_a_field_cannot_hold_changes_nothing() {
    let mut edit = new(128, 0o040_755);
    let before = edit.bytes();
    assert_eq!(edit.set_size_bytes(1 << 32), None);
    assert_eq!(edit.set_sectors(1 << 32), None);
    assert_eq!(edit.set_xattr_block(Some(FsBlock(1 << 32))), None);
    assert_eq!(edit.set_device_number(1 << 12, 0), None);
    assert_eq!(edit.set_device_number(0, 1 << 20), None);
    assert_eq!(edit.set_fast_symlink(&[b'a'; 60]), None);
    assert_eq!(edit.set_xattr_space(&[0]), None);
    assert_eq!(edit.bytes(), before);
    assert!(InodeEdit::open(Ino(12), &[0; 127]).is_err());
}

#[test]
fn a_directorys_size_leaves_the_other_use_of_the_high_half() {
    let mut bytes = new(128, 0o040_755).bytes();
    bytes[108] = 5;
    let mut edit = InodeEdit::open(Ino(12), &bytes).unwrap();
    edit.set_size_bytes(4096).unwrap();
    assert_eq!((edit.raw().i_size_high.get(), edit.raw().i_size.get()), (5, 4096));
}

#[test]
fn extra_fields_are_as_many_as_the_filesystem_wants_if_it_makes_sense() {
    let size = |inode_size, want| {
        let edit = InodeEdit::create(Ino(12), inode_size, want, 0o100_644, TIME);
        (edit.inode(10).unwrap().extra_size_bytes(), edit.xattr_space().len())
    };
    assert_eq!(size(128, 32), (0, 0));
    assert_eq!(size(256, 0), (32, 96));
    assert_eq!(size(256, 24), (24, 104));
    assert_eq!(size(256, 128), (128, 0));
    assert_eq!(size(256, 132), (32, 96));
    assert_eq!(size(256, 30), (32, 96));
    assert_eq!(size(1024, 32), (32, 864));
}

#[test]
fn extra_fields_that_are_not_there_are_not_written() {
    // Room for the extra field of ctime alone.
    let edit = InodeEdit::create(Ino(12), 256, 8, 0o100_644, TIME);
    let inode = edit.inode(10).unwrap();
    assert_eq!(inode.ctime(), TIME);
    assert_eq!(inode.mtime(), Time { nanoseconds: 0, ..TIME });
    assert_eq!(inode.crtime(), None);
    assert!(edit.bytes()[136..].iter().all(|b| *b == 0));
}

#[test]
fn without_extra_fields_seconds_stop_at_32_bits() {
    let mut edit = new(128, 0o100_644);
    for (seconds, stored) in [(1 << 31, i32::MAX), (i64::MIN, i32::MIN), (-5, -5)] {
        edit.set_mtime(Time { seconds, nanoseconds: 1 });
        let want = Time { seconds: stored.into(), nanoseconds: 0 };
        assert_eq!(edit.inode(10).unwrap().mtime(), want);
    }
}

#[test]
fn with_extra_fields_seconds_stop_at_34_bits() {
    let mut edit = new(256, 0o100_644);
    for (seconds, stored) in [(i64::MAX, WIDE_SECONDS.1), (i64::MIN, WIDE_SECONDS.0)] {
        edit.set_mtime(Time { seconds, nanoseconds: u32::MAX });
        let want = Time { seconds: stored, nanoseconds: 999_999_999 };
        assert_eq!(edit.inode(10).unwrap().mtime(), want);
    }
}

#[test]
fn a_short_symlink_stands_in_the_inode() {
    let mut edit = new(128, 0o120_777);
    edit.set_pointers([u32::MAX; POINTERS]);
    edit.set_fast_symlink(&[b'x'; 59]).unwrap();
    let inode = edit.inode(10).unwrap();
    assert!(inode.is_fast_symlink());
    assert_eq!(inode.size_bytes(), 59);
    assert_eq!(edit.bytes()[40..100], [[b'x'; 59].as_slice(), &[0]].concat());
}

#[test]
fn deleting_leaves_mode_and_owner_and_the_tail() {
    let mut edit = new(256, 0o100_600);
    edit.set_uid(1000);
    edit.set_size_bytes(1 << 40).unwrap();
    edit.set_sectors(8).unwrap();
    edit.set_links(2);
    edit.set_pointers([3; POINTERS]);
    edit.set_xattr_block(Some(FsBlock(4))).unwrap();
    let before = edit.bytes();
    edit.clear_for_deletion(0);
    assert_eq!(edit.raw().i_dtime.get(), 1);
    edit.clear_for_deletion(1_700_000_001);
    let inode = edit.inode(10).unwrap();
    assert_eq!((inode.links(), inode.size_bytes(), inode.sectors()), (0, 0, 0));
    assert_eq!((edit.pointers(), inode.xattr_block()), ([0; POINTERS], None));
    assert_eq!(edit.raw().i_dtime.get(), 1_700_000_001);
    assert_eq!((inode.uid(), inode.permissions(), inode.mtime()), (1000, 0o600, TIME));
    assert_eq!(edit.bytes()[128..], before[128..]);
}

proptest! {
    #[test]
    fn times_come_back(
        seconds in WIDE_SECONDS.0..=WIDE_SECONDS.1,
        nanoseconds in 0_u32..1_000_000_000,
    ) {
        let time = Time { seconds, nanoseconds };
        let mut edit = new(256, 0o100_644);
        edit.set_atime(time);
        edit.set_crtime(time);
        let inode = edit.inode(10).unwrap();
        prop_assert_eq!(inode.atime(), time);
        prop_assert_eq!(inode.crtime(), Some(time));
        prop_assert_eq!((inode.ctime(), inode.mtime()), (TIME, TIME));
    }

    #[test]
    fn device_numbers_come_back(major in 0_u32..1 << 12, minor in 0_u32..1 << 20) {
        let mut edit = new(128, 0o020_600);
        for (major, minor) in [(major, minor), (major & 0xff, minor & 0xff)] {
            edit.set_device_number(major, minor).unwrap();
            prop_assert_eq!(edit.inode(10).unwrap().device_number(), Some((major, minor)));
        }
    }

    #[test]
    fn bytes_that_are_not_set_stay(
        bytes in proptest::collection::vec(any::<u8>(), 256),
        isize in (0_u16..=33).prop_map(|words| words << 2),
    ) {
        let mut bytes = bytes;
        bytes[128..130].copy_from_slice(&isize.to_le_bytes());
        let mut edit = InodeEdit::open(Ino(12), &bytes).unwrap();
        prop_assert_eq!(&edit.bytes(), &bytes);
        edit.set_links(0x0201);
        edit.set_mtime(TIME);
        bytes[26..28].copy_from_slice(&[1, 2]);
        bytes[16..20].copy_from_slice(&1_700_000_000_u32.to_le_bytes());
        if (12..=128).contains(&isize) {
            bytes[136..140].copy_from_slice(&(123_456_789_u32 << 2).to_le_bytes());
        }
        prop_assert_eq!(&edit.bytes(), &bytes);
        let filled = vec![0xab; edit.xattr_space().len()];
        edit.set_xattr_space(&filled).unwrap();
        let begin = if (4..=128).contains(&isize) { 128 + usize::from(isize) } else { 256 };
        bytes[begin..].fill(0xab);
        prop_assert_eq!(edit.bytes(), bytes);
    }
}
