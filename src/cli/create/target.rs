//! Where a new filesystem goes: a file of its own, or a part of something that is there.
//!
//! A file is made beside its place and takes it when it is whole, so that whoever looks sees what was
//! there before or all of the new image. A partition, a block device and what lies at an offset are
//! written in place: the superblock that is there goes first, the new one comes last.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

use crate::cli::args::GlobalArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::image::open_location;
use crate::device::{
    Access, BlockDevice, FileDevice, IoCounts, Location, Opened, Recorder, RecorderHandle, Window,
};
use crate::fs::{MAGIC, MAGIC_OFFSET_BYTES, SUPERBLOCK_OFFSET_BYTES};
use crate::host::{HostError, Replacement};

/// How much is looked at of a device, or a part of a disk; files are looked at as a whole.
const HEAD_BYTES: usize = 128 << 10;
/// Permissions of a new image, as far as the umask leaves them.
const PERMISSIONS: u32 = 0o666;
/// The last bytes of a sector that a firmware may start, and that may hold a partition table.
const BOOT_MAGIC: [u8; 2] = [0x55, 0xaa];

/// Where a filesystem is to go.
pub struct Target {
    path: PathBuf,
    /// In front of the filesystem in a new file.
    offset_bytes: u64,
    /// What is there.
    there: Option<Opened>,
    /// Whether the filesystem goes into what is there.
    in_place: bool,
}

/// A place that a filesystem can be written to.
pub struct Place {
    replacement: Option<Replacement>,
    device: Arc<dyn BlockDevice>,
    recorder: RecorderHandle,
    /// Whether it may hold anything but zeros.
    pub overwrite: bool,
}

impl Target {
    /// Looks at what is there, and refuses to destroy it unless that is forced.
    pub fn open(location: &Location, force: bool, global: &GlobalArgs) -> Result<Self, Failure> {
        let offset_bytes = location.offset_bytes.unwrap_or(0);
        let mut path = location.path.clone();
        match std::fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if global.partition.is_some() {
                    return Err(Failure::path("not_found", "there is no image with partitions"));
                }
                return Ok(Self { path, offset_bytes, there: None, in_place: false });
            }
            // Whoever opens it says what is wrong.
            Err(_) => {}
            Ok(_) => path = std::fs::canonicalize(&path).unwrap_or(path),
        }
        // A whole filesystem takes the place of all of it, partitions included.
        let whole = location.offset_bytes.is_none() && global.partition.is_none();
        let at = Location { path: path.clone(), offset_bytes: Some(offset_bytes) };
        let location = if whole { at } else { Location { path: path.clone(), ..location.clone() } };
        let opened = open_location(&location, Access::Write, global)?;
        let file = opened.file.file();
        let in_place = !(whole && file.metadata().is_ok_and(|metadata| metadata.is_file()));
        if !force {
            let mut what = occupied(&*opened.device)?;
            if what.is_none() && !in_place && has_data(file) {
                what = Some("data");
            }
            if let Some(what) = what {
                let reason = format!("it holds {what}, which --force would replace");
                return Err(Failure { exit: Exit::Refused, code: "not_empty", reason });
            }
        }
        Ok(Self { path, offset_bytes, there: Some(opened), in_place })
    }

    /// How much room there is for a filesystem, if that is given.
    pub fn room_bytes(&self) -> Option<u64> {
        let there = self.there.as_ref()?.device.size_bytes();
        Some(there).filter(|room| *room > 0)
    }

    /// Whether the filesystem goes into something that keeps its size.
    pub fn is_in_place(&self) -> bool {
        self.in_place
    }

    /// Which file is there, so that a tree that holds it can leave it out.
    pub fn identity(&self) -> Option<(u64, u64)> {
        let metadata = self.there.as_ref()?.file.file().metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    }

    /// A place for a filesystem of so many bytes.
    pub fn place(&self, len_bytes: u64) -> Result<Place, Failure> {
        if let Some(there) = self.there.as_ref().filter(|_| self.in_place) {
            let room_bytes = there.device.size_bytes();
            if len_bytes > room_bytes {
                let reason =
                    format!("{len_bytes} bytes are needed, there is room for {room_bytes}");
                return Err(Failure { exit: Exit::Full, code: "no_space", reason });
            }
            let device = Arc::clone(&there.device);
            let recorder = there.recorder.clone();
            return Ok(Place { replacement: None, device, recorder, overwrite: true });
        }
        let like = self.there.as_ref().and_then(|there| there.file.file().metadata().ok());
        let permissions = like.as_ref().map_or(PERMISSIONS, |like| like.mode() & 0o777);
        let replacement = Replacement::with_permissions(&self.path, permissions)?;
        let wrong = |source| self.wrong(source);
        let file = replacement.file();
        if let Some(like) = &like {
            keep_owner(file, like);
        }
        file.set_len(self.offset_bytes.saturating_add(len_bytes)).map_err(wrong)?;
        let file = FileDevice::new(file.try_clone().map_err(wrong)?).map_err(wrong)?;
        let recorder = Recorder::new(Arc::new(file));
        let handle = recorder.handle();
        let mut device: Arc<dyn BlockDevice> = Arc::new(recorder);
        if self.offset_bytes > 0 {
            let window = Window::new(device, self.offset_bytes, len_bytes);
            device = Arc::new(window.map_err(|error| Failure::from(&error))?);
        }
        let replacement = Some(replacement);
        Ok(Place { replacement, device, recorder: handle, overwrite: false })
    }

    fn wrong(&self, source: io::Error) -> HostError {
        HostError::Create { name: self.path.display().to_string(), source }
    }
}

