//! The lessons of `docs/study`, from the templates in `src/study/lessons`.
//!
//! A template is Markdown in which every number is a call: `{{ figure("hot-key", "msk", "refused") }}`
//! is what a run found, `{{ setting("hot-key", "system.msk.kafka.NumberOfBrokerNodes") }}` what its scenario
//! asked for, `{{ fact("kinesis.shard.write.records") }}` a dated fact. [`problems_of`] says what a
//! template lacks.

use super::figures::{Figures, unknown};
use super::gallery::Entry;
use super::words::{self, Collected};
use minijinja::{Environment, UndefinedBehavior, context};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex};

/// A lesson's template.
pub struct Lesson {
    /// Its name: the file without its ending.
    pub name: &'static str,
    /// What is in the file.
    pub template: &'static str,
}

macro_rules! lessons {
    ($($name:literal),* $(,)?) => {
        &[$(Lesson { name: $name, template: include_str!(concat!("lessons/", $name, ".md")) }),*]
    };
}

/// One lesson per line of the table that compares the two services, in the order of the table.
pub const TABLE: &[Lesson] = lessons![
    "message-size",
    "unit-of-scale",
    "scaling-out-and-in",
    "encryption-in-flight",
    "encryption-at-rest",
    "capacity-without-servers",
    "what-you-manage",
    "failures",
    "retention",
    "producers",
    "consumers",
];

/// One lesson per thing that learners confuse.
pub const CONFUSIONS: &[Lesson] = lessons![
    "which-service",
    "from-where-on",
    "throttled-at-forty-percent",
    "http-200",
    "split-and-hot-key",
    "partitions-and-hot-key",
    "idle-consumers",
    "shared-or-fan-out",
    "order-after-resharding",
    "iterator-age-when-scaling",
    "acks-all",
    "how-many-zones",
    "shrinking-a-topic",
    "which-encryption",
    "one-megabyte-limit",
    "zookeeper-or-kraft",
    "poison-pill",
    "transactions",
];

const INDEX: &str = include_str!("lessons/index.md");

/// The parts of every lesson, in order.
pub const PARTS: [&str; 6] = [
    "## The claim",
    "## Before you look",
    "## Run it",
    "## The chart",
    "## What it shows and why",
    "## Five numbers to remember",
];
/// The part of a lesson whose answer has changed since the exam's questions were written.
pub const DATED_PART: &str = "## The exam answer and today's fact";

/// The pages and what they need of the gallery.
pub struct Pages {
    /// File names in `docs/study` and their text.
    pub files: BTreeMap<String, String>,
    /// The charts that the pages show, by scenario.
    pub charts: BTreeMap<String, BTreeSet<String>>,
}

/// What the templates may name.
pub struct Material {
    /// What the runs found.
    pub figures: Figures,
    /// The scenarios with their charts.
    pub entries: Vec<Entry>,
    /// The resolved scenario files, by the scenario's name.
    pub resolved: BTreeMap<String, toml::Table>,
}

impl Material {
    /// The scenario of this name.
    pub(super) fn entry(&self, name: &str) -> Result<&Entry, String> {
        let known: Vec<&str> = self
            .entries
            .iter()
            .map(|entry| entry.name.as_str())
            .collect();
        self.entries
            .iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| unknown("scenario", name, &known))
    }
}

/// The scenarios that the lessons name: without them the pages cannot be written.
#[must_use]
pub fn scenarios() -> BTreeSet<&'static str> {
    const CALLS: [&str; 5] = ["figure(\"", "times(\"", "setting(\"", "run(\"", "chart(\""];
    let named = |text: &'static str, call: &str| {
        let calls = text.split(call).skip(1);
        calls
            .filter_map(|rest| rest.split_once('"').map(|(name, _)| name))
            .collect::<Vec<_>>()
    };
    let lessons = TABLE.iter().chain(CONFUSIONS).map(|lesson| lesson.template);
    let texts: Vec<&str> = lessons.chain([INDEX]).collect();
    let all = CALLS
        .iter()
        .flat_map(|call| texts.iter().flat_map(move |text| named(text, call)));
    all.collect()
}

/// The names of the files of all pages.
#[must_use]
pub fn files() -> Vec<String> {
    let lessons = TABLE.iter().chain(CONFUSIONS).map(|lesson| lesson.name);
    lessons
        .chain(["README"])
        .map(|name| format!("{name}.md"))
        .collect()
}

