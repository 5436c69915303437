//! The readers that are compared: mpimg's library, its command, `debugfs` and ext4-view.

use std::path::Path;
use std::sync::Arc;

use ext4_view::{Ext4, FileType as ViewType};
use mpimg::device::FileDevice;
use mpimg::fs::{FileType, Filesystem, Ino, Inode, OpenOptions};
use mpimg::mpage::ReadOptions;

use crate::support::nodes::{self, Node, Nodes, xattr_for_programs};
use crate::support::{command, image::Image, tools};

/// Opens an image with the library.
pub fn open(image: &Path) -> Filesystem {
    let file = std::fs::File::open(image).expect("the image");
    let device = FileDevice::new(file).expect("the image's size");
    Filesystem::open(Arc::new(device), OpenOptions::default()).expect("a filesystem")
}

/// A file's bytes, or a part of them.
pub fn read(fs: &Filesystem, inode: &Inode, range: std::ops::Range<u64>) -> Vec<u8> {
    let options = ReadOptions::for_pages_of(fs.geometry());
    let mut file = fs.open_file(inode, range, options).expect("a file");
    let mut bytes = Vec::new();
    while let Some(faults) = file.next_window() {
        assert!(faults.is_empty(), "inode {}: {faults:?}", inode.ino());
        file.pieces().for_each(|piece| bytes.extend_from_slice(piece));
    }
    bytes
}

/// What mpimg's library sees.
pub fn by_library(image: &Path) -> Nodes {
    let fs = open(image);
    let mut nodes = Nodes::new();
    let mut pending = vec![(b"/".to_vec(), Ino::ROOT)];
    while let Some((path, ino)) = pending.pop() {
        let inode = fs.inode(ino).expect("an inode");
        if inode.file_type() == FileType::Directory {
            let ended = fs.visit_dir(&inode, |entry| {
                let told = entry.file_type;
                let is = fs.inode(entry.ino)?.file_type();
                assert!(told.is_none_or(|told| told == is), "{:?}: {told:?}", entry.name);
                if !matches!(entry.name, b"." | b"..") {
                    pending.push((nodes::join(&path, entry.name), entry.ino));
                }
                Ok(None::<()>)
            });
            ended.expect("a sound directory");
        }
        let xattrs = fs.xattrs(&inode).expect("attributes");
        let for_programs = xattrs.into_iter().map(|xattr| {
            let value = xattr_for_programs(&xattr.name, &xattr.value);
            (xattr.name, value)
        });
        let is = inode.file_type();
        let node = Node {
            kind: is.letter(),
            mode: u32::from(inode.permissions()),
            uid: inode.uid(),
            gid: inode.gid(),
            size: Some(inode.size_bytes()),
            links: Some(u64::from(inode.links())),
            device: inode.device_number(),
            mtime: Some(inode.mtime().seconds),
            target: (is == FileType::Symlink).then(|| fs.read_link(&inode).expect("a target")),
            xattrs: Some(for_programs.collect()),
            data: (is == FileType::Regular).then(|| read(&fs, &inode, 0..u64::MAX)),
        };
        nodes.insert(path, node);
    }
    nodes
}

/// What `mpimg ls -aR`, `mpimg stat` and `mpimg cat` tell; `ls` and `stat` must agree.
pub fn by_command(image: &Path) -> Nodes {
    let listed = command::json(&["ls", "-aR"], image, &[]);
    let paths = listed.iter().map(|entry| command::bytes(entry, "path").expect("a path"));
    let kept = paths.zip(&listed).filter(|(p, _)| !p.ends_with(b"/.") && !p.ends_with(b"/.."));
    let (mut paths, mut entries): (Vec<_>, Vec<_>) = kept.unzip();
    let root = command::json(&["ls", "-d"], image, &[b"/"]);
    paths.push(b"/".to_vec());
    entries.push(&root[0]);
    let named: Vec<&[u8]> = paths.iter().map(Vec::as_slice).collect();
    let stats = command::json(&["stat"], image, &named);
    assert_eq!(stats.len(), paths.len());
    let mut nodes = Nodes::new();
    for ((path, entry), stat) in paths.iter().zip(entries).zip(&stats) {
        for (key, value) in entry.as_object().expect("an object") {
            assert_eq!(stat.get(key), Some(value), "{}: {key}", path.escape_ascii());
        }
        let number = |key: &str| entry[key].as_u64().expect(key);
        let kind = match entry["type"].as_str().expect("a type") {
            "regular" => '-',
            "directory" => 'd',
            "symlink" => 'l',
            "char_device" => 'c',
            "block_device" => 'b',
            "fifo" => 'p',
            "socket" => 's',
            other => panic!("{other}"),
        };
        let xattrs = stat["xattrs"].as_array().expect("a list").iter().map(|xattr| {
            let name = xattr["name"].as_str().expect("a name").as_bytes().to_vec();
            let disk = command::unhex(xattr["value_hex"].as_str().expect("digits"));
            let value = xattr_for_programs(&name, &disk);
            (name, value)
        });
        let device = entry.get("device").map(|numbers| {
            let number = |at: usize| numbers[at].as_u64().expect("a number") as u32;
            (number(0), number(1))
        });
        let node = Node {
            kind,
            mode: u32::from_str_radix(entry["mode"].as_str().expect("octal"), 8).expect("octal"),
            uid: number("uid") as u32,
            gid: number("gid") as u32,
            size: Some(number("size")),
            links: Some(number("links")),
            device,
            mtime: entry["mtime"]["seconds"].as_i64(),
            target: command::bytes(entry, "target"),
            xattrs: Some(xattrs.collect()),
            data: (kind == '-').then(|| command::ok(&["cat"], image, &[path])),
        };
        nodes.insert(path.clone(), node);
    }
    nodes
}

