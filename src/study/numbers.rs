//! Where texts of the table and of the quiz get their numbers: facts in force and figures of shipped
//! scenarios, by name. A text that names one that does not exist is an error, never a gap.

use super::figures::{Figures, unknown};
use crate::facts::{self, Fact};
use crate::probe::figures::Unit;
use crate::report::format;
use crate::units::{ByteRate, Bytes, Nanos, Quantity, Share};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};

/// The fact called `id` that is in force.
///
/// # Errors
/// A sentence with the nearest known name.
pub fn fact(id: &str) -> Result<&'static Fact, String> {
    let rows = facts::all().iter().filter(|fact| fact.id == id);
    rows.max_by_key(|fact| fact.valid_from.as_str())
        .ok_or_else(|| {
            let known: Vec<&str> = facts::all().iter().map(|fact| fact.id.as_str()).collect();
            unknown("fact", id, &known)
        })
}

/// The value of a fact with its unit; what is an assumption says so.
#[must_use]
pub fn words(fact: &Fact) -> String {
    let space = if fact.unit.is_empty() { "" } else { " " };
    let assumed = if fact.is_assumption() {
        " (assumption)"
    } else {
        ""
    };
    format!("{}{space}{}{assumed}", fact.value, fact.unit)
}

/// The number of a fact in base units: bytes, seconds, shares of 1, plain numbers.
///
/// # Errors
/// If the fact is a word.
pub fn number(fact: &Fact) -> Result<f64, String> {
    let text = format!("{} {}", fact.value, fact.unit);
    let text = text.trim();
    let time = || Nanos::parse(text).map(Nanos::as_secs_f64).ok();
    let bytes = || Bytes::parse(text).map(|bytes| bytes.0 as f64).ok();
    let rate = || ByteRate::parse(text).map(|rate| rate.0 as f64).ok();
    let share = || Share::parse(text).map(Share::fraction).ok();
    let found = fact
        .value
        .parse::<f64>()
        .ok()
        .filter(|_| !MEASURES.contains(&fact.unit.as_str()));
    let found = found
        .or_else(rate)
        .or_else(bytes)
        .or_else(time)
        .or_else(share);
    found.ok_or_else(|| format!("the fact `{}` is no number: {text}", fact.id))
}

/// Units that scale a number; all others only name what is counted.
const MEASURES: [&str; 25] = [
    "B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "B/s", "kB/s", "MB/s", "GB/s",
    "KiB/s", "MiB/s", "GiB/s", "Gbit/s", "ns", "us", "ms", "s", "min", "h", "d", "%",
];

