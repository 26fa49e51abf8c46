//! The figures of all shipped scenarios: `results/figures.csv`, compiled in.
//!
//! Tidy: one row per scenario, system and figure, in base units. A figure of a consumer stands under
//! the consumer's name (`fraud.delivery_p99`) and, for the worst consumer, without (`delivery_p99`),
//! exactly as in `[[expect]]`. So do the figures of outages (`drained of archive`).

use crate::probe::figures::{self, CONSUMER_FIGURES, Unit};
use crate::probe::{OUTAGE_FIGURES, RunResult, outage_value};
use crate::report::{Report, format};
use crate::settings::{Problem, Problems, closest};
use crate::stats::Interval;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// One figure of one system in one scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The scenario's name: its file without the ending.
    pub scenario: String,
    /// The system's label.
    pub system: String,
    /// The system's platform.
    pub platform: String,
    /// The figure's name, with the consumer's before it where there are several.
    pub figure: String,
    /// What it is measured in.
    pub unit: Unit,
    /// Its mean over the replications, in base units.
    pub value: f64,
    /// Half the width of its 95 % interval; `None` for a single run.
    pub ci95: Option<f64>,
}

impl Figure {
    /// For people: scaled, with a unit, without the interval.
    #[must_use]
    pub fn text(&self) -> String {
        format::value(self.value, self.unit)
    }
}

/// The figures of outages, named as in `[[expect]]` (`archive.drained of archive`), where every replication has them.
fn outages(report: &Report, runs: &[RunResult]) -> Vec<(String, Unit, Interval)> {
    let mut all = Vec::new();
    let entries = runs.first().map_or(0, |run| run.parts.entries.len());
    for entry in 0..entries {
        let mark = &runs[0].parts.entries[entry].mark.name;
        for figure in OUTAGE_FIGURES {
            let several = figure.of_consumer && report.consumers.len() > 1;
            let each = (0..report.consumers.len()).map(Some).filter(|_| several);
            for consumer in std::iter::once(None).chain(each) {
                let values = runs
                    .iter()
                    .map(|run| outage_value(run, figure, entry, consumer));
                let values: Option<Vec<f64>> = values.collect();
                let known = values.filter(|values| values.iter().all(|value| value.is_finite()));
                let Some(of) = known.and_then(|values| Interval::of(&values)) else {
                    continue;
                };
                let whose = consumer.map_or(String::new(), |n| format!("{}.", report.consumers[n]));
                all.push((format!("{whose}{} of {mark}", figure.name), figure.unit, of));
            }
        }
    }
    all
}

/// The row of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    scenario: String,
    system: String,
    platform: String,
    figure: String,
    unit: String,
    value: String,
    ci95: String,
}

/// A table of figures.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    rows: Vec<Figure>,
}

static SHIPPED: LazyLock<Figures> = LazyLock::new(|| {
    Figures::parse(
        "results/figures.csv",
        include_str!("../../results/figures.csv"),
    )
    .unwrap_or_else(|problems| panic!("{problems}"))
});

impl Figures {
    /// The figures of the scenarios as they are shipped with this version.
    ///
    /// # Panics
    /// If the compiled-in file is damaged; a test reads it.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Reads a table as [`Figures::csv`] writes it.
    ///
    /// # Errors
    /// What is wrong in `file`, with the number of the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let fail = |line: usize, message: String| {
            Problems::whole(file, Problem::new(format!("line {line}: {message}")))
        };
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let mut rows = Vec::new();
        for (index, row) in reader.deserialize::<Row>().enumerate() {
            let line = index + 2;
            let row = row.map_err(|error| fail(line, error.to_string()))?;
            rows.push(read(row).map_err(|message| fail(line, message))?);
        }
        Ok(Self { rows })
    }

    /// All rows, in the order of the scenarios' names.
    #[must_use]
    pub fn rows(&self) -> &[Figure] {
        &self.rows
    }

    /// The figure of a system in a scenario.
    ///
    /// # Errors
    /// A sentence that says which of the three names is unknown, with the nearest known one.
    pub fn get(&self, scenario: &str, system: &str, figure: &str) -> Result<&Figure, String> {
        let of_scenario: Vec<&Figure> = self
            .rows
            .iter()
            .filter(|row| row.scenario == scenario)
            .collect();
        if of_scenario.is_empty() {
            let known: Vec<&str> = self.rows.iter().map(|row| row.scenario.as_str()).collect();
            return Err(unknown("scenario", scenario, &known));
        }
        let of_system: Vec<&Figure> = of_scenario
            .iter()
            .copied()
            .filter(|row| row.system == system)
            .collect();
        if of_system.is_empty() {
            let known: Vec<&str> = of_scenario.iter().map(|row| row.system.as_str()).collect();
            return Err(format!(
                "in {scenario}, {}",
                unknown("system", system, &known)
            ));
        }
        of_system
            .iter()
            .copied()
            .find(|row| row.figure == figure)
            .ok_or_else(|| {
                let known: Vec<&str> = of_system.iter().map(|row| row.figure.as_str()).collect();
                format!("in {scenario}, {}", unknown("figure", figure, &known))
            })
    }

    /// Adds the figures of a scenario's report; scenarios are added in the order of their names.
    pub fn add(&mut self, report: &Report) {
        for (index, system) in report.systems.iter().enumerate() {
            let mut push = |figure: String, unit: Unit, of: Option<Interval>| {
                let Some(of) = of else { return };
                self.rows.push(Figure {
                    scenario: report.name.clone(),
                    system: system.label.clone(),
                    platform: system.platform.to_owned(),
                    figure,
                    unit,
                    value: of.mean,
                    ci95: of.half_width,
                });
            };
            for row in report.rows.iter().filter(|row| row.consumer.is_none()) {
                push(row.name.to_owned(), row.unit, row.values[index]);
            }
            let told = |name: &str| {
                let rare = figures::ONLY_WHERE_COUNTED.contains(&name);
                !rare || report.rows.iter().any(|row| row.name == name)
            };
            for figure in CONSUMER_FIGURES.iter().filter(|figure| told(figure.name)) {
                push(
                    figure.name.to_owned(),
                    figure.unit,
                    worst(&system.runs, figure.name),
                );
            }
            for row in report.rows.iter().filter(|_| report.consumers.len() > 1) {
                let Some(consumer) = row.consumer else {
                    continue;
                };
                let name = format!("{}.{}", report.consumers[consumer], row.name);
                push(name, row.unit, row.values[index]);
            }
            for (name, unit, of) in outages(report, &system.runs) {
                push(name, unit, Some(of));
            }
        }
    }

    /// The table as text: a header, then one line per figure.
    ///
    /// # Errors
    /// A sentence, if a row cannot be written.
    pub fn csv(&self) -> Result<String, String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in &self.rows {
            let row = Row {
                scenario: row.scenario.clone(),
                system: row.system.clone(),
                platform: row.platform.clone(),
                figure: row.figure.clone(),
                unit: row.unit.word().to_owned(),
                value: format::machine(row.value),
                ci95: row.ci95.map_or(String::new(), format::machine),
            };
            writer.serialize(row).map_err(|error| error.to_string())?;
        }
        let bytes = writer.into_inner().map_err(|error| error.to_string())?;
        String::from_utf8(bytes).map_err(|error| error.to_string())
    }
}

