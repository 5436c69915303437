//! A root filesystem goes in and out again as an ordinary user, with owners, set-id bits,
//! capabilities and devices.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;

use crate::making;
use crate::support::loopmount::LoopMount;
use crate::support::same_tree::{self, Rules};
use crate::support::{scratch, skipped, tools};
use crate::trees::{self, Ordinary};

/// Makes such an archive, and tells what is in one.
const SCRIPT: &str = include_str!("rootfs.py");

fn script(place: &Ordinary, what: &str, file: &Path) -> String {
    fs::write(place.at("rootfs.py"), SCRIPT).unwrap();
    let mut command = tools::command("python3");
    tools::succeed(command.arg(place.at("rootfs.py")).arg(what).arg(file)).text()
}

/// Makes an image of an archive, by an ordinary user.
fn image(place: &Ordinary, archive: &Path, options: &[&str]) -> std::path::PathBuf {
    script(place, "make", archive);
    let image = place.at("image");
    let mut create = place.create();
    create.args(["--no-sync", "--force"]).args(options).arg("--from").arg(archive).arg(&image);
    let ran = tools::capture(&mut create);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{options:?}");
    making::fsck(&image);
    image
}

#[test]
fn an_ordinary_user_puts_a_root_filesystem_in_and_takes_it_out() {
    let place = Ordinary::new();
    let (archive, back) = (place.at("rootfs.tar"), place.at("back.tar"));
    for options in [&["-b", "1024"][..], &[], &["-I", "128"], &["--size", "auto+20%"]] {
        let image = image(&place, &archive, options);
        let mut tar = place.command(&place.at("mpimg"));
        tar.arg("tar").arg(&image).stdout(File::create(&back).unwrap());
        let ran = tools::capture(&mut tar);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
        let (found, expected) = (script(&place, "tell", &back), script(&place, "tell", &archive));
        assert!(expected.lines().count() > 190);
        for (found, expected) in found.lines().zip(expected.lines()) {
            assert_eq!(found, expected, "{options:?}");
        }
        assert_eq!(found.lines().count(), expected.lines().count(), "{options:?}");
    }
}

#[test]
fn compressed_archives_and_pipes_make_the_same_image() {
    let place = Ordinary::new();
    let archive = place.at("rootfs.tar");
    let image = image(&place, &archive, &[]);
    let again = place.at("again");
    for compress in ["cat", "gzip -c", "xz -c", "zstd -qc"] {
        let program = compress.split(' ').next().unwrap();
        if tools::find(program).is_none() {
            skipped("compressed_archives_and_pipes_make_the_same_image", program);
            continue;
        }
        let script = "set -o pipefail; export SOURCE_DATE_EPOCH=$4; $3 < \"$1\" | \
                      \"$MPIMG\" create --no-sync --from - --force \"$2\"";
        let args: [&OsStr; 4] =
            [archive.as_os_str(), again.as_os_str(), compress.as_ref(), making::EPOCH.as_ref()];
        let ran = crate::support::process::script(script, &args);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{compress}");
        making::assert_same_bytes(&again, &image, compress);
    }
}

#[test]
fn the_kernel_shows_it_as_tar_unpacks_it() {
    let name = "the_kernel_shows_it_as_tar_unpacks_it";
    if let Err(reason) = LoopMount::available() {
        return skipped(name, &reason);
    }
    assert!(trees::is_root());
    let place = Ordinary::new();
    let archive = place.at("rootfs.tar");
    let unpacked = scratch::dir();
    for options in [&["-b", "1024"][..], &[]] {
        let image = image(&place, &archive, options);
        let mut tar = tools::command("tar");
        tar.args(["--extract", "--preserve-permissions", "--same-owner", "--numeric-owner"]);
        tar.args(["--xattrs", "--xattrs-include=*", "--delay-directory-restore", "--file"])
            .arg(&archive);
        tools::succeed(tar.arg("-C").arg(unpacked.path()));
        let mount = LoopMount::read_only(&image);
        let rules =
            Rules { node: |path, _| path != b"lost+found", holes: |_| false, ..Rules::exact() };
        same_tree::assert_same(unpacked.path(), mount.path(), &rules, &format!("{options:?}"));
    }
}
