//! The cases: what is on the image, what is to be done with it, and what the limit does.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::job::{Check, Fresh, Job, Line, Sink};
use crate::peers::line;
use crate::support::prng::SplitMix64;
use crate::support::{content, fragment, image};
use crate::writes;

/// 1 MiB.
pub const MIB: u64 = 1 << 20;
/// 1 GiB.
pub const GIB: u64 = 1 << 30;

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
    /// Copies the whole tree out, with every attribute.
    Export,
    /// Writes the whole tree into a pipe as a tar archive.
    Archive,
    /// Sums a file.
    Sum,
    /// Writes a file into an empty image.
    Put,
    /// Writes a tree into an empty image.
    Import,
    /// Makes a whole image of a tree.
    Build,
}

impl Operation {
    /// Whether it is about all that the image holds, and not about a file.
    pub fn is_of_a_tree(self) -> bool {
        matches!(self, Self::List | Self::Export | Self::Archive | Self::Import | Self::Build)
    }

    /// Whether it changes the image.
    pub fn writes(self) -> bool {
        matches!(self, Self::Put | Self::Import | Self::Build)
    }
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
    case("export-4k", "export 20,000 files, 4 KiB", 21, |d, q| exported(d, q, 4096)),
    case("export-1k", "export 20,000 files, 1 KiB", 21, |d, q| exported(d, q, 1024)),
    case("tar", "`tar` of 20,000 files", 21, archived),
    case("sum", "CRC-32 of 1 GiB", 11, |dir, quick| Subject {
        operation: Operation::Sum,
        check: Check::Lines(1),
        ..whole(dir, quick, 4096)
    }),
    case("put-4k", "put 1 GiB, 4 KiB blocks", 11, |dir, quick| writes::put(dir, quick, 4096)),
    case("put-1k", "put 1 GiB, 1 KiB blocks", 11, |dir, quick| writes::put(dir, quick, 1024)),
    case("put-ten-2g", "put 10 bytes, 2 GiB", 200, |dir, _| writes::put_ten(dir, 2 * GIB)),
    case("put-ten-1t", "put 10 bytes, 1 TiB", 200, |dir, _| writes::put_ten(dir, 1024 * GIB)),
    case("batch", "10,000 small files", 21, writes::import),
    case("create-4k", "image of 20,000 files, 4 KiB", 21, |d, q| writes::build(d, q, 4096)),
    case("create-1k", "image of 20,000 files, 1 KiB", 21, |d, q| writes::build(d, q, 1024)),
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
    pub plain: PathBuf,
    /// What is done.
    pub operation: Operation,
    /// What the output, or the image, must be.
    pub check: Check,
    /// Every directory in the image, for tools that do not recurse.
    pub directories: Vec<String>,
    /// Blocks that a tool block by block makes calls for.
    pub blocks: u64,
    /// What the filesystem is made of.
    pub shape: Shape,
}

/// What a filesystem is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    /// A block's length.
    pub block_bytes: u32,
    /// The image's length.
    pub size_bytes: u64,
    /// How many inodes it has room for.
    pub inodes: u64,
}

impl Subject {
    /// A subject with nothing in it yet, in a directory of its own.
    pub fn new(base: &Path, operation: Operation) -> Self {
        let dir = tempfile::tempdir_in(base).expect("the bench directory is writable");
        fs::create_dir(dir.path().join("mount")).expect("a mount point");
        // A file that is put is alone in a directory: mke2fs -d takes whole trees.
        let tree = dir.path().join("plain");
        let plain = if operation == Operation::Put { tree.join("f") } else { tree.clone() };
        if plain != tree {
            fs::create_dir(&tree).expect("a directory");
        }
        let image = dir.path().join("image");
        let check = if operation.writes() {
            Check::Holds { image: image.clone(), plain: plain.clone() }
        } else {
            Check::Same(plain.clone())
        };
        Self {
            inner: if operation.is_of_a_tree() { "/" } else { "/f" },
            image,
            check,
            plain,
            operation,
            directories: Vec::new(),
            blocks: 0,
            shape: Shape::default(),
            dir,
        }
    }

