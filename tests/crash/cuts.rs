//! Kills and power cuts at every effect of every command, and of the recovery after them.

use std::collections::HashMap;
use std::sync::Arc;

use mpimg::device::log::Syncing;
use mpimg::device::{Access, BlockDevice, Recovery, recover};

use super::commands::{COMMANDS, Command, Fixture};
use super::view::{self, Listing, View};
use crate::support::crash::{Effect, Journal, Loss, State, World};
use crate::support::disk::Memory;
use crate::support::prng::SplitMix64;

/// Which tree an image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tree {
    Old,
    New,
}

/// A command that ran to its end, and judges what is left when it does not.
pub struct Judge<'a> {
    fixture: &'a Fixture,
    what: String,
    pub journal: Journal,
    old: View,
    new: View,
    /// What came of states that were recovered already, by their checksums.
    known: HashMap<(u32, Option<u32>), Tree>,
}

impl<'a> Judge<'a> {
    /// Runs a command.
    pub fn new(fixture: &'a Fixture, command: &Command, syncing: Syncing) -> Self {
        let world = World::new(State { image: fixture.image.clone(), log: None });
        let world = Arc::new(world);
        let what = format!("{}, {}, {syncing:?}", fixture.name, command.name);
        command.run(fixture, &world, syncing).unwrap_or_else(|e| panic!("{what}: {e}"));
        let old = View::new(fixture, &fixture.image);
        let new = View::new(fixture, &world.now().image);
        assert_ne!(old.listing, new.listing, "{what} changes something");
        assert_eq!(world.now().log, None, "{what} removes its log");
        view::fsck(fixture, &world.now().image).unwrap_or_else(|e| panic!("{what}: {e}"));
        Self { fixture, what, journal: world.journal(), old, new, known: HashMap::new() }
    }

    /// The tree of an image whose bytes in use are the old one's or the new one's.
    #[track_caller]
    pub fn tree(&self, image: &[u8], at: &str) -> Tree {
        if self.old.is_in(self.fixture, image) {
            return Tree::Old;
        }
        if self.new.is_in(self.fixture, image) {
            return Tree::New;
        }
        let device = Arc::new(Memory(image.to_vec()));
        let tree = self.tree_of(&view::listing(self.fixture, device), at);
        panic!("{}, {at}: the tree is the {tree:?} one, but not all bytes are", self.what);
    }

    #[track_caller]
    fn tree_of(&self, listing: &Listing, at: &str) -> Tree {
        if *listing == self.old.listing {
            return Tree::Old;
        }
        for (path, line) in listing {
            let want = self.new.listing.get(path);
            assert_eq!(Some(line), want, "{}, {at}: {}", self.what, path.escape_ascii());
        }
        assert_eq!(listing.len(), self.new.listing.len(), "{}, {at}", self.what);
        Tree::New
    }

    /// Recovers what a crash left, after a reader has looked at it; returns the tree.
    #[track_caller]
    pub fn recover(&mut self, state: State, at: &str) -> Tree {
        let key = (crc32fast::hash(&state.image), state.log.as_deref().map(crc32fast::hash));
        if let Some(tree) = self.known.get(&key) {
            return *tree;
        }
        let (tree, after) = self.recover_in(&Arc::new(World::new(state)), at);
        assert_eq!(after.log, None, "{}, {at}: the log is gone", self.what);
        self.known.insert(key, tree);
        tree
    }

    /// Recovers in a world; returns the tree, and what is there then.
    #[track_caller]
    fn recover_in(&self, world: &Arc<World>, at: &str) -> (Tree, State) {
        let image = Arc::clone(world) as Arc<dyn BlockDevice>;
        let before = world.journal().effects.len();
        let read = recover(Arc::clone(&image), &**world, Access::Read);
        let (overlaid, _) = read.unwrap_or_else(|e| panic!("{}, {at}: {e}", self.what));
        let seen = self.tree_of(&view::listing(self.fixture, overlaid), at);
        assert_eq!(world.journal().effects.len(), before, "{}, {at}: a reader wrote", self.what);
        let wrote = recover(image, &**world, Access::Write);
        let (_, recovery) = wrote.unwrap_or_else(|e| panic!("{}, {at}: {e}", self.what));
        let kinds =
            matches!(recovery, Recovery::None | Recovery::Finished { .. } | Recovery::Torn(_));
        assert!(kinds, "{}, {at}: {recovery:?}", self.what);
        let after = world.now();
        let tree = self.tree(&after.image, at);
        assert_eq!(seen, tree, "{}, {at}: the reader's tree and the writer's", self.what);
        (tree, after)
    }

    #[track_caller]
    fn fsck(&self, state: &State, at: &str) {
        let world = Arc::new(World::new(state.clone()));
        let (_, after) = self.recover_in(&world, at);
        let complaint = view::fsck(self.fixture, &after.image);
        complaint.unwrap_or_else(|e| panic!("{}, {at}: {e}", self.what));
    }
}

