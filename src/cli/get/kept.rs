//! What could not be kept, told in one line a kind.
//!
//! `mpimg: disk.img: 3 owners not kept, the first of /etc/shadow: Operation not permitted`

use serde::Serialize;

use super::super::exit::{Exit, Failure, Report};
use super::super::output::escaped;
use crate::host::{Loss, LossKind};

/// A kind of thing that could not be kept, as `--json` has it.
#[derive(Serialize)]
pub struct NotKept {
    /// `special`, `hard_link`, `owner`, `mode`, `xattr` or `time`.
    pub kind: &'static str,
    /// How many.
    pub count: u64,
    /// Where it was first, below DEST; what does not fit on a line is escaped.
    pub first_path: String,
    /// What the host said there.
    pub reason: String,
    #[serde(skip)]
    noun: &'static str,
}

impl NotKept {
    /// A loss.
    pub fn of(loss: &Loss) -> Self {
        let (kind, noun) = match loss.kind {
            LossKind::Special => ("special", "devices or other special files"),
            LossKind::HardLink => ("hard_link", "hard links"),
            LossKind::Owner => ("owner", "owners"),
            LossKind::Mode => ("mode", "modes"),
            LossKind::Xattr => ("xattr", "extended attributes"),
            LossKind::Time => ("time", "times"),
        };
        Self {
            kind,
            count: loss.count,
            first_path: format!("/{}", escaped(&loss.path)),
            reason: loss.reason.clone(),
            noun,
        }
    }
}

/// Tells all of them.
pub fn tell(not_kept: &[NotKept], report: &mut Report<'_>) {
    for NotKept { count, first_path, reason, noun, .. } in not_kept {
        let reason = format!("{count} {noun} not kept, the first of {first_path}: {reason}");
        report.failure(None, Failure { exit: Exit::Partial, code: "not_kept", reason });
    }
}
