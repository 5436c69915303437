//! Data onto the host: runs of bytes as few calls, and holes as holes, or not.
//!
//! Data, a hole of 8 KiB and data again are two calls; with `--sparse=never` zeros are written between
//! them, and with `--sparse=always` blocks of zeros in the data are left out, too.

use std::io::{self, IoSlice};

use crate::fs::Part;
use crate::host::{NewFile, Sparse};
use crate::mpage::{Stretch, Window};

/// Zeros that are worth a hole, with `--sparse=always`.
const HOLE_BYTES: usize = 4096;

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

/// Writes a part of a file, of which `written` bytes are there.
pub fn write_part(
    file: &NewFile,
    written: &mut u64,
    part: &Part,
    window: &Window,
    sparse: Sparse,
) -> io::Result<()> {
    let mut run = Run { file, slices: Vec::new(), start: part.range.start, end: part.range.start };
    if sparse == Sparse::Never {
        fill(file, *written, part.range.start)?;
    }
    for stretch in window.stretches(part.in_window.clone()) {
        match stretch {
            Stretch::Data(bytes) if sparse == Sparse::Always => {
                for chunk in bytes.chunks(HOLE_BYTES) {
                    match is_zero(chunk) {
                        true => run.pass_over(chunk.len() as u64)?,
                        false => run.push(chunk),
                    }
                }
            }
            Stretch::Data(bytes) => run.push(bytes),
            Stretch::Hole(len_bytes) => {
                let at = run.end;
                run.pass_over(len_bytes)?;
                if sparse == Sparse::Never {
                    fill(file, at, run.end)?;
                }
            }
        }
    }
    // What ends in a hole is made as long as it is in the end.
    *written = if run.slices.is_empty() && sparse != Sparse::Never { *written } else { run.end };
    run.write()
}

/// Slices that lie one behind the other in a file, to be written by one call.
struct Run<'f, 's> {
    file: &'f NewFile,
    slices: Vec<IoSlice<'s>>,
    start: u64,
    end: u64,
}

impl<'s> Run<'_, 's> {
    fn push(&mut self, bytes: &'s [u8]) {
        self.slices.push(IoSlice::new(bytes));
        self.end = self.end.saturating_add(bytes.len() as u64);
    }

    fn pass_over(&mut self, len_bytes: u64) -> io::Result<()> {
        self.write()?;
        self.end = self.end.saturating_add(len_bytes);
        self.start = self.end;
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        if !self.slices.is_empty() {
            self.file.write_slices_at(&mut self.slices, self.start)?;
            self.slices.clear();
        }
        self.start = self.end;
        Ok(())
    }
}

/// Writes zeros into a range.
pub fn fill(file: &NewFile, from: u64, to: u64) -> io::Result<()> {
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let mut at = from;
    while at < to {
        let len = usize::try_from(to.saturating_sub(at)).unwrap_or(usize::MAX).min(ZEROS.len());
        file.write_at(ZEROS.get(..len).unwrap_or_default(), at)?;
        at = at.saturating_add(len as u64);
    }
    Ok(())
}
