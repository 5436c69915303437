//! Rules: whom the files of a tree belong to, and when they were last changed, without root.
//!
//! What an ordinary user's tree says of owners is seldom what an image is to say: everything in it
//! belongs to whoever built it. So everything from a directory belongs to root, unless told:
//!
//! | asked for | what the source says | what the image says |
//! |---|---|---|
//! | nothing, a directory | 1000:1000 | 0:0 |
//! | nothing, an archive | 1000:1000 | 1000:1000 |
//! | `--preserve` | 1000:1000 | 1000:1000 |
//! | `--owner 5:6` | any | 5:6 |
//! | `--owner 5` | 1000:1000 | 5, and the group as without it |
//! | `--owner-map 1000:0` | 1000:1000 | 0:0 |
//! | `--owner-map u:1000:33` | 1000:1000 | 33, and the group as without it |
//! | `--owner-map 100000-165535:0` | 100033:100042 | 33:42 |
//!
//! Of maps the first that has the number counts; a number that none has is treated as without maps.
//! A tree that rootless podman unpacked for user 1000, whose subordinate numbers begin with 100000, is
//! as its containers see it after `--owner-map 1000:0 --owner-map 100000-165535:1`.
//!
//! Modes stay as they are, set-id bits too. Times are those of the source; `mtime` replaces all of
//! them, `clamp_mtime` those that are later.
//!
//! ```
//! use mpimg::fs::{Inventory, Meta, Time};
//! use mpimg::host::{OwnerMap, Rules};
//! let meta = Meta { permissions: 0o755, uid: 100_033, gid: 7, mtime: Time::default() };
//! let mut tree = Inventory::new(meta);
//! let maps = vec![OwnerMap::parse("100000-165535:0")?];
//! Rules { maps, ..Rules::default() }.apply(&mut tree);
//! let meta = tree.view(Inventory::ROOT).meta;
//! assert_eq!((meta.uid, meta.gid), (33, 0));
//! # Ok::<(), String>(())
//! ```

use crate::fs::{Inventory, Time};

/// The last number that an owner can have: the one behind it stands for "as it is" in the calls of
/// every host.
const LAST_OWNER: u32 = u32::MAX - 1;

/// Whom a file belongs to where nothing was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ownerships {
    /// Root: what owns files of the host's directories says nothing about an image.
    #[default]
    Root,
    /// Whoever the source says: an archive was told by someone who knew.
    AsArchived,
}

/// What the files of a tree say of themselves, whatever their source does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// The user of all that no map changes.
    pub uid: Option<u32>,
    /// The group of all that no map changes.
    pub gid: Option<u32>,
    /// What replaces numbers of the source; of those that have a number, the first.
    pub maps: Vec<OwnerMap>,
    /// Keep the numbers of the source.
    pub preserve: bool,
    /// What is done without any of these.
    pub default: Ownerships,
    /// The time of all.
    pub mtime: Option<Time>,
    /// The latest time of any.
    pub clamp_mtime: Option<Time>,
}

impl Rules {
    /// Applies the rules to all of a tree.
    pub fn apply(&self, tree: &mut Inventory) {
        tree.adjust(|_, meta| {
            meta.uid = self.number(OwnerKind::User, meta.uid);
            meta.gid = self.number(OwnerKind::Group, meta.gid);
            meta.mtime = self.time(meta.mtime);
        });
    }

    /// The time of what the source says was last changed at `time`.
    #[must_use]
    pub fn time(&self, time: Time) -> Time {
        let time = self.mtime.unwrap_or(time);
        self.clamp_mtime.map_or(time, |latest| time.min(latest))
    }

    fn number(&self, kind: OwnerKind, number: u32) -> u32 {
        if let Some(mapped) = self.maps.iter().find_map(|map| map.of(kind, number)) {
            return mapped;
        }
        let given = if kind == OwnerKind::User { self.uid } else { self.gid };
        let kept = self.preserve || self.default == Ownerships::AsArchived;
        given.unwrap_or(if kept { number } else { 0 })
    }
}

/// What a number stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerKind {
    /// A user.
    User,
    /// A group.
    Group,
}

/// Numbers of users, of groups or of both that become others: `[u:|g:]FROM[-LAST]:TO`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerMap {
    /// Users or groups only.
    kind: Option<OwnerKind>,
    first: u32,
    last: u32,
    to: u32,
}

impl OwnerMap {
    /// Takes a map apart: `1000:0`, `u:1000:33`, `g:100-199:1100`.
    ///
    /// # Errors
    /// It is none; says why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, rest) = match text.split_once(':') {
            Some(("u", rest)) => (Some(OwnerKind::User), rest),
            Some(("g", rest)) => (Some(OwnerKind::Group), rest),
            _ => (None, text),
        };
        let wrong =
            "want FROM:TO or FROM-LAST:TO, with u: or g: in front for users or groups alone";
        let (from, to) = rest.split_once(':').ok_or(wrong)?;
        let (first, last) = from.split_once('-').unwrap_or((from, from));
        let (first, last, to) = (owner(first)?, owner(last)?, owner(to)?);
        let span = last.checked_sub(first).ok_or_else(|| format!("{last} is below {first}"))?;
        if to.checked_add(span).is_none_or(|last| last > LAST_OWNER) {
            return Err(format!("{last} would be more than {LAST_OWNER}, the last owner"));
        }
        Ok(Self { kind, first, last, to })
    }

    /// What becomes of a number, if it is one of these.
    fn of(&self, kind: OwnerKind, number: u32) -> Option<u32> {
        let is_meant = self.kind.is_none_or(|only| only == kind);
        let offset = number.checked_sub(self.first)?;
        (is_meant && number <= self.last).then(|| self.to.saturating_add(offset))
    }
}

