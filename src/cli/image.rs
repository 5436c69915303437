//! Opening the image that a command names.

use super::args::{GlobalArgs, ImageArgs, PartitionArg};
use super::edit::image_warning;
use super::exit::{Failure, Report};
use crate::device::partition::Selection;
use crate::device::{self, IoCounts, Location, Locking, Opened};
use crate::fs::{self, Filesystem, FsError, Unsupported};

/// An image that is open for reading, and its filesystem.
pub struct OpenImage {
    /// The filesystem.
    pub fs: Filesystem,
    opened: Opened,
}

impl OpenImage {
    /// Opens the image for reading.
    pub fn open(
        args: &ImageArgs,
        global: &GlobalArgs,
        report: &Report<'_>,
    ) -> Result<Self, Failure> {
        let opened = open_device(args, device::Access::Read, global)?;
        image_warning(&opened, report);
        let options = fs::OpenOptions { superblock_block: args.superblock };
        let fs = Filesystem::open(opened.device.clone(), options).map_err(|error| {
            let untold = matches!(error, FsError::Unsupported(Unsupported::NotExt2 { .. }));
            let mut failure = Failure::from(error);
            if untold && opened.table.is_some() && opened.partition.is_none() {
                failure
                    .reason
                    .push_str("; but there is a partition table: --partition N names one");
            }
            failure
        })?;
        if let Some(fault) = fs.primary_fault() {
            let at = fs.superblock().offset_bytes() >> fs.superblock().block_bits();
            report.warning(&format!("{fault}; going by the backup in block {at}"));
        }
        Ok(Self { fs, opened })
    }

    /// What was read from the image so far.
    pub fn counts(&self) -> IoCounts {
        self.opened.recorder.counts()
    }

    /// How it was opened.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }
}

/// Opens the image's bytes.
pub fn open_device(
    args: &ImageArgs,
    access: device::Access,
    global: &GlobalArgs,
) -> Result<Opened, Failure> {
    open_location(&Location::parse(&args.image)?, access, global)
}

/// Opens the bytes of an image at a location.
pub fn open_location(
    location: &Location,
    access: device::Access,
    global: &GlobalArgs,
) -> Result<Opened, Failure> {
    let selection = match global.partition {
        None => Selection::Unnamed,
        Some(PartitionArg::Number(number)) => Selection::Number(number),
        Some(PartitionArg::Auto) => Selection::Auto,
    };
    let locking = match (global.no_lock, global.wait) {
        (true, _) => Locking::No,
        (false, wait) => Locking::Wait(wait.unwrap_or_default()),
    };
    let options = device::Options {
        access,
        selection,
        locking,
        trace: false,
        probe: fs::probe,
        log: global.log.as_deref(),
    };
    Ok(device::open(location, &options)?)
}
