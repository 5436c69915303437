//! An archive as a tree: what `create --from` and `untar` put into an image.
//!
//! The headers are read once, and all that they say is an [`Inventory`]; the content of files stays
//! where it is, and is read from there when its turn comes. A plain archive in a file is not read any
//! further than that, all else is decompressed and kept first.
//!
//! ```no_run
//! use mpimg::fs::Time;
//! use mpimg::host::{ArchiveSource, UnarchiveOptions, unarchive};
//! let now = Time { seconds: 1_700_000_000, nanoseconds: 0 };
//! let options = UnarchiveOptions { strip_components: 1, whiteouts: false, memory_bytes: 64 << 20, now };
//! let source = ArchiveSource::Path("linux-6.12.tar.xz".into());
//! match unarchive(&source, &options, &|_| {}) {
//!     Ok(archive) => println!("{} files and directories", archive.inventory.len()),
//!     Err(errors) => errors.iter().for_each(|error| println!("{error}")),
//! }
//! ```
//!
//! ```text
//! input         the archive as it is given           ─ compression
//!  └─ store       its bytes, where they are kept     ─ contents: what of them is a file's
//! member        entries, put together                ─ header, extended, sparse, acl
//!  └─ tree        what they make                     ─ name
//! ```
//!
//! Tar, GNU's, decides where there is a choice: an archive ends with blocks of zeros and what is
//! behind them is not looked at, the later entry of a name wins, names that lead out are refused.

mod acl;
mod compression;
mod contents;
mod error;
mod extended;
mod header;
mod input;
mod member;
mod name;
mod sparse;
mod store;
mod tree;

pub use contents::Archive;
pub use error::{Fault, UnarchiveError, Which};
pub use input::is_archive;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::fs::{Inventory, Time, check_xattr_name};
use member::{Kind, Member, Members, Next, Stop};
use name::quoted;
use store::{Scan, Store};
use tree::Tree;

/// How an archive is read.
#[derive(Debug, Clone)]
pub struct UnarchiveOptions {
    /// How many components are taken off names; what has no more is left out.
    pub strip_components: usize,
    /// Whether `.wh.NAME` says that a name goes, as in the layers of container images.
    pub whiteouts: bool,
    /// What is kept in memory of what must be kept, before a temporary file is; and what a decoder
    /// may take, if that is more than 128 MiB.
    pub memory_bytes: u64,
    /// The time of directories that are not in the archive themselves.
    pub now: Time,
}

/// An archive that was taken stock of.
#[derive(Debug)]
pub struct Unarchived {
    /// All that is in it.
    pub inventory: Inventory,
    /// The content of its files.
    pub contents: Archive,
    /// What was left out.
    pub warnings: Vec<String>,
}

/// Where an archive comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArchiveSource {
    /// A file, or anything else that has a name.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// Takes stock of an archive. `progress` is told how much of it has been read, now and then.
///
/// # Errors
/// All that is wrong with it, up to where it cannot be read any more.
pub fn unarchive(
    source: &ArchiveSource,
    options: &UnarchiveOptions,
    progress: &dyn Fn(u64),
) -> Result<Unarchived, Vec<UnarchiveError>> {
    let (store, odd) =
        input::store_of(source, options.memory_bytes, progress).map_err(|error| vec![error])?;
    // Of what was kept, all has been read.
    let is_kept = store.is_kept();
    let mut stock = Stocktaking::new(&store, options);
    stock.warnings.extend(odd);
    stock.take(if is_kept { &|_| {} } else { progress });
    let Stocktaking { tree, warnings, errors, .. } = stock.finished();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Unarchived { inventory: tree.inventory, contents: Archive { store }, warnings })
}

/// Members on their way into the tree.
struct Stocktaking<'a> {
    store: &'a Store,
    tree: Tree<'a>,
    warnings: Vec<String>,
    errors: Vec<UnarchiveError>,
    /// Attributes that no image can hold, and how many have them.
    unknown_xattrs: BTreeMap<Vec<u8>, u64>,
}

