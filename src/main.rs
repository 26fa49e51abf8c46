//! The `streamduel` program: parse the arguments, do it, say what went wrong.

use clap::Parser;
use std::process::ExitCode;
use streamduel::cli;

fn main() -> ExitCode {
    match cli::main(&cli::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", failure.message());
            ExitCode::from(failure.code())
        }
    }
}
