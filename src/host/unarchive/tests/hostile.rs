//! Archives that are not as they should be.

use super::*;

fn refused(tar: Tar) -> Vec<String> {
    errors(with(&tar.end(), &options()))
}

#[test]
fn all_that_is_refused_is_told_at_once() {
    let device = |header: &mut [u8]| header[329..337].copy_from_slice(b"0010000\0");
    let long = "n".repeat(256);
    let tar = Tar::default()
        .file("/etc/passwd", "")
        .file("a/../../b", "")
        .link("h", "/f")
        .link("h", "a/../f")
        .link("h", "nothing")
        .dir("d")
        .link("h", "d")
        .records(b'x', &[("path", long.as_bytes())])
        .file("x", "")
        .records(b'x', &[("path", b"a\0b")])
        .file("x", "")
        .add_with(b'3', b"c", "", b"", device)
        .add(b'Q', "odd", "", b"data")
        .add(b'M', "more", "", b"data")
        .file(".", "")
        .symlink("s", "")
        .file("f", "")
        .file("f/g", "")
        .symlink("out", "/elsewhere")
        .file("out/g", "")
        .symlink("loop", "loop")
        .file("loop/g", "")
        .file("", "")
        .records(b'x', &[("uid", b"4294967296")])
        .file("rich", "")
        .records(b'x', &[("SCHILY.acl.access", b"user::rw-,user:joe:rw-,mask::r")])
        .file("acl", "")
        .file("fine", "");
    let want = [
        r#"entry 1, "/etc/passwd": its name is absolute"#,
        r#"entry 2, "a/../../b": `..` is in its name"#,
        r#"entry 3, "h": its target is absolute"#,
        r#"entry 4, "h": `..` is in its target"#,
        r#"entry 5, "h": a hard link to "nothing", which is not before it in the archive"#,
        r#"entry 7, "h": a hard link to "d", a directory"#,
        r#"longer than 255 bytes"#,
        r#"entry 9, "a\0b": a NUL is in its name"#,
        r#"entry 10, "c": a device number of 4096, 0 does not fit into an inode"#,
        r#"entry 11, "odd": entries of type 'Q' are not supported"#,
        r#"entry 12, "more": entries of type 'M' are not supported"#,
        r#"entry 13, ".": the root as something other than a directory"#,
        r#"entry 14, "s": its target is empty"#,
        r#"entry 16, "f/g": "f" is no directory"#,
        r#"entry 18, "out/g": leads through a symbolic link, "out", to no directory of the archive"#,
        r#"entry 20, "loop/g": leads through a symbolic link, "loop", to no directory"#,
        r#"entry 21, "": its name is empty"#,
        r#"entry 22, "rich": the uid is "4294967296""#,
        r#"entry 23, "acl": ACL entry "user:joe:rw-" cannot be understood"#,
    ];
    let found = refused(tar);
    assert_eq!(found.len(), want.len(), "{found:#?}");
    for (found, want) in found.iter().zip(want) {
        assert!(found.contains(want), "{found}\n{want}");
    }
}

#[test]
fn what_cannot_be_gone_on_from_ends_it() {
    let sound = Tar::default().file("../up", "").file("f", &"x".repeat(600)).end();
    let mut flipped = sound.clone();
    flipped[512 + 3] ^= 1;
    let found = errors(with(&flipped, &options()));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[1].starts_with("entry 2, at byte 512: its header has checksum"), "{found:?}");
    let found = errors(with(&sound[..1200], &options()));
    assert_eq!(found[1], "entry 2, at byte 512: the archive ends 424 bytes too early");
    let found = errors(with(&sound[..512 + 300], &options()));
    assert_eq!(found[1], "entry 2, at byte 512: the archive ends 212 bytes too early");
    let lone = Tar::default().records(b'x', &[("path", b"f")]).0;
    assert_eq!(errors(with(&lone, &options())).len(), 1);
    let huge = Tar::default().add_with(b'x', b"x", "", b"", |header| {
        header[124..136].copy_from_slice(b"77777777777\0");
    });
    assert!(refused(huge)[0].contains("an extended header of 8589934591 bytes, of 4194304"));
    let global = Tar::default().records(b'g', &[("path", &[b'x'; 5000])]);
    assert!(refused(global)[0].contains("a name for all entries of 5000 bytes, of 4096 at most"));
}

