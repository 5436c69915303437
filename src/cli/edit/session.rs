//! The transaction of a command, and what changes ask of it.

use std::io;
use std::sync::{Arc, OnceLock};

use super::place::KnownParent;
use super::target::Target;
use super::{EditArgs, tell};
use crate::cli::args::{GlobalArgs, When};
use crate::cli::exit::{Failure, Report};
use crate::cli::names::Names;
use crate::cli::output::output_failure;
use crate::cli::progress::Progress;
use crate::cli::when::{Clock, Instant};
use crate::device::log::Syncing;
use crate::fs::{BeginOptions, Content, Time, Transaction};
use crate::host::{Parking, Source};
use crate::mpage::{PageSource, Stats};

/// Memory for the content of small files that wait to be written.
const PARKED_BYTES: u64 = 32 << 20;

/// A transaction on the image of a command.
pub struct Edit<'r, 'i> {
    /// The transaction.
    pub tx: Transaction<'static>,
    /// The time of the command.
    pub clock: Clock,
    /// Whether standard input is taken by something else.
    pub stdin_taken: bool,
    pub(super) report: &'r mut Report<'i>,
    parking: Parking,
    pub(super) names: Option<Names>,
    pub(super) failed: bool,
    pub(super) tells: bool,
    pub(super) json: bool,
    pub(super) pending_bytes: u64,
    pub(super) progress: Arc<OnceLock<Progress>>,
    pub(super) shows_progress: When,
    /// The files that are written, by device and inode number.
    pub(super) files: Vec<(u64, u64)>,
    pub(super) last_parent: Option<KnownParent>,
}

impl<'r, 'i> Edit<'r, 'i> {
    /// Begins a transaction.
    pub fn begin(
        target: &Target,
        options: &EditArgs,
        global: &GlobalArgs,
        report: &'r mut Report<'i>,
    ) -> Result<Self, Failure> {
        let clock = Clock::new()?;
        let begin = BeginOptions {
            now: time_of(clock.now()),
            force: options.force,
            dry_run: options.dry_run,
        };
        Ok(Self {
            tx: Transaction::begin(target.device(), begin)?,
            clock,
            stdin_taken: false,
            report,
            parking: Parking::new(PARKED_BYTES),
            names: None,
            failed: false,
            tells: options.dry_run,
            json: global.json,
            pending_bytes: 0,
            progress: Arc::default(),
            shows_progress: options.progress,
            files: target.files(),
            last_parent: None,
        })
    }

    /// Commits what was changed, unless something failed or it was only to be told. `None`: nothing
    /// was committed.
    pub fn finish(self, target: &Target, options: &EditArgs) -> Result<Option<Stats>, Failure> {
        if self.failed || options.dry_run {
            return Ok(None);
        }
        let label = format!("{} files", self.tx.pending_files());
        let _ = self.progress.set(Progress::bytes(
            options.progress,
            label.as_bytes(),
            self.pending_bytes,
        ));
        let syncing = if options.no_sync { Syncing::NoSync } else { Syncing::Sync };
        let committed = self.tx.commit(target.image(), target.store(), syncing)?;
        Ok(Some(committed.stats))
    }

    /// Tells a failure that is about a path; nothing will be committed.
    pub fn failure(&mut self, path: &[u8], failure: impl Into<Failure>) {
        self.failed = true;
        self.report.failure(Some(path), failure);
    }

    /// Whether something failed.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Puts something in front of the failures to come: where in a script they are.
    pub fn set_context(&mut self, context: Option<String>) {
        // A line may have put or moved the tables of names.
        self.names = None;
        self.report.set_context(context);
    }

    /// Tells a change, where that was asked for.
    pub fn tell(&mut self, change: &str, path: &[u8], detail: &str) -> Result<(), Failure> {
        if !self.tells {
            return Ok(());
        }
        match tell::tell(self.json, change, path, detail).err().as_ref().and_then(output_failure) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// The names of users and groups that the image knows now.
    pub fn names(&mut self) -> &Names {
        if self.names.is_none() {
            // What was put may be the tables; it is read where it comes from, for nothing is
            // written before all is counted.
            self.names = Some(Names::of_transaction(&mut self.tx));
        }
        self.names.get_or_insert_with(Names::default)
    }

    /// Content for a file, from a source that will be read when all is counted.
    pub fn content(&mut self, source: Source) -> Result<Content<'static>, Failure> {
        // It may be the table of users.
        self.names = None;
        let block_size_bytes = self.tx.fs().superblock().block_size_bytes();
        let data = source.data_ranges(block_size_bytes)?;
        let bytes = data.iter().map(|range| range.end.saturating_sub(range.start));
        self.pending_bytes = bytes.fold(self.pending_bytes, u64::saturating_add);
        let len_bytes = source.len_bytes();
        let end_bytes = data.last().map_or(0, |range| range.end);
        let source = source.park(&self.parking)?;
        let progress = Arc::clone(&self.progress);
        Ok(Content { source: Box::new(Reading { source, end_bytes, progress }), len_bytes, data })
    }
}

/// A time of the command line as one of an inode.
pub fn time_of(instant: Instant) -> Time {
    Time { seconds: instant.0, nanoseconds: instant.1 }
}

/// A source that is read for the image.
struct Reading {
    source: Source,
    end_bytes: u64,
    progress: Arc<OnceLock<Progress>>,
}

impl PageSource for Reading {
    fn fill(&mut self, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        let read = self.source.read_at(offset_bytes, buf);
        read.map_err(|error| io::Error::other(self.source.failure(error)))?;
        if offset_bytes.saturating_add(buf.len() as u64) >= self.end_bytes {
            // All of it is read: it has to be what was counted.
            self.source.unchanged().map_err(io::Error::other)?;
        }
        if let Some(progress) = self.progress.get() {
            progress.advance(buf.len() as u64);
        }
        Ok(())
    }
}