const TEARS: [Option<f64>; 4] = [None, Some(0.3), Some(0.7), Some(1.0)];

/// Kills at every effect, each torn too.
fn kill_everywhere(judge: &mut Judge<'_>) {
    let count = judge.journal.effects.len();
    let mut trees = Vec::new();
    for k in 0..=count {
        for tear in TEARS {
            let at = format!("killed at {k} of {count} ({tear:?})");
            let state = judge.journal.cut(k, tear).now();
            if tear.is_none() {
                judge.fsck(&state, &at);
            }
            trees.push(judge.recover(state, &at));
        }
    }
    // A kill leaves everything before it: there is one point from which on the tree is the new one.
    assert!(trees.is_sorted_by_key(|tree| *tree == Tree::New), "{}: {trees:?}", judge.what);
    assert_eq!((trees[0], trees.last()), (Tree::Old, Some(&Tree::New)), "{}", judge.what);
}

/// Cuts the power at every effect, with many outcomes each.
fn cut_power_everywhere(judge: &mut Judge<'_>) {
    let count = judge.journal.effects.len();
    for k in 0..=count {
        for tear in [None, Some(0.5)] {
            let journal = judge.journal.cut(k, tear);
            for (seed, loss) in losses(4).enumerate() {
                let mut rng = SplitMix64::new((k * 1000 + seed) as u64);
                let at = format!("power cut at {k} of {count} ({tear:?}, {loss:?}, seed {seed})");
                let state = journal.after_power_cut(loss, &mut rng);
                if seed == 2 && tear.is_none() {
                    judge.fsck(&state, &at);
                }
                let tree = judge.recover(state, &at);
                assert!(
                    k < count || tree == Tree::New,
                    "{}, {at}: success is for ever",
                    judge.what
                );
            }
        }
    }
}

fn losses(random: usize) -> impl Iterator<Item = Loss> {
    let ends = [Loss::Nothing, Loss::Everything];
    ends.into_iter().chain([Loss::Sectors, Loss::Writes].into_iter().cycle().take(2 * random))
}

/// Kills the command at every effect at which its log is complete, and cuts short what recovers it.
fn cut_recovery_short(judge: &mut Judge<'_>) {
    let count = judge.journal.effects.len();
    let mut recoveries = 0;
    for k in 0..=count {
        let killed = judge.journal.cut(k, None);
        let done = killed.effects.len();
        let world = Arc::new(World::resume(killed));
        let (tree, _) = judge.recover_in(&world, &format!("recovering after {k}"));
        let journal = world.journal();
        let total = journal.effects.len();
        if tree == Tree::Old || total == done {
            continue;
        }
        recoveries += 1;
        for j in done..=total {
            for tear in [None, Some(0.5)] {
                let cut = journal.cut(j, tear);
                let at =
                    format!("killed at {k}, its recovery at {j} of {done}..{total} ({tear:?})");
                let again = judge.recover(cut.now(), &at);
                assert_eq!(again, Tree::New, "{}, {at}: a kill", judge.what);
                for (seed, loss) in losses(1).enumerate() {
                    let mut rng = SplitMix64::new((k * 100_000 + j * 100 + seed) as u64);
                    let at = format!("{at}, {loss:?}, seed {seed}");
                    let tree = judge.recover(cut.after_power_cut(loss, &mut rng), &at);
                    let finished = j == total;
                    assert!(!finished || tree == Tree::New, "{}, {at}", judge.what);
                }
            }
        }
    }
    assert!(recoveries > 1, "{}: {recoveries} recoveries", judge.what);
}

fn all(fixture: &Fixture) {
    for command in COMMANDS {
        let mut judge = Judge::new(fixture, command, Syncing::Sync);
        kill_everywhere(&mut judge);
        cut_power_everywhere(&mut judge);
        cut_recovery_short(&mut judge);
    }
}

#[test]
fn a_whole_image_of_1k_blocks_is_old_or_new_after_any_crash() {
    all(&Fixture::whole(1024));
}

#[test]
fn a_whole_image_of_4k_blocks_is_old_or_new_after_any_crash() {
    all(&Fixture::whole(4096));
}

#[test]
fn a_partition_is_old_or_new_after_any_crash() {
    all(&Fixture::within("a partition", 63 * 512));
}

#[test]
fn a_filesystem_that_begins_inside_a_sector_is_old_or_new_after_any_crash() {
    all(&Fixture::within("at byte 1337", 1337));
}

#[test]
fn without_syncs_a_kill_does_no_harm() {
    let fixture = Fixture::whole(1024);
    for command in COMMANDS {
        let mut judge = Judge::new(&fixture, command, Syncing::NoSync);
        let syncs = |effect: &&Effect| {
            matches!(effect, Effect::Sync | Effect::LogSync | Effect::DirectorySync)
        };
        assert_eq!(judge.journal.effects.iter().filter(syncs).count(), 0, "{}", judge.what);
        kill_everywhere(&mut judge);
    }
}
