//! What entries say, in all the forms that they can have.

use super::*;

fn view<'a>(found: &'a Unarchived, path: &str) -> View<'a> {
    found.inventory.view(lookup(found, path))
}

#[test]
fn records_say_what_fields_do_not_hold() {
    let long = "d/".repeat(200) + "f";
    let tar = Tar::default()
        .records(
            b'x',
            &[
                ("path", long.as_bytes()),
                ("uid", b"4000000000"),
                ("gid", b"3000000"),
                ("mtime", b"-1.25"),
                ("comment", b"\xff\n="),
            ],
        )
        .file("short", "1")
        .file("next", "2")
        .records(b'x', &[("linkpath", &[b't'; 300]), ("mtime", b"7000000000.1234567899")])
        .symlink("s", "cut")
        .records(b'x', &[("SCHILY.devmajor", b"4095"), ("SCHILY.devminor", b"1048575")])
        .add(b'3', "c", "", b"")
        .end();
    let found = of(&tar);
    let file = view(&found, &long).meta;
    assert_eq!((file.uid, file.gid), (4_000_000_000, 3_000_000));
    assert_eq!(file.mtime, Time { seconds: -2, nanoseconds: 750_000_000 });
    assert_eq!(view(&found, "next").meta.uid, 10);
    assert_eq!(view(&found, "s").target, [b't'; 300]);
    let mtime = Time { seconds: 7_000_000_000, nanoseconds: 123_456_789 };
    assert_eq!(view(&found, "s").meta.mtime, mtime);
    assert_eq!(view(&found, "c").device, (4095, 1_048_575));
}

#[test]
fn global_records_hold_until_they_are_taken_back() {
    let tar = Tar::default()
        .records(b'g', &[("uid", b"77"), ("mtime", b"9"), ("SCHILY.xattr.user.a", b"x")])
        .file("a", "")
        .records(b'x', &[("uid", b"78")])
        .file("b", "")
        .records(b'g', &[("uid", b"")])
        .file("c", "")
        .end();
    let found = of(&tar);
    let of = |path: &str| (view(&found, path).meta.uid, view(&found, path).meta.mtime.seconds);
    assert_eq!((of("a"), of("b"), of("c")), ((77, 9), (78, 9), (10, 9)));
    assert!(view(&found, "a").xattrs.is_empty());
}

#[test]
fn names_of_gnu_tar_are_in_entries_of_their_own() {
    let (name, target) = ("n".repeat(150), "t".repeat(200));
    let tar = Tar::default()
        .add(b'K', "././@LongLink", "", format!("{target}\0").as_bytes())
        .add(b'L', "././@LongLink", "", format!("dir/{name}\0").as_bytes())
        .symlink("cut", "cut")
        .file("next", "")
        .end();
    let found = of(&tar);
    assert_eq!(view(&found, &format!("dir/{name}")).target, target.as_bytes());
    assert_eq!(found.inventory.count_children(Inventory::ROOT), 2);
    lookup(&found, "next");
}

#[test]
fn numbers_are_octal_or_binary() {
    let binary = |at: usize, bytes: [u8; 12]| {
        move |header: &mut [u8]| header[at..at + 12].copy_from_slice(&bytes)
    };
    let ff = [0xff; 12];
    let mut far = [0; 12];
    (far[0], far[7]) = (0x80, 1);
    let tar = Tar::default()
        .add_with(b'0', b"before", "", b"", binary(136, ff))
        .add_with(b'0', b"far", "", b"", binary(136, far))
        .add_with(b'0', b"id", "", b"", |header| {
            header[108..116].copy_from_slice(&[0x80, 0, 0, 0, 0xee, 0, 0, 1]);
            header[116..124].copy_from_slice(b"    17 \0");
        })
        .add_with(b'0', b"blank", "", b"", |header| header[100..148].fill(0))
        .end();
    let found = of(&tar);
    assert_eq!(view(&found, "before").meta.mtime.seconds, -1);
    assert_eq!(view(&found, "far").meta.mtime.seconds, 1 << 32);
    let id = view(&found, "id").meta;
    assert_eq!((id.uid, id.gid), (0xee00_0001, 0o17));
    assert_eq!((view(&found, "blank").meta.permissions, view(&found, "blank").len_bytes), (0, 0));
}

