//! The table: rows, verdicts, a line per area.

use super::lab::Lab;
use super::misses::{CALIBRATION, MISSES};
use super::{Outcome, i3en, simulate};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use streamduel::stats::{AgainstBounds, Interval};

const BEGIN: &str = "<!-- generated: published Kafka and MSK rows -->\n";
const END: &str = "<!-- end of generated Kafka rows -->";

/// The bounds of a tolerance around a value; `None` is not judged.
fn bounds(tolerance: &str, value: f64) -> Option<(f64, f64)> {
    let rule = tolerance.split([' ', '(']).next().expect("a rule").trim();
    let number = |text: &str| {
        text.parse::<f64>()
            .unwrap_or_else(|_| panic!("{tolerance}"))
    };
    Some(match rule.split_once(':') {
        Some(("rel", share)) => (value * (1.0 - number(share)), value * (1.0 + number(share))),
        Some(("abs", width)) => (value - number(width), value + number(width)),
        Some(("factor", factor)) => (value / number(factor), value * number(factor)),
        Some(("range", ends)) => {
            let (low, high) = ends.split_once("..").expect("two ends");
            (number(low), number(high))
        }
        _ if rule == "exact" => (value - 1e-3 * value.abs(), value + 1e-3 * value.abs()),
        _ if rule == "upper-bound" => (f64::NEG_INFINITY, value),
        _ => return None,
    })
}

/// How many times the replications of a row are made while its interval crosses a bound; the last is the cap.
const TIMES: [u32; 4] = [1, 2, 4, 8];

/// Counts of an area.
#[derive(Default)]
struct Area {
    inside: [usize; 2],
    undecided: [usize; 2],
    judged: [usize; 2],
    left_out: usize,
    errors: Vec<f64>,
}

/// One row on its way into the table.
struct Row<'a> {
    id: &'a str,
    what: String,
    value: f64,
    published: String,
    tolerance: &'a str,
    high: bool,
}

#[derive(Default)]
struct Summary {
    text: String,
    areas: BTreeMap<&'static str, Area>,
    problems: Vec<String>,
}

/// The area that a row belongs to.
fn area_of(id: &str) -> &'static str {
    match id.split('-').next().unwrap_or_default() {
        "KT" => "throughput",
        "KL" if id.starts_with("KL-LT") => "Little's law at saturation",
        "KL" => "latency",
        "KP" => "many partitions",
        "KF" => "ten reader groups",
        "KB" => "draining a backlog",
        "MS" if id.starts_with("MS-PT") => "MSK performance test",
        "MS" => "MSK formula and limits",
        "AV" => "failures",
        "check" | "check " => "ratios",
        other if other.starts_with("check") => "ratios",
        _ => "overheads",
    }
}

impl Summary {
    fn add(&mut self, row: &Row<'_>, outcome: Outcome) {
        let area = self.areas.entry(area_of(row.id)).or_default();
        let rule = row.tolerance.split('(').next().expect("a rule").trim();
        let begin = format!("| {} | {} | {} | {rule} |", row.id, row.what, row.published);
        let (values, value) = match outcome {
            Outcome::Found(values) => (values, row.value),
            Outcome::Against(values, value) => (values, value),
            Outcome::Not(why) => {
                area.left_out += 1;
                let _ = writeln!(self.text, "{begin} - | not simulated: {why} |");
                return;
            }
        };
        let found = Interval::of(&values).expect("values");
        let half = found
            .half_width
            .filter(|_| found.n > 1)
            .map_or(String::new(), |h| format!(" ± {}", short(h)));
        let Some((low, high)) = bounds(row.tolerance, value) else {
            let _ = writeln!(
                self.text,
                "{begin} {}{half} | not judged |",
                short(found.mean)
            );
            return;
        };
        let standing = found.against(low, high);
        let inside = standing == AgainstBounds::Inside;
        let undecided = standing == AgainstBounds::Undecided;
        let miss = MISSES
            .iter()
            .find(|(id, _)| *id == row.id)
            .map(|(_, why)| *why);
        area.judged[0] += 1;
        area.judged[1] += usize::from(row.high);
        area.inside[0] += usize::from(inside);
        area.inside[1] += usize::from(inside && row.high);
        area.undecided[0] += usize::from(undecided);
        area.undecided[1] += usize::from(undecided && row.high);
        if value > 0.0 && found.mean > 0.0 {
            area.errors.push(libm::log(found.mean / value));
        }
        let verdict = match (inside, miss) {
            (false, Some(why)) if undecided => format!("undecided: {why}"),
            (false, None) if undecided => "undecided".to_owned(),
            (true, None) if CALIBRATION.contains(&row.id) => "inside (calibration)".to_owned(),
            (true, None) => "inside".to_owned(),
            (false, Some(why)) => format!("**outside**: {why}"),
            (true, Some(_)) => {
                self.problems
                    .push(format!("{}: is on the list of misses, and inside", row.id));
                "inside".to_owned()
            }
            (false, None) => {
                self.problems.push(format!(
                    "{}: {} is not within {low}..{high}",
                    row.id, found.mean
                ));
                "**outside**".to_owned()
            }
        };
        let _ = writeln!(
            self.text,
            "{begin} {}{half} | {verdict} |",
            short(found.mean)
        );
    }

