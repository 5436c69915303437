//! The cases: what is on the image, what is to be done with it, and what the limit does.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::job::{Check, Job, Sink};
use crate::peers::line;
use crate::support::prng::SplitMix64;
use crate::support::{content, fragment, image};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A case.
#[derive(Debug)]
pub struct Case {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its name in the table.
    pub title: &'static str,
    /// Rounds that settle the median.
    pub rounds: usize,
    /// Makes the image, and the plain files for the limit, in a directory; small ones for a
    /// quick run.
    pub make: fn(&Path, bool) -> Subject,
}

/// What is done with the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Reads a file into a pipe.
    Pipe,
    /// Reads a file to `/dev/null`.
    Null,
    /// Copies a file out.
    ToFile,
    /// Lists the whole tree with its inodes.
    List,
}

/// Every case, in the table's order.
pub const ALL: &[Case] = &[
    case("cat-4k", "1 GiB, 4 KiB blocks", 11, |dir, quick| whole(dir, quick, 4096)),
    case("cat-1k", "1 GiB, 1 KiB blocks", 11, |dir, quick| whole(dir, quick, 1024)),
    case("frag-4k", "256 MiB in runs of 1-16 blocks, 4 KiB", 11, |d, q| fragments(d, q, 4096)),
    case("frag-1k", "256 MiB in runs of 1-16 blocks, 1 KiB", 11, |d, q| fragments(d, q, 1024)),
    case("file-4k", "1 GiB to a file, 4 KiB blocks", 7, |dir, quick| Subject {
        operation: Operation::ToFile,
        ..whole(dir, quick, 4096)
    }),
    case("file-1k", "1 GiB to a file, 1 KiB blocks", 7, |dir, quick| Subject {
        operation: Operation::ToFile,
        ..whole(dir, quick, 1024)
    }),
    case("ten-2g", "10 bytes in 2 GiB", 200, |dir, _| ten_bytes(dir, 2 * GIB)),
    case("ten-1t", "10 bytes in 1 TiB", 200, |dir, _| ten_bytes(dir, 1024 * GIB)),
    case("ls", "`ls -lR` of 20,000 files", 21, tree),
];

const fn case(
    name: &'static str,
    title: &'static str,
    rounds: usize,
    make: fn(&Path, bool) -> Subject,
) -> Case {
    Case { name, title, rounds, make }
}

/// An image, and plain files that hold the same.
#[derive(Debug)]
pub struct Subject {
    dir: tempfile::TempDir,
    /// The image.
    pub image: PathBuf,
    /// The file or directory in it that is read.
    pub inner: &'static str,
    /// The same on the host.
    plain: PathBuf,
    /// What is done.
    pub operation: Operation,
    /// What the output must be.
    pub check: Check,
    /// Every directory in the image, for tools that do not recurse.
    pub directories: Vec<String>,
    /// Blocks that a reader block by block reads.
    pub blocks_read: u64,
}

impl Subject {
    fn new(base: &Path, operation: Operation) -> Self {
        let dir = tempfile::tempdir_in(base).expect("the bench directory is writable");
        fs::create_dir(dir.path().join("mount")).expect("a mount point");
        let plain = dir.path().join("plain");
        Self {
            image: dir.path().join("image"),
            inner: if operation == Operation::List { "/" } else { "/f" },
            check: Check::Same(plain.clone()),
            plain,
            operation,
            directories: Vec::new(),
            blocks_read: 0,
            dir,
        }
    }

    /// The limit: what coreutils take for the plain files.
    pub fn limit(&self) -> Job {
        self.limit_on(&self.plain)
    }

    /// The limit's command on another path.
    pub fn limit_on(&self, path: &Path) -> Job {
        match self.operation {
            Operation::Pipe | Operation::Null => Job::new(line("cat").arg(path), self.sink()),
            Operation::ToFile => {
                let cp = line("cp").arg("--reflink=never").arg(path).arg(self.out());
                Job::new(cp, Sink::Itself(self.out()))
            }
            Operation::List => Job::new(line("ls").arg("-lR").arg(path), self.sink()),
        }
    }

    /// Where output goes that a tool writes to its standard output.
    pub fn sink(&self) -> Sink {
        match self.operation {
            Operation::Pipe | Operation::List => Sink::Pipe,
            Operation::Null => Sink::Null,
            Operation::ToFile => Sink::File(self.out()),
        }
    }

    /// The file that [`Operation::ToFile`] makes.
    pub fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    /// Where a loop mount goes.
    pub fn mount_point(&self) -> PathBuf {
        self.dir.path().join("mount")
    }

