//! What consumer applications ask of the service: GetRecords, SubscribeToShard, and which shards there are.

use super::api::IteratorType;
use super::cloudwatch::Stat;
use super::lineage::ShardState;
use super::{CallError, Notice, Stream};
use crate::platform::kinesis::Reading;
use crate::platform::kinesis::ids::{AppId, ShardId};
use crate::platform::{Chunk, Log};
use crate::probe::{Limit, Recorder};
use crate::units::{Nanos, SimTime};

/// What a GetRecords call asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GetRecords {
    /// The shard.
    pub(crate) shard: ShardId,
    /// The offset of the first record.
    pub(crate) first: u64,
    /// `Limit` `[records]`.
    pub(crate) limit: u64,
    /// The most bytes that the caller takes `[B]`.
    pub(crate) bytes_max: u64,
    /// How long the call takes without the transfer of its records.
    pub(crate) latency: Nanos,
}

/// Records that an answer or event carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetched {
    /// The records; none if there were none.
    pub(crate) chunk: Chunk,
    /// Their bytes `[B]`.
    pub(crate) bytes: u64,
    /// How long their bytes take to reach the reader.
    pub(crate) transfer: Nanos,
    /// The age of the newest of them, or zero if there are none.
    pub(crate) age: Nanos,
    /// Whether these records include the newest one of the shard.
    pub(crate) tip: bool,
}

impl Stream {
    /// The number of shards that there ever were.
    pub(crate) fn shard_count(&self) -> usize {
        self.shards.len()
    }

    /// All shards that there ever were.
    pub(crate) fn shard_ids(&self) -> impl Iterator<Item = ShardId> + use<> {
        self.shards.ids()
    }

    /// The open shards in the order of their ranges.
    pub(crate) fn open_shards(&self) -> impl Iterator<Item = ShardId> {
        self.control.lineage.open()
    }

    /// Whether a shard takes records.
    pub(crate) fn is_open(&self, shard: ShardId) -> bool {
        // While no shard was ever closed there is nothing to look up.
        self.control.open() as usize == self.shards.len()
            || self.control.lineage.get(shard).state == ShardState::Open
    }

    /// The shards that a shard was made of.
    pub(crate) fn parents(&self, shard: ShardId) -> impl Iterator<Item = ShardId> + use<> {
        self.control.lineage.get(shard).parents()
    }

    /// The shards that took over the range of a closed shard.
    pub(crate) fn children(&self, shard: ShardId) -> impl Iterator<Item = ShardId> + use<> {
        let children = self.control.lineage.get(shard).children;
        children.into_iter().flatten()
    }

    /// What a shard has stored.
    #[inline]
    pub(crate) fn log(&self, shard: ShardId) -> &Log {
        &self.shards[shard].log
    }

    /// The offset to which an iterator of the type LATEST points.
    pub(crate) fn latest(&self, shard: ShardId, now: SimTime) -> u64 {
        self.shards[shard].position(IteratorType::Latest, 0, now)
    }

    /// Forgets the records of a shard before `offset`: no application will ask for them again.
    pub(crate) fn trim(&mut self, shard: ShardId, offset: u64) {
        self.shards[shard].log.trim(offset);
    }

    /// The one-way time between a client and the service now; `usual` is its value without a slow network.
    #[inline]
    pub(crate) fn on_network(&self, usual: Nanos) -> Nanos {
        self.conditions.on_network(usual)
    }

    /// Whether a shard admits a GetRecords call of an application now; a refused call is counted, and comes again at `again`.
    pub(crate) fn admit_get(
        &mut self,
        shard: ShardId,
        app: AppId,
        [now, again]: [SimTime; 2],
        probe: &mut Recorder,
    ) -> bool {
        if let Some(error) = self.fail_read(now) {
            if error != CallError::NotFound {
                probe.bound(error.limit().at(0), 1);
            }
            self.monitor.sample(Stat::GetSuccess, 0.0);
            return false;
        }
        let admitted = self.shards[shard].admit_read(now);
        if !admitted {
            let limit = if self.shards[shard].lacks_read_bytes(now) {
                Limit::ReadBytes
            } else {
                Limit::ReadCalls
            };
            probe.read_throttled();
            probe.refuses(limit.of(usize::from(app.0), shard.0), now, again);
            self.monitor.add(Stat::ReadThrottled, 1);
            self.monitor.sample(Stat::GetSuccess, 0.0);
        }
        admitted
    }

