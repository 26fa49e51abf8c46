//! `client` and `client-of.<source>`: the library that producers are made with, its defaults and its hash of keys.
//!
//! # Source
//! <https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md>; <https://github.com/IBM/sarama/blob/main/config.go>;
//! <https://kafka.js.org/docs/producing>.

use super::Partitioner;
use crate::facts;
use crate::platform::kafka::key_hash::KeyHash;
use crate::settings::{Problem, Section};
use crate::workload::Workload;
use std::collections::BTreeMap;

/// A client library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// Apache Kafka's own.
    Java,
    /// librdkafka, below the clients for Python, Go, .NET and Node.js of Confluent.
    Librdkafka,
    /// IBM's (formerly Shopify's) for Go.
    Sarama,
    /// KafkaJS 2 for Node.js.
    Kafkajs,
}

/// The words for them.
const WORDS: [&str; 4] = ["java", "librdkafka", "sarama", "kafkajs"];
/// Hash, and what happens to records without a key, by the names of the libraries.
const PARTITIONERS: [(&str, KeyHash, Partitioner); 7] = [
    ("built-in", KeyHash::Murmur2, Partitioner::Uniform),
    ("DefaultPartitioner", KeyHash::Murmur2, Partitioner::Sticky),
    (
        "RoundRobinPartitioner",
        KeyHash::Murmur2,
        Partitioner::RoundRobin,
    ),
    ("consistent_random", KeyHash::Crc32, Partitioner::Sticky),
    ("murmur2_random", KeyHash::Murmur2, Partitioner::Sticky),
    ("fnv1a_random", KeyHash::Fnv1a, Partitioner::Sticky),
    ("hash", KeyHash::Fnv1a, Partitioner::Random),
];
/// The most keys that are compared between sources.
const COMPARED_MAX: u32 = 100_000;

/// librdkafka's own names of what Kafka's client has, too.
const OWN_NAMES: [(&str, &str); 6] = [
    ("delivery.timeout.ms", "message.timeout.ms"),
    ("linger.ms", "queue.buffering.max.ms"),
    ("max.request.size", "message.max.bytes"),
    ("retries", "message.send.max.retries"),
    ("acks", "request.required.acks"),
    ("partitioner.class", "partitioner"),
];

impl Client {
    /// The name under which a section has `key`: librdkafka's own, if it stands there.
    pub(super) fn name_of<'a>(self, section: &Section<'_>, key: &'a str) -> &'a str {
        let mut names = OWN_NAMES.iter().filter(|_| self == Self::Librdkafka);
        let own = names.find(|(usual, own)| *usual == key && section.has(own));
        own.map_or(key, |(_, own)| own)
    }

    /// Its defaults in the facts: `kafka.client.<word>.<key>`.
    fn word(self) -> &'static str {
        match self {
            Self::Java => "java",
            Self::Librdkafka => "librdkafka",
            Self::Sarama => "sarama",
            Self::Kafkajs => "kafkajs",
        }
    }

    fn named(word: &str) -> Self {
        match word {
            "librdkafka" => Self::Librdkafka,
            "sarama" => Self::Sarama,
            "kafkajs" => Self::Kafkajs,
            _ => Self::Java,
        }
    }

    /// The fact that says its default of `key`, if it is not the Java client's.
    pub(super) fn fact(self, key: &str) -> Option<String> {
        let id = format!("kafka.client.{}.{key}", self.word());
        facts::all().iter().any(|fact| fact.id == id).then_some(id)
    }

    /// Its hash of keys.
    fn hash(self) -> KeyHash {
        match self {
            Self::Java | Self::Kafkajs => KeyHash::Murmur2,
            Self::Librdkafka => KeyHash::Crc32,
            Self::Sarama => KeyHash::Fnv1a,
        }
    }
}

/// `client-version`: of producers and of consumers, by default the newest that there was on the day of the run.
pub(super) fn read_version(section: &Section<'_>) -> String {
    const VERSIONS: [&str; 5] = ["2.8", "3.2", "3.6", "3.9", "4.1"];
    let book = facts::on(section);
    let id = |version: &str| format!("kafka.version.{version}");
    let newest = VERSIONS
        .iter()
        .rev()
        .find(|version| book.comes(&id(version)).is_none());
    let version = section.choice("client-version", newest.unwrap_or(&VERSIONS[0]), &VERSIONS);
    book.refuse_before(
        section,
        "client-version",
        &format!("the client {version}"),
        &id(&version),
    );
    version
}

