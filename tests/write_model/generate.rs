//! Choosing operations: a number decides, together with what the model holds. So one that is left
//! out leaves the others possible, if not the same.

use std::ops::Range;

use mpimg::fs::{FileType, Node as New, Ownership, Time, Xattr};

use crate::content::Data;
use crate::model::{Kind, Model, ROOT};
use crate::operation::Operation;
use crate::support::prng::SplitMix64;

/// How far away data may be, besides that of one file that reaches the last level.
const FAR_BYTES: u64 = 16 << 20;

/// How large a file may be that gets more names.
const LINKED_BYTES: u64 = 1 << 18;

/// What the image can bear.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub image_bytes: u64,
    /// Whether something had no room the last time: rather remove something.
    pub full: bool,
}

struct Chooser<'m> {
    random: SplitMix64,
    model: &'m Model,
    limits: Limits,
    directories: Vec<u32>,
    files: Vec<u32>,
    all: Vec<u32>,
    names: Vec<(u32, &'m [u8], u32)>,
}

/// The operation that a number stands for.
pub fn operation(number: u64, model: &Model, limits: Limits) -> Operation {
    let of = |wanted: FileType| {
        let nodes = model.nodes.iter().filter(move |(_, node)| node.file_type() == wanted);
        nodes.map(|(ino, _)| *ino).collect::<Vec<_>>()
    };
    let mut chooser = Chooser {
        random: SplitMix64::new(number),
        model,
        limits,
        directories: of(FileType::Directory),
        files: of(FileType::Regular),
        all: model.nodes.keys().copied().collect(),
        names: model.names(),
    };
    chooser.operation()
}

