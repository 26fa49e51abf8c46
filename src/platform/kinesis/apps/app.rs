//! One consumer application: its workers, its leases and its sink.

use super::Io;
use super::lease::{Lease, LeaseState};
use super::lease_table::LeaseTable;
use super::mapping_state::Function;
use super::one_consumer::group_of;
use super::worker::Worker;
use crate::platform::kinesis::ids::{AppId, ShardId, Slots, WorkerId};
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::{Config, ConsumerConfig, Reading};
use crate::platform::{ConsumerSink, OrderWatch, Reader, Setup, Transaction};
use crate::probe::{Gauge, gauges};
use crate::units::{Nanos, SimTime};
use crate::workload::{Consumer, SinkConfig, SinkTally};

/// Records that a worker takes at a time; only the grain of reporting, not of any limit.
const SLICE: u64 = 500;

/// One consumer application.
#[derive(Debug)]
pub(super) struct App {
    /// Which application of the workload it is.
    pub(super) id: AppId,
    /// Its name.
    pub(super) name: String,
    /// How it reads.
    pub(super) config: ConsumerConfig,
    /// What a worker spends on a record.
    pub(super) per_record: Nanos,
    /// Its workers.
    pub(super) workers: Slots<WorkerId, Worker>,
    /// Its leases.
    pub(super) leases: Slots<ShardId, Lease>,
    /// How many steps of the timeline hold it down.
    pub(super) down: u32,
    /// The largest age of a last record since the last sample, if anything was answered.
    age: Option<Nanos>,
    /// Rounds of assignment so far.
    pub(super) rounds: u64,
    /// The worker that assigns leases (KCL 3).
    pub(super) leader: WorkerId,
    /// When the leader scanned the lease table last.
    pub(super) scanned_at: Option<SimTime>,
    /// Until when nobody else may lead.
    pub(super) leader_until: SimTime,
    /// The lease table, if it has provisioned capacity.
    pub(super) table: Option<LeaseTable>,
    /// The order of the keys that it is given, where order is watched.
    pub(super) order: OrderWatch,
    /// How its workers put records into its sink.
    sink: SinkConfig,
    /// The sink, if there is one.
    pub(super) consumer_sink: Option<ConsumerSink>,
    /// The first application that uses the same registered consumer, if several do.
    pub(super) group: Option<AppId>,
    /// The function, if it is a Lambda mapping.
    pub(super) function: Function,
}

impl App {
    /// An application with its workers, settled on the shards that exist at the start; order is watched for `keys` keys.
    pub(super) fn new(
        id: AppId,
        consumer: &Consumer,
        config: &ConsumerConfig,
        shards: u32,
        setup: &Setup<'_>,
        keys: usize,
    ) -> Self {
        let mut app = Self {
            id,
            name: consumer.name.clone(),
            config: config.clone(),
            per_record: consumer.per_record,
            workers: Slots::default(),
            leases: (0..shards).map(|_| Lease::default()).collect(),
            down: 0,
            age: None,
            rounds: 0,
            leader: WorkerId(0),
            scanned_at: None,
            leader_until: SimTime::ZERO,
            table: config.table.as_ref().map(LeaseTable::new),
            order: OrderWatch::new(keys),
            sink: consumer.sink.clone(),
            consumer_sink: ConsumerSink::open(consumer, setup),
            group: None,
            function: Function::default(),
        };
        let workers = if config.is_lambda() {
            shards
        } else {
            consumer.workers
        };
        for _ in 0..workers {
            app.add_worker();
        }
        for shard in app.leases.ids() {
            app.leases[shard].owner = Some(WorkerId(shard.0 % workers));
        }
        app
    }

    /// All applications of a scenario.
    pub(super) fn all(
        config: &Config,
        setup: &Setup<'_>,
        watches_order: bool,
    ) -> Slots<AppId, Self> {
        let keys = setup.workload.keys.len() as usize;
        let keys = if watches_order { keys } else { 0 };
        let consumers = setup.workload.consumers.iter().zip(&config.consumers);
        let apps = (0..).zip(consumers).map(|(number, (consumer, reads))| {
            let (id, shards) = (AppId(number), config.shard_count);
            let app = Self::new(id, consumer, reads, shards, setup, keys);
            Self {
                group: group_of(&config.consumers, usize::from(number)),
                ..app
            }
        });
        apps.collect()
    }

    /// The number of the application among the consumers of the workload.
    pub(super) fn consumer(&self) -> usize {
        usize::from(self.id.0)
    }

    /// Whether it reads by enhanced fan-out.
    pub(super) fn is_pushed(&self) -> bool {
        self.config.reading == Reading::FanOut
    }

    /// Adds a worker in the zone that is next in turn.
    pub(super) fn add_worker(&mut self) -> WorkerId {
        let zone = (self.workers.len() % 3) as u8;
        let opens = self.config.opens_aggregates();
        let reader = Reader::new(self.per_record, SLICE, false)
            .into_sink(&self.sink, Transaction::OfOutputs)
            .dropping_misplaced(opens);
        self.workers.push(Worker::new(reader, zone))
    }