impl Place {
    /// Where to write.
    pub fn device(&self) -> &dyn BlockDevice {
        &*self.device
    }

    /// Calls that were made.
    pub fn counts(&self) -> IoCounts {
        self.recorder.counts()
    }

    /// Lets what was written stand at its place.
    pub fn publish(self, sync: bool) -> Result<(), Failure> {
        match self.replacement {
            Some(replacement) => Ok(replacement.publish(sync)?),
            None if sync => self.device.sync().map_err(|error| Failure::from(&error)),
            None => Ok(()),
        }
    }
}

/// What stands in the way, if anything does.
fn occupied(device: &dyn BlockDevice) -> Result<Option<&'static str>, Failure> {
    let len = usize::try_from(device.size_bytes()).unwrap_or(usize::MAX).min(HEAD_BYTES);
    let mut head = vec![0; len];
    device.read_at(&mut head, 0).map_err(|error| Failure::from(&error))?;
    let at = usize::try_from(SUPERBLOCK_OFFSET_BYTES.saturating_add(MAGIC_OFFSET_BYTES));
    let magic = at.ok().and_then(|at| head.get(at..)).and_then(|rest| rest.first_chunk());
    let boot = head.get(510..).and_then(|rest| rest.first_chunk());
    Ok(if magic == Some(&MAGIC.to_le_bytes()) {
        Some("an ext2, ext3 or ext4 filesystem")
    } else if boot == Some(&BOOT_MAGIC) {
        Some("a partition table or a boot sector")
    } else if head.iter().any(|byte| *byte != 0) {
        Some("data")
    } else {
        None
    })
}

/// Whether a file holds anything but zeros, holes left out. One that cannot be read may.
fn has_data(file: &File) -> bool {
    let mut piece = vec![0; 1 << 20];
    let mut at = 0_u64;
    loop {
        at = match seek(file, SeekFrom::Data(at)) {
            Ok(start) => start,
            Err(Errno::NXIO) => return false,
            // Of a host that knows no holes all is read.
            Err(_) => at,
        };
        match file.read_at(&mut piece, at) {
            Ok(0) => return false,
            Ok(len) if piece.iter().take(len).all(|byte| *byte == 0) => {
                at = at.saturating_add(len as u64);
            }
            _ => return true,
        }
    }
}

/// Lets a file belong to whom another does, as far as we may.
fn keep_owner(file: &File, like: &Metadata) {
    use rustix::fs::{Gid, Uid, fchown};
    let (uid, gid) = (Uid::from_raw(like.uid()), Gid::from_raw(like.gid()));
    // Whoever may not give files away has it for himself.
    let _ = fchown(file, Some(uid), Some(gid));
}

/// The path of an image, and where in it the filesystem begins.
pub fn locate(image: &Path, offset_bytes: Option<u64>) -> Result<Location, Failure> {
    let mut location = Location::parse(image.as_os_str())?;
    match (location.offset_bytes, offset_bytes) {
        (Some(_), Some(_)) => {
            Err(Failure::usage("two_offsets", "an offset is named twice: IMG@@OFFSET and --offset"))
        }
        (None, Some(_)) => {
            location.offset_bytes = offset_bytes;
            Ok(location)
        }
        (_, None) => Ok(location),
    }
}