/// Reads the library of all producers of a system.
pub(super) fn read(section: &Section<'_>) -> Client {
    Client::named(&section.choice("client", "java", &WORDS))
}

/// The partitioner: its hash, and what happens to records without a key.
pub(super) fn read_partitioner(
    section: &Section<'_>,
    client: Client,
    version: &str,
) -> (KeyHash, Partitioner) {
    let usual = match client {
        Client::Java if matches!(version, "2.8" | "3.2") => "DefaultPartitioner",
        Client::Java => "built-in",
        Client::Librdkafka => "consistent_random",
        Client::Sarama => "hash",
        Client::Kafkajs => "murmur2_random",
    };
    let words = PARTITIONERS.map(|(word, _, _)| word);
    let key = client.name_of(section, "partitioner.class");
    let word = section.choice(key, usual, &words);
    let found = PARTITIONERS.iter().find(|(name, _, _)| *name == word);
    let (_, hash, keyless) = *found.unwrap_or(&PARTITIONERS[0]);
    let turns = client == Client::Kafkajs && !section.has("partitioner.class");
    (hash, if turns { Partitioner::Random } else { keyless })
}

/// The hash of each source's keys; warns where two sources put the same key into two partitions.
pub(super) fn read_hashes(
    section: &Section<'_>,
    workload: &Workload,
    usual: KeyHash,
    partitions: u32,
) -> Vec<KeyHash> {
    let own = section.section("client-of").by_name();
    let sources = workload.sources.iter();
    let of = |name: &str| match section.has("client-of") && own.has(name) {
        true => Client::named(&own.choice(name, "java", &WORDS)).hash(),
        false => usual,
    };
    let hashes: Vec<KeyHash> = sources.map(|source| of(&source.name)).collect();
    if hashes.windows(2).any(|pair| pair[0] != pair[1]) {
        warn_of_split_keys(section, workload, &hashes, partitions);
    }
    hashes
}

/// The hash for each key in the order of the key space.
pub(in super::super) fn in_order(
    hashes: &[KeyHash],
    workload: &Workload,
) -> impl FnMut() -> KeyHash {
    let begins: Vec<u32> = workload
        .sources
        .iter()
        .map(|source| source.first_key)
        .collect();
    let (hashes, mut key) = (hashes.to_vec(), 0_u32);
    move || {
        let source = begins.iter().rposition(|first| *first <= key).unwrap_or(0);
        key += 1;
        hashes.get(source).copied().unwrap_or(KeyHash::Murmur2)
    }
}

fn warn_of_split_keys(
    section: &Section<'_>,
    workload: &Workload,
    hashes: &[KeyHash],
    partitions: u32,
) {
    let mut hash = in_order(hashes, workload);
    let (mut seen, mut read) = (BTreeMap::<String, KeyHash>::new(), 0);
    let (mut shared, mut split, mut example) = (0_u32, 0_u32, None);
    workload.keys.for_each(|key| {
        read += 1;
        let own = hash();
        if read > COMPARED_MAX {
            return;
        }
        let Some(first) = seen.get(key) else {
            seen.insert(key.to_owned(), own);
            return;
        };
        shared += 1;
        let places = (
            first.partition(key, partitions),
            own.partition(key, partitions),
        );
        if places.0 != places.1 {
            split += 1;
            let text = format!(
                "`{key}`: {} by {}, {} by {}",
                places.0,
                first.name(),
                places.1,
                own.name()
            );
            example.get_or_insert(text);
        }
    });
    let Some(example) = example else { return };
    let message =
        format!("{split} of {shared} keys that two sources share go to two partitions ({example})");
    section.warn(
        "client-of",
        Problem::new(message)
            .named("two-partitioners")
            .note("no consumer is given the records of such a key in order")
            .help("give both the same partitioner: librdkafka has `murmur2_random`, Sarama a custom one"),
    );
}