    fn summary(&self) -> String {
        let mut text = String::from(
            "| area | inside | undecided | of high confidence, inside | of these undecided | not simulated | median of ln(sim/published), absolute | too high / too low |\n|---|---|---|---|---|---|---|---|\n",
        );
        let mut all = Area::default();
        let mut line = |name: &str, area: &Area| {
            let mut sizes: Vec<f64> = area.errors.iter().map(|error| error.abs()).collect();
            sizes.sort_by(f64::total_cmp);
            let median = sizes
                .get(sizes.len() / 2)
                .map_or("-".to_owned(), |value| format!("{value:.2}"));
            let above = area.errors.iter().filter(|error| **error > 0.0).count();
            let _ = writeln!(
                text,
                "| {name} | {} of {} | {} | {} of {} | {} | {} | {median} | {above} / {} |",
                area.inside[0],
                area.judged[0],
                area.undecided[0],
                area.inside[1],
                area.judged[1],
                area.undecided[1],
                area.left_out,
                area.errors.len() - above
            );
        };
        for (name, area) in &self.areas {
            line(name, area);
            for n in 0..2 {
                all.inside[n] += area.inside[n];
                all.judged[n] += area.judged[n];
                all.undecided[n] += area.undecided[n];
            }
            all.left_out += area.left_out;
            all.errors.extend(&area.errors);
        }
        line("**all**", &all);
        text
    }
}

/// Simulates a row with more and more replications until its interval crosses no bound, or up to the cap.
fn settle(id: &str, tolerance: &str, value: f64, lab: &mut Lab) -> Outcome {
    let mut last = Outcome::Not("cannot be simulated from this row");
    for times in TIMES {
        lab.times = times;
        let simulated = std::panic::catch_unwind(AssertUnwindSafe(|| simulate(id, lab)));
        let Ok(outcome) = simulated else { break };
        let (values, value) = match &outcome {
            Outcome::Found(values) => (values, value),
            Outcome::Against(values, value) => (values, *value),
            Outcome::Not(_) => return outcome,
        };
        let crosses = Interval::of(values)
            .zip(bounds(tolerance, value))
            .is_some_and(|(found, (low, high))| {
                found.against(low, high) == AgainstBounds::Undecided
            });
        last = outcome;
        if !crosses {
            break;
        }
    }
    lab.times = 1;
    last
}

/// Whether the rows are those of this repository; `STREAMDUEL_GOLDEN` names another folder.
pub(crate) fn is_own() -> bool {
    std::env::var_os("STREAMDUEL_GOLDEN").is_none()
}

/// The table of published values.
fn published() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folder = std::env::var_os("STREAMDUEL_GOLDEN").map_or_else(|| own.clone(), PathBuf::from);
    let path = folder.join("published.csv");
    if path.exists() {
        path
    } else {
        own.join("published.csv")
    }
}

/// The text, and what is wrong with it.
pub(crate) fn make(lab: &mut Lab) -> (String, Vec<String>) {
    let path = published();
    let mut reader = csv::Reader::from_path(&path).expect("readable");
    let rows: Vec<BTreeMap<String, String>> = reader
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("a table");
    let head =
        "| row | what | published | tolerance | simulated | verdict |\n|---|---|---|---|---|---|\n"
            .to_owned();
    let mut sheet = Summary {
        text: head,
        ..Summary::default()
    };
    // `STREAMDUEL_ROWS="KL-SN,KP,many partitions,check"` prints these rows and areas alone, for a look at one mechanism.
    let some = std::env::var("STREAMDUEL_ROWS").ok();
    let wanted = |id: &str| {
        let named = |part: &str| id.starts_with(part) || area_of(id) == part;
        some.as_ref().is_none_or(|list| list.split(',').any(named))
    };
    let kafka = |row: &&BTreeMap<String, String>| {
        !row["system"].starts_with("kinesis") && wanted(&row["id"])
    };
    for row in rows.iter().filter(kafka) {
        let id = row["id"].as_str();
        let what = format!(
            "{}, {}",
            row["what_varies"],
            row["metric"].replace('_', " ")
        );
        let published = format!("{} {}", row["value"], row["unit"]);
        let value: f64 = row["value"].parse().expect("a number");
        let tolerance = row["suggested_tolerance"].as_str();
        let high = row["confidence"] == "high";
        let outcome = settle(id, tolerance, value, lab);
        sheet.add(
            &Row {
                id,
                what,
                value,
                published,
                tolerance,
                high,
            },
            outcome,
        );
    }
    let ratios = if wanted("check") {
        i3en::ratios(lab)
    } else {
        Vec::new()
    };
    for (id, what, value, tolerance, values) in ratios {
        let published = short(value);
        let row = Row {
            id,
            what: what.to_owned(),
            value,
            published,
            tolerance,
            high: true,
        };
        sheet.add(&row, Outcome::Found(values));
    }
    (
        format!("{}\n{}", sheet.summary(), sheet.text),
        sheet.problems,
    )
}

fn short(value: f64) -> String {
    let digits = match value.abs() {
        v if v >= 1000.0 => 0,
        v if v >= 10.0 => 1,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// Holds the table in the documentation to `text`, or writes it.
pub(crate) fn compare(text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FIDELITY.md");
    let document = std::fs::read_to_string(&path).expect("readable");
    let (before, rest) = document
        .split_once(BEGIN)
        .expect("the beginning of the table");
    let (inside, after) = rest.split_once(END).expect("the end of the table");
    if std::env::var_os("STREAMDUEL_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{text}{END}{after}")).expect("written");
    } else {
        assert_eq!(
            inside, text,
            "run with STREAMDUEL_BLESS=1 to write the table anew"
        );
    }
}
