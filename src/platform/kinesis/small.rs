//! A small stream for unit tests: built in one line and driven step by step.

use super::{Config, Event, Kinesis};
use crate::engine::{Queue, run};
use crate::platform::{Platform, Setup, System};
use crate::probe::Recorder;
use crate::settings::Settings;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Input, Record, Workload};
use std::path::Path;

/// A stream with its clients, its timers and its recorder.
pub(super) struct Small {
    system: System<Kinesis>,
    queue: Queue<Event>,
    /// The records offered so far.
    offered: u64,
}

impl Small {
    /// A system with these settings, one producer, ten keys and one consumer that reads as `consumer` says.
    pub(super) fn new(settings: &str, consumer: &str) -> Self {
        let text = format!(
            "[workload]\narrivals = {{ poisson = \"1 records/s\" }}\nsizes = {{ constant = \"100 B\" }}\n\
             keys = {{ uniform = {{ count = 10 }} }}\n[[consumer]]\nname = \"app\"\n\
             [system.kds.kinesis]\n{settings}\n[system.kds.kinesis.consumer.app]\n{consumer}\n"
        );
        let parsed = Settings::parse("small.toml", &text, &[]).expect("TOML");
        let (root, minute) = (parsed.root(), Nanos::from_secs(60));
        let workload = Workload::read(&root, minute, Nanos::from_secs(1), Path::new("."));
        let table = root.section("system").section("kds").section("kinesis");
        let config = Config::read(&table, &workload);
        parsed.finish().expect("settings without a problem");
        Self::build(&config, &workload)
    }

    fn build(config: &Config, workload: &Workload) -> Self {
        let setup = Setup {
            workload,
            seed: 1,
            replication: 0,
        };
        let platform = Kinesis::new(config, &setup);
        let (lanes, causes) = (platform.lanes(), Kinesis::CAUSES);
        let probe = Recorder::new(lanes, 1, causes, Nanos::ZERO, workload.keys_ordered());
        let mut small = Self {
            system: System {
                platform,
                probe,
                timers: 0,
            },
            queue: Queue::new(),
            offered: 0,
        };
        let mut cx = super::KinesisCx {
            queue: &mut small.queue,
            probe: &mut small.system.probe,
        };
        small.system.platform.start(&mut cx);
        small
    }

    /// Offers `records` records to the producer at an instant in milliseconds, one key after the other.
    pub(super) fn offer(&mut self, at_ms: u64, records: u64) {
        let at = SimTime(at_ms * 1_000_000);
        let first = self.offered as u32;
        self.offered += records;
        let record = |serial: u32| {
            Input::Record(Record {
                at,
                serial,
                key: serial % 10,
                bytes: 100,
                producer: 0,
            })
        };
        let mut inputs = (first..self.offered as u32).map(record);
        run(&mut self.system, &mut inputs, &mut self.queue, at);
    }

    /// Takes a step of the timeline at an instant in milliseconds.
    pub(super) fn apply(&mut self, at_ms: u64, action: Action) {
        let at = SimTime(at_ms * 1_000_000);
        let mut inputs = std::iter::once(Input::Step(at, action));
        run(&mut self.system, &mut inputs, &mut self.queue, at);
    }

    /// Lets time run up to an instant in milliseconds, and checks the invariants of all rooms there.
    pub(super) fn run_to(&mut self, ms: u64) {
        let end = SimTime(ms * 1_000_000);
        run(
            &mut self.system,
            &mut std::iter::empty(),
            &mut self.queue,
            end,
        );
        self.system.platform.check();
    }

    /// The model.
    pub(super) fn model(&mut self) -> &mut Kinesis {
        &mut self.system.platform
    }
}
