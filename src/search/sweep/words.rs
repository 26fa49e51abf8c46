//! A sweep in words: what was asked, where each claim holds, how to do it again.

use super::Sweep;
use crate::report::document::Document;

/// The summary of a sweep.
#[must_use]
pub fn document(sweep: &Sweep) -> Document {
    let plan = &sweep.plan;
    let mut document = Document::new(format!("Sweep: {}", plan.title));
    document.text(plan.question.clone());
    document.list(extent(sweep));
    document.heading("Where the claims hold");
    if plan.expects.is_empty() {
        document.text("The scenario makes no claim: `sweep.csv` has every figure at every point.");
    } else {
        let heads = ["claim", "holds at", "fails first at", "points", "of"];
        document.table(&heads, claims(sweep), 3);
    }
    let axes = plan.axes.list.len();
    if axes > 2 && !plan.axes.zip {
        document.text("Charts show one or two axes; this sweep has more, so it has tables only.");
    }
    document.text(format!("reproduce: `{}`", plan.reproduce()));
    document
}

fn extent(sweep: &Sweep) -> Vec<String> {
    let plan = &sweep.plan;
    let runs: usize = sweep.outcomes.iter().map(Vec::len).sum();
    let mut lines = vec![format!(
        "{} points, {runs} replications of {} system(s) in all, with seed {}.",
        plan.points.len(),
        plan.points.first().map_or(0, |p| p.shape.systems.len()),
        plan.seed
    )];
    lines.extend(plan.axes.list.iter().map(|axis| {
        let (first, last) = (axis.values.first(), axis.values.last());
        let end = |value: Option<&String>| value.cloned().unwrap_or_default();
        format!(
            "`{}`: {} values from {} to {}",
            axis.path,
            axis.values.len(),
            end(first),
            end(last)
        )
    }));
    lines
}

/// Each claim with the last point up to which it holds and the first point at which it fails, in the order of the points.
fn claims(sweep: &Sweep) -> Vec<Vec<String>> {
    let points = 0..sweep.plan.points.len();
    let name = |point: Option<usize>| {
        point.map_or("–".to_owned(), |point| {
            sweep.plan.values(point).join(" × ")
        })
    };
    let row = |(claim, expect): (usize, &crate::scenario::Expect)| {
        let held: Vec<usize> = points
            .clone()
            .filter(|point| sweep.holds(*point, claim))
            .collect();
        let failed = points.clone().find(|point| !sweep.holds(*point, claim));
        let holds = match (held.first(), held.last()) {
            (Some(first), Some(last)) if first != last => {
                format!("{} to {}", name(Some(*first)), name(Some(*last)))
            }
            (first, _) => name(first.copied()),
        };
        vec![
            format!("`{}`", expect.that),
            holds,
            name(failed),
            held.len().to_string(),
            points.len().to_string(),
        ]
    };
    sweep.plan.expects.iter().enumerate().map(row).collect()
}
