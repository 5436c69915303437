//! Scripts of commands: lines taken apart into words as a shell does, or words separated by NUL.
//!
//! ```text
//! # all of it, as root
//! put --mode 600 "/etc/my file" ./x      put, --mode, 600, /etc/my file, ./x
//! ln -s it\'s '$HOME' \
//!     /a#b                               ln, -s, it's, $HOME, /a#b
//! ```
//!
//! Spaces and tabs separate words. Between `'` and `'` all is as it is; between `"` and `"` a
//! backslash makes `\`, `"`, `$`, `` ` `` what they are and takes away a newline, and is itself
//! before anything else. Outside quotes a backslash makes any byte what it is, and takes away a
//! newline. `#` where a word could begin starts a comment. Nothing is expanded: `$`, `*`, `;`, `>`
//! are what they are.
//!
//! With NUL (`find -print0` and `printf '%s\0'` write so) words need no quotes, and an empty one
//! ends a command; so no word of a command is empty there.

use std::io::{self, BufRead};

use super::exit::{Exit, Failure};

/// What the words of a command may take, [`WORD_BYTES`] more for each.
const MOST_COMMAND_BYTES: usize = 1 << 20;
/// What a word takes beside its bytes: a pointer, as the host counts the arguments of a program.
const WORD_BYTES: usize = 8;

/// A command of a script.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// The line on which it begins, or the command's number where words are separated by NUL; from
    /// 1 on.
    pub number: usize,
    /// Its words; at least one.
    pub words: Vec<Vec<u8>>,
}

/// A command that cannot be taken apart.
#[derive(Debug, thiserror::Error)]
#[error("{unit} {number}: {reason}")]
pub struct BadLine {
    /// What is counted: `line` or `command`.
    pub unit: &'static str,
    /// Where it is wrong: where a quote begins that has no end.
    pub number: usize,
    /// What is wrong with it.
    pub reason: BadReason,
}

/// What can be wrong with a command.
#[derive(Debug, thiserror::Error)]
pub enum BadReason {
    /// A quote begins and does not end.
    #[error("the {0} that begins here has no end")]
    NoEndOfQuote(char),
    /// A backslash is the last byte.
    #[error("a backslash at the end of the script")]
    LoneBackslash,
    /// A word with a NUL in it, which no argument can have.
    #[error("a NUL byte (are the words separated by NUL? then -0)")]
    Nul,
    /// The command's words take too much.
    #[error("more than {MOST_COMMAND_BYTES} bytes of words")]
    TooLong,
    /// The script cannot be read.
    #[error("cannot read the script: {0}")]
    Read(#[source] io::Error),
}

impl From<BadLine> for Failure {
    fn from(bad: BadLine) -> Self {
        let reason = bad.to_string();
        match bad.reason {
            BadReason::Read(_) => Self { exit: Exit::HostIo, code: "host_io", reason },
            _ => Self::usage("bad_line", reason),
        }
    }
}

/// The commands of a script, one after the other; the first that is bad is the last.
pub struct Script<R> {
    reader: R,
    nul: bool,
    /// The line in hand, or the command.
    number: usize,
    ended: bool,
}

impl<R: BufRead> Script<R> {
    /// A script; with `nul` its words are separated by NUL.
    pub fn new(reader: R, nul: bool) -> Self {
        Self { reader, nul, number: 1, ended: false }
    }

    fn command(&mut self) -> Result<Option<Line>, BadLine> {
        let mut words = Words::default();
        let whole = if self.nul { self.separated(&mut words) } else { self.quoted(&mut words) };
        whole.map_err(|(number, reason)| {
            let unit = if self.nul { "command" } else { "line" };
            BadLine { unit, number, reason }
        })?;
        let Words { number, words, .. } = words;
        Ok(Some(Line { number, words }).filter(|line| !line.words.is_empty()))
    }

    /// Words up to the end of a line that has any, or of the script.
    fn quoted(&mut self, words: &mut Words) -> Result<(), (usize, BadReason)> {
        loop {
            let number = self.number;
            let wrong = |reason| (number, reason);
            let mut byte = self.byte().map_err(wrong)?;
            if byte == Some(b'#') && words.word.is_none() {
                while !matches!(byte, None | Some(b'\n')) {
                    byte = self.byte().map_err(wrong)?;
                }
            }
            match byte {
                None => return words.end_word().map_err(wrong),
                Some(b'\n') => {
                    words.end_word().map_err(wrong)?;
                    if !words.words.is_empty() {
                        return Ok(());
                    }
                }
                Some(b' ' | b'\t') => words.end_word().map_err(wrong)?,
                Some(quote @ (b'\'' | b'"')) => {
                    words.begin_word(number);
                    self.until(quote, words).map_err(wrong)?;
                }
                Some(b'\\') => match self.byte().map_err(wrong)? {
                    None => return Err(wrong(BadReason::LoneBackslash)),
                    Some(b'\n') => {}
                    Some(byte) => words.push(byte, number).map_err(wrong)?,
                },
                Some(byte) => words.push(byte, number).map_err(wrong)?,
            }
        }
    }

