//! One block of a directory, for whoever changes it: its entries and the gaps between them.
//!
//! An entry's length reaches up to the next entry, so that what it does not need is a gap. A new
//! entry goes into one; a removed entry becomes part of the gap before it, or, where it is the
//! block's first, an entry of inode 0. A block is looked at as a [`DirBlock`] and changed as bytes,
//! after everything in it has been checked:
//!
//! ```text
//! 12 | rec_len 12 | a        12 | rec_len 40 | a
//! 13 | rec_len 28 | bb   →                          removed: 28 more bytes for the one before
//! ```

use super::dir::{Entries, Header, Slot};
use super::error::{CallerError, Corrupt, Result};
use super::{FileType, Ino};
use crate::mpage::FileBlock;

/// The longest name.
pub(super) const NAME_BYTES: usize = 255;
/// Bytes of an entry before its name.
const HEADER_BYTES: usize = 8;
/// Entries begin at multiples of this.
pub(super) const ALIGN_BYTES: usize = 4;
/// The room that an entry of the longest name takes.
pub(super) const MOST_ENTRY_BYTES: usize = 264;
/// What `.` and `..` take in a directory's first block.
pub(super) const DOTS_BYTES: usize = 24;

/// The room that an entry takes.
pub(super) fn entry_bytes(name_len: usize) -> usize {
    HEADER_BYTES.saturating_add(name_len).next_multiple_of(ALIGN_BYTES)
}

/// A name as a new entry may have it.
pub(super) fn check_name(name: &[u8]) -> Result<()> {
    let why = match name {
        [] => "it is empty",
        b"." | b".." => "`.` and `..` are the directory's own",
        _ if name.contains(&b'/') => "it holds a `/`",
        _ if name.contains(&0) => "it holds a NUL",
        _ if name.len() > NAME_BYTES => {
            let (len_bytes, limit_bytes) = (name.len(), NAME_BYTES);
            return Err(CallerError::NameTooLong { len_bytes, limit_bytes }.into());
        }
        _ => return Ok(()),
    };
    Err(CallerError::BadName { why }.into())
}

/// A block of a directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct DirBlock<'a> {
    /// The directory.
    pub ino: Ino,
    /// Which of its blocks.
    pub block: FileBlock,
    pub bytes: &'a [u8],
    /// Whether entries tell types.
    pub has_types: bool,
}

/// A place for a new entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gap {
    /// The entry that the gap belongs to.
    at: usize,
    /// What that entry needs itself: nothing if it is not in use.
    used_bytes: usize,
    /// That entry's length.
    len_bytes: usize,
}

impl Gap {
    fn free_bytes(self) -> usize {
        self.len_bytes.saturating_sub(self.used_bytes)
    }
}

/// What a look at every entry of a block tells.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The first gap that is large enough for what is to be added.
    pub gap: Option<Gap>,
    /// The largest gap, once the first one has been used.
    pub room_after_bytes: usize,
    /// What the entries in use take.
    pub live_bytes: usize,
}

/// An entry that was looked for, and where it lies in its block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub ino: Ino,
    pub file_type: Option<FileType>,
    pub at: usize,
    /// Its length: what it needs, and the gap after it.
    pub len_bytes: usize,
    /// The entry before it, if it is not the first: where it begins, and what it needs.
    pub previous: Option<(usize, usize)>,
}

