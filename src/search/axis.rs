//! Axes of a sweep: a setting by its path and the values that it takes.
//!
//! `ShardCount=2,4,8` is a list. `500..4000 records/s in 8` are eight values at equal distances,
//! `1..64 log in 7` are seven values with equal ratios, `2..20 step 2` goes in steps.

use super::point;
use crate::report::format;
use crate::scenario::Scenario;

/// The most values of an axis.
const VALUES_MAX: usize = 1000;
/// The most points of a sweep.
const POINTS_MAX: usize = 10_000;

/// A setting and the values that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The dotted path of the setting.
    pub path: String,
    /// Its values as text, in the order of the sweep.
    pub values: Vec<String>,
    /// Whether the values have equal ratios, so that charts show them at equal distances.
    pub is_log: bool,
}

/// The axes of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes {
    /// The axes, the slowest first.
    pub list: Vec<Axis>,
    /// Whether they go side by side instead of forming a grid.
    pub zip: bool,
}

impl Axis {
    /// Reads `path=values`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((path, values)) = text.split_once('=') else {
            return Err(format!("`{text}` is not of the form path=values"));
        };
        let (path, values) = (path.trim(), values.trim());
        if path.is_empty() || values.is_empty() {
            return Err(format!("`{text}` lacks a path or values"));
        }
        let (values, is_log) = match values.split_once("..") {
            Some((from, rest)) => range(from, rest)
                .map_err(|why| format!("`{values}` is no range: {why}; write `FROM..TO UNIT in COUNT`, `… step SIZE` or `… log in COUNT`"))?,
            None => (list(values), false),
        };
        if values.len() > VALUES_MAX {
            return Err(format!(
                "`{path}` has {} values; at most {VALUES_MAX} are allowed",
                values.len()
            ));
        }
        let path = path.to_owned();
        Ok(Self {
            path,
            values,
            is_log,
        })
    }
}

impl Axes {
    /// Reads the axes of a sweep.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(over: &[String], zip: bool) -> Result<Self, String> {
        let list = over.iter().map(|text| Axis::parse(text));
        let list: Vec<Axis> = list.collect::<Result<_, _>>()?;
        for (n, axis) in list.iter().enumerate() {
            if list[..n].iter().any(|other| other.path == axis.path) {
                return Err(format!("two axes go over `{}`", axis.path));
            }
            if zip && axis.values.len() != list[0].values.len() {
                return Err(format!(
                    "axes side by side need as many values each: `{}` has {}, `{}` has {}",
                    list[0].path,
                    list[0].values.len(),
                    axis.path,
                    axis.values.len()
                ));
            }
        }
        let axes = Self { list, zip };
        let points = axes.count();
        if points > POINTS_MAX {
            return Err(format!(
                "the axes have {points} points; at most {POINTS_MAX} are allowed"
            ));
        }
        Ok(axes)
    }

    /// Reads the axes of a sweep of this scenario, in which every system that they name has to be.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn of(over: &[String], zip: bool, scenario: &Scenario) -> Result<Self, String> {
        let axes = Self::parse(over, zip)?;
        for axis in &axes.list {
            point::check_path(&axis.path, scenario)?;
        }
        Ok(axes)
    }

    /// How many points there are.
    #[must_use]
    pub fn count(&self) -> usize {
        let lengths = self.list.iter().map(|axis| axis.values.len());
        if self.zip {
            return lengths.min().unwrap_or(1);
        }
        lengths.fold(1, usize::saturating_mul)
    }

    /// The value of each axis at each point; the last axis changes fastest.
    #[must_use]
    pub fn points(&self) -> Vec<Vec<String>> {
        let value = |axis: &Axis, place: usize| axis.values[place].clone();
        let at = |point: usize| {
            let mut rest = point;
            let mut values: Vec<String> = Vec::new();
            for axis in self.list.iter().rev() {
                let length = axis.values.len();
                values.push(value(axis, if self.zip { point } else { rest % length }));
                rest /= length;
            }
            values.reverse();
            values
        };
        (0..self.count()).map(at).collect()
    }
}

/// Values between commas, perhaps in brackets and quotes.
fn list(text: &str) -> Vec<String> {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let value = |part: &str| part.trim().trim_matches(['"', '\'']).to_owned();
    let parts = inner.unwrap_or(text).split(',').map(value);
    parts.filter(|part| !part.is_empty()).collect()
}

/// How the values of a range lie between its ends.
enum Spacing {
    /// So many at equal distances.
    Even(usize),
    /// So many with equal ratios.
    Log(usize),
    /// At steps of this size.
    Step(f64),
}

/// The values of `FROM..TO UNIT SPACING`, and whether they have equal ratios.
fn range(from: &str, rest: &str) -> Result<(Vec<String>, bool), String> {
    let (low, low_unit) = quantity(from)?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let at = words
        .iter()
        .position(|word| ["in", "step", "log"].contains(word));
    let (to, spacing) = words.split_at(at.unwrap_or(words.len()));
    let (high, unit) = quantity(&to.join(" "))?;
    if !low_unit.is_empty() && low_unit != unit {
        return Err(format!("its ends are in `{low_unit}` and in `{unit}`"));
    }
    let is_whole = unit.is_empty() && low.fract() == 0.0 && high.fract() == 0.0;
    let spacing = read_spacing(spacing, is_whole)?;
    let numbers = numbers(low, high, &spacing)?;
    let text = |value: f64| {
        let number = if is_whole {
            format!("{value:.0}")
        } else {
            format::machine(value)
        };
        format!("{number} {unit}").trim_end().to_owned()
    };
    let mut values: Vec<String> = numbers.into_iter().map(text).collect();
    values.dedup();
    Ok((values, matches!(spacing, Spacing::Log(_))))
}

