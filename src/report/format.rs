//! Numbers for people: scaled, with three significant digits and a unit. Files for machines stay in
//! base units with six.

use crate::probe::figures::Unit;
use crate::stats::Interval;

/// `value` with six significant digits and no trailing zeros: the form of all CSV files.
#[must_use]
pub fn machine(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let magnitude = value.abs().log10_floor();
    let decimals = (5 - magnitude).clamp(0, 12) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
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
        x if x < 0.999_5e-3 => format!("{} µs", short(value * 1e6)),
        x if x < 0.999_5 => format!("{} ms", short(value * 1e3)),
        x if x < 180.0 => format!("{} s", short(value)),
        x if x < 3.0 * 3600.0 => format!("{} min", short(value / 60.0)),
        _ => format!("{} h", short(value / 3600.0)),
    }
}

/// A whole number with thousands separated.
#[must_use]
pub fn count(value: f64) -> String {
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
        Unit::BytesPerS => format!(
            "{}B/s",
            if value.abs() < 9_999.5 {
                format!("{} ", prefixed(value))
            } else {
                prefixed(value)
            }
        ),
    }
}

/// A mean with its interval, where there is one.
#[must_use]
pub fn interval(of: &Interval, unit: Unit) -> String {
    match of.half_width {
        Some(half) if half > 0.0 => format!("{} ± {}", value(of.mean, unit), value(half, unit)),
        _ => value(of.mean, unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(value(7.5e6, Unit::BytesPerS), "7.50 MB/s");
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
