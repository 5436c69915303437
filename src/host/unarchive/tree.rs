//! The tree that an archive's members make, one after the other.
//!
//! A member's directories are looked for from the root on; those that are missing are made, and a
//! symbolic link on the way is followed inside the archive. Where something has the name already,
//! the later member wins: `etc/motd` twice is the second one, `etc` as a file in place of a
//! directory takes all that was below with it, and `etc` as a directory again only changes what
//! `etc` says of itself.

use super::UnarchiveOptions;
use super::error::{Fault, Which};
use super::member::{Kind, Member};
use super::name::{self, names_of, quoted};
use crate::fs::{
    FileType, FsError, Inventory, Meta, Node, NodeId, SYMLINK_COMPONENTS_LIMIT, SYMLINK_LIMIT,
    Stock, View,
};

const WHITEOUT: &[u8] = b".wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const WHITEOUT_META: &[u8] = b".wh..wh.";

/// A tree in the making.
pub struct Tree<'a> {
    pub inventory: Inventory,
    options: &'a UnarchiveOptions,
}

impl<'a> Tree<'a> {
    pub fn new(options: &'a UnarchiveOptions) -> Self {
        let mut inventory = Inventory::new(implied(options));
        inventory.set_implied(Inventory::ROOT);
        Self { inventory, options }
    }

    /// Puts a member in its place.
    pub fn put(&mut self, name: &[u8], member: Member) -> Result<(), Fault> {
        let names = names_of(name, Which::Own)?;
        let Some(names) = name::stripped(&names, self.options.strip_components) else {
            return Ok(());
        };
        let names = name::without_dots(names);
        let Some((last, directories)) = names.split_last() else {
            if !matches!(member.kind, Kind::Directory) {
                return Err(Fault::RootIsNoDirectory);
            }
            self.describe(Inventory::ROOT, member);
            return Ok(());
        };
        let directory = self.directory(directories, true)?;
        if self.options.whiteouts && last.starts_with(WHITEOUT) {
            return self.white_out(directory, last);
        }
        let node = match &member.kind {
            Kind::HardLink(target) => return self.link(directory, last, target),
            Kind::Nothing(_) => return Ok(()),
            Kind::Directory => {
                let there = self.inventory.lookup(directory, last);
                if let Some(there) = there.filter(|there| self.is_directory(*there)) {
                    self.describe(there, member);
                    return Ok(());
                }
                Node::Directory
            }
            Kind::File { .. } => Node::Regular,
            Kind::Symlink(target) => Node::Symlink(symlink_target(target)?),
            Kind::CharDevice(major, minor) => Node::CharDevice(*major, *minor),
            Kind::BlockDevice(major, minor) => Node::BlockDevice(*major, *minor),
            Kind::Fifo => Node::Fifo,
        };
        self.inventory.remove(directory, last);
        let added = self.inventory.add(directory, last, node, member.meta);
        self.describe(added.map_err(unnamed)?, member);
        Ok(())
    }

    /// Has something say what a member says of it.
    fn describe(&mut self, node: NodeId, member: Member) {
        self.inventory.set_meta(node, member.meta);
        if !member.xattrs.is_empty() || !self.inventory.view(node).xattrs.is_empty() {
            self.inventory.set_xattrs(node, member.xattrs);
        }
        if let Kind::File { len_bytes, data, offset_bytes: origin } = member.kind {
            self.inventory.set_content(node, Stock { len_bytes, data, origin });
        }
    }

    /// Gives what a name of the archive names one more name.
    fn link(&mut self, directory: NodeId, name: &[u8], target: &[u8]) -> Result<(), Fault> {
        let names = names_of(target, Which::Target)?;
        let nothing = || Fault::LinkToNothing { target: quoted(target) };
        let stripped = || Fault::LinkToStripped { target: quoted(target) };
        let names = name::stripped(&names, self.options.strip_components).ok_or_else(stripped)?;
        let names = name::without_dots(names);
        let to_directory = || Fault::LinkToDirectory { target: quoted(target) };
        let (last, directories) = names.split_last().ok_or_else(to_directory)?;
        let holder = self.directory(directories, false).map_err(|fault| match fault {
            Fault::Name(_) => nothing(),
            fault => fault,
        })?;
        let node = self.inventory.lookup(holder, last).ok_or_else(nothing)?;
        if self.is_directory(node) {
            return Err(to_directory());
        }
        // A link to itself changes nothing.
        if self.inventory.lookup(directory, name) == Some(node) {
            return Ok(());
        }
        self.inventory.remove(directory, name);
        self.inventory.link(directory, name, node).map_err(unnamed)
    }

