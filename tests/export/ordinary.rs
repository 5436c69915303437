//! An ordinary user takes out all that an ordinary user can; the rest is summed up.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;

use crate::shapes;
use crate::support::loopmount::LoopMount;
use crate::support::same_tree::{self, Rules};
use crate::support::tools::Ran;
use crate::support::{process, scratch, skipped, tools};

const NOBODY: u32 = 65_534;

/// Runs a copy of `mpimg` as [`NOBODY`]: where it was built, they may not look.
#[track_caller]
fn run(program: &Path, args: &[&str], image: &Path, dest: &Path) -> Ran {
    let mut command = std::process::Command::new(program);
    command.env("LC_ALL", "C").env("TZ", "UTC").stdin(std::process::Stdio::null());
    command.args(args).arg(image).arg("/").arg(dest);
    tools::capture(command.uid(NOBODY).gid(NOBODY).current_dir("/"))
}

fn users(name: &[u8]) -> bool {
    name.starts_with(b"user.") || name.starts_with(b"system.posix_acl_")
}

#[test]
fn an_ordinary_user_takes_out_all_but_what_takes_root() {
    let name = "an_ordinary_user_takes_out_all_but_what_takes_root";
    let shape = &shapes::LARGE_BLOCKS;
    if let Err(reason) = shape.supported() {
        return skipped(name, &reason);
    }
    // Scratch may lie where others may not look.
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (program, image) = (dir.path().join("mpimg"), dir.path().join("image"));
    fs::copy(process::MPIMG, &program).unwrap();
    tools::copy_sparse(shape.image().path(), &image);
    fs::set_permissions(&image, fs::Permissions::from_mode(0o444)).unwrap();
    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    let out = home.join("out");
    let mount = LoopMount::read_only(shape.image().path());
    let not_devices = |_: &[u8], mode: u32| !matches!(mode >> 12, 0o02 | 0o06);
    let rules = Rules {
        owners: false,
        mode_mask: 0o1777,
        xattr: users,
        holes: |_| false,
        node: not_devices,
        ..Rules::exact()
    };
    for round in ["at first", "again"] {
        let ran = run(&program, &["get", "-r"], &image, &out);
        assert_eq!(ran.code, Some(3), "{round}: {}", ran.stderr);
        let lines = process::error_lines(&ran.stderr);
        // Devices, and attributes of other namespaces; one line a kind.
        assert!((1..=6).contains(&lines.len()), "{round}: {lines:?}");
        assert!(lines.iter().any(|line| line.contains("device")), "{round}: {lines:?}");
        assert_eq!(ran.stdout, b"", "{round}");
        same_tree::assert_same(&out, mount.path(), &rules, round);
    }
    let left: Vec<_> = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [out], "nothing is left beside");
    drop(scratch::dir());
}

#[test]
fn set_id_bits_and_owners_come_out_only_when_they_are_asked_for() {
    let shape = &shapes::SMALL_BLOCKS;
    if let Err(reason) = shape.supported() {
        return skipped("set_id_bits_and_owners_come_out_only_when_they_are_asked_for", &reason);
    }
    let mount = LoopMount::read_only(shape.image().path());
    let dir = scratch::dir();
    let out = dir.path().join("out");
    let image = shape.image().path();
    let plain = Rules { owners: false, mode_mask: 0o1777, holes: |_| false, ..Rules::exact() };
    let without_capability = Rules { xattr: |name| name != b"security.capability", ..plain };
    for (options, rules) in [
        (&["get", "-r"][..], without_capability),
        (&["get", "-r", "-p"], Rules { mode_mask: 0o7777, ..plain }),
        (&["get", "-r", "--same-owner"], Rules { owners: true, ..without_capability }),
    ] {
        let mut command = process::command();
        command.args(options).arg(image).arg("/").arg(&out);
        let ran = tools::capture(&mut command);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{options:?}");
        same_tree::assert_same(&out, mount.path(), &rules, &options.join(" "));
        let set_id = fs::metadata(out.join("modes/file-6711")).unwrap().permissions().mode();
        assert_eq!(set_id & 0o6000 != 0, options.contains(&"-p"), "{options:?}");
        let owner =
            std::os::unix::fs::MetadataExt::uid(&out.join("owners/3/file").metadata().unwrap());
        assert_eq!(owner == 100_000, options.contains(&"--same-owner"), "{options:?}");
        let mut value = [0; 64];
        let capability = out.join("xattrs/capable");
        let capable = rustix::fs::lgetxattr(&capability, "security.capability", &mut value[..]);
        assert_eq!(capable.is_ok(), options.contains(&"-p"), "{options:?}");
        fs::remove_dir_all(&out).unwrap();
    }
}
