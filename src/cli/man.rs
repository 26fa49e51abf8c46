//! `streamduel man`: the manual pages, made from the arguments themselves.

use super::{Arguments, Failure, print};
use clap::CommandFactory;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct ManArguments {
    /// Write the page of each command into this folder instead of the main page to standard output
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub(super) fn man(arguments: &ManArguments) -> Result<(), Failure> {
    let command = Arguments::command();
    let Some(folder) = &arguments.output else {
        let mut page = Vec::new();
        let written = clap_mangen::Man::new(command).render(&mut page);
        written.map_err(|error| Failure::Runtime(format!("error: {error}")))?;
        return print(&String::from_utf8_lossy(&page));
    };
    let fail =
        |error: std::io::Error| Failure::Runtime(format!("error: {}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(fail)?;
    clap_mangen::generate_to(command, folder).map_err(fail)
}
