//! Paths: from bytes to an inode, with symlinks resolved inside the image.
//!
//! A path is bytes; a leading `/` is optional; `..` above the root is the root. `<12>` names inode
//! 12, and `<12>/etc` what lies below it; a file that is called so is reached as `./<12>`.

use super::error::{CallerError, Corrupt, Result};
use super::inode::{FileType, Ino, Inode};
use super::{BlockMap, Filesystem};
use crate::mpage::FileBlock;

/// Symlinks followed in one resolution, as many as Linux follows.
pub const SYMLINK_LIMIT: u32 = 40;

/// Components of all symlinks followed in one resolution; each may take a scan of a directory, and
/// a block of 64 KiB holds thousands. Linux follows at most twice as many in a single path.
pub const SYMLINK_COMPONENTS_LIMIT: usize = 1024;

/// What to do with a symlink that a path ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastSymlink {
    /// Go where it leads.
    Follow,
    /// Name the link itself; a `/` after it follows it all the same.
    Keep,
}

impl Filesystem {
    /// The inode that a path names.
    ///
    /// # Errors
    /// [`CallerError`] where it names none, and corrupt directories on the way.
    pub fn resolve(&self, path: &[u8], last: LastSymlink) -> Result<Inode> {
        if path.is_empty() {
            return Err(CallerError::NotFound.into());
        }
        let (mut at, rest) = match inode_reference(path) {
            Some((number, rest)) => (self.inode_in_use(number)?, rest),
            None => (self.inode(Ino::ROOT)?, path),
        };
        // Components yet to come, the next one last.
        let mut pending = components(rest);
        let mut followed: u32 = 0;
        let mut components_followed: usize = 0;
        while let Some(component) = pending.pop() {
            if at.file_type() != FileType::Directory {
                return Err(CallerError::NotADirectory.into());
            }
            let next = match component.as_slice() {
                b"" | b"." => continue,
                name => self.inode(self.lookup(&at, name)?)?,
            };
            let ends_here = pending.is_empty();
            if next.file_type() != FileType::Symlink || (ends_here && last == LastSymlink::Keep) {
                at = next;
                continue;
            }
            followed = followed.saturating_add(1);
            if followed > SYMLINK_LIMIT {
                return Err(CallerError::TooManySymlinks { limit: SYMLINK_LIMIT }.into());
            }
            let target = self.read_link(&next)?;
            if target.is_empty() {
                return Err(CallerError::NotFound.into());
            }
            if target.starts_with(b"/") {
                at = self.inode(Ino::ROOT)?;
            }
            let parts = components(&target);
            let named = parts.iter().filter(|part| *part != b".").count();
            components_followed = components_followed.saturating_add(named);
            if components_followed > SYMLINK_COMPONENTS_LIMIT {
                let limit = SYMLINK_COMPONENTS_LIMIT;
                return Err(CallerError::SymlinksTooLong { limit }.into());
            }
            pending.extend(parts);
        }
        Ok(at)
    }

    /// An inode by number, if it is in use.
    fn inode_in_use(&self, number: u64) -> Result<Inode> {
        let no_such = |why| CallerError::NoSuchInode { ino: number, why };
        let ino = u32::try_from(number)
            .ok()
            .filter(|ino| (1..=self.superblock().inodes_count()).contains(ino))
            .map(Ino)
            .ok_or(no_such("the filesystem does not have it"))?;
        let bytes = self.inode_bytes(ino)?;
        if bytes.iter().take(128).all(|byte| *byte == 0) {
            return Err(no_such("it is free").into());
        }
        let inode = self.inode(ino)?;
        if inode.links() == 0 && inode.raw().i_dtime.get() != 0 {
            return Err(no_such("it is deleted").into());
        }
        Ok(inode)
    }

    /// Where a symlink leads, as it stands there.
    ///
    /// # Errors
    /// [`CallerError::NotASymlink`]; a target longer than a block, or with a NUL in it.
    pub fn read_link(&self, link: &Inode) -> Result<Vec<u8>> {
        if link.file_type() != FileType::Symlink {
            return Err(CallerError::NotASymlink.into());
        }
        link.check_format()?;
        let target = self.link_bytes(link)?;
        // Whoever takes a path as text would see another one.
        if target.contains(&0) {
            return Err(Corrupt::LinkTarget { ino: link.ino() }.into());
        }
        Ok(target)
    }

    fn link_bytes(&self, link: &Inode) -> Result<Vec<u8>> {
        let size_bytes = link.size_bytes();
        let wrong =
            |want| Corrupt::Inode { ino: link.ino(), field: "i_size", value: size_bytes, want };
        let len = usize::try_from(size_bytes).unwrap_or(usize::MAX);
        if link.is_fast_symlink() {
            let bytes = zerocopy::IntoBytes::as_bytes(&link.raw().i_block);
            let target = bytes.get(..len).filter(|target| target.len() < bytes.len());
            return target
                .map(<[u8]>::to_vec)
                .ok_or_else(|| wrong("want less than 60 for a fast symlink").into());
        }
        if size_bytes > self.superblock().block_size_bytes() {
            return Err(wrong("want at most a block for a symlink").into());
        }
        let run = BlockMap::new(link, self.metadata()).run(FileBlock(0), FileBlock(1))?;
        let Some(block) = run.and_then(|run| run.block) else {
            return Err(wrong("but the symlink has no block").into());
        };
        let bytes = self.metadata().read(block, "symlink")?;
        Ok(bytes.get(..len).unwrap_or_default().to_vec())
    }
}

/// Whether a path names an inode by its number, as `<12>`, and so has no last name.
#[must_use]
pub fn names_inode(path: &[u8]) -> bool {
    inode_reference(path).is_some_and(|(_, rest)| rest.iter().all(|byte| *byte == b'/'))
}

/// Takes `<12>` off the front of a path.
fn inode_reference(path: &[u8]) -> Option<(u64, &[u8])> {
    let inner = path.strip_prefix(b"<")?;
    let close = inner.iter().position(|byte| *byte == b'>')?;
    let (digits, rest) = inner.split_at_checked(close)?;
    let rest = rest.strip_prefix(b">")?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if !(rest.is_empty() || rest.starts_with(b"/")) {
        return None;
    }
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

/// The components of a path, the first one last. A `/` at the end leaves a `.` behind it, so that
/// what stands before has to be a directory.
fn components(path: &[u8]) -> Vec<Vec<u8>> {
    let mut parts: Vec<_> = path
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
        .map(<[u8]>::to_vec)
        .collect();
    if path.ends_with(b"/") {
        parts.push(b".".to_vec());
    }
    parts.reverse();
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inode_is_named_in_angle_brackets() {
        assert_eq!(inode_reference(b"<12>"), Some((12, b"".as_slice())));
        assert_eq!(inode_reference(b"<12>/etc"), Some((12, b"/etc".as_slice())));
        for plain in ["/<12>", "<12", "<>", "<x>", "<12>x", "<-1>", "<99999999999999999999>"] {
            assert_eq!(inode_reference(plain.as_bytes()), None, "{plain}");
        }
    }

    #[test]
    fn slashes_separate_and_one_at_the_end_asks_for_a_directory() {
        assert_eq!(components(b"//a///b"), [b"b".to_vec(), b"a".to_vec()]);
        assert_eq!(components(b"a/"), [b".".to_vec(), b"a".to_vec()]);
        assert!(components(b"").is_empty());
    }
}
