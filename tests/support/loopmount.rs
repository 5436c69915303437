//! The kernel's own view of an image, by a loop mount: for comparisons, and to have the kernel's
//! allocator write.
//!
//! It needs root, loop devices and a kernel that takes the block size; a test asks first:
//!
//! ```ignore
//! if let Err(reason) = LoopMount::supports(1024) {
//!     return support::skipped("walk_equals_the_kernels", &reason);
//! }
//! let mount = LoopMount::read_only(image.path());
//! ```

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use tempfile::TempDir;

use super::{image::Image, scratch, tools};

/// A mounted image; unmounted when dropped.
#[derive(Debug)]
pub struct LoopMount {
    dir: TempDir,
}

impl LoopMount {
    /// Whether images can be mounted here at all, or what is missing.
    pub fn available() -> Result<(), String> {
        Self::supports(1024)
    }

    /// Whether the kernel mounts images of this block size: with ext2 not over the page size.
    pub fn supports(block_size: u32) -> Result<(), String> {
        static KNOWN: OnceLock<Mutex<HashMap<u32, Result<(), String>>>> = OnceLock::new();
        let mut known = KNOWN.get_or_init(Mutex::default).lock().expect("no probe panicked");
        known.entry(block_size).or_insert_with(|| probe(block_size)).clone()
    }

    /// Mounts without writing to the image.
    #[track_caller]
    pub fn read_only(image: &Path) -> Self {
        Self::mount(image, "loop,ro").unwrap_or_else(|e| panic!("{}: {e}", image.display()))
    }

    /// Mounts for writing.
    #[track_caller]
    pub fn read_write(image: &Path) -> Self {
        let mount = Self::mount(image, "loop");
        mount.unwrap_or_else(|e| panic!("{}: {e}", image.display()))
    }

    /// The root of the mounted filesystem.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Unmounts, so that the image holds everything; fails the test when that fails.
    #[track_caller]
    pub fn unmount(self) {
        self.try_unmount(&[]).unwrap_or_else(|e| panic!("{e}"));
    }

    fn mount(image: &Path, options: &str) -> Result<Self, String> {
        let dir = scratch::dir();
        let Some(mount) = tools::find("mount") else { return Err("mount is missing".into()) };
        let mut command = std::process::Command::new(mount);
        command.args(["-t", "ext2", "-o", options]).arg(image).arg(dir.path());
        let ran = tools::capture(&mut command);
        if ran.code == Some(0) { Ok(Self { dir }) } else { Err(ran.stderr.trim().to_owned()) }
    }

    fn try_unmount(&self, flags: &[&str]) -> Result<(), String> {
        // A process that another thread starts has our files until it becomes a program.
        for _ in 0..50 {
            let ran = tools::capture(tools::command("umount").args(flags).arg(self.path()));
            if ran.code == Some(0) || ran.stderr.contains("not mounted") {
                return Ok(());
            }
            if !ran.stderr.contains("busy") {
                return Err(ran.stderr);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err("umount: it stays busy".into())
    }
}

impl Drop for LoopMount {
    fn drop(&mut self) {
        // Lazily if need be: no mount may outlive its test, even where a process sits in it.
        let _ = self.try_unmount(&[]).or_else(|_| self.try_unmount(&["--lazy"]));
    }
}

fn probe(block_size: u32) -> Result<(), String> {
    let capabilities = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = capabilities.lines().find_map(|l| l.strip_prefix("CapEff:"));
    let bits = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    let sys_admin = 1 << 21;
    if bits & sys_admin == 0 {
        return Err("a loop mount needs root (CAP_SYS_ADMIN)".into());
    }
    if !Path::new("/dev/loop-control").exists() {
        return Err("a loop mount needs loop devices (/dev/loop-control)".into());
    }
    let image = Image::new(block_size, 64 * u64::from(block_size), &["-N", "16"]);
    let refused = |e| format!("the kernel does not mount {block_size}-byte blocks: {e}");
    LoopMount::mount(image.path(), "loop,ro").map(LoopMount::unmount).map_err(refused)
}
