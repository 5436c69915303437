//! A crash world: an image and its log in one journal of effects, which can be cut anywhere.
//!
//! What a command does to the host is a sequence of [`Effect`]s. A kill leaves those before some
//! point, and perhaps a part of the next. A power cut leaves what was synced before that point, and
//! of what was not whatever the disk had got round to: per sector any version since the last sync,
//! a log of any length that it ever had, with any of its sectors not written, under the name or
//! not. A journal can be cut, resumed by the next command, and cut again.
//!
//! ```ignore
//! let world = World::new(State { image, log: None });
//! // ... a command commits through it ...
//! let killed = world.journal().cut(7, Some(0.5));
//! let state = killed.after_power_cut(Loss::Sectors, &mut SplitMix64::new(1));
//! ```

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;

use mpimg::device::log::LogStore;
use mpimg::device::{BlockDevice, DeviceError, Result};
use rustix::io::Errno;

use super::prng::SplitMix64;

/// What disks write whole.
pub const SECTOR_BYTES: usize = 512;

/// One thing done to the host.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Bytes of the image.
    Write { at: usize, bytes: Vec<u8> },
    /// Space for bytes of the image.
    Reserve,
    /// The image is synced.
    Sync,
    /// The log's name goes.
    LogUnlink,
    /// A new, empty log gets the name.
    LogCreate,
    /// The log's end.
    LogAppend(Vec<u8>),
    /// The log's content is synced.
    LogSync,
    /// The log's name is synced.
    DirectorySync,
}

/// What is found after a crash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    pub image: Vec<u8>,
    pub log: Option<Vec<u8>>,
}

/// How much of what was not synced a power cut takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing.
    Nothing,
    /// All of it.
    Everything,
    /// Some calls' worth, whatever their order was.
    Writes,
    /// Some sectors, whatever their order was.
    Sectors,
}

/// A start, and what was done since.
#[derive(Debug, Clone)]
pub struct Journal {
    pub start: State,
    pub effects: Vec<Effect>,
}

impl Journal {
    /// The first `count` effects, and of the next a part (none, half, ...), as a kill leaves it.
    pub fn cut(&self, count: usize, part: Option<f64>) -> Self {
        let mut effects = self.effects[..count].to_vec();
        if let (Some(part), Some(next)) = (part, self.effects.get(count)) {
            effects.extend(next.torn(part));
        }
        Self { start: self.start.clone(), effects }
    }

    /// What is there as long as the power is on.
    pub fn now(&self) -> State {
        let mut state = self.start.clone();
        self.effects.iter().for_each(|effect| state.apply(effect));
        state
    }

    /// What is there once the power is back.
    pub fn after_power_cut(&self, loss: Loss, rng: &mut SplitMix64) -> State {
        let image = self.image_after_power_cut(loss, rng);
        let log = self.log_after_power_cut(loss, rng);
        State { image, log }
    }

    fn image_after_power_cut(&self, loss: Loss, rng: &mut SplitMix64) -> Vec<u8> {
        let synced = self.effects.iter().rposition(|effect| matches!(effect, Effect::Sync));
        let (safe, rest) = self.effects.split_at(synced.map_or(0, |at| at + 1));
        let mut image = self.start.image.clone();
        let apply = |image: &mut Vec<u8>, effect: &Effect| {
            if let Effect::Write { at, bytes } = effect {
                image[*at..*at + bytes.len()].copy_from_slice(bytes);
            }
        };
        safe.iter().for_each(|effect| apply(&mut image, effect));
        match loss {
            Loss::Everything => return image,
            Loss::Nothing => {
                rest.iter().for_each(|effect| apply(&mut image, effect));
                return image;
            }
            Loss::Writes | Loss::Sectors => {}
        }
        // Each sector holds one of the versions that it had, and each version the number of its call.
        let mut versions: BTreeMap<usize, Vec<(usize, Vec<u8>)>> = BTreeMap::new();
        let mut latest = image.clone();
        for (call, effect) in rest.iter().enumerate() {
            let Effect::Write { at, bytes } = effect else { continue };
            apply(&mut latest, effect);
            for sector in at / SECTOR_BYTES..(at + bytes.len()).div_ceil(SECTOR_BYTES) {
                versions.entry(sector).or_default().push((call, sector_of(&latest, sector).into()));
            }
        }
        let kept: Vec<bool> = rest.iter().map(|_| rng.next_u64() & 1 == 0).collect();
        for (sector, versions) in versions {
            let version = if loss == Loss::Writes {
                versions.iter().rev().find(|(call, _)| kept[*call])
            } else {
                let pick = rng.within(0..=versions.len() as u64) as usize;
                pick.checked_sub(1).map(|at| &versions[at])
            };
            if let Some((_, bytes)) = version {
                let start = sector * SECTOR_BYTES;
                image[start..start + bytes.len()].copy_from_slice(bytes);
            }
        }
        image
    }

