//! What the author of a scenario should know of its readers before a run: the same on every platform, in its own words.

use crate::facts::warnings;
use crate::settings::Section;
use crate::units::{Nanos, counted};
use crate::workload::{Consumer, Workload};

/// What a platform calls things.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words {
    /// Who reads, such as a worker.
    pub reader: &'static str,
    /// What is read by one of them at a time, such as a shard.
    pub lane: &'static str,
}

impl Words {
    /// Readers beyond the lanes have none.
    pub(super) fn warn_of_idle(self, section: &Section<'_>, consumer: &Consumer, lanes: u32) {
        if consumer.workers <= lanes {
            return;
        }
        let message = format!(
            "`{}` has {} for {}",
            consumer.name,
            counted(u64::from(consumer.workers), self.reader),
            counted(u64::from(lanes), self.lane)
        );
        let lane = self.lane;
        let help = format!("give as many `workers` as {lane}s at most, or more {lane}s");
        section.warn("", warnings::of("idle-readers", message).help(help));
    }

    /// A consumer that takes longer for the records than they take to come, if so many of its readers can work at once.
    pub(super) fn warn_of_speed(
        self,
        section: &Section<'_>,
        workload: &Workload,
        consumer: &Consumer,
        busy: u64,
    ) {
        let Some(records) = workload.record_rate() else {
            return;
        };
        let needed = records * consumer.per_record.as_secs_f64();
        if needed <= busy as f64 {
            return;
        }
        let message = format!(
            "`{}` needs {needed:.1} busy {}s: {records:.0} records/s x {}; {busy} can work",
            consumer.name, self.reader, consumer.per_record
        );
        let help = format!(
            "give more `workers` and as many {}s, or a shorter `processing.per-record`",
            self.lane
        );
        section.warn("", warnings::of("slow-consumer", message).help(help));
    }
}

/// A consumer that stays away for longer than `kept`, which is what `key` of the section says.
pub(super) fn warn_of_retention(
    section: &Section<'_>,
    key: &str,
    kept: Nanos,
    consumer: &Consumer,
    away: Nanos,
) {
    if away < kept || away.0 == 0 {
        return;
    }
    let message = format!(
        "`{}` is away for {away}, and records are kept for {kept}",
        consumer.name
    );
    let problem = warnings::of("short-retention", message);
    section.warn(key, problem.help(format!("give a longer `{key}`")));
}
