//! Members: what entries of an archive say, whatever form each of them has.
//!
//! A file called by 300 bytes is an extended header, its records, a header and data; in GNU tar's
//! form it is an entry `././@LongLink` with the name, and another with the rest. Here it is one
//! [`Member`], with a name of 300 bytes and the place where its data begins.

use std::ops::Range;

use super::error::Fault;
use super::extended::Extended;
use super::header::{BLOCK, Header};
use super::sparse::{self, MapInData, Ranges};
use super::store::Scan;
use crate::fs::{Meta, Time, Xattr};
use crate::host::error::HostError;

/// The most that the extended headers of an entry may have, and a name of GNU tar's.
const MOST_EXTENDED_BYTES: u64 = 4 << 20;
const MOST_NAME_BYTES: u64 = 1 << 20;

/// How much behind the end of an archive without entries is looked at.
const BEHIND_BYTES: u64 = 1 << 20;

/// An entry, put together.
#[derive(Debug)]
pub struct Member {
    pub name: Vec<u8>,
    pub kind: Kind,
    pub meta: Meta,
    pub xattrs: Vec<Xattr>,
}

/// What a member is.
#[derive(Debug)]
pub enum Kind {
    File {
        len_bytes: u64,
        /// What is no hole.
        data: Option<Box<[Range<u64>]>>,
        /// Where it begins in the archive.
        offset_bytes: u64,
    },
    Directory,
    Symlink(Vec<u8>),
    HardLink(Vec<u8>),
    CharDevice(u32, u32),
    BlockDevice(u32, u32),
    Fifo,
    /// Nothing that is to be made; what it is instead.
    Nothing(&'static str),
}

/// What comes next in an archive.
pub enum Next {
    Member(Member),
    /// An entry that is refused, by its name; what comes behind it can be read.
    Refused(Vec<u8>, Fault),
    /// The end, and what is odd about it.
    End(Option<&'static str>),
}

/// Why nothing can be read any more.
pub enum Stop {
    Host(HostError),
    Fault(Fault),
}

impl From<HostError> for Stop {
    fn from(error: HostError) -> Self {
        Self::Host(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Members, one after the other.
pub struct Members<'a> {
    scan: Scan<'a>,
    /// Where the next header is.
    at: u64,
    global: Extended,
    /// How many entries there have been.
    pub number: u64,
    /// Where the last of them began.
    pub started: u64,
}

impl<'a> Members<'a> {
    pub fn new(scan: Scan<'a>) -> Self {
        Self { scan, at: 0, global: Extended::default(), number: 0, started: 0 }
    }

    pub fn next(&mut self) -> Result<Next, Stop> {
        let mut extended = self.global.clone();
        let mut long = Extended::default();
        let mut refused = None;
        let mut extended_bytes = 0_u64;
        self.started = self.at;
        self.number = self.number.saturating_add(1);
        loop {
            let Some(block) = self.block(self.at)? else {
                if self.at != self.started {
                    return Err(Fault::Truncated { missing_bytes: BLOCK as u64 }.into());
                }
                return Ok(Next::End(Some("it does not end with blocks of zeros")));
            };
            let header = Header(&block);
            if header.is_zero() {
                let second = self.block(self.at.saturating_add(BLOCK as u64))?;
                let alone = !second.is_some_and(|second| Header(&second).is_zero());
                return Ok(Next::End(alone.then_some("it ends with a single block of zeros")));
            }
            header.check()?;
            let body = self.at.saturating_add(BLOCK as u64);
            let kind = header.entry_type();
            if !matches!(kind, b'x' | b'X' | b'g' | b'L' | b'K') {
                extended.path = extended.path.or(long.path);
                extended.link = extended.link.or(long.link);
                return self.member(header, extended, body, refused);
            }
            let len_bytes = header.size()?;
            let (what, limit_bytes) = match kind {
                b'L' | b'K' => ("a name", MOST_NAME_BYTES),
                _ => ("an extended header", MOST_EXTENDED_BYTES),
            };
            // Those of an entry add up; of those for all entries little is kept.
            let before_bytes = if matches!(kind, b'x' | b'X') { extended_bytes } else { 0 };
            let len_in_all_bytes = len_bytes.saturating_add(before_bytes);
            if len_in_all_bytes > limit_bytes {
                let len_bytes = len_in_all_bytes;
                return Err(Fault::TooLong { what, len_bytes, limit_bytes }.into());
            }
            let len = usize::try_from(len_bytes).unwrap_or(usize::MAX);
            self.check_room(body, len_bytes)?;
            let bytes = self.scan.bytes(body, len)?;
            let name = || Some(super::header::until_nul(bytes).to_vec());
            match kind {
                b'L' => long.path = name(),
                b'K' => long.link = name(),
                b'g' => {
                    self.global.read_global(bytes)?;
                    extended.read_global(bytes)?;
                }
                _ => {
                    extended_bytes = len_in_all_bytes;
                    refused = refused.or(extended.read(bytes).err());
                }
            }
            self.at = padded(body, len_bytes);
        }
    }

    /// Whether there is something behind the end mark, not far from it: then what begins with zeros
    /// is no archive, but an image, for one.
    pub fn has_more_behind(&mut self) -> Result<bool, Stop> {
        let left_bytes = self.scan.store.len_bytes.saturating_sub(self.at);
        let len = usize::try_from(left_bytes.min(BEHIND_BYTES)).unwrap_or(0);
        Ok(self.scan.bytes(self.at, len)?.iter().any(|byte| *byte != 0))
    }

    /// The member that a header is about; then, what comes next is behind it.
    fn member(
        &mut self,
        header: Header<'_>,
        mut extended: Extended,
        mut body: u64,
        refused: Option<Fault>,
    ) -> Result<Next, Stop> {
        let mut map = None;
        if header.entry_type() == b'S' {
            let (mut ranges, len_bytes, mut more) = header.old_sparse()?;
            while more {
                let block = self.block(body)?;
                let block = block.ok_or(Fault::Truncated { missing_bytes: BLOCK as u64 })?;
                let (found, again) = Header(&block).more_old_sparse()?;
                ranges.extend(found);
                more = again;
                body = body.saturating_add(BLOCK as u64);
            }
            map = Some((ranges, len_bytes));
        }
        let name = extended.sparse.name.take().or(extended.path.take());
        let name = name.unwrap_or_else(|| header.name());
        let size = match extended.size {
            Some(size) => size,
            None => header.size()?,
        };
        let stored_bytes = self.stored_bytes(&header, &extended, &name, body, size)?;
        self.check_room(body, stored_bytes)?;
        let made = match refused {
            Some(fault) => Err(fault.into()),
            None => self.made(header, extended, &name, (body, stored_bytes), map),
        };
        self.at = padded(body, stored_bytes);
        match made {
            Ok((kind, meta, xattrs)) => Ok(Next::Member(Member { name, kind, meta, xattrs })),
            Err(Stop::Fault(fault)) => Ok(Next::Refused(name, fault)),
            Err(stop) => Err(stop),
        }
    }

    /// How much is behind a header. What is no file has no data whatever size it says, unless there is
    /// something that is no header: some writers tell the size of a file in its links too, and some
    /// store it again with each.
    fn stored_bytes(
        &mut self,
        header: &Header<'_>,
        extended: &Extended,
        name: &[u8],
        body: u64,
        size: u64,
    ) -> Result<u64, Stop> {
        if size == 0 || !matches!(header.entry_type(), b'1'..=b'6') || name.is_empty() {
            return Ok(size);
        }
        if extended.size.is_some() {
            return Ok(size);
        }
        let is_none = match self.block(body)? {
            None => true,
            Some(block) => Header(&block).is_zero() || Header(&block).check().is_ok(),
        };
        Ok(if is_none { 0 } else { size })
    }

    fn made(
        &mut self,
        header: Header<'_>,
        mut extended: Extended,
        name: &[u8],
        (body, stored_bytes): (u64, u64),
        map: Option<(Ranges, u64)>,
    ) -> Result<(Kind, Meta, Vec<Xattr>), Stop> {
        let kind = match header.entry_type() {
            // Before there were types, a slash told directories.
            0 | b'0' | b'7' if name.ends_with(b"/") => Kind::Directory,
            0 | b'0' | b'7' | b'S' => self.file(&mut extended, body, stored_bytes, map)?,
            b'1' => Kind::HardLink(link(&mut extended, &header)),
            b'2' => Kind::Symlink(link(&mut extended, &header)),
            kind @ (b'3' | b'4') => {
                let (major, minor) = device(&extended, &header)?;
                if kind == b'3' {
                    Kind::CharDevice(major, minor)
                } else {
                    Kind::BlockDevice(major, minor)
                }
            }
            // A dumped directory is one with a list of its names behind it.
            b'5' | b'D' => Kind::Directory,
            b'6' => Kind::Fifo,
            b'V' => Kind::Nothing("a volume label"),
            other => return Err(Fault::Type(char::from(other)).into()),
        };
        let owner = |given: Option<u64>, header: u64, field| {
            let id = given.unwrap_or(header);
            u32::try_from(id).map_err(|_| Fault::Field { field, value: id.to_string() })
        };
        let low = |mode: u64| u16::try_from(mode & 0o7777).unwrap_or(0);
        let mtime = match extended.mtime {
            Some(time) => time,
            None => Time { seconds: header.mtime()?, nanoseconds: 0 },
        };
        let meta = Meta {
            permissions: low(header.mode()?),
            uid: owner(extended.uid, header.uid()?, "the uid")?,
            gid: owner(extended.gid, header.gid()?, "the gid")?,
            mtime,
        };
        Ok((kind, meta, extended.xattrs()?))
    }

    fn file(
        &mut self,
        extended: &mut Extended,
        body: u64,
        stored_bytes: u64,
        map: Option<(Ranges, u64)>,
    ) -> Result<Kind, Stop> {
        let mut at = body;
        let records = &mut extended.sparse;
        let (ranges, len_bytes) = match (map, records.len_bytes) {
            (Some(map), _) => map,
            (None, None) => {
                return Ok(Kind::File { len_bytes: stored_bytes, data: None, offset_bytes: body });
            }
            (None, Some(len_bytes)) if records.has_map_in_data()? => {
                let end = body.saturating_add(stored_bytes);
                let mut map = MapInData::default();
                loop {
                    if at >= end {
                        return Err(Fault::Sparse("it does not end").into());
                    }
                    let done = map.take(self.scan.bytes(at, BLOCK)?)?;
                    at = at.saturating_add(BLOCK as u64);
                    if done {
                        break (map.into_ranges(), len_bytes);
                    }
                }
            }
            (None, Some(len_bytes)) => (records.take_ranges(), len_bytes),
        };
        let left_bytes = stored_bytes.saturating_sub(at.saturating_sub(body));
        let data = sparse::data_of(&ranges, len_bytes, left_bytes)?;
        Ok(Kind::File { len_bytes, data: Some(data), offset_bytes: at })
    }

    /// The block at a place; nothing at the end of the archive.
    fn block(&mut self, at: u64) -> Result<Option<[u8; BLOCK]>, Stop> {
        let left_bytes = self.scan.store.len_bytes.saturating_sub(at);
        if left_bytes == 0 {
            return Ok(None);
        }
        self.check_room(at, BLOCK as u64)?;
        Ok(self.scan.bytes(at, BLOCK)?.first_chunk().copied())
    }

    fn check_room(&self, at: u64, len_bytes: u64) -> Result<(), Fault> {
        let left_bytes = self.scan.store.len_bytes.saturating_sub(at);
        match len_bytes.checked_sub(left_bytes) {
            None | Some(0) => Ok(()),
            Some(missing_bytes) => Err(Fault::Truncated { missing_bytes }),
        }
    }
}

fn link(extended: &mut Extended, header: &Header<'_>) -> Vec<u8> {
    extended.link.take().unwrap_or_else(|| header.link_name().to_vec())
}

/// Source of the limits: what ext2 keeps of a device, 12 and 20 bits.
fn device(extended: &Extended, header: &Header<'_>) -> Result<(u32, u32), Fault> {
    let (major, minor) = header.device()?;
    let (major, minor) = (extended.major.unwrap_or(major), extended.minor.unwrap_or(minor));
    let fitting = |number: u64, bits: u32| u32::try_from(number).ok().filter(|n| n >> bits == 0);
    fitting(major, 12).zip(fitting(minor, 20)).ok_or(Fault::Device { major, minor })
}

/// Where the next header is.
fn padded(body: u64, len_bytes: u64) -> u64 {
    let end = body.saturating_add(len_bytes);
    end.checked_next_multiple_of(BLOCK as u64).unwrap_or(u64::MAX)
}