fn fail(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

/// An environment whose texts may call these functions:
///
/// * `fact(id)`, its value in words; `number(id)`, its value in base units; `since(id)`, its date;
/// * `figure(scenario, system, name)`, a number in base units; `show(…)` the same in words;
/// * `shards(rate, bytes)`, the fewest shards for so many records a second of so many bytes each;
/// * `polls(applications)`, the least time between two polls of one application `[s]`;
/// * `doublings(from, to)`, the fewest calls of UpdateShardCount from one number of shards to a larger;
/// * `ceil(x)`;
///
/// and filters that turn base units into words: `count`, `time`, `size`, `rate`, `percent`.
#[must_use]
pub fn environment(figures: &'static Figures) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.add_function("fact", |id: &str| fact(id).map(words).map_err(fail));
    environment.add_function("since", |id: &str| {
        fact(id).map(|fact| fact.valid_from.clone()).map_err(fail)
    });
    environment.add_function("number", |id: &str| fact(id).and_then(number).map_err(fail));
    let get = move |scenario: &str, system: &str, name: &str| {
        figures.get(scenario, system, name).map_err(fail)
    };
    environment.add_function("figure", move |scenario: &str, system: &str, name: &str| {
        get(scenario, system, name).map(|figure| figure.value)
    });
    environment.add_function("show", move |scenario: &str, system: &str, name: &str| {
        get(scenario, system, name).map(super::figures::Figure::text)
    });
    environment.add_function("ceil", |x: f64| libm::ceil(x));
    environment.add_function("shards", |rate: f64, bytes: f64| {
        shards(rate, bytes).map_err(fail)
    });
    environment.add_function("doublings", |from: f64, to: f64| {
        let factor = fact("services.kinesis.update-shard-count.factor")
            .and_then(number)
            .map_err(fail)?;
        Ok::<f64, Error>(libm::ceil(libm::log2(to / from) / libm::log2(factor)))
    });
    environment.add_function("polls", |applications: f64| {
        Ok::<f64, Error>(
            applications
                / fact("kinesis.shard.read.calls")
                    .and_then(number)
                    .map_err(fail)?,
        )
    });
    environment.add_filter("count", |x: f64| format::count(x));
    environment.add_filter("percent", |x: f64| format::value(x, Unit::Share));
    environment.add_filter("time", |x: f64| {
        Nanos(libm::round(x * 1e9) as u64).to_string()
    });
    environment.add_filter("size", |x: f64| Bytes(libm::round(x) as u64).to_string());
    environment.add_filter("rate", |x: f64| format::value(x, Unit::BytesPerS));
    environment
}

/// The fewest shards: records and bytes both have a limit, and the tighter one decides.
fn shards(rate: f64, bytes: f64) -> Result<f64, String> {
    let records = fact("kinesis.shard.write.records").and_then(number)?;
    let throughput = fact("kinesis.shard.write.bytes").and_then(number)?;
    Ok(libm::ceil((rate / records).max(rate * bytes / throughput)))
}

/// A text with its numbers put in.
///
/// # Errors
/// What the text names and does not exist, in one sentence.
pub fn render(environment: &Environment<'_>, text: &str, values: &Value) -> Result<String, String> {
    environment
        .render_str(text, values)
        .map_err(|error| sentence(text, &error))
}

/// The value of an expression.
///
/// # Errors
/// As [`render`].
pub fn evaluate(
    environment: &Environment<'_>,
    text: &str,
    values: &Value,
) -> Result<Value, String> {
    let expression = environment
        .compile_expression(text)
        .map_err(|error| sentence(text, &error))?;
    expression
        .eval(values)
        .map_err(|error| sentence(text, &error))
}

fn sentence(text: &str, error: &Error) -> String {
    format!(
        "`{text}`: {}",
        error
            .detail()
            .map_or_else(|| error.to_string(), str::to_owned)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(of: &str) -> Result<String, String> {
        render(&environment(Figures::shipped()), of, &Value::from(()))
    }

    #[test]
    fn facts_become_words_and_numbers() {
        assert_eq!(
            text("{{ fact('kinesis.shard.write.bytes') }}"),
            Ok("1 MiB/s".to_owned())
        );
        assert_eq!(
            text("{{ number('kinesis.shard.write.bytes') == 1048576 }}"),
            Ok("True".to_owned())
        );
        assert_eq!(
            text("{{ number('kinesis.iterator.life')|time }}"),
            Ok("5 min".to_owned())
        );
        assert_eq!(
            text("{{ number('kinesis.shard.write.records')|count }}"),
            Ok("1,000".to_owned())
        );
        assert_eq!(
            text("{{ (number('kafka.retention.ms') / 1000)|time }}"),
            Ok("7 d".to_owned())
        );
    }

    #[test]
    fn an_assumption_says_so() {
        assert_eq!(
            text("{{ fact('kinesis.put.latency.median') }}"),
            Ok("15 ms (assumption)".to_owned())
        );
    }

    #[test]
    fn shards_are_as_many_as_the_tighter_limit_asks_for() {
        assert_eq!(
            text("{{ shards(2500, 100)|count }} {{ shards(500, 5000)|count }}"),
            Ok("3 3".to_owned())
        );
        assert_eq!(text("{{ polls(5)|time }}"), Ok("1 s".to_owned()));
    }

    #[test]
    fn what_does_not_exist_is_named_with_a_hint() {
        let message = text("{{ fact('kinesis.shard.write.byte') }}").expect_err("unknown");
        assert!(
            message.contains("did you mean `kinesis.shard.write.bytes`?"),
            "{message}"
        );
        let message = text("{{ figure('hot-kez', 'kinesis', 'refused') }}").expect_err("unknown");
        assert!(
            message.contains("no scenario is called `hot-kez`"),
            "{message}"
        );
        assert!(
            text("{{ number('services.kinesis.at-rest') }}")
                .expect_err("a word")
                .contains("is no number")
        );
        assert!(text("{{ nothing }}").is_err());
    }
}
