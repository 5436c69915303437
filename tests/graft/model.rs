//! The model: names, and what they name, after one tree was put over the other.

use std::collections::BTreeMap;

use mpimg::fs::{FileType, Inventory, NodeId};

use crate::source::data_of;
use crate::support::nodes::{self, Node, Nodes};

/// What an image is to hold.
#[derive(Debug, Clone)]
pub struct Model {
    /// What there is.
    things: Vec<Node>,
    /// By path, `/` for the root.
    names: BTreeMap<Vec<u8>, usize>,
}

impl Model {
    /// What an image holds.
    pub fn of(found: Nodes) -> Self {
        let (mut things, mut names) = (Vec::new(), BTreeMap::new());
        for (path, node) in found {
            assert!(node.kind == 'd' || node.links == Some(1), "no links at the start");
            names.insert(path, things.len());
            things.push(node);
        }
        Self { things, names }
    }

    /// What readers are to see.
    pub fn nodes(&self) -> Nodes {
        let mut links = vec![0; self.things.len()];
        for (path, at) in &self.names {
            links[*at] += 1;
            if self.things[*at].kind == 'd' {
                links[*at] += 1;
                if path != b"/" {
                    links[self.names[&parent(path)]] += 1;
                }
            }
        }
        let node = |at: usize| Node { links: Some(links[at]), ..self.things[at].clone() };
        self.names.iter().map(|(path, at)| (path.clone(), node(*at))).collect()
    }

    fn remove(&mut self, path: &[u8]) {
        self.remove_below(path);
        self.names.remove(path);
    }

    fn remove_below(&mut self, path: &[u8]) {
        let below = nodes::join(path, b"");
        self.names.retain(|name, _| name == path || !name.starts_with(&below));
    }

    fn push(&mut self, path: &[u8], node: Node) {
        self.names.insert(path.to_vec(), self.things.len());
        self.things.push(node);
    }

    /// Puts a tree over all, whatever is there.
    pub fn graft(&mut self, tree: &Inventory) {
        let mut made = BTreeMap::new();
        self.directory(tree, Inventory::ROOT, b"/", &mut made);
    }

    fn directory(
        &mut self,
        tree: &Inventory,
        directory: NodeId,
        path: &[u8],
        made: &mut BTreeMap<NodeId, usize>,
    ) {
        let view = tree.view(directory);
        let there = self.names.get(path).copied().filter(|at| self.things[*at].kind == 'd');
        match there {
            Some(at) if view.implied => self.things[at].mtime = None,
            Some(at) => {
                let mut node = node_of(tree, directory);
                if !view.opaque {
                    // Those that the tree does not mention stay.
                    let mut xattrs = self.things[at].xattrs.take().unwrap_or_default();
                    xattrs.extend(node.xattrs.take().unwrap_or_default());
                    node.xattrs = Some(xattrs);
                }
                self.things[at] = node;
            }
            None => {
                self.remove(path);
                self.push(path, node_of(tree, directory));
            }
        }
        if view.opaque {
            self.remove_below(path);
        }
        for name in tree.whiteouts(directory) {
            self.remove(&nodes::join(path, name));
        }
        for (name, node) in tree.children(directory) {
            let path = nodes::join(path, name);
            if tree.view(node).file_type == FileType::Directory {
                self.directory(tree, node, &path, made);
                continue;
            }
            self.remove(&path);
            match made.get(&node) {
                Some(at) => {
                    self.names.insert(path, *at);
                }
                None => {
                    made.insert(node, self.things.len());
                    self.push(&path, node_of(tree, node));
                }
            }
        }
    }
}

fn parent(path: &[u8]) -> Vec<u8> {
    let at = path.iter().rposition(|byte| *byte == b'/').expect("a slash");
    path[..at.max(1)].to_vec()
}

fn node_of(tree: &Inventory, node: NodeId) -> Node {
    let view = tree.view(node);
    let kind = view.file_type.letter();
    let is = |kinds: &str| kinds.contains(kind);
    Node {
        kind,
        mode: u32::from(view.meta.permissions),
        uid: view.meta.uid,
        gid: view.meta.gid,
        size: (!is("d")).then_some(view.len_bytes),
        links: None,
        device: is("cb").then_some(view.device),
        mtime: Some(view.meta.mtime.seconds),
        target: is("l").then(|| view.target.to_vec()),
        xattrs: Some(view.xattrs.iter().map(|x| (x.name.clone(), x.value.clone())).collect()),
        data: is("-").then(|| data_of(tree, node)),
    }
}
