//! The Kinesis Producer Library: aggregation by predicted shard, a rate limiter of its own, collection
//! into PutRecords, retries without back-off until the record's time to live is over.
//!
//! A record that lands on another shard than predicted is a surprise: the shard map is fetched anew,
//! and an aggregate with members that do not belong there is sent again, because consumers drop it whole.
//! All producers of a system share one shard map (the real ones have one each).
//!
//! # Source
//! KPL (awslabs/amazon-kinesis-producer), its defaults and pipeline; facts `kinesis.kpl.*`.

use super::aggregation::Aggregate;
use super::config::{ExplicitHash, KplConfig};
use super::hash::HashKey;
use super::limiter::Limiter;
use super::lineage::Lineage;
use super::request::Outcome;
use super::{EXPIRED, Event, Kinesis, THROTTLED};
use crate::engine::TokenBucket;
use crate::facts::Book;
use crate::platform::Cx;
use crate::units::{Bytes, Nanos, SimTime};
use crate::workload::Record;
use std::collections::VecDeque;

/// Marks the size of a record that is stored while its producer does not know.
pub(super) const GHOST: u32 = 1 << 31;
/// The partition key of an aggregate is one character.
const AGGREGATE_KEY_BYTES: u64 = 1;
/// Decimal digits of nearly every explicit hash key.
const EXPLICIT_BYTES: u64 = 39;

/// One record of the stream on its way, with the user records that it carries.
#[derive(Clone, Debug, Default)]
pub(super) struct Carrier {
    /// Its user records; their size is that of the data, perhaps marked as a ghost's.
    pub records: Vec<Record>,
    /// The shard that it was made for.
    pub predicted: Option<u32>,
    /// Its size with its key `[B]`.
    pub bytes: u64,
    /// Where it is sent.
    pub hash: HashKey,
    /// When it should be sent at the latest.
    pub deadline: SimTime,
    /// Whether the shards took it and its members belong there.
    pub taken: bool,
    /// Whether a shard refused it for its limits.
    pub throttled: bool,
}

/// User records that wait for company.
#[derive(Clone, Debug, Default)]
struct Open {
    records: Vec<Record>,
    size: Aggregate,
    first_hash: HashKey,
    deadline: SimTime,
    generation: u32,
}

/// One KPL process.
#[derive(Clone, Debug, Default)]
pub(super) struct Process {
    /// By predicted shard.
    open: Vec<Open>,
    pub limiters: Vec<Option<Limiter>>,
    /// Carriers that wait for a call.
    collected: Vec<u32>,
    collected_bytes: u64,
    /// Bytes waiting per predicted shard.
    pending: Vec<u64>,
    collect_at: Option<SimTime>,
    generation: u32,
    pub draining: bool,
}

/// All KPL processes of a system.
#[derive(Clone, Debug)]
pub(super) struct Kpl {
    pub config: KplConfig,
    pub processes: Vec<Process>,
    pub carriers: Vec<Carrier>,
    free: Vec<u32>,
    /// What the processes believe about the shards; `None` while they ask.
    map: Option<Lineage>,
    pub drain: Nanos,
    flush_bytes: u64,
    bucket_bytes: u64,
    bucket_records: u64,
    shard_rates: (u64, u64),
}

impl Kpl {
    pub(super) fn new(config: &KplConfig, producers: usize, lineage: &Lineage, book: Book) -> Self {
        Self {
            config: config.clone(),
            processes: vec![Process::default(); producers],
            carriers: Vec::new(),
            free: Vec::new(),
            map: Some(lineage.clone()),
            drain: book.value("kinesis.kpl.drain"),
            flush_bytes: book.value::<Bytes>("kinesis.kpl.flush.shard").0,
            bucket_bytes: book.value::<Bytes>("kinesis.kpl.bucket.bytes").0,
            bucket_records: book.value("kinesis.kpl.bucket.records"),
            shard_rates: (
                book.value::<u64>("kinesis.shard.write.records") * config.rate_limit / 100,
                book.value::<crate::units::ByteRate>("kinesis.shard.write.bytes")
                    .0
                    * config.rate_limit
                    / 100,
            ),
        }
    }

