//! The Kinesis Producer Library: aggregation by predicted shard, a rate limiter of its own, collection
//! into PutRecords, retries without back-off until the record's time to live is over.
//!
//! A record that is stored by another shard than predicted makes the library fetch the shard map anew, and an
//! aggregate with user records that do not belong there is sent again, because consumers drop it whole.
//! All producers of a system share one shard map (the real ones have one each).
//!
//! # Source
//! KPL (awslabs/amazon-kinesis-producer): `aggregator.h`, `limiter.h`, `retrier.h`, `shard_map.cc`.

use super::aggregation::Aggregate;
use super::kpl_record::{KplRecords, Label, data_bytes, explicit_in_table, key_in_table, unstored};
use super::limiter::Limiter;
use super::{WriterEvent, Writers};
use crate::engine::{Ticket, TokenBucket};
use crate::facts::FactsAt;
use crate::platform::kinesis::causes::EarlyEnd;
use crate::platform::kinesis::ids::{KplRecordId, ProducerId, ShardId, Slots};
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::hash::HashKey;
use crate::platform::kinesis::stream::lineage::Lineage;
use crate::platform::kinesis::{KinesisCx, KplConfig, Library};
use crate::units::{ByteRate, Bytes, Nanos, SimTime};
use crate::workload::Record;
use std::collections::VecDeque;

/// The partition key of an aggregate is one character `[B]`.
const AGGREGATE_KEY_BYTES: u64 = 1;

/// An aggregate that is being filled with user records for one shard.
#[derive(Clone, Debug, Default)]
struct Filling {
    /// Its user records.
    records: Vec<Record>,
    /// Its size on the wire.
    size: Aggregate,
    /// The hash key of its first user record.
    first_hash: HashKey,
    /// When it is closed at the latest.
    deadline: SimTime,
    /// Names the aggregate: its timer is void once it was closed or has an earlier deadline.
    ticket: Ticket,
}

/// One KPL process.
#[derive(Clone, Debug, Default)]
pub(super) struct Process {
    /// Aggregates that are being filled, by predicted shard.
    filling: Slots<ShardId, Filling>,
    /// Rate limiters by predicted shard.
    limiters: Slots<ShardId, Option<Limiter>>,
    /// Records that wait for the next PutRecords call.
    pub(super) collected: Vec<KplRecordId>,
    /// Their bytes `[B]`.
    pub(super) collected_bytes: u64,
    /// Their bytes per predicted shard `[B]`.
    pub(super) pending: Slots<ShardId, u64>,
    /// When the next PutRecords call goes at the latest.
    pub(super) collect_at: Option<SimTime>,
    /// Names the call that is being collected: its timer is void once it was sent or has an earlier deadline.
    pub(super) ticket: Ticket,
    /// Whether a timer for the rate limiters is set.
    draining: bool,
}

/// All KPL processes of a system.
#[derive(Clone, Debug)]
pub(super) struct Kpl {
    /// The settings.
    pub(super) config: KplConfig,
    /// One process per producer.
    pub(super) processes: Slots<ProducerId, Process>,
    /// The records of the stream on their way.
    pub(super) records: KplRecords,
    /// What the processes believe about the shards; `None` while they ask.
    map: Option<Lineage>,
    /// The time between two looks of the rate limiters.
    pub(super) drain: Nanos,
    /// The bytes for one shard at which a PutRecords call is sent at once `[B]`.
    pub(super) flush_bytes: u64,
    /// The bytes that a limiter may let go at once `[B]`.
    bucket_bytes: u64,
    /// The records that a limiter may let go at once.
    bucket_records: u64,
    /// The records that a limiter lets go to a shard per second.
    records_per_s: u64,
    /// The bytes that a limiter lets go to a shard per second `[B/s]`.
    bytes_per_s: u64,
}

impl Kpl {
    pub(super) fn new(
        config: &KplConfig,
        producers: usize,
        lineage: &Lineage,
        book: FactsAt,
    ) -> Self {
        let shard_records: u64 = book.value("kinesis.shard.write.records");
        let shard_bytes: ByteRate = book.value("kinesis.shard.write.bytes");
        Self {
            config: config.clone(),
            processes: (0..producers).map(|_| Process::default()).collect(),
            records: KplRecords::default(),
            map: Some(lineage.clone()),
            drain: book.value("kinesis.kpl.drain"),
            flush_bytes: book.value::<Bytes>("kinesis.kpl.flush.shard").0,
            bucket_bytes: book.value::<Bytes>("kinesis.kpl.bucket.bytes").0,
            bucket_records: book.value("kinesis.kpl.bucket.records"),
            records_per_s: shard_records * config.rate_limit / 100,
            bytes_per_s: shard_bytes.0 * config.rate_limit / 100,
        }
    }

