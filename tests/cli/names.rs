//! Names that would act on a terminal, or look like another path.

use std::os::unix::ffi::OsStrExt;

use crate::support::image::Image;
use crate::support::{process, tools};
use crate::{path_text, sample};

/// An image with a file, whose name in the directory becomes `name`, byte for byte.
fn with_name(name: &[u8]) -> Image {
    let image = Image::new(1024, 1 << 20, &[]);
    let before = vec![b'Q'; name.len()];
    image.write_bytes(std::str::from_utf8(&before).unwrap(), b"content\n");
    let bytes = image.bytes();
    let places: Vec<_> =
        bytes.windows(before.len()).enumerate().filter(|(_, w)| *w == before).collect();
    assert_eq!(places.len(), 1, "the name is there once");
    image.patch(places[0].0 as u64, name);
    image
}

const HOSTILE: &[&[u8]] = &[
    b"../../etc/passwd",
    b"/etc/passwd",
    b"nul\0within",
    b"esc\x1b[31mred\x1b]0;title\x07",
    b"line\nmpimg: another: error",
    b"back\rcarriage",
    b"del\x7fc1\xc2\x9b31m",
    b"latin-\xe9\xff",
    b"...",
    b"-rf *",
];

#[test]
fn a_pipe_gets_names_as_they_are() {
    for name in HOSTILE {
        let image = with_name(name);
        for (options, end) in [("-1", b'\n'), ("-0", 0)] {
            let ran = process::run(&["ls", "-a", options, &path_text(image.path())]);
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{name:?}");
            let line = [name, &[end][..]].concat();
            assert!(ran.stdout.windows(line.len()).any(|w| w == line), "{name:?}: {ran:?}");
        }
    }
}

#[test]
fn a_terminal_gets_no_control_bytes_from_an_image() {
    for name in HOSTILE {
        let image = with_name(name);
        for options in ["-a", "-la", "-laR", "-a1"] {
            let mut command = tools::command("script");
            let program = process::MPIMG;
            let line = format!("'{program}' ls {options} '{}'", path_text(image.path()));
            command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
            let ran = tools::capture(&mut command);
            assert_eq!(ran.code, Some(0), "{name:?}: {ran:?}");
            let acts = |byte: &u8| *byte < 0x20 && ![b'\r', b'\n'].contains(byte) || *byte == 0x7f;
            assert!(
                !ran.stdout.iter().any(acts),
                "{name:?} {options}: {}",
                ran.text().escape_debug()
            );
            let forged = ran.text().lines().any(|line| line.trim().starts_with("mpimg: another"));
            assert!(!forged, "{options}: a name made a line of its own");
            let text = String::from_utf8(ran.stdout.clone()).expect("a terminal gets UTF-8");
            assert!(!text.contains('\u{9b}'), "{options}: {}", text.escape_debug());
        }
    }
}

#[test]
fn json_escapes_names_and_keeps_their_bytes() {
    for name in HOSTILE {
        let image = with_name(name);
        let ran = process::run(&["ls", "-a", "--json", &path_text(image.path())]);
        assert_eq!(ran.code, Some(0), "{name:?}");
        let path = [b"/", *name].concat();
        let found = ran.text().lines().any(|line| {
            let entry: serde_json::Value = serde_json::from_str(line).expect("an object a line");
            let hex: String = path.iter().map(|byte| format!("{byte:02x}")).collect();
            match std::str::from_utf8(&path) {
                Ok(text) => entry["path"] == text,
                Err(_) => entry["path_hex"] == hex.as_str(),
            }
        });
        assert!(found, "{name:?}: {}", ran.text());
    }
}

#[test]
fn errors_stay_one_line_whatever_path_or_image_is_named() {
    let image = sample();
    for name in HOSTILE.iter().filter(|name| !name.contains(&0)) {
        let name = std::ffi::OsStr::from_bytes(name);
        for command in ["cat", "stat", "map", "plan", "readlink"] {
            let mut run = process::command();
            let ran = tools::capture(run.args([command, &image, "--"]).arg(name));
            assert_eq!(ran.code, Some(1), "{command} {name:?}: {ran:?}");
            let lines = process::error_lines(&ran.stderr);
            assert_eq!(lines.len(), 1, "{command}: {}", ran.stderr);
            assert!(!lines[0].contains(|c: char| c.is_control()), "{:?}", lines[0]);
        }
        for suffix in ["", "@@1Q"] {
            let mut wanted = name.to_owned();
            wanted.push(suffix);
            let mut run = process::command();
            let ran = tools::capture(run.args(["info", "--"]).arg(&wanted));
            assert!(matches!(ran.code, Some(1 | 2 | 5)), "{wanted:?}: {ran:?}");
            assert_eq!(process::error_lines(&ran.stderr).len(), 1, "{}", ran.stderr);
        }
    }
}

#[test]
fn a_corrupt_entry_below_a_hostile_name_is_told_in_one_line() {
    let image = Image::new(1024, 1 << 20, &[]);
    image.edit(&["mkdir QQQQQ", "mkdir QQQQQ/sub"]);
    let inner = image.debugfs("blocks /QQQQQ/sub");
    let block: u64 = inner.split_whitespace().next().unwrap().parse().unwrap();
    image.patch(block * 1024 + 4, &[0, 0]);
    let at = image.bytes().windows(5).position(|w| w == b"QQQQQ").unwrap();
    image.patch(at as u64, b"\x1b\n[1m");
    let ran = process::run(&["ls", "-R", &path_text(image.path())]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    let lines = process::error_lines(&ran.stderr);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(":/\\033\\n[1m/sub: directory "), "{lines:?}");
}