    fn limiter(&mut self, process: u32, shard: u32) -> &mut Limiter {
        let limiters = &mut self.processes[process as usize].limiters;
        if limiters.len() <= shard as usize {
            limiters.resize(shard as usize + 1, None);
        }
        let (records, bytes) = self.shard_rates;
        limiters[shard as usize].get_or_insert_with(|| Limiter {
            records: TokenBucket::new(records, self.bucket_records),
            bytes: TokenBucket::new(bytes, self.bucket_bytes),
            queue: VecDeque::new(),
        })
    }

    fn carrier(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.carriers.push(Carrier::default());
            (self.carriers.len() - 1) as u32
        })
    }

    /// The carrier of this number.
    pub(super) fn get(&mut self, carrier: u32) -> &mut Carrier {
        &mut self.carriers[carrier as usize]
    }

    fn release(&mut self, carrier: u32) {
        let carrier_ref = &mut self.carriers[carrier as usize];
        carrier_ref.records.clear();
        self.free.push(carrier);
    }

    /// Records that are with the library and not stored.
    pub(super) fn held(&self) -> u64 {
        let unstored =
            |records: &[Record]| records.iter().filter(|r| r.bytes & GHOST == 0).count() as u64;
        let open = self
            .processes
            .iter()
            .flat_map(|process| &process.open)
            .map(|open| unstored(&open.records));
        let under_way = self
            .carriers
            .iter()
            .filter(|c| !c.taken)
            .map(|c| unstored(&c.records));
        open.sum::<u64>() + under_way.sum::<u64>()
    }
}

impl Kinesis {
    pub(super) fn kpl(&mut self) -> &mut Kpl {
        self.kpl
            .as_mut()
            .expect("only systems with the KPL come here")
    }

    /// A record enters the library, new or again.
    pub(super) fn take_in(&mut self, record: Record, deadline: SimTime, cx: &mut Cx<'_, Event>) {
        let hash = self.hash_of(&record);
        let (data, key_bytes) = (u64::from(record.bytes & !GHOST), self.key_bytes(record.key));
        let explicit = self.config.producer.explicit_hash != ExplicitHash::None;
        let fixed = matches!(self.config.producer.explicit_hash, ExplicitHash::Fixed(_));
        let process = record.producer;
        let kpl = self.kpl();
        let Some(shard) = kpl.map.as_ref().map(|map| map.shard(hash)) else {
            let carrier = kpl.carrier();
            kpl.get(carrier).records.push(record);
            return self.seal(
                carrier,
                process,
                None,
                (data + key_bytes, hash, deadline),
                cx,
            );
        };
        let limit = kpl.config.aggregation_size;
        if !kpl.config.aggregation || data + key_bytes >= limit {
            let carrier = kpl.carrier();
            kpl.get(carrier).records.push(record);
            return self.seal(
                carrier,
                process,
                Some(shard),
                (data + key_bytes, hash, deadline),
                cx,
            );
        }
        let opens = &mut kpl.processes[process as usize].open;
        if opens.len() <= shard as usize {
            opens.resize_with(shard as usize + 1, Open::default);
        }
        let open = &mut opens[shard as usize];
        // Records without a key of their own are given one each: none is in the table twice.
        let key = if record.key == crate::workload::NO_KEY {
            u32::MAX - record.serial as u32
        } else {
            record.key
        };
        // A uniform hash key is another one for each record; a fixed one stands in the table once.
        let hash_key =
            explicit.then_some((if fixed { 0 } else { record.serial as u32 }, EXPLICIT_BYTES));
        if !open.records.is_empty()
            && open.size.estimate_with(key, key_bytes, data, hash_key) > limit
        {
            self.close_aggregate(process, shard, cx);
        }
        let kpl = self.kpl();
        let most = kpl.config.aggregation_count;
        let open = &mut kpl.processes[process as usize].open[shard as usize];
        if open.records.is_empty() || deadline < open.deadline {
            if open.records.is_empty() {
                open.first_hash = hash;
            }
            open.deadline = deadline;
            open.generation = open.generation.wrapping_add(1);
            let event = Event::Aggregate {
                process,
                shard,
                generation: open.generation,
            };
            cx.queue.at(deadline.max(cx.queue.now()), event);
        }
        open.records.push(record);
        open.size.add(key, key_bytes, data, hash_key);
        if open.size.records() >= most {
            self.close_aggregate(process, shard, cx);
        }
    }

