//! The program itself: killed at each system call, with calls that fail, on disks that are full.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::commands::Fixture;
use super::cuts::Tree;
use super::view::{self, View};
use crate::support::process::MPIMG;
use crate::support::tools::Ran;
use crate::support::{content, scratch, skipped, tools};

/// What a batch does.
const BATCH: &str = "\
mkdir -p /x/y
put /x/y/new larger
put --append /file larger
rm -r /old/deep
put /big small
";

/// A directory with an image in it, and sources.
struct Desk {
    dir: TempDir,
    fixture: Fixture,
    old: View,
}

impl Desk {
    fn new() -> Self {
        let fixture = Fixture::whole(1024);
        let dir = scratch::dir();
        fs::write(dir.path().join("larger"), content::bytes(61, 150_000)).unwrap();
        fs::write(dir.path().join("small"), content::bytes(62, 900)).unwrap();
        fs::write(dir.path().join("script"), BATCH).unwrap();
        let old = View::new(&fixture, &fixture.image);
        Self { dir, fixture, old }
    }

    fn image(&self) -> PathBuf {
        self.dir.path().join("disk.img")
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("disk.img.mpimg-log")
    }

    /// The image as it was, sparse or with all its blocks, and no log.
    fn reset(&self, sparse: bool) {
        let _ = fs::remove_file(self.log());
        fs::write(self.image(), &self.fixture.image).unwrap();
        if sparse {
            let whole = self.dir.path().join("whole.img");
            fs::rename(self.image(), &whole).unwrap();
            tools::copy_sparse(&whole, &self.image());
        }
    }

    fn command(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.dir.path());
        command.env("LC_ALL", "C").env("TZ", "UTC").env("SOURCE_DATE_EPOCH", "1800000000");
        command.stdin(std::process::Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        tools::capture(&mut self.command(Path::new(MPIMG), args))
    }

    /// `strace` of the calls that are about the image, its log, and the directory of both: others
    /// change nothing that outlives the process, and their number may differ from run to run.
    fn strace(&self, output: &Path) -> Command {
        let mut command = self.command(&tools::require("strace"), &["-qq", "-o"]);
        command.arg(output);
        // By the names that the program uses, and by those that its descriptors lead to.
        for name in ["disk.img", "disk.img.mpimg-log", "."] {
            command.args(["-P", name]).arg("-P").arg(self.dir.path().join(name));
        }
        command
    }

    /// The image after the command, and the calls that it made: the name of each, and how many of
    /// that name there had been, this one included.
    fn rehearse(&self, args: &[&str], sparse: bool) -> (View, Vec<(String, usize)>) {
        self.reset(sparse);
        let trace = self.dir.path().join("trace");
        tools::succeed(self.strace(&trace).arg(MPIMG).args(args));
        let new = View::new(&self.fixture, &fs::read(self.image()).unwrap());
        assert_ne!(self.old.listing, new.listing, "{args:?}");
        let trace = fs::read_to_string(trace).unwrap();
        let mut counts = std::collections::BTreeMap::new();
        let mut calls = Vec::new();
        for line in trace.lines() {
            let Some((name, _)) = line.split_once('(') else { continue };
            let count = counts.entry(name.to_owned()).or_insert(0);
            *count += 1;
            calls.push((name.to_owned(), *count));
        }
        assert!(calls.len() > 20, "{trace}");
        (new, calls)
    }

    /// Runs a command under `strace`, which does something to one call.
    fn inject(&self, args: &[&str], call: &(String, usize), what: &str) -> Ran {
        let (name, count) = call;
        let trace = format!("trace={name}");
        let inject = format!("inject={name}:{what}:when={count}");
        let mut strace = self.strace(Path::new("/dev/null"));
        tools::capture(strace.args(["-e", &trace, "-e", &inject, MPIMG]).args(args))
    }

    /// Recovers, and says which tree the image has.
    #[track_caller]
    fn recover(&self, new: &View, at: &str) -> Tree {
        let ran = self.run(&["recover", "disk.img"]);
        assert_eq!(ran.code, Some(0), "{at}: recover: {}", ran.stderr);
        self.tree(new, at)
    }