/// The figure of the consumer that did worst, run by run.
fn worst(runs: &[RunResult], figure: &str) -> Option<Interval> {
    let values: Vec<f64> = runs
        .iter()
        .filter_map(|run| figures::value(run, figure, None))
        .collect();
    Interval::of(&values)
}

fn read(row: Row) -> Result<Figure, String> {
    let number = |column: &str, text: &str| {
        let number = text.parse::<f64>().ok().filter(|number| !number.is_nan());
        number.ok_or_else(|| format!("{column} `{text}` is not a number"))
    };
    let unit = Unit::ALL.into_iter().find(|unit| unit.word() == row.unit);
    let words = Unit::ALL.map(Unit::word).join(", ");
    Ok(Figure {
        unit: unit.ok_or_else(|| format!("no unit is called `{}`; known are {words}", row.unit))?,
        value: number("value", &row.value)?,
        ci95: if row.ci95.is_empty() {
            None
        } else {
            Some(number("ci95", &row.ci95)?)
        },
        scenario: row.scenario,
        system: row.system,
        platform: row.platform,
        figure: row.figure,
    })
}

/// A sentence about a name that is not known.
pub(super) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    match closest(name, known) {
        Some(hint) => format!("no {what} is called `{name}`; did you mean `{hint}`?"),
        None => format!("no {what} is called `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "scenario,system,platform,figure,unit,value,ci95\n\
                        hot-key,msk,kafka,append_p99,s,0.0125,\n\
                        hot-key,msk,kafka,refused,count,12,3.5\n";

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let table = Figures::parse("t.csv", TEXT).expect("a table");
        assert_eq!(table.csv().expect("text"), TEXT);
        let figure = table.get("hot-key", "msk", "append_p99").expect("there");
        assert_eq!((figure.text().as_str(), figure.ci95), ("12.5 ms", None));
        assert_eq!(
            table.get("hot-key", "msk", "refused").expect("there").ci95,
            Some(3.5)
        );
    }

    #[test]
    fn what_is_unknown_is_named_with_a_hint() {
        let table = Figures::parse("t.csv", TEXT).expect("a table");
        let message = |s, y, f| table.get(s, y, f).expect_err("unknown");
        assert_eq!(
            message("hot-kez", "msk", "refused"),
            "no scenario is called `hot-kez`; did you mean `hot-key`?"
        );
        assert_eq!(
            message("hot-key", "mks", "refused"),
            "in hot-key, no system is called `mks`; did you mean `msk`?"
        );
        assert!(message("hot-key", "msk", "refusd").ends_with("did you mean `refused`?"));
        let broken = Figures::parse("t.csv", &TEXT.replace("0.0125", "fast")).expect_err("broken");
        assert!(
            broken
                .to_string()
                .contains("line 2: value `fast` is not a number"),
            "{broken}"
        );
        let broken =
            Figures::parse("t.csv", &TEXT.replace(",count,", ",counts,")).expect_err("broken");
        assert!(
            broken
                .to_string()
                .contains("line 3: no unit is called `counts`"),
            "{broken}"
        );
    }

    #[test]
    fn the_shipped_table_can_be_read() {
        assert!(Figures::shipped().rows().len() > 100);
    }
}
