//! Images that other processes hold.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::image::Image;
use crate::support::{process, tools};
use crate::{expect, path_text};

/// `flock(1)` holding a lock until it is dropped.
struct Holder(Child);

impl Holder {
    fn take(image: &str, mode: &str) -> Self {
        let mut command = tools::command("flock");
        command.args([mode, image, "-c", "echo held; read line"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        Self(child)
    }

    fn release(&mut self) {
        let _ = self.0.stdin.take().map(|mut stdin| stdin.write_all(b"\n"));
        self.0.wait().unwrap();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.release();
    }
}

fn image() -> Image {
    let image = Image::new(1024, 1 << 20, &[]);
    image.write_bytes("/f", b"content\n");
    image
}

#[test]
fn code_7_an_image_under_an_exclusive_lock_is_busy_at_once() {
    let image = image();
    let path = path_text(image.path());
    let _holder = Holder::take(&path, "--exclusive");
    let start = Instant::now();
    let line =
        format!("mpimg: {path}: is in use: another process holds a lock on it (waited 0 s)\n");
    for command in ["ls", "info"] {
        expect(&[command, &path], 7, &line);
    }
    for command in ["cat", "stat", "map", "plan", "readlink"] {
        expect(&[command, &path, "/f"], 7, &line);
    }
    assert!(start.elapsed() < Duration::from_secs(5));
    let ran = process::run(&["--json", "ls", &path]);
    assert!(ran.stderr.contains("\"code\":\"busy\",\"exit\":7"), "{ran:?}");
}

#[test]
fn no_lock_reads_all_the_same() {
    let image = image();
    let path = path_text(image.path());
    let _holder = Holder::take(&path, "--exclusive");
    assert_eq!(expect(&["--no-lock", "cat", &path, "/f"], 0, ""), "content\n");
}

#[test]
fn wait_waits_until_the_lock_is_free() {
    let image = image();
    let path = path_text(image.path());
    let mut holder = Holder::take(&path, "--exclusive");
    let mut command = process::command();
    command.args(["cat", "--wait=60", &path, "/f"]).stdout(Stdio::piped());
    let mut waiting = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(waiting.try_wait().unwrap().is_none(), "it did not wait");
    holder.release();
    let output = waiting.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"content\n"[..]));
}

#[test]
fn wait_ends_with_code_7() {
    let image = image();
    let path = path_text(image.path());
    let _holder = Holder::take(&path, "--exclusive");
    let start = Instant::now();
    let ran = process::run(&["ls", "--wait=0.3", &path]);
    assert_eq!(ran.code, Some(7), "{ran:?}");
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[test]
fn readers_share_the_image() {
    let image = image();
    let path = path_text(image.path());
    let _holder = Holder::take(&path, "--shared");
    assert_eq!(expect(&["cat", &path, "/f"], 0, ""), "content\n");
}
