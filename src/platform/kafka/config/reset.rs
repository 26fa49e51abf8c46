//! `auto.offset.reset`.

use crate::facts;
use crate::settings::Section;
use crate::units::Nanos;

/// Where a group begins that has no valid commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// With the oldest record.
    Earliest,
    /// Behind the newest record.
    Latest,
    /// With the oldest record that is younger than this (KIP-1106, from 4.0 on).
    ByDuration(Nanos),
    /// Nowhere: poll() throws, and the member ends.
    Never,
}

pub(super) fn read(section: &Section<'_>) -> Reset {
    let word = section.or("auto.offset.reset", "latest".to_owned());
    match word.as_str() {
        "latest" => return Reset::Latest,
        "earliest" => return Reset::Earliest,
        "none" => return Reset::Never,
        _ => {}
    }
    let Some(text) = word.strip_prefix("by_duration:") else {
        let message = format!("`auto.offset.reset` cannot be `{word}`");
        let help = "latest, earliest, none or by_duration:PT1H";
        section.problem("auto.offset.reset", message, help);
        return Reset::Latest;
    };
    facts::on(section).refuse_before(
        section,
        "auto.offset.reset",
        "`by_duration`",
        "kafka.auto.offset.reset.by_duration",
    );
    let Some(duration) = iso_8601(text) else {
        let message = format!("`{text}` is no duration of ISO 8601");
        let help = "write P, days with D, then T and hours with H, minutes with M, seconds with S: P1DT12H";
        section.problem("auto.offset.reset", message, help);
        return Reset::Latest;
    };
    Reset::ByDuration(duration)
}

/// A duration in the form PnDTnHnMn.nS.
fn iso_8601(text: &str) -> Option<Nanos> {
    let rest = text.strip_prefix('P')?;
    let (days, clock) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, clock)) => (days, clock),
        None => (rest, ""),
    };
    if days.is_empty() && clock.is_empty() {
        return None;
    }
    let (days, rest) = leading(days, 'D')?;
    let (hours, clock) = leading(clock, 'H')?;
    let (minutes, clock) = leading(clock, 'M')?;
    let (seconds, clock) = leading(clock, 'S')?;
    let whole = days * 86_400.0 + hours * 3600.0 + minutes * 60.0 + seconds;
    (rest.is_empty() && clock.is_empty()).then_some(Nanos((whole * 1e9) as u64))
}

/// The number before `unit` at the beginning of `text`, 0 without one, and what follows; `None` if it is no number.
fn leading(text: &str, unit: char) -> Option<(f64, &str)> {
    let Some((number, rest)) = text.split_once(unit) else {
        return Some((0.0, text));
    };
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let value: f64 = number.parse().ok().filter(|_| plain)?;
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_iso_8601_are_read() {
        let seconds = |text: &str| iso_8601(text).map(|duration| duration.as_secs_f64());
        assert_eq!(seconds("PT1H"), Some(3600.0));
        assert_eq!(seconds("P1DT2H3M4.5S"), Some(93_784.5));
        assert_eq!(seconds("P7D"), Some(604_800.0));
        for wrong in [
            "", "P", "PT", "1H", "PT-1H", "PTH", "P1H", "PT1M1H", "PT1Hx",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