    /// A `debugfs` script that lists every directory.
    pub fn list_script(&self) -> PathBuf {
        self.dir.path().join("list")
    }

    fn write_plain(&self, len_bytes: u64) {
        let mut file = BufWriter::new(File::create(&self.plain).expect("a plain file"));
        let mut piece = vec![0; 1 << 20];
        for at in (0..len_bytes).step_by(1 << 20) {
            content::fill(1, at, &mut piece);
            file.write_all(&piece).expect("room for the plain file");
        }
        file.flush().expect("room for the plain file");
    }

    fn mke2fs(&self, block_size: u32, size_bytes: u64, inodes: u64, tree: Option<&Path>) {
        let inodes = inodes.to_string();
        image::mke2fs(&self.image, block_size, size_bytes, &["-N", &inodes, "-m", "0"], tree);
    }
}

/// One file, as e2fsprogs lays it out on an empty image.
fn whole(dir: &Path, quick: bool, block_size: u32) -> Subject {
    let len_bytes = if quick { 64 * MIB } else { GIB };
    let mut subject = Subject::new(dir, Operation::Pipe);
    subject.blocks_read = len_bytes / u64::from(block_size);
    subject.write_plain(len_bytes);
    subject.mke2fs(block_size, len_bytes + len_bytes / 16 + 16 * MIB, 1024, None);
    image::edit(&subject.image, &[format!("write {} /f", subject.plain.display())]);
    subject
}

/// One file in runs of 1-16 blocks, with gaps of such lengths between them.
fn fragments(dir: &Path, quick: bool, block_size: u32) -> Subject {
    let len_bytes = if quick { 16 * MIB } else { 256 * MIB };
    let mut subject = Subject::new(dir, Operation::Pipe);
    subject.blocks_read = len_bytes / u64::from(block_size);
    subject.write_plain(len_bytes);
    subject.mke2fs(block_size, len_bytes * 9 / 4 + 16 * MIB, 1024, None);
    fragment::reserve(&subject.image, &subject.plain, "/f", 1, fragment::RUN_BLOCKS);
    subject
}

/// Ten bytes in an image of `size_bytes`, which is sparse on the host.
fn ten_bytes(dir: &Path, size_bytes: u64) -> Subject {
    let mut subject = Subject::new(dir, Operation::Null);
    subject.blocks_read = 1;
    fs::write(&subject.plain, b"ten bytes\n").expect("a plain file");
    subject.mke2fs(4096, size_bytes, 131_072, None);
    image::edit(&subject.image, &[format!("write {} /f", subject.plain.display())]);
    subject
}

/// 20,000 files of 0.5-16 KiB and 200 symlinks in 500 directories, 25 of them at the top.
fn tree(dir: &Path, quick: bool) -> Subject {
    let (directories, files) = if quick { (50, 2000) } else { (500, 20_000) };
    let mut subject = Subject::new(dir, Operation::List);
    let name = |index: usize| {
        let top = format!("/dir-{:02}", index % 25);
        if index < 25 { top } else { format!("{top}/sub-{index:03}") }
    };
    subject.directories = (0..directories).map(name).collect();
    let on_host = |path: &str| subject.plain.join(path.trim_start_matches('/'));
    for directory in &subject.directories {
        fs::create_dir_all(on_host(directory)).expect("a directory");
    }
    let mut random = SplitMix64::new(2);
    let mut piece = vec![0; 16 << 10];
    for index in 0..files {
        let directory = &subject.directories[index % directories];
        let len = usize::try_from(random.within(512..=16_384)).expect("a small number");
        content::fill(index as u64, 0, &mut piece[..len]);
        let path = on_host(&format!("{directory}/file-{index:05}.txt"));
        fs::write(path, &piece[..len]).expect("a file");
        if index % 100 == 0 {
            let target = format!("file-{index:05}.txt");
            symlink(target, on_host(&format!("{directory}/link-{index:05}"))).expect("a symlink");
        }
    }
    subject.check = Check::Lines(files + directories + files / 100);
    subject.blocks_read = files as u64;
    subject.directories.push("/".to_owned());
    let requests = subject.directories.iter().map(|dir| format!("ls -l {dir}\n"));
    fs::write(subject.list_script(), requests.collect::<String>()).expect("a script");
    let inodes = (files + directories) as u64 + 1024;
    subject.mke2fs(4096, files as u64 * 20_000 + 32 * MIB, inodes, Some(&subject.plain));
    subject
}