#[test]
fn headers_of_all_ages_are_understood() {
    let v7 = |header: &mut [u8]| header[257..].fill(0);
    let signed = |header: &mut [u8]| {
        header[257..265].copy_from_slice(b"ustar  \0");
        header[345..350].copy_from_slice(b"times");
    };
    let mut tar = Tar::default()
        .add_with(0, b"old/", "", b"", v7)
        .add_with(0, b"old/f", "", b"data", v7)
        .add_with(b'7', b"contiguous", "", b"c", |_| {})
        .add_with(b'0', b"name", "", b"", |header| {
            header[345..351].copy_from_slice(b"prefix");
        })
        .add_with(b'0', b"star", "", b"", |header| {
            header[345..347].copy_from_slice(b"in");
            header[476..488].copy_from_slice(b"00000000144 ");
            header[508..512].copy_from_slice(b"tar\0");
        })
        .add_with(b'0', b"gnu", "", b"", signed)
        .add(b'D', "dumped/", "", b"Yfile\0\0")
        .add(b'V', "../a label", "", b"")
        .add_with(b'0', &[0xe9, b'x'], "", b"s", |_| {});
    // Old programs took bytes for signed.
    let at = tar.0.len() - 1024;
    let header = &mut tar.0[at..at + 512];
    header[148..156].fill(b' ');
    let sum: i64 = header.iter().map(|byte| i64::from(byte.cast_signed())).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let found = of(&tar.end());
    assert_eq!(text(&found, "old/f"), "data");
    assert!(!view(&found, "old").implied);
    assert_eq!(text(&found, "contiguous"), "c");
    for path in ["prefix/name", "in/star", "gnu", "dumped"] {
        lookup(&found, path);
    }
    assert!(found.inventory.lookup(Inventory::ROOT, &[0xe9, b'x']).is_some());
    assert_eq!(found.warnings.len(), 1, "{:?}", found.warnings);
    assert!(found.warnings[0].ends_with("entry 8, \"../a label\": a volume label, left out"));
}

#[test]
fn links_may_have_data_behind_them_or_tell_of_data_that_is_not_there() {
    let sized = |header: &mut [u8]| header[124..136].copy_from_slice(b"00000003000\0");
    let tar = Tar::default()
        .file("f", "data")
        .add_with(b'1', b"none", "f", b"", sized)
        .add(b'1', "stored", "f", &[b'x'; 700])
        .records(b'x', &[("size", b"5")])
        .add(b'1', "pax", "f", b"12345")
        .add_with(b'5', b"dir", "", b"", sized)
        .file("last", "z")
        .end();
    let found = of(&tar);
    assert_eq!(view(&found, "f").links, 4);
    assert_eq!(text(&found, "last"), "z");
}