    /// What stands between quotes.
    fn until(&mut self, quote: u8, words: &mut Words) -> Result<(), BadReason> {
        let no_end = || BadReason::NoEndOfQuote(char::from(quote));
        loop {
            let number = self.number;
            let byte = self.byte()?.ok_or_else(no_end)?;
            if byte == quote {
                return Ok(());
            }
            if byte != b'\\' || quote == b'\'' {
                words.push(byte, number)?;
                continue;
            }
            match self.byte()?.ok_or_else(no_end)? {
                b'\n' => {}
                escaped @ (b'\\' | b'"' | b'$' | b'`') => words.push(escaped, number)?,
                other => {
                    words.push(b'\\', number)?;
                    words.push(other, number)?;
                }
            }
        }
    }

    /// Words up to an empty one behind others, or to the end of the script.
    fn separated(&mut self, words: &mut Words) -> Result<(), (usize, BadReason)> {
        let number = self.number;
        let wrong = |reason| (number, reason);
        loop {
            match self.byte().map_err(wrong)? {
                None => return words.end_word().map_err(wrong),
                Some(0) if words.word.is_some() => words.end_word().map_err(wrong)?,
                Some(0) if words.words.is_empty() => {}
                Some(0) => {
                    self.number = self.number.saturating_add(1);
                    return Ok(());
                }
                Some(byte) => words.push(byte, number).map_err(wrong)?,
            }
        }
    }

    /// The next byte, and counts lines.
    fn byte(&mut self) -> Result<Option<u8>, BadReason> {
        let byte = loop {
            match self.reader.fill_buf() {
                Ok(bytes) => break bytes.first().copied(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(BadReason::Read(error)),
            }
        };
        if byte.is_some() {
            self.reader.consume(1);
        }
        match byte {
            Some(0) if !self.nul => return Err(BadReason::Nul),
            Some(b'\n') if !self.nul => self.number = self.number.saturating_add(1),
            _ => {}
        }
        Ok(byte)
    }
}

impl<R: BufRead> Iterator for Script<R> {
    type Item = Result<Line, BadLine>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.command().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// The words of a command, as they come.
#[derive(Default)]
struct Words {
    number: usize,
    words: Vec<Vec<u8>>,
    /// The word in hand, which may be empty.
    word: Option<Vec<u8>>,
    used_bytes: usize,
}

impl Words {
    /// A word begins, if none is in hand.
    fn begin_word(&mut self, number: usize) -> &mut Vec<u8> {
        if self.word.is_none() && self.words.is_empty() {
            self.number = number;
        }
        self.word.get_or_insert_default()
    }

    fn push(&mut self, byte: u8, number: usize) -> Result<(), BadReason> {
        self.begin_word(number).push(byte);
        self.use_bytes(1)
    }

    fn end_word(&mut self) -> Result<(), BadReason> {
        match self.word.take() {
            Some(word) => {
                self.words.push(word);
                self.use_bytes(WORD_BYTES)
            }
            None => Ok(()),
        }
    }

