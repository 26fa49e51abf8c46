//! What a stream's author should know before a run, though the file is valid.

use super::{Config, ConsumerConfig, Library, MappingConfig, ProducerConfig, Reader};
use crate::facts::warnings;
use crate::platform::lint::{Words, warn_of_retention};
use crate::settings::Section;
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
        warn_of_readers(config, section, workload, app);
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

/// What is said of readers.
const WORDS: Words = Words {
    reader: "worker",
    lane: "shard",
};

/// What may be said of the readers of any platform.
fn warn_of_readers(config: &Config, section: &Section<'_>, workload: &Workload, app: App<'_>) {
    let App {
        number,
        consumer,
        reader,
    } = app;
    let own = section.section("consumer").entry(&consumer.name);
    if reader.reader == Reader::Kcl && !reader.is_managed() && !config.reshards() {
        WORDS.warn_of_idle(&own, consumer, config.shard_count);
    }
    if !reader.is_managed() {
        let busy = match config.reshards() {
            true => consumer.workers,
            false => consumer.workers.min(config.shard_count),
        };
        WORDS.warn_of_speed(&own, workload, consumer, u64::from(busy));
    }
    let away = workload.longest_absence(number);
    let kept = config.retention;
    warn_of_retention(section, "RetentionPeriodHours", kept, consumer, away);
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
