//! What is laid out is what the reader finds, within the space there is.

use proptest::prelude::*;

use super::super::error::{FsError, XattrPlace};
use super::super::inode::Ino;
use super::super::xattr::parse;
use super::*;
use crate::mpage::FsBlock;

fn xattr(name: &[u8], value: &[u8]) -> Xattr {
    Xattr { name: name.to_vec(), value: value.to_vec() }
}

/// What the reader finds in the inode and in the block.
fn read(stored: &StoredXattrs) -> (Vec<Xattr>, Vec<Xattr>) {
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    if stored.in_inode.starts_with(&MAGIC.to_le_bytes()) {
        let entries = &stored.in_inode[4..];
        parse(Ino(12), XattrPlace::Inode, entries, entries, &mut inside).unwrap();
    }
    if let Some(block) = &stored.block {
        assert!(block.starts_with(&MAGIC.to_le_bytes()));
        parse(Ino(12), XattrPlace::Block(FsBlock(1)), &block[32..], block, &mut outside).unwrap();
    }
    (inside, outside)
}

#[test]
fn names_are_split_by_the_longest_prefix() {
    assert_eq!(split(b"user.a"), (1, b"a".as_slice()));
    assert_eq!(split(b"system.posix_acl_access"), (2, b"".as_slice()));
    assert_eq!(split(b"system.posix_acl_default"), (3, b"".as_slice()));
    assert_eq!(split(b"system.posix_acl_access2"), (7, b"posix_acl_access2".as_slice()));
    assert_eq!(split(b"security.capability"), (6, b"capability".as_slice()));
    assert_eq!(split(b"trusted.user.a"), (4, b"user.a".as_slice()));
    assert_eq!(split(b"system.richacl"), (8, b"".as_slice()));
    assert_eq!(split(b"note"), (0, b"note".as_slice()));
}

#[test]
fn names_that_the_kernel_refuses_are_refused() {
    let long = [b"user.".as_slice(), &[b'x'; 250]].concat();
    for name in [b"user.a".as_slice(), b"system.posix_acl_access", &long, b"trusted.\xff"] {
        check_xattr_name(name).unwrap();
    }
    for name in
        [b"".as_slice(), b"note", b"user.", b"User.a", b"user.a\0", &[&long[..], b"x"].concat()]
    {
        let error = check_xattr_name(name).unwrap_err();
        assert_eq!(error.code(), "bad_xattr_name", "{error}");
    }
    let error = check_xattr_name(b"no\x1b").unwrap_err().to_string();
    assert!(error.starts_with(r"extended attribute no\x1b: "), "{error}");
}

#[test]
fn a_name_of_an_image_that_programs_could_not_use_stays() {
    let (odd, long) = ([b'n'; 255], [b"user.".as_slice(), &[b'n'; 255]].concat());
    let xattrs = [xattr(&odd, b"1"), xattr(b"user.", b"2"), xattr(&long, b"3")];
    let (_, outside) = read(&plan_xattrs(&xattrs, 0, 1024).unwrap());
    assert_eq!(outside, xattrs);
    let error = plan_xattrs(&[xattr(&[b'n'; 256], b"")], 0, 1024).unwrap_err();
    assert_eq!(error.code(), "bad_xattr_name");
}

#[test]
fn of_two_with_one_name_the_first_counts() {
    let xattrs = [xattr(b"user.a", b"first"), xattr(b"user.b", b""), xattr(b"user.a", b"second")];
    let (inside, _) = read(&plan_xattrs(&xattrs, 96, 1024).unwrap());
    assert_eq!(inside, xattrs[..2]);
}

#[test]
fn a_block_is_sorted_by_index_then_length_then_name() {
    let names: [&[u8]; 5] =
        [b"security.a", b"user.bb", b"user.b", b"user.a", b"system.posix_acl_access"];
    let xattrs = names.map(|name| xattr(name, b"v"));
    let (_, outside) = read(&plan_xattrs(&xattrs, 0, 1024).unwrap());
    let found: Vec<&[u8]> = outside.iter().map(|xattr| xattr.name.as_slice()).collect();
    assert_eq!(found, [names[3], names[2], names[1], names[4], names[0]]);
}