impl<'a> DirBlock<'a> {
    /// Every entry, in use or not.
    pub fn slots(self) -> impl Iterator<Item = Result<Slot<'a>>> {
        let base = self.block.0.saturating_mul(self.bytes.len() as u64);
        let mut entries = Entries::new(self.ino, self.bytes, base, self.has_types);
        std::iter::from_fn(move || entries.next_slot()).map(move |slot| {
            let slot = slot?;
            let len = slot.entry.name.len();
            if len > NAME_BYTES {
                return Err(self.fault(slot.at, "name_len", len as u64, "want 255 at most").into());
            }
            Ok(slot)
        })
    }

    /// Every entry in use.
    pub fn live(self) -> impl Iterator<Item = Result<Slot<'a>>> {
        self.slots().filter(|slot| !matches!(slot, Ok(slot) if slot.entry.ino == Ino(0)))
    }

    /// The bytes of an entry, as long as it needs to be.
    pub fn raw(self, slot: &Slot<'_>) -> &'a [u8] {
        let end = slot.at.saturating_add(entry_bytes(slot.entry.name.len()));
        self.bytes.get(slot.at..end).unwrap_or_default()
    }

    /// Where every entry begins, and its header: what [`slots`](Self::slots) tells, for searches,
    /// which spend most of their time here.
    fn headers(self) -> impl Iterator<Item = Result<(usize, Header)>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let rest_bytes = self.bytes.len().checked_sub(at).filter(|rest| *rest > 0)?;
            let header = Header::read(self.bytes, at, self.has_types);
            let sound = |h: &Header| h.name_len <= NAME_BYTES && h.fault(rest_bytes).is_none();
            let Some(header) = header.filter(sound) else {
                at = self.bytes.len();
                return self.slots().find_map(Result::err).map(Err);
            };
            let begin = at;
            at = at.saturating_add(header.len_bytes);
            Some(Ok((begin, header)))
        })
    }

    /// The entry of a name.
    pub fn find(self, name: &[u8]) -> Result<Option<Hit>> {
        let mut previous = None;
        for found in self.headers() {
            let (at, header) = found?;
            if header.name_len == name.len() && header.ino != Ino(0) {
                let begin = at.saturating_add(HEADER_BYTES);
                let end = begin.saturating_add(name.len());
                if self.bytes.get(begin..end) == Some(name) {
                    let Header { ino, len_bytes, .. } = header;
                    let file_type = header.file_type(self.has_types);
                    return Ok(Some(Hit { ino, file_type, at, len_bytes, previous }));
                }
            }
            previous = Some((at, used_bytes(header)));
        }
        Ok(None)
    }

    /// Looks at every entry, and for a gap of `need_bytes`.
    pub fn survey(self, need_bytes: usize) -> Result<Survey> {
        let mut survey = Survey::default();
        for found in self.headers() {
            let (at, header) = found?;
            let used_bytes = used_bytes(header);
            survey.live_bytes = survey.live_bytes.saturating_add(used_bytes);
            let gap = Gap { at, used_bytes, len_bytes: header.len_bytes };
            let mut left = gap.free_bytes();
            if survey.gap.is_none() && left >= need_bytes {
                survey.gap = Some(gap);
                left = left.saturating_sub(need_bytes);
            }
            survey.room_after_bytes = survey.room_after_bytes.max(left);
        }
        Ok(survey)
    }

    /// Whether no entry is in use.
    pub fn is_empty(self) -> Result<bool> {
        self.live().next().transpose().map(|slot| slot.is_none())
    }

    fn fault(self, at: usize, field: &'static str, value: u64, want: &'static str) -> Corrupt {
        let base = self.block.0.saturating_mul(self.bytes.len() as u64);
        let offset_bytes = base.saturating_add(at as u64);
        Corrupt::DirEntry { ino: self.ino, offset_bytes, field, value, want }
    }
}

fn used_bytes(header: Header) -> usize {
    if header.ino == Ino(0) { 0 } else { entry_bytes(header.name_len) }
}

/// An entry on its own, as long as it needs to be.
pub(super) fn encode(name: &[u8], ino: Ino, file_type: FileType, has_types: bool) -> Vec<u8> {
    let len = u16::try_from(name.len()).unwrap_or(u16::MAX);
    let [len_low, len_high] = len.to_le_bytes();
    let room = entry_bytes(name.len());
    let mut bytes = Vec::with_capacity(room);
    bytes.extend(ino.0.to_le_bytes());
    bytes.extend(rec_len(room));
    bytes.extend([len_low, if has_types { type_code(file_type) } else { len_high }]);
    bytes.extend(name);
    bytes.resize(room, 0);
    bytes
}

/// A block that holds these entries, each as [`encode`] makes it: the last one gets what is left.
pub(super) fn pack<'a>(block_size: usize, entries: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(block_size);
    let mut last = 0;
    for raw in entries {
        last = bytes.len();
        bytes.extend(raw);
        set_rec_len(&mut bytes, last, raw.len());
    }
    bytes.resize(block_size, 0);
    set_rec_len(&mut bytes, last, block_size.saturating_sub(last));
    bytes
}

/// Puts an entry that [`encode`] made into a gap that is large enough.
pub(super) fn insert(bytes: &mut [u8], gap: Gap, raw: &[u8]) {
    let at = gap.at.saturating_add(gap.used_bytes);
    if gap.used_bytes > 0 {
        set_rec_len(bytes, gap.at, gap.used_bytes);
    }
    put(bytes, at, raw);
    set_rec_len(bytes, at, gap.free_bytes());
}

