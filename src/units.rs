//! Quantities with their units: points and lengths of simulated time, bytes, rates.
//!
//! Everything is an integer in one named base unit. The text form always carries a unit, so that
//! a scenario can be read aloud and a bare number is never guessed at. Decimal and binary prefixes
//! are different things and both are accepted: `MB` is 1,000,000 bytes, `MiB` is 1,048,576.

mod date;

pub use date::Date;

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// Nanoseconds in a second.
pub const NANOS_PER_S: u64 = 1_000_000_000;

/// A point on the simulated clock: nanoseconds since the run began `[ns]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(pub u64);

/// A length of simulated time `[ns]`, written as `"200 ms"`, `"5 min"` or `"1.5 h"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub u64);

/// An amount of data `[B]`, written as `"800 B"`, `"20 kB"` or `"1 MiB"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

/// A rate of data `[B/s]`, written as `"1 MiB/s"` or `"0.75 Gbit/s"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteRate(pub u64);

/// A rate of records, in millionths of a record per second, written as `"8000 records/s"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRate(pub u64);

/// A share between 0 and 1 in millionths, written as `"30 %"` or `"0.3"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Share(pub u32);

impl SimTime {
    /// The start of every run.
    pub const ZERO: Self = Self(0);
    /// The time in seconds, for reports and formulas.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_S as f64
    }
    /// The length from `earlier` to here, or zero when `earlier` is later.
    #[must_use]
    #[inline]
    pub fn since(self, earlier: Self) -> Nanos {
        Nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Nanos {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// A length given in whole milliseconds.
    #[must_use]
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }
    /// A length given in whole seconds.
    #[must_use]
    pub const fn from_secs(s: u64) -> Self {
        Self(s * NANOS_PER_S)
    }
    /// The length in seconds.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_S as f64
    }
    /// The length in milliseconds.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl ByteRate {
    /// The time that `bytes` take at this rate, rounded up to whole nanoseconds `[ns]`.
    ///
    /// A rate of zero means "no limit" and takes no time.
    #[must_use]
    #[inline]
    pub fn time_for(self, bytes: u64) -> Nanos {
        if self.0 == 0 {
            return Nanos::ZERO;
        }
        if let Some(scaled) = bytes.checked_mul(NANOS_PER_S) {
            return Nanos(scaled.div_ceil(self.0));
        }
        let nanos = (u128::from(bytes) * u128::from(NANOS_PER_S)).div_ceil(u128::from(self.0));
        Nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl RecordRate {
    /// The rate in records per second.
    #[must_use]
    pub fn per_s(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Share {
    /// The share as a fraction between 0 and 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl Add<Nanos> for SimTime {
    type Output = Self;
    #[inline]
    fn add(self, length: Nanos) -> Self {
        Self(self.0.saturating_add(length.0))
    }
}
impl AddAssign<Nanos> for SimTime {
    #[inline]
    fn add_assign(&mut self, length: Nanos) {
        *self = *self + length;
    }
}
impl Sub for SimTime {
    type Output = Nanos;
    #[inline]
    fn sub(self, earlier: Self) -> Nanos {
        debug_assert!(
            earlier <= self,
            "time ran back from {earlier:?} to {self:?}"
        );
        self.since(earlier)
    }
}
impl AddAssign for Nanos {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Add for Nanos {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// A quantity that is written as text with a unit.
pub trait Quantity: Sized {
    /// What a reader should write, for error messages.
    const EXPECTED: &'static str;
    /// The units that are read.
    const UNITS: &'static [&'static str];
    /// Reads the text form.
    ///
    /// # Errors
    /// One sentence that says what is wrong with `text`.
    fn parse(text: &str) -> Result<Self, String>;
}

/// Splits `"1.5 GiB"` into its number and its unit, checking that both are there.
fn split<'a>(text: &'a str, units: &str) -> Result<(f64, &'a str), String> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+')))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let value: f64 = number
        .replace('_', "")
        .parse()
        .map_err(|_| format!("`{text}` does not start with a number"))?;
    if value < 0.0 {
        return Err(format!("`{text}` is negative"));
    }
    if unit.trim().is_empty() {
        return Err(format!("`{text}` has no unit; write one of {units}"));
    }
    Ok((value, unit.trim()))
}

/// Multiplies and rounds to the nearest base unit, refusing what does not fit.
fn scale(value: f64, factor: f64, text: &str) -> Result<u64, String> {
    let scaled = (value * factor + 0.5).floor();
    if !scaled.is_finite() || scaled > 9.0e18 {
        return Err(format!("`{text}` is too large"));
    }
    if scaled == 0.0 && value > 0.0 {
        return Err(format!(
            "`{text}` is smaller than the smallest step that is counted"
        ));
    }
    Ok(scaled as u64)
}

