//! Numbers for people: scaled, with three significant digits and a unit. Files for machines stay in
//! base units with six.

use crate::probe::figures::Unit;
use crate::stats::Interval;

/// `value` with six significant digits and no trailing zeros: the form of all CSV files.
#[must_use]
pub fn machine(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if value == 0.0 || value.is_nan() {
        return "0".to_owned();
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return (value as i64).to_string();
    }
    let magnitude = value.abs().log10_floor();
    let decimals = (5 - magnitude).clamp(0, 12) as u32;
    if let Some(scaled) = scaled(value.abs(), decimals) {
        return trimmed(value < 0.0, scaled, decimals as usize);
    }
    let text = format!("{value:.*}", decimals as usize);
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A value times a power of ten as a whole number, rounded exactly; `None` for the rare cases that are left to the
/// standard library: a value that lies just between two whole numbers, or is very small or large.
fn scaled(value: f64, decimals: u32) -> Option<u64> {
    let bits = value.to_bits();
    let exponent = (bits >> 52) as i32 - 1075;
    // A normal number below 2^53 and above 2^-42: both products fit.
    if !(-94..0).contains(&exponent) {
        return None;
    }
    let mantissa = u128::from(bits & ((1 << 52) - 1) | (1 << 52));
    let wide = mantissa * u128::from(10_u64.pow(decimals));
    let shift = exponent.unsigned_abs();
    let (whole, rest, half) = (
        wide >> shift,
        wide & ((1 << shift) - 1),
        1_u128 << (shift - 1),
    );
    (rest != half).then_some(whole as u64 + u64::from(rest > half))
}

/// The text of `scaled` over ten to the power of `decimals`, without idle zeros.
fn trimmed(negative: bool, scaled: u64, decimals: usize) -> String {
    let mut digits = [b'0'; 32];
    let (mut rest, mut first) = (scaled, digits.len());
    while rest > 0 || digits.len() - first <= decimals {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let point = digits.len() - decimals;
    let mut text = String::with_capacity(24);
    if negative {
        text.push('-');
    }
    text.extend(digits[first..point].iter().map(|digit| char::from(*digit)));
    let idle = digits[point..]
        .iter()
        .rev()
        .take_while(|digit| **digit == b'0')
        .count();
    let decimals = &digits[point..digits.len() - idle];
    if !decimals.is_empty() {
        text.push('.');
        text.extend(decimals.iter().map(|digit| char::from(*digit)));
    }
    text
}

trait Log10Floor {
    fn log10_floor(self) -> i32;
}
impl Log10Floor for f64 {
    fn log10_floor(self) -> i32 {
        libm::floor(libm::log10(self)) as i32
    }
}

/// Three significant digits.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        x if x < 9.995 => format!("{value:.2}"),
        x if x < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// A length of time from seconds.
#[must_use]
pub fn seconds(value: f64) -> String {
    match value.abs() {
        0.0 => "0 s".to_owned(),
        x if x.is_infinite() => "never".to_owned(),
        // Differences of equal times are no more than what rounding leaves.
        x if x < 5e-12 => "0 s".to_owned(),
        x if x < 5e-9 => format!("{} ns", short(value * 1e9)),
        x if x < 0.999_5e-3 => format!("{} µs", short(value * 1e6)),
        x if x < 0.999_5 => format!("{} ms", short(value * 1e3)),
        x if x < 180.0 => format!("{} s", short(value)),
        x if x < 3.0 * 3600.0 => format!("{} min", short(value / 60.0)),
        _ => format!("{} h", short(value / 3600.0)),
    }
}

/// A stretch of time between two instants `[s]`, in one unit where both are long enough; one that is too short to show is around
/// an instant.
#[must_use]
pub fn between(from: f64, to: f64) -> String {
    let end = seconds(to);
    let begin = match end.split_once(' ') {
        Some((_, "min")) if from >= 60.0 => format!("{} min", short(from / 60.0)),
        Some((_, "h")) if from >= 3600.0 => format!("{} h", short(from / 3600.0)),
        _ => seconds(from),
    };
    match begin == end {
        true => format!("around {end}"),
        false => format!("between {begin} and {end}"),
    }
}

/// A number of things with thousands separated. Below ten, a mean over replications that is not whole keeps two
/// digits: `0.4` of a record is not none.
#[must_use]
pub fn count(value: f64) -> String {
    if value.fract() != 0.0 && value.abs() < 9.95 {
        return few(value);
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < -0.5 {
        format!("-{text}")
    } else {
        text
    }
}

/// A small number that is not whole, with two significant digits and at most two decimals.
fn few(value: f64) -> String {
    match value.abs() {
        x if x < 0.005 => "below 0.01".to_owned(),
        x if x < 0.995 => trimmed_text(format!("{value:.2}")),
        _ => trimmed_text(format!("{value:.1}")),
    }
}

fn trimmed_text(text: String) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number of things with their noun: `1 record`, `0.4 records`, `2,000 records`.
#[must_use]
pub fn counted(value: f64, noun: &str) -> String {
    let text = count(value);
    let plural = if text == "1" { "" } else { "s" };
    format!("{text} {noun}{plural}")
}

/// A number with three significant digits, without idle zeros: `0.0036`, `12.5`, `1030`.
#[must_use]
pub fn machine_short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let decimals = (2 - value.abs().log10_floor()).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A large number with a prefix: `9.4 k`, `1.2 M`.
#[must_use]
pub fn prefixed(value: f64) -> String {
    match value.abs() {
        x if x >= 0.999_5e9 => format!("{} G", short(value / 1e9)),
        x if x >= 0.999_5e6 => format!("{} M", short(value / 1e6)),
        x if x >= 9_999.5 => format!("{} k", short(value / 1e3)),
        x if x >= 99.95 || value.fract() == 0.0 => format!("{value:.0}"),
        _ => short(value),
    }
}

/// An amount of data.
#[must_use]
pub fn bytes(value: f64) -> String {
    let prefixed = prefixed(value);
    if value.abs() < 9_999.5 {
        format!("{prefixed} B")
    } else {
        format!("{prefixed}B")
    }
}

/// A tick of an axis: a large number with a prefix and no idle zeros.
#[must_use]
pub fn tick(value: f64) -> String {
    let (scaled, prefix) = match value.abs() {
        x if x >= 0.999_5e9 => (value / 1e9, " G"),
        x if x >= 0.999_5e6 => (value / 1e6, " M"),
        x if x >= 9_999.5 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    format!("{}{prefix}", plain(scaled))
}

/// A tick of a time axis from seconds.
#[must_use]
pub fn tick_seconds(value: f64) -> String {
    match value.abs() {
        0.0 => "0 s".to_owned(),
        x if x < 0.999_5e-3 => format!("{} µs", plain(value * 1e6)),
        x if x < 0.999_5 => format!("{} ms", plain(value * 1e3)),
        x if x >= 9_999.5 => format!("{} s", count(value)),
        _ => format!("{} s", plain(value)),
    }
}

/// At most two decimals, without idle zeros.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A share as a percentage.
#[must_use]
pub fn percent(value: f64) -> String {
    match value * 100.0 {
        0.0 => "0 %".to_owned(),
        x if x.abs() < 0.000_05 => "below 0.0001 %".to_owned(),
        x if x.abs() < 0.01 => format!("{x:.4} %"),
        x if x.abs() < 10.0 => format!("{x:.2} %"),
        x => format!("{x:.1} %"),
    }
}

/// An amount of money: cents, or three significant digits where there are none.
#[must_use]
pub fn usd(value: f64) -> String {
    match value.abs() {
        0.0 => "0 USD".to_owned(),
        x if x < 0.995e-9 => "below 1e-9 USD".to_owned(),
        x if x < 0.995 => {
            let decimals = (2 - x.log10_floor()).clamp(2, 11) as usize;
            format!("{value:.decimals$} USD")
        }
        x if x < 9_999.5 => format!("{value:.2} USD"),
        _ => format!("{} USD", count(value)),
    }
}

/// A value of a figure.
#[must_use]
pub fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count => count(value),
        Unit::Seconds => seconds(value),
        Unit::Share => percent(value),
        Unit::Usd => usd(value),
        Unit::RecordsPerS => format!("{}/s", prefixed(value)),
        Unit::BytesPerS => format!("{}/s", bytes(value)),
    }
}

/// The relative width of an interval that comes from the rounding of sums alone: the replications gave the same value.
const ROUNDING: f64 = 1e-12;

/// A mean with its interval, where there is one.
#[must_use]
pub fn interval(of: &Interval, unit: Unit) -> String {
    match of.half_width {
        None if of.mean.is_infinite() && of.n > 1 => "never in some replications".to_owned(),
        Some(half) if half > ROUNDING * of.mean.abs() => {
            format!("{} ± {}", value(of.mean, unit), value(half, unit))
        }
        _ => value(of.mean, unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six digits as the standard library rounds them.
    fn plain(value: f64) -> String {
        let decimals = (5 - value.abs().log10_floor()).clamp(0, 12) as usize;
        let text = format!("{value:.decimals$}");
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text,
        }
    }

    #[test]
    fn numbers_for_machines_are_rounded_as_the_standard_library_does() {
        let draws = crate::engine::Stream::new(3, 0, "format");
        for n in 0..200_000 {
            let size = libm::exp(60.0 * draws.uniform(2 * n) - 30.0);
            let part = f64::from(draws.draw(2 * n + 1) as u32 % 4096) / 4096.0;
            for value in [
                size,
                -size,
                part + 1e-9,
                part + 4096.0,
                f64::from(size as f32),
            ] {
                assert_eq!(machine(value), plain(value), "{value:e}");
            }
        }
        for value in [
            0.5,
            2.5,
            0.000_000_5,
            1_000_000.5,
            1e15,
            1e16,
            9.999_995,
            1e300,
            1e-300,
        ] {
            assert_eq!(machine(value), plain(value), "{value:e}");
        }
    }

    #[test]
    fn a_stretch_of_time_has_one_unit_where_it_can() {
        let found = [
            (40.0, 51.0),
            (60.0, 240.0),
            (5.0, 300.0),
            (14_400.0, 133_200.0),
            (418_000.0, 418_100.0),
        ]
        .map(|(from, to)| between(from, to));
        assert_eq!(
            found.join(" | "),
            "between 40.0 s and 51.0 s | between 1.00 min and 4.00 min | between 5.00 s and 5.00 min | \
             between 4.00 h and 37.0 h | around 116 h"
        );
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(seconds(0.012_345), "12.3 ms");
        assert_eq!(seconds(0.999_9), "1.00 s");
        assert_eq!(seconds(4e-6), "4.00 µs");
        assert_eq!(seconds(7200.0), "120 min");
        assert_eq!(count(18_002_670.0), "18,002,670");
        assert_eq!(count(999.0), "999");
        assert_eq!(
            (usd(0.0), usd(0.000_012_34), usd(0.0456)),
            ("0 USD".into(), "0.0000123 USD".into(), "0.0456 USD".into())
        );
        assert_eq!(
            (usd(759.9), usd(12_345.6)),
            ("759.90 USD".into(), "12,346 USD".into())
        );
        assert_eq!(percent(0.0312), "3.12 %");
        assert_eq!(percent(1e-7), "below 0.0001 %");
        assert_eq!(
            (seconds(-3e-17), seconds(-4e-10)),
            ("0 s".into(), "-0.40 ns".into())
        );
        assert_eq!(value(7.5e6, Unit::BytesPerS), "7.50 MB/s");
        let counts = [0.0, 0.001, 0.04, 0.4, 1.0, 2.25, 9.96, 12.4, -0.4, -3.0].map(count);
        assert_eq!(
            counts.join(" | "),
            "0 | below 0.01 | 0.04 | 0.4 | 1 | 2.2 | 10 | 12 | -0.4 | -3"
        );
        let records = [1.0, 0.4, 2000.0, 0.0].map(|n| counted(n, "record"));
        assert_eq!(
            records.join(" | "),
            "1 record | 0.4 records | 2,000 records | 0 records"
        );
        assert_eq!(value(940.0, Unit::RecordsPerS), "940/s");
        assert_eq!(machine(0.000_123_456_78), "0.000123457");
        assert_eq!(machine(1_234_567.891), "1234568");
        assert_eq!(machine(42.0), "42");
        assert_eq!(machine(-0.5), "-0.5");
        assert_eq!(
            (tick(20_000.0), tick(0.5), tick(1000.0)),
            ("20 k".into(), "0.5".into(), "1000".into())
        );
        assert_eq!(
            (tick_seconds(0.01), tick_seconds(1000.0)),
            ("10 ms".into(), "1000 s".into())
        );
    }
}
