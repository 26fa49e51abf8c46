//! The `streamduel` program: parse the arguments, do it, say what went wrong.

use std::process::ExitCode;
use streamduel::cli;

fn main() -> ExitCode {
    match cli::main(&cli::arguments()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", failure.message());
            ExitCode::from(failure.code())
        }
    }
}
