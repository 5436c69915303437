//! What a manifest makes of a tree.
//!
//! Lines are applied in their order, so that one can make the directory that the next makes a device
//! in. Whatever does not fit is told, and the lines behind it are applied nevertheless: all that is
//! wrong is known at once.

use super::line::{Extra, Kind, Line, Series, Who};
use super::{Form, Manifest, ManifestError, Most};
use crate::fs::{FileType, Inventory, Meta, Node, NodeId, Time, View, Xattr};
use crate::host::rules::OwnerKind;

/// What is to be known of where the tree goes.
pub struct Setting<'a> {
    /// The time of what is new.
    pub now: Time,
    /// What becomes of directories that no line names.
    pub parents: Parents,
    /// The number of a name.
    pub names: &'a dyn Fn(OwnerKind, &str) -> Option<u32>,
}

/// What becomes of a directory that something new is to be in, and that the tree does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parents {
    /// It is missed.
    Refuse,
    /// It may be where the tree is put: it is [implied](Inventory::set_implied).
    Imply,
}

impl Manifest {
    /// Changes a tree as its lines say.
    ///
    /// # Errors
    /// All that does not fit; the tree is of no use then.
    pub fn apply(
        &self,
        tree: &mut Inventory,
        setting: &Setting<'_>,
    ) -> Result<(), Vec<ManifestError>> {
        let mut errors = Most::default();
        for line in &self.lines {
            let applied = Applying { tree, setting, form: self.form, line }.run();
            for (path, what) in applied {
                let (name, line) = (self.name.clone(), line.number);
                errors.push(ManifestError::Misfit { name, line, what, path });
            }
        }
        errors.into_result(())
    }
}

/// A path, and why it cannot be as it is to be.
type Misfit = (Vec<u8>, String);

/// A line that is applied.
struct Applying<'a> {
    tree: &'a mut Inventory,
    setting: &'a Setting<'a>,
    form: Form,
    line: &'a Line,
}

/// Owners by number.
#[derive(Clone, Copy)]
struct Owners {
    uid: Option<u32>,
    gid: Option<u32>,
}

