//! `report.html`: one file that opens offline. It holds each chart as a picture and as data; the script draws the data
//! anew, so that a reader can zoom, point at values and switch systems off. Without the script the pictures stay.

use super::chart::Drawn;
use super::chart::description::{Description, palette};
use super::{Report, costs, format, links};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, HtmlEscape};
use serde::Serialize;

const TEMPLATE: &str = include_str!("report.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

#[derive(Serialize)]
struct Page<'a> {
    head: String,
    title: &'a str,
    question: &'a str,
    replications: u32,
    method: &'a [String],
    intervals: &'static str,
    paired: bool,
    verdict: Vec<Sentence<'a>>,
    /// Names of colours with their tones on light and on dark ground.
    palette: Vec<(String, String, String)>,
    css: &'static str,
    script: &'static str,
    /// The charts as data.
    data: String,
    /// Why charts that a reader may expect are missing.
    left_out: Vec<String>,
    warnings: &'a [String],
    beforehand: Vec<[String; 4]>,
    claims: Vec<Claim<'a>>,
    systems: Vec<System<'a>>,
    lines: Vec<Line<'a>>,
    assumptions: Vec<Assumption<'a>>,
    charts: Vec<Chart<'a>>,
    /// What stands there if charts were left out.
    no_charts: Option<&'static str>,
    outages: super::outages::OutageTable,
    parts: super::parts::PartsTable,
    bill_about: &'static str,
    bill_heads: &'static [&'static str],
    bill_rows: Vec<[String; 9]>,
    bill_rates: Vec<String>,
    bill_rules: Vec<String>,
    story: Vec<StoryLine>,
    happenings: Vec<[String; 4]>,
    resolved: &'a str,
    reproduce: &'a str,
}

/// A sentence of the verdict and the chart that shows it.
#[derive(Serialize)]
struct Sentence<'a> {
    /// The system that it begins with.
    label: &'a str,
    /// What follows.
    text: &'a str,
    chart: Option<&'a str>,
    /// The title of the chart.
    title: &'a str,
    /// The instant of the chart `[s]`.
    at: Option<String>,
    /// The instant for people.
    when: Option<String>,
}

/// A line of the story.
#[derive(Serialize)]
struct StoryLine {
    /// When `[s]`.
    t: String,
    time: String,
    system: String,
    text: String,
}

#[derive(Serialize)]
struct Claim<'a> {
    holds: bool,
    that: &'a str,
    found: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct System<'a> {
    label: &'a str,
    platform: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    name: String,
    about: &'a str,
    cells: Vec<String>,
    difference: String,
}

#[derive(Serialize)]
struct Assumption<'a> {
    path: &'a str,
    value: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct Chart<'a> {
    name: &'a str,
    title: &'a str,
    caption: &'a str,
    alternative: &'a str,
    svg: String,
}

/// The page.
pub(super) fn page(report: &Report, charts: &[Drawn]) -> Result<String, String> {
    let descriptions: Vec<&Description> = charts.iter().map(|chart| &chart.description).collect();
    let page = Page {
        head: report.head(),
        title: &report.title,
        question: &report.question,
        replications: report.replications,
        method: &report.method,
        intervals: super::text::INTERVALS,
        paired: report.replications > 1 && report.systems.len() == 2,
        verdict: sentences(report, &descriptions),
        palette: palette(),
        css: STYLE,
        script: SCRIPT,
        data: script_text(&super::chart::collection::json(
            report,
            descriptions.iter().copied(),
        )?),
        left_out: super::chart::left_out(report),
        warnings: &report.warnings,
        beforehand: beforehand(report),
        claims: report.claims.iter().map(claim).collect(),
        systems: report.systems.iter().map(system).collect(),
        lines: report.rows.iter().map(|row| line(report, row)).collect(),
        assumptions: report.assumptions.iter().map(assumption).collect(),
        charts: charts.iter().map(picture).collect(),
        no_charts: (!report.with_charts).then_some(super::chart::LEFT_OUT),
        bill_about: costs::ABOUT,
        bill_heads: &costs::HEADS,
        bill_rows: costs::rows(report),
        bill_rates: costs::rates(report),
        bill_rules: costs::rules(report),
        story: story(report),
        outages: super::outages::table(report),
        parts: super::parts::table(report),
        happenings: super::happenings::happenings(report, super::events_text::HAPPENINGS_MAX),
        resolved: &report.resolved,
        reproduce: &report.reproduce,
    };
    let mut environment = Environment::new();
    environment.add_filter("code", code);
    environment
        .add_template("report.html", TEMPLATE)
        .map_err(|error| error.to_string())?;
    let template = environment
        .get_template("report.html")
        .map_err(|error| error.to_string())?;
    template
        .render(Serde(page))
        .map_err(|error| error.to_string())
}

