//! Comparing: what an image holds with what the model says, and the model as other readers see it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mpimg::fs::{BlockMap, Compat, FileType, Filesystem, INDEX_FL, Ino, Inode, Node as New, Time};
use mpimg::mpage::{FileBlock, FsBlock};

use crate::model::{Kind, Model, Node, ROOT, count_indirect};
use crate::readers;
use crate::support::nodes::{self, Nodes, xattr_for_programs};

/// What an image holds, as the library reads it.
pub fn read(fs: &Filesystem) -> Result<Model, String> {
    let superblock = fs.superblock();
    let mut model = Model {
        nodes: BTreeMap::new(),
        block_size: superblock.block_size_bytes(),
        wide_times: superblock.inode_size_bytes() > 128,
        now: Time { seconds: 0, nanoseconds: 0 },
    };
    let mut pending = vec![ROOT];
    while let Some(ino) = pending.pop() {
        if model.nodes.contains_key(&ino) {
            continue;
        }
        let node = read_node(fs, ino).map_err(|error| format!("inode {ino}: {error}"))?;
        pending.extend(node.entries().into_iter().flatten().map(|(_, child)| *child));
        model.nodes.insert(ino, Arc::new(node));
    }
    Ok(model)
}

fn read_node(fs: &Filesystem, ino: u32) -> Result<Node, String> {
    let told = |error: mpimg::fs::FsError| error.to_string();
    let inode = fs.inode(Ino(ino)).map_err(told)?;
    let device = inode.device_number().unwrap_or_default();
    let kind = match inode.file_type() {
        FileType::Regular => read_file(fs, &inode)?,
        FileType::Directory => Kind::Directory(read_directory(fs, &inode)?),
        FileType::Symlink => Kind::Other(New::Symlink(fs.read_link(&inode).map_err(told)?)),
        FileType::CharDevice => Kind::Other(New::CharDevice(device.0, device.1)),
        FileType::BlockDevice => Kind::Other(New::BlockDevice(device.0, device.1)),
        FileType::Fifo => Kind::Other(New::Fifo),
        FileType::Socket => Kind::Other(New::Socket),
    };
    let xattrs = fs.xattrs(&inode).map_err(told)?;
    Ok(Node {
        kind,
        permissions: inode.permissions(),
        uid: inode.uid(),
        gid: inode.gid(),
        links: inode.links(),
        atime: inode.atime(),
        mtime: inode.mtime(),
        ctime: inode.ctime(),
        xattrs: xattrs.into_iter().map(|xattr| (xattr.name, xattr.value)).collect(),
    })
}

fn read_directory(fs: &Filesystem, inode: &Inode) -> Result<BTreeMap<Vec<u8>, u32>, String> {
    let mut entries = BTreeMap::new();
    let mut twice = None;
    let visited = fs.visit_dir(inode, |entry| {
        if !matches!(entry.name, b"." | b"..")
            && entries.insert(entry.name.to_vec(), entry.ino.0).is_some()
        {
            twice = Some(entry.name.escape_ascii().to_string());
        }
        Ok(None::<()>)
    });
    visited.map_err(|error| error.to_string())?;
    twice.map_or(Ok(entries), |name| Err(format!("{name} is there twice")))
}

/// A file's blocks; what is read through the algorithm must be what lies there.
fn read_file(fs: &Filesystem, inode: &Inode) -> Result<Kind, String> {
    let size_bytes = inode.size_bytes();
    let block_size = fs.superblock().block_size_bytes();
    let mut map = BlockMap::new(inode, fs.metadata());
    let end = FileBlock(map.capacity_blocks());
    let mut blocks: BTreeMap<u64, Arc<[u8]>> = BTreeMap::new();
    let mut at = FileBlock(0);
    while let Some(run) = map.run(at, end).map_err(|error| error.to_string())? {
        at = run.file_block.plus(run.count_blocks);
        let Some(first) = run.block else { continue };
        let mut bytes = vec![0; (run.count_blocks * block_size) as usize];
        let device = fs.metadata().device();
        device.read_at(&mut bytes, first.0 * block_size).map_err(|error| error.to_string())?;
        let start = run.file_block.0 * block_size;
        let read = readers::read(fs, inode, start..start + bytes.len() as u64);
        if bytes[..read.len()] != read
            || start + (read.len() as u64) < size_bytes.min(at.0 * block_size)
        {
            return Err(format!("blocks from {} on read as something else", run.file_block.0));
        }
        let chunks = bytes.chunks_exact(block_size as usize);
        blocks.extend(chunks.zip(run.file_block.0..).map(|(bytes, at)| (at, bytes.into())));
    }
    let attributes = u64::from(inode.xattr_block().is_some());
    let owned =
        blocks.len() as u64 + count_indirect(block_size, blocks.keys().copied()) + attributes;
    if inode.sectors() != owned * (block_size / 512) {
        return Err(format!("{} sectors, but {owned} blocks", inode.sectors()));
    }
    Ok(Kind::File { size_bytes, blocks })
}

/// Says where an image is not as the model.
pub fn with_model(fs: &Filesystem, model: &Model) -> Result<(), String> {
    let found = read(fs)?;
    for (ino, expected) in &model.nodes {
        let node = found.nodes.get(ino).ok_or_else(|| format!("inode {ino} cannot be reached"))?;
        differs(node, expected).map_err(|what| format!("inode {ino}: {what}"))?;
    }
    match found.nodes.keys().find(|ino| !model.nodes.contains_key(ino)) {
        Some(ino) => Err(format!("inode {ino} should be gone")),
        None => Ok(()),
    }
}

