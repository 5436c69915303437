//! Where `get` puts things: what the path that was named on the host means.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::super::exit::{Exit, Failure, Report};
use super::super::image::OpenImage;
use super::super::unread::Unread;
use crate::fs::{FileType, Inode};
use crate::host::HostError;
use crate::mpage::ReadOptions;

/// A destination.
pub enum Dest {
    /// The directory that a directory becomes.
    Tree(PathBuf),
    /// The path that anything else gets.
    File(PathBuf),
    /// What takes bytes and is no file: a pipe, a device.
    Stream(File),
}

/// What `dest` means for what the image has at `path`, a `file_type`.
///
/// Only bytes go through a symbolic link or into a device. A fifo, a device or a link of the image
/// takes the place of `dest` itself: never of what a link leads to, which may be anything of the host.
pub fn find(dest: Option<&Path>, path: &[u8], file_type: FileType) -> Result<Dest, Failure> {
    if file_type == FileType::Directory {
        let dest = match dest {
            Some(dest) => dest.to_owned(),
            None => PathBuf::from(own_name(path)?),
        };
        return Ok(Dest::Tree(dest));
    }
    let Some(dest) = dest else { return Ok(Dest::File(PathBuf::from(own_name(path)?))) };
    let refused = |source| Failure::from(HostError::Create { name: format!("{dest:?}"), source });
    match dest.metadata() {
        Ok(there) if there.is_dir() => Ok(Dest::File(dest.join(own_name(path)?))),
        _ if file_type != FileType::Regular => Ok(Dest::File(dest.to_owned())),
        Ok(there) if there.is_file() => {
            // A link that the user names is followed, as cp does.
            dest.canonicalize().map(Dest::File).map_err(refused)
        }
        Ok(_) => {
            let file = OpenOptions::new().write(true).open(dest).map_err(refused)?;
            Ok(Dest::Stream(file))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if dest.symlink_metadata().is_ok() {
                let reason = format!("{dest:?}: a symbolic link that leads nowhere");
                return Err(Failure::path("dangling_link", reason));
            }
            Ok(Dest::File(dest.to_owned()))
        }
        Err(error) => Err(refused(error)),
    }
}

/// The last name of a path in the image, which is the one that its copy gets.
fn own_name(path: &[u8]) -> Result<&OsStr, Failure> {
    let name = path.split(|byte| *byte == b'/').rfind(|name| !name.is_empty());
    let by_number = path.starts_with(b"<") && !path.contains(&b'/');
    match name {
        Some(name) if name != b"." && name != b".." && !by_number => Ok(OsStr::from_bytes(name)),
        _ => Err(Failure::usage("no_dest", "PATH has no name of its own: DEST has to be given")),
    }
}

/// Writes a file's data to something that is no file.
pub fn fill(
    image: &OpenImage,
    inode: &Inode,
    path: &[u8],
    mut out: &File,
    report: &mut Report<'_>,
) -> anyhow::Result<()> {
    let options = ReadOptions::for_pages_of(image.fs.geometry());
    let mut file = match image.fs.open_file(inode, 0..u64::MAX, options) {
        Ok(file) => file,
        Err(error) => {
            report.failure(Some(path), error);
            return Ok(());
        }
    };
    while let Some(faults) = file.next_window() {
        let range = file.range();
        if let Some(unread) = faults.iter().find_map(|fault| Unread::of(fault, &range)) {
            unread.tell(path, report);
            return Ok(());
        }
        for piece in file.pieces() {
            if let Err(error) = out.write_all(piece) {
                if error.kind() != io::ErrorKind::BrokenPipe {
                    let reason = format!("DEST cannot be written: {error}");
                    report.failure(
                        Some(path),
                        Failure { exit: Exit::HostIo, code: "output", reason },
                    );
                }
                return Ok(());
            }
        }
    }
    Ok(())
}