/// A number and its unit.
pub(super) fn quantity(text: &str) -> Result<(f64, String), String> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !"+-._eE".contains(c))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = number.replace('_', "");
    match number.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((value, unit.trim().to_owned())),
        _ => Err(format!("`{text}` does not begin with a number")),
    }
}

fn read_spacing(words: &[&str], is_whole: bool) -> Result<Spacing, String> {
    let count = |word: &str| match word.parse::<usize>() {
        Ok(count) if (2..=VALUES_MAX).contains(&count) => Ok(count),
        _ => Err(format!("`{word}` is no count from 2 to {VALUES_MAX}")),
    };
    match words {
        [] if is_whole => Ok(Spacing::Step(1.0)),
        [] => Err("how many values it has is not said".to_owned()),
        ["in", n] => Ok(Spacing::Even(count(n)?)),
        ["log", "in", n] => Ok(Spacing::Log(count(n)?)),
        ["step", size] => match size.parse::<f64>() {
            Ok(size) if size > 0.0 && size.is_finite() => Ok(Spacing::Step(size)),
            _ => Err(format!("`{size}` is no size of a step")),
        },
        words => Err(format!("`{}` is not understood", words.join(" "))),
    }
}

fn numbers(low: f64, high: f64, spacing: &Spacing) -> Result<Vec<f64>, String> {
    if low >= high {
        return Err("its second end is not above its first".to_owned());
    }
    let part = |n: usize, count: usize| n as f64 / (count - 1) as f64;
    match spacing {
        Spacing::Even(count) => Ok((0..*count)
            .map(|n| low + (high - low) * part(n, *count))
            .collect()),
        Spacing::Log(_) if low <= 0.0 => Err("equal ratios need ends above 0".to_owned()),
        Spacing::Log(count) => {
            let value = |n| low * libm::pow(high / low, part(n, *count));
            Ok((0..*count).map(|n| four_digits(value(n))).collect())
        }
        Spacing::Step(size) => {
            let count = libm::floor((high - low) / size + 1e-9);
            if count >= VALUES_MAX as f64 {
                return Err(format!("it has more than {VALUES_MAX} values"));
            }
            Ok((0..=count as usize)
                .map(|n| low + size * n as f64)
                .collect())
        }
    }
}

/// A positive value rounded to four significant digits.
fn four_digits(value: f64) -> f64 {
    let scale = libm::pow(10.0, 3.0 - libm::floor(libm::log10(value)));
    libm::round(value * scale) / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Axis::parse(&format!("a.b={text}"))
            .unwrap_or_else(|why| panic!("{why}"))
            .values
    }

    #[test]
    fn lists_and_ranges_give_their_values() {
        assert_eq!(values("[2, 4,8]"), ["2", "4", "8"]);
        assert_eq!(values("\"500 B\", 1 kB"), ["500 B", "1 kB"]);
        assert_eq!(values("1..4"), ["1", "2", "3", "4"]);
        assert_eq!(
            values("1..64 log in 7"),
            ["1", "2", "4", "8", "16", "32", "64"]
        );
        assert_eq!(values("1..3 log in 9"), ["1", "2", "3"]);
        assert_eq!(values("2..9 step 3"), ["2", "5", "8"]);
        assert_eq!(
            values("500..2000 records/s in 4"),
            [
                "500 records/s",
                "1000 records/s",
                "1500 records/s",
                "2000 records/s"
            ]
        );
        assert_eq!(values("0.1 s..10 s log in 3"), ["0.1 s", "1 s", "10 s"]);
        let axis = Axis::parse("x=1..100 log in 3").expect("an axis");
        assert!(axis.is_log && axis.path == "x");
    }

    #[test]
    fn what_is_no_axis_is_refused_with_a_sentence() {
        for (text, word) in [
            ("a", "path=values"),
            ("=1", "lacks"),
            ("a=", "lacks"),
            ("a=5..1", "not above"),
            ("a=0..8 log in 3", "above 0"),
            ("a=1 B..2 kB in 3", "`B` and in `kB`"),
            ("a=1..2 kB", "how many"),
            ("a=x..2", "number"),
            ("a=1..5000", "more than 1000"),
            ("a=1..9 in 1", "no count"),
            ("a=1..9 by 2", "how many"),
        ] {
            let why = Axis::parse(text).expect_err(text);
            assert!(why.contains(word), "{text}: {why}");
        }
    }

    #[test]
    fn axes_form_a_grid_or_go_side_by_side() {
        let over = ["a=1,2".to_owned(), "b=x,y".to_owned()];
        let grid = Axes::parse(&over, false).expect("axes");
        assert_eq!(
            grid.points(),
            [["1", "x"], ["1", "y"], ["2", "x"], ["2", "y"]]
        );
        let zipped = Axes::parse(&over, true).expect("axes");
        assert_eq!(zipped.points(), [["1", "x"], ["2", "y"]]);
        let odd = ["a=1,2".to_owned(), "b=1,2,3".to_owned()];
        assert!(
            Axes::parse(&odd, true)
                .expect_err("lengths")
                .contains("`b` has 3")
        );
        let twice = ["a=1,2".to_owned(), "a=3,4".to_owned()];
        assert!(Axes::parse(&twice, false).is_err());
        let many: Vec<String> = ["a", "b"].map(|p| format!("{p}=1..200")).to_vec();
        assert!(Axes::parse(&many, false).is_err(), "40,000 points");
        assert_eq!(Axes::parse(&[], false).expect("none").points().len(), 1);
    }
}
