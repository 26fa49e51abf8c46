//! `streamduel atlas`: over two axes of settings, the cheapest design that holds every claim, each cell at its own size.

mod folder;

pub use folder::{AtlasFolder, kept_files, write};

use super::axis::Axes;
use super::point::Base;
use super::run::Stopped;
use super::size::Plan;
use super::size::find::Answer;
use super::store::Memo;
use super::sweep::edges;
use crate::experiment::Progress;
use crate::facts::PRICED_REGIONS;
use crate::report::chart::plane::{Cell, Edge, Map, Panels, Picture, scale};
use crate::report::document::Document;
use crate::report::format;
use crate::report::shell;
use crate::scenario::{Overrides, Scenario};
use crate::stats::Interval;
use rayon::prelude::*;

/// An atlas that can be made: all its cells are valid.
pub struct Atlas {
    /// The scenario.
    pub base: Base,
    /// The two axes.
    pub axes: Axes,
    /// The search of each cell, in the order of the axes.
    pub plans: Vec<Plan>,
    /// What the command line adds to the search of each cell, for the commands.
    options: String,
    /// The prices: their region and day.
    prices: String,
}

/// Runs that confirm a size when nobody says how many.
pub const REPLICATIONS: u32 = 3;

/// What a cell is searched with.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Runs that confirm a size.
    pub replications: u32,
    /// Whether each zone is lost in turn.
    pub survive_zone: bool,
    /// The first letters of the families that are looked at; none for all.
    pub families: Vec<String>,
}

impl Options {
    /// The options as words of a command.
    fn words(&self) -> String {
        let families = self
            .families
            .iter()
            .map(|name| format!(" --family {}", shell::word(name)));
        let survive = if self.survive_zone {
            " --survive zone"
        } else {
            ""
        };
        format!(
            " --replications {}{survive}{}",
            self.replications,
            families.collect::<String>()
        )
    }
}

impl Atlas {
    /// The atlas that a scenario has in its `[atlas]`, if it has one.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn shipped(scenario: &Scenario) -> Result<Option<Self>, String> {
        let table = &scenario.size.atlas;
        if table.over.is_empty() {
            return Ok(None);
        }
        let axes = Self::axes(&table.over, scenario)?;
        let options = Options {
            replications: table.replications.unwrap_or(REPLICATIONS),
            survive_zone: false,
            families: table.families.clone(),
        };
        let (base, _) =
            Base::load(&scenario.path, Overrides::default()).map_err(|p| p.to_string())?;
        Self::new(base, axes, &options).map(Some)
    }

    /// Reads the two axes of an atlas.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn axes(over: &[String], scenario: &Scenario) -> Result<Axes, String> {
        let axes = Axes::of(over, false, scenario)?;
        match axes.list.len() {
            2 => Ok(axes),
            _ => Err("an atlas has two axes".to_owned()),
        }
    }

    /// Reads every cell.
    ///
    /// # Errors
    /// All problems of the first cell that is not valid, or a sentence about a family that is none.
    pub fn new(base: Base, axes: Axes, options: &Options) -> Result<Self, String> {
        let mut prices = String::new();
        let plan = |values: Vec<String>| {
            let pairs = axes.list.iter().zip(values);
            let mut own = base.clone();
            own.overrides
                .set
                .extend(pairs.map(|(axis, v)| format!("{}={v}", axis.path)));
            let scenario = own.scenario(&[]).map_err(|problems| problems.to_string())?;
            prices = format!("prices of {} on {}", PRICED_REGIONS[0], scenario.as_of);
            let mut plan = Plan::new(own, &scenario, options.replications, options.survive_zone);
            let known = plan.only(&options.families);
            known.map_err(|why| format!("error: families: {why}"))?;
            Ok(plan)
        };
        let plans = axes.points().into_iter().map(plan);
        let plans = plans.collect::<Result<_, String>>()?;
        Ok(Self {
            base,
            axes,
            plans,
            options: options.words(),
            prices,
        })
    }

    /// The answers of all cells, those with the most records first.
    ///
    /// # Errors
    /// What stopped the search.
    pub fn run(&self, progress: &Progress, memo: &Memo) -> Result<Vec<Vec<Answer>>, Stopped> {
        let mut order: Vec<usize> = (0..self.plans.len()).collect();
        order.sort_by(|a, b| {
            self.plans[*b]
                .records()
                .total_cmp(&self.plans[*a].records())
        });
        let answers = order.par_iter().with_max_len(1);
        let answers = answers.map(|n| Ok((*n, self.plans[*n].run(progress, memo)?)));
        let mut answers: Vec<(usize, Vec<Answer>)> = answers.collect::<Result<_, Stopped>>()?;
        answers.sort_by_key(|(n, _)| *n);
        Ok(answers.into_iter().map(|(_, answers)| answers).collect())
    }

    /// The command that searches a cell alone.
    #[must_use]
    pub fn reproduce(&self, cell: usize) -> String {
        let file = shell::word(&self.base.path.display().to_string());
        let set = |pair: &String| format!(" --set {}", shell::quoted(pair));
        let pairs = self.plans[cell].base.overrides.pairs();
        // How many replications there are is one of the options.
        let other = |pair: &&String| !pair.starts_with("replications=");
        let sets: String = pairs.iter().filter(other).map(set).collect();
        format!("streamduel size {file}{sets}{}", self.options)
    }

    /// The records of all cells, about, for a progress bar.
    #[must_use]
    pub fn records(&self) -> f64 {
        let of = |plan: &Plan| plan.records() * plan.families.len() as f64 * 10.0;
        self.plans.iter().map(of).sum()
    }

    /// The values of the axes at a cell.
    #[must_use]
    pub fn values(&self, cell: usize) -> Vec<String> {
        self.axes.points()[cell].clone()
    }
}