impl Chooser<'_> {
    fn below(&mut self, end: u64) -> u64 {
        self.random.within(0..=end - 1)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() {
            return None;
        }
        let at = self.below(of.len() as u64);
        Some(of[at as usize])
    }

    fn operation(&mut self) -> Operation {
        let crowd = self.names.len() as u64 > 1500;
        if (self.limits.full && self.one_in(2)) || (crowd && self.one_in(3)) {
            return self.removal();
        }
        match self.below(100) {
            0..20 => self.create(),
            20..26 => self.create_many(),
            26..38 => self.replace(),
            38..52 => self.write(),
            52..60 => self.truncate(),
            60..65 => self.link(),
            65..75 => self.removal(),
            75..83 => self.rename(),
            83..90 => self.xattrs(),
            90..92 => Operation::Look,
            _ => self.attribute(),
        }
    }

    fn directory(&mut self) -> u32 {
        let directories = self.directories.clone();
        // Some directories are to become large.
        let few = directories.len().min(3);
        let from = if self.one_in(2) { &directories[..few] } else { &directories[..] };
        self.pick(from).unwrap_or(ROOT)
    }

    /// A name in use, or the root's for want of one.
    fn entry(&mut self) -> Option<(u32, Vec<u8>, u32)> {
        let at = self.below(self.names.len().max(1) as u64) as usize;
        self.names.get(at).map(|(at, name, ino)| (*at, name.to_vec(), *ino))
    }

    fn name(&mut self) -> Vec<u8> {
        let number = self.below(1 << 20);
        let mut name = format!("n{number:x}").into_bytes();
        match self.below(40) {
            0..8 => name.resize(255, b'l'),
            8..14 => name.resize(60 + self.below(100) as usize, b'm'),
            14..17 => name.push(b'\n'),
            17..20 => name.extend([0xff, 0xfe, 0x80]),
            20..22 => name = vec![1 + self.below(46) as u8],
            22 => name.resize(256, b'x'),
            23..26 => {
                if let Some((_, known, _)) = self.entry() {
                    name = known;
                }
            }
            _ => {}
        }
        if matches!(&name[..], b"." | b"..") { b"...".to_vec() } else { name }
    }

    fn ownership(&mut self) -> Ownership {
        let ids = [0, 1, 1000, 65_535, 65_536, 4_000_000_000];
        let uid = self.pick(&ids).unwrap_or(0);
        let gid = self.pick(&ids).unwrap_or(0);
        Ownership { permissions: self.below(0o10000) as u16, uid, gid }
    }

    fn create(&mut self) -> Operation {
        let parent = self.directory();
        let name = self.name();
        let own = self.ownership();
        let (new, data) = match self.below(20) {
            0..10 => (New::Regular, Some(self.data(true))),
            10..14 => (New::Directory, None),
            14..16 => {
                let most = (self.model.block_size - 1).min(4095);
                let len = match self.below(6) {
                    0 => 59,
                    1 => 60,
                    2 => 61,
                    3 => most,
                    _ => 1 + self.below(most),
                };
                let seed = self.below(200) as u8;
                let target = (0..len).map(|at| seed.wrapping_add(at as u8).max(1)).collect();
                (New::Symlink(target), None)
            }
            16 => (New::CharDevice(self.below(1 << 12) as u32, self.below(1 << 20) as u32), None),
            17 => (New::BlockDevice(self.below(256) as u32, self.below(256) as u32), None),
            18 => (New::Fifo, None),
            _ => (New::Socket, None),
        };
        Operation::Create { parent, name, new, own, data }
    }

    fn create_many(&mut self) -> Operation {
        // One directory is to have an index of two levels.
        let parent = if self.one_in(3) { ROOT } else { self.directory() };
        let link = if self.one_in(3) { None } else { self.linkable() };
        let count = if link.is_some() { 1 + self.below(400) } else { 1 + self.below(30) };
        let long = self.one_in(2);
        let first = self.below(1 << 30);
        let name = |at| {
            let mut name = format!("{:x}-{at}", first).into_bytes();
            if long {
                name.resize(255 - (at % 90) as usize, b'o');
            }
            name
        };
        Operation::CreateMany { parent, names: (0..count).map(name).collect(), link }
    }

    fn linkable(&mut self) -> Option<u32> {
        let small = |ino: &u32| self.size_of(*ino) <= LINKED_BYTES;
        let all = self.all.iter().copied().filter(small);
        let all: Vec<u32> = all.filter(|ino| self.model.node(*ino).entries().is_none()).collect();
        self.pick(&all)
    }

    fn file(&mut self) -> u32 {
        // Seldom one that is none.
        if self.one_in(50) {
            return self.pick(&self.all.clone()).unwrap_or(ROOT);
        }
        self.pick(&self.files.clone()).unwrap_or(ROOT)
    }

    /// A length in bytes, near the edges of blocks and of the levels of indirection.
    fn length(&mut self) -> u64 {
        let block = self.model.block_size;
        let per = block / 4;
        let most = (self.limits.image_bytes / 4).max(2 * block);
        let edge = match self.below(12) {
            0 => 0,
            1..3 => return self.below(100),
            3..6 => self.below(12) * block,
            6 => 12 * block,
            7 => (12 + per) * block,
            8 => (12 + per + self.below(3 * per)) * block,
            _ => return self.below(most.min(64 * block)),
        };
        let moved = (edge + 2).saturating_sub(self.below(5));
        moved.min(most)
    }

    /// Content; where the file has one name alone, perhaps far away: other readers read it all,
    /// once for each name.
    fn data(&mut self, alone: bool) -> Data {
        let len_bytes = self.length();
        let seed = self.below(1 << 40);
        if self.one_in(3) {
            return self.sparse(seed, len_bytes, alone);
        }
        Data::whole(seed, len_bytes)
    }

    /// Data with holes, some of it far away.
    fn sparse(&mut self, seed: u64, len_bytes: u64, alone: bool) -> Data {
        let block = self.model.block_size;
        let per = block / 4;
        let mut ranges: Vec<Range<u64>> = Vec::new();
        let mut at = 0;
        while at < len_bytes && ranges.len() < 40 {
            let start = at + self.below(20) * block;
            let end = (start + (1 + self.below(12)) * block).min(len_bytes);
            if start < end {
                ranges.push(start..end);
            }
            at = end.max(start) + block;
        }
        let far = match self.below(12) {
            _ if !alone => return Data { seed, len_bytes, ranges },
            // Behind the first indirect block, but not so far that reading holes takes long.
            0 => 12 + per + self.below((per * per).min(FAR_BYTES / block)),
            1 if block == 1024 && !self.has_giant() => 12 + per + per * per + self.below(500),
            _ => return Data { seed, len_bytes, ranges },
        };
        // Behind a hole that ends at least a block later.
        let start = far.max(len_bytes / block + 1) * block;
        let end = start + 1 + self.below(3 * block);
        ranges.retain(|range| range.end % block == 0);
        ranges.push(start..end);
        Data { seed, len_bytes: end, ranges }
    }

    /// Whether there is a file already that other readers take long for.
    fn has_giant(&self) -> bool {
        let sizes = self.model.nodes.values().filter_map(|node| match &node.kind {
            Kind::File { size_bytes, .. } => Some(*size_bytes),
            _ => None,
        });
        sizes.max().unwrap_or(0) > 32 << 20
    }

    fn size_of(&self, ino: u32) -> u64 {
        match &self.model.node(ino).kind {
            Kind::File { size_bytes, .. } => *size_bytes,
            _ => 0,
        }
    }

    fn replace(&mut self) -> Operation {
        let ino = self.file();
        let alone = self.model.node(ino).links == 1;
        Operation::Replace { ino, data: self.data(alone) }
    }

    fn write(&mut self) -> Operation {
        let ino = self.file();
        let size = self.size_of(ino);
        let block = self.model.block_size;
        let offset_bytes = match self.below(6) {
            0 | 1 => size,
            2 => size + self.below(5 * block),
            3 => (size / block).saturating_sub(self.below(3)) * block,
            _ => self.below(size + 1),
        };
        let len_bytes = match self.below(5) {
            0 => self.below(4),
            1 => self.below(block),
            2 => block * self.below(4),
            3 => self.below(30 * block),
            _ => self.below(3 * block),
        };
        let data = Data::whole(self.below(1 << 40), len_bytes);
        let data = if self.one_in(6) { self.sparse_near(data) } else { data };
        Operation::Write { ino, offset_bytes, data }
    }

    /// The same with a hole at its beginning.
    fn sparse_near(&mut self, data: Data) -> Data {
        let start = data.len_bytes.min(self.model.block_size);
        let rest = Some(start..data.len_bytes).filter(|range| !range.is_empty());
        let ranges = rest.into_iter().collect();
        Data { ranges, ..data }
    }

    fn truncate(&mut self) -> Operation {
        let ino = self.file();
        let size = self.size_of(ino);
        let block = self.model.block_size;
        let size_bytes = match self.below(8) {
            0 => 0,
            1 => size + self.below(20 * block),
            2 => size / block * block,
            3 => self.length(),
            4 => size.saturating_sub(1),
            _ => self.below(size + 1),
        };
        Operation::Truncate { ino, size_bytes }
    }

    fn link(&mut self) -> Operation {
        let ino = if self.one_in(20) { Some(self.directory()) } else { self.linkable() };
        let (parent, name) = (self.directory(), self.name());
        Operation::Link { ino: ino.unwrap_or(ROOT), parent, name }
    }

    fn removal(&mut self) -> Operation {
        if self.one_in(4) {
            let parent = self.directory();
            let all: Vec<Vec<u8>> = self
                .model
                .entries(parent)
                .iter()
                .filter(|(_, ino)| self.model.node(**ino).entries().is_none())
                .map(|(name, _)| name.clone())
                .collect();
            let start = self.below(all.len().max(1) as u64) as usize;
            let count = 1 + self.below(200) as usize;
            let names = all.into_iter().skip(start).take(count).collect();
            return Operation::UnlinkMany { parent, names };
        }
        let Some((parent, name, ino)) = self.entry() else { return Operation::Look };
        let is_directory = self.model.node(ino).entries().is_some();
        match self.below(20) {
            0 => Operation::Unlink { parent, name },
            1 => Operation::Rmdir { parent, name: self.name() },
            2..5 => Operation::RemoveTree { parent, name },
            _ if is_directory => Operation::Rmdir { parent, name },
            _ => Operation::Unlink { parent, name },
        }
    }

    fn rename(&mut self) -> Operation {
        let Some((parent, name, _)) = self.entry() else { return Operation::Look };
        let over = if self.one_in(3) { self.entry() } else { None };
        let new = match over {
            Some((at, name, _)) => (at, name),
            None if self.one_in(3) => (parent, self.name()),
            None => (self.directory(), self.name()),
        };
        Operation::Rename { old: (parent, name), new }
    }

    fn xattrs(&mut self) -> Operation {
        let ino = self.pick(&self.all.clone()).unwrap_or(ROOT);
        let node = self.model.node(ino);
        let shared = self.one_in(2);
        // The kernel has no attributes of users on anything else.
        let users = matches!(node.kind, Kind::File { .. } | Kind::Directory(_)) && !shared;
        let prefixes: &[&str] =
            if users { &["user.", "trusted.", "security."] } else { &["trusted.", "security."] };
        let count = self.below(5);
        let xattrs = (0..count).map(|at| {
            let prefix = self.pick(prefixes).unwrap_or("trusted.");
            // A few sets that many have, so that blocks are shared.
            if shared && count > 2 {
                let name = format!("trusted.shared{at}").into_bytes();
                return Xattr { name, value: vec![at as u8 + 1; 100] };
            }
            let name = format!("{prefix}{at}{}", "x".repeat(self.below(40) as usize));
            let most = if self.one_in(6) { self.model.block_size / 2 } else { 120 };
            let len = self.below(most);
            let seed = self.below(1 << 30);
            let mut value = vec![0; len as usize];
            crate::support::content::fill(seed, 0, &mut value);
            Xattr { name: name.into_bytes(), value }
        });
        let xattrs = xattrs.collect();
        let mut inos = vec![ino];
        if shared {
            inos.extend((0..4).filter_map(|_| self.linkable()));
        }
        Operation::SetXattrs { inos, xattrs }
    }

    fn attribute(&mut self) -> Operation {
        let ino = self.pick(&self.all.clone()).unwrap_or(ROOT);
        let own = self.ownership();
        match self.below(3) {
            0 => Operation::SetPermissions { ino, permissions: own.permissions },
            1 => {
                let uid = Some(own.uid).filter(|_| self.one_in(2));
                let gid = Some(own.gid).filter(|_| self.one_in(2));
                Operation::SetOwner { ino, uid, gid }
            }
            _ => {
                let atime = self.time();
                let mtime = self.time();
                Operation::SetTimes { ino, atime, mtime }
            }
        }
    }

    fn time(&mut self) -> Option<Time> {
        let nanoseconds = self.below(1_000_000_000) as u32;
        let seconds = match self.below(10) {
            0 => return None,
            1 => -(self.below(1 << 31) as i64),
            2 => self.below(1 << 33) as i64,
            3 => 1 << 40,
            _ => self.below(1 << 31) as i64,
        };
        Some(Time { seconds, nanoseconds })
    }
}
