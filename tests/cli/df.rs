//! `mpimg df` says what `df` says of the image once the kernel has mounted it.

use std::path::Path;

use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::tree::Tree;
use crate::support::{command, process, skipped, tools};
use crate::{path_text, sample};

/// Block size, size in KiB and arguments of `mke2fs`, for every rule that overhead goes by.
const SHAPES: &[(u32, u64, &[&str])] = &[
    (1024, 1024, &[]),
    (1024, 20_000, &[]),
    (2048, 20_000, &[]),
    (4096, 20_000, &[]),
    (4096, 300_000, &["-I", "128"]),
    (1024, 20_000, &["-m", "0"]),
    (1024, 20_000, &["-m", "20"]),
    (1024, 20_000, &["-r", "0", "-O", "none", "-I", "128"]),
    (1024, 20_000, &["-O", "^sparse_super", "-g", "1024"]),
    (1024, 20_000, &["-O", "^sparse_super,sparse_super2", "-g", "1024"]),
    (1024, 20_000, &["-O", "sparse_super2", "-g", "512"]),
    (1024, 20_000, &["-O", "resize_inode", "-E", "resize=40000"]),
    (1024, 300_000, &["-O", "resize_inode,sparse_super2"]),
    (4096, 300_000, &["-O", "resize_inode"]),
    (1024, 20_000, &["-O", "meta_bg", "-g", "256"]),
    (1024, 20_000, &["-O", "meta_bg,^sparse_super", "-g", "256"]),
    // A last group with hardly more than its own metadata.
    (1024, 8192 + 400, &[]),
    (1024, 20_000, &["-g", "1000"]),
    (1024, 20_000, &["-O", "has_journal", "-J", "size=2"]),
];

/// The lines of a table of `df`, without the first column and the last.
fn middle(table: &str, first: usize, last: [&str; 2]) -> Vec<String> {
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    let cut = |(line, last): (&&str, &str)| {
        let rest = line.get(first + 1..).expect("a first column");
        rest.strip_suffix(last).unwrap_or_else(|| panic!("{line:?}")).to_owned()
    };
    lines.iter().zip(last).map(cut).collect()
}

/// What `df` prints for a mounted image and what `mpimg df` prints for the image, both without
/// where they are.
#[track_caller]
fn compare(image: &Image, mount: &LoopMount, options: &[&str], what: &str) {
    let words = [&["df", "--no-lock"], options].concat();
    let found = command::ok(&words, image.path(), &[]);
    let found = String::from_utf8(found).unwrap();
    let name = path_text(image.path());
    assert!(found.lines().nth(1).unwrap().starts_with(&name), "{found}");
    let found = middle(&found, name.len(), [" Mounted on", " -"]);

    let mut df = tools::command("df");
    for variable in ["POSIXLY_CORRECT", "BLOCK_SIZE", "BLOCKSIZE", "DF_BLOCK_SIZE"] {
        df.env_remove(variable);
    }
    let theirs = tools::succeed(df.args(options).arg(mount.path())).text();
    let device = theirs.lines().nth(1).unwrap().split(' ').next().unwrap();
    let at = format!(" {}", path_text(mount.path()));
    let theirs = middle(&theirs, device.len().max(14), [" Mounted on", &at]);
    assert_eq!(found, theirs, "{what}: df {options:?}");
}

const OPTIONS: &[&[&str]] = &[
    &[],
    &["-k"],
    &["-h"],
    &["-i"],
    &["-ih"],
    &["-ik"],
    &["-B1"],
    &["-B512"],
    &["-BM"],
    &["-BkB"],
    &["-B1500"],
    &["-hk"],
    &["-kh"],
];

#[test]
fn numbers_and_columns_are_those_of_df_on_the_mounted_image() {
    if let Err(reason) = LoopMount::available() {
        return skipped("numbers_and_columns_are_those_of_df_on_the_mounted_image", &reason);
    }
    for (index, &(block_size, kib, args)) in SHAPES.iter().enumerate() {
        let what = format!("{kib} KiB in blocks of {block_size} {args:?}");
        let image = Image::new(block_size, kib << 10, args);
        image.write_bytes("/f", &vec![b'x'; 300_000]);
        image.edit(&["mkdir d"]);
        let mount = LoopMount::read_only(image.path());
        // The form depends on the numbers alone, so that a few shapes show all options.
        let options = if index < 3 { OPTIONS } else { &OPTIONS[..4] };
        for options in options {
            compare(&image, &mount, options, &what);
        }
    }
}

