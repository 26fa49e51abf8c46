//! The gallery: what is kept of the results of all shipped scenarios, and the pages around it.

use crate::report::{Claim, Report, chart};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The most that the gallery may take `[bytes]`: a clone of the project should stay light.
pub const BYTES_MAX: usize = 15_000_000;
/// What is kept of a scenario's results folder besides charts. The resolved scenario marks the folder
/// as one that a run may replace.
pub const KEPT: [&str; 3] = ["report.md", "scenario.toml", "summary.csv"];

/// A scenario as the gallery shows it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The scenario's name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it asks.
    pub question: String,
    /// What its claims found, a sentence each.
    pub answer: Vec<String>,
    /// The names of the charts that are kept: those that carry the answer, the best one first.
    pub kept: Vec<String>,
    /// The copied traces, without which the resolved scenario would not run.
    pub traces: Vec<String>,
    /// Other files that are kept.
    pub others: Vec<String>,
    /// All charts that its run draws: names and titles.
    pub charts: Vec<(String, String)>,
}

/// How many claims the index quotes.
const CLAIMS_SHOWN: usize = 2;

impl Entry {
    /// The entry of a scenario's report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let owned = |(name, title): (&str, &str)| (name.to_owned(), title.to_owned());
        Self {
            name: report.name.clone(),
            title: report.title.clone(),
            question: report.question.clone(),
            answer: report
                .claims
                .iter()
                .take(CLAIMS_SHOWN)
                .map(answer)
                .collect(),
            kept: chart::main(report)
                .into_iter()
                .map(|(name, _)| name.to_owned())
                .collect(),
            traces: report.traces.iter().map(|trace| trace.to.clone()).collect(),
            others: Vec::new(),
            charts: chart::list(report).into_iter().map(owned).collect(),
        }
    }

    /// Keeps a map of sizes as the first chart, and files beside it.
    pub fn keep_atlas(&mut self, title: &str, files: &[&str]) {
        let name = "atlas".to_owned();
        self.kept.insert(0, name.clone());
        self.charts.push((name, title.to_owned()));
        let others = files.iter().filter(|file| !file.starts_with("charts/"));
        self.others.extend(others.map(|file| (*file).to_owned()));
    }

    /// Keeps these charts, too.
    pub fn keep(&mut self, charts: &BTreeSet<String>) {
        for chart in charts {
            if !self.kept.contains(chart) {
                self.kept.push(chart.clone());
            }
        }
    }

    /// The files that are kept, below the scenario's results folder.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let charts = self.kept.iter().map(|chart| format!("charts/{chart}.svg"));
        KEPT.iter()
            .map(|name| (*name).to_owned())
            .chain(charts)
            .chain(self.traces.iter().cloned())
            .chain(self.others.iter().cloned())
            .collect()
    }

    fn title_of<'a>(&'a self, chart: &'a str) -> &'a str {
        self.charts
            .iter()
            .find(|(name, _)| name == chart)
            .map_or(chart, |(_, title)| title)
    }
}

/// `kinesis.refused == 0` holds: what was found, and why.
fn answer(claim: &Claim) -> String {
    let verdict = if claim.holds() { "" } else { "**failed:** " };
    let why = if claim.why.is_empty() {
        String::new()
    } else {
        format!(": {}", claim.why)
    };
    format!("{verdict}`{}` (found {}){why}", claim.that, claim.found)
}

/// `results/README.md`: every scenario with question, answer, chart and links.
#[must_use]
pub fn index(entries: &[Entry]) -> String {
    let mut text = String::from(INDEX_HEAD);
    for entry in entries {
        let Entry { name, question, .. } = entry;
        let chart = entry.kept.first().map_or(String::new(), |chart| {
            let (alt, path) = (entry.title_of(chart), format!("{name}/charts/{chart}.svg"));
            format!("<a href=\"{path}\"><img src=\"{path}\" alt=\"{alt}\" width=\"240\"></a>")
        });
        let links: Vec<String> = entry
            .kept
            .iter()
            .map(|chart| format!("[{}]({name}/charts/{chart}.svg)", entry.title_of(chart)))
            .collect();
        let answer = entry.answer.join("<br>").replace('|', "\\|");
        let _ = writeln!(
            text,
            "| [{name}]({name}/report.md) | {question} | {answer} | {chart}<br>{} · [summary.csv]({name}/summary.csv) |",
            links.join(" · ")
        );
    }
    text
}

const INDEX_HEAD: &str = "# Results\n\n\
Every shipped scenario, run until its headline figures are known within 5 % or the most replications are made (each report says which), written by `streamduel gallery`; nothing here is typed by hand, and \
`streamduel gallery --check` says what no longer agrees with the models. `streamduel run scenarios/NAME.toml` \
leaves the rest beside it: `report.html`, all charts as SVG and PNG, time series, lanes, latencies, ledger, events.\n\n\
[figures.csv](figures.csv) has every figure of every system in one tidy table. The lessons in \
[docs/study](../docs/study/README.md) are written from it.\n\n\
| scenario | question | answer: what the claims found | charts and figures |\n|---|---|---|---|\n";

/// `results/.gitignore`: what a run leaves beside the gallery stays out of the repository.
#[must_use]
pub fn ignore(entries: &[Entry]) -> String {
    let mut text = String::from(
        "# Written by `streamduel gallery`: of the results of a run, only these are kept.\n/*/*\n/.*\n!/.gitignore\n",
    );
    for entry in entries {
        let _ = writeln!(text, "!/{}/charts/\n/{}/charts/*", entry.name, entry.name);
        if !entry.traces.is_empty() {
            let _ = writeln!(text, "!/{}/traces/\n/{}/traces/*", entry.name, entry.name);
        }
        for file in entry.files() {
            let _ = writeln!(text, "!/{}/{file}", entry.name);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            name: "hot-key".to_owned(),
            title: "A hot key".to_owned(),
            question: "Who refuses?".to_owned(),
            answer: vec!["`a.refused > 0` (found 3): why".to_owned()],
            kept: vec!["heat".to_owned()],
            traces: Vec::new(),
            others: Vec::new(),
            charts: vec![
                ("heat".to_owned(), "Utilisation".to_owned()),
                ("lag".to_owned(), "Lag".to_owned()),
            ],
        }
    }

    #[test]
    fn the_index_links_what_is_kept_and_nothing_else() {
        let mut entry = entry();
        entry.keep(&BTreeSet::from(["heat".to_owned()]));
        assert_eq!(
            entry.files(),
            [
                "report.md",
                "scenario.toml",
                "summary.csv",
                "charts/heat.svg"
            ]
        );
        let index = index(std::slice::from_ref(&entry));
        assert!(index.contains(
            "| [hot-key](hot-key/report.md) | Who refuses? | `a.refused > 0` (found 3): why |"
        ));
        assert!(
            index.contains("[Utilisation](hot-key/charts/heat.svg)") && !index.contains("lag.svg"),
            "{index}"
        );
        entry.keep_atlas("Cheapest", &["charts/atlas.svg", "atlas.csv"]);
        assert_eq!(entry.files().last().map(String::as_str), Some("atlas.csv"));
        assert!(entry.files().contains(&"charts/atlas.svg".to_owned()));
        entry.keep(&BTreeSet::from(["lag".to_owned()]));
        assert!(ignore(&[entry]).contains("!/hot-key/charts/lag.svg"));
    }
}
