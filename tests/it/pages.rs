//! Charts and the page of a report: what a reader can read and reach.

use std::fs;
use std::path::Path;
use streamduel::experiment::{self, Progress};
use streamduel::report::chart::description::Data;
use streamduel::report::{self, Report, chart};
use streamduel::scenario::{Overrides, Scenario};

/// The most bytes of the script of a page.
const SCRIPT_MAX: usize = 40_000;
/// The most bytes of a page.
const PAGE_MAX: usize = 3_000_000;

/// Scenarios with many systems, many lanes, faults and reshards, and the length of their runs here: so short that
/// they can be tried in every run of the tests.
const TRIED: [(&str, Option<&str>); 5] = [
    ("bill-small", Some("20 s")),
    ("hot-key", Some("20 s")),
    ("linger", Some("10 s")),
    ("first-light", Some("20 s")),
    ("msk-zone-loss", None),
];

fn report_of(name: &str, duration: Option<&str>) -> Report {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let short = |duration| ["warmup=0 s".to_owned(), format!("duration={duration}")];
    let overrides = Overrides {
        replications: Some(1),
        set: duration.map_or(Vec::new(), |duration| short(duration).into()),
        ..Overrides::default()
    };
    let file = root.join(format!("scenarios/{name}.toml"));
    let scenario = Scenario::load(&file, &overrides).unwrap_or_else(|e| panic!("{name}: {e}"));
    let runs = experiment::run(&scenario, &Progress::default()).expect("balanced");
    Report::new(&scenario, runs)
}

#[test]
fn no_text_of_a_chart_meets_another_or_leaves_the_picture() {
    for (name, duration) in TRIED {
        let faults = chart::faults(&report_of(name, duration)).expect("fonts");
        assert!(faults.is_empty(), "{name}: {faults:#?}");
    }
}

/// The highest value of a series on its vertical axis.
fn highest(data: &Data) -> f64 {
    let values: Vec<f64> = match data {
        Data::Line { parts } | Data::Steps { parts } | Data::Points { parts } => {
            parts.iter().flatten().map(|point| point[1]).collect()
        }
        Data::Band { parts } => parts.iter().flatten().map(|point| point[2]).collect(),
        Data::Tiles { tiles, .. } => tiles.iter().map(|tile| tile.y.1).collect(),
    };
    values.into_iter().fold(0.0, f64::max)
}

/// A value beyond its axis would be drawn at the edge, where a reader takes it for another value. The bill of
/// `bill-fan-out` has estimates that are larger than the rest.
#[test]
fn no_value_lies_beyond_its_axis() {
    for (name, duration) in TRIED.into_iter().chain([("bill-fan-out", Some("20 s"))]) {
        for chart in chart::describe_all(&report_of(name, duration)) {
            for panel in &chart.panels {
                for series in &panel.series {
                    let (most, top) = (highest(&series.data), panel.y.to);
                    let place = format!("{name}, {}, {}", chart.name, panel.title);
                    assert!(most <= top * 1.001, "{place}: {most} of {top}");
                }
            }
        }
    }
}

#[test]
fn the_cost_of_a_million_records_is_the_one_of_the_bill() {
    let report = report_of("bill-fan-out", Some("20 s"));
    let charts = chart::describe_all(&report);
    let costs = charts.iter().find(|chart| chart.name == "cost-million");
    let labels = &costs.expect("there are bills").panels[0].labels;
    let row = report
        .row("cost_per_million_delivered", None)
        .expect("paid");
    assert_eq!(labels.len(), row.values.len());
    for (label, value) in labels.iter().zip(&row.values) {
        let billed = label
            .text
            .split(" USD")
            .next()
            .and_then(|text| text.parse::<f64>().ok());
        let (billed, value) = (billed.expect("a number"), value.expect("a bill").mean);
        assert!(
            (billed / value - 1.0).abs() < 0.02,
            "{}: {value}",
            label.text
        );
    }
    assert!(labels.iter().any(|label| label.text.contains("estimated")));
}

#[test]
fn every_chart_says_what_to_see_and_what_it_shows() {
    for chart in chart::describe_all(&report_of("hot-key", Some("20 s"))) {
        let name = &chart.name;
        assert!(chart.caption.ends_with('.'), "{name}: {}", chart.caption);
        assert!(
            chart.alternative.len() > 40,
            "{name}: {}",
            chart.alternative
        );
        assert!(!chart.panels.is_empty(), "{name} has no panel");
    }
}

#[test]
fn the_page_is_one_small_file_whose_links_lead_somewhere() {
    let report = report_of("hot-key", Some("20 s"));
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("hot-key");
    report::write(&report, &target).expect("written");
    let page = fs::read_to_string(target.join("report.html")).expect("a page");
    assert!(page.len() < PAGE_MAX, "{} bytes", page.len());
    let script =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/report.js"));
    assert!(script.expect("a script").len() <= SCRIPT_MAX);
    for outside in ["src=\"http", "href=\"http", "url(http", "fetch("] {
        assert!(!page.contains(outside), "{outside}");
    }
    let targets = page.split("href=\"#").skip(1);
    let targets: Vec<&str> = targets.filter_map(|rest| rest.split('"').next()).collect();
    assert!(targets.len() > report.verdict.len(), "{targets:?}");
    for target in targets {
        let id = format!("id=\"{target}\"");
        assert_eq!(page.matches(&id).count(), 1, "{id}");
    }
    let verdict = page.split("id=\"verdict\"").nth(1).unwrap_or_default();
    let verdict = verdict.split("</section>").next().unwrap_or_default();
    for link in verdict.split("<a href=\"#").skip(1) {
        let name = link.split('"').next().unwrap_or_default();
        let chart = format!("<section class=\"chart\" id=\"{name}\"");
        assert!(page.contains(&chart), "{name} is no chart");
    }
    let text = page.split("<script").next().unwrap_or_default();
    assert!(!text.contains('`'), "back-ticks of Markdown in the page");
}

/// What a page gets of a report, and its `report.html`, take the same links.
#[test]
fn every_link_of_a_sentence_leads_to_a_chart_at_an_instant_of_the_run() {
    let mut linked = 0;
    for (name, duration) in TRIED {
        let report = report_of(name, duration);
        let charts = chart::describe_all(&report);
        for sentence in report::page::data(&report, &charts).verdict {
            let Some(to) = sentence.chart else { continue };
            assert!(charts.iter().any(|chart| chart.name == to), "{name}: {to}");
            let at = sentence.at.unwrap_or_default();
            assert!((0.0..=report.duration_s).contains(&at), "{name}: {at}");
            linked += 1;
        }
    }
    assert!(linked >= TRIED.len(), "{linked} links");
}

#[test]
fn charts_as_data_have_a_version_and_the_colours_that_they_name() {
    let report = report_of("hot-key", Some("20 s"));
    let charts = chart::describe_all(&report);
    let json = chart::collection::json(&report, charts.iter()).expect("written");
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["schema"], 1);
    assert_eq!(value["charts"].as_array().map(Vec::len), Some(charts.len()));
    for part in json.split("\"colour\":\"").skip(1) {
        let name = part.split('"').next().unwrap_or_default();
        let known = name.starts_with('#') || value["palette"].get(name).is_some();
        assert!(known, "{name}");
    }
}
