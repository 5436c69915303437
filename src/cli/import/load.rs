//! A tree that is taken stock of, and made what is asked for.
//!
//! `create disk.img --from tree --owner web --manifest dev.txt` loads `tree`: every name in it, owned
//! by whom its own `etc/passwd` calls `web`, with the devices of `dev.txt`. Whatever is wrong with any
//! of these is told together, and nothing has been written then.

use std::thread::available_parallelism;

use super::args::{self, ArchiveArgs, OwnerArgs, TreeArgs};
use super::names::{TreeNames, number_of};
use super::source::{SourceArg, Totals, Wrong};
use crate::cli::args::When;
use crate::cli::edit::time_of;
use crate::cli::exit::Failure;
use crate::cli::names::Names;
use crate::cli::progress::Progress;
use crate::cli::when::Clock;
use crate::fs::{Contents, Inventory};
use crate::host::{
    ArchiveSource, Manifest, Ownerships, Parents, ScanOptions, Setting, UnarchiveOptions, scan,
    unarchive,
};

/// What is asked for, and of whom.
pub struct Import<'a> {
    /// Whom files belong to.
    pub owner: &'a OwnerArgs,
    /// What else is asked of the tree.
    pub tree: &'a TreeArgs,
    /// What is asked of archives.
    pub archive: ArchiveArgs,
    /// Whether progress is shown.
    pub progress: When,
    /// The time of the command.
    pub clock: &'a Clock,
    /// The names that go; without, those of the tree.
    pub names: Option<&'a Names>,
    /// What becomes of directories that a manifest does not name.
    pub parents: Parents,
    /// Files to leave out, by device and inode number: the image, where it is in the tree.
    pub skip: Vec<(u64, u64)>,
}

/// A tree that can be put into an image.
pub struct Loaded {
    /// The tree.
    pub inventory: Inventory,
    /// The bytes of its files.
    pub contents: Box<dyn Contents>,
    /// What is missing from it, a line each.
    pub warnings: Vec<String>,
    /// How much of it there is.
    pub totals: Totals,
}

