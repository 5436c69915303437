//! The images that the other tests stand on are what they are said to be, by e2fsprogs and by the
//! kernel; a wrong one would make the tests of mpimg prove nothing.

mod support;

use std::collections::HashSet;

use support::fragment::{self, Layout};
use support::image::Image;
use support::loopmount::LoopMount;
use support::mutate::Mutator;
use support::sparse::Sparse;
use support::{content, gallery, shapes, tools, xattr};

/// The file has data where it is said to, and holes elsewhere.
#[track_caller]
fn assert_mapped(image: &Image, file: &Sparse) {
    let layout = Layout::of(image, &file.path);
    let mapped: Vec<_> = layout.data.iter().flat_map(|(f, _, n)| *f..f + n).collect();
    assert_eq!(mapped, file.blocks, "{}", file.path);
}

#[test]
fn content_is_the_same_from_any_position() {
    let whole = content::bytes(7, 100);
    for from in 0..100 {
        let mut part = vec![0; 100 - from];
        content::fill(7, from as u64, &mut part);
        assert_eq!(part, whole[from..]);
    }
    assert_ne!(content::bytes(8, 100), whole);
}

#[test]
fn every_variant_holds_the_tree() {
    let pattern = content::bytes(gallery::PATTERN_SEED, gallery::PATTERN_LEN);
    for variant in gallery::VARIANTS {
        let image = gallery::build(variant);
        content::assert_same(&image.cat("/pattern"), &pattern, variant.name);
        content::assert_same(&image.cat("/sparse"), &gallery::sparse().content(), variant.name);
        assert_eq!(image.cat("/dir/hello-again"), b"Hello from ext2.\n", "{}", variant.name);
        let devices = image.debugfs("stat /disk");
        assert!(devices.contains("259:6000"), "{}: {devices}", variant.name);
        let owner = image.debugfs("stat /exactly-4k");
        // debugfs prints group 4000000000 as a signed number.
        assert!(owner.contains("100000") && owner.contains("-294967296"), "{owner}");
    }
}

#[test]
fn variants_have_the_features_they_name() {
    let has = |name: &str, what: &str| {
        let variant = gallery::VARIANTS.iter().find(|v| v.name == name).expect("a variant");
        let image = gallery::build(variant);
        let text = tools::run_ok("dumpe2fs", &["-h".as_ref(), image.path().as_os_str()]).text();
        assert!(text.contains(what), "{name}: {text}");
    };
    has("revision 0", "0 (original)");
    has("meta_bg", "meta_bg");
    has("ext3 with a clean journal", "has_journal");
    has("inodes of 128 bytes", "Inode size:\t          128");
    has("inodes of 1024 bytes", "Inode size:\t          1024");
    let image = gallery::needs_recovery();
    assert!(image.debugfs("features").contains("needs_recovery"));
}

#[test]
fn extended_attributes_are_in_the_inode_and_in_a_block() {
    let by_inode_size = |size: &'static str| {
        let image = Image::new(1024, 1 << 20, &["-I", size]);
        image.write_bytes("/f", b"x");
        gallery::add_xattrs(&image, "/f");
        image.fsck();
        for (name, value) in xattr::all() {
            let to = image.dir().join("value");
            image.debugfs(&format!("ea_get -f {} /f {name}", to.display()));
            let found = std::fs::read(&to).expect("debugfs wrote it");
            // debugfs writes ids that a tag does not use as 0, the kernel as all ones.
            assert_eq!(found.len(), value.len(), "{name}");
        }
        image.debugfs("stat /f").contains("File ACL: 0")
    };
    assert!(by_inode_size("1024"), "attributes fit into a large inode");
    assert!(!by_inode_size("128"), "a small inode needs a block");
}

#[test]
fn mapping_depths_reach_triple_indirect_blocks() {
    for block_size in [1024, 2048, 4096] {
        let shaped = shapes::mapping_depths(block_size);
        shaped.image.fsck();
        for file in &shaped.files {
            assert_mapped(&shaped.image, file);
            if block_size == 1024 {
                content::assert_same(&shaped.image.cat(&file.path), &file.content(), &file.path);
            }
        }
        assert!(shaped.image.debugfs("stat /triple").contains("(TIND)"));
    }
}

#[test]
fn huge_files_are_past_their_borders() {
    let shaped = shapes::huge();
    shaped.image.fsck();
    for file in &shaped.files {
        let stat = shaped.image.debugfs(&format!("stat {}", file.path));
        assert!(stat.contains(&format!("Size: {}", file.size_bytes)), "{stat}");
        assert_mapped(&shaped.image, file);
        // The stream checker takes the very stream, in whatever pieces it comes.
        let mut check = file.check();
        let mut position = 0;
        for (offset, data) in file.pieces() {
            while position < offset {
                let hole = vec![0; (offset - position).min(1 << 20) as usize];
                check.take(&hole);
                position += hole.len() as u64;
            }
            check.take(&data);
            position += data.len() as u64;
        }
    }
}

