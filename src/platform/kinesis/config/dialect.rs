//! The units of the service's and its libraries' own numbers: `RetentionPeriodHours` counts hours.

use crate::settings::BaseUnit;

/// Keys whose names do not end in their unit.
const OTHERS: [(&str, BaseUnit); 9] = [
    ("RecordMaxBufferedTime", BaseUnit::Millis),
    ("RecordTtl", BaseUnit::Millis),
    ("RequestTimeout", BaseUnit::Millis),
    ("ConnectTimeout", BaseUnit::Millis),
    ("read_timeout", BaseUnit::Seconds),
    ("connect_timeout", BaseUnit::Seconds),
    ("AggregationMaxSize", BaseUnit::Bytes),
    ("CollectionMaxSize", BaseUnit::Bytes),
    ("maxCacheByteSize", BaseUnit::Bytes),
];

/// Endings that name the unit.
const ENDINGS: [(&str, BaseUnit); 5] = [
    ("Millis", BaseUnit::Millis),
    ("InSeconds", BaseUnit::Seconds),
    ("Hours", BaseUnit::Hours),
    ("InKiB", BaseUnit::Kib),
    ("MiBps", BaseUnit::MibPerS),
];

/// The unit that the whole number `key` counts.
pub(super) fn unit_of(key: &str) -> Option<BaseUnit> {
    let other = OTHERS.iter().find(|(name, _)| *name == key);
    let ending = ENDINGS.iter().find(|(end, _)| key.ends_with(end));
    other.or(ending).map(|(_, unit)| *unit)
}