impl Import<'_> {
    /// Takes stock of a tree.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn load(&self, source: &SourceArg) -> Result<Loaded, Vec<Wrong>> {
        // What is wrong with the manifest is told with what is wrong with the source.
        let mut wrong = Vec::new();
        let manifest = self.manifest().unwrap_or_else(|errors| {
            wrong.extend(errors);
            None
        });
        let loaded = match self.take_stock(source) {
            Ok(loaded) if wrong.is_empty() => loaded,
            Ok(_) => return Err(wrong),
            Err(errors) => {
                wrong.extend(errors);
                return Err(wrong);
            }
        };
        self.arrange(loaded, manifest, source.ownerships())
    }

    /// Takes a tree that is there already, whose files belong to whom it says.
    ///
    /// # Errors
    /// All that is wrong with the manifest.
    pub fn load_onto(
        &self,
        inventory: Inventory,
        contents: Box<dyn Contents>,
    ) -> Result<Loaded, Vec<Wrong>> {
        let loaded =
            Loaded { inventory, contents, warnings: Vec::new(), totals: Totals::default() };
        let manifest = self.manifest()?;
        self.arrange(loaded, manifest, Ownerships::AsArchived)
    }

    fn manifest(&self) -> Result<Option<Manifest>, Vec<Wrong>> {
        let form = self.tree.manifest_form.into();
        let manifest = self.tree.manifest.as_deref().map(|path| Manifest::read(path, form));
        let told = |errors: Vec<_>| errors.into_iter().map(Wrong::from).collect::<Vec<_>>();
        manifest.transpose().map_err(told)
    }

    /// Gives files their owners and times, and makes what the manifest lists.
    fn arrange(
        &self,
        mut loaded: Loaded,
        manifest: Option<Manifest>,
        default: Ownerships,
    ) -> Result<Loaded, Vec<Wrong>> {
        let own_names;
        let names = match self.names {
            Some(names) => names,
            None => {
                own_names = TreeNames::of(&loaded.inventory, &*loaded.contents);
                own_names.names()
            }
        };
        let rules = args::rules(self.owner, self.tree, default, names, self.clock)
            .map_err(|unknown| Vec::from([Wrong::from(unknown)]))?;
        rules.apply(&mut loaded.inventory);
        if let Some(manifest) = manifest {
            let now = rules.time(time_of(self.clock.now()));
            let names = &|kind, name: &str| number_of(names, kind, name);
            let setting = Setting { now, parents: self.parents, names };
            let applied = manifest.apply(&mut loaded.inventory, &setting);
            applied.map_err(|errors| errors.into_iter().map(Wrong::from).collect::<Vec<_>>())?;
        }
        loaded.totals = Totals::of(&loaded.inventory);
        Ok(loaded)
    }

    fn take_stock(&self, source: &SourceArg) -> Result<Loaded, Vec<Wrong>> {
        let archive = match source {
            SourceArg::Directory(path) => return self.scan(path),
            SourceArg::Archive(path) => ArchiveSource::Path(path.clone()),
            SourceArg::Stdin => ArchiveSource::Stdin,
        };
        let options = UnarchiveOptions {
            strip_components: self.archive.strip_components,
            whiteouts: self.archive.whiteouts,
            memory_bytes: self.tree.memory_bytes(),
            now: time_of(self.clock.now()),
        };
        let progress = Progress::reading(self.progress);
        let read = unarchive(&archive, &options, &|bytes| progress.set_bytes(bytes));
        let read = read.map_err(|errors| errors.iter().map(Wrong::from).collect::<Vec<_>>())?;
        Ok(Loaded {
            inventory: read.inventory,
            contents: Box::new(read.contents),
            warnings: read.warnings,
            totals: Totals::default(),
        })
    }

    fn scan(&self, path: &std::path::Path) -> Result<Loaded, Vec<Wrong>> {
        if self.archive.strip_components > 0 || self.archive.whiteouts {
            let reason = "--strip-components and --whiteouts are for archives";
            return Err(Vec::from([Wrong::from(Failure::usage("not_an_archive", reason))]));
        }
        let options = ScanOptions {
            sparse: self.owner.sparse.into(),
            threads: available_parallelism().map_or(1, usize::from),
            one_file_system: self.tree.one_file_system,
            skip: self.skip.clone(),
        };
        let progress = Progress::scan(self.progress);
        let found = scan(path, &options, &|files| progress.set_files(files));
        let found = found.map_err(|errors| errors.iter().map(Wrong::from).collect::<Vec<_>>())?;
        Ok(Loaded {
            inventory: found.inventory,
            contents: Box::new(found.contents),
            warnings: found.losses,
            totals: Totals::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use clap::Parser;

    use super::*;
    use crate::cli::import::ImportArgs;
    use crate::fs::{Meta, NodeId, Place};

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        import: ImportArgs,
    }

    fn load(source: &SourceArg, words: &[&str]) -> Result<Loaded, Vec<String>> {
        let args = Line::parse_from([&["x", "--progress=never"], words].concat()).import;
        let import = Import {
            owner: &args.owner,
            tree: &args.tree,
            archive: args.archive,
            progress: args.progress,
            clock: &Clock::new().unwrap(),
            names: None,
            parents: Parents::Refuse,
            skip: Vec::new(),
        };
        let told = |wrong: Wrong| match wrong.path {
            Some(path) => format!("{}: {}", String::from_utf8_lossy(&path), wrong.failure),
            None => wrong.failure.to_string(),
        };
        import.load(source).map_err(|wrong| wrong.into_iter().map(told).collect())
    }

    /// A tree with a table of users, and a manifest beside it.
    fn source(manifest: &str) -> (tempfile::TempDir, SourceArg, String) {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir_all(tree.join("etc")).unwrap();
        fs::write(tree.join("etc/passwd"), "root:x:0:0\nweb:x:33:34\n").unwrap();
        fs::write(tree.join("motd"), "hello").unwrap();
        fs::write(dir.path().join("dev.txt"), manifest).unwrap();
        let manifest = dir.path().join("dev.txt").to_str().unwrap().to_owned();
        (dir, SourceArg::Directory(tree), manifest)
    }

    fn find(tree: &Inventory, path: &str) -> NodeId {
        let names = path.split('/');
        names.fold(Inventory::ROOT, |at, name| tree.lookup(at, name.as_bytes()).unwrap())
    }

    #[test]
    fn a_directory_and_its_manifest_become_a_tree() {
        let text = "/dev d 755 0 0\n/dev/null c 666 0 0 1 3\n/motd f 4640 web root\n";
        let (_dir, source, manifest) = source(text);
        let loaded = load(&source, &["--manifest", &manifest, "--owner", "web:", "--mtime=@9"]);
        let Loaded { inventory: tree, contents, totals, warnings } = loaded.unwrap();
        let meta = |path| tree.view(find(&tree, path)).meta;
        let mtime = crate::fs::Time { seconds: 9, nanoseconds: 0 };
        assert_eq!(meta("motd"), Meta { permissions: 0o4640, uid: 33, gid: 0, mtime });
        assert_eq!((meta("etc").uid, meta("etc").gid), (33, 34));
        assert_eq!(meta("dev/null"), Meta { permissions: 0o666, uid: 0, gid: 0, mtime });
        assert_eq!(totals, Totals { count_files: 5, len_bytes: 28 });
        assert_eq!(warnings, [""; 0]);
        let place = Place { directory: Inventory::ROOT, name: b"motd", node: find(&tree, "motd") };
        let mut bytes = [0; 5];
        contents.reader(&tree).read(place, 0, &mut bytes).unwrap();
        assert_eq!(&bytes, b"hello");
    }

    #[test]
    fn an_archive_keeps_its_owners_and_takes_a_manifest() {
        let (dir, _, manifest) = source("/dev/null c 666 0 0 1 3\n/dev d 755\n/motd f - web\n");
        let made = std::process::Command::new("tar")
            .args(["--owner=:1000", "--group=:1001", "-C"])
            .args([dir.path().join("tree").as_path(), Path::new("-cf")])
            .args([dir.path().join("a.tar").as_path(), Path::new("."), Path::new("etc")])
            .status();
        assert!(made.unwrap().success());
        let source = SourceArg::of(dir.path().join("a.tar").as_os_str());
        let wrong = load(&source, &["--manifest", &manifest]).err().unwrap();
        let want =
            format!("dev/null: {manifest:?} line 1: there is no directory \"dev\" in the tree");
        assert_eq!(wrong, [want]);
        fs::write(&manifest, "/dev d 755\n/motd f - web\n").unwrap();
        let loaded = load(&source, &["--manifest", &manifest, "--owner-map=g:1001:5"]).unwrap();
        let meta = |path| loaded.inventory.view(find(&loaded.inventory, path)).meta;
        assert_eq!((meta("etc").uid, meta("etc").gid), (1000, 5));
        assert_eq!((meta("motd").uid, meta("motd").gid), (33, 5));
        assert_eq!((meta("dev").uid, meta("dev").gid), (0, 0));
    }

    #[test]
    fn what_is_wrong_with_source_and_manifest_is_told_together() {
        let (dir, source, manifest) = source("/x q\n/y f 999\n");
        let of = |source: &SourceArg, words: &[&str]| load(source, words).err().unwrap();
        let wrong = of(&source, &["--manifest", &manifest]);
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        let gone = SourceArg::Directory(dir.path().join("gone"));
        let wrong = of(&gone, &["--manifest", &manifest]);
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(wrong[0].starts_with("x: ") && wrong[2].starts_with("cannot open "), "{wrong:?}");
        let wrong = of(&source, &["--owner", "nobody"]);
        assert_eq!(wrong, ["there is no user 'nobody' in the image's /etc/passwd"]);
        let wrong = of(&source, &["--strip-components=1"]);
        assert_eq!(wrong, ["--strip-components and --whiteouts are for archives"]);
    }
}