/// System, what, sum and share of the limit.
fn beforehand(report: &Report) -> Vec<[String; 4]> {
    let all = report.beforehand.iter();
    let rows = all.flat_map(|(label, sums)| {
        let row = move |sum: &crate::platform::foresee::Foreseen| {
            let (what, share) = (sum.what.to_owned(), sum.share());
            [label.clone(), what, sum.sum.clone(), share]
        };
        sums.iter().map(row)
    });
    rows.collect()
}

/// The sentences of the verdict with the charts that show them.
fn sentences<'a>(report: &'a Report, charts: &[&'a Description]) -> Vec<Sentence<'a>> {
    let sentence = |text: &'a String| {
        let link = links::link(text, report, charts);
        let chart = link.as_ref().map(|link| link.chart);
        let at = link.and_then(|link| link.at);
        let subject = links::subject(text, report);
        let label = subject.map_or(0, |n| report.systems[n].label.len());
        let (label, text) = text.split_at(label);
        Sentence {
            label,
            text,
            chart: chart.map(|chart| chart.name.as_str()),
            title: chart.map_or("", |chart| &chart.title),
            at: at.map(|at| at.to_string()),
            when: at.map(format::seconds),
        }
    };
    report.verdict.iter().map(sentence).collect()
}

fn story(report: &Report) -> Vec<StoryLine> {
    let line = |line: super::story::Line| StoryLine {
        t: line.t.to_string(),
        time: line.time(),
        system: line.system,
        text: line.text,
    };
    let lines = super::story::lines(report, super::events_text::STORY_MAX);
    lines.into_iter().map(line).collect()
}

fn system(system: &super::SystemReport) -> System<'_> {
    System {
        label: &system.label,
        platform: system.platform,
    }
}

fn picture(chart: &Drawn) -> Chart<'_> {
    Chart {
        name: &chart.description.name,
        title: &chart.description.title,
        caption: &chart.description.caption,
        alternative: &chart.description.alternative,
        svg: super::chart::themed(chart.svg.trim_start()),
    }
}

/// JSON that cannot end the script element around it.
fn script_text(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// Text for HTML, with words between back-ticks as code.
fn code(text: &str) -> Value {
    let mut html = String::new();
    for (n, part) in text.split('`').enumerate() {
        let part = HtmlEscape(part).to_string();
        html.push_str(&match n % 2 {
            0 => part,
            _ => format!("<code>{part}</code>"),
        });
    }
    Value::from_safe_string(html)
}

fn claim(claim: &super::Claim) -> Claim<'_> {
    Claim {
        holds: claim.holds(),
        that: &claim.that,
        found: &claim.found,
        why: &claim.why,
    }
}

fn assumption(assumption: &crate::settings::Assumption) -> Assumption<'_> {
    Assumption {
        path: &assumption.path,
        value: &assumption.value,
        why: &assumption.why,
    }
}

fn line<'a>(report: &Report, row: &'a super::Row) -> Line<'a> {
    let consumer = row
        .consumer
        .map_or(String::new(), |n| format!("{} ", report.consumers[n]));
    let show = |value: &Option<crate::stats::Interval>| {
        value
            .as_ref()
            .map_or("-".to_owned(), |value| format::interval(value, row.unit))
    };
    Line {
        name: format!("{consumer}{}", row.name),
        about: row.about,
        cells: row.values.iter().map(show).collect(),
        difference: show(&row.difference()),
    }
}