    /// The worker that holds a lease.
    fn holder(&self, shard: ShardId) -> Option<&Worker> {
        self.workers.get(self.leases[shard].owner?)
    }

    /// Whether the worker that holds a lease runs.
    pub(super) fn holder_up(&self, shard: ShardId) -> bool {
        self.holder(shard).is_some_and(Worker::is_up)
    }

    /// Whether the holder of a lease has records of its shard in a buffer for its sink.
    pub(super) fn keeps(&self, shard: ShardId) -> bool {
        let holder = self.holder(shard);
        holder.is_some_and(|worker| worker.reader.keeps(shard.0))
    }

    /// Notes the age of the newest record of an answer.
    pub(super) fn note_age(&mut self, age: Nanos) {
        self.age = self.age.max(Some(age));
    }

    /// The age of the last records since the last sample, as CloudWatch shows it. Without an answer there is no
    /// data point.
    pub(super) fn age_gauge(&mut self) -> Option<Gauge> {
        let name = match self.config.reading {
            Reading::FanOut => gauges::MILLIS_BEHIND_LATEST,
            Reading::Polling => gauges::ITERATOR_AGE,
        };
        let age = self.age.take()?;
        Some(Gauge::new(name, &self.name, age.as_millis_f64()))
    }

    /// What its sink or its function has done.
    pub(super) fn tally(&self) -> Option<SinkTally> {
        let function = || self.config.is_lambda().then_some(self.function.tally);
        let aborted = self.workers.iter().map(|worker| worker.reader.aborted());
        let sink = self.consumer_sink.as_ref();
        sink.map(|consumer_sink| consumer_sink.tally(aborted.sum()))
            .or_else(function)
    }

    /// What its sink shows.
    pub(super) fn sink_gauges(&mut self, now: SimTime) -> Vec<Gauge> {
        let workers = self.workers.iter();
        let held = workers.map(|worker| worker.reader.holds(now)).sum();
        let consumer_sink = self.consumer_sink.iter_mut();
        let gauges =
            consumer_sink.flat_map(|consumer_sink| consumer_sink.gauges(now, &self.name, held));
        gauges.collect()
    }

    /// Whether records expire that come behind some which the holder still has in hand: those must be
    /// finished before the gap can be booked.
    pub(super) fn must_finish_first(&self, shard: ShardId, io: &Io<'_>) -> bool {
        let lease = &self.leases[shard];
        let fetched = lease.cursor.fetched;
        io.stream.first_retained(shard, fetched, io.now()) > fetched
            && (lease.is_busy() || self.keeps(shard))
    }

    /// Drops what is older than the retention period from what the lease still has to fetch.
    pub(super) fn expire(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let consumer = self.consumer();
        let cursor = &mut self.leases[shard].cursor;
        let fetched = cursor.fetched;
        let retained = io.stream.first_retained(shard, fetched, io.now());
        if retained <= fetched {
            return;
        }
        let log = io.stream.log(shard);
        let unseen = log.counted(cursor.seen.max(fetched), retained);
        io.probe.expired(consumer, unseen);
        if cursor.done == fetched {
            cursor.done = retained;
        }
        cursor.fetched = retained;
        cursor.seen = cursor.seen.max(retained);
    }

    /// What it still has to see at `now`: unread and expired records.
    pub(super) fn unread(&self, stream: &Stream, now: SimTime) -> (u64, u64) {
        let (mut unread, mut expired) = (0, 0);
        for (shard, lease) in self.leases.pairs() {
            let (cursor, log) = (&lease.cursor, stream.log(shard));
            if let Some(mapping) = &lease.mapping {
                let retained = stream.first_retained(shard, cursor.fetched, now);
                let flying = lease.answers.coming().map(|answer| answer.chunk);
                let flying =
                    flying.map(|chunk| log.counted(chunk.first, chunk.first + chunk.count));
                unread += mapping.unseen(log) + flying.sum::<u64>();
                expired += log.counted(cursor.fetched, retained);
                unread += log.counted(retained, log.end());
                continue;
            }
            // What was fetched in time is not expired.
            let from = cursor.seen.max(cursor.fetched);
            let retained = stream.first_retained(shard, from, now);
            expired += log.counted(from, retained);
            unread += log.counted(cursor.seen, from) + log.counted(retained, log.end());
        }
        (unread, expired)
    }

    /// Whether it has read all parents of a shard to their end.
    pub(super) fn parents_read(&self, shard: ShardId, stream: &Stream) -> bool {
        let ended = |parent| self.leases[parent].state == LeaseState::Ended;
        stream.parents(shard).all(ended)
    }

    /// Checks what must hold at any instant.
    ///
    /// # Panics
    /// If it does not hold: a bug of the model.
    pub(super) fn check(&self, stream: &Stream) {
        assert_eq!(
            self.leases.len(),
            stream.shard_count(),
            "{} has a lease for every shard",
            self.name
        );
        for (shard, lease) in self.leases.pairs() {
            lease.check(stream.log(shard).end());
        }
    }
}
