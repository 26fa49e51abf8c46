//! The series in the text form of OpenMetrics, for dashboards.
//!
//! A run begins at midnight (UTC) of the day whose limits it is under, so that the file is the same whenever it is written.
//! Every series is a gauge: a count is that of its sampling interval.
//!
//! # Source
//! OpenMetrics 1.0, text format: metric families are not interleaved, a unit is the end of the family's name, the last line
//! is `# EOF`.

use crate::report::Report;
use crate::report::format::machine;
use crate::report::series::{MONITORING, Sample, each};
use crate::units::Date;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What every name begins with.
const PREFIX: &str = "streamduel_";

/// A metric family.
#[derive(Default)]
struct Family {
    unit: String,
    help: String,
    /// The values of each set of labels, in the order of time.
    series: BTreeMap<String, Vec<(f64, f64)>>,
}

/// All series as text.
pub(super) fn text(report: &Report) -> String {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    each(report, &mut |sample: &Sample<'_>| {
        let (unit, name) = (unit(sample.unit), word(sample.metric));
        let name = match name.strip_suffix(&format!("_{unit}")) {
            Some(stem) => format!("{PREFIX}{stem}_{unit}"),
            None => format!("{PREFIX}{name}_{unit}"),
        };
        let family = families.entry(name).or_insert_with(|| Family {
            unit,
            help: format!("{} [{}]", sample.metric, sample.unit),
            series: BTreeMap::new(),
        });
        let values = family.series.entry(labels(sample)).or_default();
        values.push((sample.t_s, sample.value));
    });
    let begin = Date::parse(&report.as_of).map_or(0, Date::unix_days) * 86_400;
    let mut text = String::new();
    for (name, family) in &families {
        write_family(&mut text, begin, name, family);
    }
    text + "# EOF\n"
}

fn write_family(text: &mut String, begin: u64, name: &str, family: &Family) {
    let (unit, help) = (&family.unit, escaped(&family.help));
    let _ = writeln!(text, "# TYPE {name} gauge");
    let _ = writeln!(text, "# UNIT {name} {unit}");
    let _ = writeln!(text, "# HELP {name} {help}");
    for (labels, values) in &family.series {
        for (t, value) in values {
            let at = begin * 1000 + (t * 1000.0 + 0.5) as u64;
            let (s, ms) = (at / 1000, at % 1000);
            let _ = writeln!(text, "{name}{{{labels}}} {} {s}.{ms:03}", machine(*value));
        }
    }
}

/// The labels of a series; those of the platform's own monitoring say the period too, because it has several views.
fn labels(sample: &Sample<'_>) -> String {
    let mut labels = format!(
        "system=\"{}\",replication=\"{}\",entity=\"{}\",metric=\"{}\"",
        escaped(sample.system),
        sample.replication,
        escaped(sample.entity),
        escaped(sample.metric)
    );
    if sample.entity == MONITORING {
        let _ = write!(labels, ",period_s=\"{}\"", machine(sample.period_s));
    }
    labels
}

/// Text inside quotes or behind `# HELP`.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('"', "\\\"")
}

/// The unit as the end of a name: base units in the plural, `_per_second` for a rate.
fn unit(unit: &str) -> String {
    match unit {
        "s" | "Seconds" => "seconds".to_owned(),
        "ms" | "Milliseconds" => "milliseconds".to_owned(),
        "share" => "ratio".to_owned(),
        "%" | "Percent" => "percent".to_owned(),
        "" | "None" | "Count" => "count".to_owned(),
        other => word(
            &other
                .replace("/s", " per second")
                .replace("/Second", " per second"),
        ),
    }
}

/// Text as a part of a name: lower-case letters, digits and `_`.
fn word(text: &str) -> String {
    let mut word = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if !word.ends_with('_') && !word.is_empty() {
            word.push('_');
        }
    }
    word.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_that_end_in_their_unit() {
        assert_eq!(word("IncomingBytes (sum)"), "incomingbytes_sum");
        assert_eq!(word("append p99"), "append_p99");
        assert_eq!(unit("records/s"), "records_per_second");
        assert_eq!(unit("share"), "ratio");
        assert_eq!(unit("Bytes/Second"), "bytes_per_second");
        assert_eq!(escaped("a\"b\\\n"), "a\\\"b\\\\\\n");
    }
}
