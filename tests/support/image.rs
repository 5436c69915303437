//! An ext2 image in a scratch directory: built by `mke2fs`, edited and read by `debugfs`, judged
//! by `e2fsck`. Nothing here uses mpimg, so that mpimg can be compared with it, and nothing needs
//! root.
//!
//! ```ignore
//! let image = Image::new(1024, 1 << 20, &["-O", "^filetype"]);
//! image.edit(&["mkdir /a", "symlink /a/b target"]);
//! image.fsck();
//! assert_eq!(image.cat("/f"), b"...");
//! ```

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{scratch, tools};

/// The time of everything the tools invent: a Tuesday in the past, so that `e2fsck` finds nothing
/// of the future in it.
pub const FAKE_TIME: &str = "1700000000";

/// The hosts' `/etc/mke2fs.conf` differ, images should not. No resize inode: it only costs space.
const MKE2FS_CONF: &str = "[defaults]
    base_features = ext_attr,dir_index,filetype,sparse_super,large_file
    default_mntopts = acl,user_xattr
    enable_periodic_fsck = 0
    inode_size = 256
    inode_ratio = 8192
";

/// An image file that is removed when dropped.
#[derive(Debug)]
pub struct Image {
    path: PathBuf,
    dir: TempDir,
}

impl Image {
    /// An empty ext2 filesystem of `size_bytes`. `mke2fs_args` come last and win.
    #[track_caller]
    pub fn new(block_size: u32, size_bytes: u64, mke2fs_args: &[&str]) -> Self {
        let image = Self::unmade();
        mke2fs(&image.path, block_size, size_bytes, mke2fs_args, None);
        image
    }

    /// A filesystem that holds a copy of the host directory `tree`, holes kept.
    #[track_caller]
    pub fn from_tree(tree: &Path, block_size: u32, size_bytes: u64, mke2fs_args: &[&str]) -> Self {
        let image = Self::unmade();
        mke2fs(&image.path, block_size, size_bytes, mke2fs_args, Some(tree));
        image
    }

    /// An image of these very bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let image = Self::unmade();
        fs::write(&image.path, bytes).expect("an image in scratch");
        image
    }

    /// A copy that can be changed while this one is shared.
    #[track_caller]
    pub fn duplicate(&self) -> Self {
        let image = Self::unmade();
        tools::copy_sparse(&self.path, &image.path);
        image
    }

    fn unmade() -> Self {
        let dir = scratch::dir();
        Self { path: dir.path().join("image.ext2"), dir }
    }

    /// Where the image is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The image's own scratch directory: a place for what a test needs beside it.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The whole image.
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).expect("the image is readable")
    }

    /// Overwrites bytes of the image, whatever they mean.
    pub fn patch(&self, offset_bytes: u64, bytes: &[u8]) {
        let file = File::options().write(true).open(&self.path).expect("the image is writable");
        file.write_all_at(bytes, offset_bytes).expect("the image takes the bytes");
    }

    /// Runs one `debugfs` request that only reads, and returns what it prints.
    #[track_caller]
    pub fn debugfs(&self, request: &str) -> String {
        let ran = tools::succeed(debugfs_command().args(["-R", request]).arg(&self.path));
        refuse_complaints(&ran.stderr, request);
        ran.text()
    }

    /// Runs `debugfs` requests that write. Any complaint fails the test: `debugfs` exits 0 always.
    #[track_caller]
    pub fn edit<S: AsRef<str>>(&self, requests: &[S]) -> String {
        edit(&self.path, requests)
    }

    /// Writes a host file to `dest`, holes kept.
    #[track_caller]
    pub fn write(&self, source: &Path, dest: &str) {
        self.edit(&[format!("write \"{}\" \"{dest}\"", source.display())]);
    }

    /// Writes `bytes` to a new file `dest`.
    #[track_caller]
    pub fn write_bytes(&self, dest: &str, bytes: &[u8]) {
        let mut source = tempfile::NamedTempFile::new_in(self.dir.path()).expect("a source file");
        source.write_all(bytes).expect("a source file");
        self.write(source.path(), dest);
    }

    /// A file's content, as `debugfs` reads it.
    #[track_caller]
    pub fn cat(&self, path: &str) -> Vec<u8> {
        let request = format!("cat \"{path}\"");
        let ran = tools::succeed(debugfs_command().args(["-R", &request]).arg(&self.path));
        refuse_complaints(&ran.stderr, &request);
        ran.stdout
    }

    /// Copies a file out, as `debugfs` reads it: for files too large for [`Image::cat`].
    #[track_caller]
    pub fn dump(&self, path: &str, to: &Path) {
        self.debugfs(&format!("dump \"{path}\" \"{}\"", to.display()));
    }

    /// Fails the test unless `e2fsck -fn` has nothing to say.
    #[track_caller]
    pub fn fsck(&self) {
        if let Err(complaint) = fsck(&self.path) {
            panic!("e2fsck -fn {}\n{complaint}", self.path.display());
        }
    }

    /// Has `e2fsck` build the index of every directory that is large enough for one.
    #[track_caller]
    pub fn index_directories(&self) {
        let ran = tools::run("e2fsck", &["-fyD".as_ref(), self.path.as_os_str()]);
        assert!(matches!(ran.code, Some(0 | 1)), "e2fsck -fyD: {}{}", ran.text(), ran.stderr);
        self.fsck();
    }
}

