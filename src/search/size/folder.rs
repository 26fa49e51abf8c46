//! The folder of a search for sizes: a table, a summary, and a scenario for each size, whole or not at all.

use super::find::{Answer, Size};
use super::measured::Claimed;
use super::{Plan, words};
use crate::output::{Content, ForeignFiles, Own, Place};
use crate::report::chart::plane::{Design, Panels, Picture, Scatter};
use crate::report::document::Format;
use crate::report::format::machine;
use std::fs;
use std::path::Path;

/// What a search for sizes leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct SizeFolder;

const SUMMARY: &str = "summary.md";
/// The table of all families; its first words mark the folder as one that a search may replace.
const TABLE: &str = "size.csv";
const HEADS: [&str; 12] = [
    "family",
    "size",
    "cost_per_30_days_usd",
    "delivery_p99_s",
    "lost_or_refused_share",
    "utilisation_hottest_share",
    "headroom_claim",
    "headroom_share",
    "fails_below",
    "reason",
    "runs",
    "simulated_s",
];
/// The chart of cost against what was found of a claim, without its ending.
const FRONTIER: &str = "frontier";
/// The cheapest size as a scenario.
const BEST: &str = "best.toml";

impl Content for SizeFolder {
    fn owns(&self, _: &Path, path: &Path) -> Option<Own> {
        let name = path.to_str()?;
        let family = name.strip_suffix(".toml").is_some_and(|name| {
            ["provisioned-", "on-demand-", "advantage-", "msk-"]
                .iter()
                .any(|begin| name.starts_with(begin) && !name.contains('/'))
        });
        let chart = name.strip_suffix(".svg").or(name.strip_suffix(".png"));
        let family = family || chart == Some(FRONTIER);
        (family || [SUMMARY, TABLE, BEST].contains(&name)).then_some(Own::File)
    }

    fn refusal(&self, folder: &Path) -> Option<String> {
        let text = fs::read(folder.join(TABLE)).unwrap_or_default();
        let ours = text.starts_with(HEADS[..3].join(",").as_bytes());
        (!ours).then(|| "not replaced, because it is no folder of a search for sizes".to_owned())
    }
}

/// Writes the folder; returns what stayed in it of others.
///
/// # Errors
/// A sentence with what could not be written.
pub fn write(
    plan: &Plan,
    answers: &[Answer],
    place: &Place<SizeFolder>,
) -> Result<ForeignFiles, String> {
    let part = place.begin()?;
    let put = |name: &str, bytes: &[u8]| {
        let path = part.path().join(name);
        fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
    };
    put(TABLE, &table(answers).map_err(|error| error.to_string())?)?;
    let folder = place.folder().display().to_string();
    let summary = words::document(plan, answers, &folder);
    put(SUMMARY, summary.render(Format::Markdown)?.as_bytes())?;
    if let Some(picture) = frontier(plan, answers) {
        let (svg, png) = picture.draw()?;
        put(&format!("{FRONTIER}.svg"), svg.as_bytes())?;
        put(&format!("{FRONTIER}.png"), &png)?;
    }
    let mut best = true;
    for answer in answers {
        let Ok(size) = &answer.size else { continue };
        let version = env!("CARGO_PKG_VERSION");
        let head = format!(
            "# streamduel {version} · {} · {}",
            answer.family, size.called
        );
        let text = format!("{head}\n{}", size.resolved);
        put(&format!("{}.toml", answer.family), text.as_bytes())?;
        if std::mem::take(&mut best) {
            put(BEST, text.as_bytes())?;
        }
    }
    place.finish(&part)
}

/// What the sizes cost against the first claim that allows a range.
fn frontier(plan: &Plan, answers: &[Answer]) -> Option<Picture> {
    let sizes = answers
        .iter()
        .filter_map(|a| Some((a, a.size.as_ref().ok()?)));
    let claimed = sizes.filter_map(|(a, size)| Some((a, size, size.measured.claimed.as_ref()?)));
    let (_, _, first) = claimed.clone().next()?;
    let design = |(answer, size, claimed): (&Answer, &Size, &Claimed)| Design {
        name: format!("{}: {}", answer.family, size.called),
        cost: size.measured.cost,
        value: claimed.found,
    };
    let scatter = Scatter {
        figure: first.figure.clone(),
        unit: first.unit,
        limit: Some(first.limit),
        designs: claimed.map(design).collect(),
    };
    Some(Picture {
        title: "What a size costs and what it does".to_owned(),
        subtitle: plan.title.clone(),
        caption: format!(
            "streamduel {} · seed {} · {} · n = {}",
            env!("CARGO_PKG_VERSION"),
            plan.seed.wrapping_add(1),
            plan.base.name,
            plan.replications
        ),
        systems: Vec::new(),
        panels: Panels::Scatter(scatter),
    })
}

fn table(answers: &[Answer]) -> csv::Result<Vec<u8>> {
    let mut rows = csv::Writer::from_writer(Vec::new());
    rows.write_record(HEADS)?;
    for answer in answers {
        rows.write_record(row(answer))?;
    }
    Ok(rows.into_inner().map_err(|error| error.into_error())?)
}

fn row(answer: &Answer) -> [String; 12] {
    let size = answer.size.as_ref().ok();
    let measured = size.map(|size| &size.measured);
    let number = |get: fn(&super::measured::Measured) -> f64| {
        measured.map_or(String::new(), |measured| machine(get(measured)))
    };
    let room = measured.and_then(|measured| measured.headroom.clone());
    let below = size.and_then(|size| size.below.clone());
    [
        answer.family.clone(),
        size.map_or(String::new(), |size| size.called.clone()),
        number(|m| m.cost),
        number(|m| m.p99),
        number(|m| m.lost),
        number(|m| m.hottest),
        room.as_ref()
            .map_or(String::new(), |(claim, _)| claim.clone()),
        room.map_or(String::new(), |(_, share)| machine(share)),
        below.map_or(String::new(), |(called, why)| format!("{called}: {why}")),
        answer.size.as_ref().err().cloned().unwrap_or_default(),
        answer.effort.runs.to_string(),
        machine(answer.effort.simulated),
    ]
}
