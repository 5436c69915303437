//! `--stats`: how the data was moved, as a table for people or as JSON for scripts.
//!
//! The JSON object has a field for each row, with the fields of [`Stats`] as they are named there;
//! `calls` and its companions count all positional calls on the image, metadata included.

use std::fmt::Write as _;

use serde::Serialize;

use super::args::StatsForm;
use super::exit::tell;
use crate::device::IoCounts;
use crate::mpage::Stats;

#[derive(Serialize)]
struct Moved {
    #[serde(flatten)]
    stats: Stats,
    mean_call_bytes: u64,
    /// The least number of calls over the calls made.
    efficiency: f64,
}

/// Prints statistics on standard error.
pub fn print(mut stats: Stats, counts: IoCounts, form: StatsForm) {
    stats.calls = counts.calls;
    stats.call_bytes = counts.bytes;
    stats.largest_call_bytes = counts.largest_bytes;
    let mean_call_bytes = stats.mean_call_bytes();
    let efficiency = ratio(stats.runs, stats.calls);
    let moved = Moved { stats, mean_call_bytes, efficiency };
    match form {
        StatsForm::Json => tell(&serde_json::to_string(&moved).unwrap_or_default()),
        StatsForm::Table => tell(table(&moved).trim_end()),
    }
}

/// A ratio with three digits; 0 where there is nothing to compare with.
#[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { ((part as f64 / whole as f64) * 1000.0).round() / 1000.0 }
}

fn table(moved: &Moved) -> String {
    let stats = &moved.stats;
    let submits = &stats.submits;
    let fallbacks = &stats.fallback_pages;
    let rows = [
        ("pages", stats.pages, "planned"),
        ("  hole", stats.hole_pages, "zeroed without I/O"),
        ("bios", stats.bios, "contiguous requests of whole pages"),
        ("  pages", stats.bio_pages, "in bios"),
        ("  blocks", stats.blocks, "in bios"),
        ("  bytes", stats.bytes, "in bios"),
        ("  merges", stats.merges, "pages that joined an open bio"),
        ("submitted", stats.bios, "because"),
        ("  discontiguous", submits.discontiguous, "the next page lies elsewhere"),
        ("  full", submits.full, "the bio was full"),
        ("  boundary", submits.boundary, "an indirect block comes next"),
        ("  partial_page", submits.partial_page, "a page ends in a hole or at the end of the file"),
        ("  fallback", submits.fallback, "the next page goes block by block"),
        ("  end", submits.end, "the window ended"),
        ("fallback pages", fallbacks.total(), "block by block, because"),
        ("  has_buffers", fallbacks.has_buffers, "the page has buffers"),
        ("  get_block_error", fallbacks.get_block_error, "mapping failed"),
        ("  uptodate", fallbacks.uptodate, "mapping brought the data"),
        ("  hole_then_mapped", fallbacks.hole_then_mapped, "a hole comes before data"),
        ("  non_contiguous", fallbacks.non_contiguous, "its blocks are scattered"),
        ("  no_bio", fallbacks.no_bio, "no bio could be allocated"),
        ("  unmapped_dirty", fallbacks.unmapped_dirty, "a changed block has no place yet"),
        ("  not_dirty_or_uptodate", fallbacks.not_dirty_or_uptodate, "some blocks did not change"),
        ("  all_unmapped", fallbacks.all_unmapped, "no block has a place"),
        ("  not_mapped", fallbacks.not_mapped, "mapping gave no place"),
        ("  beyond_eof", fallbacks.beyond_eof, "the file has ended"),
        ("  blocks", stats.fallback_blocks, "one by one, before the plug"),
        (
            "get_block",
            stats.get_block.saturating_add(stats.get_block_fallback),
            "mappings asked for",
        ),
        ("plug merges", stats.plug_merges, "requests that shared a call"),
        ("calls", stats.calls, "on the image, metadata included"),
        ("  mean bytes", moved.mean_call_bytes, ""),
        ("  largest bytes", stats.largest_call_bytes, ""),
    ];
    let mut text = String::new();
    for (name, value, meaning) in rows {
        let line = format!("{name:<23} {value:>14}  {meaning}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(text, "{:<23} {:>14}  contiguous on disk", "runs", stats.runs);
    let _ = writeln!(text, "{:<23} {:>14}  runs / calls", "efficiency", moved.efficiency);
    text
}
