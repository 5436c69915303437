//! The `mpimg` command: hands the arguments to [`mpimg::cli`] and exits with its code.

use std::process::ExitCode;

fn main() -> ExitCode {
    mpimg::cli::main()
}
