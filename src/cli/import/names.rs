//! Users and groups that a tree knows: its own `etc/passwd` and `etc/group`.
//!
//! The user `web` of a tree whose `etc/passwd` has `web:x:33:33::/:` is 33. In a tree without these
//! tables there is only root, which is 0 everywhere.

use crate::cli::names::{MOST_BYTES, Names};
use crate::fs::{Contents, FileType, Inventory, Place};
use crate::host::OwnerKind;

/// What is added to each table: of a name the first line counts.
const ROOT_LINE: &[u8] = b"\nroot:x:0:0";

/// The names that go for a tree.
#[derive(Debug)]
pub struct TreeNames(Names);

impl TreeNames {
    /// Those of the tree itself. Tables that are missing or cannot be read know none but root.
    pub fn of(tree: &Inventory, contents: &dyn Contents) -> Self {
        let table =
            |name| [read(tree, contents, name).unwrap_or_default(), ROOT_LINE.to_vec()].concat();
        Self(Names::from_tables(&table(b"passwd"), &table(b"group")))
    }

    /// The names, for an owner to be looked up in.
    pub fn names(&self) -> &Names {
        &self.0
    }
}

/// The number of a name, as manifests ask for it.
pub fn number_of(names: &Names, kind: OwnerKind, name: &str) -> Option<u32> {
    let number = match kind {
        OwnerKind::User => names.uid_of(name),
        OwnerKind::Group => names.gid_of(name),
    };
    number.or((name == "root").then_some(0))
}

fn read(tree: &Inventory, contents: &dyn Contents, name: &[u8]) -> Option<Vec<u8>> {
    let directory = tree.lookup(Inventory::ROOT, b"etc")?;
    let node = tree.lookup(directory, name)?;
    let view = tree.view(node);
    if view.file_type != FileType::Regular || view.len_bytes == 0 {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(view.len_bytes.min(MOST_BYTES)).ok()?];
    let place = Place { directory, name, node };
    contents.reader(tree).read(place, 0, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::fs::{ContentReader, Meta, NoContents, Node, Stock};

    /// Every file holds this.
    struct Same(&'static [u8]);

    impl Contents for Same {
        fn reader<'a>(&'a self, _: &'a Inventory) -> Box<dyn ContentReader + 'a> {
            Box::new(Same(self.0))
        }
    }

    impl ContentReader for Same {
        fn read(&mut self, _: Place<'_>, at: u64, buf: &mut [u8]) -> io::Result<()> {
            let from = usize::try_from(at).unwrap();
            buf.copy_from_slice(&self.0[from..from + buf.len()]);
            Ok(())
        }
    }

    #[test]
    fn names_are_those_of_the_trees_tables_and_root() {
        let text = b"root:x:0:0\nweb:x:33:34\n";
        let mut tree = Inventory::new(Meta::default());
        let none = TreeNames::of(&tree, &Same(text));
        assert_eq!((none.names().uid_of("web"), none.names().uid_of("root")), (None, Some(0)));
        let etc = tree.add(Inventory::ROOT, b"etc", Node::Directory, Meta::default()).unwrap();
        for name in [&b"passwd"[..], b"group"] {
            let node = tree.add(etc, name, Node::Regular, Meta::default()).unwrap();
            let stock = Stock { len_bytes: text.len() as u64, data: None, origin: 0 };
            tree.set_content(node, stock);
        }
        let known = TreeNames::of(&tree, &Same(text));
        assert_eq!(number_of(known.names(), OwnerKind::User, "web"), Some(33));
        assert_eq!(number_of(known.names(), OwnerKind::Group, "root"), Some(0));
        assert_eq!(known.names().login_gid_of("web"), Some(34));
        let unread = TreeNames::of(&tree, &NoContents);
        assert_eq!(number_of(unread.names(), OwnerKind::User, "web"), None);
        assert_eq!(number_of(unread.names(), OwnerKind::User, "root"), Some(0));
    }
}