impl<'a> Stocktaking<'a> {
    fn new(store: &'a Store, options: &'a UnarchiveOptions) -> Self {
        Self {
            store,
            tree: Tree::new(options),
            warnings: Vec::new(),
            errors: Vec::new(),
            unknown_xattrs: BTreeMap::new(),
        }
    }

    fn take(&mut self, progress: &dyn Fn(u64)) {
        let mut members = Members::new(Scan::new(self.store, progress));
        loop {
            match members.next() {
                Ok(Next::Member(member)) => self.put(members.number, member),
                Ok(Next::Refused(name, fault)) => self.refuse(members.number, &name, fault),
                Ok(Next::End(odd)) => {
                    let archive = &self.store.name;
                    // There was no entry at all.
                    if members.number == 1
                        && let Some(error) = self.not_empty(&mut members)
                    {
                        self.errors.push(error);
                        return;
                    }
                    self.warnings.extend(odd.map(|odd| format!("{archive}: {odd}")));
                    return;
                }
                Err(stop) => {
                    self.errors.push(match stop {
                        Stop::Host(error) => error.into(),
                        Stop::Fault(Fault::Checksum { .. }) if members.started == 0 => {
                            let what = "it does not begin with a header".to_owned();
                            UnarchiveError::NoArchive { archive: self.store.name.clone(), what }
                        }
                        Stop::Fault(fault) => UnarchiveError::Broken {
                            archive: self.store.name.clone(),
                            number: members.number,
                            offset_bytes: members.started,
                            fault,
                        },
                    });
                    return;
                }
            }
        }
    }

    /// Why what has no entries is no archive, if it is none: `tar -T /dev/null` writes blocks of zeros
    /// and nothing else.
    fn not_empty(&self, members: &mut Members<'_>) -> Option<UnarchiveError> {
        let archive = self.store.name.clone();
        if self.store.len_bytes == 0 {
            return Some(UnarchiveError::NoArchive { archive, what: "it is empty".to_owned() });
        }
        match members.has_more_behind() {
            Ok(false) => None,
            Ok(true) => {
                let what = "it begins with zeros, and holds something else behind them".to_owned();
                Some(UnarchiveError::NoArchive { archive, what })
            }
            Err(Stop::Host(error)) => Some(error.into()),
            Err(Stop::Fault(fault)) => Some(UnarchiveError::Broken {
                archive,
                number: members.number,
                offset_bytes: members.started,
                fault,
            }),
        }
    }

    fn put(&mut self, number: u64, mut member: Member) {
        if let Kind::Nothing(what) = member.kind {
            let (archive, name) = (&self.store.name, quoted(&member.name));
            self.warnings.push(format!("{archive}: entry {number}, {name}: {what}, left out"));
            return;
        }
        let unknown = &mut self.unknown_xattrs;
        member.xattrs.retain(|xattr| {
            let known = check_xattr_name(&xattr.name).is_ok();
            if !known {
                let count = unknown.entry(xattr.name.clone()).or_default();
                *count = count.saturating_add(1);
            }
            known
        });
        let name = std::mem::take(&mut member.name);
        if let Err(fault) = self.tree.put(&name, member) {
            self.refuse(number, &name, fault);
        }
    }

    fn refuse(&mut self, number: u64, name: &[u8], fault: Fault) {
        let (archive, name) = (self.store.name.clone(), quoted(name));
        self.errors.push(UnarchiveError::Entry { archive, number, name, fault });
    }

    fn finished(mut self) -> Self {
        for (name, count) in std::mem::take(&mut self.unknown_xattrs) {
            let (archive, name) = (&self.store.name, quoted(&name));
            self.warnings.push(format!(
                "{archive}: attribute {name} cannot be in an image, left out ({count} times)"
            ));
        }
        if let Err(error) = self.store.unchanged() {
            self.errors.push(error.into());
        }
        self
    }
}

#[cfg(test)]
mod tests;