#[test]
fn what_is_full_is_full_for_both() {
    if let Err(reason) = LoopMount::available() {
        return skipped("what_is_full_is_full_for_both", &reason);
    }
    // The kernel writes as root: it goes into the reserved blocks.
    for args in [&["-m", "20"], &["-m", "0"]] {
        let image = Image::new(1024, 2 << 20, args);
        let mount = LoopMount::read_write(image.path());
        // A large file may leave what is less than a page.
        for (index, len) in [1_000_000, 1_000_000].into_iter().chain([1; 50]).enumerate() {
            let _ = std::fs::write(mount.path().join(index.to_string()), vec![b'x'; len]);
        }
        mount.unmount();
        let mount = LoopMount::read_only(image.path());
        for options in [&[][..], &["-h"], &["-i"]] {
            compare(&image, &mount, options, "full");
        }
        drop(mount);
        let usage = &command::json(&["df"], image.path(), &[])[0];
        assert_eq!((&usage["free_blocks"], &usage["available_blocks"]), (&0.into(), &0.into()));
    }
}

#[test]
fn descriptors_count_and_not_the_superblock() {
    let image = Image::new(1024, 1 << 20, &[]);
    let free = &command::json(&["df"], image.path(), &[])[0]["free_blocks"];
    image.edit(&["ssv free_blocks_count 7", "ssv free_inodes_count 7"]);
    let usage = &command::json(&["df"], image.path(), &[])[0];
    assert_eq!(&usage["free_blocks"], free);
    assert_eq!(usage["free_inodes"], 128 - 11);
    if LoopMount::available().is_ok() {
        compare(&image, &LoopMount::read_only(image.path()), &[], "a superblock that lies");
    }
}

#[test]
fn a_table_of_inodes_that_is_no_whole_number_of_blocks_counts_as_for_the_kernel() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.edit(&["ssv inodes_per_group 127", "ssv inodes_count 127"]);
    if let Err(reason) = LoopMount::available() {
        let test = "a_table_of_inodes_that_is_no_whole_number_of_blocks_counts_as_for_the_kernel";
        return skipped(test, &reason);
    }
    compare(&image, &LoopMount::read_only(image.path()), &[], "127 inodes");
}

#[test]
fn the_parts_add_up() {
    for (block_size, kib, args) in SHAPES {
        let image = Image::new(*block_size, kib << 10, args);
        let usage = &command::json(&["df"], image.path(), &[])[0];
        let number = |key: &str| usage[key].as_u64().unwrap();
        let all = ["overhead_blocks", "used_blocks", "free_blocks"].map(number);
        assert_eq!(all.iter().sum::<u64>(), number("blocks"), "{usage}");
        assert_eq!(number("used_inodes") + number("free_inodes"), number("inodes"), "{usage}");
        // mke2fs leaves out a last group that is too small.
        assert!(number("blocks") * number("block_size") > kib * 1024 - (1 << 20), "{usage}");
    }
}

#[test]
fn counts_that_cannot_be_are_told() {
    for (field, line) in [
        (
            "free_blocks_count",
            "bg_free_blocks_count is 60000, want no more than the group's blocks",
        ),
        (
            "free_inodes_count",
            "bg_free_inodes_count is 60000, want no more than s_inodes_per_group",
        ),
    ] {
        let image = Image::new(1024, 1 << 20, &[]);
        image.edit(&[format!("set_bg 0 {field} 60000")]);
        let path = path_text(image.path());
        let ran = process::run(&["df", &path]);
        assert_eq!((ran.code, ran.text().as_str()), (Some(4), ""));
        assert_eq!(ran.stderr, format!("mpimg: {path}: group 0: {line}\n"));
    }
}

#[test]
fn a_journal_that_is_no_inode_is_told() {
    let image = Image::new(1024, 4 << 20, &["-O", "has_journal", "-J", "size=1"]);
    image.edit(&["ssv journal_inum 999999"]);
    let ran = process::run(&["df", &path_text(image.path())]);
    assert_eq!((ran.code, ran.text().as_str()), (Some(4), ""), "{ran:?}");
    assert!(ran.stderr.contains("inode 999999"), "{ran:?}");
}

#[test]
fn an_image_is_one_line_whatever_its_name() {
    let dir = Tree::new();
    let path = dir.path().join("two\nlines");
    std::fs::copy(sample(), &path).unwrap();
    let ran = process::run(&[Path::new("df"), &path]);
    let text = ran.text();
    assert_eq!((ran.code, text.lines().count()), (Some(0), 2), "{text}");
    assert!(text.contains("/two\\nlines "), "{text}");
}

#[test]
fn wrong_arguments_end_with_code_2() {
    for args in [&["-B0"][..], &["-BQ"], &["-B", ""], &["extra"]] {
        let ran = process::run(&[&["df", &sample()], args].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:?}");
    }
    assert_eq!(process::run(&["df", "/no/such/image"]).code, Some(1));
    let full = process::script("\"$MPIMG\" df \"$1\" >/dev/full", &[sample()]);
    assert_eq!(full.code, Some(8), "{full:?}");
}