#[test]
fn sparse_files_are_read_in_each_form() {
    let data = [[b'a'; 512].as_slice(), b"tail"].concat();
    let mut want = vec![0; 10_000];
    want[1024..1536].fill(b'a');
    want[9000..9004].copy_from_slice(b"tail");
    let old = |header: &mut [u8]| {
        header[257..265].copy_from_slice(b"ustar  \0");
        header[345..].fill(0);
        header[386..410].copy_from_slice(b"00000002000\x0000000001000\0");
        header[482] = 1;
        header[483..495].copy_from_slice(b"00000023420\0");
    };
    let mut more = vec![0; 512];
    more[..24].copy_from_slice(b"00000021450\x0000000000004\0");
    more[24..48].copy_from_slice(b"00000023420\x0000000000000\0");
    let mut tar = Tar::default().add_with(b'S', b"old", "", b"", |header| {
        old(header);
        header[124..136].copy_from_slice(b"00000001004\0");
    });
    tar.0.extend(more);
    tar.0.extend(&data);
    tar.0.resize(tar.0.len().next_multiple_of(512), 0);
    let mut in_data = b"3\n1024\n512\n9000\n4\n10000\n0\n".to_vec();
    in_data.resize(512, 0);
    in_data.extend(&data);
    let tar = tar
        .records(
            b'x',
            &[
                ("GNU.sparse.size", b"10000"),
                ("GNU.sparse.numblocks", b"2"),
                ("GNU.sparse.offset", b"1024"),
                ("GNU.sparse.numbytes", b"512"),
                ("GNU.sparse.offset", b"9000"),
                ("GNU.sparse.numbytes", b"4"),
            ],
        )
        .add(b'0', "v00", "", &data)
        .records(
            b'x',
            &[
                ("GNU.sparse.name", b"v01"),
                ("GNU.sparse.size", b"10000"),
                ("GNU.sparse.numblocks", b"2"),
                ("GNU.sparse.map", b"1024,512,9000,4"),
            ],
        )
        .add(b'0', "GNUSparseFile.1/v01", "", &data)
        .records(
            b'x',
            &[
                ("GNU.sparse.major", b"1"),
                ("GNU.sparse.minor", b"0"),
                ("GNU.sparse.name", b"v10"),
                ("GNU.sparse.realsize", b"10000"),
            ],
        )
        .add(b'0', "GNUSparseFile.1/v10", "", &in_data)
        .records(b'x', &[("GNU.sparse.size", b"5000"), ("GNU.sparse.map", b"5000,0")])
        .file("hole", "")
        .file("last", "z")
        .end();
    let found = of(&tar);
    for path in ["old", "v00", "v01", "v10"] {
        let node = lookup(&found, path);
        let place = Place { directory: Inventory::ROOT, name: b"?", node };
        assert_eq!(content(&found, place), want, "{path}");
        assert_eq!(view(&found, path).data, Some(&[1024..1536, 9000..9004][..]), "{path}");
        let mut reader = found.contents.reader(&found.inventory);
        for (start, end) in [(9001, 9003), (1500, 9001), (0, 10), (2000, 3000), (1535, 1537)] {
            let mut buf = vec![1; end - start];
            reader.read(place, start as u64, &mut buf).unwrap();
            assert_eq!(buf, want[start..end], "{path} {start}");
        }
    }
    assert_eq!((view(&found, "hole").len_bytes, text(&found, "hole").len()), (5000, 5000));
    assert_eq!(view(&found, "hole").data, Some(&[][..]));
    assert_eq!(text(&found, "last"), "z");
}

#[test]
fn attributes_are_kept_in_the_form_of_the_disk() {
    let acl_text = b"user::rw-\nuser:1234:r--\ngroup::r-x\nmask::r-x\nother::---\n";
    let disk = [
        &[1, 0, 0, 0][..],
        &[1, 0, 6, 0],
        &[2, 0, 4, 0, 0xd2, 4, 0, 0],
        &[4, 0, 5, 0],
        &[16, 0, 5, 0],
        &[32, 0, 0, 0],
    ]
    .concat();
    let program = crate::fs::acl_from_disk(&disk).unwrap();
    let tar = Tar::default()
        .records(
            b'x',
            &[
                ("SCHILY.xattr.user.a%3Db%25c", b"\n="),
                ("SCHILY.xattr.user.empty", b""),
                ("SCHILY.xattr.com.apple.provenance", b"x"),
                ("SCHILY.acl.access", acl_text),
                ("RHT.security.selinux", b"label"),
            ],
        )
        .file("text", "")
        .records(
            b'x',
            &[
                ("SCHILY.acl.access", b"user::rwx,group::rwx,other::rwx"),
                ("SCHILY.xattr.system.posix_acl_access", &program),
                ("SCHILY.acl.default", b"other::---,u:someone:r:1234,user::rw,group::rx,mask::rx"),
            ],
        )
        .dir("both")
        .records(b'x', &[("SCHILY.acl.access", b"user::rwx,group::rwx,other::rwx")])
        .file("minimal", "")
        .end();
    let found = of(&tar);
    let xattrs = |path| -> Vec<(String, Vec<u8>)> {
        let xattrs = view(&found, path).xattrs.iter();
        let text = |name: &[u8]| String::from_utf8(name.to_vec()).unwrap();
        xattrs.map(|xattr| (text(&xattr.name), xattr.value.clone())).collect()
    };
    let want = [
        ("security.selinux".to_owned(), b"label\0".to_vec()),
        ("system.posix_acl_access".to_owned(), disk.clone()),
        ("user.a=b%c".to_owned(), b"\n=".to_vec()),
        ("user.empty".to_owned(), vec![]),
    ];
    assert_eq!(xattrs("text"), want);
    let want = [
        ("system.posix_acl_access".to_owned(), disk.clone()),
        ("system.posix_acl_default".to_owned(), disk),
    ];
    assert_eq!(xattrs("both"), want);
    assert_eq!(xattrs("minimal"), []);
    assert_eq!(found.warnings.len(), 1, "{:?}", found.warnings);
    assert!(found.warnings[0].contains("\"com.apple.provenance\""));
}
