//! Exit codes and failures: what a script is told.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | a named path could not be processed, nothing changed |
//! | 2 | usage |
//! | 3 | partly done, failures listed, image consistent |
//! | 4 | corrupt metadata, or an image that is truncated |
//! | 5 | refused: not ext2, unsupported feature, journal needs recovery |
//! | 6 | no space or no inodes, image unchanged |
//! | 7 | image busy |
//! | 8 | host I/O error |
//!
//! Where several paths fail, the gravest code wins: the highest.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

use serde::Serialize;

use super::json::hex_unless_utf8;
use super::output::escaped;
use crate::device::{DeviceError, Family, OpenError};
use crate::fs::FsError;
use crate::host::{HostError, UnarchiveError};

/// What a command ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// A named path could not be processed, nothing changed.
    Path = 1,
    /// The arguments make no sense.
    Usage = 2,
    /// Partly done, failures listed.
    Partial = 3,
    /// Corrupt metadata, or an image that is truncated.
    Corrupt = 4,
    /// Not ext2, an unsupported feature, or a journal that needs recovery.
    Refused = 5,
    /// No space or no inodes, image unchanged.
    Full = 6,
    /// The image is in use.
    Busy = 7,
    /// The host failed.
    HostIo = 8,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<Family> for Exit {
    fn from(family: Family) -> Self {
        match family {
            Family::Path => Self::Path,
            Family::Usage => Self::Usage,
            Family::Corrupt => Self::Corrupt,
            Family::Unsupported => Self::Refused,
            Family::Busy => Self::Busy,
            Family::HostIo => Self::HostIo,
        }
    }
}

/// A failure that scripts can tell: exit code, stable name, and a reason of one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// A name that never changes.
    pub code: &'static str,
    /// Why, for people.
    pub reason: String,
}

impl Failure {
    /// A mistake in the arguments.
    pub fn usage(code: &'static str, reason: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, code, reason: reason.into() }
    }

    /// A path that cannot be processed.
    pub fn path(code: &'static str, reason: impl Into<String>) -> Self {
        Self { exit: Exit::Path, code, reason: reason.into() }
    }
}

impl From<&FsError> for Failure {
    fn from(error: &FsError) -> Self {
        let exit = match error {
            FsError::Caller(_) => Exit::Path,
            FsError::Unsupported(_) => Exit::Refused,
            FsError::Corrupt(_) => Exit::Corrupt,
            FsError::Full(_) => Exit::Full,
            FsError::Commit(_) => Exit::HostIo,
            FsError::Content(source) => {
                // What the host floor said of a source comes wrapped.
                let said = source.get_ref().and_then(|inner| inner.downcast_ref::<HostError>());
                match said {
                    Some(said) => return Self::from(said),
                    None => Exit::HostIo,
                }
            }
            FsError::Device(error) => error.family().into(),
            FsError::Memory(_) => Exit::HostIo,
        };
        Self { exit, code: error.code(), reason: error.to_string() }
    }
}

impl From<FsError> for Failure {
    fn from(error: FsError) -> Self {
        Self::from(&error)
    }
}

impl From<&DeviceError> for Failure {
    fn from(error: &DeviceError) -> Self {
        Self { exit: error.family().into(), code: error.code(), reason: error.to_string() }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self { exit: error.family().into(), code: error.code(), reason: error.to_string() }
    }
}

impl From<&HostError> for Failure {
    fn from(error: &HostError) -> Self {
        Self { exit: error.family().into(), code: error.code(), reason: error.to_string() }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::from(&error)
    }
}

impl From<&UnarchiveError> for Failure {
    fn from(error: &UnarchiveError) -> Self {
        Self { exit: error.family().into(), code: error.code(), reason: error.to_string() }
    }
}

/// Tells failures as they come, and remembers the gravest.
pub struct Report<'a> {
    image: &'a OsStr,
    json: bool,
    gravest: Exit,
    context: Option<String>,
}

/// A failure as `--json` tells it, on standard error.
#[derive(Serialize)]
struct JsonFailure<'a> {
    error: JsonError<'a>,
}

#[derive(Serialize)]
struct JsonError<'a> {
    code: &'a str,
    exit: u8,
    image: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    reason: &'a str,
}

/// A warning as `--json` tells it, on standard error.
#[derive(Serialize)]
struct JsonWarning<'a> {
    warning: Warning<'a>,
}

#[derive(Serialize)]
struct Warning<'a> {
    image: Cow<'a, str>,
    reason: &'a str,
}

impl<'a> Report<'a> {
    /// A report on an image.
    pub fn new(image: &'a OsStr, json: bool) -> Self {
        Self { image, json, gravest: Exit::Done, context: None }
    }

    /// Tells a failure; `path` is the path in the image that it is about.
    pub fn failure(&mut self, path: Option<&[u8]>, failure: impl Into<Failure>) {
        let mut failure = failure.into();
        if let Some(context) = &self.context {
            failure.reason.insert_str(0, context);
        }
        self.gravest = self.gravest.max(failure.exit);
        let line = if self.json {
            let error = JsonError {
                code: failure.code,
                exit: failure.exit as u8,
                image: self.image.to_string_lossy(),
                path: path.map(String::from_utf8_lossy),
                path_hex: path.and_then(hex_unless_utf8),
                reason: &failure.reason,
            };
            serde_json::to_string(&JsonFailure { error }).unwrap_or_default()
        } else {
            let image = escaped(self.image.as_bytes());
            match path.map(escaped) {
                Some(path) => {
                    let slash = if path.starts_with(['/', '<']) { "" } else { "/" };
                    format!("mpimg: {image}:{slash}{path}: {}", failure.reason)
                }
                None => format!("mpimg: {image}: {}", failure.reason),
            }
        };
        tell(&line);
    }

    /// Puts something in front of the reasons to come.
    pub fn set_context(&mut self, context: Option<String>) {
        self.context = context;
    }

    /// Tells something that is no failure, but that whoever reads on should know.
    pub fn warning(&self, reason: &str) {
        if self.json {
            let warning =
                JsonWarning { warning: Warning { image: self.image.to_string_lossy(), reason } };
            tell(&serde_json::to_string(&warning).unwrap_or_default());
        } else {
            tell(&format!("mpimg: {}: warning: {reason}", escaped(self.image.as_bytes())));
        }
    }

    /// The gravest code of all failures.
    pub fn exit(&self) -> Exit {
        self.gravest
    }
}

/// Writes a line to standard error. Where even that fails there is nobody left to tell.
pub fn tell(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