/// The number of an owner.
fn owner(text: &str) -> Result<u32, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(format!("'{text}' is no number"));
    }
    let number = text.parse().ok().filter(|number| *number <= LAST_OWNER);
    number.ok_or_else(|| format!("'{text}' is too large: the last owner is {LAST_OWNER}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{Meta, Node};

    fn maps(texts: &[&str]) -> Vec<OwnerMap> {
        texts.iter().map(|text| OwnerMap::parse(text).unwrap()).collect()
    }

    fn time(seconds: i64) -> Time {
        Time { seconds, nanoseconds: 0 }
    }

    /// What rules make of a file of that owner.
    fn owner_of(rules: &Rules, uid: u32, gid: u32) -> (u32, u32) {
        let mut tree = Inventory::new(Meta::default());
        let meta = Meta { permissions: 0o4755, uid, gid, mtime: time(5) };
        let file = tree.add(Inventory::ROOT, b"f", Node::Regular, meta).unwrap();
        rules.apply(&mut tree);
        let meta = tree.view(file).meta;
        assert_eq!((meta.permissions, meta.mtime), (0o4755, time(5)));
        (meta.uid, meta.gid)
    }

    #[test]
    fn directories_belong_to_root_and_archives_to_whom_they_say() {
        let directory = Rules::default();
        assert_eq!(owner_of(&directory, 1000, 1001), (0, 0));
        let kept = Rules { preserve: true, ..Rules::default() };
        assert_eq!(owner_of(&kept, 1000, 1001), (1000, 1001));
        let archive = Rules { default: Ownerships::AsArchived, ..Rules::default() };
        assert_eq!(owner_of(&archive, 1000, 1001), (1000, 1001));
    }

    #[test]
    fn an_owner_is_that_of_all_and_a_user_alone_leaves_the_group() {
        let both = Rules { uid: Some(5), gid: Some(6), ..Rules::default() };
        assert_eq!(owner_of(&both, 1000, 1001), (5, 6));
        let user = Rules { uid: Some(5), ..Rules::default() };
        assert_eq!(owner_of(&user, 1000, 1001), (5, 0));
        assert_eq!(owner_of(&Rules { preserve: true, ..user }, 1000, 1001), (5, 1001));
    }

    #[test]
    fn maps_change_users_and_groups_by_number_and_the_first_counts() {
        let rules = Rules { maps: maps(&["1000:33", "1000:44", "7:8"]), ..Rules::default() };
        assert_eq!(owner_of(&rules, 1000, 7), (33, 8));
        assert_eq!(owner_of(&rules, 1001, 1000), (0, 33));
        let users = Rules { maps: maps(&["u:1000:33", "g:1000:44"]), ..Rules::default() };
        assert_eq!(owner_of(&users, 1000, 1000), (33, 44));
        let kept = Rules { maps: maps(&["u:1000:33"]), preserve: true, ..Rules::default() };
        assert_eq!(owner_of(&kept, 1000, 1000), (33, 1000));
        let given = Rules { maps: maps(&["1000:0"]), uid: Some(5), ..Rules::default() };
        assert_eq!((owner_of(&given, 1000, 1000), owner_of(&given, 6, 6)), ((0, 0), (5, 0)));
    }

    #[test]
    fn ranges_are_those_of_user_namespaces() {
        let rules = Rules {
            maps: maps(&["1000:0", "100000-165535:1"]),
            preserve: true,
            ..Rules::default()
        };
        assert_eq!(owner_of(&rules, 1000, 1000), (0, 0));
        assert_eq!(owner_of(&rules, 100_032, 165_535), (33, 65_536));
        assert_eq!(owner_of(&rules, 99_999, 165_536), (99_999, 165_536));
        let last = Rules { maps: maps(&["0-4294967294:0"]), ..Rules::default() };
        assert_eq!(owner_of(&last, 4_294_967_294, 3), (4_294_967_294, 3));
    }

    #[test]
    fn times_are_replaced_and_clamped() {
        let rules = |mtime, clamp_mtime| Rules { mtime, clamp_mtime, ..Rules::default() };
        assert_eq!(rules(None, None).time(time(5)), time(5));
        assert_eq!(rules(Some(time(9)), None).time(time(5)), time(9));
        assert_eq!(rules(None, Some(time(4))).time(time(5)), time(4));
        assert_eq!(rules(None, Some(time(6))).time(time(5)), time(5));
        assert_eq!(rules(Some(time(9)), Some(time(6))).time(time(5)), time(6));
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for wrong in [
            "",
            "1000",
            ":",
            "1000:",
            ":0",
            "u:1000",
            "x:1000:0",
            "1000:root",
            "root:0",
            "-5:0",
            "5-:0",
            "9-5:0",
            "1-2-3:0",
            "1:2:3",
            "+1:2",
            "4294967295:0",
            "0:4294967295",
            "0-9:4294967290",
        ] {
            assert!(OwnerMap::parse(wrong).is_err(), "{wrong}");
        }
    }
}