    fn use_bytes(&mut self, count: usize) -> Result<(), BadReason> {
        self.used_bytes = self.used_bytes.saturating_add(count);
        if self.used_bytes > MOST_COMMAND_BYTES { Err(BadReason::TooLong) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn parsed(script: &[u8], nul: bool) -> Result<Vec<(usize, Vec<String>)>, String> {
        let mut lines = Vec::new();
        for line in Script::new(script, nul) {
            let line = line.map_err(|bad| bad.to_string())?;
            let words = line.words.iter().map(|word| String::from_utf8_lossy(word).into_owned());
            lines.push((line.number, words.collect()));
        }
        Ok(lines)
    }

    fn words(script: &str) -> Vec<String> {
        let lines = parsed(script.as_bytes(), false).unwrap();
        assert_eq!(lines.len(), 1, "{script}");
        lines.into_iter().next().unwrap().1
    }

    const SAMPLES: &[&str] = &[
        "put --mode 600 /etc/x ./x",
        "  tabs\tand  spaces ",
        "'single \"quoted\" \\n' \"double 'quoted' \\n \\\\ \\\" \\$ \\`\"",
        "a'b'c\"d\"e '' \"\"",
        "it\\'s \\# a\\ b \\\\ \\$x",
        "a#b # comment ' \" \\",
        "joined\\\nword next\\\n  word \"in \\\nquotes\"",
        "'two\nlines' \"two\nmore\"",
        "x \\\n# comment",
        "caf\u{e9} '\u{e9}'",
    ];

    #[test]
    fn words_are_those_of_a_shell() {
        for sample in SAMPLES {
            let script = format!("printf '<%s>' {sample}\n");
            let ran = Command::new("sh").args(["-c", &script]).output().unwrap();
            let want = String::from_utf8(ran.stdout).unwrap();
            let found: String = words(sample).iter().map(|word| format!("<{word}>")).collect();
            assert_eq!(found, want, "{sample}");
        }
    }

    #[test]
    fn nothing_is_expanded() {
        let line = "$HOME * `x` ~ a;b | > {a,b} !x \"$y `z`\"";
        let found = words(line);
        assert_eq!(found, ["$HOME", "*", "`x`", "~", "a;b", "|", ">", "{a,b}", "!x", "$y `z`"]);
    }

    #[test]
    fn commands_have_the_number_of_the_line_they_begin_on() {
        let script = b"\n# comment\nfirst\n\n  \t\nsecond \\\n  'more\n' \n\\\n\nthird";
        let want = [(3, vec!["first"]), (6, vec!["second", "more\n"]), (11, vec!["third"])];
        let found = parsed(script, false).unwrap();
        assert_eq!(found.len(), want.len());
        for ((number, words), (want_number, want_words)) in found.into_iter().zip(want) {
            assert_eq!(
                (number, words),
                (want_number, want_words.iter().map(|w| w.to_string()).collect())
            );
        }
        assert_eq!(parsed(b"\n # nothing", false).unwrap(), []);
    }

    #[test]
    fn what_cannot_be_taken_apart_is_told_with_the_line_where_it_begins() {
        for (script, want) in [
            ("a\nb 'c\nd\n", "line 2: the ' that begins here has no end"),
            ("a\n\n\"c\\\"\nd", "line 3: the \" that begins here has no end"),
            ("a\nb \\", "line 2: a backslash at the end of the script"),
            ("a\nb\0c", "line 2: a NUL byte (are the words separated by NUL? then -0)"),
        ] {
            assert_eq!(parsed(script.as_bytes(), false).unwrap_err(), want);
        }
        let mut script = Script::new(&b"good\n'bad\n"[..], false);
        assert!(script.next().unwrap().is_ok());
        assert!(script.next().unwrap().is_err());
        assert!(script.next().is_none(), "nothing follows what is bad");
    }

    #[test]
    fn nul_separates_words_and_an_empty_one_commands() {
        let one = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        let want = vec![(1, one(&["put", "a b\n", "#'"])), (2, one(&["rm", "x"]))];
        for script in ["put\0a b\n\0#'\0\0rm\0x\0\0", "put\0a b\n\0#'\0\0\0\0rm\0x"] {
            assert_eq!(parsed(script.as_bytes(), true).unwrap(), want);
        }
        assert_eq!(parsed(b"\0\0", true).unwrap(), []);
    }

    #[test]
    fn a_command_is_never_larger_than_an_argument_list() {
        let fits = vec![b'x'; MOST_COMMAND_BYTES - WORD_BYTES];
        assert_eq!(parsed(&fits, false).unwrap().len(), 1);
        let long = [b"a\n".as_slice(), &fits, b"x"].concat();
        assert!(parsed(&long, false).unwrap_err().starts_with("line 2: more than 1048576 bytes"));
        let many = "'' ".repeat(MOST_COMMAND_BYTES / WORD_BYTES + 1);
        assert!(parsed(many.as_bytes(), false).is_err());
        let long = [b"a\0\0".as_slice(), &fits, b"x"].concat();
        assert!(parsed(&long, true).unwrap_err().starts_with("command 2: "));
        let comment = format!("# {}\nx", "y".repeat(3 << 20));
        assert_eq!(words(&comment), ["x"]);
    }

    #[test]
    fn a_script_that_cannot_be_read_is_the_hosts_fault() {
        struct Broken;
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let mut script = Script::new(io::BufReader::new(Broken), false);
        let failure = Failure::from(script.next().unwrap().unwrap_err());
        assert_eq!((failure.exit, failure.code), (Exit::HostIo, "host_io"));
        let failure = Failure::from(Script::new(&b"'"[..], false).next().unwrap().unwrap_err());
        assert_eq!((failure.exit, failure.code), (Exit::Usage, "bad_line"));
    }
}