    /// Whether a call that reads, or an event on its way to a reader, fails now, and why.
    pub(crate) fn fail_read(&mut self, now: SimTime) -> Option<CallError> {
        if self.conditions.undisturbed() {
            return None;
        }
        self.conditions.fail_call(now, true)
    }

    /// Whether the function of a mapping is broken now, so that an invocation fails.
    pub(crate) fn fail_function(&mut self) -> bool {
        self.conditions.fail_function()
    }

    /// The instant before which everything stored is gone at `now`.
    pub(crate) fn horizon(&self, now: SimTime) -> SimTime {
        self.retention.horizon(now)
    }

    /// The records of an admitted GetRecords call.
    pub(crate) fn get_records(&mut self, call: &GetRecords, now: SimTime) -> Fetched {
        let bytes_max = call.bytes_max.min(self.service.read_bytes_max);
        let shard = &mut self.shards[call.shard];
        let (chunk, bytes) = shard.get(now, call.shard, call.first, call.limit, bytes_max);
        self.monitor.sample(Stat::GetSuccess, 1.0);
        if chunk.count == 0 {
            self.monitor.sample(Stat::IteratorAge, 0.0);
            return self.fetched(chunk, bytes, now);
        }
        let fetched = self.fetched(chunk, bytes, now);
        let whole = call.latency + fetched.transfer;
        let watch = &mut self.monitor;
        watch.sample(Stat::IteratorAge, fetched.age.as_millis_f64());
        watch.sample(Stat::GetLatency, whole.as_millis_f64());
        watch.add(Stat::GetBytes, bytes);
        watch.add(Stat::GetRecords, chunk.count);
        self.bill_reading(chunk, bytes, Reading::Polling);
        fetched
    }

    fn fetched(&self, chunk: Chunk, bytes: u64, now: SimTime) -> Fetched {
        let shard = &self.shards[ShardId(chunk.lane)];
        let age = if chunk.count == 0 {
            Nanos::ZERO
        } else {
            shard.age_of_last(chunk, now)
        };
        Fetched {
            chunk,
            bytes,
            transfer: self.service.get_rate.time_for(bytes),
            age,
            tip: chunk.first + chunk.count == shard.log.end(),
        }
    }

    /// The records of the next event of a subscription, from offset `first` on; none if there are none.
    pub(crate) fn push_event(&mut self, shard: ShardId, first: u64, now: SimTime) -> Fetched {
        let most = self.service.push.event_bytes;
        let (chunk, bytes) = self.shards[shard].peek(now, shard, first, u64::MAX, most);
        if chunk.count > 0 {
            self.monitor.add(Stat::EventBytes, bytes);
            self.monitor.add(Stat::EventRecords, chunk.count);
            self.bill_reading(chunk, bytes, Reading::FanOut);
        }
        self.fetched(chunk, bytes, now)
    }

    /// A subscription waits for the next record of a shard and is told of it by [`Notice::Stored`].
    pub(crate) fn await_record(&mut self, shard: ShardId) {
        self.shards[shard].awaited = true;
    }

    /// SubscribeToShard was answered.
    pub(crate) fn note_subscribe(&mut self, success: bool) {
        let share = if success { 1.0 } else { 0.0 };
        self.monitor.sample(Stat::SubscribeSuccess, share);
    }

    /// An event reached a subscriber that is `behind` the newest record.
    pub(crate) fn note_behind(&mut self, behind: Nanos) {
        self.monitor
            .sample(Stat::MillisBehind, behind.as_millis_f64());
    }

    /// How old the newest record of a chunk is.
    pub(crate) fn age_of_last(&self, chunk: Chunk, now: SimTime) -> Nanos {
        self.shards[ShardId(chunk.lane)].age_of_last(chunk, now)
    }

    /// The next message for the clients, if there is one; they come in the order in which they were sent.
    #[inline]
    pub(crate) fn next_notice(&mut self) -> Option<Notice> {
        if self.notices.is_empty() {
            return None;
        }
        Some(self.notices.remove(0))
    }
}
