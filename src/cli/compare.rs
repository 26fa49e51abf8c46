//! `streamduel compare`: two runs side by side; without runs, the table of both services.

use super::json::{self, Compared};
use super::{Failure, output};
use crate::compare::{self, Comparison, Run};
use crate::report::document::{Document, Format};
use crate::study::{figures::Figures, table};
use serde::Serialize;
use std::io::IsTerminal;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct CompareArguments {
    /// The results folders of two runs; none for the table of both services
    #[arg(value_name = "RUN", num_args = 0..=2)]
    runs: Vec<PathBuf>,
    #[command(flatten)]
    form: Form,
}

/// How a document is given.
#[derive(Debug, clap::Args)]
pub(super) struct Form {
    /// How to write it: by default markdown for two runs, text for the table
    #[arg(long, value_enum)]
    format: Option<Kind>,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// For the terminal
    Text,
    /// For a pull request
    Markdown,
    /// One page that opens offline
    Html,
    /// One JSON document, for programs
    Json,
    /// One JSON object a line, for programs
    Ndjson,
}

pub(super) fn compare(arguments: &CompareArguments) -> Result<(), Failure> {
    match &arguments.runs[..] {
        [] => {
            let bug = |message: String| Failure::Runtime(format!("error: {message}"));
            arguments.form.give(&table::document(Figures::shipped()).map_err(bug)?, Kind::Text)
        }
        [a, b] => {
            let comparison = Comparison::new(Run::load(a)?, Run::load(b)?);
            if let Some(format) = arguments.form.data() {
                let compared = [Compared::of(&comparison)];
                return arguments.form.give_data(format, json::Form::COMPARE, &compared);
            }
            arguments.form.give(&compare::document(&comparison), Kind::Markdown)
        }
        _ => Err(Failure::Invalid(
            "error: one run has nothing to be compared with; give two results folders, or none for the table of both services"
                .to_owned(),
        )),
    }
}

impl Form {
    /// The form for programs, if one was asked for.
    pub(super) fn data(&self) -> Option<json::Format> {
        match self.format? {
            Kind::Json => Some(json::Format::Json),
            Kind::Ndjson => Some(json::Format::Ndjson),
            Kind::Text | Kind::Markdown | Kind::Html => None,
        }
    }

    /// Writes items for programs.
    pub(super) fn give_data<T: Serialize>(
        &self,
        format: json::Format,
        form: json::Form,
        items: &[T],
    ) -> Result<(), Failure> {
        json::give_to(format, form, items, self.output.as_deref())
    }

    /// Writes the document in the form that was asked for, or else in `usual`.
    pub(super) fn give(&self, document: &Document, usual: Kind) -> Result<(), Failure> {
        if let Some(format) = self.data() {
            return self.give_data(format, json::Form::DOCUMENT, std::slice::from_ref(document));
        }
        let format = match self.format.unwrap_or(usual) {
            Kind::Text => Format::Text(width(self.output.is_none())),
            Kind::Markdown => Format::Markdown,
            Kind::Html => Format::Html,
            Kind::Json | Kind::Ndjson => return Ok(()),
        };
        let bug = |message: String| Failure::Runtime(format!("error: {message}"));
        output::give(
            &document.render(format).map_err(bug)?,
            self.output.as_deref(),
        )
    }
}

/// Columns of text where no terminal tells its width, and the fewest and most that read well.
const WIDTH: (u16, u16, u16) = (60, 100, 200);

/// How wide text may be: as the terminal, if it goes to one.
pub(super) fn width(to_stdout: bool) -> u16 {
    let terminal = to_stdout && std::io::stdout().is_terminal();
    let size = if terminal {
        terminal_size::terminal_size()
    } else {
        None
    };
    size.map_or(WIDTH.1, |(width, _)| width.0.clamp(WIDTH.0, WIDTH.2))
}
