//! Compressed streams: gzip, zstd and xz, each of as many parts as there are.
//!
//! `cat a.gz b.gz` is one stream, and so are frames of zstd, with those that are to be skipped, and
//! streams of xz, with zeros between them. gzip's own garbage behind the last part is left out, as
//! gzip does; all else that is wrong is an error.

use std::io::{self, BufRead, Read};
use std::num::NonZero;

use flate2::bufread::GzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::MtStreamBuilder;

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    Zstd,
    Xz,
}

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const XZ: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];

/// What a decoder may always have: what the zstd program gives its own, and `xz -9` twice.
const LEAST_DECODER_BYTES: u64 = 128 << 20;
/// How far back zstd's data can reach: 2 GiB, as with `zstd --long=31`.
const ZSTD_MOST_WINDOW_LOG: u32 = 31;
/// What the threads of xz may use together, before there are fewer of them.
const XZ_THREADS_BYTES: u64 = 256 << 20;

impl Compression {
    /// What the first bytes of a stream say.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            _ if head.starts_with(GZIP) => Some(Self::Gzip),
            _ if head.starts_with(XZ) => Some(Self::Xz),
            _ if head.starts_with(ZSTD) => Some(Self::Zstd),
            // A frame that is to be skipped.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// What else an archive may be compressed with.
pub fn unsupported(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => "bzip2",
        [b'L', b'Z', b'I', b'P', ..] => "lzip",
        [0x5d, 0, 0, _, _, 0xff | 0, ..] => "lzma",
        [0x89, b'L', b'Z', b'O', 0, ..] => "lzop",
        [0x04, 0x22, 0x4d, 0x18, ..] => "lz4",
        [0x1f, 0x9d, ..] => "compress",
        _ => return None,
    })
}

/// What a decoder says of damaged data.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Damaged(pub io::Error);

/// A decoder would need more memory than it may have.
#[derive(Debug, thiserror::Error)]
#[error(
    "its decoder needs more than the {} MiB of memory that it may have (--memory 2G lets it have more)",
    limit_bytes >> 20
)]
struct TooMuchMemory {
    limit_bytes: u64,
}

/// Decompresses a stream. Errors of its own are [`Damaged`], those of reading as they come.
pub struct Decoder<R: BufRead> {
    part: Option<Part<R>>,
    garbage: bool,
    limit_bytes: u64,
}

/// What is being read.
enum Part<R: BufRead> {
    Plain(R),
    Gzip(Box<GzDecoder<R>>),
    Xz(Box<XzDecoder<R>>),
    /// Goes from frame to frame by itself.
    Zstd(zstd::stream::read::Decoder<'static, R>),
    /// Could not be begun.
    Failed(io::Error),
}

/// A decoder of what `reader` brings, which takes `memory_bytes` for itself, or 128 MiB if that is less.
pub fn decoder<R: BufRead>(
    compression: Option<Compression>,
    reader: R,
    memory_bytes: u64,
) -> Decoder<R> {
    let limit_bytes = memory_bytes.max(LEAST_DECODER_BYTES);
    let part = match compression {
        None => Part::Plain(reader),
        Some(Compression::Gzip) => Part::Gzip(Box::new(GzDecoder::new(reader))),
        Some(Compression::Xz) => xz(reader, limit_bytes),
        Some(Compression::Zstd) => zstd(reader, limit_bytes),
    };
    Decoder { part: Some(part), garbage: false, limit_bytes }
}

fn xz<R: BufRead>(reader: R, limit_bytes: u64) -> Part<R> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut options = MtStreamBuilder::new();
    options.threads(u32::try_from(threads).unwrap_or(1));
    options.memlimit_threading(XZ_THREADS_BYTES.min(limit_bytes)).memlimit_stop(limit_bytes);
    match options.decoder() {
        Ok(stream) => Part::Xz(Box::new(XzDecoder::new_stream(reader, stream))),
        Err(error) => Part::Failed(error.into()),
    }
}