    /// The deadline of an aggregate has come.
    pub(super) fn aggregate_due(
        &mut self,
        process: u32,
        shard: u32,
        generation: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let open = &self.kpl().processes[process as usize].open[shard as usize];
        if open.generation == generation && !open.records.is_empty() {
            self.close_aggregate(process, shard, cx);
        }
    }

    /// Makes a record of the stream of what waits for `shard`; a single one goes as it is.
    fn close_aggregate(&mut self, process: u32, shard: u32, cx: &mut Cx<'_, Event>) {
        let kpl = self.kpl();
        let carrier = kpl.carrier();
        let open = &mut kpl.processes[process as usize].open[shard as usize];
        open.generation = open.generation.wrapping_add(1);
        std::mem::swap(
            &mut open.records,
            &mut kpl.carriers[carrier as usize].records,
        );
        let (hash, deadline, aggregated) = (open.first_hash, open.deadline, open.size.bytes());
        open.size.clear();
        let first = kpl.carriers[carrier as usize].records[0];
        let alone = kpl.carriers[carrier as usize].records.len() == 1;
        let bytes = if alone {
            u64::from(first.bytes & !GHOST) + self.key_bytes(first.key)
        } else {
            aggregated + AGGREGATE_KEY_BYTES
        };
        self.seal(carrier, process, Some(shard), (bytes, hash, deadline), cx);
    }

    /// A carrier is complete: it passes the limiter if its shard is known.
    fn seal(
        &mut self,
        carrier: u32,
        process: u32,
        predicted: Option<u32>,
        (bytes, hash, deadline): (u64, HashKey, SimTime),
        cx: &mut Cx<'_, Event>,
    ) {
        let sealed = self.kpl().get(carrier);
        (sealed.predicted, sealed.bytes, sealed.hash) = (predicted, bytes, hash);
        (sealed.deadline, sealed.taken, sealed.throttled) = (deadline, false, false);
        let Some(shard) = predicted else {
            return self.collect(process, carrier, cx);
        };
        let now = cx.queue.now();
        let kpl = self.kpl();
        let limiter = kpl.limiter(process, shard);
        if limiter.queue.is_empty() && limiter.admit(now, bytes) {
            return self.collect(process, carrier, cx);
        }
        let kpl = self.kpl();
        let carriers = &kpl.carriers;
        let Some(limiter) = kpl.processes[process as usize].limiters[shard as usize].as_mut()
        else {
            return;
        };
        let later = |other: &u32| carriers[*other as usize].deadline > deadline;
        let place = limiter
            .queue
            .iter()
            .rposition(|other| !later(other))
            .map_or(0, |place| place + 1);
        limiter.queue.insert(place, carrier);
        let process_ref = &mut kpl.processes[process as usize];
        if !std::mem::replace(&mut process_ref.draining, true) {
            cx.queue.after(kpl.drain, Event::Drain(process));
        }
    }

    /// A carrier joins the next PutRecords call.
    pub(super) fn collect(&mut self, process: u32, carrier: u32, cx: &mut Cx<'_, Event>) {
        let kpl = self.kpl();
        let (bytes, deadline) = (
            kpl.carriers[carrier as usize].bytes,
            kpl.carriers[carrier as usize].deadline,
        );
        let state = &kpl.processes[process as usize];
        if !state.collected.is_empty() && state.collected_bytes + bytes > kpl.config.collection_size
        {
            self.flush_collected(process, cx);
        }
        let kpl = self.kpl();
        let predicted = kpl.carriers[carrier as usize].predicted;
        let state = &mut kpl.processes[process as usize];
        state.collected.push(carrier);
        state.collected_bytes += bytes;
        let mut full = state.collected.len() >= kpl.config.collection_count;
        if let Some(shard) = predicted {
            if state.pending.len() <= shard as usize {
                state.pending.resize(shard as usize + 1, 0);
            }
            state.pending[shard as usize] += bytes;
            full |= state.pending[shard as usize] >= kpl.flush_bytes;
        }
        if full {
            return self.flush_collected(process, cx);
        }
        // A deadline that has passed is due at once, but after all that comes at this very instant.
        let deadline = deadline.max(cx.queue.now());
        if state.collect_at.is_none_or(|at| deadline < at) {
            state.collect_at = Some(deadline);
            state.generation = state.generation.wrapping_add(1);
            cx.queue.at(
                deadline,
                Event::Flush {
                    producer: process,
                    generation: state.generation,
                },
            );
        }
    }