/// Takes an entry out, and tells how large the gap is that it leaves. Its bytes are wiped: what a
/// block holds does not depend on what it held.
pub(super) fn remove(bytes: &mut [u8], hit: &Hit) -> usize {
    let end = hit.at.saturating_add(hit.len_bytes);
    if let Some(removed) = bytes.get_mut(hit.at..end) {
        removed.fill(0);
    }
    match hit.previous {
        Some((previous, used)) => {
            let len = end.saturating_sub(previous);
            set_rec_len(bytes, previous, len);
            len.saturating_sub(used)
        }
        None => {
            set_rec_len(bytes, hit.at, hit.len_bytes);
            hit.len_bytes
        }
    }
}

/// Has an entry name another inode.
pub(super) fn replace(bytes: &mut [u8], at: usize, ino: Ino, code: Option<FileType>) {
    put(bytes, at, &ino.0.to_le_bytes());
    if let Some(file_type) = code {
        put(bytes, at.saturating_add(7), &[type_code(file_type)]);
    }
}

pub(super) fn put(bytes: &mut [u8], at: usize, source: &[u8]) {
    if let Some(to) = bytes.get_mut(at..at.saturating_add(source.len())) {
        to.copy_from_slice(source);
    }
}

fn set_rec_len(bytes: &mut [u8], at: usize, len_bytes: usize) {
    put(bytes, at.saturating_add(4), &rec_len(len_bytes));
}

/// A length as it is written: 65536, which does not fit, as 65535.
pub(super) fn rec_len(len_bytes: usize) -> [u8; 2] {
    u16::try_from(len_bytes).unwrap_or(u16::MAX).to_le_bytes()
}

/// What an entry calls a type, with `filetype`.
fn type_code(file_type: FileType) -> u8 {
    match file_type {
        FileType::Regular => 1,
        FileType::Directory => 2,
        FileType::CharDevice => 3,
        FileType::BlockDevice => 4,
        FileType::Fifo => 5,
        FileType::Socket => 6,
        FileType::Symlink => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(bytes: &[u8]) -> DirBlock<'_> {
        DirBlock { ino: Ino(2), block: FileBlock(1), bytes, has_types: true }
    }

    fn raw(name: &[u8]) -> Vec<u8> {
        encode(name, Ino(12), FileType::Regular, true)
    }

    fn names(bytes: &[u8]) -> String {
        let names = block(bytes).live().map(|slot| slot.unwrap().entry.name.to_vec());
        String::from_utf8(names.collect::<Vec<_>>().join(&b' ')).unwrap()
    }

    #[test]
    fn an_entry_goes_into_the_first_gap_that_holds_it() {
        for size in [1 << 10, 1 << 16] {
            let mut bytes = pack(size, [&raw(b"a")[..], &raw(b"bb"), &raw(b"c")]);
            let hit = block(&bytes).find(b"bb").unwrap().unwrap();
            assert_eq!(hit.previous, Some((0, 12)));
            assert_eq!(remove(&mut bytes, &hit), 12);
            assert_eq!(names(&bytes), "a c");
            for (name, after) in [(&b"large"[..], "a c large"), (b"dd", "a dd c large")] {
                let gap = block(&bytes).survey(entry_bytes(name.len())).unwrap().gap.unwrap();
                insert(&mut bytes, gap, &raw(name));
                assert_eq!(names(&bytes), after);
            }
        }
    }

    #[test]
    fn what_is_removed_leaves_nothing_behind() {
        for size in [1 << 10, 1 << 16] {
            let mut bytes = pack(size, [&raw(b"a")[..], &raw(b"secret")]);
            for (name, left) in [(&b"secret"[..], size - 12), (b"a", size)] {
                let hit = block(&bytes).find(name).unwrap().unwrap();
                assert_eq!(remove(&mut bytes, &hit), left);
            }
            assert!(block(&bytes).is_empty().unwrap());
            assert_eq!(bytes, pack(size, []), "as a block that never held anything");
        }
    }

    #[test]
    fn a_block_tells_the_room_that_it_has_left() {
        let bytes = pack(1024, [&raw(b"a")[..], &raw(b"b")]);
        let survey = block(&bytes).survey(16).unwrap();
        assert_eq!((survey.live_bytes, survey.room_after_bytes), (24, 1000 - 16));
        assert_eq!(block(&bytes).survey(1001).unwrap().gap, None);
    }

    #[test]
    fn names_that_no_file_may_have_are_told_apart() {
        for name in [&b""[..], b".", b"..", b"a/b", b"a\0"] {
            assert!(check_name(name).unwrap_err().to_string().contains("not a file name"));
        }
        let error = check_name(&[b'x'; 256]).unwrap_err().to_string();
        assert_eq!(error, "file name too long (256 bytes, of 255 at most)");
        check_name(&[b'x'; 255]).unwrap();
        check_name(b"...").unwrap();
    }
}