#[test]
fn what_is_no_archive_is_said_to_be_none() {
    let cases: [(&[u8], &str); 5] = [
        (b"hello", "it has 5 bytes"),
        (&[b'x'; 4096], "it does not begin with a header"),
        (b"BZh91AY", "it is compressed with bzip2, which is not supported"),
        (&[0x04, 0x22, 0x4d, 0x18], "it is compressed with lz4, which is not supported"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "cannot decompress"),
    ];
    for (bytes, want) in cases {
        let found = with(bytes, &options()).unwrap_err();
        assert!(found[0].to_string().contains(want), "{}", found[0]);
    }
    assert!(matches!(
        read(Path::new("/tmp"), &options()).unwrap_err()[0],
        UnarchiveError::Host(crate::host::HostError::IsADirectory { .. })
    ));
}

#[test]
fn an_archive_ends_where_tar_ends_it() {
    let mut behind = Tar::default().file("a", "").end();
    behind.extend(Tar::default().file("b", "").end());
    behind.extend(b"garbage");
    let found = of(&behind);
    assert_eq!((listing(&found).len(), found.warnings.len()), (1, 0));
    let mut single = Tar::default().file("a", "").0;
    assert!(of(&single).warnings[0].contains("it does not end with blocks of zeros"));
    single.resize(single.len() + 512, 0);
    single.extend(Tar::default().file("b", "").end());
    let found = of(&single);
    assert_eq!(listing(&found).len(), 1);
    assert!(found.warnings[0].contains("a single block of zeros"));
    assert_eq!(listing(&of(&[0; 1024])), [""; 0]);
}

#[test]
fn maps_of_holes_that_are_none_are_refused() {
    let sparse = |map: &str, data: &[u8]| {
        let records = [("GNU.sparse.size", &b"4096"[..]), ("GNU.sparse.map", map.as_bytes())];
        Tar::default().records(b'x', &records).add(b'0', "f", "", data)
    };
    for (map, len) in [
        ("0,512,256,512", 1024),
        ("512,512,0,512", 1024),
        ("4000,512", 512),
        ("0,512", 511),
        ("0,512,1", 512),
        ("0,x", 0),
        ("18446744073709551615,18446744073709551615", 5),
    ] {
        let found = refused(sparse(map, &vec![1; len]));
        assert_eq!(found.len(), 1, "{map}");
    }
    let in_data = |body: &[u8]| {
        let records: [(&str, &[u8]); 3] = [
            ("GNU.sparse.major", b"1"),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.realsize", b"4096"),
        ];
        Tar::default().records(b'x', &records).add(b'0', "f", "", body)
    };
    for body in [&b""[..], b"1\n0\n", b"99999999999999999999\n", b"18446744073709551615\n", b"x\n"]
    {
        let found = refused(in_data(body));
        assert!(found[0].contains("its map of holes"), "{found:?}");
    }
}

#[test]
fn an_archive_that_is_written_to_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tar");
    let tar = Tar::default().file("f", "data").end();
    fs::write(&path, &tar).unwrap();
    let found = read(&path, &options()).unwrap();
    assert_eq!(text(&found, "f"), "data");
    fs::write(&path, [&tar[..], &[0; 512]].concat()).unwrap();
    let node = lookup(&found, "f");
    let place = Place { directory: Inventory::ROOT, name: b"f", node };
    let mut reader = found.contents.reader(&found.inventory);
    let error = reader.read(place, 0, &mut [0; 4]).unwrap_err();
    assert!(error.to_string().ends_with("changed while it was read"), "{error}");
}