/// The cheapest answer of a cell.
struct Cheapest<'a> {
    answer: &'a Answer,
    cost: f64,
    next: Option<Next>,
}

/// The next family of a cell.
struct Next {
    family: String,
    /// By how much it is dearer, of the cost of the cheapest, over the runs that confirmed both.
    dearer: Interval,
}

impl Next {
    /// Whether it is dearer beyond doubt, or cheaper beyond doubt.
    fn is_sure(&self) -> bool {
        self.dearer.mean.abs() > self.dearer.half_width.unwrap_or_default()
    }

    /// `+12 %`, with half of the interval where that is half a percent or more.
    fn told(&self) -> String {
        let percent = |share: f64| format!("{:.0}", share * 100.0);
        let half = self.dearer.half_width.unwrap_or_default();
        let mean = percent(self.dearer.mean);
        match half < 0.005 {
            true => format!("+{mean} %"),
            false => format!("+{mean} ± {} %", percent(half)),
        }
    }
}

/// The cheapest answer of a cell, and by how much the next family is dearer.
fn cheapest(answers: &[Answer]) -> Option<Cheapest<'_>> {
    let mut sizes = answers
        .iter()
        .filter_map(|answer| Some((answer, &answer.size.as_ref().ok()?.measured)));
    let (answer, best) = sizes.next()?;
    let shares = |costs: &[f64]| {
        costs
            .iter()
            .map(|cost| cost / best.cost)
            .collect::<Vec<_>>()
    };
    let next = sizes.next().and_then(|(next, measured)| {
        let dearer = Interval::of_difference(&shares(&measured.costs), &shares(&best.costs))?;
        let family = next.family.clone();
        Some(Next { family, dearer })
    });
    Some(Cheapest {
        answer,
        cost: best.cost,
        next,
    })
}

/// The borders of the cells in which it is not sure which family is the cheapest.
fn undecided(sure: impl Fn(usize, usize) -> bool, width: usize, height: usize) -> Vec<Edge> {
    let mut edges = Vec::new();
    for column in 0..width {
        for row in (0..height).filter(|row| !sure(column, *row)) {
            let (x, y) = (column as f64, row as f64);
            // A little inside, so that two neighbours do not draw over each other.
            let (left, right, below, above) = (x - 0.46, x + 0.46, y - 0.46, y + 0.46);
            let corners = [(left, below), (right, below), (right, above), (left, above)];
            for (n, from) in corners.into_iter().enumerate() {
                let to = corners[(n + 1) % corners.len()];
                edges.push(Edge { from, to });
            }
        }
    }
    edges
}

