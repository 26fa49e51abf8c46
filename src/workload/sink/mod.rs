//! Sinks: where the workers of a consumer put what they have processed, described once for every platform.
//!
//! Two manners. A sink that is *called* takes records while the worker waits for it: a call, a statement, an
//! invocation. A sink that *gathers* lets the worker go on reading while its buffer fills, and takes the
//! buffer as a whole: an object, a micro-batch. In both, a record is delivered when the sink has it, and
//! only then is a worker's place in the stream moved behind it: at least once.
//!
//! A sink is one file here and one line in `sinks! { … }`.

mod back_off;
mod batch;
mod emr;
mod kafka;
mod kinesis;
mod lambda;
mod rds;
mod s3;
mod sagemaker;

pub use batch::{Batch, Buffer, Item};

use super::KeySpace;
use crate::engine::{LatencyLaw, Stream};
use crate::facts;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};

/// The longest latency of a sink.
const LATENCY_MAX: Nanos = Nanos::from_secs(3600);

/// What a sink has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SinkTally {
    /// Objects, micro-batches, calls, statements, invocations, sends or transactions that it took.
    pub calls: u64,
    /// Records that it took, those given again included.
    pub records: u64,
    /// Calls or records that it refused.
    pub refused: u64,
    /// Records that were written within a transaction that was not committed.
    pub aborted: u64,
}

impl SinkTally {
    /// It took a call with so many records.
    fn took(&mut self, records: u64) {
        self.calls += 1;
        self.records += records;
    }
}

/// What a sink is opened with.
struct Opening<'a> {
    /// Its own random numbers.
    stream: Stream,
    /// The keys of all records.
    keys: &'a KeySpace,
}

/// A kind of sink.
trait Kind: Sized {
    /// Its settings.
    type Settings: Clone + std::fmt::Debug;
    /// Whether it gathers instead of being called.
    const GATHERS: bool = false;
    /// Whether it looks at the keys of records.
    const NEEDS_KEYS: bool = false;
    /// Whether workers write within a transaction, which is aborted if they do not come to commit it.
    fn is_transactional(_: &Self::Settings) -> bool {
        false
    }
    /// Reads its table.
    fn read(section: &Section<'_>, duration: Nanos) -> Self::Settings;
    /// Opens it.
    fn open(settings: &Self::Settings, opening: &Opening<'_>) -> Self;
    /// Takes what it can of a worker's batch at `now`; returns when the worker should look again. Times do
    /// not run backwards from one call to the next.
    fn call(&mut self, now: SimTime, _: &mut Batch, _: &mut SinkTally) -> SimTime {
        now
    }
    /// Whether a worker must not put more into its buffer.
    fn is_full(&self, _: &Buffer) -> bool {
        false
    }
    /// When a worker's buffer is to be written at the latest.
    fn due(&self, _: &Buffer) -> SimTime {
        SimTime(u64::MAX)
    }
    /// Writes a worker's buffer from `now` on; returns when it has it.
    fn write(&mut self, now: SimTime, _: &Buffer, _: &mut SinkTally) -> SimTime {
        now
    }
}

macro_rules! sinks {
    ($($module:ident :: $name:ident = $word:literal),* $(,)?) => {
        /// A consumer's sink with its settings.
        #[derive(Clone, Debug, Default)]
        pub enum SinkConfig {
            /// Records are delivered when they are processed.
            #[default]
            None,
            $(#[doc = concat!("`", $word, "`.")] #[allow(private_interfaces, reason = "only sinks look inside")]
            $name(Box<<$module::$name as Kind>::Settings>),)*
        }

        /// The words for sinks.
        const WORDS: &[&str] = &[$($word),*];

        impl SinkConfig {
            fn read_kind(word: &str, section: &Section<'_>, duration: Nanos) -> Self {
                match word {
                    $($word => Self::$name(Box::new(<$module::$name as Kind>::read(section, duration))),)*
                    _ => Self::None,
                }
            }
            /// The word for it in a scenario.
            #[must_use]
            pub fn word(&self) -> &'static str {
                match self { Self::None => "none", $(Self::$name(_) => $word,)* }
            }
            /// Whether it lets workers go on while it gathers.
            #[must_use]
            pub fn gathers(&self) -> bool {
                match self { Self::None => false, $(Self::$name(_) => <$module::$name as Kind>::GATHERS,)* }
            }
            /// Whether workers write within a transaction.
            #[must_use]
            pub fn is_transactional(&self) -> bool {
                match self {
                    Self::None => false,
                    $(Self::$name(settings) => <$module::$name as Kind>::is_transactional(settings),)*
                }
            }
            /// Whether it looks at the keys of records.
            #[must_use]
            pub fn needs_keys(&self) -> bool {
                match self { Self::None => false, $(Self::$name(_) => <$module::$name as Kind>::NEEDS_KEYS,)* }
            }
        }

        /// What works behind a sink.
        #[derive(Debug)]
        enum State {
            $($name(Box<$module::$name>),)*
        }

        impl State {
            fn open(config: &SinkConfig, opening: &Opening<'_>) -> Option<Self> {
                match config {
                    SinkConfig::None => None,
                    $(SinkConfig::$name(settings) => {
                        Some(Self::$name(Box::new(<$module::$name as Kind>::open(settings, opening))))
                    })*
                }
            }
        }

        impl Sink {
            /// Takes what it can of a worker's batch at `now`; returns when the worker should look again.
            pub fn call(&mut self, now: SimTime, batch: &mut Batch) -> SimTime {
                match &mut self.state { $(State::$name(sink) => sink.call(now, batch, &mut self.tally),)* }
            }
            /// Whether a worker must not put more into its buffer.
            #[must_use]
            pub fn is_full(&self, buffer: &Buffer) -> bool {
                match &self.state { $(State::$name(sink) => sink.is_full(buffer),)* }
            }
            /// When a worker's buffer is to be written at the latest.
            #[must_use]
            pub fn due(&self, buffer: &Buffer) -> SimTime {
                match &self.state { $(State::$name(sink) => sink.due(buffer),)* }
            }
            /// Writes a worker's buffer from `now` on; returns when the sink has it.
            pub fn write(&mut self, now: SimTime, buffer: &Buffer) -> SimTime {
                match &mut self.state { $(State::$name(sink) => sink.write(now, buffer, &mut self.tally),)* }
            }
        }
    };
}

sinks! {
    s3::S3 = "s3",
    emr::Emr = "emr",
    sagemaker::SageMaker = "sagemaker",
    rds::Rds = "rds",
    lambda::Lambda = "lambda",
    kinesis::Kinesis = "kinesis",
    kafka::Kafka = "kafka",
}

/// The sink that all workers of one consumer share.
#[derive(Debug)]
pub struct Sink {
    state: State,
    tally: SinkTally,
}

impl Sink {
    /// Opens the sink of the consumer called `name`, if it has one. Its random numbers are the same on every
    /// platform, call by call.
    #[must_use]
    pub fn open(
        config: &SinkConfig,
        name: &str,
        keys: &KeySpace,
        seed: u64,
        replication: u32,
    ) -> Option<Self> {
        let stream = Stream::new(seed, replication, &format!("sink/{name}"));
        State::open(config, &Opening { stream, keys }).map(|state| Self {
            state,
            tally: SinkTally::default(),
        })
    }

