//! Archives that are compressed, by the programs that people use.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

/// What a program makes of its input.
fn through(command: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", command[0]));
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{command:?}");
    output.stdout
}

/// Memory for all decoders.
fn options() -> UnarchiveOptions {
    UnarchiveOptions { memory_bytes: 2 << 30, ..super::options() }
}

fn of(bytes: &[u8]) -> Unarchived {
    with(bytes, &options()).unwrap()
}

/// Most of a MiB that compresses, but not to nothing.
fn archive() -> Vec<u8> {
    let mut seed = 7_u64;
    let mut line = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{:x} and {:x}\n", seed >> 40, seed >> 50)
    };
    let mut tar = Tar::default();
    for file in 0..20 {
        let text: String = (0..2000).map(|_| line()).collect();
        tar = tar.file(&format!("d/f{file}"), &text);
    }
    tar.end()
}

const COMMANDS: [&[&str]; 9] = [
    &["gzip", "-c"],
    &["gzip", "-1", "-c"],
    &["zstd", "-c", "-q"],
    &["zstd", "-c", "-q", "-1", "--long=31"],
    &["zstd", "-c", "-q", "-T2", "--no-check"],
    &["xz", "-c"],
    &["xz", "-c", "-T0", "--block-size=100KiB"],
    &["xz", "-c", "-0", "--check=sha256"],
    &["xz", "-c", "-0", "--check=none", "--x86", "--lzma2"],
];

#[test]
fn what_is_compressed_is_the_same_archive() {
    let plain = archive();
    let want = listing(&of(&plain));
    for command in COMMANDS {
        let packed = through(command, &plain);
        assert!(packed.len() < plain.len() * 2 / 3);
        for memory_bytes in [0, 2 << 30] {
            if memory_bytes == 0 && command.contains(&"--long=31") {
                continue;
            }
            let found = with(&packed, &UnarchiveOptions { memory_bytes, ..options() }).unwrap();
            assert_eq!(listing(&found), want, "{command:?}");
            assert!(found.warnings.is_empty(), "{:?}", found.warnings);
        }
    }
}

#[test]
fn streams_may_have_many_parts() {
    let plain = archive();
    let want = listing(&of(&plain));
    let (front, back) = plain.split_at(plain.len() / 3);
    for command in COMMANDS {
        let parts = [through(command, front), through(command, back)];
        assert_eq!(listing(&of(&parts.concat())), want, "{command:?}");
    }
    let (front, back) = (through(&["xz", "-c"], front), through(&["xz", "-c"], back));
    let padded = [&front[..], &[0; 8], &back, &[0; 4]].concat();
    assert_eq!(listing(&of(&padded)), want);
    assert!(with(&[&front[..], &[0; 3], &back].concat(), &options()).is_err());
    let skipped = [&[0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let frame = through(&["zstd", "-c", "-q"], &plain);
    assert_eq!(listing(&of(&[&skipped[..], &frame, &skipped].concat())), want);
    let gzip = through(&["gzip", "-c"], &plain);
    let zeros = of(&[&gzip[..], &[0; 700]].concat());
    assert_eq!((listing(&zeros), zeros.warnings.len()), (want.clone(), 0));
    let garbage = of(&[&gzip[..], b"garbage"].concat());
    assert_eq!((listing(&garbage), garbage.warnings.len()), (want, 1));
}

#[test]
fn damaged_streams_are_errors() {
    let plain = archive();
    for command in COMMANDS {
        let packed = through(command, &plain);
        let len = packed.len();
        for end in [len - 1, len / 2, 20, 7] {
            let found = with(&packed[..end], &options());
            let error = &found.expect_err(&format!("{command:?} cut at {end}"))[0];
            assert!(matches!(error, UnarchiveError::Compressed { .. }), "{command:?}: {error}");
        }
        if command.iter().any(|word| word.contains("no-check") || word.contains("=none")) {
            continue;
        }
        let mut flipped = packed.clone();
        flipped[len / 2] ^= 0x10;
        let error = &with(&flipped, &options()).expect_err(&format!("{command:?}"))[0];
        assert!(matches!(error, UnarchiveError::Compressed { .. }), "{command:?}: {error}");
    }
    for garbage in [&["xz", "-c"][..], &["zstd", "-c", "-q"]] {
        let packed = [&through(garbage, &plain)[..], b"garbage"].concat();
        assert!(with(&packed, &options()).is_err(), "{garbage:?}");
    }
    let text = through(&["gzip", "-c"], &[b'x'; 2000]);
    let error = &with(&text, &options()).unwrap_err()[0];
    assert!(matches!(error, UnarchiveError::NoArchive { .. }), "{error}");
}

/// Whatever decoders make of it, they end.
#[test]
fn changed_streams_do_no_harm() {
    let plain = Tar::default().file("f", &"text ".repeat(300)).dir("d").end();
    let mut seed = 3_usize;
    for command in COMMANDS {
        let packed = through(command, &plain);
        for _ in 0..100 {
            seed = seed.wrapping_mul(25_214_903_917).wrapping_add(11) >> 1;
            let mut changed = packed.clone();
            // The first bytes tell what it is.
            changed[6 + (seed >> 8) % (packed.len() - 6)] ^= 1 << (seed % 8);
            if let Ok(found) = with(&changed, &options()) {
                assert!(found.inventory.len() <= 3);
            }
        }
    }
}

#[test]
fn what_looks_like_an_archive_is_known_by_its_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let looks = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        is_archive(&path).unwrap()
    };
    let tar = Tar::default().file("f", "").end();
    assert!(looks(&tar) && looks(&[0; 10_240]));
    for command in COMMANDS {
        assert!(looks(&through(command, &tar)), "{command:?}");
    }
    assert!(!looks(b"") && !looks(b"hello") && !looks(&[b'x'; 600]));
    assert!(is_archive(&dir.path().join("missing")).is_err() && is_archive(dir.path()).is_err());
}

#[test]
fn decoders_have_as_much_memory_as_they_are_given() {
    let plain = Tar::default().file("f", "text").end();
    let wide: [&[&str]; 2] =
        [&["zstd", "-c", "-q", "-1", "--long=31"], &["xz", "-c", "--lzma2=preset=0,dict=192MiB"]];
    for command in wide {
        let packed = through(command, &plain);
        let error = &with(&packed, &super::options()).expect_err(&format!("{command:?}"))[0];
        assert!(matches!(error, UnarchiveError::Compressed { .. }), "{command:?}: {error}");
        let want = "needs more than the 128 MiB of memory that it may have (--memory 2G";
        assert!(error.to_string().contains(want), "{command:?}: {error}");
        assert_eq!(of(&packed).inventory.len(), 2, "{command:?}");
    }
    for command in [&["zstd", "-c", "-q", "--long=27"][..], &["xz", "-c", "-9"]] {
        let packed = through(command, &plain);
        let found = with(&packed, &super::options()).unwrap();
        assert_eq!(found.inventory.len(), 2, "{command:?}");
    }
}