/// Writes all pages.
///
/// # Errors
/// A sentence with the template, the line and the name that is not known.
pub fn pages(material: Material) -> Result<Pages, String> {
    let material = Arc::new(material);
    let mut pages = Pages {
        files: BTreeMap::new(),
        charts: BTreeMap::new(),
    };
    let order: Vec<&Lesson> = TABLE.iter().chain(CONFUSIONS).collect();
    for (index, lesson) in order.iter().enumerate() {
        let (text, collected) = render(lesson.name, lesson.template, &material)?;
        let before = index.checked_sub(1).map(|before| order[before]);
        let text = format!(
            "{HEAD}{text}{}{}",
            foot(&collected),
            around(before, order.get(index + 1).copied())
        );
        pages.files.insert(format!("{}.md", lesson.name), text);
        for (scenario, chart) in collected.charts {
            pages.charts.entry(scenario).or_default().insert(chart);
        }
    }
    let (index, _) = render("index", INDEX, &material)?;
    pages
        .files
        .insert("README.md".to_owned(), format!("{HEAD}{index}"));
    Ok(pages)
}

/// The first line of every page, which tells the pages of the gallery from those of others.
pub const HEAD: &str = "<!-- Written by `streamduel gallery` from src/study/lessons; change the template, not this page. -->\n\n";

fn render(
    name: &str,
    template: &str,
    material: &Arc<Material>,
) -> Result<(String, Collected), String> {
    let collected = Arc::new(Mutex::new(Collected::default()));
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    words::add_to(&mut environment, material, &collected);
    let fail = |error: &minijinja::Error| {
        let line = error.line().unwrap_or(1);
        let what = error
            .detail()
            .map_or_else(|| error.to_string(), str::to_owned);
        format!("src/study/lessons/{name}.md:{line}: {what}")
    };
    let text = environment
        .render_named_str(
            name,
            template,
            context! { table => listed(TABLE), confusions => listed(CONFUSIONS) },
        )
        .map_err(|error| fail(&error))?;
    let text = format!("{}\n", text.trim_end());
    let collected = collected
        .lock()
        .map(|inside| inside.clone())
        .unwrap_or_default();
    Ok((text, collected))
}

/// Titles, file names and scenarios of lessons for the index.
fn listed(lessons: &[Lesson]) -> Vec<BTreeMap<&'static str, String>> {
    let of = |lesson: &Lesson| {
        BTreeMap::from([
            ("title", title(lesson.template).to_owned()),
            ("file", format!("{}.md", lesson.name)),
            ("scenario", scenario_of(lesson.template).to_owned()),
        ])
    };
    lessons.iter().map(of).collect()
}

/// The title of a template.
#[must_use]
pub fn title(template: &str) -> &str {
    template
        .lines()
        .find_map(|line| line.strip_prefix("# "))
        .unwrap_or_default()
}

/// The scenario that a template asks the reader to run first.
fn scenario_of(template: &str) -> &str {
    template
        .split_once("{{ run(\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("", |(name, _)| name)
}

/// The facts of a page as its footnotes.
fn foot(collected: &Collected) -> String {
    let mut text = String::new();
    for (index, note) in collected.notes.iter().enumerate() {
        let _ = write!(text, "\n[^{}]: {note}\n", index + 1);
    }
    text
}

/// Links to the neighbours of a lesson.
fn around(before: Option<&Lesson>, after: Option<&Lesson>) -> String {
    let link = |word: &str, lesson: &Lesson| {
        format!("{word} [{}]({}.md)", title(lesson.template), lesson.name)
    };
    let mut links: Vec<String> = before
        .map(|lesson| link("Before:", lesson))
        .into_iter()
        .collect();
    links.push("[All lessons](README.md) · [Glossary](../GLOSSARY.md)".to_owned());
    links.extend(after.map(|lesson| link("Next:", lesson)));
    format!("\n---\n\n{}\n", links.join(" · "))
}

/// What is wrong with a template: parts that are missing or out of order, typed digits, a list of
/// numbers that is not five long or whose items are typed.
#[must_use]
pub fn problems_of(template: &str) -> Vec<String> {
    let mut problems = words::typed_digits(template);
    let mut at = 0;
    for part in PARTS {
        match template.find(&format!("\n{part}\n")) {
            Some(place) if place > at => at = place,
            Some(_) => problems.push(format!("`{part}` is out of order")),
            None => problems.push(format!("`{part}` is missing")),
        }
    }
    if title(template).is_empty() {
        problems.push("the title is missing".to_owned());
    }
    let numbers = template
        .split_once("## Five numbers to remember")
        .map_or("", |(_, rest)| rest);
    let items: Vec<&str> = numbers
        .lines()
        .filter(|line| line.starts_with("- "))
        .collect();
    if items.len() != 5 {
        problems.push(format!(
            "{} numbers to remember instead of five",
            items.len()
        ));
    }
    for item in items {
        if !["{{ fact(", "{{ figure(", "{{ setting("]
            .iter()
            .any(|call| item.contains(call))
        {
            problems.push(format!("no fact and no figure in `{item}`"));
        }
    }
    problems
}
