//! How brokers recover logs that they had not flushed, and how new controllers read what there is.

use super::Metadata;
use crate::facts;
use crate::settings::Section;
use crate::units::{ByteRate, Nanos};

/// How a broker that was killed recovers its logs.
#[derive(Clone, Copy, Debug)]
pub struct Recovery {
    /// `num.recovery.threads.per.data.dir`; a broker has one directory.
    pub threads: u32,
    /// What each of them reads and checks.
    pub rate: ByteRate,
    /// How long a new controller reads each partition from ZooKeeper; nothing in KRaft, whose controllers all know.
    pub controller_read: Nanos,
}

pub(super) fn read(section: &Section<'_>, metadata: Metadata) -> Recovery {
    let key = "num.recovery.threads.per.data.dir";
    let book = facts::on(section);
    let version = section.get::<String>("KafkaVersion").unwrap_or_default();
    let id = if version.starts_with('4') {
        "kafka.num.recovery.threads.per.data.dir.4x"
    } else {
        "kafka.num.recovery.threads.per.data.dir"
    };
    let usual = book.value::<u64>(id);
    let rests = section.has("fault") || section.has("call");
    let range = ByteRate(1)..=ByteRate(1 << 40);
    let second = Nanos::ZERO..=Nanos::from_secs(1);
    let reads = match metadata {
        Metadata::Kraft => Nanos::ZERO,
        Metadata::ZooKeeper => {
            super::assumed(&section.section("model"), "controller-read", second, rests)
        }
    };
    Recovery {
        controller_read: reads,
        threads: section.or_in(key, usual, 1..=1000) as u32,
        rate: super::assumed(&section.section("model"), "recovery-rate", range, rests),
    }
}
