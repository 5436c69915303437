//! Locks on the image: `flock(2)`, shared for readers, exclusive for writers.
//!
//! Two `mpimg cat` run side by side; `mpimg put` waits for both or says that the image is busy,
//! and so does `flock disk.img make-image`. The first try is made at once, so a wait of 0 is none;
//! then the lock is polled, for `flock` itself knows no time limit.
//!
//! The lock belongs to the open file, and goes when that is closed: a killed command leaves none.
//! Where a file cannot be locked (some network and FUSE filesystems), a reader goes on without,
//! as every other tool would, and a writer refuses: it could not promise that a failed command
//! leaves the image as it was.

use std::fs::{File, TryLockError};
use std::io;
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::OpenError;

/// Whom a lock excludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Writers.
    Shared,
    /// Everyone.
    Exclusive,
}

/// Whether to lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locking {
    /// Take no lock, and heed none.
    No,
    /// Take one, and wait at most this long for it; zero is not at all.
    Wait(Duration),
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// The lock is held as long as the file is open.
    Held,
    /// None was asked for.
    NotAsked,
    /// The file cannot be locked, and a reader went on without.
    NotSupported,
}

/// The first sleep between two tries; each is twice the one before, up to [`LONGEST_SLEEP`].
const FIRST_SLEEP: Duration = Duration::from_millis(2);
const LONGEST_SLEEP: Duration = Duration::from_millis(50);

/// Locks `file`.
///
/// # Errors
/// [`OpenError::Busy`] where another process still holds it after the wait,
/// [`OpenError::CannotLock`] where an exclusive lock cannot be had on this file at all, and
/// [`OpenError::LockFailed`] where the host failed.
pub fn lock(file: &File, mode: LockMode, locking: Locking) -> Result<LockState, OpenError> {
    let Locking::Wait(wait) = locking else { return Ok(LockState::NotAsked) };
    let start = Instant::now();
    let mut sleep = FIRST_SLEEP;
    loop {
        let tried = match mode {
            LockMode::Shared => file.try_lock_shared(),
            LockMode::Exclusive => file.try_lock(),
        };
        match tried {
            Ok(()) => return Ok(LockState::Held),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(e)) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(TryLockError::Error(e)) if is_unsupported(&e) => {
                return match mode {
                    LockMode::Shared => Ok(LockState::NotSupported),
                    LockMode::Exclusive => Err(OpenError::CannotLock(e)),
                };
            }
            Err(TryLockError::Error(e)) => return Err(OpenError::LockFailed(e)),
        }
        let left = wait.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(OpenError::Busy { waited: wait });
        }
        std::thread::sleep(sleep.min(left));
        sleep = sleep.saturating_mul(2).min(LONGEST_SLEEP);
    }
}

/// Whether the file, not the moment, is the reason.
fn is_unsupported(error: &io::Error) -> bool {
    // EBADF and ENOLCK are NFS: a lock that the open mode does not allow, or no lock daemon.
    let errnos = [Errno::OPNOTSUPP, Errno::NOSYS, Errno::INVAL, Errno::NOLCK, Errno::BADF];
    Errno::from_io_error(error).is_some_and(|errno| errnos.contains(&errno))
}
