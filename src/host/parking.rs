//! Many sources, few descriptors: where sources wait until their content is wanted.
//!
//! A batch of 10,000 `put`s opens as many files before it writes the first. A parked source of up
//! to 64 KiB is held in memory as long as there is room; of any other only the path is kept, and
//! which file in which state that was. It is opened again when it is read, and refused if it is
//! not the same any more. The file opened last stays open, so that reading a large file from
//! start to end opens it once.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::attributes::Identity;
use super::error::{HostError, Result, called};

/// A place for sources to wait; clones are the same place.
#[derive(Clone, Debug)]
pub struct Parking {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug)]
struct Shared {
    /// Bytes of content that may still be held.
    room_bytes: u64,
    /// The file opened last.
    last: Option<(Identity, Arc<File>)>,
}

impl Parking {
    /// The largest file that is held in memory.
    pub const SMALL_BYTES: u64 = 64 << 10;

    /// A place that holds at most `room_bytes` of content.
    #[must_use]
    pub fn new(room_bytes: u64) -> Self {
        Self { shared: Arc::new(Mutex::new(Shared { room_bytes, last: None })) }
    }

    /// Takes room for `len_bytes`, if there is as much.
    pub(super) fn take_room(&self, len_bytes: u64) -> bool {
        let mut shared = self.lock();
        match shared.room_bytes.checked_sub(len_bytes) {
            Some(left) => {
                shared.room_bytes = left;
                true
            }
            None => false,
        }
    }

    /// The file at `path`, if it still is the one of that `identity`.
    pub(super) fn open(&self, path: &Path, identity: &Identity) -> Result<Arc<File>> {
        if let Some((known, file)) = &self.lock().last
            && known == identity
        {
            return Ok(Arc::clone(file));
        }
        let name = called(path);
        let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
        let (metadata, file) = match opened {
            Ok(opened) => opened,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                return Err(HostError::Changed { name });
            }
            Err(source) => return Err(HostError::Open { name, source }),
        };
        if Identity::of(&metadata) != *identity {
            return Err(HostError::Changed { name });
        }
        let file = Arc::new(file);
        self.lock().last = Some((*identity, Arc::clone(&file)));
        Ok(file)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        // What is behind the lock is whole at any time.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