    /// The limit: what the plain files take.
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
            Operation::Export => {
                Job::new(line("cp").arg("-a").arg(path).arg(self.out()), self.sink())
            }
            Operation::Archive => {
                let tar = line("tar").arg("-c").arg("-f").arg("-").arg("-C").arg(path).arg(".");
                Job::new(tar, self.sink())
            }
            Operation::Sum => Job::new(line("cat").arg(path), self.sink()),
            Operation::Put => {
                let [mut from, mut to] = ["if=", "of="].map(OsString::from);
                from.push(path);
                to.push(self.out());
                let dd = line("dd").arg(from).arg(to).arg("bs=1M").arg("conv=fsync");
                Job::new(dd, Sink::Itself(self.out()))
            }
            Operation::Build => {
                let tar = line("tar").arg("-c").arg("-f").arg(self.out()).arg("-C").arg(path);
                Job::new(tar.arg("."), Sink::Itself(self.out()))
            }
            Operation::Import => Job::new(self.mke2fs_line(&self.out()), Sink::Itself(self.out())),
        }
    }

    /// Where output goes that a tool writes to its standard output.
    pub fn sink(&self) -> Sink {
        match self.operation {
            Operation::Pipe | Operation::List | Operation::Archive => Sink::Pipe,
            Operation::Export => Sink::Itself(self.out()),
            Operation::Null | Operation::Sum | Operation::Put | Operation::Import => Sink::Null,
            Operation::Build => Sink::Itself(self.image.clone()),
            Operation::ToFile => Sink::File(self.out()),
        }
    }

    /// The file that [`Operation::ToFile`] makes, and the limit of what writes.
    pub fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    /// Where a mount goes.
    pub fn mount_point(&self) -> PathBuf {
        self.dir.path().join("mount")
    }

    /// A script for `tool` that does the operation.
    pub fn script(&self, tool: &str) -> PathBuf {
        self.dir.path().join(format!("script.{tool}"))
    }

    /// A file that is locked as long as a mount's daemon runs.
    pub fn lock(&self) -> PathBuf {
        self.dir.path().join("lock")
    }

    /// Where an operation that writes starts from.
    pub fn fresh(&self) -> Fresh {
        Fresh { from: self.dir.path().join("empty"), image: self.image.clone() }
    }

    /// A command line that makes `image` anew, as the subject's is, with the plain tree in it.
    pub fn mke2fs_line(&self, image: &Path) -> Line {
        let Shape { block_bytes, size_bytes, inodes } = self.shape;
        let tree = if self.plain.is_dir() { Some(&*self.plain) } else { self.plain.parent() };
        // Everything that /etc/mke2fs.conf would decide is said here.
        let mke2fs = line("mke2fs").arg("-F").arg("-q").arg("-t").arg("ext2").arg("-m").arg("0");
        let features = "none,ext_attr,dir_index,filetype,sparse_super,large_file";
        let mke2fs = mke2fs.arg("-O").arg(features).arg("-I").arg("256");
        let mke2fs = mke2fs.arg("-b").arg(block_bytes.to_string());
        let mke2fs = mke2fs.arg("-N").arg(inodes.to_string());
        let mke2fs = mke2fs.arg("-d").arg(tree.expect("a file in a directory")).arg(image);
        mke2fs.arg((size_bytes / u64::from(block_bytes)).to_string())
    }

    /// Makes the plain file.
    pub fn write_plain(&self, len_bytes: u64) {
        let mut file = BufWriter::new(File::create(&self.plain).expect("a plain file"));
        let mut piece = vec![0; 1 << 20];
        for at in (0..len_bytes).step_by(1 << 20) {
            content::fill(1, at, &mut piece);
            file.write_all(&piece).expect("room for the plain file");
        }
        file.flush().expect("room for the plain file");
    }

    /// Makes the plain tree, of directories that are 25 at the top and the others in those; gives
    /// its files as paths in the image.
    pub fn write_tree(&mut self, directories: usize, files: usize) -> Vec<String> {
        let name = |index: usize| {
            let top = format!("/dir-{:02}", index % 25);
            if index < 25 { top } else { format!("{top}/sub-{index:03}") }
        };
        self.directories = (0..directories).map(name).collect();
        for directory in &self.directories {
            fs::create_dir_all(self.on_host(directory)).expect("a directory");
        }
        let mut random = SplitMix64::new(2);
        let mut piece = vec![0; 16 << 10];
        let write = |index: usize| {
            let path = format!("{}/file-{index:05}.txt", self.directories[index % directories]);
            let len = usize::try_from(random.within(512..=16_384)).expect("a small number");
            content::fill(index as u64, 0, &mut piece[..len]);
            fs::write(self.on_host(&path), &piece[..len]).expect("a file");
            path
        };
        (0..files).map(write).collect()
    }

    /// Where the plain tree has what is at `path` in the image.
    pub fn on_host(&self, path: &str) -> PathBuf {
        self.plain.join(path.trim_start_matches('/'))
    }

    fn mke2fs(&mut self, block_bytes: u32, size_bytes: u64, inodes: u64, tree: Option<&Path>) {
        self.shape = Shape { block_bytes, size_bytes, inodes };
        self.make_image(&self.image, tree);
    }

    /// Makes the image that an operation which writes starts from.
    pub fn mke2fs_empty(&mut self, block_bytes: u32, size_bytes: u64, inodes: u64) {
        self.shape = Shape { block_bytes, size_bytes, inodes };
        self.make_image(&self.fresh().from, None);
    }

    fn make_image(&self, path: &Path, tree: Option<&Path>) {
        let Shape { block_bytes, size_bytes, inodes } = self.shape;
        let inodes = inodes.to_string();
        image::mke2fs(path, block_bytes, size_bytes, &["-N", &inodes, "-m", "0"], tree);
    }
}

