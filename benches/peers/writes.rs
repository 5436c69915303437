//! The cases that write: a plain file or tree, an empty image for every run to start from, and the
//! scripts with which each tool is told what goes where.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::cases::{GIB, MIB, Operation, Subject};
use crate::peers::inside;
use crate::support::tools;

/// One file for an empty image of twice its size.
pub fn put(dir: &Path, quick: bool, block_bytes: u32) -> Subject {
    let len_bytes = if quick { 64 * MIB } else { GIB };
    let mut subject = Subject::new(dir, Operation::Put);
    subject.blocks = len_bytes / u64::from(block_bytes);
    subject.write_plain(len_bytes);
    subject.mke2fs_empty(block_bytes, 2 * len_bytes, 1024);
    subject
}

/// Ten bytes for an empty image of `size_bytes`, which is sparse on the host.
pub fn put_ten(dir: &Path, size_bytes: u64) -> Subject {
    let mut subject = Subject::new(dir, Operation::Put);
    subject.blocks = 1;
    fs::write(&subject.plain, b"ten bytes\n").expect("a plain file");
    subject.mke2fs_empty(4096, size_bytes, 131_072);
    subject
}

/// 10,000 files of 0.5-16 KiB in 250 directories.
pub fn import(dir: &Path, quick: bool) -> Subject {
    let (directories, files) = if quick { (50, 1000) } else { (250, 10_000) };
    let mut subject = Subject::new(dir, Operation::Import);
    let paths = subject.write_tree(directories, files);
    // 8 KiB on the average, and each file's inode and mapping.
    subject.blocks = 4 * files as u64;
    let inodes = (files + directories) as u64 + 1024;
    subject.mke2fs_empty(4096, files as u64 * 20_000 + 32 * MIB, inodes);
    let save = |tool, script: String| fs::write(subject.script(tool), script).expect("a script");
    save("mpimg", mpimg_script(&subject, &paths));
    save("debugfs", debugfs_script(&subject, &paths));
    save("e2tools", e2tools_script(&subject));
    subject
}

/// 20,000 files of 0.5-16 KiB in 500 directories, and 200 symbolic links.
pub fn build(dir: &Path, quick: bool, block_bytes: u32) -> Subject {
    let (directories, files) = if quick { (50, 2000) } else { (500, 20_000) };
    let mut subject = Subject::new(dir, Operation::Build);
    let paths = subject.write_tree(directories, files);
    for (path, index) in paths.iter().step_by(files / 200).zip(0..) {
        let link = subject.on_host(&subject.directories[index % directories]).join("link");
        let target = path.rsplit('/').next().unwrap_or(path);
        symlink(target, link).expect("a symbolic link");
    }
    subject.blocks = 4 * files as u64;
    let inodes = (files + directories) as u64 + 1024;
    // What the loop mount copies into is made before the time begins.
    subject.mke2fs_empty(block_bytes, files as u64 * 20_000 + 32 * MIB, inodes);
    subject
}

/// For `mpimg batch`; it keeps owners and times, as `mke2fs -d` does.
fn mpimg_script(subject: &Subject, paths: &[String]) -> String {
    let mut script = String::new();
    for directory in &subject.directories {
        let _ = writeln!(script, "mkdir '{directory}'");
    }
    for path in paths {
        let _ = writeln!(script, "put -p '{path}' '{}'", subject.on_host(path).display());
    }
    script
}

/// For `debugfs -w -f`: its `write` takes a name in the working directory.
fn debugfs_script(subject: &Subject, paths: &[String]) -> String {
    let mut script = String::new();
    for directory in &subject.directories {
        let _ = writeln!(script, "mkdir {directory}");
    }
    let count = subject.directories.len();
    for (index, directory) in subject.directories.iter().enumerate() {
        let _ = writeln!(script, "cd {directory}");
        for path in paths.iter().skip(index).step_by(count) {
            let name = path.rsplit('/').next().unwrap_or(path);
            let _ = writeln!(script, "write \"{}\" {name}", subject.on_host(path).display());
        }
    }
    script
}

/// For `sh`: e2cp copies files into one directory, so there is one for each.
fn e2tools_script(subject: &Subject) -> String {
    let found = |tool| tools::find(tool).unwrap_or_else(|| tool.into());
    let (e2mkdir, e2cp) = (found("e2mkdir"), found("e2cp"));
    let mut script = format!("set -e\n'{}'", e2mkdir.display());
    for directory in &subject.directories {
        let _ = write!(script, " '{}'", inside(&subject.image, directory));
    }
    script.push('\n');
    for directory in &subject.directories {
        let files = subject.on_host(directory);
        let to = inside(&subject.image, directory);
        let _ = writeln!(script, "'{}' -p '{}'/*.txt '{to}'", e2cp.display(), files.display());
    }
    script
}
