//! What mpimg does not read: refused by name, shown by `info` all the same. And what it does read
//! although ext2 does not have it.

use crate::support::image::Image;
use crate::support::tree::Tree;
use crate::support::{command, content, gallery, tools};

/// `ls` refuses with `names` in its reason and `code` in its JSON; `info` tells what stops it.
#[track_caller]
fn assert_refused(image: &Image, code: &str, names: &[&str]) {
    let ran = command::on(&["ls"], image.path(), &[]);
    assert_eq!(ran.code, Some(5), "{names:?}: {}", ran.stderr);
    assert!(ran.stdout.is_empty());
    let ran = command::on(&["cat", "--json"], image.path(), &[b"/f"]);
    assert_eq!(ran.code, Some(5), "{names:?}: {}", ran.stderr);
    let error = command::error(&ran);
    assert_eq!(error["code"], code);
    let info = command::json(&["info"], image.path(), &[]).remove(0);
    for key in ["stops_reading", "stops_writing"] {
        let stops = info[key].as_array().expect("a list");
        for name in names {
            assert!(stops.contains(&(*name).into()), "{key}: {name} in {stops:?}");
        }
    }
    if code == "unsupported_feature" {
        let reason = error["reason"].as_str().expect("a reason");
        assert_eq!(reason, format!("unsupported feature: {}", names.join(", ")));
    }
    let text = command::ok(&["info"], image.path(), &[]);
    let text = String::from_utf8(text).expect("text");
    let line = text.lines().find(|line| line.starts_with("stops reading:")).expect("a line");
    assert!(names.iter().all(|name| line.contains(name)), "{line}");
}

#[test]
fn ext4_is_refused_by_the_names_of_its_features() {
    for (options, names) in [
        ("extent", &["extent"][..]),
        ("extent,64bit", &["extent", "64bit"]),
        ("flex_bg", &["flex_bg"]),
        ("inline_data", &["inline_data"]),
        ("mmp", &["mmp"]),
        ("ea_inode", &["ea_inode"]),
        ("large_dir", &["large_dir"]),
        ("encrypt", &["encrypt"]),
        ("casefold", &["casefold"]),
        ("metadata_csum,metadata_csum_seed", &["metadata_csum_seed"]),
        ("extent,bigalloc", &["extent"]),
        ("journal_dev", &["journal_dev"]),
        (
            "extent,64bit,flex_bg,metadata_csum,has_journal,huge_file,dir_nlink,extra_isize",
            &["extent", "64bit", "flex_bg"],
        ),
    ] {
        let image = Image::new(1024, 8 << 20, &["-O", options]);
        assert_refused(&image, "unsupported_feature", names);
    }
}

#[test]
fn every_incompatible_bit_that_is_not_known_is_refused_by_name() {
    let known = [0x2, 0x10]; // filetype, meta_bg
    let image = Image::new(1024, 1 << 20, &[]);
    let filetype = 0x2;
    for bit in 0..32 {
        let mask: u32 = 1 << bit;
        image.patch(1024 + 96, &(filetype | mask).to_le_bytes());
        let ran = command::on(&["ls", "--json"], image.path(), &[]);
        if known.contains(&mask) {
            assert_eq!(ran.code, Some(0), "bit {bit}: {}", ran.stderr);
            continue;
        }
        assert_eq!(ran.code, Some(5), "bit {bit}: {}", ran.stderr);
        let name = match mask {
            0x4 => "needs_recovery".to_owned(),
            0x80 => "64bit".to_owned(), // dumpe2fs would have descriptors be larger then.
            mask => name_by_e2fsprogs(mask, bit),
        };
        let info = command::json(&["info"], image.path(), &[]).remove(0);
        assert_eq!(info["stops_reading"], serde_json::json!([name]), "bit {bit}");
    }
}

/// What `dumpe2fs` calls an incompatible feature: names are those that users look up.
fn name_by_e2fsprogs(mask: u32, bit: u32) -> String {
    let image = gallery::with_incompat(mask);
    let text = tools::run("dumpe2fs", &["-fh".as_ref(), image.path().as_os_str()]).text();
    let line = text.lines().find(|line| line.starts_with("Filesystem features:"));
    let names = line.map_or("", |line| line.split_once(':').expect("a colon").1);
    let plain = ["ext_attr", "dir_index", "filetype", "sparse_super", "large_file"];
    let other = names.split_whitespace().find(|name| !plain.contains(name));
    other.map_or_else(|| format!("FEATURE_I{bit}"), str::to_owned)
}

#[test]
fn a_journal_that_needs_recovery_is_refused_and_a_clean_one_is_read() {
    let image = gallery::needs_recovery();
    assert_refused(&image, "needs_recovery", &["needs_recovery"]);
    let ran = command::on(&["ls"], image.path(), &[]);
    assert!(ran.stderr.contains("the journal needs recovery"), "{}", ran.stderr);
    image.edit(&["feature ^needs_recovery"]);
    assert_eq!(command::ok(&["cat"], image.path(), &[b"hello"]), b"Hello from ext2.\n");
    let info = command::json(&["info"], image.path(), &[]).remove(0);
    assert_eq!(info["stops_reading"], serde_json::json!([]));
    assert_eq!(info["stops_writing"], serde_json::json!([]));
}

#[test]
fn features_that_only_forbid_writing_are_read() {
    let tree = Tree::new();
    tree.pattern("/f", 5, 300_000).directory("/d");
    for (options, stops_writing) in [
        ("huge_file,dir_nlink,extra_isize", &["huge_file", "dir_nlink", "extra_isize"][..]),
        ("uninit_bg", &["uninit_bg"]),
        ("metadata_csum", &["metadata_csum"]),
        ("quota,project", &["quota", "project"]),
        ("verity", &["verity"]),
    ] {
        let image = Image::from_tree(tree.path(), 1024, 4 << 20, &["-O", options]);
        let found = command::ok(&["cat"], image.path(), &[b"/f"]);
        content::assert_same(&found, &content::bytes(5, 300_000), options);
        let info = command::json(&["info"], image.path(), &[]).remove(0);
        assert_eq!(info["stops_reading"], serde_json::json!([]), "{options}");
        assert_eq!(info["stops_writing"], serde_json::json!(stops_writing), "{options}");
    }
}

#[test]
fn what_is_no_ext2_is_refused() {
    let sizes = [0, 1, 1023, 1024, 2047, 2048, 4096, 1 << 20];
    let fills = sizes.iter().flat_map(|size| [vec![0; *size], vec![0xa5; *size]]);
    for bytes in fills {
        let image = Image::from_bytes(&bytes);
        for words in [["ls", "--json"], ["info", "--json"]] {
            let ran = command::on(&words, image.path(), &[]);
            assert_eq!(ran.code, Some(5), "{} bytes: {}", bytes.len(), ran.stderr);
            assert_eq!(command::error(&ran)["code"], "not_ext2");
        }
    }
}

#[test]
fn a_later_revision_is_refused() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.patch(1024 + 76, &2_u32.to_le_bytes());
    let ran = command::on(&["ls", "--json"], image.path(), &[]);
    assert_eq!(ran.code, Some(5));
    assert_eq!(command::error(&ran)["code"], "unsupported_revision");
    let info = command::json(&["info"], image.path(), &[]).remove(0);
    assert_eq!(info["revision"], 2);
}