    /// The shard that the processes expect to take records with this hash key, if they know the shards.
    fn predict(&self, hash: HashKey) -> Option<ShardId> {
        self.map.as_ref().map(|map| map.shard(hash))
    }

    /// The limiter of a process for a shard.
    fn limiter(&mut self, process: ProducerId, shard: ShardId) -> &mut Limiter {
        let fresh = Limiter {
            records: TokenBucket::new(self.records_per_s, self.bucket_records),
            bytes: TokenBucket::new(self.bytes_per_s, self.bucket_bytes),
            queue: VecDeque::new(),
        };
        let limiters = &mut self.processes[process].limiters;
        limiters.reach(shard, || None).get_or_insert(fresh)
    }

    /// The limiter of a process for a shard, if there is one, and the records that wait there.
    pub(super) fn limiter_with_records(
        &mut self,
        process: ProducerId,
        shard: ShardId,
    ) -> Option<(&KplRecords, &mut Limiter)> {
        let limiter = self.processes[process].limiters.get_mut(shard)?.as_mut()?;
        Some((&self.records, limiter))
    }

    /// The shards for which a process may have a limiter.
    pub(super) fn limited_shards(
        &self,
        process: ProducerId,
    ) -> impl Iterator<Item = ShardId> + use<> {
        self.processes[process].limiters.ids()
    }

    /// Whether something still waits at a limiter of a process, so that its timer is set again.
    pub(super) fn goes_on_draining(&mut self, process: ProducerId) -> bool {
        let state = &mut self.processes[process];
        let mut limiters = state.limiters.iter().flatten();
        state.draining = limiters.any(|limiter| !limiter.queue.is_empty());
        state.draining
    }

    /// A record waits at its limiter, behind those with an earlier or the same deadline; true if the timer of
    /// the process has to be set.
    fn wait_at_limiter(&mut self, process: ProducerId, shard: ShardId, id: KplRecordId) -> bool {
        let deadline = self.records.get(id).label.deadline;
        let state = &mut self.processes[process];
        if let Some(limiter) = &mut state.limiters[shard] {
            let later = |other: &KplRecordId| self.records.get(*other).label.deadline > deadline;
            let place = limiter.queue.iter().rposition(|other| !later(other));
            limiter.queue.insert(place.map_or(0, |place| place + 1), id);
        }
        !std::mem::replace(&mut state.draining, true)
    }

    /// The shard map is no longer believed; true if it was until now.
    fn forget_map(&mut self) -> bool {
        self.map.take().is_some()
    }

    /// User records that are with the library and not stored.
    pub(super) fn held(&self) -> u64 {
        let processes = self.processes.iter();
        let filling = processes.flat_map(|process| process.filling.iter());
        let waiting: u64 = filling.map(|filling| unstored(&filling.records)).sum();
        waiting + self.records.held()
    }
}

impl Writers {
    /// The KPL of producers that use it.
    ///
    /// # Panics
    /// If they do not: only the KPL's own timers come here.
    pub(super) fn kpl(&self) -> &Kpl {
        self.kpl.as_ref().expect("producers that use the KPL")
    }

    /// The KPL of producers that use it, to be changed.
    ///
    /// # Panics
    /// If they do not: only the KPL's own timers come here.
    pub(super) fn kpl_mut(&mut self) -> &mut Kpl {
        self.kpl.as_mut().expect("producers that use the KPL")
    }

    /// A user record is handed to the KPL.
    pub(super) fn add_user_record(
        &mut self,
        id: ProducerId,
        record: Record,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let Library::Kpl(kpl) = &self.config.library else {
            return;
        };
        if u64::from(record.bytes) > kpl.record_max {
            return super::too_large(EarlyEnd::UserTooLarge, id, cx);
        }
        let deadline = cx.queue.now() + kpl.buffered;
        self.producers[id].held += 1;
        self.accept(record, deadline, stream, cx);
    }

    /// A user record enters the library, new or again.
    pub(super) fn accept(
        &mut self,
        record: Record,
        deadline: SimTime,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let hash = self.routing.hash_of(&record);
        let bytes = u64::from(data_bytes(&record)) + self.routing.key_bytes(record.key);
        let kpl = self.kpl();
        let predicted = kpl.predict(hash);
        let fits = kpl.config.aggregation && bytes < kpl.config.aggregation_size;
        if let Some(shard) = predicted.filter(|_| fits) {
            return self.aggregate(record, shard, hash, deadline, stream, cx);
        }
        let process = ProducerId(record.producer);
        let kpl = self.kpl_mut();
        let alone = kpl.records.open();
        kpl.records.get_mut(alone).records.push(record);
        let label = Label {
            bytes,
            hash,
            deadline,
        };
        self.seal(alone, process, predicted, label, stream, cx);
    }