    fn log_after_power_cut(&self, loss: Loss, rng: &mut SplitMix64) -> Option<Vec<u8>> {
        // Each file that ever was the log: its bytes, and how many of them are safe.
        let mut files: Vec<(Vec<u8>, usize)> = Vec::new();
        files.extend(self.start.log.clone().map(|log| (log.clone(), log.len())));
        // Which of them had the name since it was last synced; the first is what was synced.
        let mut names = vec![files.len().checked_sub(1)];
        for effect in &self.effects {
            match effect {
                Effect::LogUnlink => names.push(None),
                Effect::LogCreate => {
                    files.push((Vec::new(), 0));
                    names.push(Some(files.len() - 1));
                }
                Effect::LogAppend(bytes) => files.last_mut().unwrap().0.extend(bytes),
                Effect::LogSync => {
                    let (bytes, safe) = files.last_mut().unwrap();
                    *safe = bytes.len();
                }
                Effect::DirectorySync => names = vec![*names.last().unwrap()],
                Effect::Write { .. } | Effect::Reserve | Effect::Sync => {}
            }
        }
        let name = match loss {
            Loss::Nothing => names.len() - 1,
            Loss::Everything => 0,
            Loss::Writes | Loss::Sectors => rng.within(0..=names.len() as u64 - 1) as usize,
        };
        let (mut bytes, safe) = files.get(names[name]?)?.clone();
        match loss {
            Loss::Nothing => {}
            Loss::Everything => bytes.truncate(safe),
            Loss::Writes | Loss::Sectors => {
                // Lengths are often known before the content is.
                if rng.next_u64() & 1 == 0 {
                    bytes.truncate(rng.within(safe as u64..=bytes.len() as u64) as usize);
                }
                for sector in safe.div_ceil(SECTOR_BYTES)..bytes.len().div_ceil(SECTOR_BYTES) {
                    let end = bytes.len().min((sector + 1) * SECTOR_BYTES);
                    let sector = &mut bytes[sector * SECTOR_BYTES..end];
                    match rng.within(0..=7) {
                        0 => sector.fill(0),
                        1 => sector.iter_mut().for_each(|byte| *byte = rng.next_u64() as u8),
                        _ => {}
                    }
                }
            }
        }
        Some(bytes)
    }
}

fn sector_of(image: &[u8], sector: usize) -> &[u8] {
    &image[sector * SECTOR_BYTES..image.len().min((sector + 1) * SECTOR_BYTES)]
}

impl State {
    fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::Write { at, bytes } => {
                self.image[*at..*at + bytes.len()].copy_from_slice(bytes);
            }
            Effect::LogUnlink => self.log = None,
            Effect::LogCreate => self.log = Some(Vec::new()),
            Effect::LogAppend(bytes) => self.log.get_or_insert_default().extend(bytes),
            Effect::Reserve | Effect::Sync | Effect::LogSync | Effect::DirectorySync => {}
        }
    }
}

impl Effect {
    /// What a kill in the middle leaves of it: the host writes from front to back, the image by
    /// whole sectors.
    fn torn(&self, part: f64) -> Option<Self> {
        let share = |len: usize| (len as f64 * part) as usize;
        match self {
            Self::Write { at, bytes } => {
                let end = (at + share(bytes.len())) / SECTOR_BYTES * SECTOR_BYTES;
                let kept = bytes[..end.saturating_sub(*at)].to_vec();
                Some(Self::Write { at: *at, bytes: kept })
            }
            Self::LogAppend(bytes) => Some(Self::LogAppend(bytes[..share(bytes.len())].to_vec())),
            _ => None,
        }
    }
}