    #[track_caller]
    fn tree(&self, new: &View, at: &str) -> Tree {
        assert!(!self.log().exists(), "{at}: the log is gone");
        let image = fs::read(self.image()).unwrap();
        if self.old.is_in(&self.fixture, &image) {
            return Tree::Old;
        }
        assert!(new.is_in(&self.fixture, &image), "{at}: neither the old tree nor the new one");
        Tree::New
    }

    #[track_caller]
    fn fsck(&self, at: &str) {
        let complaint = view::fsck(&self.fixture, &fs::read(self.image()).unwrap());
        complaint.unwrap_or_else(|e| panic!("{at}: {e}"));
    }
}

/// The effects of the calls that `strace` has seen, in the words of the cuts; of the same ones in a
/// row, one.
fn effects(trace: &str) -> Vec<&'static str> {
    let (mut image, mut log) = (String::new(), String::new());
    let mut effects = Vec::new();
    for line in trace.lines() {
        let Some((name, rest)) = line.split_once('(') else { continue };
        let fd = rest.split([',', ')']).next().unwrap();
        let result = line.rsplit_once("= ").map_or("", |(_, result)| result);
        effects.push(match name {
            "openat" if rest.contains("\"disk.img\"") => {
                image = result.to_owned();
                continue;
            }
            "openat" if rest.contains("disk.img.mpimg-log\"") => {
                log = result.to_owned();
                if !rest.contains("O_CREAT") {
                    continue;
                }
                "create"
            }
            "pwrite64" | "pwritev" if fd == image => "write",
            "fdatasync" if fd == image => "sync",
            "write" if fd == log => "append",
            "fdatasync" if fd == log => "log sync",
            "fsync" => "directory sync",
            "unlink" if result == "0" => "unlink",
            _ => continue,
        });
    }
    effects.dedup();
    effects
}

/// The cuts are made in a model of the host; this is how the program calls the real one.
#[test]
fn the_program_syncs_in_the_order_that_was_judged() {
    let desk = Desk::new();
    let traced = |args: &[&str]| {
        let trace = desk.dir.path().join("trace");
        tools::succeed(desk.strace(&trace).arg(MPIMG).args(args));
        effects(&fs::read_to_string(trace).unwrap())
    };
    let put = ["put", "disk.img", "/file", "larger"];
    let place = ["write", "sync", "unlink"];
    let logged = ["create", "append", "log sync", "directory sync"];
    desk.reset(false);
    assert_eq!(traced(&put), [&place[..2], &logged, &place].concat());
    desk.reset(false);
    assert_eq!(
        traced(&["mkdir", "--no-sync", "disk.img", "/x"]).join(" "),
        "write create append write unlink"
    );

    let (_, calls) = desk.rehearse(&put, false);
    let last = calls.iter().rfind(|(name, _)| name == "pwritev").unwrap();
    desk.reset(false);
    desk.inject(&put, last, "signal=KILL");
    let found = ["sync", "log sync", "directory sync"];
    assert_eq!(traced(&["recover", "disk.img"]), [&found[..], &place].concat());
}

fn kill_everywhere(args: &[&str]) {
    let desk = Desk::new();
    let (new, calls) = desk.rehearse(args, true);
    let mut trees = Vec::new();
    for call in &calls {
        desk.reset(true);
        let at = format!("{args:?} killed at {call:?}");
        let ran = desk.inject(args, call, "signal=KILL");
        assert_eq!(ran.code, None, "{at}: {}", ran.stderr);
        // Another command does it as well as `recover`.
        if trees.len() % 4 == 3 {
            let ran = desk.run(&["mkdir", "-p", "disk.img", "/new"]);
            assert_eq!(ran.code, Some(0), "{at}: {}", ran.stderr);
        }
        trees.push(desk.recover(&new, &at));
        desk.fsck(&at);
    }
    assert!(trees.is_sorted_by_key(|tree| *tree == Tree::New), "{args:?}: {trees:?}");
    assert_eq!((trees[0], trees.last()), (Tree::Old, Some(&Tree::New)), "{args:?}");
}