    /// A user record joins the aggregate for its shard; one that would become too large is closed before.
    fn aggregate(
        &mut self,
        record: Record,
        shard: ShardId,
        hash: HashKey,
        deadline: SimTime,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let process = ProducerId(record.producer);
        let (data, key) = (u64::from(data_bytes(&record)), key_in_table(&record));
        let key_bytes = self.routing.key_bytes(record.key);
        let explicit = explicit_in_table(self.routing.explicit(), &record);
        let kpl = self.kpl_mut();
        let (limit, most) = (kpl.config.aggregation_size, kpl.config.aggregation_count);
        let filling = kpl.processes[process]
            .filling
            .reach(shard, Filling::default);
        let grown = filling.size.estimate_with(key, key_bytes, data, explicit);
        if !filling.records.is_empty() && grown > limit {
            self.close_aggregate(process, shard, stream, cx);
        }
        let filling = &mut self.kpl_mut().processes[process].filling[shard];
        if filling.records.is_empty() || deadline < filling.deadline {
            if filling.records.is_empty() {
                filling.first_hash = hash;
            }
            filling.deadline = deadline;
            filling.ticket.advance();
            let ticket = filling.ticket;
            let event = WriterEvent::Aggregate {
                producer: process,
                shard,
                ticket,
            };
            cx.queue.at(deadline.max(cx.queue.now()), event.into());
        }
        filling.records.push(record);
        filling.size.add(key, key_bytes, data, explicit);
        if filling.size.records() >= most {
            self.close_aggregate(process, shard, stream, cx);
        }
    }

    /// The deadline of an aggregate has come.
    pub(super) fn aggregate_due(
        &mut self,
        process: ProducerId,
        shard: ShardId,
        ticket: Ticket,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let filling = &self.kpl().processes[process].filling[shard];
        if filling.ticket == ticket && !filling.records.is_empty() {
            self.close_aggregate(process, shard, stream, cx);
        }
    }

    /// Makes a record of the stream of what waits for `shard`; a single user record goes as it is.
    fn close_aggregate(
        &mut self,
        process: ProducerId,
        shard: ShardId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let kpl = self.kpl_mut();
        let id = kpl.records.open();
        let filling = &mut kpl.processes[process].filling[shard];
        filling.ticket.advance();
        let records = &mut kpl.records.get_mut(id).records;
        std::mem::swap(&mut filling.records, records);
        let (hash, deadline) = (filling.first_hash, filling.deadline);
        let aggregated = filling.size.bytes() + AGGREGATE_KEY_BYTES;
        filling.size.clear();
        let alone = match records[..] {
            [only] => Some(only),
            _ => None,
        };
        let bytes = alone.map_or(aggregated, |only| {
            u64::from(data_bytes(&only)) + self.routing.key_bytes(only.key)
        });
        let label = Label {
            bytes,
            hash,
            deadline,
        };
        self.seal(id, process, Some(shard), label, stream, cx);
    }

    /// A record of the stream is complete: it passes the limiter if its shard is known.
    fn seal(
        &mut self,
        id: KplRecordId,
        process: ProducerId,
        predicted: Option<ShardId>,
        label: Label,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let kpl = self.kpl_mut();
        let sealed = kpl.records.get_mut(id);
        (sealed.predicted, sealed.label) = (predicted, label);
        (sealed.stored, sealed.throttled) = (false, false);
        let Some(shard) = predicted else {
            return self.collect(process, id, stream, cx);
        };
        let limiter = kpl.limiter(process, shard);
        if limiter.queue.is_empty() && limiter.admit(cx.queue.now(), label.bytes) {
            return self.collect(process, id, stream, cx);
        }
        if kpl.wait_at_limiter(process, shard, id) {
            cx.queue
                .after(kpl.drain, WriterEvent::Drain(process).into());
        }
    }

    /// A record was stored by another shard than predicted: the shard map is fetched anew.
    pub(super) fn invalidate_map(&mut self, cx: &mut KinesisCx<'_>) {
        let kpl = self.kpl_mut();
        if kpl.forget_map() {
            let refresh = kpl.config.map_refresh;
            cx.queue.after(refresh, WriterEvent::MapKnown.into());
            let why = "a record landed on another shard than predicted".to_owned();
            let now = cx.queue.now();
            cx.probe.happened(now, "KPL", "shard map refreshed", why);
        }
    }

    /// The shard map has come.
    pub(super) fn learn_map(&mut self, stream: &Stream) {
        self.kpl_mut().map = Some(stream.lineage().clone());
    }
}
