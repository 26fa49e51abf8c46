//! Amazon Kinesis Data Streams, provisioned: a stream of shards, PutRecords producers, polling
//! consumers. Replication over zones is synchronous and invisible, as the service has it.
//!
//! Left out so far: resharding, on-demand, KPL, enhanced fan-out (see docs/FIDELITY.md).

mod config;
mod consumer;
pub mod hash;
mod producer;
mod shard;

pub use config::{Config, ConsumerConfig, ExplicitHash, ProducerConfig, ServiceConfig};
pub use shard::Shard;

use crate::engine::{QuantileTable, Stream, probit};
use crate::platform::{Cx, KeyTable, MetricNames, Platform, Reader, Sampled, Setup};
use crate::probe::{Cause, Fate, Gauge, Held, Lane};
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Record, Workload};
use consumer::{App, Cursor};
use hash::{HashKey, Ranges};
use producer::{Producer, Requests};

const THROTTLED: usize = 0;
const TOO_LARGE: usize = 1;
const BACKLOG_FULL: usize = 2;

/// Records that a worker takes at a time; only the grain of reporting, not of any limit.
const SLICE: u64 = 500;

/// The timers of a stream and its clients.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A producer's call has waited long enough to fill.
    Flush {
        /// Whose.
        producer: u32,
        /// Which of its calls.
        generation: u32,
    },
    /// A PutRecords call reaches the shards.
    Arrive(u32),
    /// Its answer reaches the producer.
    Answer(u32),
    /// Its refused records are sent again.
    Retry(u32),
    /// An application calls GetRecords on a shard.
    Poll {
        /// The application.
        app: u16,
        /// The shard.
        shard: u32,
    },
    /// The answer reaches the application.
    Read {
        /// The application.
        app: u16,
        /// The shard.
        shard: u32,
    },
    /// A worker is done with a slice.
    Done {
        /// The application.
        app: u16,
        /// The worker.
        worker: u32,
    },
}

/// A stream with its producers and consumers.
pub struct Kinesis {
    config: Config,
    backlog_max: u64,
    ranges: Ranges,
    shards: Vec<Shard>,
    keys: KeyTable,
    producers: Vec<Producer>,
    requests: Requests,
    apps: Vec<App>,
    put_latency: LatencyLaw,
    sent: u64,
    backed_off: u64,
    latency: Stream,
    jitter: Stream,
    hashes: Stream,
    phases: Stream,
}

/// Lognormal latencies by table.
struct LatencyLaw {
    table: QuantileTable,
    mu: f64,
    sigma: f64,
}

impl LatencyLaw {
    fn new(median: Nanos, p99: Nanos) -> Self {
        let mu = libm::log(median.0 as f64);
        let sigma = (libm::log(p99.0.max(median.0) as f64) - mu) / probit(0.99);
        Self { table: QuantileTable::of_normal(|z| libm::exp(mu + sigma * z)), mu, sigma }
    }

    fn draw(&self, bits: u64) -> Nanos {
        Nanos(self.table.sample(bits, |p| libm::exp(self.mu + self.sigma * probit(p))) as u64)
    }
}

impl Platform for Kinesis {
    type Config = Config;
    type Event = Event;

