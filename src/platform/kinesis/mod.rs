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
use crate::probe::{Cause, Fate, Gauge, Held, Lane, Recorder};
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Record, Workload};
use consumer::{App, Cursor};
use hash::{HashKey, Ranges};
use producer::{Producer, Requests, backoff};

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
        Self { table: QuantileTable::new(|p| libm::exp(mu + sigma * probit(p))), mu, sigma }
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
            config: config.clone(),
            workers: vec![Reader::new(consumer.per_record, SLICE); consumer.workers as usize],
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
        producer.open.push(record);
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
        for (index, app) in self.apps.iter_mut().enumerate() {
            gauges.push(Gauge {
                entity: format!("consumer {index}"),
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

impl Kinesis {
    /// The length of the partition key that is sent for `key` `[B]`.
    #[inline]
    fn key_bytes(&self, key: u32) -> u64 {
        self.keys.length(key).unwrap_or(self.config.producer.keyless_bytes)
    }

    /// The shard that takes `record`.
    #[inline]
    fn route(&self, record: &Record) -> u32 {
        let draw = |n: u64| u128::from(self.hashes.draw(n));
        match (self.config.producer.explicit_hash, self.keys.lane(record.key)) {
            (ExplicitHash::None | ExplicitHash::Fixed(_), Some(shard)) => shard,
            (ExplicitHash::Fixed(key), None) => self.ranges.shard(HashKey(key)),
            (ExplicitHash::None | ExplicitHash::Uniform, _) => {
                let n = record.serial.wrapping_mul(2);
                self.ranges.shard(HashKey((draw(n) << 64) | draw(n + 1)))
            }
        }
    }

    /// Closes the call that a producer is filling, and sends it if it may have another under way.
    fn close_call(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[index as usize];
        producer.generation = producer.generation.wrapping_add(1);
        producer.open_bytes = 0;
        let request = self.requests.open(index, &mut producer.open);
        if producer.in_flight < self.config.producer.requests_max {
            producer.in_flight += 1;
            self.send(request, cx);
        } else {
            producer.waiting.push_back(request);
        }
    }

    /// Sends a call: it reaches the shards after half its latency, its answer comes after all of it.
    fn send(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let latency = self.put_latency.draw(self.latency.draw(self.sent));
        self.sent += 1;
        self.requests.get(request).answer_at = (cx.queue.now() + latency).0;
        cx.queue.after(Nanos(latency.0 / 2), Event::Arrive(request));
    }

    /// The shards take or refuse each record of a call on its own.
    fn arrive(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let mut records = std::mem::take(&mut self.requests.get(request).records);
        let answer_at = SimTime(self.requests.get(request).answer_at);
        let ordered = self.config.producer.explicit_hash != ExplicitHash::Uniform;
        let sent = records.len();
        records.retain(|record| {
            let bytes = record.bytes + self.key_bytes(record.key) as u32;
            let lane = self.route(record);
            let taken = self.shards[lane as usize].put(now, record.at, bytes);
            if taken {
                cx.probe.stored(lane, u64::from(bytes));
                cx.probe.acknowledged(record.at, answer_at);
                if ordered && self.keys.store(record.key, record.serial) {
                    cx.probe.reordered();
                }
            } else {
                cx.probe.throttled(lane);
            }
            !taken
        });
        let call = self.requests.get(request);
        self.producers[call.producer as usize].held -= (sent - records.len()) as u64;
        call.records = records;
        cx.queue.at(answer_at, Event::Answer(request));
    }

    /// The producer looks at the results: refused records are sent again or given up.
    fn answer(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let config = &self.config.producer;
        let call = self.requests.get(request);
        let refused = call.records.len() as u64;
        if refused > 0 && call.attempt < config.attempts {
            let wait = backoff(config, call.attempt, self.jitter, self.backed_off);
            self.backed_off += 1;
            return cx.queue.after(wait, Event::Retry(request));
        }
        if refused > 0 {
            cx.probe.ended(THROTTLED, refused);
        }
        let producer = &mut self.producers[call.producer as usize];
        producer.held -= refused;
        let next = producer.waiting.pop_front();
        if next.is_none() {
            producer.in_flight -= 1;
        }
        self.requests.close(request);
        if let Some(next) = next {
            self.send(next, cx);
        }
    }

    /// Sets the first call of an application on a shard, at a random phase of its idle time.
    fn start_polling(&mut self, app: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let idle = self.apps[usize::from(app)].config.idle;
        let phase = self.phases.child(u64::from(app)).below(u64::from(shard), idle.0.max(1));
        cx.queue.after(Nanos(phase), Event::Poll { app, shard });
    }

    /// GetRecords.
    fn poll(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &mut self.apps[usize::from(index)];
        let (cursor, store) = (&mut app.cursors[shard as usize], &mut self.shards[shard as usize]);
        if app.down > 0 {
            cursor.parked = true;
            return;
        }
        cursor.called_at = now;
        if !store.admit_read(now) {
            cx.probe.read_throttled();
            return cx.queue.after(app.config.idle, Event::Poll { app: index, shard });
        }
        let retained = store.log.first_retained(cursor.fetched, self.config.retention, now);
        if retained > cursor.fetched {
            cx.probe.expired(usize::from(index), retained - cursor.fetched);
            (cursor.fetched, cursor.done) = (retained, retained);
        }
        let service = &self.config.service;
        let (chunk, bytes) = store.get(now, shard, cursor.fetched, app.config.limit, service.read_bytes_max);
        if chunk.count == 0 {
            return cx.queue.after(app.config.idle, Event::Poll { app: index, shard });
        }
        app.iterator_age = app.iterator_age.max(store.age_of_last(chunk, now));
        cursor.fetched += chunk.count;
        cursor.outstanding += chunk.count;
        cursor.answer = Some(chunk);
        let latency = service.get_latency + service.get_rate.time_for(bytes);
        cx.queue.after(latency, Event::Read { app: index, shard });
    }

    /// The answer of GetRecords reaches the worker that holds the shard's lease.
    fn receive(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        let worker = app.worker_of(shard);
        if let Some(chunk) = app.cursors[shard as usize].answer.take() {
            app.workers[worker].push(chunk);
        }
        self.begin_slice(index, worker as u32, cx);
    }

    fn begin_slice(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        if app.down > 0 {
            return;
        }
        if let Some(slice) = app.workers[worker as usize].begin(cx.queue.now()) {
            cx.queue.at(slice.ends, Event::Done { app: index, worker });
        }
    }

    /// A worker is done with a slice; after the last of an answer it calls again.
    fn finish_slice(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        let Some(lane) = app.workers[worker as usize].lane() else { return };
        let log = &self.shards[lane as usize].log;
        let Some(slice) = finish(app, usize::from(index), worker, log, cx.probe) else { return };
        let cursor = &mut app.cursors[lane as usize];
        cursor.outstanding -= slice.chunk.count;
        cursor.done = slice.chunk.first + slice.chunk.count;
        if slice.last {
            let next = (cursor.called_at + app.config.idle).max(cx.queue.now());
            cx.queue.at(next, Event::Poll { app: index, shard: lane });
            let done = self.apps.iter().map(|app| app.cursors[lane as usize].done).min();
            self.shards[lane as usize].log.trim(done.unwrap_or_default());
        }
        self.begin_slice(index, worker, cx);
    }

    /// An application reads again.
    fn bring_up(&mut self, index: u16, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        app.down = app.down.saturating_sub(1);
        if app.down > 0 {
            return;
        }
        let workers = app.workers.len() as u32;
        for shard in 0..self.config.shard_count {
            let cursor = &mut self.apps[usize::from(index)].cursors[shard as usize];
            if std::mem::take(&mut cursor.parked) {
                self.start_polling(index, shard, cx);
            }
        }
        for worker in 0..workers {
            self.begin_slice(index, worker, cx);
        }
    }
}

fn finish(
    app: &mut App,
    index: usize,
    worker: u32,
    log: &crate::platform::Log,
    probe: &mut Recorder,
) -> Option<crate::platform::Slice> {
    app.workers[worker as usize].end(index, log, probe)
}
