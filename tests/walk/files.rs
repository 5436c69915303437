//! File data: every mapping depth, holes at every place, files past 4 GiB, fragmented ones, every
//! awkward length; whole and in parts.

use std::io::Read;
use std::process::Stdio;
use std::sync::OnceLock;

use mpimg::fs::LastSymlink;

use crate::readers;
use crate::support::fragment::{self, Layout};
use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::prng::SplitMix64;
use crate::support::shapes::{self, Shaped};
use crate::support::sparse::Sparse;
use crate::support::tree::Tree;
use crate::support::{command, content, skipped};

/// Block sizes at which the shapes are made.
pub const BLOCK_SIZES: [u32; 3] = [1024, 2048, 4096];
const FRAGMENTED_LEN: usize = (1 << 20) + 1234;

/// The files of every mapping depth, by block size.
pub fn depths() -> &'static [Shaped] {
    static DEPTHS: OnceLock<Vec<Shaped>> = OnceLock::new();
    DEPTHS.get_or_init(|| BLOCK_SIZES.map(shapes::mapping_depths).into())
}

/// Images with a fragmented file `/f`, by block size, and its content; made without the kernel.
pub fn fragmented() -> &'static [(Image, Vec<u8>)] {
    static FRAGMENTED: OnceLock<Vec<(Image, Vec<u8>)>> = OnceLock::new();
    FRAGMENTED.get_or_init(|| {
        let build = |block_size: u32| {
            let image = Image::new(block_size, 4 << 20, &["-N", "64"]);
            let seed = u64::from(block_size);
            let bytes = content::bytes(seed, FRAGMENTED_LEN);
            let source = image.dir().join("source");
            std::fs::write(&source, &bytes).expect("a source file");
            fragment::reserve(image.path(), &source, "/f", seed, fragment::RUN_BLOCKS);
            image.fsck();
            assert!(Layout::of(&image, "/f").data.len() > 20, "/f is fragmented");
            (image, bytes)
        };
        BLOCK_SIZES.map(build).into()
    })
}

/// Compares a file that is too large for memory as `mpimg cat` writes it.
#[track_caller]
fn assert_streams(image: &Image, file: &Sparse) {
    let mut command = command::new();
    command.arg("cat").arg(image.path()).arg(&file.path).stdout(Stdio::piped());
    let mut child = command.spawn().expect("mpimg starts");
    let mut out = child.stdout.take().expect("a pipe");
    let mut check = file.check();
    let mut piece = vec![0; 1 << 20];
    loop {
        match out.read(&mut piece).expect("a readable pipe") {
            0 => break,
            len => check.take(&piece[..len]),
        }
    }
    check.finish();
    assert!(child.wait().expect("an end").success(), "{}", file.path);
}

/// What `mpimg cat` writes of a part of a file.
#[track_caller]
fn part(image: &Image, path: &str, offset: u64, length: u64) -> Vec<u8> {
    let (offset, length) = (offset.to_string(), length.to_string());
    let options = ["cat", "--offset", &offset, "--length", &length];
    command::ok(&options, image.path(), &[path.as_bytes()])
}

/// The bytes of a sparse file in a range, as far as it has them.
fn expected_part(file: &Sparse, offset: u64, length: u64) -> Vec<u8> {
    let end = offset.saturating_add(length).min(file.size_bytes);
    let mut bytes = vec![0; end.saturating_sub(offset) as usize];
    for (at, data) in file.pieces() {
        for (index, byte) in data.iter().enumerate() {
            let position = at + index as u64;
            if (offset..end).contains(&position) {
                bytes[(position - offset) as usize] = *byte;
            }
        }
    }
    bytes
}

#[test]
fn files_of_every_mapping_depth_read_whole() {
    for shaped in depths() {
        for file in &shaped.files {
            if file.size_bytes < 2 << 30 {
                assert_streams(&shaped.image, file);
            }
        }
    }
}

#[test]
fn files_past_2_and_4_gib_read_whole() {
    let shaped = shapes::huge();
    for file in &shaped.files {
        assert_streams(&shaped.image, file);
    }
}

#[test]
fn parts_at_the_borders_of_mapping_depths_are_read() {
    for shaped in depths() {
        for file in shaped.files.iter().filter(|file| file.path != "/dense") {
            let block_size = u64::from(file.block_size);
            for block in &file.blocks {
                let offset = (block * block_size).saturating_sub(700);
                let length = 2 * block_size + 333;
                let found = part(&shaped.image, &file.path, offset, length);
                let what = format!("{} of {block_size}: block {block}", file.path);
                content::assert_same(&found, &expected_part(file, offset, length), &what);
            }
        }
    }
}

