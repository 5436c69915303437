//! Commands that change an image, judged by `e2fsck -fn`, by `debugfs`, and by the bytes that a
//! command that failed has left as they were.
//!
//! ```text
//! put          content: replaced, appended, with holes, with what else comes from the source
//! coreutils    what mv, ln, rm, mkdir, chmod, touch, truncate do to a directory of the host
//! attributes   owners, times, extended attributes, trees
//! batch        scripts: all of it or nothing
//! trees        directories and archives as a whole
//! commit       dry runs, copies, partitions, journals, the same bytes twice
//! refusals     every exit code, and an image that is as it was
//! ```

mod attributes;
mod batch;
mod commit;
mod coreutils;
mod put;
mod refusals;
mod trees;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::path_text;
use crate::support::image::{FAKE_TIME, Image};
use crate::support::{process, tools::Ran};

/// An image that commands change. `IMG` among their words is its path.
struct Subject {
    image: Image,
}

impl Subject {
    /// 2 MiB, with blocks of 1 KiB.
    fn new() -> Self {
        Self::of(Image::new(1024, 2 << 20, &[]))
    }

    fn of(image: Image) -> Self {
        Self { image }
    }

    fn path(&self) -> String {
        path_text(self.image.path())
    }

    /// A file of the host beside the image.
    fn source(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.image.dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        path_text(&path)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = process::command();
        command.env("SOURCE_DATE_EPOCH", FAKE_TIME);
        let path = self.path();
        command.args(words.iter().map(|word| word.replace("IMG", &path)));
        command
    }

    fn run(&self, words: &[&str]) -> Ran {
        crate::support::tools::capture(&mut self.command(words))
    }

    fn feed(&self, words: &[&str], input: &[u8]) -> Ran {
        feed(&mut self.command(words), input)
    }

    /// Runs what has to be done without a word; `e2fsck` has nothing to say of the image.
    #[track_caller]
    fn ok(&self, words: &[&str]) -> String {
        self.done(words, self.run(words))
    }

    /// As [`ok`](Self::ok), with standard input.
    #[track_caller]
    fn ok_with(&self, words: &[&str], input: &[u8]) -> String {
        self.done(words, self.feed(words, input))
    }

    #[track_caller]
    fn done(&self, words: &[&str], ran: Ran) -> String {
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{words:?}");
        self.image.fsck();
        assert!(!self.log().exists(), "{words:?} left a log");
        ran.text()
    }

    /// Runs what has to be refused with `code` and this line; `IMG` in it is the image.
    #[track_caller]
    fn refused(&self, words: &[&str], code: i32, line: &str) {
        let before = self.image.bytes();
        self.is_refused(words, self.run(words), code, line, &before);
    }

    /// As [`refused`](Self::refused), with standard input.
    #[track_caller]
    fn refused_with(&self, words: &[&str], input: &[u8], code: i32, line: &str) {
        let before = self.image.bytes();
        self.is_refused(words, self.feed(words, input), code, line, &before);
    }

    #[track_caller]
    fn is_refused(&self, words: &[&str], ran: Ran, code: i32, line: &str, before: &[u8]) {
        let line = format!("{}\n", line.replace("IMG", &self.path()));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(code), line.as_str()), "{words:?}");
        assert!(self.image.bytes() == before, "{words:?} changed the image");
        assert!(!self.log().exists(), "{words:?} left a log");
    }

    fn log(&self) -> PathBuf {
        let mut path = self.image.path().as_os_str().to_owned();
        path.push(".mpimg-log");
        path.into()
    }

    /// What `debugfs` says of an inode.
    #[track_caller]
    fn stat(&self, path: &str) -> Stat {
        Stat::parse(&self.image.debugfs(&format!("stat \"{path}\"")))
    }

    fn cat(&self, path: &str) -> Vec<u8> {
        self.image.cat(path)
    }

    /// The names in a directory, as `debugfs` reads them.
    fn names(&self, path: &str) -> Vec<String> {
        let listed = self.image.debugfs(&format!("ls -p \"{path}\""));
        let names = listed.lines().filter_map(|line| line.split('/').nth(5)).map(str::to_owned);
        let plain = |name: &String| !matches!(name.as_str(), "." | ".." | "lost+found");
        names.filter(plain).collect()
    }
}

/// An inode, as `debugfs` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stat {
    text: String,
    fields: BTreeMap<String, String>,
}

impl Stat {
    #[track_caller]
    fn parse(text: &str) -> Self {
        let words: Vec<_> = text.split_whitespace().collect();
        let mut fields = BTreeMap::new();
        for pair in words.windows(2) {
            if let Some(key) = pair[0].strip_suffix(':') {
                fields.entry(key.to_owned()).or_insert(pair[1].to_owned());
            }
        }
        assert!(fields.contains_key("Inode"), "{text}");
        Self { text: text.to_owned(), fields }
    }

    #[track_caller]
    fn get(&self, key: &str) -> &str {
        self.fields.get(key).unwrap_or_else(|| panic!("no {key} in {}", self.text))
    }

    #[track_caller]
    fn number(&self, key: &str) -> u64 {
        self.get(key).parse().unwrap()
    }

    /// Permission bits, in octal.
    fn mode(&self) -> &str {
        self.get("Mode")
    }

    fn owner(&self) -> (u64, u64) {
        (self.number("User"), self.number("Group"))
    }

    /// Seconds of a time.
    #[track_caller]
    fn seconds(&self, key: &str) -> u64 {
        let hex = self.get(key).trim_start_matches("0x");
        u64::from_str_radix(hex.split(':').next().unwrap(), 16).unwrap()
    }
}

/// Runs a command to its end, with `input` for its standard input.
fn feed(command: &mut Command, input: &[u8]) -> Ran {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // Whoever refuses at once reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Ran { code: output.status.code(), stdout: output.stdout, stderr }
}

/// Whether the tests run as root.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

/// The time of all that is changed.
fn fake_time() -> u64 {
    FAKE_TIME.parse().unwrap()
}

/// Sets the mode of a path of the host.
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
