//! A short document of headings, paragraphs, lists and tables, and its three renderings: for the
//! terminal, as Markdown, as one HTML page that opens offline.
//!
//! Texts may hold code between backticks. A cell may hold several lines.

use super::format;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use std::fmt::Write;

const TEMPLATE: &str = include_str!("document.html");

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a terminal of so many columns.
    Text(u16),
    /// GitHub's dialect, for a pull request.
    Markdown,
    /// One page without references to the network.
    Html,
}

/// A part of a document.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// The heading of a section.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// A list without numbers.
    List(Vec<String>),
    /// A list with numbers, from 1.
    Steps(Vec<String>),
    /// A table.
    Table(Rows),
}

/// A table with as many cells in each row as there are heads.
#[derive(Clone, Debug, Serialize)]
pub struct Rows {
    /// The heads of the columns.
    pub heads: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// From this column on cells are numbers and stand to the right.
    pub numbers_from: usize,
}

/// A document.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// The title.
    pub title: String,
    /// The parts, in order.
    pub blocks: Vec<Block>,
}

impl Document {
    /// A document without parts.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            blocks: Vec::new(),
        }
    }

    /// Adds a heading.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Heading(text.into()));
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Text(text.into()));
    }

    /// Adds a list, unless it is empty.
    pub fn list(&mut self, items: Vec<String>) {
        if !items.is_empty() {
            self.blocks.push(Block::List(items));
        }
    }

    /// Adds a table.
    pub fn table(&mut self, heads: &[&str], rows: Vec<Vec<String>>, numbers_from: usize) {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        self.blocks.push(Block::Table(Rows {
            heads,
            rows,
            numbers_from,
        }));
    }

    /// The document in a format.
    ///
    /// # Errors
    /// A sentence about the page's template: a bug, never the user's doing.
    pub fn render(&self, format: Format) -> Result<String, String> {
        match format {
            Format::Text(width) => Ok(self.terminal(width)),
            Format::Markdown => Ok(self.markdown()),
            Format::Html => self.html(),
        }
    }

    fn terminal(&self, width: u16) -> String {
        let wide = usize::from(width);
        let mut text = format!(
            "{}\n{}\n",
            self.title,
            "=".repeat(self.title.chars().count())
        );
        for block in &self.blocks {
            text.push('\n');
            match block {
                Block::Heading(heading) => {
                    let _ = writeln!(text, "{heading}\n{}", "-".repeat(heading.chars().count()));
                }
                Block::Text(paragraph) => text.push_str(&wrap(paragraph, "", wide)),
                Block::List(items) => items
                    .iter()
                    .for_each(|item| text.push_str(&wrap(item, "- ", wide))),
                Block::Steps(items) => {
                    for (index, item) in items.iter().enumerate() {
                        text.push_str(&wrap(item, &format!("{}. ", index + 1), wide));
                    }
                }
                Block::Table(rows) => {
                    let _ = writeln!(text, "{}", grid(rows, width));
                }
            }
        }
        text
    }

    fn markdown(&self) -> String {
        let mut text = format!("# {}\n", self.title);
        for block in &self.blocks {
            text.push('\n');
            match block {
                Block::Heading(heading) => {
                    let _ = writeln!(text, "## {heading}");
                }
                Block::Text(paragraph) => {
                    let _ = writeln!(text, "{paragraph}");
                }
                Block::List(items) => items.iter().for_each(|item| {
                    let _ = writeln!(text, "- {item}");
                }),
                Block::Steps(items) => {
                    for (index, item) in items.iter().enumerate() {
                        let _ = writeln!(text, "{}. {item}", index + 1);
                    }
                }
                Block::Table(rows) => text.push_str(&pipes(rows)),
            }
        }
        text
    }

    fn html(&self) -> Result<String, String> {
        let mut environment = Environment::new();
        environment.add_filter("inline", |text: &str| {
            minijinja::Value::from_safe_string(inline(text))
        });
        environment
            .add_template("document.html", TEMPLATE)
            .map_err(|error| error.to_string())?;
        let template = environment
            .get_template("document.html")
            .map_err(|error| error.to_string())?;
        let page = template
            .render(Serde(self))
            .map_err(|error| error.to_string())?;
        Ok(page + "\n")
    }
}

