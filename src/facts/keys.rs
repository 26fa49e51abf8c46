//! The services' own settings by name: whoever writes one that is not modelled is told what it would do.

use crate::settings::Problem;
use serde::Deserialize;
use std::sync::LazyLock;

/// A setting of a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Whose it is: `producer`, `consumer`, `client` (both), `topic`, `broker`, `stream`, or `all`.
    pub of: String,
    /// Its name.
    pub name: String,
    /// What it does, in one line.
    pub does: String,
    /// The setting without which it is not read, if there is one.
    pub with: Option<String>,
    /// What to write here instead, if there is something.
    pub write: Option<String>,
    /// The first version that has it, if not all of them have.
    pub since: Option<String>,
    /// The first version that no longer has it.
    pub removed: Option<String>,
}

#[derive(Deserialize)]
struct File {
    key: Vec<Key>,
}

/// Reads a table of keys that is compiled in.
fn read(name: &str, text: &str) -> Vec<Key> {
    let file: File = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    file.key
}

static KAFKA: LazyLock<Vec<Key>> =
    LazyLock::new(|| read("kafka-keys.toml", include_str!("kafka-keys.toml")));
static KINESIS: LazyLock<Vec<Key>> =
    LazyLock::new(|| read("kinesis-keys.toml", include_str!("kinesis-keys.toml")));

/// The keys of Apache Kafka.
#[must_use]
pub fn kafka() -> &'static [Key] {
    &KAFKA
}

/// The settings around a Kinesis data stream.
#[must_use]
pub fn kinesis() -> &'static [Key] {
    &KINESIS
}

impl Key {
    /// Whether it may stand in the settings of `part`.
    #[must_use]
    pub fn belongs_to(&self, part: &str) -> bool {
        let client = matches!(part, "producer" | "consumer");
        match self.of.as_str() {
            "all" => client || part == "broker",
            "client" => client,
            of => of == part,
        }
    }

    /// Its versions, where not all have it: ` (since 4.1)`.
    fn versions(&self) -> String {
        match (&self.since, &self.removed) {
            (Some(since), _) => format!(" (since {since})"),
            (_, Some(removed)) => format!(" (until {removed})"),
            _ => String::new(),
        }
    }

    /// The refusal of a key that stands where it belongs and is not modelled.
    fn not_modelled(&self, whose: &str) -> Problem {
        let (name, versions) = (&self.name, self.versions());
        if let Some(with) = &self.with {
            let message = format!("`{name}` of {whose} is read only with `{with}`");
            let help = "leave it out, or change the other setting";
            return Problem::new(message)
                .note(format!("it {}", self.does))
                .help(help);
        }
        let message =
            format!("`{name}` is a setting of {whose}{versions} that this version does not model");
        let help = match &self.write {
            Some(write) => format!("write `{write}` instead"),
            None => "leave it out; docs/FIDELITY.md lists what is modelled".to_owned(),
        };
        Problem::new(message)
            .note(format!("it {}", self.does))
            .help(help)
    }
}

/// What is wrong with the key `name` in the settings of `part`, if it is one of `keys` and nobody asked for it:
/// it is not modelled, or it stands in the wrong place.
#[must_use]
pub fn refusal(keys: &[Key], part: &str, whose: &str, name: &str) -> Option<Problem> {
    let name = stem(name);
    let named = || keys.iter().filter(|key| key.name == name);
    if let Some(key) = named().find(|key| key.belongs_to(part)) {
        return Some(key.not_modelled(whose));
    }
    let key = named().next()?;
    let place = match key.of.as_str() {
        "broker" | "stream" => "the system's own table".to_owned(),
        "client" | "all" => "`producer` or `consumer.<name>`".to_owned(),
        "consumer" => "`consumer.<name>`".to_owned(),
        of => format!("`{of}`"),
    };
    let message = format!("`{name}` is no setting of {whose}");
    let help = format!("it belongs into {place}");
    Some(
        Problem::new(message)
            .note(format!("it {}", key.does))
            .help(help),
    )
}

/// The name of the key that a path begins with: of a list without the index, of an AWS structure its first part.
fn stem(path: &str) -> &str {
    let pascal = path.starts_with(|c: char| c.is_ascii_uppercase());
    let ends = |c: char| c == '[' || (pascal && c == '.');
    path.split(ends).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_says_what_it_does_and_stands_once() {
        assert!(kafka().len() >= 450 && kinesis().len() >= 140);
        for keys in [kafka(), kinesis()] {
            let mut seen = std::collections::BTreeSet::new();
            for key in keys {
                assert!(seen.insert((&key.of, &key.name)), "{} twice", key.name);
                assert!(key.does.len() >= 12, "{}: {}", key.name, key.does);
                assert!(!key.does.ends_with('.'), "{}", key.name);
            }
        }
    }

    #[test]
    fn a_key_is_refused_where_it_belongs_and_sent_there_from_elsewhere() {
        let of = |part: &str, name: &str| refusal(kafka(), part, "somebody", name);
        let there = of("broker", "log.retention.hours").expect("known");
        assert!(there.message.contains("does not model"), "{there:?}");
        assert_eq!(
            there.help.as_deref(),
            Some("write `topic.retention.ms` instead")
        );
        let elsewhere = of("topic", "acks").expect("known");
        assert_eq!(
            elsewhere.help.as_deref(),
            Some("it belongs into `producer`")
        );
        assert!(of("consumer", "bootstrap.servers[0]").is_some());
        let mode = refusal(kinesis(), "consumer", "a consumer", "BatchSize").expect("known");
        assert!(
            mode.message
                .ends_with("is read only with `mode = \"lambda\"`")
        );
        let nested = "DestinationConfig.OnFailure.Destination";
        assert!(refusal(kinesis(), "consumer", "a consumer", nested).is_some());
        assert!(of("topic", "no.such.key").is_none());
        assert!(of("consumer", "ssl.key.password").is_some());
    }
}
