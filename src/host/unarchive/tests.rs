//! Promises of archives that are read.

// One range in brackets is one range, and a test that overflows fails.
#![allow(clippy::single_range_in_vec_init, clippy::arithmetic_side_effects)]

mod compressed;
mod forms;
mod hostile;
mod tools;
mod tree;

use std::fs;
use std::path::Path;

use super::*;
use crate::fs::{Contents, FileType, NodeId, Place, View};

const NOW: Time = Time { seconds: 1_700_000_000, nanoseconds: 5 };

fn options() -> UnarchiveOptions {
    UnarchiveOptions { strip_components: 0, whiteouts: false, memory_bytes: 1 << 20, now: NOW }
}

fn read(path: &Path, options: &UnarchiveOptions) -> Result<Unarchived, Vec<UnarchiveError>> {
    unarchive(&ArchiveSource::Path(path.to_owned()), options, &|_| {})
}

/// Reads an archive that is these bytes.
fn with(bytes: &[u8], options: &UnarchiveOptions) -> Result<Unarchived, Vec<UnarchiveError>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tar");
    fs::write(&path, bytes).unwrap();
    read(&path, options)
}

fn of(bytes: &[u8]) -> Unarchived {
    with(bytes, &options()).unwrap()
}

/// The errors of an archive, without its name.
fn errors(found: Result<Unarchived, Vec<UnarchiveError>>) -> Vec<String> {
    let text = |error: &UnarchiveError| error.to_string();
    let errors: Vec<_> = found.unwrap_err().iter().map(text).collect();
    let strip = |error: String| match error.split_once(".tar\": ") {
        Some((_, rest)) => rest.to_owned(),
        None => error,
    };
    errors.into_iter().map(strip).collect()
}

/// One line for each name: path, type, permissions, owner, time, and what it holds.
fn listing(found: &Unarchived) -> Vec<String> {
    let mut lines = Vec::new();
    list(found, Inventory::ROOT, "", &mut lines);
    lines
}

fn list(found: &Unarchived, directory: NodeId, path: &str, lines: &mut Vec<String>) {
    let tree = &found.inventory;
    for (name, node) in tree.children(directory) {
        let view = tree.view(node);
        let path = format!("{path}{}", String::from_utf8_lossy(name));
        let meta = view.meta;
        let implied = if view.implied { " implied" } else { "" };
        let holds = holding(found, directory, name, node, &view);
        lines.push(format!(
            "{path} {:o} {}:{} {}.{} {holds}{implied}",
            meta.permissions, meta.uid, meta.gid, meta.mtime.seconds, meta.mtime.nanoseconds
        ));
        list(found, node, &format!("{path}/"), lines);
    }
}

fn holding(
    found: &Unarchived,
    directory: NodeId,
    name: &[u8],
    node: NodeId,
    view: &View<'_>,
) -> String {
    match view.file_type {
        FileType::Regular => {
            let bytes = content(found, Place { directory, name, node });
            let crc = crc32fast::hash(&bytes);
            format!("file x{} {} {crc:08x}", view.links, bytes.len())
        }
        FileType::Symlink => {
            format!("-> {} x{}", String::from_utf8_lossy(view.target), view.links)
        }
        FileType::CharDevice | FileType::BlockDevice => {
            format!("{:?} {:?}", view.file_type, view.device)
        }
        other => format!("{other:?}"),
    }
}

/// All of a file, read in pieces that end nowhere in particular.
fn content(found: &Unarchived, place: Place<'_>) -> Vec<u8> {
    let mut reader = found.contents.reader(&found.inventory);
    let mut bytes =
        vec![0xaa; usize::try_from(found.inventory.view(place.node).len_bytes).unwrap()];
    let mut at = 0;
    for piece in bytes.chunks_mut(70_001) {
        reader.read(place, at, piece).unwrap();
        at += piece.len() as u64;
    }
    bytes
}

fn lookup(found: &Unarchived, path: &str) -> NodeId {
    let mut at = Inventory::ROOT;
    for name in path.split('/') {
        at = found.inventory.lookup(at, name.as_bytes()).unwrap_or_else(|| panic!("no {path}"));
    }
    at
}

fn text(found: &Unarchived, path: &str) -> String {
    let node = lookup(found, path);
    let place = Place { directory: Inventory::ROOT, name: b"?", node };
    String::from_utf8(content(found, place)).unwrap()
}

/// An archive in the making, of ustar entries.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn add(self, kind: u8, name: &str, link: &str, data: &[u8]) -> Self {
        self.add_with(kind, name.as_bytes(), link, data, |_| {})
    }

    fn add_with(
        mut self,
        kind: u8,
        name: &[u8],
        link: &str,
        data: &[u8],
        change: impl FnOnce(&mut [u8]),
    ) -> Self {
        let mut header = vec![0; 512];
        header[..name.len()].copy_from_slice(name);
        header[100..108].copy_from_slice(b"0000640\0");
        header[108..116].copy_from_slice(b"0000012\0");
        header[116..124].copy_from_slice(b"0000013\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
        header[136..148].copy_from_slice(b"00000000144\0");
        header[156] = kind;
        header[157..157 + link.len()].copy_from_slice(link.as_bytes());
        header[257..265].copy_from_slice(b"ustar\x0000");
        change(&mut header);
        seal(&mut header);
        self.0.extend(header);
        self.0.extend(data);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, name: &str, data: &str) -> Self {
        self.add(b'0', name, "", data.as_bytes())
    }

    fn dir(self, name: &str) -> Self {
        self.add(b'5', name, "", b"")
    }

    fn symlink(self, name: &str, target: &str) -> Self {
        self.add(b'2', name, target, b"")
    }

    fn link(self, name: &str, target: &str) -> Self {
        self.add(b'1', name, target, b"")
    }

    /// Records for the entry behind them, or for all, by the type.
    fn records(self, kind: u8, records: &[(&str, &[u8])]) -> Self {
        let mut body = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let mut len = rest + 1;
            while len != rest + len.to_string().len() {
                len = rest + len.to_string().len();
            }
            body.extend(format!("{len} {key}=").as_bytes());
            body.extend(*value);
            body.push(b'\n');
        }
        self.add(kind, "PaxHeaders/x", "", &body)
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

/// Sets the checksum of a header.
fn seal(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}