    /// The deadline of a call has come.
    pub(super) fn collection_due(&mut self, process: u32, generation: u32, cx: &mut Cx<'_, Event>) {
        let state = &self.kpl().processes[process as usize];
        if state.generation == generation && !state.collected.is_empty() {
            self.flush_collected(process, cx);
        }
    }

    fn flush_collected(&mut self, process: u32, cx: &mut Cx<'_, Event>) {
        let request = self.requests.open(process, &mut Vec::new());
        let state = &mut self
            .kpl
            .as_mut()
            .expect("only systems with the KPL come here")
            .processes[process as usize];
        std::mem::swap(
            &mut state.collected,
            &mut self.requests.get(request).carried,
        );
        state.pending.fill(0);
        (state.collected_bytes, state.collect_at) = (0, None);
        state.generation = state.generation.wrapping_add(1);
        self.launch(request, cx);
    }

    /// The answer of a PutRecords call: what was not taken goes back into the library.
    pub(super) fn answer_carried(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let call = self.requests.get(request);
        let (silent, carried) = (
            call.outcome == Outcome::Silent,
            std::mem::take(&mut call.carried),
        );
        let fails = self.kpl().config.fail_if_throttled;
        for carrier in &carried {
            let (taken, throttled) = (
                self.kpl().get(*carrier).taken,
                self.kpl().get(*carrier).throttled,
            );
            if taken && !silent {
                self.kpl().release(*carrier);
            } else if throttled && fails && !silent {
                let fresh = |record: &&Record| record.bytes & GHOST == 0;
                let records = self
                    .kpl()
                    .get(*carrier)
                    .records
                    .iter()
                    .filter(fresh)
                    .count() as u64;
                self.producers[self.requests.get(request).producer as usize].held -= records;
                cx.probe.ended(THROTTLED, records);
                self.kpl().release(*carrier);
            } else {
                self.retry_all(*carrier, cx);
            }
        }
        self.requests.get(request).carried = carried;
        self.finish_call(request, 0, cx);
    }

    /// The user records of a carrier go back, or expire when their time to live is over.
    pub(super) fn retry_all(&mut self, carrier: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let kpl = self.kpl();
        let (ttl, deadline) = (kpl.config.ttl, now + Nanos(kpl.config.buffered.0 / 2));
        // What was stored without an answer is sent again all the same: its producer cannot know.
        let mark = if kpl.get(carrier).taken { GHOST } else { 0 };
        let records = std::mem::take(&mut kpl.get(carrier).records);
        kpl.get(carrier).taken = false;
        for record in &records {
            let record = Record {
                bytes: record.bytes | mark,
                ..*record
            };
            if record.at + ttl > now {
                cx.probe.retried(1);
                self.take_in(record, deadline, cx);
            } else if record.bytes & GHOST == 0 {
                self.producers[record.producer as usize].held -= 1;
                cx.probe.ended(EXPIRED, 1);
            }
        }
        let kpl = self.kpl();
        kpl.get(carrier).records = records;
        kpl.release(carrier);
    }

    /// A record landed elsewhere than predicted: the shard map is fetched anew.
    pub(super) fn surprised(&mut self, cx: &mut Cx<'_, Event>) {
        let kpl = self.kpl();
        if kpl.map.take().is_some() {
            cx.queue.after(kpl.config.map_refresh, Event::MapKnown);
            cx.probe.happened(
                cx.queue.now(),
                "KPL",
                "shard map refreshed",
                "a record landed on another shard than predicted".to_owned(),
            );
        }
    }

    /// The shard map has come.
    pub(super) fn map_known(&mut self) {
        let lineage = self.control.lineage.clone();
        self.kpl().map = Some(lineage);
    }
}
