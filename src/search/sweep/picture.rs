//! Sweeps as data of pictures: lines over one axis, heat maps over two.

use super::{Headline, Sweep};
use crate::report::chart::plane::{self, Edge, Heat, Line, Lines, Panels, Picture, Scale};

/// The most systems that a heat map has panels for.
const MAPS_MAX: usize = 6;

/// The file names and the pictures of a sweep; none for more than two axes in a grid.
pub(super) fn all(sweep: &Sweep) -> Vec<(String, Picture)> {
    let axes = &sweep.plan.axes;
    match axes.list.len() {
        0 => Vec::new(),
        1 => vec![("lines".to_owned(), lines(sweep))],
        _ if axes.zip => vec![("lines".to_owned(), lines(sweep))],
        2 => {
            let map = |headline: &Headline| {
                let name = headline.name.replace('.', "-");
                (name, maps(sweep, headline))
            };
            sweep.plan.headlines.iter().map(map).collect()
        }
        _ => Vec::new(),
    }
}

fn picture(sweep: &Sweep, title: &str, panels: Panels) -> Picture {
    let plan = &sweep.plan;
    let replications = sweep.outcomes.iter().map(Vec::len).max().unwrap_or(0);
    let caption = format!(
        "streamduel {} · seed {} · {} · n = {replications}{}",
        env!("CARGO_PKG_VERSION"),
        plan.seed,
        plan.base.name,
        match (replications, &panels) {
            (2.., Panels::Lines(_)) => " · bands: 95 % intervals",
            (2.., _) => " · means",
            (0 | 1, _) => "",
        }
    );
    Picture {
        title: title.to_owned(),
        subtitle: plan.title.clone(),
        caption,
        systems: systems(sweep),
        panels,
    }
}

fn systems(sweep: &Sweep) -> Vec<String> {
    let shape = sweep.plan.points.first().map(|point| &point.shape);
    let systems = shape.into_iter().flat_map(|shape| &shape.systems);
    systems.map(|(label, _)| label.clone()).collect()
}

fn scale(sweep: &Sweep, axis: usize) -> Scale {
    let axis = &sweep.plan.axes.list[axis];
    plane::scale(&axis.path, &axis.values)
}

fn lines(sweep: &Sweep) -> Picture {
    let line = |headline: &Headline, system: usize| {
        let place = |point: usize| {
            let interval = sweep.headline(point, system, headline)?;
            // What never comes has no place on the axis.
            let (mean, half) = (interval.mean, interval.half_width.unwrap_or_default());
            mean.is_finite().then_some((mean, half))
        };
        Line {
            places: (0..sweep.plan.points.len()).map(place).collect(),
        }
    };
    let panel = |headline: &Headline| {
        let mut limits: Vec<f64> = Vec::new();
        for limit in sweep.plan.expects.iter().filter_map(|e| headline.limit(e)) {
            if limits.iter().all(|known| known.total_cmp(&limit).is_ne()) {
                limits.push(limit);
            }
        }
        Lines {
            title: headline.name.clone(),
            unit: headline.unit,
            x: scale(sweep, 0),
            lines: (0..systems(sweep).len())
                .map(|system| line(headline, system))
                .collect(),
            limits,
        }
    };
    let panels = sweep.plan.headlines.iter().map(panel).collect();
    let title = format!("Over {}", sweep.plan.axes.list[0].path);
    picture(sweep, &title, Panels::Lines(panels))
}

fn maps(sweep: &Sweep, headline: &Headline) -> Picture {
    let (x, y) = (scale(sweep, 0), scale(sweep, 1));
    let panel = |(system, title): (usize, String)| {
        let height = y.values.len();
        let at = |column: usize, row: usize| column * height + row;
        let cell = |column, row| {
            let interval = sweep.headline(at(column, row), system, headline)?;
            Some(interval.mean).filter(|mean| mean.is_finite())
        };
        let columns = 0..x.values.len();
        let row = |row: usize| columns.clone().map(|column| cell(column, row)).collect();
        let claims = sweep.claims_of(system);
        let holds = |column: usize, row: usize| {
            let point = at(column, row);
            claims.iter().all(|claim| sweep.holds(point, *claim))
        };
        Heat {
            title,
            unit: headline.unit,
            x: x.clone(),
            y: y.clone(),
            cells: (0..height).map(row).collect(),
            edges: edges(x.values.len(), height, holds),
        }
    };
    let systems = systems(sweep).into_iter().enumerate().take(MAPS_MAX);
    let panels = systems.map(panel).collect();
    let title = format!("{}: {}", headline.name, headline.about);
    picture(sweep, &title, Panels::Heat(panels))
}

/// The borders between neighbouring cells that differ: those where all claims hold from those where one fails, or one family
/// from another.
pub(in crate::search) fn edges<T: PartialEq>(
    width: usize,
    height: usize,
    holds: impl Fn(usize, usize) -> T,
) -> Vec<Edge> {
    let mut edges = Vec::new();
    for column in 0..width {
        for row in 0..height {
            let (x, y) = (column as f64, row as f64);
            let (right, top) = (x + 0.5, y + 0.5);
            if column + 1 < width && holds(column, row) != holds(column + 1, row) {
                edges.push(Edge {
                    from: (right, y - 0.5),
                    to: (right, top),
                });
            }
            if row + 1 < height && holds(column, row) != holds(column, row + 1) {
                edges.push(Edge {
                    from: (x - 0.5, top),
                    to: (right, top),
                });
            }
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_runs_between_cells_that_hold_and_cells_that_fail() {
        // Only the lower left of four cells holds: its right and its upper border.
        let found = edges(2, 2, |column, row| column == 0 && row == 0);
        let edge = |from, to| Edge { from, to };
        let right = edge((0.5, -0.5), (0.5, 0.5));
        let top = edge((-0.5, 0.5), (0.5, 0.5));
        assert_eq!(found, [right, top]);
        assert!(edges(3, 3, |_, _| true).is_empty());
    }
}
