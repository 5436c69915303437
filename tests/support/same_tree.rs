//! Two host trees, compared exactly: the first path at which they differ, and in what.
//!
//! ```ignore
//! // found/etc/passwd: mtime is 12.000000000, expected 12.000000001
//! same_tree::compare(found, expected, &Rules::exact()).unwrap();
//! ```
//!
//! Times of access are not compared: reading changes them. Names, types, modes, owners, times of
//! modification, targets, device numbers, attributes, sizes, bytes, link groups and holes are, as
//! far as the [`Rules`] say. Holes mean something only where both trees are on one filesystem.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Debug;
use std::fs::{self, File, Metadata};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::SeekFrom;

/// What has to be the same.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Owner and group.
    pub owners: bool,
    /// The bits of a mode that count.
    pub mode_mask: u32,
    /// Times of modification to the nanosecond, not to the second.
    pub nanoseconds: bool,
    /// The attributes that count.
    pub xattr: fn(&[u8]) -> bool,
    /// The files, by their path, in which the places of data count.
    pub holes: fn(&[u8]) -> bool,
    /// Which paths are hard links of each other.
    pub link_groups: bool,
    /// The expected nodes that count, by their path and `st_mode`; others must not be found.
    pub node: fn(&[u8], u32) -> bool,
}

impl Rules {
    /// Everything.
    pub fn exact() -> Self {
        Self {
            owners: true,
            mode_mask: 0o7777,
            nanoseconds: true,
            xattr: |_| true,
            holes: |_| true,
            link_groups: true,
            node: |_, _| true,
        }
    }
}

/// A tree's nodes by their path; the root has the empty path.
type Nodes = BTreeMap<Vec<u8>, Metadata>;

/// The first difference between two trees, in words.
pub fn compare(found: &Path, expected: &Path, rules: &Rules) -> Result<(), String> {
    let found_nodes = nodes(found)?;
    let mut expected_nodes = nodes(expected)?;
    expected_nodes.retain(|path, stat| (rules.node)(path, stat.mode()));
    same_names(&found_nodes, &expected_nodes)?;
    for (path, stat) in &found_nodes {
        let there = |root: &Path| root.join(OsStr::from_bytes(path));
        let pair = ((&*there(found), stat), (&*there(expected), &expected_nodes[path]));
        compare_node(pair.0, pair.1, rules, (rules.holes)(path)).map_err(|what| {
            format!("{}: {what}", there(found).display().to_string().escape_debug())
        })?;
    }
    if rules.link_groups {
        let (left, right) = (link_groups(&found_nodes), link_groups(&expected_nodes));
        if let Some(group) = right.symmetric_difference(&left).next() {
            let whose = if right.contains(group) { "should be" } else { "should not be" };
            let names: Vec<_> = group.iter().map(|p| p.escape_ascii().to_string()).collect();
            return Err(format!("{}: {names:?} {whose} one file", found.display()));
        }
    }
    Ok(())
}

/// Fails the test where two trees differ.
#[track_caller]
pub fn assert_same(found: &Path, expected: &Path, rules: &Rules, what: &str) {
    if let Err(difference) = compare(found, expected, rules) {
        panic!("{what}: {difference}");
    }
}

fn nodes(root: &Path) -> Result<Nodes, String> {
    let mut nodes = Nodes::new();
    let mut pending = vec![Vec::new()];
    while let Some(path) = pending.pop() {
        let host = root.join(OsStr::from_bytes(&path));
        let failed = |e| format!("{}: {e}", host.display());
        let stat = fs::symlink_metadata(trimmed(&host)).map_err(failed)?;
        if stat.is_dir() {
            for entry in fs::read_dir(&host).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                let slash: &[u8] = if path.is_empty() { b"" } else { b"/" };
                pending.push([&path, slash, name.as_bytes()].concat());
            }
        }
        nodes.insert(path, stat);
    }
    Ok(nodes)
}

/// The path without a slash at its end, which would follow a symlink.
fn trimmed(path: &Path) -> PathBuf {
    path.components().collect()
}

fn same_names(found: &Nodes, expected: &Nodes) -> Result<(), String> {
    let missing = expected.keys().find(|path| !found.contains_key(*path));
    let surplus = found.keys().find(|path| !expected.contains_key(*path));
    match (missing, surplus) {
        (Some(path), _) => Err(format!("{} is missing", path.escape_ascii())),
        (_, Some(path)) => Err(format!("{} should not be there", path.escape_ascii())),
        (None, None) => Ok(()),
    }
}