fn unknown_unit<T>(unit: &str, units: &str) -> Result<T, String> {
    Err(format!("unknown unit `{unit}`; known are {units}"))
}

const TIME_UNITS: &str = "ns, us, ms, s, min, h, d";
const BYTE_UNITS: &str = "B, kB, MB, GB, TB, KiB, MiB, GiB, TiB";

fn byte_factor(unit: &str) -> Option<f64> {
    Some(match unit {
        "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "KiB" => 1024.0,
        "MiB" => 1_048_576.0,
        "GiB" => 1_073_741_824.0,
        "TiB" => 1_099_511_627_776.0,
        _ => return None,
    })
}

impl Quantity for Nanos {
    const UNITS: &'static [&'static str] = &["ns", "us", "µs", "ms", "s", "min", "m", "h", "d"];
    const EXPECTED: &'static str = "a length of time such as \"200 ms\" or \"5 min\"";
    fn parse(text: &str) -> Result<Self, String> {
        let (value, unit) = split(text, TIME_UNITS)?;
        let factor = match unit {
            "ns" => 1.0,
            "us" | "µs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "min" | "m" => 60e9,
            "h" => 3600e9,
            "d" => 86_400e9,
            _ => return unknown_unit(unit, TIME_UNITS),
        };
        scale(value, factor, text).map(Self)
    }
}

impl Quantity for Bytes {
    const UNITS: &'static [&'static str] = &[
        "B", "kB", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB",
    ];
    const EXPECTED: &'static str = "an amount of data such as \"800 B\" or \"1 MiB\"";
    fn parse(text: &str) -> Result<Self, String> {
        let (value, unit) = split(text, BYTE_UNITS)?;
        match byte_factor(unit) {
            Some(factor) => scale(value, factor, text).map(Self),
            None => unknown_unit(unit, BYTE_UNITS),
        }
    }
}

impl Quantity for ByteRate {
    const UNITS: &'static [&'static str] = &[
        "B/s", "kB/s", "KB/s", "MB/s", "GB/s", "TB/s", "KiB/s", "MiB/s", "GiB/s", "TiB/s",
        "Mbit/s", "Mbps", "Gbit/s", "Gbps",
    ];
    const EXPECTED: &'static str = "a data rate such as \"1 MiB/s\" or \"0.75 Gbit/s\"";
    fn parse(text: &str) -> Result<Self, String> {
        const UNITS: &str = "B/s, kB/s, MB/s, KiB/s, MiB/s, GiB/s, Mbit/s, Gbit/s";
        let (value, unit) = split(text, UNITS)?;
        let factor = match unit {
            "Mbit/s" | "Mbps" => Some(1e6 / 8.0),
            "Gbit/s" | "Gbps" => Some(1e9 / 8.0),
            _ => unit.strip_suffix("/s").and_then(byte_factor),
        };
        match factor {
            Some(factor) => scale(value, factor, text).map(Self),
            None => unknown_unit(unit, UNITS),
        }
    }
}

impl Quantity for RecordRate {
    const UNITS: &'static [&'static str] = &[
        "records/s",
        "record/s",
        "records/min",
        "record/min",
        "records/h",
        "record/h",
    ];
    const EXPECTED: &'static str = "a record rate such as \"8000 records/s\"";
    fn parse(text: &str) -> Result<Self, String> {
        const UNITS: &str = "records/s, records/min, records/h";
        let (value, unit) = split(text, UNITS)?;
        let factor = match unit {
            "records/s" | "record/s" => 1e6,
            "records/min" | "record/min" => 1e6 / 60.0,
            "records/h" | "record/h" => 1e6 / 3600.0,
            _ => return unknown_unit(unit, UNITS),
        };
        scale(value, factor, text).map(Self)
    }
}

impl Quantity for Share {
    const UNITS: &'static [&'static str] = &["%"];
    const EXPECTED: &'static str = "a share such as \"30 %\"";
    fn parse(text: &str) -> Result<Self, String> {
        let (value, unit) = split(text, "%")?;
        if unit != "%" {
            return unknown_unit(unit, "%");
        }
        if value > 100.0 {
            return Err(format!("`{text}` is more than 100 %"));
        }
        Ok(Self((value * 1e4 + 0.5).floor() as u32))
    }
}