/// Small archives in which everything occurs, changed at random: they may be refused, and that is
/// all that may happen.
#[test]
fn changed_archives_do_no_harm() {
    let acl: &[u8] = b"user::rw-,user:5:r--,group::r--,mask::r--,other::---";
    let sound = Tar::default()
        .dir("d")
        .records(b'x', &[("path", b"d/long"), ("mtime", b"1.5"), ("SCHILY.acl.access", acl)])
        .file("x", "content")
        .add(b'L', "././@LongLink", "", b"d/longer\0")
        .link("y", "d/long")
        .symlink("s", "d")
        .file("s/z", "")
        .records(b'x', &[("GNU.sparse.size", b"9000"), ("GNU.sparse.map", b"1024,3,9000,0")])
        .add(b'0', "sparse", "", b"abc")
        .add_with(b'S', b"old", "", b"abc", |header| {
            header[386..410].copy_from_slice(b"00000002000\x0000000000003\0");
            header[483..495].copy_from_slice(b"00000023420\0");
        })
        .end();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tar");
    let mut seed = 1_u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut sounds = 0;
    for round in 0..2000 {
        let mut bytes = sound.clone();
        for _ in 0..1 + next(3) {
            let at = next(bytes.len());
            bytes[at] = u8::try_from(next(256)).unwrap();
            // Mostly, the checksum is right all the same: else nothing behind it is ever seen.
            if next(8) > 0 && bytes[at / 512 * 512 + 257..].starts_with(b"ustar") {
                seal(&mut bytes[at / 512 * 512..at / 512 * 512 + 512]);
            }
        }
        if round % 5 == 0 {
            bytes.truncate(next(bytes.len()));
        }
        fs::write(&path, &bytes).unwrap();
        if let Ok(found) = read(&path, &options()) {
            sounds += 1;
            for id in found.inventory.children(Inventory::ROOT).map(|(_, node)| node) {
                let view = found.inventory.view(id);
                let mut buf = vec![0; usize::try_from(view.len_bytes.min(1 << 16)).unwrap()];
                let place = Place { directory: Inventory::ROOT, name: b"?", node: id };
                let mut reader = found.contents.reader(&found.inventory);
                if view.file_type == FileType::Regular {
                    reader.read(place, 0, &mut buf).unwrap();
                }
            }
        }
    }
    assert!((200..1900).contains(&sounds), "{sounds} of 2000 were read");
}

#[test]
fn what_only_begins_with_zeros_is_no_archive() {
    let empty = of(&[0; 10_240]);
    assert_eq!((empty.inventory.len(), empty.warnings.len()), (1, 0));
    let mut image = vec![0; 64 << 10];
    image[1080] = 0x53;
    let none = |bytes: &[u8], want: &str| {
        let error = &with(bytes, &options()).unwrap_err()[0];
        assert!(matches!(error, UnarchiveError::NoArchive { .. }), "{error}");
        assert!(error.to_string().ends_with(want), "{error}");
    };
    none(&image, "it begins with zeros, and holds something else behind them");
    none(
        &[&[0; 512][..], &[1; 512]].concat(),
        "it begins with zeros, and holds something else behind them",
    );
    none(b"", "it is empty");
    // Behind an archive with entries there may be anything.
    let behind = of(&[&Tar::default().file("f", "").end()[..], &[1; 5000]].concat());
    assert_eq!(behind.inventory.len(), 2);
}

#[test]
fn attributes_that_no_image_holds_are_refused_one_by_one() {
    let (full, half) = (vec![b'v'; 65_537], vec![b'v'; 40_000]);
    let tar = Tar::default()
        .records(b'x', &[("SCHILY.xattr.user.a", &full)])
        .file("a", "")
        .records(b'x', &[("SCHILY.xattr.user.a", &half), ("SCHILY.xattr.user.b", &half)])
        .file("b", "")
        .records(b'x', &[("SCHILY.xattr.user.a", &half[..])])
        .file("c", "");
    let want = [
        r#"entry 1, "a": an attribute of 65537 bytes, of 65536 at most"#,
        r#"entry 2, "b": attributes of 80012 bytes, of 65536 at most"#,
    ];
    assert_eq!(errors(with(&tar.end(), &options())), want);
    // Resource forks are left out, however large.
    let fork = ("SCHILY.xattr.com.apple.ResourceFork", &full[..]);
    let found = of(&Tar::default().records(b'x', &[fork]).file("f", "").end());
    assert_eq!((found.inventory.len(), found.warnings.len()), (2, 1));
}

#[test]
fn extended_headers_of_an_entry_have_a_limit_together() {
    let comment = vec![b'c'; 3 << 20];
    let record: &[(&str, &[u8])] = &[("comment", &comment)];
    let one = Tar::default().records(b'x', record).file("f", "").records(b'x', record);
    assert_eq!(of(&one.file("g", "").end()).inventory.len(), 3);
    let two = Tar::default().records(b'x', record).records(b'x', record).file("f", "");
    let errors = errors(with(&two.end(), &options()));
    assert!(errors[0].contains("an extended header of 6291"), "{errors:?}");
    assert!(errors[0].ends_with("of 4194304 at most"), "{errors:?}");
}
