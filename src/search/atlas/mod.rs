//! `streamduel atlas`: over two axes of settings, the cheapest design that holds every claim, each cell at its own size.

mod folder;

pub use folder::{AtlasFolder, write};

use super::axis::Axes;
use super::point::Base;
use super::run::Stopped;
use super::size::Plan;
use super::size::find::Answer;
use super::sweep::edges;
use crate::experiment::Progress;
use crate::report::chart::plane::{Cell, Map, Panels, Picture, scale};
use crate::report::document::Document;
use crate::report::format;
use crate::report::shell;
use crate::settings::Problems;
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
}

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
    /// Reads every cell.
    ///
    /// # Errors
    /// All problems of the first cell that is not valid.
    pub fn new(base: Base, axes: Axes, options: &Options) -> Result<Self, Problems> {
        let plan = |values: Vec<String>| {
            let pairs = axes.list.iter().zip(values);
            let mut own = base.clone();
            own.overrides
                .set
                .extend(pairs.map(|(axis, v)| format!("{}={v}", axis.path)));
            let scenario = own.scenario(&[])?;
            let mut plan = Plan::new(own, &scenario, options.replications, options.survive_zone);
            let wanted = |name: &str| {
                options
                    .families
                    .iter()
                    .any(|f| name.starts_with(f.as_str()))
            };
            plan.families
                .retain(|f| options.families.is_empty() || wanted(&f.name));
            Ok(plan)
        };
        let plans = axes.points().into_iter().map(plan);
        let plans = plans.collect::<Result<_, Problems>>()?;
        Ok(Self {
            base,
            axes,
            plans,
            options: options.words(),
        })
    }

    /// The answers of all cells, those with the most records first.
    ///
    /// # Errors
    /// What stopped the search.
    pub fn run(&self, progress: &Progress) -> Result<Vec<Vec<Answer>>, Stopped> {
        let mut order: Vec<usize> = (0..self.plans.len()).collect();
        order.sort_by(|a, b| {
            self.plans[*b]
                .records()
                .total_cmp(&self.plans[*a].records())
        });
        let answers = order.par_iter().with_max_len(1);
        let answers = answers.map(|n| Ok((*n, self.plans[*n].run(progress)?)));
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
        let sets: String = pairs.iter().map(set).collect();
        format!("streamduel size {file}{sets}{}", self.options)
    }

    /// The records of all cells, about, for a progress bar.
    #[must_use]
    pub fn records(&self) -> f64 {
        let of = |plan: &Plan| plan.records() * plan.families.len() as f64 * 10.0;
        self.plans.iter().map(of).sum()
    }

    /// The values of the axes at a cell.
    fn values(&self, cell: usize) -> Vec<String> {
        self.axes.points()[cell].clone()
    }
}

/// The cheapest answer of a cell, and by how much the next family is dearer.
fn cheapest(answers: &[Answer]) -> Option<(&Answer, f64, Option<f64>)> {
    let mut costs = answers
        .iter()
        .filter_map(|a| Some((a, a.size.as_ref().ok()?.measured.cost)));
    let (answer, cost) = costs.next()?;
    Some((
        answer,
        cost,
        costs.next().map(|(_, next)| next / cost - 1.0),
    ))
}

/// The map of the cheapest families.
fn picture(atlas: &Atlas, answers: &[Vec<Answer>]) -> Picture {
    let mut families: Vec<String> = Vec::new();
    for (answer, _, _) in answers.iter().filter_map(|a| cheapest(a)) {
        if !families.contains(&answer.family) {
            families.push(answer.family.clone());
        }
    }
    families.sort();
    let (x, y) = (&atlas.axes.list[0], &atlas.axes.list[1]);
    let (width, height) = (x.values.len(), y.values.len());
    let cell = |column: usize, row: usize| {
        let (answer, cost, next) = cheapest(&answers[column * height + row])?;
        let dearer = next.map_or("alone".to_owned(), |share| {
            format!("+{:.0} %", share * 100.0)
        });
        Some(Cell {
            family: families.iter().position(|name| *name == answer.family)?,
            text: format!("{} USD, {dearer}", format::prefixed(cost)),
        })
    };
    let row = |row: usize| (0..width).map(|column| cell(column, row)).collect();
    let cells: Vec<Vec<Option<Cell>>> = (0..height).map(row).collect();
    let kind = |column: usize, row: usize| cells[row][column].as_ref().map(|cell| cell.family);
    let edges = edges(width, height, kind);
    let map = Map {
        x: scale(&x.path, &x.values),
        y: scale(&y.path, &y.values),
        families,
        edges,
        cells,
    };
    let title = atlas
        .plans
        .first()
        .map_or(String::new(), |plan| plan.title.clone());
    Picture {
        title: "The cheapest design that holds the claims, USD in 30 days, and the next family"
            .to_owned(),
        subtitle: title,
        caption: format!(
            "streamduel {} · {}",
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
        let (family, size, cost, next) = match cheapest(answers) {
            Some((answer, cost, next)) => (
                answer.family.clone(),
                answer
                    .size
                    .as_ref()
                    .map_or(String::new(), |size| size.called.clone()),
                format::count(cost),
                next.map_or("–".to_owned(), |share| {
                    format!("+{}", format::percent(share))
                }),
            ),
            None => (
                "no size can".to_owned(),
                String::new(),
                "–".to_owned(),
                "–".to_owned(),
            ),
        };
        let mut row = atlas.values(cell);
        row.extend([family, size, cost, next]);
        row
    };
    let mut heads: Vec<&str> = atlas
        .axes
        .list
        .iter()
        .map(|axis| axis.path.as_str())
        .collect();
    heads.extend(["cheapest family", "size", "USD in 30 days", "next family"]);
    document.table(&heads, answers.iter().enumerate().map(row).collect(), 4);
    document.text(format!("One cell alone: `{}`", atlas.reproduce(0)));
    document
}
