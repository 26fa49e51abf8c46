//! What is wrong with a scenario, said once, with the place and a way out.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;

/// Whether a file with the problem can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The file is invalid.
    Error,
    /// The file is valid, and its author should know something before he trusts the result.
    Warning,
}

/// One thing that is wrong with a file, or that its author should know.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Whether it makes the file invalid.
    pub severity: Severity,
    /// Its name, for `accept`; errors have none.
    pub name: Option<&'static str>,
    /// What is wrong, in lower case without a final dot.
    pub message: String,
    /// Where, as a range of bytes of the text.
    pub(super) span: Option<Range<usize>>,
    /// A fact that explains it.
    pub note: Option<String>,
    /// What to write instead.
    pub help: Option<String>,
}

impl Problem {
    /// An error without a place.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            name: None,
            message: message.into(),
            span: None,
            note: None,
            help: None,
        }
    }
    /// The same problem under a name.
    #[must_use]
    pub fn named(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }
    /// The same problem as a warning.
    #[must_use]
    pub fn as_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
    /// Name, message, note and help as one line, for reports.
    #[must_use]
    pub fn line(&self) -> String {
        let rest = [&self.note, &self.help];
        let parts = std::iter::once(&self.message).chain(rest.into_iter().flatten());
        let line = parts.cloned().collect::<Vec<String>>().join("; ");
        match self.name {
            Some(name) => format!("`{name}`: {line}"),
            None => line,
        }
    }
    /// The same problem at a place.
    #[must_use]
    pub fn at(mut self, span: Option<Range<usize>>) -> Self {
        self.span = span;
        self
    }
    /// The same problem with an explaining fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
    /// The same problem with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A place in the text of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1 `[characters]`.
    pub column: usize,
    /// How far it reaches on this line `[characters]`.
    pub length: usize,
}

impl Place {
    /// The place of a range of bytes of a text.
    fn of(text: &str, span: &Range<usize>) -> Option<Self> {
        let before = text.get(..span.start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let marked = text.get(span.clone()).unwrap_or_default();
        let marked = marked.lines().next().unwrap_or_default();
        Some(Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            length: marked.chars().count(),
        })
    }
}

/// All problems of one file; displayed with line, column and a caret under the text.
#[derive(Clone, Debug)]
pub struct Problems {
    file: String,
    text: String,
    /// Where the arguments of the command line begin in the text `[B]`.
    arguments_at: usize,
    /// The problems in the order of the file.
    pub list: Vec<Problem>,
}

/// How many problems are drawn before the rest is only counted.
const SHOWN: usize = 20;

impl Problems {
    /// The first problem as one line, for a message of its own.
    #[must_use]
    pub fn line(&self) -> String {
        self.list.first().map_or(String::new(), Problem::line)
    }

    /// The problems of `file`, whose text is needed to draw the places.
    #[must_use]
    pub fn new(file: &str, text: &str, list: Vec<Problem>) -> Self {
        Self {
            file: file.to_owned(),
            text: text.to_owned(),
            arguments_at: text.len(),
            list,
        }
    }

    /// The same problems of a text whose arguments of the command line begin behind so many bytes.
    #[must_use]
    pub(super) fn with_arguments(mut self, file_bytes: usize) -> Self {
        self.arguments_at = file_bytes;
        self
    }

    /// The source that a place lies in, with its name, and the place in it: the file, or one argument.
    fn source_of(&self, span: &Range<usize>) -> (&str, &str, Range<usize>) {
        let end = span.end.clamp(span.start, self.text.len());
        if span.start <= self.arguments_at {
            return (&self.text[..self.arguments_at], &self.file, span.start..end);
        }
        let begin = self.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[begin..].lines().next().unwrap_or_default();
        (line, "--set", span.start - begin..end - begin)
    }

    /// One problem that concerns the file as a whole.
    #[must_use]
    pub fn whole(file: &str, problem: Problem) -> Self {
        Self::new(file, "", vec![problem])
    }

    /// Where a problem of the list stands, if it has a place.
    #[must_use]
    pub fn place(&self, problem: &Problem) -> Option<Place> {
        Place::of(&self.text, problem.span.as_ref()?)
    }

    /// The source that a problem of the list stands in, the file or an argument, and its place there.
    #[must_use]
    pub fn located(&self, problem: &Problem) -> (&str, Option<Place>) {
        match problem.span.as_ref().filter(|_| !self.text.is_empty()) {
            Some(span) => {
                let (source, name, range) = self.source_of(span);
                (name, Place::of(source, &range))
            }
            None => (&self.file, None),
        }
    }

    /// The lines (from 1) at which problems stand.
    #[must_use]
    pub fn lines(&self) -> Vec<usize> {
        let line = |span: &Range<usize>| {
            self.text[..span.start.min(self.text.len())]
                .matches('\n')
                .count()
                + 1
        };
        self.list
            .iter()
            .filter_map(|problem| problem.span.as_ref().map(line))
            .collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let renderer = Renderer::plain();
        for problem in self.list.iter().take(SHOWN) {
            let level = match problem.severity {
                Severity::Error => Level::ERROR,
                Severity::Warning => Level::WARNING,
            };
            let title = level.primary_title(problem.message.as_str());
            let title = match problem.name {
                Some(name) => title.id(name),
                None => title,
            };
            let mut group = match &problem.span {
                Some(span) if !self.text.is_empty() => {
                    let (source, path, place) = self.source_of(span);
                    title.element(
                        Snippet::source(source)
                            .path(path)
                            .annotation(AnnotationKind::Primary.span(place)),
                    )
                }
                _ => title.element(Level::NOTE.message(format!("in {}", self.file))),
            };
            if let Some(note) = &problem.note {
                group = group.element(Level::NOTE.message(note.as_str()));
            }
            if let Some(help) = &problem.help {
                group = group.element(Level::HELP.message(help.as_str()));
            }
            writeln!(f, "{}\n", renderer.render(&[group]))?;
        }
        let more = self.list.len().saturating_sub(SHOWN);
        if more > 0 {
            writeln!(f, "and {more} more problems")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
