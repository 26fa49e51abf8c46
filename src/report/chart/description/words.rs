//! The alternative text of a chart: what a screen reader says in place of the picture.

use super::{Axis, Data, Description, Panel, Series};

/// More series than this are only counted.
const SERIES_MAX: usize = 6;

/// What a chart shows, in sentences.
pub(super) fn alternative(description: &Description) -> String {
    let mut sentences = vec![format!("{}.", description.title)];
    if description.panels.len() > 1 {
        sentences.push(format!("{} panels.", description.panels.len()));
    }
    sentences.extend(description.panels.iter().map(panel));
    sentences.join(" ")
}

fn panel(panel: &Panel) -> String {
    let mut sentence = if panel.title.is_empty() {
        String::new()
    } else {
        format!("{}. ", panel.title)
    };
    if !panel.note.is_empty() {
        sentence.push_str(&format!("{}.", panel.note));
        return sentence;
    }
    sentence.push_str(&format!(
        "Vertical axis: {}. Horizontal axis: {}.",
        panel.y.heading(),
        panel.x.heading()
    ));
    let told = panel.series.iter().filter_map(|s| series(s, panel));
    let told: Vec<String> = told.take(SERIES_MAX).collect();
    if !told.is_empty() {
        sentence.push_str(&format!(" {}.", told.join("; ")));
    }
    sentence
}

/// The highest value of a series and where it is.
fn series(series: &Series, panel: &Panel) -> Option<String> {
    let points: Vec<(f64, f64)> = match &series.data {
        Data::Line { parts } | Data::Steps { parts } | Data::Points { parts } => parts
            .iter()
            .flatten()
            .map(|point| (point[0], point[1]))
            .collect(),
        Data::Band { parts } => parts.iter().flatten().map(|p| (p[0], p[2])).collect(),
        Data::Tiles { .. } => return None,
    };
    let highest = points
        .iter()
        .copied()
        .reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    let (at, most) = (place(&panel.x, highest.0), panel.y.format.value(highest.1));
    Some(format!("{}: at most {most}{at}", series.label))
}

/// Where a value is, in words.
fn place(axis: &Axis, at: f64) -> String {
    if axis.is_time {
        format!(" at {}", axis.instant(at))
    } else {
        String::new()
    }
}