/// Prints `value / factor` with the largest unit that leaves it exact to three decimals.
fn print(f: &mut fmt::Formatter<'_>, value: u64, steps: &[(u64, &str)]) -> fmt::Result {
    let (base, smallest) = steps[steps.len() - 1];
    for (factor, unit) in steps {
        let exact = u128::from(value) * 1000 % u128::from(*factor) == 0;
        if value >= *factor && exact {
            return write!(f, "{} {unit}", value as f64 / *factor as f64);
        }
    }
    write!(f, "{} {smallest}", value / base)
}

impl fmt::Display for Nanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const STEPS: [(u64, &str); 7] = [
            (86_400 * NANOS_PER_S, "d"),
            (3600 * NANOS_PER_S, "h"),
            (60 * NANOS_PER_S, "min"),
            (NANOS_PER_S, "s"),
            (1_000_000, "ms"),
            (1000, "us"),
            (1, "ns"),
        ];
        print(f, self.0, &STEPS)
    }
}

const BYTE_STEPS: [(u64, &str); 9] = [
    (1 << 40, "TiB"),
    (1_000_000_000_000, "TB"),
    (1 << 30, "GiB"),
    (1_000_000_000, "GB"),
    (1 << 20, "MiB"),
    (1_000_000, "MB"),
    (1 << 10, "KiB"),
    (1000, "kB"),
    (1, "B"),
];

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, self.0, &BYTE_STEPS)
    }
}
impl fmt::Display for ByteRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", Bytes(self.0))
    }
}
impl fmt::Display for RecordRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} records/s", self.per_s())
    }
}
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", f64::from(self.0) / 1e4)
    }
}

/// A whole number of things with their noun: `1 record`, `2 records`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_that_is_named_is_read() {
        fn all<Q: Quantity>() {
            for unit in Q::UNITS {
                assert!(Q::parse(&format!("1 {unit}")).is_ok(), "{unit}");
            }
        }
        all::<Nanos>();
        all::<Bytes>();
        all::<ByteRate>();
        all::<RecordRate>();
        all::<Share>();
    }

    #[test]
    fn reads_the_spellings_of_a_scenario() {
        assert_eq!(Nanos::parse("200 ms"), Ok(Nanos(200_000_000)));
        assert_eq!(Nanos::parse("5min"), Ok(Nanos::from_secs(300)));
        assert_eq!(Nanos::parse("1.5 h"), Ok(Nanos::from_secs(5400)));
        assert_eq!(Bytes::parse("1 MiB"), Ok(Bytes(1_048_576)));
        assert_eq!(Bytes::parse("1 MB"), Ok(Bytes(1_000_000)));
        assert_eq!(Bytes::parse("1_000 B"), Ok(Bytes(1000)));
        assert_eq!(ByteRate::parse("0.75 Gbit/s"), Ok(ByteRate(93_750_000)));
        assert_eq!(
            RecordRate::parse("8000 records/s"),
            Ok(RecordRate(8_000_000_000))
        );
        assert_eq!(Share::parse("29.4 %"), Ok(Share(294_000)));
    }

    #[test]
    fn refuses_what_could_be_misread() {
        for (text, part) in [
            ("5", "no unit"),
            ("ms", "does not start with a number"),
            ("-5 ms", "negative"),
            ("5 parsecs", "unknown unit"),
            ("1e3 s", "unknown unit"),
            ("99999999999999 d", "too large"),
            ("0.1 ns", "smaller than"),
            ("1.2.3 s", "number"),
            ("", "number"),
        ] {
            let error = Nanos::parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!(Bytes::parse("5 mb").is_err());
        assert!(Share::parse("130 %").is_err());
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same_value() {
        for ns in [
            0,
            1,
            999,
            1500,
            5_000_000,
            90 * NANOS_PER_S,
            86_400 * NANOS_PER_S,
            123_456_789,
        ] {
            assert_eq!(Nanos::parse(&Nanos(ns).to_string()), Ok(Nanos(ns)));
        }
        for bytes in [
            0,
            1,
            800,
            1000,
            1024,
            20_000,
            1 << 20,
            10 << 20,
            1_048_588,
            123_457,
        ] {
            assert_eq!(Bytes::parse(&Bytes(bytes).to_string()), Ok(Bytes(bytes)));
            assert_eq!(
                ByteRate::parse(&ByteRate(bytes).to_string()),
                Ok(ByteRate(bytes))
            );
        }
        assert_eq!(RecordRate(2_500_000).to_string(), "2.5 records/s");
        assert_eq!(Share(294_000).to_string(), "29.4 %");
    }

    #[test]
    fn transfer_times_round_up() {
        assert_eq!(ByteRate(3).time_for(1), Nanos(333_333_334));
        assert_eq!(ByteRate(0).time_for(1 << 40), Nanos::ZERO);
    }
}
