//! Hosts that fail at every effect of every command: once, or from then on.

use std::sync::Arc;

use mpimg::device::log::{CommitError, Syncing};
use mpimg::fs::FsError;
use rustix::io::Errno;

use super::commands::{COMMANDS, Fixture};
use super::cuts::{Judge, Tree};
use crate::support::crash::{Failing, Loss, State, World};
use crate::support::prng::SplitMix64;

fn fail_everywhere(fixture: &Fixture, syncing: Syncing) {
    for command in COMMANDS {
        let mut judge = Judge::new(fixture, command, syncing);
        let count = judge.journal.effects.len();
        let mut undecided = 0;
        for first in 0..count {
            for (last, errno) in
                [(first, Errno::IO), (usize::MAX, Errno::IO), (usize::MAX, Errno::NOSPC)]
            {
                let start = State { image: fixture.image.clone(), log: None };
                let world = Arc::new(World::new(start).failing(Failing { first, last, errno }));
                let ended = command.run(fixture, &world, syncing);
                let at = format!("{} of {count} fails with {errno}, last {last}", first + 1);
                let tree = judge.recover(world.now(), &at);
                match &ended {
                    Ok(_) => assert_eq!(tree, Tree::New, "{}, {at}", command.name),
                    Err(FsError::Commit(error @ CommitError::Unfinished { .. })) => {
                        assert_eq!(tree, Tree::New, "{}, {at}: {error}", command.name);
                        assert!(error.to_string().contains("`mpimg recover`"), "{error}");
                    }
                    Err(FsError::Commit(error @ CommitError::Undecided { .. })) => {
                        undecided += 1;
                        assert!(last > first, "{}, {at}: {error}", command.name);
                        assert!(error.to_string().contains("`mpimg recover`"), "{error}");
                    }
                    Err(error) => {
                        assert_eq!(tree, Tree::Old, "{}, {at}: {error}", command.name);
                        let said = matches!(error, FsError::Commit(_) | FsError::Device(_));
                        assert!(said, "{}, {at}: {error}", command.name);
                    }
                }
                if syncing == Syncing::NoSync {
                    continue;
                }
                // A failure that was told stays one, and success success, also after a power cut.
                for (seed, loss) in
                    [Loss::Everything, Loss::Sectors, Loss::Writes].iter().enumerate()
                {
                    let mut rng = SplitMix64::new((first * 10 + seed) as u64);
                    let state = world.journal().after_power_cut(*loss, &mut rng);
                    let at = format!("{at}, then {loss:?}");
                    let again = judge.recover(state, &at);
                    let decided = ended.is_ok()
                        || !matches!(
                            ended,
                            Err(FsError::Commit(
                                CommitError::Undecided { .. } | CommitError::Unfinished { .. }
                            ))
                        );
                    assert!(!decided || again == tree, "{}, {at}: {again:?}", command.name);
                }
            }
        }
        assert!(undecided < 10, "{}: {undecided} times nobody knew", command.name);
    }
}

#[test]
fn a_failing_host_leaves_the_old_tree_or_says_how_to_finish_the_new_one() {
    fail_everywhere(&Fixture::whole(1024), Syncing::Sync);
}

#[test]
fn a_failing_host_does_no_harm_without_syncs() {
    fail_everywhere(&Fixture::whole(1024), Syncing::NoSync);
}
