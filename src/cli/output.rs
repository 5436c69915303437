//! Standard output: bytes of files, and names that may be hostile.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IoSlice, IsTerminal, StdoutLock, Write};
use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::pipe::fcntl_setpipe_size;

use super::exit::{Exit, Failure};

/// Bytes that a pipe on standard output should hold, the most that Linux gives without asking root:
/// reader and writer then take turns about once a window, and not twenty times.
const PIPE_BYTES: usize = 1 << 20;
/// Slices in one call (`UIO_MAXIOV`).
const MAX_SLICES: usize = 1024;

/// Standard output, for text. Control bytes in names are escaped where it is a terminal.
pub struct Output {
    out: BufWriter<StdoutLock<'static>>,
    terminal: bool,
}

impl Output {
    /// Standard output.
    pub fn new() -> Self {
        let out = io::stdout().lock();
        let terminal = out.is_terminal();
        Self { out: BufWriter::with_capacity(64 << 10, out), terminal }
    }

    /// Whether a person is looking.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Writes a name: as it is, but escaped on a terminal.
    pub fn name(&mut self, name: &[u8]) -> io::Result<()> {
        if self.terminal {
            self.out.write_all(escaped(name).as_bytes())
        } else {
            self.out.write_all(name)
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A name that can be shown on one line of a terminal: control characters and bytes that are not
/// UTF-8 as `\n`, `\t` or octal, a backslash doubled, so that no two names look the same.
pub fn escaped(name: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(name)
        && !text.chars().any(|c| acts_on_a_terminal(c) || c == '\\')
    {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => shown.push_str("\\n"),
                '\t' => shown.push_str("\\t"),
                '\r' => shown.push_str("\\r"),
                '\\' => shown.push_str("\\\\"),
                c if acts_on_a_terminal(c) => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        let _ = write!(shown, "\\{byte:03o}");
                    }
                }
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\{byte:03o}");
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and those that turn the direction of what follows.
fn acts_on_a_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Standard output, for the bytes of files: no buffer in between, many slices a call.
pub struct RawOutput {
    out: io::Stdout,
}

impl RawOutput {
    /// Standard output, to which about `len_bytes` will be written: a pipe is made large enough for
    /// a window, if that is worth it and the host lets us.
    pub fn new(len_bytes: u64) -> Self {
        let out = io::stdout();
        if len_bytes > PIPE_BYTES as u64 {
            // Not a pipe, or over the user's limit: then it stays as it is.
            let _ = fcntl_setpipe_size(out.as_fd(), PIPE_BYTES);
        }
        Self { out }
    }

    /// Writes all of the pieces.
    pub fn write_all<'a>(&self, pieces: impl Iterator<Item = &'a [u8]>) -> io::Result<()> {
        let mut slices: Vec<IoSlice<'_>> = Vec::new();
        for piece in pieces {
            slices.push(IoSlice::new(piece));
            if slices.len() == MAX_SLICES {
                self.write_slices(&mut slices)?;
                slices.clear();
            }
        }
        self.write_slices(&mut slices)
    }

    fn write_slices(&self, slices: &mut [IoSlice<'_>]) -> io::Result<()> {
        let mut left = slices;
        while !left.is_empty() {
            match rustix::io::writev(self.out.as_fd(), left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut left, written),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => wait_until_writable(self.out.as_fd())?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// Somebody made the pipe that we share non-blocking: waits as a blocking one would.
fn wait_until_writable(out: std::os::fd::BorrowedFd<'_>) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    match poll(&mut [PollFd::new(&out, PollFlags::OUT)], None) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What an error of standard output means: nobody reads any more, which is the reader's business;
/// or the host failed.
pub fn output_failure(error: &io::Error) -> Option<Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return None;
    }
    let reason = format!("standard output: {error}");
    Some(Failure { exit: Exit::HostIo, code: "output", reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_on_one_line() {
        assert_eq!(escaped(b"plain name"), "plain name");
        assert_eq!(escaped("gr\u{fc}n".as_bytes()), "gr\u{fc}n");
        assert_eq!(escaped(b"a\nb\x1b[31m"), "a\\nb\\033[31m");
        assert_eq!(escaped(b"bad\xff\\"), "bad\\377\\\\");
        assert_eq!(escaped(b"a\\nb"), "a\\\\nb");
        assert_eq!(escaped("a\u{202e}b".as_bytes()), "a\\342\\200\\256b");
        assert_eq!(escaped("\u{9b}31m".as_bytes()), "\\302\\23331m");
    }
}
