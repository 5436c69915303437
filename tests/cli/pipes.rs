//! Readers that go away, and outputs that are full.

use crate::support::image::Image;
use crate::support::sparse::Sparse;
use crate::support::tree::Tree;
use crate::support::{process, shapes, tools::Ran};
use crate::{path_text, sample};

/// The script's own status and output tell those of the first command of its pipe.
#[track_caller]
fn cut_short(script: &str, args: &[&str]) -> Ran {
    let ran = process::script(&format!("{script} | head -c 10; exit ${{PIPESTATUS[0]}}"), args);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{script}");
    assert_eq!(ran.stdout.len(), 10, "{script}");
    ran
}

/// A file of 4 GiB that has next to nothing in it.
fn huge() -> Image {
    let tree = Tree::new();
    Sparse::new("/huge", 4096, &[1], 0, 1).with_size(4 << 30).make(tree.path());
    Image::from_tree(tree.path(), 4096, 2 << 20, &[])
}

#[test]
fn a_closed_pipe_ends_every_command_quietly() {
    let many = shapes::many_entries(3000, false);
    let many = path_text(many.path());
    for json in ["", "--json"] {
        cut_short(&format!("\"$MPIMG\" ls {json} -laR \"$1\""), &[&many]);
    }
    let huge = huge();
    let huge = path_text(huge.path());
    for command in ["cat", "plan", "plan --json", "plan --trace", "cat --on-error=zero"] {
        cut_short(&format!("\"$MPIMG\" {command} \"$1\" /huge"), &[&huge]);
    }
}

#[test]
fn a_closed_pipe_ends_the_plan_of_a_file_in_one_window() {
    // All pages were planned, long after nobody listened: minutes for a sparse terabyte.
    let huge = huge();
    huge.edit(&[format!("set_inode_field /huge size {}", 1_u64 << 40)]);
    let huge = path_text(huge.path());
    let start = std::time::Instant::now();
    cut_short("\"$MPIMG\" plan --readahead=0 \"$1\" /huge", &[&huge]);
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn code_8_standard_output_that_is_full_is_named() {
    let image = sample();
    for command in [
        "cat \"$1\" /etc/motd",
        "ls \"$1\" -lR",
        "ls --json \"$1\"",
        "stat \"$1\" /etc/motd",
        "stat --json \"$1\" /etc/motd",
        "readlink \"$1\" /etc/issue",
        "readlink --json \"$1\" /etc/issue",
        "map \"$1\" /etc/motd",
        "map --json \"$1\" /etc/motd",
        "plan \"$1\" /etc/motd",
        "plan --json \"$1\" /etc/motd",
        "info \"$1\"",
        "info --json \"$1\"",
    ] {
        let ran = process::script(&format!("\"$MPIMG\" {command} >/dev/full"), &[&image]);
        assert_eq!(ran.code, Some(8), "{command}: {ran:?}");
        let lines = ran.stderr.lines().count();
        assert!(lines == 1 && ran.stderr.contains("standard output"), "{command}: {ran:?}");
        assert!(ran.stderr.contains("No space left on device"), "{command}: {ran:?}");
    }
}

#[test]
fn code_8_help_that_cannot_be_printed() {
    // The error of the output was dropped, and the code was 0.
    for command in ["--help", "--version", "cat --help", "help ls"] {
        let ran = process::script::<&str>(&format!("\"$MPIMG\" {command} >/dev/full"), &[]);
        assert_eq!(ran.code, Some(8), "{command}: {ran:?}");
        let line = "mpimg: standard output: No space left on device (os error 28)\n";
        assert_eq!(ran.stderr, line, "{command}");
        let closed = process::script::<&str>(
            &format!("\"$MPIMG\" {command} | true; exit ${{PIPESTATUS[0]}}"),
            &[],
        );
        assert_eq!((closed.code, closed.stderr.as_str()), (Some(0), ""), "{command}");
    }
}

#[test]
fn standard_error_that_is_closed_or_full_changes_no_code() {
    let image = sample();
    for redirection in ["2>&-", "2>/dev/full"] {
        let ran = process::script(
            &format!("\"$MPIMG\" cat \"$1\" /missing /etc/hostname {redirection}"),
            &[&image],
        );
        assert_eq!((ran.code, ran.text().as_str()), (Some(1), "sample\n"), "{redirection}");
    }
}