#[test]
fn the_space_is_used_to_the_last_byte_and_not_beyond() {
    // 16 and 4 for the entry; 36 for the header and the zeros.
    let plan = |len| plan_xattrs(&[xattr(b"user.a", &vec![1; len])], 0, 1024);
    assert_eq!(read(&plan(1024 - 36 - 20).unwrap()).1.len(), 1);
    let FsError::Caller(error) = plan(1024 - 36 - 20 + 1).unwrap_err() else { panic!() };
    let want =
        CallerError::XattrSpace { needed_bytes: 992, inode_bytes: 0, block_bytes: 1024 - 36 };
    assert_eq!(error, want);
    // 8 for the magic number and the zeros in an inode.
    let plan = |len| plan_xattrs(&[xattr(b"user.a", &vec![1; len])], 96, 1024).unwrap();
    assert_eq!(plan(96 - 8 - 20).block, None);
    assert!(plan(96 - 8 - 20 + 1).block.is_some());
}

#[test]
fn what_fits_only_if_the_largest_goes_into_the_inode_fits() {
    // By name, the small one would take the inode's room, and the others too much of the block.
    let xattrs = [xattr(b"user.a", b""), xattr(b"user.b", &[1; 68]), xattr(b"user.c", &[2; 924])];
    let stored = plan_xattrs(&xattrs, 96, 1024).unwrap();
    let (inside, outside) = read(&stored);
    assert_eq!(
        (inside, outside),
        (vec![xattrs[1].clone()], vec![xattrs[0].clone(), xattrs[2].clone()])
    );
}

#[test]
fn no_attributes_are_zeros_and_no_block() {
    let stored = plan_xattrs(&[], 96, 1024).unwrap();
    assert_eq!(stored, StoredXattrs { in_inode: vec![0; 96], block: None });
    for tiny in [0, 4, 8] {
        let stored = plan_xattrs(&[xattr(b"user.a", b"")], tiny, 1024).unwrap();
        assert_eq!(stored.in_inode, vec![0; tiny]);
        assert!(stored.block.is_some());
    }
}

#[test]
fn references_are_counted_to_1024_and_not_part_of_the_content() {
    let mut block = plan_xattrs(&[xattr(b"user.a", b"v")], 0, 1024).unwrap().block.unwrap();
    let other = plan_xattrs(&[xattr(b"user.a", b"w")], 0, 1024).unwrap().block.unwrap();
    let same = block.clone();
    assert_eq!(xattr_refcount(&block), Some(1));
    set_xattr_refcount(&mut block, 1024).unwrap();
    assert_eq!(xattr_refcount(&block), Some(1024));
    assert_eq!(set_xattr_refcount(&mut block, 1025), None);
    assert_eq!(set_xattr_refcount(&mut block, 0), None);
    assert_eq!(xattr_refcount(&block), Some(1024));
    assert!(xattr_content(&block).is_some());
    assert_eq!(xattr_content(&block), xattr_content(&same));
    assert_ne!(xattr_content(&block), xattr_content(&other));
    assert_eq!((xattr_refcount(&[0; 1024]), xattr_content(&[0; 1024])), (None, None));
    assert_eq!(set_xattr_refcount(&mut [0; 1024], 1), None);
    // A hash of 0 says that a block is not to be shared.
    let zero = plan_xattrs(&[xattr(b"system.posix_acl_access", b"")], 0, 1024).unwrap();
    assert_eq!(xattr_content(&zero.block.unwrap()), None);
}

fn xattrs() -> impl Strategy<Value = Vec<Xattr>> {
    let prefix = proptest::sample::select(vec!["user.", "trusted.", "security.", "system.", ""]);
    let suffix = proptest::collection::vec(any::<u8>(), 1..40);
    let value = proptest::collection::vec(any::<u8>(), 0..120);
    let one = (prefix, suffix, value)
        .prop_map(|(prefix, suffix, value)| xattr(&[prefix.as_bytes(), &suffix].concat(), &value));
    proptest::collection::vec(one, 0..12)
}

proptest! {
    #[test]
    fn what_is_stored_is_what_is_read(
        xattrs in xattrs(),
        words in 0_usize..100,
        block_size in proptest::sample::select(vec![1024, 4096, 65536]),
    ) {
        let in_inode_bytes = words << 2;
        let mut expected = xattrs.clone();
        expected.sort_by(|a, b| a.name.cmp(&b.name));
        expected.dedup_by(|a, b| a.name == b.name);
        match plan_xattrs(&xattrs, in_inode_bytes, block_size) {
            Ok(stored) => {
                prop_assert_eq!(stored.in_inode.len(), in_inode_bytes);
                prop_assert!(stored.block.as_ref().is_none_or(|block| block.len() == block_size));
                let (inside, outside) = read(&stored);
                let mut found = [inside, outside].concat();
                found.sort_by(|a, b| a.name.cmp(&b.name));
                prop_assert_eq!(found, expected);
            }
            Err(FsError::Caller(CallerError::XattrSpace { needed_bytes, .. })) => {
                prop_assert!(needed_bytes > block_size.saturating_sub(36));
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
