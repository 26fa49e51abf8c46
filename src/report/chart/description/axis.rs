//! Axes: what they measure, from where to where, and their ticks.

use crate::report::format;
use serde::Serialize;

/// How values of an axis lie on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Equal steps are equally long.
    Linear,
    /// Equal factors are equally long.
    Log,
}

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// A number, with a prefix if it is large.
    Number,
    /// A whole number: ticks between whole numbers are left out.
    Whole,
    /// A length of time, from seconds.
    Seconds,
    /// A share, as a percentage.
    Share,
    /// An amount of US dollars.
    Usd,
    /// A name; values have no meaning of their own.
    Name,
}

impl Format {
    /// A value as a tick writes it.
    #[must_use]
    pub fn tick(self, value: f64) -> String {
        match self {
            Self::Number | Self::Whole => format::tick(value),
            Self::Seconds => format::tick_seconds(value),
            Self::Share => format!("{} %", format::tick(value * 100.0)),
            Self::Usd => format::machine_short(value),
            Self::Name => String::new(),
        }
    }

    /// A value as a sentence writes it.
    #[must_use]
    pub fn value(self, value: f64) -> String {
        match self {
            Self::Number => format::prefixed(value),
            Self::Whole => format::count(value),
            Self::Seconds => format::seconds(value),
            Self::Share => format::percent(value),
            Self::Usd => format::usd(value),
            Self::Name => String::new(),
        }
    }
}

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tick {
    /// Where it is.
    pub at: f64,
    /// What stands beside it.
    pub label: String,
}

/// An axis of a panel.
#[derive(Clone, Debug, Serialize)]
pub struct Axis {
    /// What it measures.
    pub label: String,
    /// The unit of its label, empty if each tick has its own.
    pub unit: String,
    /// How values lie on it.
    pub scale: Scale,
    /// How values are written.
    pub format: Format,
    /// Its lower end.
    pub from: f64,
    /// Its upper end.
    pub to: f64,
    /// Whether it is the time of the run `[s]`.
    pub is_time: bool,
    /// The unit of its ticks, in units of its values: 60 where values are seconds and ticks are minutes.
    pub per_unit: f64,
    /// Ticks, more than small panels have room for.
    pub ticks: Vec<Tick>,
}

impl Axis {
    /// An axis of equal steps from 0 to a little more than `most`.
    pub(in crate::report::chart) fn linear(label: &str, format: Format, most: f64) -> Self {
        let to = if most > 0.0 { most * 1.08 } else { 1.0 };
        Self::between(label, format, 0.0, to)
    }

    /// An axis of equal steps between two values.
    pub(in crate::report::chart) fn between(
        label: &str,
        format: Format,
        from: f64,
        to: f64,
    ) -> Self {
        let whole = |at: &f64| format != Format::Whole || (at - libm::round(*at)).abs() < 1e-9;
        // Shares are stepped in per cent, so that ticks are round.
        let ticks = steps(from, to, 8).into_iter().filter(whole);
        Self {
            label: label.to_owned(),
            unit: String::new(),
            scale: Scale::Linear,
            format,
            from,
            to,
            is_time: false,
            per_unit: 1.0,
            ticks: ticks
                .map(|at| Tick {
                    at,
                    label: format.tick(at),
                })
                .collect(),
        }
    }

    /// An axis of equal factors around the positive values. It has a tick at each power of ten, and at their doubles and halves
    /// where there would be one tick.
    pub(in crate::report::chart) fn log(
        label: &str,
        format: Format,
        values: impl Iterator<Item = f64>,
    ) -> Self {
        let (from, to) = ends(values);
        let steps = round_steps(from, to);
        let decades: Vec<f64> = steps.iter().copied().filter(is_decade).collect();
        let kept = if decades.len() > 1 { decades } else { steps };
        let tick = |at| Tick {
            at,
            label: format.tick(at),
        };
        let ticks = kept.into_iter().map(tick).collect();
        Self {
            scale: Scale::Log,
            ticks,
            ..Self::between(label, format, from, to)
        }
    }

    /// The time of a run `[s]`.
    pub(in crate::report) fn time(duration_s: f64) -> Self {
        let (unit, per_unit) = time_unit(duration_s);
        let ticks = steps(0.0, duration_s / per_unit, 10).into_iter();
        Self {
            unit: unit.to_owned(),
            is_time: true,
            per_unit,
            ticks: ticks
                .map(|at| Tick {
                    at: at * per_unit,
                    label: format::tick(at),
                })
                .collect(),
            ..Self::between("time", Format::Seconds, 0.0, duration_s)
        }
    }

    /// An instant on an axis of time, for sentences.
    #[must_use]
    pub fn instant(&self, t: f64) -> String {
        match t / self.per_unit {
            // A moment after the beginning of a long run.
            units if self.unit.is_empty() || units < 0.1 => format::seconds(t),
            units => format!("{} {}", format::machine_short(units), self.unit),
        }
    }

    /// An axis with names in place of values; the first name is at 0, the second at 1.
    pub(in crate::report::chart) fn names(
        label: &str,
        names: &[String],
        from: f64,
        to: f64,
    ) -> Self {
        let tick = |(at, label): (usize, &String)| Tick {
            at: at as f64,
            label: label.clone(),
        };
        Self {
            ticks: names.iter().enumerate().map(tick).collect(),
            ..Self::between(label, Format::Name, from, to)
        }
    }