#[test]
fn a_put_is_killed_at_each_system_call() {
    kill_everywhere(&["put", "disk.img", "/file", "larger"]);
}

#[test]
fn a_batch_is_killed_at_each_system_call() {
    kill_everywhere(&["batch", "disk.img", "script"]);
}

#[test]
fn a_removal_without_syncs_is_killed_at_each_system_call() {
    kill_everywhere(&["rm", "-r", "--no-sync", "disk.img", "/old"]);
}

#[test]
fn a_recovery_is_killed_at_each_system_call() {
    let desk = Desk::new();
    let put = ["put", "disk.img", "/file", "larger"];
    let (new, calls) = desk.rehearse(&put, false);
    let last = calls.iter().rfind(|(name, _)| name == "pwritev").unwrap();
    let interrupt = || {
        desk.reset(false);
        desk.inject(&put, last, "signal=KILL");
        assert!(desk.log().exists(), "the log of a killed command");
    };
    interrupt();
    // Which calls a recovery makes.
    let trace = desk.dir.path().join("trace");
    let recover = ["recover", "disk.img"];
    tools::succeed(desk.strace(&trace).arg(MPIMG).args(recover));
    let trace = fs::read_to_string(trace).unwrap();
    for name in ["pwritev", "fdatasync", "fsync", "unlink"] {
        let count = trace.lines().filter(|line| line.starts_with(&format!("{name}("))).count();
        assert!(count > 0, "a recovery calls {name}");
        for number in 1..=count {
            interrupt();
            let at = format!("a recovery killed at {name} {number}");
            let ran = desk.inject(&recover, &(name.into(), number), "signal=KILL");
            assert_eq!(ran.code, None, "{at}");
            assert_eq!(desk.recover(&new, &at), Tree::New, "{at}");
            desk.fsck(&at);
        }
    }
}

/// Calls whose failure is the host's.
const FAILING: [&str; 7] =
    ["write", "pwrite64", "pwritev", "fsync", "fdatasync", "fallocate", "unlink"];

#[test]
fn each_call_that_fails_is_told_and_loses_nothing() {
    let desk = Desk::new();
    let args = ["put", "disk.img", "/file", "larger"];
    let (new, calls) = desk.rehearse(&args, true);
    let mut finished = 0;
    for call in calls.iter().filter(|(name, _)| FAILING.contains(&name.as_str())) {
        for error in ["EIO", "ENOSPC"] {
            desk.reset(true);
            let at = format!("{error} at {call:?}");
            let ran = desk.inject(&args, call, &format!("error={error}"));
            let says_recover = ran.stderr.contains("`mpimg recover`");
            let tree = desk.recover(&new, &at);
            match ran.code {
                // A log that cannot be removed is of the image as it is.
                Some(0) => assert_eq!((tree, &*call.0), (Tree::New, "unlink"), "{at}"),
                Some(8) if says_recover => {
                    finished += 1;
                    assert_eq!(tree, Tree::New, "{at}: {}", ran.stderr);
                }
                Some(8) => assert_eq!(tree, Tree::Old, "{at}: {}", ran.stderr),
                other => panic!("{at}: exit code {other:?}: {}", ran.stderr),
            }
            assert!(ran.code == Some(0) || ran.stderr.contains("disk.img"), "{}", ran.stderr);
            desk.fsck(&at);
        }
    }
    assert!(finished > 1, "writing in place fails");
}

