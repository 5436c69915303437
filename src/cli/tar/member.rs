//! How what is in an image is called in an archive.
//!
//! | path in the image | member | with `--strip-components 1` |
//! |---|---|---|
//! | `/` | `./` | left out |
//! | `/etc` | `etc/` | left out |
//! | `etc//ssl/./certs` | `etc/ssl/certs/` | `ssl/certs/` |
//! | `etc/../usr/bin/vi` | `usr/bin/vi` | `bin/vi` |

/// The rule for the names of members.
#[derive(Debug, Clone, Copy)]
pub struct Naming {
    /// Components at the start of a name that are taken off.
    pub strip_components: usize,
}

impl Naming {
    /// Whether anything is left of a path.
    pub fn keeps(self, path: &[u8]) -> bool {
        self.strip_components == 0 || self.components(path).next().is_some()
    }

    /// The name of what is at a path in the image.
    pub fn member(self, path: &[u8], is_directory: bool) -> Vec<u8> {
        let mut name = Vec::with_capacity(path.len().saturating_add(1));
        for component in self.components(path) {
            if !name.is_empty() {
                name.push(b'/');
            }
            name.extend_from_slice(component);
        }
        if name.is_empty() {
            name.push(b'.');
        }
        if is_directory {
            name.push(b'/');
        }
        name
    }

    fn components(self, path: &[u8]) -> impl Iterator<Item = &[u8]> {
        let components = path.split(|byte| *byte == b'/');
        let names = components.filter(|name| !name.is_empty() && *name != b".");
        // What stands before a way up is not where that leads: no name begins with it.
        let ups = names.clone().enumerate().filter(|(_, name)| *name == b"..");
        let behind = ups.last().map_or(0, |(index, _)| index.saturating_add(1));
        names.skip(behind.saturating_add(self.strip_components))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_begin_below_the_root() {
        for (path, is_directory, want) in [
            ("/", true, "./"),
            ("", true, "./"),
            ("/etc", true, "etc/"),
            ("etc//ssl/./certs/", true, "etc/ssl/certs/"),
            ("/./etc/passwd", false, "etc/passwd"),
            ("/etc/..", true, "./"),
            ("/etc/../usr/../../bin/vi", false, "bin/vi"),
            ("/..a/b..", false, "..a/b.."),
            ("<12>/x", false, "<12>/x"),
        ] {
            let naming = Naming { strip_components: 0 };
            assert!(naming.keeps(path.as_bytes()));
            assert_eq!(naming.member(path.as_bytes(), is_directory), want.as_bytes(), "{path}");
        }
    }

    #[test]
    fn components_are_stripped_from_the_member_not_from_the_path() {
        let naming = Naming { strip_components: 2 };
        for (path, want) in [
            ("/", None),
            ("/a/b", None),
            ("a//b/.", None),
            ("/a/b/c", Some("c")),
            ("/x/../a/b/c/d", Some("c/d")),
        ] {
            let found =
                naming.keeps(path.as_bytes()).then(|| naming.member(path.as_bytes(), false));
            assert_eq!(found.as_deref(), want.map(str::as_bytes), "{path}");
        }
    }
}