    /// The axis with a unit behind its label.
    pub(in crate::report::chart) fn in_unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.unit);
        self
    }

    /// Label and unit as a picture writes them.
    #[must_use]
    pub fn heading(&self) -> String {
        if self.unit.is_empty() {
            self.label.clone()
        } else {
            format!("{} [{}]", self.label, self.unit)
        }
    }

    /// Where a value lies, from 0 at the lower end to 1 at the upper end.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        let place = match self.scale {
            Scale::Linear => (value - self.from) / (self.to - self.from),
            Scale::Log => {
                let value = value.max(self.from * 1e-9);
                libm::log10(value / self.from) / libm::log10(self.to / self.from)
            }
        };
        place.clamp(-0.5, 1.5)
    }
}

/// A unit for the time axis and seconds per unit.
pub(in crate::report::chart) fn time_unit(duration_s: f64) -> (&'static str, f64) {
    match duration_s {
        d if d < 300.0 => ("s", 1.0),
        d if d < 3.0 * 3600.0 => ("min", 60.0),
        d if d < 72.0 * 3600.0 => ("h", 3600.0),
        _ => ("days", 86_400.0),
    }
}

/// Round values between two others, at most about `most` of them.
fn steps(from: f64, to: f64, most: usize) -> Vec<f64> {
    let raw = (to - from) / most.max(1) as f64;
    if raw <= 0.0 || !raw.is_finite() {
        return Vec::new();
    }
    let power = libm::pow(10.0, libm::floor(libm::log10(raw)));
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= raw * 0.999)
        .unwrap_or(power * 10.0);
    let (first, last) = (
        libm::ceil(from / step - 1e-9),
        libm::floor(to / step + 1e-9),
    );
    let count = (last - first).max(0.0) as usize;
    (0..=count).map(|n| (first + n as f64) * step).collect()
}

/// 1, 2 and 5 times a power of ten.
const ROUND: [f64; 3] = [1.0, 2.0, 5.0];

/// The round values from one to another, both included.
fn round_steps(from: f64, to: f64) -> Vec<f64> {
    let first = libm::floor(libm::log10(from)) as i32;
    let last = libm::ceil(libm::log10(to)) as i32;
    let of = |power: i32| ROUND.map(|step| step * libm::pow(10.0, f64::from(power)));
    let all = (first - 1..=last).flat_map(of);
    all.filter(|step| (from * 0.999..=to * 1.001).contains(step))
        .collect()
}

/// Whether a value is a power of ten.
fn is_decade(value: &f64) -> bool {
    let power = libm::log10(*value);
    (power - libm::round(power)).abs() < 1e-6
}

/// Round values around the positive values.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let positive = values.filter(|value| *value > 0.0 && value.is_finite());
    let (low, high) = positive.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if high == 0.0 {
        return (1e-3, 1.0);
    }
    let steps = round_steps(low / 10.0, high * 10.0);
    let from = steps.iter().rev().find(|step| **step <= low * 1.001);
    let to = steps.iter().find(|step| **step >= high * 0.999);
    match (from, to) {
        (Some(from), Some(to)) if to > from => (*from, *to),
        _ => (low / 2.0, high * 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::{Axis, Format};

    #[test]
    fn ticks_are_round_and_inside() {
        let labels = |axis: &Axis| -> Vec<String> {
            axis.ticks.iter().map(|tick| tick.label.clone()).collect()
        };
        let axis = Axis::linear("rate", Format::Number, 37_000.0);
        assert_eq!(
            labels(&axis),
            ["0", "5000", "10 k", "15 k", "20 k", "25 k", "30 k", "35 k"]
        );
        let axis = Axis::log("delay", Format::Seconds, [0.004, 3.0].into_iter());
        assert_eq!(labels(&axis), ["10 ms", "100 ms", "1 s"]);
        assert!((axis.from, axis.to) == (0.002, 5.0));
        let axis = Axis::log("delay", Format::Seconds, [0.0062, 0.0083].into_iter());
        assert_eq!(labels(&axis), ["5 ms", "10 ms"]);
        let axis = Axis::log("delay", Format::Seconds, [0.007].into_iter());
        assert_eq!(labels(&axis), ["5 ms", "10 ms"]);
        let axis = Axis::log("delay", Format::Seconds, [0.02, 60_000.0].into_iter());
        assert_eq!(labels(&axis).last().map(String::as_str), Some("100,000 s"));
        let axis = Axis::linear("brokers", Format::Whole, 2.0);
        assert_eq!(labels(&axis), ["0", "1", "2"]);
        let axis = Axis::time(600.0);
        assert_eq!((labels(&axis).len(), axis.ticks[1].at), (11, 60.0));
    }

    #[test]
    fn instants_have_the_unit_of_their_axis() {
        let told = |run: f64, t: f64| Axis::time(run).instant(t);
        assert_eq!(told(240.0, 120.0), "120 s");
        assert_eq!(told(720.0, 245.0), "4.08 min");
        assert_eq!(told(720.0, 1.5), "1.50 s");
        assert_eq!(told(86_400.0, 10_260.0), "2.85 h");
        assert_eq!(told(5.0 * 86_400.0, 4.8 * 86_400.0), "4.8 days");
    }
}
