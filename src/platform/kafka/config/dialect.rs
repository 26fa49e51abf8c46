//! The units of Kafka's and MSK's own numbers: `retention.ms` counts milliseconds, `VolumeSize` GiB.

use crate::settings::BaseUnit;

/// Keys whose names do not end in their unit.
const OTHERS: [(&str, BaseUnit); 6] = [
    ("batch.size", BaseUnit::Bytes),
    ("buffer.memory", BaseUnit::Bytes),
    ("max.request.size", BaseUnit::Bytes),
    ("VolumeSize", BaseUnit::Gib),
    ("VolumeSizeGB", BaseUnit::Gib),
    ("ProvisionedThroughput.VolumeThroughput", BaseUnit::MibPerS),
];

/// The unit that the whole number `key` counts.
pub(super) fn unit_of(key: &str) -> Option<BaseUnit> {
    let other = OTHERS.iter().find(|(name, _)| *name == key);
    if let Some((_, unit)) = other {
        return Some(*unit);
    }
    match key.rsplit('.').next()? {
        "ms" => Some(BaseUnit::Millis),
        "seconds" => Some(BaseUnit::Seconds),
        "minutes" => Some(BaseUnit::Minutes),
        "hours" => Some(BaseUnit::Hours),
        "bytes" => Some(BaseUnit::Bytes),
        _ => None,
    }
}
