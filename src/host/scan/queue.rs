//! Directories that wait for a thread.
//!
//! The one found last comes first, so that few wait in a deep tree. One that waits is reached
//! through the descriptor of the directory that it is in, as long as not too many of those are
//! held; then it is reached [by its path](super::reach), which takes longer the deeper it is.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::fs::NodeId;

/// The most descriptors that are held for those that wait.
const MOST_HELD: usize = 48;
/// The most that are held for those that will not wait long.
const MOST_HELD_AT_LAST: usize = 64;

/// A directory to be looked at.
#[derive(Debug)]
pub struct Job {
    pub node: NodeId,
    pub name: Box<[u8]>,
    /// The directory that it is in.
    pub parent: Option<Arc<Held>>,
}

/// A directory that is open.
#[derive(Debug)]
pub struct Held {
    pub dir: OwnedFd,
    /// One more of those that are counted.
    _counted: Arc<()>,
}

/// What waits, and who works.
#[derive(Debug)]
pub struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    held: Arc<()>,
}

#[derive(Debug, Default)]
struct State {
    jobs: Vec<Job>,
    busy: usize,
}

impl Queue {
    /// A queue in which nothing is but the root.
    pub fn new() -> Self {
        let root = Job { node: crate::fs::Inventory::ROOT, name: Box::default(), parent: None };
        let state = State { jobs: Vec::from([root]), busy: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new(), held: Arc::new(()) }
    }

    /// A directory that was opened, and may be held for those in it.
    pub fn hold(&self, dir: OwnedFd) -> Arc<Held> {
        Arc::new(Held { dir, _counted: Arc::clone(&self.held) })
    }

    /// The next directory, once there is one; nothing when all is done. Whoever gets one says when
    /// it is [done](Self::done).
    pub fn take(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop() {
                state.busy = state.busy.saturating_add(1);
                return Some(job);
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Adds directories, all of which are in `parent`.
    pub fn add(&self, directories: Vec<(NodeId, Box<[u8]>)>, parent: &Arc<Held>) {
        let count = directories.len();
        if count == 0 {
            return;
        }
        // One of them is the caller's own.
        let held = Arc::strong_count(&self.held).saturating_sub(1);
        let mut state = self.lock();
        for (at, (node, name)) in directories.into_iter().enumerate() {
            let last = at.saturating_add(1) == count;
            let most = if last { MOST_HELD_AT_LAST } else { MOST_HELD };
            let parent = (held <= most).then(|| Arc::clone(parent));
            state.jobs.push(Job { node, name, parent });
        }
        drop(state);
        if count == 1 { self.changed.notify_one() } else { self.changed.notify_all() }
    }

    /// A directory has been looked at, and all that is in it been added.
    pub fn done(&self) {
        let mut state = self.lock();
        state.busy = state.busy.saturating_sub(1);
        if state.busy == 0 && state.jobs.is_empty() {
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What is behind the lock is whole at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
