//! The tools that are compared, and what a user types to have each do the same thing.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cases::{Operation, Subject};
use crate::job::{Job, Line, Sink};
use crate::support::loopmount::LoopMount;
use crate::support::tools;
use crate::writers;

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// This package's program, built for release.
    Mpimg,
    /// e2fsprogs.
    Debugfs,
    /// e2tools: `e2cp` and `e2ls`.
    E2tools,
    /// 7-Zip.
    SevenZip,
    /// `mke2fs -d`: makes a whole image of a tree.
    Mke2fs,
    /// genext2fs: makes a whole image of a tree.
    Genext2fs,
    /// `mount -o loop`, the coreutils, `umount`.
    LoopMount,
    /// `fuse2fs`, the coreutils, `umount`.
    Fuse2fs,
}

impl Peer {
    /// All of them, mpimg first.
    pub const ALL: &[Self] = &[
        Self::Mpimg,
        Self::SevenZip,
        Self::Debugfs,
        Self::E2tools,
        Self::Mke2fs,
        Self::Genext2fs,
        Self::LoopMount,
        Self::Fuse2fs,
    ];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mpimg => "mpimg",
            Self::Debugfs => "debugfs",
            Self::E2tools => "e2cp, e2ls",
            Self::SevenZip => "7z",
            Self::Mke2fs => "mke2fs -d",
            Self::Genext2fs => "genext2fs",
            Self::LoopMount => "loop mount",
            Self::Fuse2fs => "fuse2fs",
        }
    }

    /// What it lacks to be measured.
    pub fn missing(self) -> Option<String> {
        let program = match self {
            Self::Mpimg => return None,
            Self::Debugfs => "debugfs",
            Self::E2tools => "e2cp",
            Self::SevenZip => "7z",
            Self::Mke2fs => "mke2fs",
            Self::Genext2fs => "genext2fs",
            Self::LoopMount => return LoopMount::available().err(),
            Self::Fuse2fs => "fuse2fs",
        };
        let package = || format!("{program} is in the Debian package {}", tools::package(program));
        let unusable = || {
            let fuse = File::options().read(true).write(true).open("/dev/fuse");
            fuse.err().filter(|_| self == Self::Fuse2fs).map(|e| format!("/dev/fuse: {e}"))
        };
        tools::find(program).is_none().then(package).or_else(unusable)
    }

    /// The job that does the subject's operation; none where the tool has no way to.
    pub fn job(self, subject: &Subject) -> Option<Job> {
        let sink = subject.sink();
        let image = &subject.image;
        let inner = subject.inner;
        if subject.operation.writes() {
            return writers::job(self, subject);
        }
        let main = match (self, subject.operation) {
            (Self::Mpimg, Operation::List) => mpimg().arg("ls").arg("-lR").arg(image).arg("/"),
            (Self::Mpimg, Operation::Export) => {
                let get = mpimg().arg("get").arg("-rp").arg("--same-owner");
                get.arg(image).arg("/").arg(subject.out())
            }
            (Self::Mpimg, Operation::Archive) => mpimg().arg("tar").arg(image),
            (Self::Mpimg, Operation::Sum) => mpimg().arg("sum").arg(image).arg(inner),
            (Self::Mpimg, _) => mpimg().arg("cat").arg(image).arg(inner),
            (_, Operation::Archive | Operation::Sum) if self != Self::LoopMount => return None,
            (Self::E2tools, Operation::Export) => return None,
            (Self::Debugfs, Operation::List) => {
                line("debugfs").arg("-f").arg(subject.script("debugfs")).arg(image)
            }
            (Self::Debugfs, Operation::Export) => {
                let request = format!("rdump / {}", subject.out().display());
                let main = line("debugfs").arg("-R").arg(request).arg(image);
                // It wants a directory that is there, which the limit has, too.
                let mkdir = vec![line("mkdir").arg(subject.out())];
                return Some(Job { before: mkdir, ..Job::new(main, sink) });
            }
            (Self::Debugfs, Operation::ToFile) => {
                let request = format!("dump {inner} {}", subject.out().display());
                let main = line("debugfs").arg("-R").arg(request).arg(image);
                return Some(Job::new(main, Sink::Itself(subject.out())));
            }
            (Self::Debugfs, _) => line("debugfs").arg("-R").arg(format!("cat {inner}")).arg(image),
            (Self::E2tools, Operation::List) => {
                let dirs = subject.directories.iter();
                dirs.fold(line("e2ls").arg("-l"), |l, dir| l.arg(inside(image, dir)))
            }
            (Self::E2tools, Operation::ToFile) => {
                let main = line("e2cp").arg(inside(image, inner)).arg(subject.out());
                return Some(Job::new(main, Sink::Itself(subject.out())));
            }
            (Self::E2tools, _) => line("e2cp").arg(inside(image, inner)).arg("-"),
            (Self::SevenZip, Operation::Export) => {
                let to = format!("-o{}", subject.out().display());
                line("7z").arg("x").arg("-y").arg("-snl").arg(to).arg(image)
            }
            (Self::SevenZip, Operation::List) => line("7z").arg("l").arg(image),
            (Self::SevenZip, _) => {
                let name = inner.trim_start_matches('/');
                line("7z").arg("x").arg("-so").arg(image).arg(name)
            }
            (Self::LoopMount, _) => return Some(on_mount(subject)),
            (Self::Mke2fs | Self::Genext2fs | Self::Fuse2fs, _) => return None,
        };
        Some(Job::new(main, sink))
    }

    /// Whether counting its calls is possible, and takes seconds rather than minutes: those that
    /// go block by block make a call a block.
    pub fn is_traceable(self, subject: &Subject) -> bool {
        match self {
            Self::Mpimg | Self::SevenZip => true,
            Self::Debugfs | Self::E2tools | Self::Mke2fs | Self::Genext2fs => {
                subject.blocks < 300_000
            }
            Self::LoopMount | Self::Fuse2fs => false,
        }
    }

    /// Whether its memory is its program's, and not a daemon's.
    pub fn is_weighable(self) -> bool {
        self != Self::Fuse2fs
    }
}

/// Mount, the limit's own command on the mount, unmount: all of it is what the user waits for.
fn on_mount(subject: &Subject) -> Job {
    let point = subject.mount_point();
    let mount = line("mount").arg("-t").arg("ext2").arg("-o").arg("loop,ro");
    let mounted = point.join(subject.inner.trim_start_matches('/'));
    let limit = subject.limit_on(&mounted);
    Job {
        before: vec![mount.arg(&subject.image).arg(&point)],
        after: vec![line("umount").arg(&point)],
        ..limit
    }
}

/// How e2tools name a path in an image.
pub fn inside(image: &Path, path: &str) -> String {
    format!("{}:{path}", image.display())
}

/// A command line that begins with this package's program.
pub fn mpimg() -> Line {
    Line::new(Path::new(env!("CARGO_BIN_EXE_mpimg")))
}

/// A command line that begins with `program`.
pub fn line(program: &str) -> Line {
    Line::new(&tools::find(program).unwrap_or_else(|| PathBuf::from(program)))
}