    fn white_out(&mut self, directory: NodeId, name: &[u8]) -> Result<(), Fault> {
        if name == OPAQUE {
            self.inventory.set_opaque(directory);
        } else if !name.starts_with(WHITEOUT_META) {
            let gone = name.strip_prefix(WHITEOUT).unwrap_or(name);
            self.inventory.add_whiteout(directory, gone).map_err(unnamed)?;
        }
        Ok(())
    }

    /// The directory of these names; those that are missing are made, where `make` says so.
    fn directory(&mut self, names: &[&[u8]], make: bool) -> Result<NodeId, Fault> {
        let mut at = Inventory::ROOT;
        let (mut followed, mut followed_names) = (0, 0);
        for name in names {
            let Some(node) = self.inventory.lookup(at, name) else {
                if !make {
                    return Err(Fault::Name("it is not there".to_owned()));
                }
                let meta = implied(self.options);
                let made = self.inventory.add(at, name, Node::Directory, meta).map_err(unnamed)?;
                self.inventory.set_implied(made);
                at = made;
                continue;
            };
            at = match self.inventory.view(node) {
                View { file_type: FileType::Directory, .. } => node,
                View { file_type: FileType::Symlink, .. } => {
                    let mut budget = (&mut followed, &mut followed_names);
                    let found = self.follow(at, node, &mut budget);
                    found.ok_or_else(|| Fault::ThroughSymlink { link: self.quoted(at, name) })?
                }
                _ => return Err(Fault::NotADirectory { path: self.quoted(at, name) }),
            };
        }
        Ok(at)
    }

    /// The directory that a symbolic link in `from` leads to, if it is in the archive; `budget` is
    /// how many links and names of theirs have been followed.
    fn follow(
        &self,
        from: NodeId,
        link: NodeId,
        budget: &mut (&mut u32, &mut usize),
    ) -> Option<NodeId> {
        // What is left to go, the next name last.
        let mut pending: Vec<&[u8]> = Vec::new();
        let mut at = from;
        let mut link = Some(link);
        loop {
            if let Some(link) = link.take() {
                let target = self.inventory.view(link).target;
                *budget.0 = budget.0.saturating_add(1);
                let before = pending.len();
                pending.extend(target.rsplit(|byte| *byte == b'/').filter(|name| !name.is_empty()));
                *budget.1 = budget.1.saturating_add(pending.len().saturating_sub(before));
                if *budget.0 > SYMLINK_LIMIT || *budget.1 > SYMLINK_COMPONENTS_LIMIT {
                    return None;
                }
                if target.starts_with(b"/") {
                    at = Inventory::ROOT;
                }
            }
            match pending.pop() {
                None => return Some(at),
                Some(b".") => {}
                Some(b"..") => at = self.inventory.parent(at),
                Some(name) => {
                    let node = self.inventory.lookup(at, name)?;
                    match self.inventory.view(node).file_type {
                        FileType::Directory => at = node,
                        FileType::Symlink => link = Some(node),
                        _ => return None,
                    }
                }
            }
        }
    }

    fn is_directory(&self, node: NodeId) -> bool {
        self.inventory.view(node).file_type == FileType::Directory
    }

    fn quoted(&self, directory: NodeId, name: &[u8]) -> String {
        let path = self.inventory.path(directory);
        let slash: &[u8] = if path.is_empty() { b"" } else { b"/" };
        quoted(&[&path, slash, name].concat())
    }
}

/// What directories say of themselves that nobody named.
fn implied(options: &UnarchiveOptions) -> Meta {
    Meta { permissions: 0o755, uid: 0, gid: 0, mtime: options.now }
}

fn symlink_target(target: &[u8]) -> Result<Vec<u8>, Fault> {
    if target.is_empty() {
        return Err(Fault::Empty(Which::Target));
    }
    if target.contains(&0) {
        return Err(Fault::Nul(Which::Target));
    }
    Ok(target.to_vec())
}

/// What the inventory says of a name.
fn unnamed(error: FsError) -> Fault {
    Fault::Name(error.to_string())
}
