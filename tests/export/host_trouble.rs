//! A host that fails, and a run that is ended: what stands under its final name is whole.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::support::image::Image;
use crate::support::loopmount::LoopMount;
use crate::support::prng::SplitMix64;
use crate::support::tree::Tree;
use crate::support::{content, process, scratch, skipped, tools};

const FILES: usize = 300;

fn path_of(index: usize) -> String {
    format!("/d{}/f{index:03}", index % 7)
}

fn len_of(index: usize) -> usize {
    [0, 10, 5_000, 70_000, 200_001][index % 5]
}

/// Some hundred files in few directories, 17 MB.
fn files() -> Image {
    let tree = Tree::new();
    for index in 0..7 {
        tree.directory(format!("/d{index}"));
    }
    for index in 0..FILES {
        tree.pattern(path_of(index), index as u64, len_of(index));
    }
    Image::from_tree(tree.path(), 4096, 24 << 20, &["-N", "400"])
}

fn by_path() -> BTreeMap<PathBuf, usize> {
    (0..FILES).map(|index| (PathBuf::from(path_of(index)), index)).collect()
}

/// Every file that bears a name of the image is whole; returns how many there are, and what bears
/// another name.
#[track_caller]
fn judge(root: &Path, what: &str) -> (usize, Vec<PathBuf>) {
    let known = by_path();
    let (mut whole, mut others) = (0, Vec::new());
    let mut pending = vec![root.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let name = Path::new("/").join(path.strip_prefix(root).unwrap());
            if path.is_dir() {
                pending.push(path);
            } else if let Some(index) = known.get(&name) {
                let at = format!("{what}: {}", path.display());
                let expected = content::bytes(*index as u64, len_of(*index));
                content::assert_same(&fs::read(&path).unwrap(), &expected, &at);
                whole += 1;
            } else {
                others.push(name);
            }
        }
    }
    (whole, others)
}

#[track_caller]
fn get(image: &Path, dest: &Path) -> tools::Ran {
    tools::capture(process::command().args(["get", "-r"]).arg(image).arg("/").arg(dest))
}

/// A small filesystem in memory, unmounted when dropped.
struct Tmpfs(tempfile::TempDir);

impl Tmpfs {
    #[track_caller]
    fn new(options: &str) -> Self {
        let dir = scratch::dir();
        let mut mount = tools::command("mount");
        tools::succeed(mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(dir.path()));
        Self(dir)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = tools::capture(tools::command("umount").arg("--lazy").arg(self.path()));
    }
}

#[test]
fn a_host_that_is_full_has_no_part_of_a_file_under_its_name() {
    if let Err(reason) = LoopMount::available() {
        return skipped("a_host_that_is_full_has_no_part_of_a_file_under_its_name", &reason);
    }
    let image = files();
    for options in ["size=256k", "size=5000k", "size=12m", "size=64m,nr_inodes=100"] {
        let full = Tmpfs::new(options);
        let out = full.path().join("out");
        let ran = get(image.path(), &out);
        assert_eq!(ran.code, Some(8), "{options}: {}", ran.stderr);
        let lines = process::error_lines(&ran.stderr);
        assert!((1..=3).contains(&lines.len()), "{options}: {} lines: {lines:?}", lines.len());
        assert!(
            ran.stderr.contains("No space left") || ran.stderr.contains("no space"),
            "{lines:?}"
        );
        let (whole, others) = judge(&out, options);
        assert!(whole < FILES, "{options}");
        assert!(others.is_empty(), "{options}: {others:?} is left");
    }
}

#[test]
fn what_stands_under_its_name_is_whole_whenever_a_run_is_killed() {
    let image = files();
    let dir = scratch::dir();
    let mut random = SplitMix64::new(11);
    let mut partly = 0;
    let started = std::time::Instant::now();
    assert_eq!(get(image.path(), &dir.path().join("whole")).code, Some(0));
    let most = started.elapsed().as_micros() as u64;
    for round in 0..30 {
        let out = dir.path().join(format!("out-{round}"));
        let mut command = process::command();
        command.args(["get", "-r"]).arg(image.path()).arg("/").arg(&out);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.within(0..=most)));
        child.kill().unwrap();
        child.wait().unwrap();
        if !out.exists() {
            continue;
        }
        let (whole, _) = judge(&out, "killed");
        partly += usize::from(whole > 0 && whole < FILES);
        // And the next run makes it whole.
        if round % 5 == 0 {
            let ran = get(image.path(), &out);
            assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
            assert_eq!(judge(&out, "after a kill").0, FILES);
        }
    }
    assert!(partly > 0, "no run was killed while it wrote");
}