#[test]
fn holes_read_as_zeros_at_every_place_in_a_page() {
    let shaped = shapes::holes();
    for file in &shaped.files {
        let found = command::ok(&["cat"], shaped.image.path(), &[file.path.as_bytes()]);
        content::assert_same(&found, &file.content(), &file.path);
        content::assert_same(&shaped.image.cat(&file.path), &found, &file.path);
    }
}

#[test]
fn fragmented_files_read_whole_and_in_parts() {
    for (image, expected) in fragmented() {
        assert_fragmented(image, expected);
    }
}

#[test]
fn files_that_the_kernel_fragmented_read_whole_and_in_parts() {
    for block_size in BLOCK_SIZES {
        if let Err(reason) = LoopMount::supports(block_size) {
            let test = "files_that_the_kernel_fragmented_read_whole_and_in_parts";
            return skipped(test, &reason);
        }
        let image = Image::new(block_size, 4 << 20, &["-N", "1024"]);
        let seed = u64::from(block_size) + 1;
        fragment::through_kernel(image.path(), "/f", FRAGMENTED_LEN as u64, block_size, seed);
        assert!(Layout::of(&image, "/f").data.len() > 20, "/f is fragmented");
        assert_fragmented(&image, &content::bytes(seed, FRAGMENTED_LEN));
    }
}

#[track_caller]
fn assert_fragmented(image: &Image, expected: &[u8]) {
    content::assert_same(&command::ok(&["cat"], image.path(), &[b"/f"]), expected, "/f");
    content::assert_same(&image.cat("/f"), expected, "/f by debugfs");
    let fs = readers::open(image.path());
    let inode = fs.resolve(b"/f", LastSymlink::Follow).expect("the file");
    let mut random = SplitMix64::new(17);
    for round in 0..200 {
        let offset = random.within(0..=expected.len() as u64 + 100);
        let most = [1, 100, 5000, 200_000][round % 4];
        let length = random.within(0..=most);
        let from = (offset as usize).min(expected.len());
        let to = (offset as usize + length as usize).min(expected.len());
        let what = format!("{offset}+{length}");
        let found = readers::read(&fs, &inode, offset..offset + length);
        content::assert_same(&found, &expected[from..to], &what);
        if round < 12 {
            content::assert_same(&part(image, "/f", offset, length), &expected[from..to], &what);
        }
    }
}

#[test]
fn every_awkward_length_is_read_to_the_byte() {
    let lengths = [0, 1, 511, 512, 1023, 1024, 1025, 2048, 4095, 4096, 4097, 5000, 8192, 65_535]
        .into_iter()
        .chain([65_536, 65_537, 131_071, (1 << 20) - 1, 1 << 20, (1 << 20) + 1]);
    let lengths: Vec<usize> = lengths.collect();
    let tree = Tree::new();
    for length in &lengths {
        tree.pattern(format!("/f{length}"), *length as u64, *length);
    }
    for block_size in [1024, 2048, 4096, 65_536] {
        let image = Image::from_tree(tree.path(), block_size, 16 << 20, &["-N", "64"]);
        let paths: Vec<String> = lengths.iter().map(|length| format!("f{length}")).collect();
        let mut all = Vec::new();
        for (path, length) in paths.iter().zip(&lengths) {
            let expected = content::bytes(*length as u64, *length);
            let found = command::ok(&["cat"], image.path(), &[path.as_bytes()]);
            content::assert_same(&found, &expected, &format!("{path} at {block_size}"));
            all.extend(expected);
        }
        // Several paths come one after another.
        let named: Vec<&[u8]> = paths.iter().map(|path| path.as_bytes()).collect();
        let found = command::ok(&["cat"], image.path(), &named);
        content::assert_same(&found, &all, "all of them");
    }
}

#[test]
fn a_part_that_begins_past_the_end_is_empty() {
    let (image, expected) = &fragmented()[0];
    let len = expected.len() as u64;
    for offset in [len, len + 1, 1 << 40, u64::MAX] {
        assert!(part(image, "/f", offset, 10).is_empty(), "{offset}");
    }
    assert!(part(image, "/f", 0, 0).is_empty());
    assert_eq!(part(image, "/f", len - 1, u64::MAX), expected[expected.len() - 1..]);
}

#[test]
fn a_path_that_cannot_be_read_does_not_stop_the_others() {
    let (image, expected) = &fragmented()[0];
    let paths: [&[u8]; 4] = [b"/f", b"/none", b"/lost+found", b"/f"];
    let ran = command::on(&["cat"], image.path(), &paths);
    assert_eq!(ran.code, Some(1));
    content::assert_same(&ran.stdout, &[expected.as_slice(), expected].concat(), "twice /f");
    let lines: Vec<_> = ran.stderr.lines().collect();
    let [none, directory] = &lines[..] else { panic!("{lines:?}") };
    assert!(none.ends_with(":/none: no such file or directory"), "{none}");
    assert!(directory.ends_with(":/lost+found: is a directory"), "{directory}");
}