/// What `debugfs` sees.
pub fn by_debugfs(image: &Image) -> Nodes {
    let mut found = vec![(b"/".to_vec(), 2)];
    let mut pending = vec![(b"/".to_vec(), 2)];
    while let Some((path, ino)) = pending.pop() {
        let request = format!("ls -p <{ino}>");
        let ran =
            tools::succeed(tools::command("debugfs").args(["-R", &request]).arg(image.path()));
        // /inode/mode/uid/gid/name/size/ and a newline; a name has no slash, but may have one.
        let fields: Vec<&[u8]> = ran.stdout.split(|byte| *byte == b'/').collect();
        for entry in fields.chunks_exact(7) {
            let text = |at: usize| std::str::from_utf8(entry[at]).expect("digits");
            let (ino, mode, name) = (text(1).parse::<u32>().expect("a number"), text(2), entry[5]);
            if ino == 0 || matches!(name, b"." | b"..") {
                continue;
            }
            let child = (nodes::join(&path, name), ino);
            if mode.starts_with("04") {
                pending.push(child.clone());
            }
            found.push(child);
        }
    }
    found.iter().map(|(path, ino)| (path.clone(), debugfs_node(image, *ino))).collect()
}

fn debugfs_node(image: &Image, ino: u32) -> Node {
    let stat = image.debugfs(&format!("stat <{ino}>"));
    let after = |label: &str| {
        let (_, rest) = stat.split_once(label).unwrap_or_else(|| panic!("{label} in {stat}"));
        rest.split_whitespace().next().expect("a value").to_owned()
    };
    let id = |label: &str| after(label).parse::<i64>().expect("an id") as u32;
    let kind = match after("Type: ").as_str() {
        "regular" => '-',
        "directory" => 'd',
        "symlink" => 'l',
        "character" => 'c',
        "block" => 'b',
        "FIFO" => 'p',
        "socket" => 's',
        other => panic!("{other}"),
    };
    let data = || image.cat(&format!("<{ino}>"));
    let target = || match stat.split_once("Fast link dest: \"") {
        Some((_, rest)) => rest.split('"').next().expect("a target").as_bytes().to_vec(),
        None => data(),
    };
    let device = || {
        let numbers = after("Device major/minor number: ");
        let (major, minor) = numbers.split_once(':').expect("two numbers");
        (major.parse().expect("a number"), minor.parse().expect("a number"))
    };
    let mtime = after("mtime: ");
    let seconds = mtime.trim_start_matches("0x").split(':').next().expect("seconds");
    Node {
        kind,
        mode: u32::from_str_radix(&after("Mode: "), 8).expect("octal"),
        uid: id("User: "),
        gid: id("Group: "),
        size: size(&stat),
        links: Some(after("Links: ").parse().expect("a number")),
        device: matches!(kind, 'c' | 'b').then(device),
        mtime: Some(i64::from(u32::from_str_radix(seconds, 16).expect("digits").cast_signed())),
        target: (kind == 'l').then(target),
        xattrs: None,
        data: (kind == '-').then(data),
    }
}

fn size(stat: &str) -> Option<u64> {
    stat.lines()
        .find(|line| line.starts_with("User:"))?
        .rsplit_once("Size: ")?
        .1
        .trim()
        .parse()
        .ok()
}

/// What ext4-view sees, or why it does not take the image.
pub fn by_ext4_view(image: &Path) -> Result<Nodes, String> {
    let bytes = std::fs::read(image).expect("a readable image");
    let fs = Ext4::load(Box::new(bytes)).map_err(|error| error.to_string())?;
    let mut nodes = Nodes::new();
    let mut pending = vec![b"/".to_vec()];
    while let Some(path) = pending.pop() {
        let at = ext4_view::Path::try_from(path.as_slice()).expect("a path");
        let says = fs.symlink_metadata(at).map_err(|error| error.to_string())?;
        let kind = match says.file_type() {
            ViewType::Regular => '-',
            ViewType::Directory => 'd',
            ViewType::Symlink => 'l',
            ViewType::CharacterDevice => 'c',
            ViewType::BlockDevice => 'b',
            ViewType::Fifo => 'p',
            ViewType::Socket => 's',
        };
        if kind == 'd' {
            for entry in fs.read_dir(at).map_err(|error| error.to_string())? {
                let entry = entry.map_err(|error| error.to_string())?;
                let name = entry.file_name().as_ref().to_vec();
                if !matches!(name.as_slice(), b"." | b"..") {
                    pending.push(nodes::join(&path, &name));
                }
            }
        }
        let node = Node {
            kind,
            mode: u32::from(says.mode() & 0o7777),
            uid: says.uid(),
            gid: says.gid(),
            size: Some(says.len()),
            mtime: Some(says.modified().seconds()),
            target: (kind == 'l')
                .then(|| AsRef::<[u8]>::as_ref(&fs.read_link(at).expect("a target")).to_vec()),
            // It may fail at a hole.
            data: (kind == '-').then(|| fs.read(at).ok()).flatten(),
            ..Node::default()
        };
        nodes.insert(path, node);
    }
    Ok(nodes)
}
