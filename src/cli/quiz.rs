//! `streamduel quiz`.

use super::{Failure, compare, print};
use crate::report::document::Format;
use crate::study::figures::Figures;
use crate::study::quiz::{self, Selection};
use std::io::{ErrorKind, Write};

#[derive(Debug, clap::Args)]
pub(super) struct QuizArguments {
    /// Only questions on this topic
    #[arg(long)]
    topic: Option<String>,
    /// How many questions; with --answers all of them unless given
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Other numbers, other questions, another order
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the questions with keys and reasons as Markdown instead of asking
    #[arg(long)]
    answers: bool,
    /// Print the topics with the number of their questions
    #[arg(long, conflicts_with_all = ["topic", "count", "answers"])]
    list_topics: bool,
}

/// How many questions are asked when nobody says.
const USUAL: usize = 10;

pub(super) fn quiz(arguments: &QuizArguments) -> Result<(), Failure> {
    let bug = |message: String| Failure::Runtime(format!("error: {message}"));
    let invalid = |message: String| Failure::Invalid(format!("error: {message}"));
    let topics = quiz::topics().map_err(bug)?;
    if arguments.list_topics {
        let lines: Vec<String> = topics
            .iter()
            .map(|(topic, count)| format!("{topic} ({count})\n"))
            .collect();
        return print(&lines.concat());
    }
    if arguments.count == Some(0) {
        return Err(invalid("--count is 0; give 1 or more".to_owned()));
    }
    let usual = if arguments.answers { None } else { Some(USUAL) };
    let selection = Selection {
        topic: arguments.topic.clone(),
        count: arguments.count.or(usual),
        seed: arguments.seed,
    };
    let questions = quiz::select(&selection, Figures::shipped()).map_err(invalid)?;
    if arguments.answers {
        let document = quiz::answers(&questions, arguments.seed);
        return print(&document.render(Format::Markdown).map_err(bug)?);
    }
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let width = usize::from(compare::width(true));
    match quiz::play(&questions, &mut input, &mut output, width).and_then(|_| output.flush()) {
        // Whoever has stopped reading has stopped playing.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(bug(error.to_string())),
        _ => Ok(()),
    }
}
