//! What a stream's author should know before a run, though the file is valid.

use super::{Config, ConsumerConfig, Library, MappingConfig, ProducerConfig, Reader};
use crate::facts::warnings;
use crate::settings::Section;
use crate::units::counted;
use crate::workload::{Consumer, Workload};

/// One application: what the workload says of it, and how it reads.
#[derive(Clone, Copy)]
struct App<'a> {
    number: u16,
    consumer: &'a Consumer,
    reader: &'a ConsumerConfig,
}

/// Warns of what the settings risk.
pub(super) fn warn(config: &Config, section: &Section<'_>, workload: &Workload) {
    warn_of_producer(&config.producer, &section.section("producer"));
    let readers = (0..).zip(workload.consumers.iter().zip(&config.consumers));
    for (number, (consumer, reader)) in readers {
        let app = App {
            number,
            consumer,
            reader,
        };
        let own = section.section("consumer").entry(&consumer.name);
        warn_of_workers(config, &own, app);
        warn_of_speed(config, &own, workload, app);
        warn_of_retention(config, section, workload, app);
        warn_of_reader(&own, app);
    }
}

fn warn_of_producer(producer: &ProducerConfig, section: &Section<'_>) {
    if let Library::Kpl(kpl) = &producer.library {
        if kpl.fail_if_throttled {
            let message = "the KPL gives a record up when a shard refuses it once";
            let problem = warnings::of("one-attempt", message);
            section.warn(
                "FailIfThrottled",
                problem.help("leave `FailIfThrottled` out"),
            );
        }
        return;
    }
    if producer.attempts == 1 {
        let problem = warnings::of("one-attempt", "each record is sent once");
        section.warn(
            "max-attempts",
            problem.help("give `max-attempts = 5`, a loop of the application's own"),
        );
    }
    if producer.whole_call {
        let problem = warnings::of(
            "whole-call-again",
            "a call is sent again as a whole when one entry failed",
        );
        section.warn(
            "retry-whole-call",
            problem.help("leave `retry-whole-call` out"),
        );
    }
}

/// Workers beyond the shards have no lease.
fn warn_of_workers(
    config: &Config,
    section: &Section<'_>,
    App {
        consumer, reader, ..
    }: App<'_>,
) {
    let leased = reader.reader == Reader::Kcl && !reader.is_managed();
    if !leased || config.reshards() || consumer.workers <= config.shard_count {
        return;
    }
    let message = format!(
        "`{}` has {} for {}",
        consumer.name,
        counted(u64::from(consumer.workers), "worker"),
        counted(u64::from(config.shard_count), "shard")
    );
    let problem = warnings::of("idle-readers", message);
    section.warn(
        "",
        problem.help("give as many `workers` as shards at most, or more shards"),
    );
}

/// A consumer that takes longer for the records than they take to come.
fn warn_of_speed(
    config: &Config,
    section: &Section<'_>,
    workload: &Workload,
    App {
        consumer, reader, ..
    }: App<'_>,
) {
    let Some(records) = workload.record_rate() else {
        return;
    };
    if reader.is_managed() {
        return;
    }
    let busy = if config.reshards() {
        consumer.workers
    } else {
        consumer.workers.min(config.shard_count)
    };
    let needed = records * consumer.per_record.as_secs_f64();
    if needed <= f64::from(busy) {
        return;
    }
    let message = format!(
        "`{}` needs {needed:.1} busy workers: {records:.0} records/s x {}; {busy} can work",
        consumer.name, consumer.per_record
    );
    let problem = warnings::of("slow-consumer", message);
    section.warn(
        "",
        problem
            .help("give more `workers` and as many shards, or a shorter `processing.per-record`"),
    );
}

/// Readers that stay away for longer than records are kept.
fn warn_of_retention(
    config: &Config,
    section: &Section<'_>,
    workload: &Workload,
    App {
        number, consumer, ..
    }: App<'_>,
) {
    let away = workload.longest_absence(number);
    if away < config.retention || away.0 == 0 {
        return;
    }
    let message = format!(
        "`{}` is away for {away}, and records are kept for {}",
        consumer.name, config.retention
    );
    let problem = warnings::of("short-retention", message);
    section.warn(
        "RetentionPeriodHours",
        problem.help("give a longer `RetentionPeriodHours`"),
    );
}

fn warn_of_reader(
    section: &Section<'_>,
    App {
        consumer, reader, ..
    }: App<'_>,
) {
    if reader.children_first {
        let message = format!(
            "`{}` reads children before their parents are done",
            consumer.name
        );
        section.warn(
            "",
            warnings::of("children-first", message).help("read parents first, as the KCL does"),
        );
    }
    let endless = |mapping: &MappingConfig| mapping.retries.is_none() && mapping.max_age.is_none();
    let fails = !consumer.failing.is_empty();
    if fails && reader.mapping.as_ref().is_some_and(endless) {
        let message = format!(
            "`{}` has records that fail, and its mapping retries without end",
            consumer.name
        );
        let help = "give `MaximumRetryAttempts` or `MaximumRecordAgeInSeconds`, and `BisectBatchOnFunctionError`";
        section.warn("", warnings::of("endless-retries", message).help(help));
    }
}