#[test]
fn a_host_disk_that_is_full_is_told_and_loses_nothing() {
    let desk = Desk::new();
    let mount = desk.dir.path().join("mount");
    fs::create_dir(&mount).unwrap();
    let mut command = tools::command("mount");
    let mounted =
        tools::capture(command.args(["-t", "tmpfs", "-o", "size=1m", "none"]).arg(&mount));
    if mounted.code != Some(0) {
        let name = "a_host_disk_that_is_full_is_told_and_loses_nothing";
        return skipped(name, &format!("a tmpfs needs root: {}", mounted.stderr.trim()));
    }
    let mounted = Mounted(mount.clone());
    let (new, _) = desk.rehearse(&["put", "disk.img", "/file", "larger"], true);
    let image = mount.join("disk.img");
    let name = image.to_str().unwrap();
    let (mut old, mut done) = (0, 0);
    for left_kib in (0..=220).step_by(10) {
        desk.reset(true);
        tools::copy_sparse(&desk.image(), &image);
        let filler = mount.join("filler");
        fill(&filler, left_kib << 10);
        let ran = desk.run(&["put", name, "/file", "larger"]);
        let at = format!("{left_kib} KiB left");
        assert!(!mount.join("disk.img.mpimg-log").exists(), "{at}: the log is gone");
        fs::copy(&image, desk.image()).unwrap();
        let tree = desk.tree(&new, &at);
        match ran.code {
            Some(0) => assert_eq!(tree, Tree::New, "{at}"),
            Some(8) => assert_eq!(tree, Tree::Old, "{at}: {}", ran.stderr),
            other => panic!("{at}: exit code {other:?}: {}", ran.stderr),
        }
        *(if tree == Tree::Old { &mut old } else { &mut done }) += 1;
        desk.fsck(&at);
        fs::remove_file(filler).unwrap();
        fs::remove_file(&image).unwrap();
    }
    drop(mounted);
    assert!(old > 3 && done > 3, "{old} times full, {done} times not");
}

/// Fills the disk until so many bytes are left.
fn fill(filler: &Path, left_bytes: u64) {
    let piece = vec![1; 4096];
    let mut file = fs::File::create(filler).unwrap();
    while std::io::Write::write_all(&mut file, &piece).is_ok() {}
    let len = file.metadata().unwrap().len() / 4096 * 4096;
    file.set_len(len.saturating_sub(left_bytes)).unwrap();
}

/// Unmounted when dropped.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = tools::capture(tools::command("umount").arg("--lazy").arg(&self.0));
    }
}

#[test]
fn where_the_log_cannot_be_it_is_told_and_can_be_elsewhere() {
    let desk = Desk::new();
    let put = ["put", "disk.img", "/file", "larger"];
    let (new, calls) = desk.rehearse(&put, false);
    // Nobody may write to the directory, and root becomes nobody.
    desk.reset(false);
    let program = desk.dir.path().join("mpimg");
    fs::copy(MPIMG, &program).unwrap();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "./mpimg"];
    let start = |args: &[&str]| {
        let mut command = if is_root {
            desk.command(&tools::require("setpriv"), &nobody)
        } else {
            desk.command(&program, &[])
        };
        tools::capture(command.args(args))
    };
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    allow(&desk.image(), 0o666).unwrap();
    allow(desk.dir.path(), 0o555).unwrap();
    let ran = start(&put);
    assert_eq!(ran.code, Some(8), "{}", ran.stderr);
    assert!(ran.stderr.contains("the image is unchanged"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--log PATH"), "{}", ran.stderr);
    assert_eq!(desk.tree(&new, "no place for the log"), Tree::Old);
    let elsewhere = scratch::dir();
    allow(elsewhere.path(), 0o777).unwrap();
    let log = elsewhere.path().join("log");
    let named = ["--log", log.to_str().unwrap()];
    let ran = start(&[&named[..], &put[..]].concat());
    allow(desk.dir.path(), 0o755).unwrap();
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""));
    assert_eq!(desk.tree(&new, "a log elsewhere"), Tree::New);

    // A command is killed there, and recovered there.
    desk.reset(false);
    let last = calls.iter().rfind(|(name, _)| name == "pwritev").unwrap();
    desk.inject(&[&named[..], &put[..]].concat(), last, "signal=KILL");
    assert!(log.exists() && !desk.log().exists());
    let ran = desk.run(&[&named[..], &["recover", "disk.img"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!log.exists());
    assert_eq!(desk.tree(&new, "recovered from a log elsewhere"), Tree::New);
    let missing = desk.run(&["--log", "/missing/log", "rm", "disk.img", "/big"]);
    assert_eq!(missing.code, Some(8), "{}", missing.stderr);
    assert!(missing.stderr.contains("/missing/log"), "{}", missing.stderr);
}
