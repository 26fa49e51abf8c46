//! Runs of one Kafka system, each scenario once, and what rows ask of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use streamduel::experiment::{self, Progress};
use streamduel::probe::{RunResult, figures};
use streamduel::scenario::{Overrides, Scenario};

/// A scenario to be.
#[derive(Clone)]
pub(crate) struct Plan {
    /// Records per second that are offered.
    pub rate: f64,
    /// Bytes of each.
    pub bytes: u32,
    /// Producers.
    pub producers: u32,
    /// Reading groups, and workers of each.
    pub groups: (u32, u32),
    /// Length and warm-up `[s]`.
    pub length: (f64, f64),
    /// Replications.
    pub n: u32,
    /// Records that a stalled application holds back; the others are never offered.
    pub backlog: u32,
    /// Whether records come one by one at random instants instead of evenly.
    pub random: bool,
    /// When the last record comes, if that is before the end `[s]`.
    pub until: Option<f64>,
    /// The table of the system.
    pub kafka: String,
    /// Settings of every producer.
    pub producer: String,
    /// Settings of every reader.
    pub reader: String,
    /// Time that a reader spends on a record `[ns]`.
    pub per_record: u32,
    /// `keys` of the workload.
    pub keys: &'static str,
    /// Timeline, calls and faults.
    pub rest: String,
}

impl Plan {
    /// 1 KiB records, two producers, one group of two, ten seconds.
    pub(crate) fn new(rate: f64, kafka: &str, producer: &str) -> Self {
        Self {
            rate,
            bytes: 1024,
            producers: 2,
            groups: (1, 2),
            length: (6.0, 2.0),
            n: 5,
            backlog: 1_000_000,
            random: false,
            until: None,
            kafka: kafka.to_owned(),
            producer: producer.to_owned(),
            reader: String::new(),
            per_record: 0,
            keys: "keys = \"none\"",
            rest: String::new(),
        }
    }

    fn text(&self) -> String {
        let arrivals = match (self.until, self.random) {
            (Some(until), _) => format!(
                "on-off = {{ rate = \"{} records/s\", on = \"{until} s\", off = \"1 h\" }}",
                self.rate
            ),
            (None, true) => format!("poisson = \"{} records/s\"", self.rate),
            (None, false) => format!("constant = \"{} records/s\"", self.rate),
        };
        let groups: String = (0..self.groups.0)
            .map(|n| {
                format!(
                    "[[consumer]]\nname = \"c{n}\"\nworkers = {}\nprocessing.per-record = \"{} ns\"\n",
                    self.groups.1, self.per_record
                )
            })
            .collect();
        let readers: String = (0..self.groups.0)
            .map(|n| format!("consumer.c{n} = {{ {} }}\n", self.reader))
            .collect();
        format!(
            "title = \"v\"\nquestion = \"?\"\nduration = \"{} s\"\nwarmup = \"{} s\"\nsample = \"1 s\"\n[workload]\n\
             arrivals.{arrivals}\n{}\nsizes.constant = \"{} B\"\nproducers = {}\nproducer-backlog = {}\n\
             {groups}[system.k.kafka]\n{}\nproducer = {{ {} }}\n{readers}{}\n",
            self.length.0,
            self.length.1,
            self.keys,
            self.bytes,
            self.producers,
            self.backlog,
            self.kafka,
            self.producer,
            self.rest
        )
    }
}

/// The runs so far.
pub(crate) struct Lab {
    runs: BTreeMap<String, Rc<Vec<RunResult>>>,
    /// How many times the replications of a plan are made, where there are several.
    pub times: u32,
}

impl Default for Lab {
    fn default() -> Self {
        Self {
            runs: BTreeMap::new(),
            times: 1,
        }
    }
}

impl Lab {
    /// The runs of a plan.
    pub(crate) fn runs(&mut self, plan: &Plan) -> Rc<Vec<RunResult>> {
        let n = if plan.n > 1 { plan.n * self.times } else { 1 };
        let key = format!("{n} of {}", plan.text());
        if let Some(known) = self.runs.get(&key) {
            return Rc::clone(known);
        }
        let text = plan.text();
        let overrides = Overrides {
            replications: Some(n),
            ..Overrides::default()
        };
        let scenario = Scenario::parse("v.toml", "v", &text, Path::new("."), &overrides)
            .unwrap_or_else(|problems| panic!("{problems}\n{text}"));
        let mut systems = experiment::run(&scenario, &Progress::default())
            .unwrap_or_else(|imbalance| panic!("{imbalance:?}\n{text}"));
        let runs = Rc::new(systems.remove(0).runs);
        self.runs.insert(key, Rc::clone(&runs));
        runs
    }

    /// One value per replication.
    pub(crate) fn each(&mut self, plan: &Plan, what: impl Fn(&RunResult) -> f64) -> Vec<f64> {
        self.runs(plan).iter().map(what).collect()
    }
}

/// A figure of a run, or of the mean reader.
pub(crate) fn figure(run: &RunResult, name: &str) -> f64 {
    figures::value(run, name, None).unwrap_or_else(|| panic!("{name} was not measured"))
}

/// A quantile of the delay from the intended instant to the acknowledgement `[ms]`.
pub(crate) fn publish(q: f64) -> impl Fn(&RunResult) -> f64 {
    move |run| run.append.quantile(q).expect("acknowledged") as f64 / 1e6
}

/// The same delay's mean `[ms]`.
pub(crate) fn publish_mean(run: &RunResult) -> f64 {
    1e3 * figure(run, "append_mean")
}

/// A quantile of the delay from the intended instant to the reader `[ms]`, the mean of the groups.
pub(crate) fn end_to_end(q: f64) -> impl Fn(&RunResult) -> f64 {
    move |run| {
        let each = run
            .delivery
            .iter()
            .map(|reader| reader.quantile(q).expect("delivered") as f64 / 1e6);
        each.sum::<f64>() / run.delivery.len() as f64
    }
}

/// Mean of the delay from the intended instant to the reader `[ms]`.
pub(crate) fn end_to_end_mean(run: &RunResult) -> f64 {
    run.delivery[0].mean().expect("delivered") / 1e6
}

/// Records stored per second.
pub(crate) fn throughput(run: &RunResult) -> f64 {
    figure(run, "accepted_rate")
}

/// Records read per second by all groups together.
pub(crate) fn read_rate(run: &RunResult) -> f64 {
    let sum: u64 = run.measured().flat_map(|point| &point.delivered).sum();
    sum as f64 / run.measured_s()
}

/// When something first happened `[s]`.
pub(crate) fn first(run: &RunResult, what: &str) -> f64 {
    let found = run
        .happenings
        .iter()
        .find(|happening| happening.what == what);
    found.unwrap_or_else(|| panic!("`{what}` did not happen")).t
}
