//! What a directory holds, kept small: a million names in one directory are some 32 MiB.
//!
//! Names come from an image that may have been made to do harm. One that is empty, longer than 255
//! bytes, has `/` or NUL in it, stands twice, or is `.` or `..` where those have no place, is
//! refused here, so that nobody who walks a tree meets it.
//!
//! ```text
//! /etc: "." ".." "passwd" "group" "../../x"    two names, group and passwd, and one refused
//! ```

use super::Filesystem;
use super::dir_block::NAME_BYTES;
use super::error::{Corrupt, FsError, Result};
use super::inode::{Ino, Inode};

/// The names in a directory, but for `.` and `..`, sorted by their bytes.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// All names, one behind the other.
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

/// Where a name lies, and what it names.
#[derive(Debug, Clone, Copy)]
struct Slot {
    at: u32,
    len: u8,
    ino: Ino,
}

/// How the entries of a directory are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By the bytes of their names.
    #[default]
    Name,
    /// As they are likely to lie on the disk, files first and then directories.
    Disk,
}

impl Listing {
    /// Reads a directory. What is refused of it goes to `faults`; so does what ends it early.
    pub(super) fn read(fs: &Filesystem, directory: &Inode, faults: &mut Vec<FsError>) -> Self {
        let mut listing = Self::default();
        let ino = directory.ino();
        let mut dots = [false; 2];
        let mut refused = Refused::default();
        let ended = fs.visit_dir(directory, |entry| {
            let dot = [b".".as_slice(), b".."].iter().position(|dot| *dot == entry.name);
            // Each directory has one of both.
            if let Some(seen) = dot.and_then(|dot| dots.get_mut(dot))
                && !std::mem::replace(seen, true)
            {
                return Ok(None::<()>);
            }
            if let Err(why) = listing.add(entry.name, entry.ino) {
                refused.add(|| name_fault(ino, entry.name, why));
            }
            Ok(None)
        });
        listing.sort(ino, &mut refused);
        faults.append(&mut refused.first);
        if refused.more > 0 {
            faults.push(Corrupt::DirNames { ino, count: refused.more }.into());
        }
        faults.extend(ended.err());
        listing
    }

    fn add(&mut self, name: &[u8], ino: Ino) -> std::result::Result<(), &'static str> {
        check_name(name)?;
        let at = u32::try_from(self.bytes.len()).map_err(|_| "which is too much")?;
        let len = u8::try_from(name.len()).map_err(|_| TOO_LONG)?;
        self.bytes.extend_from_slice(name);
        self.slots.push(Slot { at, len, ino });
        Ok(())
    }

    fn sort(&mut self, ino: Ino, refused: &mut Refused) {
        let bytes = &self.bytes;
        self.slots.sort_by(|a, b| a.name(bytes).cmp(b.name(bytes)));
        self.slots.dedup_by(|again, first| {
            let same = again.name(bytes) == first.name(bytes);
            if same {
                refused.add(|| name_fault(ino, first.name(bytes), "which stands there twice"));
            }
            same
        });
    }

    /// Orders the names by what they name, which is about how that lies on the disk.
    pub(super) fn sort_by_ino(&mut self) {
        self.slots.sort_by_key(|slot| slot.ino);
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The name at `index`, and what it names.
    pub(super) fn get(&self, index: usize) -> Option<(&[u8], Ino)> {
        let slot = self.slots.get(index)?;
        Some((slot.name(&self.bytes), slot.ino))
    }
}

/// The names that are told one by one; a directory may hold millions.
const TOLD: usize = 50;

/// Names that are refused.
#[derive(Default)]
struct Refused {
    first: Vec<FsError>,
    /// How many there are beside.
    more: u64,
}

impl Refused {
    fn add(&mut self, fault: impl FnOnce() -> FsError) {
        if self.first.len() < TOLD {
            self.first.push(fault());
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

impl Slot {
    fn name<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        bytes.get(at..at.saturating_add(usize::from(self.len))).unwrap_or_default()
    }
}

const TOO_LONG: &str = "which is longer than 255 bytes";

/// Refuses a name that no directory may hold, and says why.
fn check_name(name: &[u8]) -> std::result::Result<(), &'static str> {
    match name {
        b"" => Err("which is empty"),
        b"." | b".." => Err("which is not its place"),
        name if name.contains(&b'/') => Err("which has a slash"),
        name if name.contains(&0) => Err("which has a NUL"),
        name if name.len() > NAME_BYTES => Err(TOO_LONG),
        _ => Ok(()),
    }
}

fn name_fault(ino: Ino, name: &[u8], why: &'static str) -> FsError {
    Corrupt::DirName { ino, name: name.escape_ascii().to_string(), why }.into()
}

/// Checks a directory's size before it is read, and takes its blocks from those that all
/// directories of a walk may have together: each belongs to one.
pub(super) fn take_blocks(fs: &Filesystem, directory: &Inode, left: &mut u64) -> Result<()> {
    let size_bytes = directory.size_bytes();
    let blocks = size_bytes.div_ceil(fs.superblock().block_size_bytes());
    match left.checked_sub(blocks) {
        Some(rest) => *left = rest,
        None => {
            let want = "want no more than is left for directories: some share blocks";
            let ino = directory.ino();
            return Err(Corrupt::Inode { ino, field: "i_size", value: size_bytes, want }.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_lead_elsewhere_are_refused() {
        let long = [b'x'; 256];
        for bad in [b"".as_slice(), b".", b"..", b"a/b", b"/", b"../x", b"a\0", &long] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        for good in [b"...".as_slice(), b"a", b"\n", b"\xff", b".a", &long[..255]] {
            assert!(check_name(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_taken_once() {
        let mut listing = Listing::default();
        for (name, ino) in [("b", 12), ("a", 13), ("b", 14)] {
            listing.add(name.as_bytes(), Ino(ino)).unwrap();
        }
        let mut refused = Refused::default();
        listing.sort(Ino(2), &mut refused);
        let faults = refused.first;
        let names: Vec<_> = (0..listing.len()).map(|i| listing.get(i).unwrap()).collect();
        assert_eq!(names, [(b"a".as_slice(), Ino(13)), (b"b", Ino(12))]);
        assert_eq!(faults.len(), 1);
        assert!(faults[0].to_string().contains("\"b\""), "{}", faults[0]);
    }
}