/// Effects that fail: the numbers of the first and the last of them, and what the host says.
#[derive(Debug, Clone, Copy)]
pub struct Failing {
    pub first: usize,
    pub last: usize,
    pub errno: Errno,
}

/// A host for one image and one log.
pub struct World {
    inner: Mutex<Inner>,
    failing: Option<Failing>,
}

struct Inner {
    journal: Journal,
    now: State,
    /// How often an effect was asked for, failed ones included.
    asked: usize,
}

impl World {
    /// A host that has this, safe from power cuts.
    pub fn new(start: State) -> Self {
        Self::resume(Journal { start, effects: Vec::new() })
    }

    /// A host that has done this already.
    pub fn resume(journal: Journal) -> Self {
        let now = journal.now();
        Self { inner: Mutex::new(Inner { journal, now, asked: 0 }), failing: None }
    }

    /// From here on, effects fail: half of a write is done, of anything else nothing.
    pub fn failing(mut self, failing: Failing) -> Self {
        self.failing = Some(failing);
        self
    }

    /// All that was done.
    pub fn journal(&self) -> Journal {
        self.inner.lock().unwrap().journal.clone()
    }

    /// What is there.
    pub fn now(&self) -> State {
        self.inner.lock().unwrap().now.clone()
    }

    fn act(&self, effect: Effect) -> io::Result<()> {
        let mut inner = self.inner.lock().unwrap();
        let number = inner.asked;
        inner.asked += 1;
        let failing = self.failing.filter(|f| (f.first..=f.last).contains(&number));
        let done = match failing {
            Some(_) => effect.torn(0.5),
            None => Some(effect),
        };
        if let Some(effect) = done {
            inner.now.apply(&effect);
            inner.journal.effects.push(effect);
        }
        failing.map_or(Ok(()), |failing| Err(failing.errno.into()))
    }
}

impl BlockDevice for World {
    fn size_bytes(&self) -> u64 {
        self.inner.lock().unwrap().now.image.len() as u64
    }

    fn read_at(&self, buf: &mut [u8], offset_bytes: u64) -> Result<()> {
        let inner = self.inner.lock().unwrap();
        let (len_bytes, size_bytes) = (buf.len() as u64, inner.now.image.len() as u64);
        if offset_bytes.checked_add(len_bytes).is_none_or(|end| end > size_bytes) {
            return Err(DeviceError::PastEnd { offset_bytes, len_bytes, size_bytes });
        }
        let start = offset_bytes as usize;
        buf.copy_from_slice(&inner.now.image[start..start + buf.len()]);
        Ok(())
    }

    fn write_at(&self, buf: &[u8], offset_bytes: u64) -> Result<()> {
        let (len_bytes, size_bytes) = (buf.len() as u64, self.size_bytes());
        assert!(offset_bytes + len_bytes <= size_bytes, "a write past the image's end");
        let effect = Effect::Write { at: offset_bytes as usize, bytes: buf.to_vec() };
        let fault = |source| DeviceError::Write { offset_bytes, len_bytes, source };
        self.act(effect).map_err(fault)
    }

    fn reserve(&self, offset_bytes: u64, len_bytes: u64) -> Result<()> {
        let fault = |source| DeviceError::Write { offset_bytes, len_bytes, source };
        self.act(Effect::Reserve).map_err(fault)
    }

    fn sync(&self) -> Result<()> {
        self.act(Effect::Sync).map_err(|source| DeviceError::Sync { source })
    }
}

impl LogStore for World {
    fn create(&self) -> io::Result<()> {
        self.remove()?;
        self.act(Effect::LogCreate)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.act(Effect::LogAppend(bytes.to_vec()))
    }

    fn sync(&self) -> io::Result<()> {
        self.act(Effect::LogSync)?;
        self.act(Effect::DirectorySync)
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(self.inner.lock().unwrap().now.log.clone())
    }

    fn remove(&self) -> io::Result<()> {
        let there = self.inner.lock().unwrap().now.log.is_some();
        if there { self.act(Effect::LogUnlink) } else { Ok(()) }
    }

    fn discard(&self) -> io::Result<()> {
        self.remove()?;
        self.act(Effect::DirectorySync)
    }

    fn name(&self) -> String {
        "the log".into()
    }
}
