//! What a million stored records cost and what the money is for, the systems side by side.

use super::legend::Entry;
use super::money;
use super::style::{self, INK};
use super::{Area, Chart, Drawn};
use crate::report::{Report, costs, format};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub(super) struct CostMillion;

/// The parts of each system's bar with their colours `[USD]`; empty without a bill or records.
fn bars(report: &Report) -> Vec<Vec<(f64, RGBColor)>> {
    let bar = |system: &crate::report::SystemReport| {
        let Some((run, bill)) = costs::first(system) else {
            return Vec::new();
        };
        let million = |hourly: u128| {
            bill.million_of(hourly, run.ledger.stored)
                .map(money::dollars)
        };
        let part = |(kind, colour)| Some((million(money::hourly(bill, kind))?, colour));
        money::kinds().filter_map(part).collect()
    };
    report.systems.iter().map(bar).collect()
}

impl Chart for CostMillion {
    const NAME: &'static str = "cost-million";
    const TITLE: &'static str = "Cost per million records stored";

    fn applies(report: &Report) -> bool {
        costs::any(report)
    }

    fn legend(report: &Report) -> Vec<Entry> {
        money::legend(report)
    }

    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB> {
        let bars = bars(report);
        let total = |bar: &Vec<(f64, RGBColor)>| bar.iter().map(|part| part.0).sum::<f64>();
        // Room for the number behind the longest bar.
        let top = 1.12 * style::headroom(bars.iter().map(total));
        let count = report.systems.len();
        let name = |y: f64| {
            let n = libm::round(y);
            let place = count
                .checked_sub(1 + n.max(0.0) as usize)
                .filter(|_| (y - n).abs() < 0.01 && n >= 0.0);
            let label = place
                .and_then(|place| report.systems.get(place))
                .map(|system| &system.label);
            label.map_or(String::new(), |label| {
                style::shorten(area, label, &style::text(24), 230)
            })
        };
        let mut chart = ChartBuilder::on(area)
            .margin_right(30)
            .margin_left(12)
            .margin_top(20)
            .x_label_area_size(76)
            .y_label_area_size(250)
            .build_cartesian_2d(0.0..top, -0.6..count as f64 - 0.4)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(RGBColor(220, 220, 220))
            .disable_y_mesh()
            .x_labels(6)
            .y_labels(2 * count + 1)
            .x_label_formatter(&|value| format::machine_short(*value))
            .y_label_formatter(&|y| name(*y))
            .x_desc(
                "USD per million records stored (logs as full as their retention lets them become)",
            )
            .axis_desc_style(style::text(26))
            .label_style(style::text(24))
            .draw()?;
        for (n, bar) in bars.iter().enumerate() {
            let (y, mut from) = ((count - 1 - n) as f64, 0.0);
            for (length, colour) in bar {
                let corners = [(from, y - 0.3), (from + length, y + 0.3)];
                chart.draw_series([Rectangle::new(corners, colour.filled())])?;
                from += length;
            }
            let words = if bar.is_empty() {
                "no price or no records".to_owned()
            } else {
                format::usd(from)
            };
            let anchor = style::text(24)
                .color(&INK)
                .pos(Pos::new(HPos::Left, VPos::Center));
            chart.draw_series([EmptyElement::at((from, y)) + Text::new(words, (10, 0), anchor)])?;
        }
        Ok(())
    }
}
