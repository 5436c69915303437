//! A tree as a reader sees it: what each path is, says and holds; and the kernel as a reader.
//!
//! Readers know different amounts, so what one cannot tell is `None` and not compared.
//!
//! ```ignore
//! let kernel = nodes::of_kernel(mount.path());
//! nodes::assert_same(&nodes_of_mpimg, &kernel, "1 KiB blocks");
//! ```

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::content;

/// What a path leads to.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The type's letter, as `ls -l` has it.
    pub kind: char,
    /// Permissions, with set-id and sticky bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Hard links.
    pub links: Option<u64>,
    /// A device's major and minor number.
    pub device: Option<(u32, u32)>,
    /// Seconds since 1970 of the last change of data.
    pub mtime: Option<i64>,
    /// Where a symlink leads.
    pub target: Option<Vec<u8>>,
    /// Extended attributes, with ACLs in the kernel's form.
    pub xattrs: Option<BTreeMap<Vec<u8>, Vec<u8>>>,
    /// A regular file's bytes.
    pub data: Option<Vec<u8>>,
}

/// Nodes by their path; the root is `/`.
pub type Nodes = BTreeMap<Vec<u8>, Node>;

/// `directory` with `name` below it.
pub fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let slash: &[u8] = if directory == b"/" { b"" } else { b"/" };
    [directory, slash, name].concat()
}

/// Walks what the kernel shows at the host directory `root`.
pub fn of_kernel(root: &Path) -> Nodes {
    let mut nodes = Nodes::new();
    let mut pending = vec![b"/".to_vec()];
    while let Some(path) = pending.pop() {
        let host = root.join(OsStr::from_bytes(path.strip_prefix(b"/").unwrap_or(&path)));
        let node = of_kernel_at(&host);
        if node.kind == 'd' {
            for entry in fs::read_dir(&host).expect("a directory") {
                let name = entry.expect("an entry").file_name();
                pending.push(join(&path, name.as_bytes()));
            }
        }
        nodes.insert(path, node);
    }
    nodes
}

fn of_kernel_at(host: &Path) -> Node {
    let stat = fs::symlink_metadata(host).expect("the entry is there");
    let kind = match stat.mode() >> 12 {
        0o10 => '-',
        0o04 => 'd',
        0o12 => 'l',
        0o02 => 'c',
        0o06 => 'b',
        0o01 => 'p',
        0o14 => 's',
        other => panic!("{}: type {other:o}", host.display()),
    };
    let device = (rustix::fs::major(stat.rdev()), rustix::fs::minor(stat.rdev()));
    let target = || fs::read_link(host).expect("a target").as_os_str().as_bytes().to_vec();
    Node {
        kind,
        mode: stat.mode() & 0o7777,
        uid: stat.uid(),
        gid: stat.gid(),
        size: Some(stat.size()),
        links: Some(stat.nlink()),
        device: matches!(kind, 'c' | 'b').then_some(device),
        mtime: Some(stat.mtime()),
        target: (kind == 'l').then(target),
        xattrs: Some(xattrs_of_kernel(host)),
        data: (kind == '-').then(|| fs::read(host).expect("a readable file")),
    }
}

fn xattrs_of_kernel(host: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut names = vec![0; 1 << 16];
    let len = rustix::fs::llistxattr(host, &mut names[..]).unwrap_or(0);
    let names = names[..len].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let value = |name: &[u8]| {
        let mut value = vec![0; 1 << 16];
        let len = rustix::fs::lgetxattr(host, name, &mut value[..]).expect("its value");
        value.truncate(len);
        value
    };
    names.map(|name| (name.to_vec(), value(name))).collect()
}

/// An attribute's value as the kernel gives it to programs, from what lies on disk.
///
/// On disk an ACL has version 1, and entries without an id leave it out; programs see version 2
/// and an id of all ones there. Source: `fs/ext2/acl.c` in Linux.
pub fn xattr_for_programs(name: &[u8], disk: &[u8]) -> Vec<u8> {
    if !name.starts_with(b"system.posix_acl_") {
        return disk.to_vec();
    }
    let (version, mut entries) = disk.split_at(4);
    assert_eq!(version, 1_u32.to_le_bytes(), "an ACL's version on disk");
    let mut value = 2_u32.to_le_bytes().to_vec();
    while let Some((head, rest)) = entries.split_at_checked(4) {
        let names_somebody = matches!(head[0], 0x02 | 0x08);
        let (id, rest) = rest.split_at(if names_somebody { 4 } else { 0 });
        value.extend(head);
        value.extend(if names_somebody { id } else { &[0xff; 4] });
        entries = rest;
    }
    assert!(entries.is_empty(), "an ACL ends with a whole entry");
    value
}

/// Fails where two readers see different trees; names the first path and what differs there.
#[track_caller]
pub fn assert_same(found: &Nodes, expected: &Nodes, what: &str) {
    let shown = |nodes: &Nodes| nodes.keys().map(|p| p.escape_ascii().to_string()).collect();
    let (left, right): (Vec<_>, Vec<_>) = (shown(found), shown(expected));
    assert_eq!(left, right, "{what}: the paths");
    for (path, node) in found {
        let at = format!("{what}: {}", path.escape_ascii());
        node.assert_same(&expected[path], &at);
    }
}

impl Node {
    /// Fails where what both tell is not the same.
    #[track_caller]
    pub fn assert_same(&self, other: &Self, at: &str) {
        let plain = |node: &Self| (node.kind, format!("{:o}", node.mode), node.uid, node.gid);
        assert_eq!(plain(self), plain(other), "{at}: type, mode, owner, group");
        both(self.size, other.size, at, "size");
        both(self.links, other.links, at, "links");
        both(self.mtime, other.mtime, at, "mtime");
        both(self.xattrs.as_ref(), other.xattrs.as_ref(), at, "extended attributes");
        assert_eq!(self.device, other.device, "{at}: device");
        assert_eq!(self.target, other.target, "{at}: target");
        match (&self.data, &other.data) {
            (Some(found), Some(expected)) => content::assert_same(found, expected, at),
            (None, None) => {}
            _ => panic!("{at}: data of one alone"),
        }
    }
}

#[track_caller]
fn both<T: PartialEq + std::fmt::Debug>(
    found: Option<T>,
    expected: Option<T>,
    at: &str,
    field: &str,
) {
    if let (Some(found), Some(expected)) = (found, expected) {
        assert_eq!(found, expected, "{at}: {field}");
    }
}
