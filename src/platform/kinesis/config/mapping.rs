//! `consumer.<name>` with `mode = "lambda"`: an event source mapping with its function.

use crate::facts;
use crate::settings::Section;
use crate::units::{Bytes, Nanos};

/// The settings of an event source mapping and its function.
#[derive(Clone, Debug, Default)]
pub struct MappingConfig {
    /// `BatchSize` `[records]`.
    pub batch: u64,
    /// The most bytes of an answer and of an invocation `[B]`.
    pub payload: u64,
    /// `MaximumBatchingWindowInSeconds`.
    pub window: Nanos,
    /// `ParallelizationFactor`.
    pub parallel: u64,
    /// The mapping's own work between an answer of GetRecords and the invocation.
    pub polling: Nanos,
    /// The time of an invocation without its records.
    pub overhead: Nanos,
    /// `MaximumRetryAttempts`; `None` for -1, no limit.
    pub retries: Option<u64>,
    /// `MaximumRecordAgeInSeconds`; `None` for -1, no limit.
    pub max_age: Option<Nanos>,
    /// `BisectBatchOnFunctionError`.
    pub bisect: bool,
    /// `FunctionResponseTypes` has `ReportBatchItemFailures`.
    pub partial: bool,
    /// Whether `DestinationConfig` names an on-failure destination.
    pub destination: bool,
    /// `TumblingWindowInSeconds`.
    pub tumbling: Nanos,
    /// `ReservedConcurrentExecutions` of the function; `None` for as many as it needs.
    pub concurrency: Option<u32>,
    /// The pause after a first setback, and the longest one.
    pub back_off: (Nanos, Nanos),
}

impl MappingConfig {
    /// Reads the settings.
    pub(super) fn read(section: &Section<'_>) -> Self {
        let book = facts::on(section);
        let highest = |what: &str| book.value::<u64>(&format!("kinesis.lambda.{what}.highest"));
        let seconds =
            |key: &str, most| Nanos::from_secs(section.or_in(key, 0_u64, 0..=highest(most)));
        Self {
            batch: section.or_in(
                "BatchSize",
                book.value("kinesis.lambda.batch"),
                1..=highest("batch"),
            ),
            payload: book.value::<Bytes>("kinesis.lambda.payload").0,
            window: seconds("MaximumBatchingWindowInSeconds", "window"),
            parallel: section.or_in("ParallelizationFactor", 1, 1..=highest("parallel")),
            polling: facts::setting_in(
                section,
                "polling-overhead",
                "kinesis.lambda.polling",
                Nanos::ZERO..=Nanos::from_secs(60),
            ),
            overhead: facts::setting_in(
                section,
                "invocation-overhead",
                "kinesis.lambda.overhead",
                Nanos::ZERO..=Nanos::from_secs(900),
            ),
            retries: read_limit(section, "MaximumRetryAttempts", 0, highest("retries")),
            max_age: read_limit(
                section,
                "MaximumRecordAgeInSeconds",
                book.value("kinesis.lambda.age.lowest"),
                highest("age"),
            )
            .map(Nanos::from_secs),
            bisect: section.or("BisectBatchOnFunctionError", false),
            partial: read_partial(section),
            destination: read_destination(section),
            tumbling: seconds("TumblingWindowInSeconds", "tumbling"),
            concurrency: read_concurrency(section),
            back_off: read_back_off(section),
        }
    }
}

/// The pauses before a batch is tried again.
fn read_back_off(section: &Section<'_>) -> (Nanos, Nanos) {
    let hour = Nanos::from_secs(3600);
    let pause = |key: &str, which: &str, least: Nanos| {
        let id = format!("kinesis.lambda.back-off.{which}");
        facts::setting_in(section, key, &id, least..=hour)
    };
    let first = pause("back-off", "first", Nanos::from_millis(1));
    (
        first,
        pause("back-off-max", "longest", Nanos::from_millis(1)).max(first),
    )
}

/// A limit for which -1 means that there is none.
fn read_limit(section: &Section<'_>, key: &str, least: u64, most: u64) -> Option<u64> {
    let limit = section.or_in(key, -1_i64, -1..=most as i64);
    if limit >= 0 && (limit as u64) < least {
        section.problem(
            key,
            format!("`{key} = {limit}` is below {least}"),
            "-1 means no limit",
        );
    }
    u64::try_from(limit).ok()
}

/// `FunctionResponseTypes = ["ReportBatchItemFailures"]`.
fn read_partial(section: &Section<'_>) -> bool {
    let types = section.texts("FunctionResponseTypes");
    if types.iter().any(|word| word != "ReportBatchItemFailures") {
        section.problem(
            "FunctionResponseTypes",
            "no such response type",
            "the only one is `ReportBatchItemFailures`",
        );
    }
    !types.is_empty()
}

/// `DestinationConfig = { OnFailure = { Destination = "arn:…" } }`.
fn read_destination(section: &Section<'_>) -> bool {
    let part = section.section("DestinationConfig").section("OnFailure");
    part.get::<String>("Destination").is_some()
}

/// `ReservedConcurrentExecutions`, which is the function's own setting.
fn read_concurrency(section: &Section<'_>) -> Option<u32> {
    let key = "ReservedConcurrentExecutions";
    section
        .has(key)
        .then(|| section.need_in(key, 1_u64..=1_000_000) as u32)
}
