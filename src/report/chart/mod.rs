//! The charts. One chart is one file with one line in `charts!`: it builds a [`Description`] from the report, and
//! `draw` makes SVG and PNG of any description.
//!
//! Made to be read from the back row: large type, one look per system everywhere, units on the axes, legend and
//! names of marks outside the data, a caption that says what to see in this run, interventions shaded. Time series
//! show the first replication; ladders show means over all of them.

mod age;
mod batches;
mod binding;
mod brokers;
mod buffer;
mod choice;
mod cluster;
pub mod collection;
#[cfg(feature = "charts")]
mod compact;
mod cost_million;
mod cost_time;
mod delay;
pub mod description;
#[cfg(feature = "charts")]
mod draw;
mod extent;
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
mod parts;
#[cfg(feature = "charts")]
mod pixels;
#[cfg(feature = "charts")]
pub mod plane;
mod producers;
mod refusals;
mod scale;
mod sink;
mod tenures;
mod throughput;

use super::Report;
use crate::experiment::threads;
use crate::probe::{GaugeName, RunResult};
use description::Description;

pub use choice::main;

/// What a report without charts says in their place.
pub(super) const LEFT_OUT: &str = "This run was asked to draw no charts (`--no-charts`).";

/// The usual width of PNG files `[px]`.
pub const PNG_WIDTH: u32 = 1600;

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
    fn describe(report: &Report) -> Description;
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

        /// How the charts that have something to show are described.
        fn makers(report: &Report) -> Vec<fn(&Report) -> Description> {
            let mut makers: Vec<fn(&Report) -> Description> = Vec::new();
            $(if <$module::$name as Chart>::applies(report) {
                makers.push(<$module::$name as Chart>::describe);
            })*
            makers
        }
    };
}

/// The descriptions of all charts that have something to show, made on all threads.
#[must_use]
pub fn describe_all(report: &Report) -> Vec<Description> {
    threads::each(&makers(report), |make| make(report))
}

#[cfg(feature = "charts")]
pub(super) use draw::themed;

/// There is no picture to colour in a build without charts.
#[cfg(not(feature = "charts"))]
pub(super) fn themed(svg: &str) -> String {
    svg.to_owned()
}

/// What a reader could not read in the charts of a report: text over text, text outside the picture, panels that are
/// too low.
///
/// # Errors
/// A sentence if the shipped font is damaged.
#[cfg(feature = "charts")]
pub fn faults(report: &Report) -> Result<Vec<String>, String> {
    draw::register()?;
    let of = |description: &Description| -> Vec<String> {
        let faults = draw::lay_out(description).faults().into_iter();
        faults
            .map(|fault| format!("{}: {fault}", description.name))
            .collect()
    };
    Ok(describe_all(report).iter().flat_map(of).collect())
}

/// A drawn chart.
pub(super) struct Drawn {
    /// The chart as data.
    pub description: Description,
    /// The chart as SVG.
    pub svg: String,
    /// The bytes of the chart's PNG file.
    pub png: Vec<u8>,
}

/// Draws all charts, on all threads. There are none in a report without charts.
///
/// # Errors
/// A sentence with the chart that could not be drawn.
#[cfg(feature = "charts")]
pub(super) fn draw_all(report: &Report) -> Result<Vec<Drawn>, String> {
    if !report.with_charts {
        return Ok(Vec::new());
    }
    draw::register()?;
    let draw = |make: &fn(&Report) -> Description| draw_one(make(report), report.png_width);
    let drawn = threads::each(&makers(report), draw);
    drawn.into_iter().collect()
}

/// Describes all charts and leaves the pictures out, in a build that cannot draw.
#[cfg(not(feature = "charts"))]
pub(super) fn draw_all(report: &Report) -> Result<Vec<Drawn>, String> {
    if !report.with_charts {
        return Ok(Vec::new());
    }
    let drawn = |description: Description| Drawn {
        description,
        svg: String::new(),
        png: Vec::new(),
    };
    Ok(describe_all(report).into_iter().map(drawn).collect())
}

charts! {
    throughput::Throughput,
    delay::Delay,
    ladder::Ladder,
    parts::Parts,
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
    binding::Binding,
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
#[cfg(feature = "charts")]
fn draw_one(description: Description, png_width: u32) -> Result<Drawn, String> {
    let picture = draw::lay_out(&description);
    let (svg, png) = threads::both(|| draw::svg(&picture), || draw::png(&picture, png_width));
    let failed = |ending: &str, error: String| format!("{}.{ending}: {error}", description.name);
    let svg = svg.map_err(|error| failed("svg", error))?;
    let png = png.map_err(|error| failed("png", error))?;
    Ok(Drawn {
        description,
        svg,
        png,
    })
}

/// What a report says of a chart that has nothing to show although a reader may look for it.
pub(super) fn left_out(report: &Report) -> Vec<String> {
    let heat = <heat::Heat as Chart>::applies(report);
    let sentence =
        "There is no chart of utilisation: no shard or partition used more than 1 % of its limit.";
    (report.with_charts && !heat)
        .then(|| sentence.to_owned())
        .into_iter()
        .collect()
}

/// A gauge of all producers together over time `[s]`, for texts.
pub(super) fn producers(run: &RunResult, metric: GaugeName) -> Vec<(f64, f64)> {
    producers::series(run, metric)
}
