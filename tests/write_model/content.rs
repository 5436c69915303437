//! Content for files: a pattern with holes, as a source and as the bytes that a file then has.

use std::io;
use std::ops::Range;

use mpimg::fs::Content;
use mpimg::mpage::PageSource;

use crate::support::content;

/// Bytes of a seed, in some places; zeros elsewhere.
#[derive(Debug, Clone)]
pub struct Data {
    pub seed: u64,
    pub len_bytes: u64,
    /// In order; they begin and end with blocks, or with the content.
    pub ranges: Vec<Range<u64>>,
}

impl Data {
    /// Content without holes.
    pub fn whole(seed: u64, len_bytes: u64) -> Self {
        let all = Some(0..len_bytes).filter(|range| !range.is_empty());
        let ranges = all.into_iter().collect();
        Self { seed, len_bytes, ranges }
    }

    /// Fills `buf` with what stands from `offset_bytes` on, zeros past the end.
    pub fn fill(&self, offset_bytes: u64, buf: &mut [u8]) {
        buf.fill(0);
        let end = offset_bytes + buf.len() as u64;
        let first = self.ranges.partition_point(|range| range.end <= offset_bytes);
        for range in self.ranges[first..].iter().take_while(|range| range.start < end) {
            let (from, to) = (range.start.max(offset_bytes), range.end.min(end));
            let place = (from - offset_bytes) as usize..(to - offset_bytes) as usize;
            content::fill(self.seed, from, &mut buf[place]);
        }
    }

    /// As the library wants it.
    pub fn content(&self) -> Content<'static> {
        let source = Box::new(Source(self.clone()));
        Content { source, len_bytes: self.len_bytes, data: self.ranges.clone() }
    }
}

/// Refuses to be read past its end.
struct Source(Data);

impl PageSource for Source {
    fn fill(&mut self, offset_bytes: u64, buf: &mut [u8]) -> io::Result<()> {
        if offset_bytes + buf.len() as u64 > self.0.len_bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.0.fill(offset_bytes, buf);
        Ok(())
    }
}
