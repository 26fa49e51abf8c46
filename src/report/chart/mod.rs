//! The charts, as SVG and PNG. One chart is one file with one line in `charts!`.
//!
//! Made to be read from the back row: large type, one colour per system everywhere, units on the
//! axes, legend outside the data, seed and number of replications in the caption, interventions
//! shaded. Time series show the first replication; ladders show means over all of them.

mod age;
mod batches;
mod brokers;
mod buffer;
mod choice;
mod cluster;
mod compact;
mod cost_million;
mod cost_time;
mod delay;
mod health;
mod heat;
mod isr;
mod ladder;
mod lag;
mod leaders;
mod lineage;
mod money;
mod monitor;
mod order;
mod producers;
mod refusals;
mod sink;
mod style;
mod tenures;
mod throughput;

use super::Report;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::Path;

pub use choice::main;
pub use style::hex;

/// The size of every chart `[px]`.
const SIZE: (u32, u32) = (1600, 900);

type Area<DB> = DrawingArea<DB, Shift>;
type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// A chart.
trait Chart {
    /// Its file name without ending.
    const NAME: &'static str;
    /// What it shows.
    const TITLE: &'static str;
    /// Whether it has anything to show.
    fn applies(_: &Report) -> bool {
        true
    }
    /// The entries of its legend.
    fn legend(report: &Report) -> Vec<style::Entry>;
    /// Draws its data into the space below title and legend.
    fn draw<DB: DrawingBackend>(area: &Area<DB>, report: &Report) -> Drawn<DB>;
}

macro_rules! charts {
    ($($module:ident :: $name:ident),* $(,)?) => {
        /// Names and titles of the charts that have something to show.
        #[must_use]
        pub fn list(report: &Report) -> Vec<(&'static str, &'static str)> {
            let mut list = Vec::new();
            $(if <$module::$name as Chart>::applies(report) {
                list.push((<$module::$name as Chart>::NAME, <$module::$name as Chart>::TITLE));
            })*
            list
        }

        /// The file names of all charts without their endings, whether they have something to show or not.
        pub(super) const NAMES: &[&str] = &[$(<$module::$name as Chart>::NAME),*];

        /// Draws all charts into `folder`; returns name, title and SVG text of each.
        ///
        /// # Errors
        /// A sentence with the file that could not be drawn.
        pub(super) fn draw_all(
            report: &Report,
            folder: &Path,
        ) -> Result<Vec<(&'static str, &'static str, String)>, String> {
            style::register_fonts()?;
            let mut drawn = Vec::new();
            $(if <$module::$name as Chart>::applies(report) {
                drawn.push(draw_one::<$module::$name>(report, folder)?);
            })*
            Ok(drawn)
        }
    };
}

charts! {
    throughput::Throughput,
    delay::Delay,
    ladder::Ladder,
    heat::Heat,
    lineage::Lineage,
    leaders::Leaders,
    isr::Isr,
    health::Health,
    brokers::Brokers,
    lag::Lag,
    sink::Sink,
    age::Age,
    refusals::Refusals,
    order::Order,
    batches::Batches,
    buffer::Buffer,
    monitor::TwoViews,
    cost_million::CostMillion,
    cost_time::CostTime,
}

/// What the title of the last panel says where consumers have no panel.
fn rest_of(report: &Report, panel: usize, panels: usize) -> String {
    let more = report.consumers.len().saturating_sub(panels);
    if more > 0 && panel + 1 == panels {
        format!("; {more} more not shown")
    } else {
        String::new()
    }
}

fn draw_one<C: Chart>(
    report: &Report,
    folder: &Path,
) -> Result<(&'static str, &'static str, String), String> {
    let mut svg = String::new();
    let path = |ending: &str| folder.join(format!("{}.{ending}", C::NAME));
    let failed =
        |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let (vector, bitmap) = (path("svg"), path("png"));
    compose::<C, _>(
        &SVGBackend::with_string(&mut svg, SIZE).into_drawing_area(),
        report,
    )
    .map_err(|error| failed(&vector, &error))?;
    let svg = compact::compact(&svg);
    std::fs::write(&vector, &svg).map_err(|error| failed(&vector, &error))?;
    compose::<C, _>(
        &BitMapBackend::new(&bitmap, SIZE).into_drawing_area(),
        report,
    )
    .map_err(|error| failed(&bitmap, &error))?;
    Ok((C::NAME, C::TITLE, svg))
}

/// Title, legend, data, caption.
fn compose<C: Chart, DB: DrawingBackend>(root: &Area<DB>, report: &Report) -> Drawn<DB> {
    root.fill(&WHITE)?;
    let (head, rest) = root.split_vertically(126);
    let (body, foot) = rest.split_vertically(SIZE.1 - 126 - 44);
    style::title(&head, C::TITLE, &report.title)?;
    style::legend(&head, &C::legend(report))?;
    C::draw(&body, report)?;
    style::caption(&foot, report)?;
    root.present()
}
