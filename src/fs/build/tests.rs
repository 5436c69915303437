//! Promises of building that need no image: all others are held with real tools.

use super::*;
use crate::fs::format::{FormatError, FormatFeatures, FormatInodes, FormatSize};
use crate::fs::inventory::Stock;
use crate::fs::{CallerError, HashVersion};

fn options(inodes: FormatInodes) -> FormatOptions {
    FormatOptions {
        block_size_bytes: 4096,
        inode_size_bytes: 256,
        features: FormatFeatures::default(),
        size: FormatSize::Smallest { headroom_percent: 0 },
        inodes,
        reserved_per_myriad: 500,
        label: Vec::new(),
        uuid: None,
        hash_version: HashVersion::HalfMd4,
        unsigned_hash: false,
        hash_seed: None,
        now: Time::default(),
    }
}

/// A tree of one file.
fn tree_of(len_bytes: u64) -> Inventory {
    let mut tree = Inventory::new(Meta::default());
    let file = tree.add(Inventory::ROOT, b"f", Node::Regular, Meta::default()).unwrap();
    tree.set_content(file, Stock { len_bytes, data: None, origin: 0 });
    Build::prepare(&mut tree, Time::default()).unwrap();
    tree
}

#[test]
fn a_file_whose_sectors_cannot_be_counted_is_refused() {
    let plan = |len_bytes| {
        let tree = tree_of(len_bytes);
        let auto = options(FormatInodes::Auto);
        match Build::plan(&tree, auto) {
            Ok(_) => None,
            Err(BuildError::Files(files)) => Some(files),
            Err(error) => panic!("{error:?}"),
        }
    };
    assert!(plan((2 << 40) - (1 << 32)).is_none());
    // Its data can be counted, its indirect blocks cannot.
    let files = plan((2 << 40) - 4096).unwrap();
    let [(path, FsError::Caller(CallerError::FileTooLarge { .. }))] = &*files else {
        panic!("{files:?}");
    };
    assert_eq!(path, b"/f");
}

#[test]
fn inodes_without_number_are_refused() {
    let tree = tree_of(5);
    for count in [u64::from(u32::MAX) + 1, u64::MAX] {
        let given = options(FormatInodes::Count(count));
        let given = FormatOptions { size: FormatSize::Bytes(64 << 20), ..given };
        let refused = Build::plan(&tree, given);
        let Err(BuildError::Geometry(GeometryError::Format(error))) = refused else {
            panic!("{count}");
        };
        assert!(matches!(error, FormatError::TooManyInodes { .. }), "{error:?}");
    }
}