/// The title of the map.
pub const TITLE: &str = "The cheapest design that holds the claims, USD in 30 days";

/// The map of the cheapest families.
fn picture(atlas: &Atlas, answers: &[Vec<Answer>]) -> Picture {
    let mut families: Vec<String> = Vec::new();
    for found in answers.iter().filter_map(|a| cheapest(a)) {
        if !families.contains(&found.answer.family) {
            families.push(found.answer.family.clone());
        }
    }
    families.sort();
    let (x, y) = (&atlas.axes.list[0], &atlas.axes.list[1]);
    let (width, height) = (x.values.len(), y.values.len());
    let at = |column: usize, row: usize| cheapest(&answers[column * height + row]);
    let cell = |column: usize, row: usize| {
        let found = at(column, row)?;
        let dearer = found.next.map_or("alone".to_owned(), |next| next.told());
        Some(Cell {
            family: families
                .iter()
                .position(|name| *name == found.answer.family)?,
            text: format!("{} USD, {dearer}", format::prefixed(found.cost)),
        })
    };
    let row = |row: usize| (0..width).map(|column| cell(column, row)).collect();
    let cells: Vec<Vec<Option<Cell>>> = (0..height).map(row).collect();
    let kind = |column: usize, row: usize| cells[row][column].as_ref().map(|cell| cell.family);
    let edges = edges(width, height, kind);
    let sure = |column: usize, row: usize| {
        let next = at(column, row).and_then(|found| found.next);
        next.is_none_or(|next| next.is_sure())
    };
    let map = Map {
        x: scale(&x.path, &x.values),
        y: scale(&y.path, &y.values),
        families,
        edges,
        unsure: undecided(sure, width, height),
        cells,
    };
    let title = atlas
        .plans
        .first()
        .map_or(String::new(), |plan| plan.title.clone());
    Picture {
        title: TITLE.to_owned(),
        subtitle: format!("{title} ({})", atlas.prices),
        caption: format!(
            "streamduel {} · {} · + says by how much the next family is dearer",
            env!("CARGO_PKG_VERSION"),
            atlas.base.name
        ),
        systems: Vec::new(),
        panels: Panels::Map(map),
    }
}

/// The atlas in words: the cheapest family of each cell.
#[must_use]
pub fn document(atlas: &Atlas, answers: &[Vec<Answer>]) -> Document {
    let title = atlas.plans.first().map_or("", |plan| plan.title.as_str());
    let mut document = Document::new(format!("Atlas: {title}"));
    let row = |(cell, answers): (usize, &Vec<Answer>)| {
        let mut row = atlas.values(cell);
        let Some(found) = cheapest(answers) else {
            let none = ["no size can", "", "–", "–", "–"].map(str::to_owned);
            row.extend(none);
            return row;
        };
        let size = found.answer.size.as_ref();
        let sure = found.next.as_ref().is_none_or(Next::is_sure);
        let next = found.next.as_ref();
        row.extend([
            found.answer.family.clone(),
            size.map_or(String::new(), |size| size.called.clone()),
            format::count(found.cost),
            next.map_or("–".to_owned(), |next| {
                format!("{} {}", next.family, next.told())
            }),
            if sure { "yes" } else { "no" }.to_owned(),
        ]);
        row
    };
    let mut heads: Vec<&str> = atlas
        .axes
        .list
        .iter()
        .map(|axis| axis.path.as_str())
        .collect();
    heads.extend(["cheapest", "size", "USD in 30 days", "next", "sure"]);
    document.text(format!(
        "USD in 30 days at {}. `next` is the second cheapest family with how much dearer it is (± half of a 95 % interval over the runs that confirmed both); where that interval holds zero, it is not sure which is cheaper.",
        atlas.prices
    ));
    document.table(&heads, answers.iter().enumerate().map(row).collect(), 4);
    document.heading("To search a cell alone");
    let cells = 0..answers.len();
    document.list(
        cells
            .map(|cell| format!("`{}`", atlas.reproduce(cell)))
            .collect(),
    );
    document
}
