//! The recorder: a layer that counts the positional calls that pass through it.
//!
//! After one read of 4096 bytes and one of 1024 the counts are 2 calls, 5120 bytes, largest 4096.
//! It sits right above the file, so what it counts is what the host was asked: a range that lies
//! past the device's end, or is empty, makes no call and is not counted. A call that fails is
//! counted, but its bytes are not. Should the host return fewer bytes than asked, which it does
//! above 2 GiB or after a signal, the file asks for the rest, and that is still one call here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{BlockDevice, Result, total_bytes};

/// What was counted until now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IoCounts {
    /// Positional calls.
    pub calls: u64,
    /// The bytes they brought.
    pub bytes: u64,
    /// What the largest call asked for, in bytes.
    pub largest_bytes: u64,
    /// What the largest call that wrote was given, in bytes.
    pub largest_write_bytes: u64,
    /// Calls that wrote; `calls` counts those that read.
    pub writes: u64,
    /// The bytes they took.
    pub written_bytes: u64,
    /// Syncs.
    pub syncs: u64,
}

/// One call of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Where it began.
    pub offset_bytes: u64,
    /// What it asked for.
    pub len_bytes: u64,
}

/// Reads the counts of a [`Recorder`], wherever that is in a stack of devices.
#[derive(Debug, Clone)]
pub struct RecorderHandle(Arc<State>);

#[derive(Debug, Default)]
struct State {
    calls: AtomicU64,
    bytes: AtomicU64,
    largest_bytes: AtomicU64,
    largest_write_bytes: AtomicU64,
    writes: AtomicU64,
    written_bytes: AtomicU64,
    syncs: AtomicU64,
    trace: Option<Mutex<Vec<Call>>>,
}

impl RecorderHandle {
    /// The counts until now. Exact when no call is under way.
    #[must_use]
    pub fn counts(&self) -> IoCounts {
        IoCounts {
            calls: self.0.calls.load(Ordering::Relaxed),
            bytes: self.0.bytes.load(Ordering::Relaxed),
            largest_bytes: self.0.largest_bytes.load(Ordering::Relaxed),
            largest_write_bytes: self.0.largest_write_bytes.load(Ordering::Relaxed),
            writes: self.0.writes.load(Ordering::Relaxed),
            written_bytes: self.0.written_bytes.load(Ordering::Relaxed),
            syncs: self.0.syncs.load(Ordering::Relaxed),
        }
    }

    /// The calls in the order in which they were made; none where no trace was asked for.
    #[must_use]
    pub fn trace(&self) -> Vec<Call> {
        match &self.0.trace {
            Some(trace) => trace.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            None => Vec::new(),
        }
    }
}

/// Counts the calls to the device `D`.
#[derive(Debug)]
pub struct Recorder<D> {
    inner: D,
    state: Arc<State>,
}

impl<D: BlockDevice> Recorder<D> {
    /// Counts.
    #[must_use]
    pub fn new(inner: D) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// Counts, and keeps every call; the trace grows without bound, so it is for tests.
    #[must_use]
    pub fn tracing(inner: D) -> Self {
        let state = State { trace: Some(Mutex::default()), ..State::default() };
        Self { inner, state: Arc::new(state) }
    }

    /// A handle on the counts.
    #[must_use]
    pub fn handle(&self) -> RecorderHandle {
        RecorderHandle(Arc::clone(&self.state))
    }

    fn wrote(&self, len_bytes: u64) {
        self.state.writes.fetch_add(1, Ordering::Relaxed);
        self.state.largest_write_bytes.fetch_max(len_bytes, Ordering::Relaxed);
        self.state.written_bytes.fetch_add(len_bytes, Ordering::Relaxed);
    }

    fn record(&self, call: Call) {
        self.state.calls.fetch_add(1, Ordering::Relaxed);
        self.state.largest_bytes.fetch_max(call.len_bytes, Ordering::Relaxed);
        if let Some(trace) = &self.state.trace {
            trace.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        }
    }
}

impl<D: BlockDevice> BlockDevice for Recorder<D> {
    fn size_bytes(&self) -> u64 {
        self.inner.size_bytes()
    }

    fn image_offset_bytes(&self) -> u64 {
        self.inner.image_offset_bytes()
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        let len_bytes = buf.len() as u64;
        let end_bytes = offset_bytes.checked_add(len_bytes);
        let on_device = end_bytes.is_some_and(|end| end <= self.inner.size_bytes());
        if on_device && len_bytes > 0 {
            self.record(Call { offset_bytes, len_bytes });
        }
        self.inner.read_at(buf, offset_bytes)?;
        self.state.bytes.fetch_add(len_bytes, Ordering::Relaxed);
        Ok(())
    }

    fn write_at(&self, buf: &[u8], offset_bytes: u64) -> Result<()> {
        self.inner.write_at(buf, offset_bytes)?;
        self.wrote(buf.len() as u64);
        Ok(())
    }

    fn write_slices_at(&self, slices: &[&[u8]], offset_bytes: u64) -> Result<()> {
        self.inner.write_slices_at(slices, offset_bytes)?;
        self.wrote(total_bytes(slices));
        Ok(())
    }

    fn reserve(&self, offset_bytes: u64, len_bytes: u64) -> Result<()> {
        self.inner.reserve(offset_bytes, len_bytes)
    }

    fn sync(&self) -> Result<()> {
        self.state.syncs.fetch_add(1, Ordering::Relaxed);
        self.inner.sync()
    }
}
