//! What changed, for `--dry-run`: a line a change, as text or as JSON.

use std::io::Write;

use serde::Serialize;

use crate::cli::json::hex_unless_utf8;
use crate::cli::output::Output;

/// A change as `--json` tells it.
#[derive(Serialize)]
struct JsonChange<'a> {
    change: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_hex: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
}

/// Tells a change: `create /etc/x (regular file, 12 bytes)`.
pub fn tell(json: bool, change: &str, path: &[u8], detail: &str) -> std::io::Result<()> {
    let mut out = Output::new();
    if json {
        let shown = String::from_utf8_lossy(path);
        let change = JsonChange { change, path: &shown, path_hex: hex_unless_utf8(path), detail };
        serde_json::to_writer(&mut out, &change)?;
    } else {
        write!(out, "{change} ")?;
        out.name(path)?;
        if !detail.is_empty() {
            write!(out, " ({detail})")?;
        }
    }
    writeln!(out)?;
    out.flush()
}