/// One file, as e2fsprogs lays it out on an empty image.
fn whole(dir: &Path, quick: bool, block_size: u32) -> Subject {
    let len_bytes = if quick { 64 * MIB } else { GIB };
    let mut subject = Subject::new(dir, Operation::Pipe);
    subject.blocks = len_bytes / u64::from(block_size);
    subject.write_plain(len_bytes);
    subject.mke2fs(block_size, len_bytes + len_bytes / 16 + 16 * MIB, 1024, None);
    image::edit(&subject.image, &[format!("write {} /f", subject.plain.display())]);
    subject
}

/// One file in runs of 1-16 blocks, with gaps of such lengths between them.
fn fragments(dir: &Path, quick: bool, block_size: u32) -> Subject {
    let len_bytes = if quick { 16 * MIB } else { 256 * MIB };
    let mut subject = Subject::new(dir, Operation::Pipe);
    subject.blocks = len_bytes / u64::from(block_size);
    subject.write_plain(len_bytes);
    subject.mke2fs(block_size, len_bytes * 9 / 4 + 16 * MIB, 1024, None);
    fragment::reserve(&subject.image, &subject.plain, "/f", 1, fragment::RUN_BLOCKS);
    subject
}

/// Ten bytes in an image of `size_bytes`, which is sparse on the host.
fn ten_bytes(dir: &Path, size_bytes: u64) -> Subject {
    let mut subject = Subject::new(dir, Operation::Null);
    subject.blocks = 1;
    fs::write(&subject.plain, b"ten bytes\n").expect("a plain file");
    subject.mke2fs(4096, size_bytes, 131_072, None);
    image::edit(&subject.image, &[format!("write {} /f", subject.plain.display())]);
    subject
}

/// The tree, to be copied out.
fn exported(dir: &Path, quick: bool, block_bytes: u32) -> Subject {
    let mut subject = tree_of(dir, quick, Operation::Export, block_bytes);
    subject.check = Check::Tree(subject.plain.clone());
    subject
}

/// The tree, to be archived.
fn archived(dir: &Path, quick: bool) -> Subject {
    let mut subject = tree_of(dir, quick, Operation::Archive, 4096);
    subject.check = match subject.check {
        Check::Lines(count) => Check::Entries(count),
        check => check,
    };
    subject
}

/// The tree, to be listed.
fn tree(dir: &Path, quick: bool) -> Subject {
    tree_of(dir, quick, Operation::List, 4096)
}

/// 20,000 files of 0.5-16 KiB and 200 symlinks in 500 directories, 25 of them at the top.
fn tree_of(dir: &Path, quick: bool, operation: Operation, block_bytes: u32) -> Subject {
    let (directories, files) = if quick { (50, 2000) } else { (500, 20_000) };
    let mut subject = Subject::new(dir, operation);
    let paths = subject.write_tree(directories, files);
    for path in paths.iter().step_by(100) {
        let (directory, name) = path.rsplit_once('/').expect("a path from the root");
        let link = name.replace("file", "link").replace(".txt", "");
        let link = subject.on_host(&format!("{directory}/{link}"));
        symlink(name, link).expect("a symlink");
    }
    subject.check = Check::Lines(files + directories + files / 100);
    subject.blocks = files as u64;
    subject.directories.push("/".to_owned());
    let requests = subject.directories.iter().map(|dir| format!("ls -l {dir}\n"));
    fs::write(subject.script("debugfs"), requests.collect::<String>()).expect("a script");
    let inodes = (files + directories) as u64 + 1024;
    let plain = subject.plain.clone();
    subject.mke2fs(block_bytes, files as u64 * 20_000 + 32 * MIB, inodes, Some(&plain));
    subject
}