#[test]
fn what_stands_under_its_name_is_whole_wherever_a_call_fails() {
    let tree = Tree::new();
    tree.directory("/d0");
    tree.pattern("/d0/f000", 0, len_of(0)).pattern(path_of(14), 14, len_of(14));
    tree.pattern(path_of(7), 7, len_of(7));
    let image = Image::from_tree(tree.path(), 4096, 4 << 20, &["-N", "64"]);
    let dir = scratch::dir();
    let mut failed = 0;
    let calls = [
        "write,pwrite64,pwritev",
        "openat",
        "openat2",
        "mkdirat",
        "linkat,renameat,renameat2",
        "copy_file_range,ftruncate,fallocate",
        "fchmod,fchmodat",
        "utimensat",
    ];
    for call in calls {
        for when in [1, 2, 3, 5] {
            let out = dir.path().join(format!("{}-{when}", &call[..4]));
            let mut command = tools::command("strace");
            command.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
            command.arg(format!("inject={call}:error=EIO:when={when}"));
            command.args([process::MPIMG, "get", "-r"]).arg(image.path()).arg("/").arg(&out);
            let ran = tools::capture(&mut command);
            let what = format!("{call} number {when}");
            // The first calls of some are those of the program's start.
            assert!(
                ran.code.is_some_and(|code| code != 101),
                "{what}: {:?} {}",
                ran.code,
                ran.stderr
            );
            failed += usize::from(ran.code == Some(8));
            if out.exists() {
                let (whole, _) = judge(&out, &what);
                assert!(whole == 3 || ran.code != Some(0), "{what}: {whole} files, and no word");
                fs::remove_dir_all(&out).unwrap();
            }
        }
    }
    assert!(failed >= 3, "{failed} runs failed for the host");
}

#[test]
fn destinations_that_cannot_be_are_told() {
    let image = files();
    let dir = scratch::dir();
    let file = dir.path().join("file");
    fs::write(&file, b"stands here\n").unwrap();
    for (dest, code) in [("missing/out", 1), ("file", 1), ("file/out", 1), ("", 1)] {
        let ran = get(
            image.path(),
            &if dest.is_empty() { PathBuf::new() } else { dir.path().join(dest) },
        );
        assert!([code, 2].contains(&ran.code.unwrap()), "{dest}: {:?} {}", ran.code, ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{dest}: {}", ran.stderr);
    }
    assert_eq!(fs::read(&file).unwrap(), b"stands here\n");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was made");
}

#[test]
fn a_destination_on_a_read_only_filesystem_is_told() {
    if let Err(reason) = LoopMount::available() {
        return skipped("a_destination_on_a_read_only_filesystem_is_told", &reason);
    }
    let image = files();
    let place = Tmpfs::new("size=1m");
    fs::create_dir(place.path().join("there")).unwrap();
    tools::succeed(tools::command("mount").args(["-o", "remount,ro"]).arg(place.path()));
    for dest in ["there", "new"] {
        let ran = get(image.path(), &place.path().join(dest));
        assert!(matches!(ran.code, Some(1 | 3 | 8)), "{dest}: {:?} {}", ran.code, ran.stderr);
        // At most a line for each entry of the image's root, and three for the place itself.
        let lines = process::error_lines(&ran.stderr);
        assert!((1..=11).contains(&lines.len()), "{dest}: {lines:?}");
        assert!(ran.stderr.contains("Read-only file system"), "{dest}: {lines:?}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_a_stream_quietly() {
    let image = files();
    let path = image.path().to_str().unwrap();
    let readers = [
        "\"$MPIMG\" tar \"$1\" / | head -c 100 >/dev/null; echo ${PIPESTATUS[0]}",
        "\"$MPIMG\" sum -r \"$1\" / | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}",
        "\"$MPIMG\" find \"$1\" / | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}",
        "\"$MPIMG\" du -a \"$1\" / | head -n 1 >/dev/null; echo ${PIPESTATUS[0]}",
    ];
    for reader in readers {
        let ran = process::script(reader, &[path]);
        assert_eq!(ran.stderr, "", "{reader}");
        // As `cat`: ended by the signal, or done before anyone looked.
        assert!(["0\n", "141\n"].contains(&&*ran.text()), "{reader}: {}", ran.text());
    }
    for full in ["tar", "sum -r", "find", "du -a"] {
        let ran = process::script(&format!("\"$MPIMG\" {full} \"$1\" / >/dev/full"), &[path]);
        assert_eq!(ran.code, Some(8), "{full}: {}", ran.stderr);
        assert_eq!(process::error_lines(&ran.stderr).len(), 1, "{full}: {}", ran.stderr);
    }
}

#[test]
fn a_directory_that_may_not_be_written_to_is_the_users_own_mistake() {
    // Root writes anywhere; so this is of the mode that extracting itself sets.
    let tree = Tree::new();
    tree.directory("/closed/inner")
        .file("/closed/file", b"in\n")
        .file("/closed/inner/file", b"in\n");
    tree.mode("/closed/inner", 0o555).mode("/closed", 0o555);
    let image = Image::from_tree(tree.path(), 1024, 1 << 20, &[]);
    tree.mode("/closed", 0o755).mode("/closed/inner", 0o755);
    let dir = scratch::dir();
    for _ in 0..2 {
        let ran = get(image.path(), dir.path());
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
        let mode = fs::metadata(dir.path().join("closed")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o555);
    }
}