    /// What it has done so far.
    #[must_use]
    pub fn tally(&self) -> SinkTally {
        self.tally
    }
}

/// Reads `sink` of a consumer: `"none"`, or a table with the sink's name.
pub(super) fn read(consumer: &Section<'_>, duration: Nanos) -> SinkConfig {
    if !consumer.has("sink") || consumer.is_value("sink") {
        let word: String = consumer.or("sink", "none".to_owned());
        if word != "none" {
            let help = match crate::settings::closest(&word, WORDS) {
                Some(hint) => format!("write `sink = {{ {hint} = {{}} }}`"),
                None => format!("write `none` or a table with one of {}", WORDS.join(", ")),
            };
            consumer.problem("sink", format!("`sink` cannot be `{word}`"), help);
        }
        return SinkConfig::None;
    }
    let section = consumer.section("sink");
    section.announce_one(WORDS);
    let given: Vec<String> = section.names();
    let known: Vec<&str> = WORDS
        .iter()
        .copied()
        .filter(|word| given.iter().any(|name| name == word))
        .collect();
    let [word] = known[..] else {
        for name in given.iter().filter(|_| known.is_empty()) {
            let help = crate::settings::meant(name, WORDS);
            section.problem(name, format!("no sink is called `{name}`"), help);
            section.ignore(name);
        }
        if !given.is_empty() && known.is_empty() {
            return SinkConfig::None;
        }
        let help = format!("give one of {}", WORDS.join(", "));
        section.problem("", format!("{} sinks are given", known.len()), help);
        known.iter().for_each(|word| section.ignore(word));
        return SinkConfig::None;
    };
    SinkConfig::read_kind(word, &section.section(word), duration)
}

/// How long calls take.
#[derive(Clone, Copy, Debug)]
struct LatencyRange {
    /// Half of the calls take at most so long.
    median: Nanos,
    /// 99 of 100 calls take at most so long.
    p99: Nanos,
}

/// A latency by median and 99th percentile, below `key`; defaults are the facts called `id`.
fn read_latency(section: &Section<'_>, key: &str, id: &str) -> LatencyRange {
    let part = section.section(key);
    let least = Nanos(1000);
    let median = facts::setting_in(
        &part,
        "median",
        &format!("{id}.median"),
        least..=LATENCY_MAX,
    );
    let p99 = facts::setting_in(&part, "p99", &format!("{id}.p99"), least..=LATENCY_MAX);
    if p99 < median {
        part.problem(
            "p99",
            "`p99` is smaller than `median`",
            format!("`median` is {median}"),
        );
    }
    LatencyRange { median, p99 }
}

/// Latencies drawn call by call.
#[derive(Debug)]
struct Latencies {
    law: LatencyLaw,
    stream: Stream,
    drawn: u64,
}

impl Latencies {
    fn new(range: LatencyRange, stream: Stream) -> Self {
        Self {
            law: LatencyLaw::new(range.median, range.p99),
            stream,
            drawn: 0,
        }
    }

    fn next(&mut self) -> Nanos {
        self.drawn += 1;
        self.law.draw(self.stream.draw(self.drawn))
    }
}
