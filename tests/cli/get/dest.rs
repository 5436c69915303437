//! What stands where the copy of `mpimg get` is to be.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;

use crate::support::{process, scratch, tools};

/// An image with a fifo, a symbolic link and a file.
fn make_image(dir: &Path) -> std::path::PathBuf {
    let tree = dir.join("tree");
    fs::create_dir(&tree).unwrap();
    tools::succeed(tools::command("mkfifo").arg(tree.join("fifo")));
    symlink("target", tree.join("link")).unwrap();
    fs::write(tree.join("file"), "new").unwrap();
    let image = dir.join("image");
    let mut mke2fs = tools::command("mke2fs");
    mke2fs.args(["-q", "-F", "-t", "ext2", "-d"]).arg(&tree).arg(&image).arg("1M");
    tools::succeed(&mut mke2fs);
    image
}

#[track_caller]
fn get(image: &Path, options: &[&str], path: &str, dest: &Path) {
    let mut command = process::command();
    let ran = tools::capture(command.arg("get").args(options).arg(image).arg(path).arg(dest));
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "get {path} {}", dest.display());
}

#[test]
fn a_fifo_or_a_link_replaces_a_symbolic_link_at_dest_and_not_where_that_leads() {
    let dir = scratch::dir();
    let image = make_image(dir.path());
    for (options, path) in [(&[][..], "fifo"), (&["-P"][..], "link"), (&["-r"][..], "fifo")] {
        for leads_somewhere in [true, false] {
            let host = dir.path().join("host");
            let dest = dir.path().join("dest");
            let _ = fs::remove_file(&dest);
            let _ = fs::remove_file(&host);
            if leads_somewhere {
                fs::write(&host, "precious").unwrap();
            }
            symlink(&host, &dest).unwrap();
            get(&image, options, path, &dest);
            let there = dest.symlink_metadata().unwrap().file_type();
            if path == "fifo" {
                assert!(there.is_fifo(), "{there:?}");
            } else {
                assert_eq!(fs::read_link(&dest).unwrap(), Path::new("target"));
            }
            if leads_somewhere {
                assert!(host.symlink_metadata().unwrap().is_file());
                assert_eq!(fs::read(&host).unwrap(), b"precious");
            } else {
                assert!(host.symlink_metadata().is_err());
            }
        }
    }
}

#[test]
fn a_file_is_written_through_a_symbolic_link_at_dest_as_by_cp() {
    let dir = scratch::dir();
    let image = make_image(dir.path());
    let host = dir.path().join("host");
    let dest = dir.path().join("dest");
    fs::write(&host, "old").unwrap();
    symlink(&host, &dest).unwrap();
    get(&image, &[], "file", &dest);
    assert_eq!(fs::read(&host).unwrap(), b"new");
    assert_eq!(fs::read_link(&dest).unwrap(), host);
}

#[test]
fn what_the_host_says_of_dest_is_said_once() {
    let dir = scratch::dir();
    let image = make_image(dir.path());
    for (options, path, dest) in [
        (&[][..], "file", "missing/file"),
        (&[][..], "file", "new/"),
        (&["-r"][..], "/", "missing/tree"),
    ] {
        let dest = format!("{}/{dest}", dir.path().display());
        let mut command = process::command();
        let ran = tools::capture(command.arg("get").args(options).arg(&image).arg(path).arg(dest));
        let reason = if path == "file" && ran.stderr.contains("new/") {
            "names no file"
        } else {
            "No such file or directory"
        };
        assert_eq!(ran.stderr.matches(reason).count(), 1, "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}