/// Makes a filesystem in the file at `path`, which is created with that size.
#[track_caller]
pub fn mke2fs(path: &Path, block_size: u32, size_bytes: u64, args: &[&str], tree: Option<&Path>) {
    let file = File::create(path).expect("an image file");
    file.set_len(size_bytes).expect("an image file");
    let mut conf = tempfile::NamedTempFile::new().expect("a file for mke2fs.conf");
    conf.write_all(MKE2FS_CONF.as_bytes()).expect("a file for mke2fs.conf");
    let mut command = tools::command("mke2fs");
    command.env("MKE2FS_CONFIG", conf.path()).env("E2FSPROGS_FAKE_TIME", FAKE_TIME);
    // -F: a plain file is meant, and blocks larger than the host's pages too.
    command.args(["-F", "-q", "-t", "ext2", "-b", &block_size.to_string()]);
    command.args(["-U", "7d0a6f3c-2b51-4c8e-9a57-0c1f6e2d4b90"]);
    // The last -E is the only one that counts.
    let mut extended = String::from("hash_seed=1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9");
    let mut rest = args.iter();
    while let Some(&arg) = rest.next() {
        if arg == "-E" {
            extended = format!("{extended},{}", rest.next().expect("options after -E"));
        } else {
            command.arg(arg);
        }
    }
    command.args(["-E", &extended]);
    if let Some(tree) = tree {
        command.arg("-d").arg(tree);
    }
    tools::succeed(command.arg(path));
}

/// What `e2fsck -fn` has to say of the image at `path`, when it has anything to say.
#[track_caller]
pub fn fsck(path: &Path) -> Result<(), String> {
    let ran = tools::run("e2fsck", &["-fn".as_ref(), path.as_os_str()]);
    if ran.code == Some(0) { Ok(()) } else { Err(format!("{}{}", ran.text(), ran.stderr)) }
}

/// Runs `debugfs -w` requests on the image at `path`; see [`Image::edit`].
#[track_caller]
pub fn edit<S: AsRef<str>>(path: &Path, requests: &[S]) -> String {
    let mut script = tempfile::NamedTempFile::new().expect("a script file");
    for request in requests {
        writeln!(script, "{}", request.as_ref()).expect("a script file");
    }
    let mut command = debugfs_command();
    let ran = tools::succeed(command.arg("-w").arg("-f").arg(script.path()).arg(path));
    refuse_complaints(&ran.stderr, "a script");
    ran.text()
}

fn debugfs_command() -> Command {
    let mut command = tools::command("debugfs");
    command.env("E2FSPROGS_FAKE_TIME", FAKE_TIME).env("DEBUGFS_PAGER", "cat");
    command
}

#[track_caller]
fn refuse_complaints(stderr: &str, request: &str) {
    let complaints: Vec<_> = stderr.lines().filter(|l| !l.starts_with("debugfs 1.")).collect();
    assert!(complaints.is_empty(), "debugfs, {request}: {complaints:?}");
}