/// Says which directory should have an index, and has none.
pub fn large_directories_have_their_index(fs: &Filesystem, model: &Model) -> Result<(), String> {
    if !fs.superblock().features().compat.contains(Compat::DIR_INDEX) {
        return Ok(());
    }
    let lost_and_found = model.entries(ROOT).get(b"lost+found".as_slice());
    let directories = model.nodes.iter().filter(|(_, node)| node.entries().is_some());
    for (ino, _) in directories.filter(|(ino, _)| Some(*ino) != lost_and_found) {
        let inode = fs.inode(Ino(*ino)).map_err(|error| error.to_string())?;
        let is_large = inode.size_bytes() > model.block_size;
        if is_large && inode.raw().i_flags.get() & INDEX_FL == 0 {
            return Err(format!("inode {ino}: a directory of several blocks without an index"));
        }
    }
    Ok(())
}

/// Adds what of an image is worth having been met.
pub fn note_what_is_there(fs: &Filesystem, model: &Model, met: &mut BTreeSet<&'static str>) {
    let per = model.block_size / 4;
    let mut attributes = BTreeSet::new();
    for (ino, node) in &model.nodes {
        let Ok(inode) = fs.inode(Ino(*ino)) else { continue };
        if inode.xattr_block().is_some_and(|block| !attributes.insert(block)) {
            met.insert("shared attributes");
        }
        match &node.kind {
            Kind::File { blocks, .. } => match blocks.keys().last() {
                Some(last) if *last >= 12 + per + per * per => met.insert("triple indirect"),
                Some(last) if *last >= 12 + per => met.insert("double indirect"),
                _ => continue,
            },
            Kind::Directory(_) if inode.raw().i_flags.get() & INDEX_FL != 0 => {
                let first = FsBlock(u64::from(inode.raw().i_block[0].get()));
                let Ok(bytes) = fs.metadata().read(first, "directory") else { continue };
                // Levels below the root of the index.
                met.insert(if bytes[0x1e] > 0 { "an index of two levels" } else { "an index" })
            }
            _ => continue,
        };
    }
}

fn differs(found: &Node, expected: &Node) -> Result<(), String> {
    let plain = |n: &Node| (n.permissions, n.uid, n.gid, n.links);
    same("permissions, owners and links", plain(found), plain(expected))?;
    same(
        "atime, mtime and ctime",
        (found.atime, found.mtime, found.ctime),
        (expected.atime, expected.mtime, expected.ctime),
    )?;
    same("attributes", &found.xattrs, &expected.xattrs)?;
    match (&found.kind, &expected.kind) {
        (
            Kind::File { size_bytes, blocks },
            Kind::File { size_bytes: expected_bytes, blocks: expected },
        ) => {
            same("size", size_bytes, expected_bytes)?;
            let places =
                |blocks: &BTreeMap<u64, Arc<[u8]>>| blocks.keys().copied().collect::<Vec<_>>();
            same("blocks that are no holes", places(blocks), places(expected))?;
            let wrong = blocks.iter().find(|(at, bytes)| expected[at] != **bytes);
            wrong.map_or(Ok(()), |(at, bytes)| {
                let byte = bytes.iter().zip(&*expected[at]).position(|(a, b)| a != b);
                Err(format!("block {at} differs from byte {byte:?} on"))
            })
        }
        (Kind::Directory(found), Kind::Directory(expected)) => same("entries", found, expected),
        (Kind::Other(found), Kind::Other(expected)) => same("what it is", found, expected),
        _ => Err(format!("is a {}, not a {}", found.file_type(), expected.file_type())),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: T, expected: T) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let mut told = format!("{what}: {found:?}, expected {expected:?}");
    told.truncate(told.floor_char_boundary(2000));
    Err(told)
}

/// The model as readers of paths see it.
pub fn nodes_of(model: &Model) -> Nodes {
    let mut nodes = Nodes::new();
    let mut pending = vec![(b"/".to_vec(), ROOT)];
    while let Some((path, ino)) = pending.pop() {
        let node = model.node(ino);
        for (name, child) in node.entries().into_iter().flatten() {
            pending.push((nodes::join(&path, name), *child));
        }
        let size_and_data = match &node.kind {
            Kind::File { size_bytes, blocks } => {
                let mut data = vec![0; *size_bytes as usize];
                for (at, bytes) in blocks {
                    let place = &mut data[(at * model.block_size) as usize..];
                    let len = place.len().min(bytes.len());
                    place[..len].copy_from_slice(&bytes[..len]);
                }
                Some((*size_bytes, data))
            }
            _ => None,
        };
        let (size, data) = size_and_data.unzip();
        let (device, target) = match &node.kind {
            Kind::Other(New::CharDevice(major, minor) | New::BlockDevice(major, minor)) => {
                (Some((*major, *minor)), None)
            }
            Kind::Other(New::Symlink(target)) => (None, Some(target.clone())),
            _ => (None, None),
        };
        let xattrs = node.xattrs.iter();
        let xattrs = xattrs.map(|(name, value)| (name.clone(), xattr_for_programs(name, value)));
        let seen = nodes::Node {
            kind: node.file_type().letter(),
            mode: u32::from(node.permissions),
            uid: node.uid,
            gid: node.gid,
            size,
            links: Some(u64::from(node.links)),
            device,
            mtime: Some(node.mtime.seconds),
            target,
            xattrs: Some(xattrs.collect()),
            data,
        };
        nodes.insert(path, seen);
    }
    nodes
}