fn compare_node(
    (found, stat): (&Path, &Metadata),
    (expected, wanted): (&Path, &Metadata),
    rules: &Rules,
    holes: bool,
) -> Result<(), String> {
    let kind = |stat: &Metadata| format!("{:o}", stat.mode() >> 12);
    same("type", &kind(stat), &kind(wanted))?;
    let mode = |stat: &Metadata| format!("{:04o}", stat.mode() & rules.mode_mask);
    if !stat.is_symlink() {
        same("mode", &mode(stat), &mode(wanted))?;
    }
    if rules.owners {
        same("owner", &(stat.uid(), stat.gid()), &(wanted.uid(), wanted.gid()))?;
    }
    same("device", &stat.rdev(), &wanted.rdev())?;
    same("attributes", &xattrs(found, rules)?, &xattrs(expected, rules)?)?;
    if stat.is_symlink() {
        let target = |path: &Path| fs::read_link(path).map_err(|e| e.to_string());
        same("target", &target(found)?, &target(expected)?)?;
    }
    if stat.is_file() {
        same("size", &stat.len(), &wanted.len())?;
        compare_data(found, expected, holes)?;
    }
    let time = |stat: &Metadata| {
        let nanoseconds = if rules.nanoseconds { stat.mtime_nsec() } else { 0 };
        format!("{}.{nanoseconds:09}", stat.mtime())
    };
    same("mtime", &time(stat), &time(wanted))
}

fn same<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    let differ = || format!("{what} is {found:?}, expected {expected:?}");
    if found == expected { Ok(()) } else { Err(differ()) }
}

fn xattrs(path: &Path, rules: &Rules) -> Result<BTreeMap<String, String>, String> {
    let mut list = vec![0; 1 << 16];
    let len = rustix::fs::llistxattr(path, &mut list[..]).map_err(|e| format!("xattrs: {e}"))?;
    let names = list[..len].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let mut xattrs = BTreeMap::new();
    for name in names.filter(|name| (rules.xattr)(name)) {
        let mut value = vec![0; 1 << 16];
        let len = rustix::fs::lgetxattr(path, name, &mut value[..]);
        let len = len.map_err(|e| format!("{}: {e}", name.escape_ascii()))?;
        let value = value[..len].escape_ascii().to_string();
        xattrs.insert(name.escape_ascii().to_string(), value);
    }
    Ok(xattrs)
}

fn compare_data(found: &Path, expected: &Path, holes: bool) -> Result<(), String> {
    let open = |path: &Path| File::open(path).map_err(|e| format!("{}: {e}", path.display()));
    let (left, right) = (open(found)?, open(expected)?);
    let (in_left, in_right) = (data_segments(&left), data_segments(&right));
    if holes {
        same("data", &in_left, &in_right)?;
    }
    // What is a hole in both is the same; what is data in one has to be so in the other.
    let mut buffers = (vec![0; 1 << 16], vec![0; 1 << 16]);
    for segment in in_left.iter().chain(if in_left == in_right { &[] } else { &in_right[..] }) {
        let mut at = segment.start;
        while at < segment.end {
            let len = (segment.end - at).min(1 << 16) as usize;
            let (one, other) = (&mut buffers.0[..len], &mut buffers.1[..len]);
            let read = left.read_exact_at(one, at).and_then(|()| right.read_exact_at(other, at));
            read.map_err(|e| format!("byte {at}: {e}"))?;
            if let Some(first) = (0..len).find(|index| one[*index] != other[*index]) {
                let (found, expected) = (one[first], other[first]);
                let at = at + first as u64;
                return Err(format!("byte {at} is {found:#04x}, expected {expected:#04x}"));
            }
            at += len as u64;
        }
    }
    Ok(())
}

/// Where a file is not a hole.
pub fn data_segments(file: &File) -> Vec<Range<u64>> {
    let mut segments = Vec::new();
    let mut at = 0;
    while let Ok(start) = rustix::fs::seek(file, SeekFrom::Data(at)) {
        at = rustix::fs::seek(file, SeekFrom::Hole(start)).expect("a hole at the end");
        segments.push(start..at);
    }
    segments
}

/// The sets of paths that share an inode; of those with one name alone, none.
fn link_groups(nodes: &Nodes) -> BTreeSet<Vec<&[u8]>> {
    let mut groups = BTreeMap::<_, Vec<&[u8]>>::new();
    for (path, stat) in nodes.iter().filter(|(_, stat)| !stat.is_dir()) {
        groups.entry((stat.dev(), stat.ino())).or_default().push(path);
    }
    groups.into_values().filter(|paths| paths.len() > 1).collect()
}
