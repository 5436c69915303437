//! An empty filesystem is the one that `mke2fs -t ext2` makes, byte by byte.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::making::{self, EPOCH};
use crate::support::{scratch, tools};

const UUID: &str = "7d0a6f3c-2b51-4c8e-9a57-0c1f6e2d4b90";
const SEED: &str = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9";

/// The configuration that e2fsprogs comes with, as far as it is about ext2: hosts change theirs.
const MKE2FS_CONF: &str = "[defaults]
    base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr
    default_mntopts = acl,user_xattr
    enable_periodic_fsck = 0
    blocksize = 4096
    inode_size = 256
    inode_ratio = 16384
[fs_types]
    small = {
        inode_ratio = 4096
    }
    floppy = {
        inode_ratio = 8192
    }
    big = {
        inode_ratio = 32768
    }
    huge = {
        inode_ratio = 65536
    }
";

/// Options for both, in mke2fs' spelling.
type Case<'a> = (u64, &'a str, &'a [&'a str]);

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const CASES: &[Case<'_>] = &[
    // Sizes, across the types by size: floppy, small and the rest; and odd ones.
    (MIB, "1024", &[]),
    (MIB, "2048", &[]),
    (MIB, "4096", &[]),
    (MIB + 3 * KIB, "1024", &[]),
    (3 * MIB - KIB, "1024", &[]),
    (3 * MIB, "1024", &[]),
    (8 * MIB + KIB, "1024", &[]),
    // The last group would be too small, is just large enough, has its copy of the superblock.
    (8 * MIB + 40 * KIB, "1024", &[]),
    (8 * MIB + 512 * KIB, "1024", &[]),
    (16 * MIB + 600 * KIB, "1024", &[]),
    (24 * MIB + 700 * KIB, "1024", &[]),
    (10_000_000, "2048", &[]),
    (64 * MIB, "1024", &[]),
    (64 * MIB, "2048", &[]),
    (64 * MIB, "4096", &[]),
    (150_000_000, "4096", &[]),
    (300_000_000, "1024", &[]),
    (511 * MIB, "4096", &[]),
    (512 * MIB, "4096", &[]),
    (512 * MIB, "1024", &[]),
    (GIB, "2048", &[]),
    (2 * GIB, "1024", &[]),
    (2 * GIB, "4096", &[]),
    (2 * GIB, "65536", &[]),
    // Inodes: their size and number.
    (8 * MIB, "1024", &["-I", "128"]),
    (300 * MIB, "4096", &["-I", "128"]),
    (8 * MIB, "4096", &["-I", "1024"]),
    (8 * MIB, "1024", &["-I", "512"]),
    (20 * MIB, "1024", &["-N", "1000"]),
    (20 * MIB, "1024", &["-N", "12360"]),
    (300 * MIB, "4096", &["-N", "24000"]),
    // What root may use alone.
    (8 * MIB, "1024", &["-m", "0"]),
    (8 * MIB, "4096", &["-m", "1"]),
    (8 * MIB, "4096", &["-m", "0.5"]),
    (64 * MIB, "4096", &["-m", "50"]),
    // Names.
    (8 * MIB, "1024", &["-L", "root"]),
    (8 * MIB, "4096", &["-L", "sixteen letters."]),
    // Features.
    (64 * MIB, "1024", &["-O", "^resize_inode"]),
    (64 * MIB, "4096", &["-O", "^resize_inode"]),
    (8 * MIB, "1024", &["-O", "^dir_index"]),
    (8 * MIB, "1024", &["-O", "^filetype"]),
    (8 * MIB, "1024", &["-O", "^ext_attr"]),
    (8 * MIB, "1024", &["-O", "^large_file"]),
    (64 * MIB, "4096", &["-O", "^large_file"]),
    (64 * MIB, "1024", &["-O", "^sparse_super,^resize_inode"]),
    (200 * MIB, "4096", &["-O", "^sparse_super,^resize_inode"]),
    (64 * MIB, "1024", &["-O", "none"]),
    (64 * MIB, "1024", &["-O", "none,filetype", "-I", "128", "-m", "0", "-N", "256"]),
];

fn mke2fs(image: &Path, conf: &Path, (size, block, args): Case<'_>) {
    File::create(image).unwrap().set_len(size).unwrap();
    let mut command = tools::command("mke2fs");
    command.env("MKE2FS_CONFIG", conf).env("E2FSPROGS_FAKE_TIME", EPOCH);
    command.args(["-F", "-q", "-t", "ext2", "-b", block, "-U", UUID]);
    command.args(["-E", &format!("hash_seed={SEED}")]).args(args);
    // Without a number of blocks it rounds that down to pages of the host.
    let blocks = size / block.parse::<u64>().unwrap();
    tools::succeed(command.arg(image).arg(blocks.to_string()));
}

fn mpimg(image: &Path, (size, block, args): Case<'_>) {
    let size = size.to_string();
    let common = ["--size", &size, "-b", block, "-U", UUID, "--hash-seed", SEED];
    making::make(image, &[&common, args].concat());
}

/// Makes both of each case, compares them with `compare`.
fn each(cases: &[Case<'_>], compare: impl Fn(&Path, &Path, &str)) {
    let dir = scratch::dir();
    let conf = dir.path().join("mke2fs.conf");
    File::create(&conf).unwrap().write_all(MKE2FS_CONF.as_bytes()).unwrap();
    let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
    for case in cases {
        mke2fs(&theirs, &conf, *case);
        mpimg(&ours, *case);
        compare(&ours, &theirs, &format!("{case:?}"));
        std::fs::remove_file(&ours).unwrap();
    }
}

#[test]
fn an_empty_filesystem_is_the_one_that_mke2fs_makes() {
    each(CASES, |ours, theirs, what| {
        // With mke2fs the file keeps its length; ours ends with the filesystem.
        let len = std::fs::metadata(ours).unwrap().len();
        let file = File::options().write(true).open(theirs).unwrap();
        assert!(file.metadata().unwrap().len() >= len, "{what}");
        file.set_len(len).unwrap();
        making::assert_same_bytes(ours, theirs, what);
    });
}

/// Where they differ: `mke2fs` makes a few inodes less where their number does not fill bytes of the
/// bitmaps, and smaller groups where one cannot have that many; we make a few more, or refuse. Where a
/// group has so few that `lost+found` has its inode in the second, its blocks are there with `mke2fs`.
#[test]
fn inodes_that_are_asked_for_are_a_few_more_where_mke2fs_makes_less() {
    let inodes = |image: &Path| {
        let told = tools::run_ok("dumpe2fs", &["-h".as_ref(), image.as_os_str()]).text();
        let line = told.lines().find_map(|line| line.strip_prefix("Inode count:"));
        line.unwrap().trim().parse::<u64>().unwrap()
    };
    each(&[(20 * MIB, "1024", &["-N", "12345"])], |ours, theirs, what| {
        let (ours, theirs) = (inodes(ours), inodes(theirs));
        assert!(theirs < 12345 && (12345..12345 + 24).contains(&ours), "{what}: {ours}, {theirs}");
    });
    each(&[(20 * MIB, "1024", &["-N", "16"])], |ours, theirs, what| {
        assert_eq!(inodes(ours), inodes(theirs), "{what}");
        making::fsck(ours);
    });
}