/// The table for a terminal. Numbers are not broken over lines; words are, in tables as wide as the
/// terminal at most. Rows of several lines get rules between them, and a narrow first column.
fn grid(rows: &Rows, width: u16) -> Table {
    let mut table = Table::new();
    let words = rows.numbers_from >= rows.heads.len();
    let tall = words && rows.rows.iter().flatten().any(|cell| cell.contains('\n'));
    table.load_style(if tall {
        presets::UTF8_FULL
    } else {
        presets::UTF8_FULL_CONDENSED
    });
    if words {
        table
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    } else {
        table.set_content_arrangement(ContentArrangement::Disabled);
    }
    table.set_header(&rows.heads);
    for row in &rows.rows {
        table.add_row(row.iter().map(|cell| cell.replace('`', "")));
    }
    if let Some(first) = table.column_mut(0).filter(|_| tall) {
        first.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(width / 6)));
    }
    for column in table.column_iter_mut().skip(rows.numbers_from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The table in Markdown.
fn pipes(rows: &Rows) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells
            .iter()
            .map(|cell| cell.replace('|', "\\|").replace('\n', "<br>"))
            .collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = |column: usize| {
        if column < rows.numbers_from {
            "---|"
        } else {
            "--:|"
        }
    };
    let mut text = line(&rows.heads);
    let _ = writeln!(
        text,
        "|{}",
        (0..rows.heads.len()).map(rule).collect::<String>()
    );
    rows.rows.iter().for_each(|row| text.push_str(&line(row)));
    text
}

/// Escaped text with code elements and line breaks.
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let safe = part
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        let safe = safe.replace('\n', "<br>");
        if index % 2 == 1 {
            let _ = write!(html, "<code>{safe}</code>");
        } else {
            html.push_str(&safe);
        }
    }
    html
}

/// `text` in lines of at most `width` characters, the first behind `mark`, the others indented under it.
#[must_use]
pub fn wrap(text: &str, mark: &str, width: usize) -> String {
    let indent = " ".repeat(mark.chars().count());
    let (mut wrapped, mut line, mut empty) = (String::new(), mark.to_owned(), true);
    for part in text.split('\n') {
        for word in part.split_whitespace() {
            if !empty && line.chars().count() + 1 + word.chars().count() > width {
                let _ = writeln!(wrapped, "{}", line.trim_end());
                line.clone_from(&indent);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        let _ = writeln!(wrapped, "{}", line.trim_end());
        line.clone_from(&indent);
        empty = true;
    }
    wrapped
}

/// A change relative to where it began, as a signed percentage; a dash from nothing.
#[must_use]
pub fn relative(from: f64, by: f64) -> String {
    if from == 0.0 {
        return "–".to_owned();
    }
    let share = by / from.abs();
    let sign = if share > 0.0 { "+" } else { "" };
    if share.abs() >= 10.0 {
        format!("{sign}{}×", format::count(share))
    } else {
        format!("{sign}{}", format::percent(share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Document {
        let mut document = Document::new("Title");
        document.heading("Part");
        document.text("A paragraph with `code < 5` & more of the same, to be wrapped somewhere.");
        document.list(vec!["one".to_owned(), "two".to_owned()]);
        document.table(
            &["name", "value"],
            vec![vec!["a|b\nc".to_owned(), "`5`".to_owned()]],
            1,
        );
        document
    }

    #[test]
    fn a_document_reads_well_in_every_format() {
        let text = sample().render(Format::Text(40)).expect("text");
        assert!(
            text.lines().all(|line| line.chars().count() <= 40),
            "{text}"
        );
        assert!(
            text.contains("\n- one\n- two\n") && text.contains("a|b") && text.contains(" 5 "),
            "{text}"
        );
        let markdown = sample().render(Format::Markdown).expect("Markdown");
        assert!(
            markdown.contains("| name | value |\n|---|--:|\n| a\\|b<br>c | `5` |\n"),
            "{markdown}"
        );
        let html = sample().render(Format::Html).expect("HTML");
        assert!(
            html.contains("<code>code &lt; 5</code> &amp; more"),
            "{html}"
        );
        assert!(
            html.contains("a|b<br>c") && html.starts_with("<!doctype html>"),
            "{html}"
        );
    }

    #[test]
    fn a_change_is_told_relative_to_where_it_began() {
        assert_eq!(relative(10.0, 1.0), "+10.0 %");
        assert_eq!(relative(-10.0, -1.0), "-10.0 %");
        assert_eq!(relative(0.0, 1.0), "–");
        assert_eq!(relative(1.0, 41.0), "+41×");
    }
}