#[test]
fn holes_are_where_the_mask_says() {
    let shaped = shapes::holes();
    shaped.image.fsck();
    for file in &shaped.files {
        assert_mapped(&shaped.image, file);
        content::assert_same(&shaped.image.cat(&file.path), &file.content(), &file.path);
    }
}

#[test]
fn directories_are_deep_long_and_indexed() {
    let (image, leaf) = shapes::deep(300);
    image.fsck();
    assert_eq!(image.cat(&leaf), b"deep\n");
    for indexed in [false, true] {
        let image = shapes::many_entries(3000, indexed);
        image.fsck();
        let names = image.debugfs("ls -p /many");
        assert_eq!(names.lines().filter(|line| line.contains("/entry-")).count(), 3000);
        let index_flag = "Flags: 0x1000";
        assert_eq!(image.debugfs("stat /many").contains(index_flag), indexed);
    }
}

#[test]
fn reserving_gaps_fragments_without_root() {
    let image = Image::new(1024, 4 << 20, &[]);
    let expected = content::bytes(9, 1 << 20);
    let source = image.dir().join("source");
    std::fs::write(&source, &expected).expect("a source file");
    fragment::reserve(image.path(), &source, "/f", 1, fragment::RUN_BLOCKS);
    image.fsck();
    content::assert_same(&image.cat("/f"), &expected, "/f");
    let layout = Layout::of(&image, "/f");
    let mean_blocks = 1024 / layout.data.len();
    assert!((4..=12).contains(&mean_blocks), "{mean_blocks} blocks a run");
    assert!(layout.runs_in_line() <= layout.data.len());
}

#[test]
fn the_kernel_fragments_what_it_writes_to_a_full_image() {
    if let Err(reason) = LoopMount::supports(1024) {
        let test = "the_kernel_fragments_what_it_writes_to_a_full_image";
        return support::skipped(test, &reason);
    }
    let image = Image::new(1024, 4 << 20, &["-N", "1024"]);
    fragment::through_kernel(image.path(), "/f", 1 << 20, 1024, 5);
    image.fsck();
    content::assert_same(&image.cat("/f"), &content::bytes(5, 1 << 20), "/f");
    let mean_blocks = 1024 / Layout::of(&image, "/f").data.len();
    assert!((4..=16).contains(&mean_blocks), "{mean_blocks} blocks a run");
}

#[test]
fn layout_counts_runs_with_and_without_mapping_blocks() {
    let stat = "x\nBLOCKS:\n(0-9):290-299, (10-11):305-306, (IND):307, (12-13):308-309\nTOTAL: 15";
    let layout = Layout::parse(stat);
    assert_eq!(layout.data, [(0, 290, 10), (10, 305, 2), (12, 308, 2)]);
    assert_eq!(layout.mapping, [307]);
    assert_eq!(layout.runs_in_line(), 2);
    assert_eq!(Layout::parse("no blocks at all"), Layout::default());
}

#[test]
fn mutants_differ_in_metadata_and_are_undone() {
    let image = gallery::small_and_varied();
    let mutator = Mutator::new(image.bytes());
    assert_eq!(mutator.kinds().len(), 8, "a kind is missing: {:?}", mutator.kinds());
    let specimen = mutator.specimen();
    let mut distinct = HashSet::new();
    for seed in 0..300 {
        let changes = mutator.changes(seed);
        assert_eq!(changes, mutator.changes(seed), "a seed means the same changes");
        assert!((1..=20).contains(&changes.len()));
        assert!(!mutator.describe(&changes).is_empty());
        let read = specimen.with(&changes, |path| std::fs::read(path).expect("readable"));
        assert_eq!(read, mutator.mutant(&changes));
        assert_ne!(read, mutator.original());
        distinct.insert(read);
    }
    assert!(distinct.len() > 290, "{} distinct mutants", distinct.len());
    let after = specimen.with(&[], |path| std::fs::read(path).expect("readable"));
    assert_eq!(after, mutator.original());
}

#[test]
fn a_mount_shows_the_tree_and_ends() {
    if let Err(reason) = LoopMount::available() {
        return support::skipped("a_mount_shows_the_tree_and_ends", &reason);
    }
    let image = Image::from_tree(gallery::tree().path(), 1024, 4 << 20, &[]);
    let mount = LoopMount::read_only(image.path());
    let hello = std::fs::read(mount.path().join("hello")).expect("the mount has it");
    assert_eq!(hello, b"Hello from ext2.\n");
    let point = mount.path().to_owned();
    drop(mount);
    let mounts = std::fs::read_to_string("/proc/mounts").expect("a list of mounts");
    assert!(!mounts.contains(point.to_str().expect("a plain path")), "still mounted");
}

#[test]
#[should_panic(expected = "Debian package e2fsprogs")]
fn a_missing_tool_names_its_package() {
    assert!(tools::find("no-such-program").is_none());
    tools::missing("debugfs");
}
