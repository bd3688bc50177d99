//! The program `bp`. Everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(bp_cli::run(std::env::args_os()))
}
