//! A small cluster for unit tests: built in one line, driven step by step.

use super::ids::{BrokerId, PartitionId, ProducerId};
use super::{Config, Event, Kafka, producer};
use crate::engine::Queue;
use crate::platform::{Cx, Platform, Setup};
use crate::probe::Recorder;
use crate::settings::Settings;
use crate::units::{Nanos, SimTime};
use crate::workload::{NO_KEY, Record, Workload};
use std::path::Path;

/// A cluster of three brokers with one group of one worker, its timers and what it reports to.
pub(super) struct Bench {
    /// The cluster.
    pub kafka: Kafka,
    /// Its timers.
    pub queue: Queue<Event>,
    /// What it reports to.
    pub probe: Recorder,
    /// How many records were offered.
    offered: u64,
}

/// A cluster with these settings of `[system.k.kafka]`, one a line.
pub(super) fn cluster(settings: &str) -> Bench {
    let text = format!(
        "[workload]\narrivals = {{ poisson = \"1 records/s\" }}\nproducers = 1\n\
         [[consumer]]\nname = \"app\"\nworkers = 1\nprocessing = {{ per-record = \"0 us\" }}\n\
         [system.k.kafka]\nInstanceType = \"kafka.m7g.large\"\nNumberOfBrokerNodes = 3\n{settings}\n"
    );
    let parsed = Settings::parse("test", &text, &[]);
    let Ok(parsed) = parsed else {
        panic!("the text is TOML: {text}");
    };
    let (hour, root) = (Nanos::from_secs(3600), parsed.root());
    let workload = Workload::read(&root, hour, Nanos::from_secs(10), Path::new("."));
    let section = root.section("system").section("k").section("kafka");
    let config = Config::read(&section, &workload);
    let setup = Setup {
        workload: &workload,
        seed: 42,
        replication: 0,
    };
    let kafka = Kafka::new(&config, &setup);
    let probe = Recorder::new(kafka.lanes(), 1, Kafka::CAUSES, Nanos::ZERO, false);
    let mut bench = Bench {
        kafka,
        queue: Queue::new(),
        probe,
        offered: 0,
    };
    bench.kafka.start(&mut Cx {
        queue: &mut bench.queue,
        probe: &mut bench.probe,
    });
    bench
}

impl Bench {
    /// An application sends a record of 100 bytes without a key, now.
    pub(super) fn send(&mut self) {
        let record = Record {
            at: self.queue.now(),
            serial: self.offered as u32,
            key: NO_KEY,
            bytes: 100,
            producer: 0,
        };
        self.offered += 1;
        self.probe.offered(record.bytes);
        let mut cx = Cx {
            queue: &mut self.queue,
            probe: &mut self.probe,
        };
        self.kafka.offer(record, &mut cx);
    }

    /// Fires every timer that is due within `after`, and checks all rooms.
    pub(super) fn run(&mut self, after: Nanos) {
        let until = SimTime(self.queue.now().0 + after.0);
        // A linger timer that finds nothing to send moves the clock.
        let (producer, broker) = (ProducerId::new(0), BrokerId::new(0));
        let nothing = producer::Event::Linger { producer, broker };
        self.queue.at(until, Event::Producer(nothing));
        while self.queue.is_due(until) {
            let Some(event) = self.queue.pop() else {
                break;
            };
            let mut cx = Cx {
                queue: &mut self.queue,
                probe: &mut self.probe,
            };
            self.kafka.event(event, &mut cx);
        }
        self.kafka.check();
    }

    /// Records in the logs of all partitions.
    pub(super) fn stored(&self) -> u64 {
        let brokers = &self.kafka.brokers;
        let end = |at: PartitionId| brokers.log_end(at).offset;
        brokers.partition_ids().map(end).sum()
    }
}
