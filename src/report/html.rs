//! `report.html`: one file that opens offline, with the charts inside and a table behind them.

use super::chart::Drawn;
use super::{Report, costs, format};
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;

const TEMPLATE: &str = include_str!("report.html");

#[derive(Serialize)]
struct Page<'a> {
    head: String,
    title: &'a str,
    question: &'a str,
    replications: u32,
    method: &'a [String],
    intervals: &'static str,
    paired: bool,
    verdict: &'a [String],
    warnings: &'a [String],
    beforehand: Vec<[String; 4]>,
    claims: Vec<Claim<'a>>,
    systems: Vec<System<'a>>,
    lines: Vec<Line<'a>>,
    assumptions: Vec<Assumption<'a>>,
    charts: Vec<Chart<'a>>,
    /// What stands there if charts were left out.
    no_charts: Option<&'static str>,
    bill_about: &'static str,
    bill_heads: &'static [&'static str],
    bill_rows: Vec<[String; 9]>,
    bill_rates: Vec<String>,
    bill_rules: Vec<String>,
    story: Vec<[String; 3]>,
    happenings: Vec<[String; 4]>,
    resolved: &'a str,
    reproduce: &'a str,
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
    colour: String,
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
    svg: &'a str,
}

/// The page.
pub(super) fn page(report: &Report, charts: &[Drawn]) -> Result<String, String> {
    let page = Page {
        head: report.head(),
        title: &report.title,
        question: &report.question,
        replications: report.replications,
        method: &report.method,
        intervals: super::text::INTERVALS,
        paired: report.replications > 1 && report.systems.len() == 2,
        verdict: &report.verdict,
        warnings: &report.warnings,
        beforehand: beforehand(report),
        claims: report.claims.iter().map(claim).collect(),
        systems: report
            .systems
            .iter()
            .enumerate()
            .map(|(n, s)| System {
                label: &s.label,
                platform: s.platform,
                colour: super::chart::hex(n),
            })
            .collect(),
        lines: report.rows.iter().map(|row| line(report, row)).collect(),
        assumptions: report.assumptions.iter().map(assumption).collect(),
        charts: charts
            .iter()
            .map(|chart| Chart {
                name: &chart.description.name,
                title: &chart.description.title,
                svg: chart.svg.trim_start(),
            })
            .collect(),
        no_charts: (!report.with_charts).then_some(super::chart::LEFT_OUT),
        bill_about: costs::ABOUT,
        bill_heads: &costs::HEADS,
        bill_rows: costs::rows(report),
        bill_rates: costs::rates(report),
        bill_rules: costs::rules(report),
        story: super::story::lines(report, super::text::STORY_MAX)
            .into_iter()
            .map(|line| [line.time(), line.system, line.text])
            .collect(),
        happenings: super::happenings(report, super::text::HAPPENINGS_MAX),
        resolved: &report.resolved,
        reproduce: &report.reproduce,
    };
    let mut environment = Environment::new();
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
