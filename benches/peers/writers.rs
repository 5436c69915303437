//! What a user types to have each tool write a file or a tree into an image.

use crate::cases::{Operation, Subject};
use crate::job::{Job, Line, Sink};
use crate::peers::{Peer, inside, line, mpimg};

/// Longest wait for a mount's daemon to have written everything, in seconds.
const DAEMON_SECONDS: &str = "60";

/// The job that does the subject's operation; none where the tool has no way to, or is the limit.
pub fn job(peer: Peer, subject: &Subject) -> Option<Job> {
    let image = &subject.image;
    let inner = subject.inner;
    let plain = &subject.plain;
    let main = match (peer, subject.operation) {
        (Peer::Mpimg, Operation::Build) => {
            let create = mpimg().arg("create").arg("--preserve").arg("--from").arg(plain);
            let block_bytes = subject.shape.block_bytes.to_string();
            return Some(Job::new(create.arg("-b").arg(block_bytes).arg(image), subject.sink()));
        }
        (Peer::Mke2fs, Operation::Build) => {
            return Some(Job::new(subject.mke2fs_line(image), subject.sink()));
        }
        (Peer::Genext2fs, Operation::Build) => {
            let blocks = subject.shape.size_bytes / u64::from(subject.shape.block_bytes);
            let genext2fs = line("genext2fs").arg("-d").arg(plain).arg("-N");
            let genext2fs = genext2fs.arg(subject.shape.inodes.to_string()).arg("-B");
            let genext2fs = genext2fs.arg(subject.shape.block_bytes.to_string()).arg("-b");
            return Some(Job::new(genext2fs.arg(blocks.to_string()).arg(image), subject.sink()));
        }
        (Peer::Debugfs | Peer::E2tools, Operation::Build) => return None,
        (Peer::Mpimg, Operation::Import) => {
            mpimg().arg("batch").arg(image).arg(subject.script("mpimg"))
        }
        (Peer::Mpimg, _) => mpimg().arg("put").arg(image).arg(inner).arg(plain),
        (Peer::Debugfs, Operation::Import) => {
            line("debugfs").arg("-w").arg("-f").arg(subject.script("debugfs")).arg(image)
        }
        (Peer::Debugfs, _) => {
            let request = format!("write \"{}\" {inner}", plain.display());
            line("debugfs").arg("-w").arg("-R").arg(request).arg(image)
        }
        (Peer::E2tools, Operation::Import) => line("sh").arg(subject.script("e2tools")),
        (Peer::E2tools, _) => line("e2cp").arg(plain).arg(inside(image, inner)),
        (Peer::Mke2fs, Operation::Put) => {
            // It makes the image itself, so there is none to start from.
            return Some(Job::new(subject.mke2fs_line(image), Sink::Itself(image.clone())));
        }
        (Peer::LoopMount | Peer::Fuse2fs, _) => copy(subject),
        (Peer::Mke2fs | Peer::Genext2fs | Peer::SevenZip, _) => return None,
    };
    // The image is there before, and is copied into.
    let sink = if subject.operation == Operation::Build { Sink::Null } else { subject.sink() };
    let mut job = Job::new(main, sink);
    job.fresh = Some(subject.fresh());
    let point = subject.mount_point();
    if peer == Peer::LoopMount {
        let mount = line("mount").arg("-t").arg("ext2").arg("-o").arg("loop");
        job.before = vec![mount.arg(image).arg(&point)];
        job.after = vec![line("sync").arg("-f").arg(&point), line("umount").arg(&point)];
    } else if peer == Peer::Fuse2fs {
        // Its daemon writes on after the unmount. It inherits a lock, which is free when it ends.
        let lock = || line("flock").arg("-w").arg(DAEMON_SECONDS).arg(subject.lock());
        job.before = vec![line("fuse2fs").arg(image).arg(&point).under(lock())];
        job.after = vec![line("umount").arg(&point), line("true").under(lock())];
    }
    Some(job)
}

/// Copies the plain file or tree onto the mount.
fn copy(subject: &Subject) -> Line {
    let point = subject.mount_point();
    match subject.operation {
        Operation::Import | Operation::Build => {
            line("cp").arg("-a").arg(subject.plain.join(".")).arg(point)
        }
        _ => line("cp").arg(&subject.plain).arg(point.join(subject.inner.trim_start_matches('/'))),
    }
}
