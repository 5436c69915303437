//! Where paths lead that something is to be done at: what is there, or where it would be.
//!
//! `/etc/x` is name `x` in directory `/etc`, whether it is there or not; `/etc/x/` asks for a
//! directory besides; `<12>` is an inode, and so no place for a name.

use super::Edit;
use crate::cli::exit::Failure;
use crate::fs::{CallerError, FileType, FsError, Ino, Inode, LastSymlink, names_inode};

/// A place for a name.
#[derive(Debug, Clone)]
pub struct Place {
    /// The directory.
    pub parent: Inode,
    /// The name in it.
    pub name: Vec<u8>,
    /// Whether the path asked for a directory, by a slash at its end.
    pub wants_directory: bool,
}

impl Place {
    /// Whether both are the same name in the same directory.
    pub fn is(&self, other: &Self) -> bool {
        self.parent.ino() == other.parent.ino() && self.name == other.name
    }
}

/// A directory that was found by its path.
pub struct KnownParent {
    path: Vec<u8>,
    ino: Ino,
    /// What had been removed or moved by then.
    removals: u64,
}

/// What a path leads to.
pub enum Named {
    /// This is there.
    Existing(Inode),
    /// Nothing is, but it could be there.
    New(Place),
}

impl Edit<'_, '_> {
    /// What a path names.
    pub fn resolve(&self, path: &[u8], last: LastSymlink) -> Result<Inode, FsError> {
        self.tx.fs().resolve(path, last)
    }

    /// Where the last component of a path belongs, whether it is there or not.
    pub fn place(&mut self, path: &[u8]) -> Result<Place, FsError> {
        let trimmed = without_slashes(path);
        if path.is_empty() {
            return Err(CallerError::NotFound.into());
        }
        let start =
            trimmed.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at.saturating_add(1));
        let (parent, name) = trimmed.split_at_checked(start).unwrap_or((b"", trimmed));
        if name.is_empty() {
            return Err(CallerError::IsRoot.into());
        }
        if matches!(name, b"." | b"..") {
            return Err(CallerError::BadName { why: "it ends in . or .." }.into());
        }
        if parent.is_empty() && names_inode(name) {
            let why = "it is an inode's number (./<N> is a name)";
            return Err(CallerError::BadName { why }.into());
        }
        let parent = if parent.is_empty() { b"/" } else { parent };
        let parent = self.parent(parent)?;
        let wants_directory = trimmed.len() < path.len();
        Ok(Place { parent, name: name.to_vec(), wants_directory })
    }

    /// The directory that a path names. Scripts fill one directory after the other: the last one is
    /// kept, as long as nothing was removed or moved that it may lie below.
    fn parent(&mut self, path: &[u8]) -> Result<Inode, FsError> {
        let removals = self.tx.removals();
        if let Some(known) = &self.last_parent
            && known.path == path
            && known.removals == removals
        {
            return self.tx.inode(known.ino);
        }
        let parent = self.resolve(path, LastSymlink::Follow)?;
        let path = path.to_vec();
        self.last_parent = Some(KnownParent { path, ino: parent.ino(), removals });
        Ok(parent)
    }

    /// What a name names, if it is there.
    pub fn lookup(&mut self, place: &Place) -> Result<Option<Inode>, FsError> {
        self.tx.lookup(place.parent.ino(), &place.name)
    }

    /// What a path leads to, through symbolic links, or where a file of that path would be.
    pub fn named(&mut self, path: &[u8]) -> Result<Named, Failure> {
        let place = match self.place(path) {
            // It is `/`, ends in `.` or `..`, or is a number: it is there, or nowhere.
            Err(FsError::Caller(CallerError::IsRoot | CallerError::BadName { .. })) => {
                return Ok(Named::Existing(self.resolve(path, LastSymlink::Follow)?));
            }
            place => place?,
        };
        let found = match self.lookup(&place)? {
            None if place.wants_directory => {
                return Err(FsError::from(CallerError::NotADirectory).into());
            }
            None => return Ok(Named::New(place)),
            Some(found) => found,
        };
        let follows = found.file_type() == FileType::Symlink;
        if !follows && place.wants_directory && found.file_type() != FileType::Directory {
            return Err(FsError::from(CallerError::NotADirectory).into());
        }
        if !follows {
            return Ok(Named::Existing(found));
        }
        match self.resolve(path, LastSymlink::Follow) {
            Ok(inode) => Ok(Named::Existing(inode)),
            Err(FsError::Caller(CallerError::NotFound)) => {
                let reason = "a symbolic link that leads nowhere, which is not written through";
                Err(Failure::path("dangling_symlink", reason))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The directory that a path leads to, if it leads to one: what names things in it, and not
    /// itself.
    pub fn directory(&mut self, path: &[u8], last: LastSymlink) -> Result<Option<Inode>, FsError> {
        let found = match self.place(path) {
            Ok(place) => self.lookup(&place)?,
            // It is `/`, ends in `.` or `..`, or is a number.
            Err(FsError::Caller(CallerError::IsRoot | CallerError::BadName { .. })) => {
                self.resolved(path, last)?
            }
            // Whoever then looks for its place finds what is wrong.
            Err(FsError::Caller(_)) => None,
            Err(error) => return Err(error),
        };
        let follows = last == LastSymlink::Follow || path.ends_with(b"/");
        let found = match found {
            Some(inode) if follows && inode.file_type() == FileType::Symlink => {
                self.resolved(path, last)?
            }
            found => found,
        };
        Ok(found.filter(|inode| inode.file_type() == FileType::Directory))
    }

    /// What a path names, or nothing where it names nothing.
    fn resolved(&self, path: &[u8], last: LastSymlink) -> Result<Option<Inode>, FsError> {
        match self.resolve(path, last) {
            Ok(inode) => Ok(Some(inode)),
            Err(FsError::Caller(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A place in a directory for the last name of a path, and the path of that place.
pub fn place_in(directory: Inode, shown: &[u8], path: &[u8]) -> Result<(Place, Vec<u8>), FsError> {
    let trimmed = without_slashes(path);
    let name = trimmed.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if name.is_empty() {
        return Err(CallerError::BadName { why: "the root directory has none" }.into());
    }
    let place = Place { parent: directory, name: name.to_vec(), wants_directory: false };
    Ok((place, join(shown, name)))
}

/// The path of a name in a directory.
pub fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let directory = without_slashes(directory);
    [directory, b"/", name].concat()
}

/// A path without slashes at its end.
pub fn without_slashes(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |at| at.saturating_add(1));
    path.get(..end).unwrap_or_default()
}