impl Applying<'_> {
    fn run(&mut self) -> Vec<Misfit> {
        let mut misfits = Vec::new();
        let uid = self.number(OwnerKind::User, self.line.uid.as_ref());
        let gid = self.number(OwnerKind::Group, self.line.gid.as_ref());
        let owners = match (uid, gid) {
            (Ok(uid), Ok(gid)) => Owners { uid, gid },
            (uid, gid) => {
                let unknown = [uid.err(), gid.err()].into_iter().flatten();
                return unknown.map(|what| (self.line.path.to_vec(), what)).collect();
            }
        };
        let Some(Series { first, end, step }) = self.line.series else {
            let path = self.line.path.to_vec();
            let done = self.one(&path, self.line.device, owners);
            misfits.extend(done.err().map(|what| (path, what)));
            return misfits;
        };
        for (count, number) in (first..end).enumerate() {
            let path = [&*self.line.path, number.to_string().as_bytes()].concat();
            let grown = u32::try_from(count).unwrap_or(u32::MAX).saturating_mul(step);
            let device =
                self.line.device.map(|(major, minor)| (major, minor.saturating_add(grown)));
            let done = self.one(&path, device, owners);
            // What is wrong with one of a million is wrong with the others too: the first is told.
            // They are made nevertheless, as other lines may need them.
            if let (Err(what), true) = (done, misfits.is_empty()) {
                misfits.push((path, what));
            }
        }
        misfits
    }

    fn number(&self, kind: OwnerKind, who: Option<&Who>) -> Result<Option<u32>, String> {
        match who {
            None => Ok(None),
            Some(Who::Number(number)) => Ok(Some(*number)),
            Some(Who::Name(name)) => match (self.setting.names)(kind, name) {
                Some(number) => Ok(Some(number)),
                None if kind == OwnerKind::User => Err(format!("no user is called {name:?}")),
                None => Err(format!("no group is called {name:?}")),
            },
        }
    }

    /// Makes or changes what one path names.
    fn one(
        &mut self,
        path: &[u8],
        device: Option<(u32, u32)>,
        owners: Owners,
    ) -> Result<(), String> {
        let (parent, name) = match self.place(path)? {
            Some(place) => place,
            None if self.line.kind == Kind::OptionalFile => return Ok(()),
            None => return Err("it is not in the tree".into()),
        };
        let there =
            if name.is_empty() { Some(Inventory::ROOT) } else { self.tree.lookup(parent, name) };
        match (self.line.kind, there) {
            (Kind::OptionalFile, None) => {}
            (Kind::Tree, None) => return Err("it is not in the tree".into()),
            (Kind::Tree, Some(node)) => self.change_all(node, owners),
            (Kind::OptionalFile, Some(node)) => {
                self.check_type(node, FileType::Regular)?;
                self.change(node, owners);
            }
            (Kind::Node(want), Some(node)) => {
                self.check_type(node, want)?;
                let node = self.replaced(parent, name, node, device)?;
                self.change(node, owners);
            }
            (Kind::Node(want), None) => {
                let new = self.new_node(want, device)?;
                let node = self.add(parent, name, new, Meta::default())?;
                let permissions = default_permissions(want);
                let mtime = self.setting.now;
                self.tree.set_meta(node, Meta { permissions, uid: 0, gid: 0, mtime });
                self.change(node, owners);
            }
        }
        Ok(())
    }

    /// The directory that a path's last name is in, and that name. None where it is not there and
    /// need not be.
    fn place<'p>(&mut self, path: &'p [u8]) -> Result<Option<(NodeId, &'p [u8])>, String> {
        let split = path.iter().rposition(|byte| *byte == b'/');
        let (above, name) = match split {
            None => (&b""[..], path),
            Some(at) => (
                path.get(..at).unwrap_or_default(),
                path.get(at.saturating_add(1)..).unwrap_or_default(),
            ),
        };
        let makes = match self.line.kind {
            Kind::OptionalFile | Kind::Tree => false,
            Kind::Node(FileType::Regular) => self.makes_files(),
            Kind::Node(_) => true,
        };
        let imply = self.setting.parents == Parents::Imply;
        let makes_parents = makes && (imply || self.line.kind == Kind::Node(FileType::Directory));
        let mut at = Inventory::ROOT;
        for part in above.split(|byte| *byte == b'/').filter(|part| !part.is_empty()) {
            at = match self.tree.lookup(at, part) {
                Some(node) => {
                    self.check_directory(node, part)?;
                    node
                }
                None if makes_parents => {
                    let permissions = default_permissions(FileType::Directory);
                    let meta = Meta { permissions, uid: 0, gid: 0, mtime: self.setting.now };
                    let made = self.add(at, part, Node::Directory, meta)?;
                    if imply {
                        self.tree.set_implied(made);
                    }
                    made
                }
                None if makes => {
                    let above = String::from_utf8_lossy(above);
                    return Err(format!("there is no directory {above:?} in the tree"));
                }
                None => return Ok(None),
            };
        }
        Ok(Some((at, name)))
    }

    fn check_directory(&self, node: NodeId, name: &[u8]) -> Result<(), String> {
        let View { file_type, target, .. } = self.tree.view(node);
        let name = String::from_utf8_lossy(name);
        match file_type {
            FileType::Directory => Ok(()),
            FileType::Symlink => {
                let target = String::from_utf8_lossy(target);
                Err(format!(
                    "{name:?} in it is a symbolic link to {target:?}: name what it leads to"
                ))
            }
            other => Err(format!("{name:?} in it is a {other}, and not a directory")),
        }
    }

    fn check_type(&self, node: NodeId, want: FileType) -> Result<(), String> {
        let found = self.tree.view(node).file_type;
        if found == want { Ok(()) } else { Err(format!("it is a {found}, and not a {want}")) }
    }

    fn add(
        &mut self,
        parent: NodeId,
        name: &[u8],
        node: Node,
        meta: Meta,
    ) -> Result<NodeId, String> {
        self.tree.add(parent, name, node, meta).map_err(|error| error.to_string())
    }

    /// Whether a regular file that is not there is made. Where the tree goes there may be one, which
    /// an empty file must not replace.
    fn makes_files(&self) -> bool {
        self.form == Form::Genext2fs && self.setting.parents == Parents::Refuse
    }

    /// What is to be made.
    fn new_node(&self, want: FileType, device: Option<(u32, u32)>) -> Result<Node, String> {
        let numbers = || device.ok_or("a new device has a MAJOR and a MINOR number");
        Ok(match want {
            FileType::Directory => Node::Directory,
            FileType::Regular if self.makes_files() => Node::Regular,
            FileType::Regular => return Err("it is not in the tree".into()),
            FileType::Fifo => Node::Fifo,
            FileType::Socket => Node::Socket,
            FileType::CharDevice => {
                numbers().map(|(major, minor)| Node::CharDevice(major, minor))?
            }
            FileType::BlockDevice => {
                numbers().map(|(major, minor)| Node::BlockDevice(major, minor))?
            }
            FileType::Symlink => {
                let link = self.extra().and_then(|extra| extra.link.clone());
                Node::Symlink(link.ok_or("a new symbolic link has a target: link=TARGET")?)
            }
        })
    }

    /// What stands for something after its device numbers or its target have become those of the
    /// line: they are all that such a thing is.
    fn replaced(
        &mut self,
        parent: NodeId,
        name: &[u8],
        node: NodeId,
        device: Option<(u32, u32)>,
    ) -> Result<NodeId, String> {
        let view = self.tree.view(node);
        let link = self.extra().and_then(|extra| extra.link.as_deref());
        let same_device = device.is_none_or(|device| device == view.device);
        if same_device && link.is_none_or(|link| link == view.target) {
            return Ok(node);
        }
        if view.links > 1 {
            return Err("it has other names, and would no longer be what they name".into());
        }
        let new = self.new_node(view.file_type, device)?;
        let (meta, xattrs) = (view.meta, view.xattrs.to_vec());
        self.tree.remove(parent, name);
        let new = self.add(parent, name, new, meta)?;
        self.tree.set_xattrs(new, xattrs);
        Ok(new)
    }

    /// Changes all from a node on down.
    fn change_all(&mut self, node: NodeId, owners: Owners) {
        let mut pending = Vec::from([node]);
        while let Some(node) = pending.pop() {
            self.change(node, owners);
            pending.extend(self.tree.children(node).map(|(_, child)| child));
        }
    }

    /// Changes what a node says of itself.
    fn change(&mut self, node: NodeId, owners: Owners) {
        let view = self.tree.view(node);
        let mut meta = view.meta;
        // Nobody looks at a link's own.
        let below = self.line.kind == Kind::Tree && view.file_type == FileType::Symlink;
        if let Some(mode) = self.line.mode.filter(|_| !below) {
            meta.permissions = mode;
        }
        meta.uid = owners.uid.unwrap_or(meta.uid);
        meta.gid = owners.gid.unwrap_or(meta.gid);
        if let Some(Extra { time, xattrs, .. }) = self.extra() {
            meta.mtime = time.unwrap_or(meta.mtime);
            if !xattrs.is_empty() {
                let xattrs = merged(view.xattrs, xattrs);
                self.tree.set_xattrs(node, xattrs);
            }
        }
        self.tree.set_meta(node, meta);
    }

    fn extra(&self) -> Option<&Extra> {
        self.line.extra.as_deref()
    }
}

/// Attributes, with those that are given instead of those of the same name.
fn merged(old: &[Xattr], given: &[Xattr]) -> Vec<Xattr> {
    let mut all: Vec<Xattr> = Vec::with_capacity(old.len().saturating_add(given.len()));
    for xattr in old.iter().chain(given) {
        all.retain(|known| known.name != xattr.name);
        all.push(xattr.clone());
    }
    all
}

/// Permissions of what comes without.
fn default_permissions(file_type: FileType) -> u16 {
    match file_type {
        FileType::Directory => 0o755,
        FileType::Symlink => 0o777,
        FileType::Regular => 0o644,
        _ => 0o600,
    }
}
