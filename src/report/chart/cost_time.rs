//! What each system has cost so far, stacked by what it was for, over time.

use super::legend::Entry;
use super::money;
use super::style::{self, Frame};
use super::{Area, Chart, Drawn};
use crate::report::{Report, costs, format};
use plotters::prelude::*;

pub(super) struct CostTime;

impl Chart for CostTime {
    const NAME: &'static str = "cost-time";
    const TITLE: &'static str = "Cost so far";

    fn applies(report: &Report) -> bool {
        costs::any(report)
    }

    fn legend(report: &Report) -> Vec<Entry> {
        money::legend(report)
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let (_, per_unit) = style::time_unit(report.duration_s);
        let totals = report
            .systems
            .iter()
            .filter_map(costs::first)
            .map(|(_, bill)| bill.total());
        let top = style::headroom(totals.map(money::dollars));
        let panels = style::rows(area, report.systems.len());
        for (n, (panel, system)) in panels.iter().zip(&report.systems).enumerate() {
            let Some((run, bill)) = costs::first(system) else {
                continue;
            };
            let total = format::usd(money::dollars(bill.total()));
            let title = format!("{}: {total} in this run", system.label);
            let frame = Frame {
                y_labels: if panels.len() > 3 { 3 } else { 6 },
                ..Frame::wide(&title, "USD", n + 1 == panels.len())
            };
            let label = |value: &f64| format::machine_short(*value);
            let mut chart = frame.draw(panel, report, 0.0..top, &label, (0.0, top))?;
            let mut base = vec![0.0; run.points.len() + 1];
            for (kind, colour) in money::kinds() {
                let below = base.clone();
                for (level, point) in base.iter_mut().skip(1).zip(&run.points) {
                    *level += money::dollars(money::so_far(bill, &point.usage, kind));
                }
                let times =
                    || std::iter::once(0.0).chain(run.points.iter().map(|p| p.t / per_unit));
                let up = times().zip(base.iter().copied());
                let back: Vec<(f64, f64)> = times().zip(below).collect();
                let outline: Vec<(f64, f64)> = up.chain(back.into_iter().rev()).collect();
                chart.draw_series([Polygon::new(outline, colour.filled())])?;
            }
        }
        Ok(())
    }
}
