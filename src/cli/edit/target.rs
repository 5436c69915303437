//! What is changed: the image itself, or a copy that becomes a new one.

use std::ffi::OsStr;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use super::EditArgs;
use crate::cli::args::{GlobalArgs, ImageArgs};
use crate::cli::exit::{Exit, Failure, Report};
use crate::cli::image::{self, open_device};
use crate::device::log::{CommitError, Found, LogStore, Syncing, examine, write_in_place};
use crate::device::{
    Access, BlockDevice, DeviceError, FileDevice, IoCounts, Location, Opened, Recorder,
    RecorderHandle, Recovery, Window,
};
use crate::fs::FsError;
use crate::host::{Replacement, copy_image};

/// An image that is to be changed.
pub struct Target {
    opened: Opened,
    copy: Option<Copy>,
}

/// A copy that is changed in the image's place.
struct Copy {
    replacement: Replacement,
    image: Arc<dyn BlockDevice>,
    device: Arc<dyn BlockDevice>,
    recorder: RecorderHandle,
}

impl Target {
    /// Opens what is to be changed.
    pub fn open(
        name: &OsStr,
        options: &EditArgs,
        global: &GlobalArgs,
        report: &Report<'_>,
    ) -> Result<Self, Failure> {
        let image = ImageArgs { image: name.to_owned(), superblock: None };
        // Who changes nothing here needs to write nothing here.
        let keep = options.dry_run || options.output.is_some();
        let access = if keep { Access::Read } else { Access::Write };
        let opened = open_device(&image, access, global)?;
        image_warning(&opened, report);
        if access == Access::Write && opened.log.is_none() {
            let reason = "a block device has no place for the commit log beside it: --log FILE";
            return Err(Failure::usage("no_log", reason));
        }
        if let Some(log) = opened.log.as_ref().filter(|_| access == Access::Write) {
            let wrong = |source| CommitError::Log { name: log.name(), source };
            log.check_place().map_err(|source| FsError::from(wrong(source)))?;
        }
        let copy = match &options.output {
            Some(new) if !options.dry_run => Some(Copy::of(&opened, new)?),
            _ => None,
        };
        Ok(Self { opened, copy })
    }

    /// The filesystem's bytes.
    pub fn device(&self) -> Arc<dyn BlockDevice> {
        Arc::clone(self.copy.as_ref().map_or(&self.opened.device, |copy| &copy.device))
    }

    /// The whole, of which those may be a part.
    pub fn image(&self) -> &dyn BlockDevice {
        self.copy.as_ref().map_or(&*self.opened.image, |copy| &*copy.image)
    }

    /// The files of the host that hold it, by device and inode number.
    pub fn files(&self) -> Vec<(u64, u64)> {
        let copy = self.copy.as_ref().map(|copy| copy.replacement.file());
        let files = [Some(self.opened.file.file()), copy].into_iter().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|m| (m.dev(), m.ino())).collect()
    }

    /// Where the log goes; a copy needs none.
    pub fn store(&self) -> Option<&dyn LogStore> {
        let log = self.opened.log.as_ref().filter(|_| self.copy.is_none());
        log.map(|log| log as &dyn LogStore)
    }

    /// Calls made on what is changed.
    pub fn counts(&self) -> IoCounts {
        self.copy.as_ref().map_or(&self.opened.recorder, |copy| &copy.recorder).counts()
    }

    /// Lets a copy take its place.
    pub fn publish(self, options: &EditArgs) -> Result<(), Failure> {
        match self.copy {
            Some(copy) => Ok(copy.replacement.publish(!options.no_sync)?),
            None => Ok(()),
        }
    }
}

impl Copy {
    fn of(opened: &Opened, new: &std::path::Path) -> Result<Self, Failure> {
        let host = |source: std::io::Error| Failure {
            exit: Exit::HostIo,
            code: "host_io",
            reason: format!("cannot copy it to {}: {source}", new.display()),
        };
        let source = opened.file.file();
        let like = source.metadata().map_err(host)?;
        let replacement = Replacement::beside(new, &like)?;
        copy_image(source, replacement.file()).map_err(host)?;
        let file = replacement.file().try_clone().map_err(host)?;
        let recorder = Recorder::new(FileDevice::new(file).map_err(host)?);
        let handle = recorder.handle();
        let image = Arc::new(recorder) as Arc<dyn BlockDevice>;
        // What an interrupted command left of the image, the copy has whole.
        if let (Recovery::Overlaid { .. }, Some(log)) = (opened.recovery, &opened.log)
            && let Found::Complete(record) = examine(&*image, log).map_err(host)?
        {
            write_in_place(&*image, &record, Syncing::NoSync).map_err(|e| device_failure(&e))?;
        }
        let whole = opened.device.size_bytes() == image.size_bytes();
        let device = if whole {
            Arc::clone(&image)
        } else {
            let len_bytes = opened.device.size_bytes();
            let window = Window::new(Arc::clone(&image), opened.offset_bytes, len_bytes);
            Arc::new(window.map_err(|e| device_failure(&e))?)
        };
        Ok(Self { replacement, image, device, recorder: handle })
    }
}

fn device_failure(error: &DeviceError) -> Failure {
    Failure::from(error)
}

/// Says what was found beside an image, where that is worth a word.
pub fn image_warning(opened: &Opened, report: &Report<'_>) {
    let name = opened.log.as_ref().map(LogStore::name).unwrap_or_default();
    match opened.recovery {
        Recovery::None | Recovery::Torn(_) => {}
        Recovery::Finished { transaction, .. } => report.warning(&format!(
            "finished transaction {transaction}, which another command had been interrupted in"
        )),
        Recovery::Overlaid { transaction, .. } => report.warning(&format!(
            "seen as after transaction {transaction}, which `mpimg recover` finishes"
        )),
        Recovery::Foreign(why) => {
            report.warning(&format!("{name} is ignored, as it is of another image: {why}"));
        }
        Recovery::Stale { offset_bytes } => report.warning(&format!(
            "{name} is ignored, as the image has changed since (at byte {offset_bytes})"
        )),
    }
}

/// Opens an image as a whole, which finishes what was interrupted.
pub fn open_for_recovery(name: &OsStr, global: &GlobalArgs) -> Result<Opened, Failure> {
    let mut location = Location::parse(name)?;
    // Logs are of images: no partition need be chosen.
    location.offset_bytes = Some(0);
    image::open_location(&location, Access::Write, global)
}
