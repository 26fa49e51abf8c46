//! The charts. One chart is one file with one line in `charts!`: it builds a [`Description`] from the report, and
//! `draw` makes SVG and PNG of any description.
//!
//! Made to be read from the back row: large type, one look per system everywhere, units on the axes, legend and
//! names of marks outside the data, a caption that says what to see in this run, interventions shaded. Time series
//! show the first replication; ladders show means over all of them.

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
#[allow(dead_code, reason = "charts are ported one by one")]
pub mod description;
mod draw;
mod extent;
mod health;
mod heat;
mod isr;
mod ladder;
mod lag;
mod leaders;
mod legend;
mod lineage;
mod money;
mod monitor;
mod order;
mod pixels;
pub mod plane;
mod producers;
mod refusals;
mod sink;
mod style;
mod tenures;
mod throughput;

use super::Report;
use crate::probe::{GaugeName, RunResult};
use description::Description;
use plotters::coord::Shift;
use plotters::prelude::*;
use rayon::prelude::*;
use std::path::Path;

pub use choice::main;
pub use style::hex;

/// What a report without charts says in their place.
pub(super) const LEFT_OUT: &str = "This run was asked to draw no charts (`--no-charts`).";

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
    /// The chart as data.
    fn describe(_: &Report) -> Option<Description> {
        None
    }
    /// The entries of its legend.
    fn legend(_: &Report) -> Vec<legend::Entry> {
        Vec::new()
    }
    /// Draws its data into the space below title and legend.
    fn draw<DB: DrawingBackend>(_: &Area<DB>, _: &Report) -> Drawn<DB> {
        Ok(())
    }
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

        /// Charts that have something to show.
        fn drawings(report: &Report) -> Vec<Drawing> {
            let mut drawings: Vec<Drawing> = Vec::new();
            $(if <$module::$name as Chart>::applies(report) {
                drawings.push(draw_one::<$module::$name>);
            })*
            drawings
        }
    };
}

/// A drawn chart: name, title and SVG text.
pub(super) type Picture = (&'static str, &'static str, String);

/// Draws one chart into a folder.
type Drawing = fn(&Report, &Path) -> Result<Picture, String>;

/// Draws all charts into `folder`, on all threads; returns name, title and SVG text of each. There are none
/// in a report without charts.
///
/// # Errors
/// A sentence with the file that could not be drawn.
pub(super) fn draw_all(report: &Report, folder: &Path) -> Result<Vec<Picture>, String> {
    if !report.with_charts {
        return Ok(Vec::new());
    }
    draw::register()?;
    let drawings = drawings(report);
    drawings
        .par_iter()
        .map(|draw| draw(report, folder))
        .collect()
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

/// Draws a chart as SVG and as PNG.
fn draw_one<C: Chart>(report: &Report, folder: &Path) -> Result<Picture, String> {
    let (svg, png) = rayon::join(|| draw_svg::<C>(report), || draw_png::<C>(report));
    let path = |ending: &str| folder.join(format!("{}.{ending}", C::NAME));
    let failed = |ending: &str, error: &dyn std::fmt::Display| {
        format!("{}: {error}", path(ending).display())
    };
    let svg = svg.map_err(|error| failed("svg", &error))?;
    let png = png.map_err(|error| failed("png", &error))?;
    let put = |ending: &str, bytes: &[u8]| {
        std::fs::write(path(ending), bytes).map_err(|error| failed(ending, &error))
    };
    put("svg", svg.as_bytes())?;
    put("png", &png)?;
    Ok((C::NAME, C::TITLE, svg))
}

fn draw_svg<C: Chart>(report: &Report) -> Result<String, String> {
    if let Some(description) = C::describe(report) {
        return draw::svg(&draw::lay_out(&description));
    }
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    compose::<C, _>(&area, report).map_err(|error| error.to_string())?;
    drop(area);
    Ok(compact::compact(&svg))
}

fn draw_png<C: Chart>(report: &Report) -> Result<Vec<u8>, String> {
    if let Some(description) = C::describe(report) {
        return draw::png(&draw::lay_out(&description), SIZE.0);
    }
    let mut pixels = vec![0; (SIZE.0 * SIZE.1 * 3) as usize];
    let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
    compose::<C, _>(&area, report).map_err(|error| error.to_string())?;
    drop(area);
    pixels::encode(&pixels, SIZE).map_err(|error| error.to_string())
}

/// Title, legend, data, caption.
fn compose<C: Chart, DB: DrawingBackend>(root: &Area<DB>, report: &Report) -> Drawn<DB> {
    root.fill(&WHITE)?;
    let (head, rest) = root.split_vertically(126);
    let (body, foot) = rest.split_vertically(SIZE.1 - 126 - 44);
    style::title(&head, C::TITLE, &report.title)?;
    legend::legend(&head, &C::legend(report))?;
    C::draw(&body, report)?;
    style::caption(&foot, report)?;
    root.present()
}

/// A gauge of all producers together over time `[s]`, for texts.
pub(super) fn producers(run: &RunResult, metric: GaugeName) -> Vec<(f64, f64)> {
    producers::series(run, metric)
}
