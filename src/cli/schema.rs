//! `streamduel schema`: what a scenario file may say, for editors and validators.

use super::{Failure, output};
use std::path::PathBuf;

/// How an editor is told.
const EDITORS: &str = "\
An editor with a TOML language server (taplo; in VS Code \"Even Better TOML\") completes, explains and checks a scenario whose
first line names the schema:
  streamduel schema -o scenario.schema.json
  #:schema ./scenario.schema.json
The schema knows keys, units, ranges, words and defaults. What depends on several settings at once is checked by
`streamduel check`.";

#[derive(Debug, clap::Args)]
#[command(after_help = EDITORS)]
pub(super) struct SchemaArguments {
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Prints the schema.
pub(super) fn schema(arguments: &SchemaArguments) -> Result<(), Failure> {
    let schema = crate::schema::scenario();
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::Runtime(format!("error: {error}")))?;
    output::give(&(text + "\n"), arguments.output.as_deref())
}