fn zstd<R: BufRead>(reader: R, limit_bytes: u64) -> Part<R> {
    let decoder = zstd::stream::read::Decoder::with_buffer(reader).and_then(|mut decoder| {
        // A window is the most of what it needs; its size is a power of two, or a bit more.
        let window_log = limit_bytes.checked_ilog2().unwrap_or(0).min(ZSTD_MOST_WINDOW_LOG);
        decoder.window_log_max(window_log)?;
        Ok(decoder)
    });
    match decoder {
        Ok(decoder) => Part::Zstd(decoder),
        Err(error) => Part::Failed(error),
    }
}

impl<R: BufRead> Decoder<R> {
    /// Whether something was left out behind the end.
    pub fn has_garbage_behind(&self) -> bool {
        self.garbage
    }

    /// What comes behind a part that has ended; nothing at the end of all.
    fn next_part(&mut self, part: Part<R>) -> io::Result<Option<Part<R>>> {
        match part {
            Part::Gzip(part) => {
                let mut reader = part.into_inner();
                let rest = reader.fill_buf()?;
                if rest.first() == GZIP.first() {
                    return Ok(Some(Part::Gzip(Box::new(GzDecoder::new(reader)))));
                }
                self.garbage = rest.iter().any(|byte| *byte != 0);
                Ok(None)
            }
            Part::Xz(part) => {
                let mut reader = part.into_inner();
                let mut zeros = 0_usize;
                loop {
                    let rest = reader.fill_buf()?;
                    let count = rest.iter().take_while(|byte| **byte == 0).count();
                    let (is_end, is_next) = (rest.is_empty(), count < rest.len());
                    zeros = zeros.saturating_add(count);
                    reader.consume(count);
                    match (is_end || is_next, zeros.is_multiple_of(4)) {
                        (false, _) => {}
                        (true, false) => return Err(garbage()),
                        (true, true) if is_end => return Ok(None),
                        (true, true) => return Ok(Some(xz(reader, self.limit_bytes))),
                    }
                }
            }
            Part::Plain(_) | Part::Zstd(_) => Ok(None),
            Part::Failed(error) => Err(error),
        }
    }
}

fn garbage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "garbage behind the compressed data")
}

impl<R: BufRead> Read for Decoder<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(mut part) = self.part.take() else { return Ok(0) };
            let read = match &mut part {
                Part::Plain(reader) => reader.read(buf),
                Part::Gzip(decoder) => decoder.read(buf),
                Part::Xz(decoder) => decoder.read(buf),
                Part::Zstd(decoder) => decoder.read(buf),
                Part::Failed(_) => Ok(0),
            };
            match read {
                Ok(0) if !buf.is_empty() => {
                    self.part = self.next_part(part).map_err(of_decoder)?;
                }
                Err(error) if wants_memory(&error) => {
                    let limit_bytes = self.limit_bytes;
                    return Err(of_decoder(io::Error::other(TooMuchMemory { limit_bytes })));
                }
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(of_decoder(error));
                }
                read => {
                    self.part = Some(part);
                    return read;
                }
            }
        }
    }
}

/// Whether a decoder has met its limit. Of zstd's errors only the text is told.
fn wants_memory(error: &io::Error) -> bool {
    let inner = error.get_ref();
    let of_xz = inner.and_then(|inner| inner.downcast_ref::<liblzma::stream::Error>());
    matches!(of_xz, Some(liblzma::stream::Error::MemLimit))
        || (of_xz.is_none()
            && inner
                .is_some_and(|inner| inner.to_string().contains("Frame requires too much memory")))
}

/// An error of reading is passed on as it is.
fn of_decoder(error: io::Error) -> io::Error {
    let is_of_host = error.get_ref().is_some_and(|inner| inner.is::<crate::host::HostError>());
    if is_of_host { error } else { io::Error::other(Damaged(error)) }
}
