//! Links the C library into the command where that can be done.
//!
//! A command that prints ten bytes spends a third of its time in the dynamic loader. Rust's own
//! `crt-static` would do, but it applies to procedural macros too, which cannot be linked so, unless
//! a target is named, which moves the command to another folder. So the linker is asked for a static
//! command, and is given libraries of the names that rustc asks for which lead to the archives.
//! Where the archives are not installed, the command is linked as any other.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The libraries that rustc names for GNU/Linux, and the archives that hold the same.
const LIBRARIES: [(&str, &str); 3] = [("c", "libc.a"), ("m", "libm.a"), ("gcc_s", "libgcc_eh.a")];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let native = variable("HOST") == variable("TARGET");
    let gnu =
        variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    let already = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|f| f == "crt-static");
    if !(native && gnu) || already {
        return;
    }
    let archives = LIBRARIES.map(|(library, archive)| find(archive).map(|path| (library, path)));
    let out = PathBuf::from(variable("OUT_DIR"));
    if archives.iter().flatten().all(|(library, path)| lead(&out, library, path))
        && archives.iter().all(Option::is_some)
    {
        println!("cargo:rustc-link-arg-bins=-static");
        println!("cargo:rustc-link-arg-bins=-no-pie");
        println!("cargo:rustc-link-arg-bins=-L{}", out.display());
    }
}

/// Where the C compiler has an archive; it echoes the name of one that it has not.
fn find(archive: &str) -> Option<PathBuf> {
    let output = Command::new("cc").arg(format!("-print-file-name={archive}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    (path.is_absolute() && path.exists()).then_some(path)
}

/// Writes a linker script of a library's name that leads to an archive.
fn lead(out: &Path, library: &str, archive: &Path) -> bool {
    let script = format!("INPUT({})\n", archive.display());
    fs::write(out.join(format!("lib{library}.so")), script).is_ok()
}
