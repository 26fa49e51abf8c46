//! The model against measurements of a real three-broker cluster (Kafka 3.9, KRaft), case by case.
//!
//! Expected values are read from `tests/golden/measured-kafka`; `STREAMDUEL_GOLDEN` names another folder.
//! Zero against more than zero is compared exactly. A window that a timer decides is right if the measured
//! one lies within those of several seeds, widened by 20 % or a second: the phases of the real heartbeats
//! were random too.

mod batches;
mod failures;
mod groups;
mod growth;
mod placement;
mod sizes;

use crate::golden::{self, Row};
use std::panic::AssertUnwindSafe;

/// Seeds, and with them phases of heartbeats and of metadata, that a measured window is held against.
const SEEDS: u64 = 8;

/// What a record cost a member of the measured machine besides the time that it was told to take: 1,000 us
/// became 1,200 and 1,600 became 1,750 `[us]`.
const RECORD_US: f64 = 150.0;

/// The rows of a measured table.
fn rows(file: &str) -> Vec<Row> {
    golden::rows(&format!("measured-kafka/{file}"))
}

/// A number of a row, or `None` where the cell is empty.
fn maybe(row: &Row, column: &str) -> Option<f64> {
    let cell = row[column].trim();
    (!cell.is_empty()).then(|| {
        cell.parse()
            .unwrap_or_else(|_| panic!("{column} of {row:?}"))
    })
}

fn need(row: &Row, column: &str) -> f64 {
    maybe(row, column).unwrap_or_else(|| panic!("{column} of {row:?} is empty"))
}

/// A column of client settings, `key=value key=value` or `key value key value`, as an inline table with what
/// `more` adds.
fn settings(text: &str, more: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c == '=' || c.is_whitespace())
        .filter(|w| !w.is_empty())
        .collect();
    assert!(words.len().is_multiple_of(2), "{text}");
    let pair = |pair: &[&str]| {
        let value = match pair[1].rsplit('.').next().unwrap_or_default() {
            "RangeAssignor" => "range",
            "RoundRobinAssignor" => "roundrobin",
            "StickyAssignor" => "sticky",
            "CooperativeStickyAssignor" => "cooperative-sticky",
            _ => pair[1],
        };
        let plain = pair[0] != "acks"
            && (value.parse::<u64>().is_ok() || value == "true" || value == "false");
        if plain {
            format!("{} = {value}", pair[0])
        } else {
            format!("{} = \"{value}\"", pair[0])
        }
    };
    let mut all: Vec<String> = words.chunks(2).map(pair).collect();
    if !more.is_empty() {
        all.push(more.to_owned());
    }
    format!("{{ {} }}", all.join(", "))
}

/// Three brokers as far apart as those of the measurements, which shared a machine and did not encrypt.
fn cluster(topic: &str, producer: &str, consumer: &str) -> String {
    format!(
        "NumberOfBrokerNodes = 3\nInstanceType = \"kafka.m7g.4xlarge\"\nnum.io.threads = 4\n\
         EncryptionInTransit = {{ ClientBroker = \"PLAINTEXT\", InCluster = false }}\n\
         unclean.leader.election.enable = false\nnum.replica.fetchers = 1\n\
         model = {{ same-zone = \"100 us\", cross-zone = \"100 us\", broker-start = \"0 s\" }}\n\
         topic = {{ replication.factor = 3, {topic} }}\nproducer = {producer}\nconsumer.app = {consumer}"
    )
}

/// An even load for so many seconds, then nothing.
fn load(rate: f64, seconds: f64) -> String {
    format!(
        "arrivals = {{ start = \"{rate} records/s\", spacing = \"even\", stages = [{{ duration = \"{seconds} s\", target = \"{rate} records/s\" }}] }}\nproducers = 1"
    )
}

/// What several seeds gave.
#[derive(Clone, Copy, Debug)]
struct Window {
    low: f64,
    high: f64,
}

impl Window {
    fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        values
            .into_iter()
            .fold(None, |window: Option<Self>, value| {
                let (low, high) =
                    window.map_or((value, value), |w| (w.low.min(value), w.high.max(value)));
                Some(Self { low, high })
            })
    }

    /// Whether a measured time fits.
    fn fits(self, measured: f64) -> bool {
        let slack = |value: f64| (0.2 * value).max(1.0);
        (self.low - slack(self.low)..=self.high + slack(self.high)).contains(&measured)
    }
}

/// Collects what does not fit, so that a failure shows all of it.
struct Findings {
    /// The table that is judged.
    file: &'static str,
    /// Comparisons so far.
    checks: usize,
    wrong: Vec<String>,
}

impl Findings {
    fn of(file: &'static str) -> Self {
        Self {
            file,
            checks: 0,
            wrong: Vec::new(),
        }
    }

    fn check(&mut self, fits: bool, sentence: impl FnOnce() -> String) {
        self.checks += 1;
        if !fits {
            self.wrong.push(sentence());
        }
    }

    /// Judges one case; one that cannot be judged is wrong, and the next is judged all the same.
    fn case<T>(&mut self, name: &str, judge: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let judged = std::panic::catch_unwind(AssertUnwindSafe(|| judge(self)));
        if judged.is_err() {
            self.check(false, || format!("{name}: was not simulated to its end"));
        }
        judged.ok()
    }

    fn window(&mut self, what: &str, measured: f64, simulated: Option<Window>) {
        if std::env::var_os("MEASURED_SHOW").is_some() {
            let text = simulated.map_or("none".to_owned(), |w| {
                format!("{:.3} to {:.3}", w.low, w.high)
            });
            eprintln!("| {what} | {measured:.3} | {text} |");
        }
        let fits = simulated.is_some_and(|window| window.fits(measured));
        self.check(fits, || {
            format!("{what}: measured {measured:.3} s, simulated {simulated:.3?}")
        });
    }

    /// Zero or more than zero: nothing simulated may differ from a measured zero, and of several seeds one
    /// has to show what was measured once.
    fn happens(&mut self, what: &str, measured: f64, simulated: &[f64]) {
        if std::env::var_os("MEASURED_SHOW").is_some() {
            eprintln!("| {what} | {measured} | {simulated:?} |");
        }
        let any = simulated.iter().any(|count| *count > 0.0);
        self.check(any == (measured > 0.0), || {
            format!("{what}: measured {measured}, simulated {simulated:?}")
        });
    }

    /// The same where the phases of clients decide: that it did not happen once says only that it need not.
    fn phases(&mut self, what: &str, measured: f64, simulated: &[f64]) {
        if measured > 0.0 {
            return self.happens(what, measured, simulated);
        }
        if std::env::var_os("MEASURED_SHOW").is_some() {
            eprintln!("| {what} | {measured} | {simulated:?} |");
        }
        self.check(simulated.contains(&0.0), || {
            format!("{what}: measured none, simulated {simulated:?}")
        });
    }

    fn done(self) {
        let (file, wrong) = (format!("measured-kafka/{}", self.file), self.wrong.len());
        golden::tell(&file, self.checks - wrong, self.checks);
        let list = self.wrong.join("\n");
        assert!(wrong == 0, "{wrong} do not fit:\n{list}");
    }
}