    const CAUSES: &'static [Cause] = &[
        Cause { name: "ProvisionedThroughputExceededException", fate: Fate::Refused },
        Cause { name: "ValidationException (record too large)", fate: Fate::Refused },
        Cause { name: "producer backlog full", fate: Fate::Refused },
    ];
    const NAMES: MetricNames = MetricNames {
        lane: "shard",
        bytes_in: "IncomingBytes",
        records_in: "IncomingRecords",
        throttled: "WriteProvisionedThroughputExceeded",
        read_throttled: "ReadProvisionedThroughputExceeded",
        lag: "records behind",
        per_second: false,
    };

    fn read(section: &Section<'_>, workload: &Workload) -> Config {
        Config::read(section, workload)
    }

    fn new(config: &Config, setup: &Setup<'_>) -> Self {
        let stream = |label: &str| Stream::new(setup.seed, setup.replication, label);
        let ranges = Ranges::equal(config.shard_count);
        let explicit = match config.producer.explicit_hash {
            ExplicitHash::Fixed(key) => Some(ranges.shard(HashKey(key))),
            _ => None,
        };
        let keys = KeyTable::new(&setup.workload.keys, |key| {
            explicit.unwrap_or_else(|| ranges.shard(HashKey::of(key)))
        });
        let app = |(consumer, config): (&crate::workload::Consumer, &ConsumerConfig)| App {
            name: consumer.name.clone(),
            config: config.clone(),
            workers: vec![Reader::new(consumer.per_record, SLICE, false); consumer.workers as usize],
            cursors: Vec::new(),
            down: 0,
            iterator_age: Nanos::ZERO,
        };
        let mut apps: Vec<App> = setup.workload.consumers.iter().zip(&config.consumers).map(app).collect();
        for app in &mut apps {
            app.cursors = vec![Cursor::default(); config.shard_count as usize];
        }
        Self {
            backlog_max: setup.workload.producer_backlog,
            shards: (0..config.shard_count).map(|_| Shard::new(&config.service)).collect(),
            keys,
            producers: vec![Producer::default(); setup.workload.producers() as usize],
            requests: Requests::default(),
            apps,
            put_latency: LatencyLaw::new(config.service.put_median, config.service.put_p99),
            sent: 0,
            backed_off: 0,
            latency: stream("kinesis/put-latency"),
            jitter: stream("kinesis/back-off"),
            hashes: stream("kinesis/keyless-hash"),
            phases: stream("kinesis/poll-phase"),
            ranges,
            config: config.clone(),
        }
    }

    fn lanes(&self) -> Vec<Lane> {
        let lane = |index| Lane {
            name: hash::shard_id(index),
            bytes_per_s: self.config.service.write_rate.0 as f64,
            records_per_s: self.config.service.write_records as f64,
        };
        (0..self.config.shard_count).map(lane).collect()
    }

    fn start(&mut self, cx: &mut Cx<'_, Event>) {
        for app in 0..self.apps.len() {
            for shard in 0..self.config.shard_count {
                self.start_polling(app as u16, shard, cx);
            }
        }
    }

    #[inline]
    fn offer(&mut self, record: Record, cx: &mut Cx<'_, Event>) {
        let config = &self.config.producer;
        let bytes = u64::from(record.bytes) + self.key_bytes(record.key);
        let producer = &mut self.producers[record.producer as usize];
        if bytes > self.config.record_max {
            return cx.probe.ended(TOO_LARGE, 1);
        }
        if producer.held >= self.backlog_max {
            return cx.probe.ended(BACKLOG_FULL, 1);
        }
        if producer.open_bytes + bytes > config.batch_bytes {
            self.close_call(record.producer, cx);
        }
        let producer = &mut self.producers[record.producer as usize];
        if producer.open.is_empty() {
            let event = Event::Flush { producer: record.producer, generation: producer.generation };
            cx.queue.after(self.config.producer.flush_interval, event);
        }
        producer.open.push(Record { bytes: bytes as u32, ..record });
        producer.open_bytes += bytes;
        producer.held += 1;
        if producer.open.len() == self.config.producer.batch_records {
            self.close_call(record.producer, cx);
        }
    }

    #[inline]
    fn event(&mut self, event: Event, cx: &mut Cx<'_, Event>) {
        match event {
            Event::Flush { producer, generation } => {
                let open = &self.producers[producer as usize];
                if open.generation == generation && !open.open.is_empty() {
                    self.close_call(producer, cx);
                }
            }
            Event::Arrive(request) => self.arrive(request, cx),
            Event::Answer(request) => self.answer(request, cx),
            Event::Retry(request) => {
                let call = self.requests.get(request);
                call.attempt += 1;
                cx.probe.retried(call.records.len() as u64);
                self.send(request, cx);
            }
            Event::Poll { app, shard } => self.poll(app, shard, cx),
            Event::Read { app, shard } => self.receive(app, shard, cx),
            Event::Done { app, worker } => self.finish_slice(app, worker, cx),
        }
    }

    fn apply(&mut self, action: Action, cx: &mut Cx<'_, Event>) {
        match action {
            Action::ConsumerDown(app) => self.apps[usize::from(app)].down += 1,
            Action::ConsumerUp(app) => self.bring_up(app, cx),
        }
    }

    fn sample(&mut self, now: SimTime) -> Sampled {
        let mut gauges = Vec::new();
        for app in &mut self.apps {
            gauges.push(Gauge {
                entity: app.name.clone(),
                metric: "GetRecords.IteratorAgeMilliseconds",
                unit: "ms",
                value: app.iterator_age.as_millis_f64(),
            });
            app.iterator_age = Nanos::ZERO;
        }
        let held = self.held(now);
        Sampled { lag: held.unread, client_held: held.client, gauges }
    }

    fn held(&self, now: SimTime) -> Held {
        let mut held = Held::default();
        held.client = self.requests.held() + self.producers.iter().map(|p| p.open.len() as u64).sum::<u64>();
        for app in &self.apps {
            let (mut unread, mut expired) = (0, 0);
            for (cursor, shard) in app.cursors.iter().zip(&self.shards) {
                let retained = shard.log.first_retained(cursor.fetched, self.config.retention, now);
                expired += retained - cursor.fetched;
                unread += cursor.outstanding + (shard.log.end() - retained);
            }
            held.unread.push(unread);
            held.expired.push(expired);
        }
        held
    }
}
