//! What producers ask of the service: PutRecord and PutRecords, the shard map, the limits of a record.

use super::cloudwatch::Stat;
use super::control::Mode;
use super::hash::HashKey;
use super::lineage::Lineage;
use super::{CallError, Notice, Stream};
use crate::platform::kinesis::ids::ShardId;
use crate::platform::{OrderMark, Stored};
use crate::probe::{Journey, Limit, Recorder, Sending, Stowed};
use crate::units::{Nanos, SimTime};
use crate::workload::Record;

/// Which call a producer makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PutCall {
    /// PutRecord: one record, whose size is rounded up to whole KiB for throttling.
    PutRecord,
    /// PutRecords: the sum of the sizes is rounded up to whole KiB for throttling.
    PutRecords,
}

/// What one PutRecords or PutRecord call did at the shards.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PutTally {
    /// Records stored.
    pub(crate) stored: u64,
    /// Their bytes, keys included `[B]`.
    pub(crate) bytes: u64,
    /// Records refused for a shard's limits.
    pub(crate) throttled: u64,
    /// Records that failed with InternalFailure.
    pub(crate) failed: u64,
    /// The shard of the last record that was stored.
    pub(crate) last_shard: ShardId,
}

impl Stream {
    /// The shards as the service describes them now.
    pub(crate) fn lineage(&self) -> &Lineage {
        &self.control.lineage
    }

    /// The open shard that takes records with this hash key.
    #[inline]
    pub(crate) fn shard_for(&self, key: HashKey) -> ShardId {
        self.control.lineage.shard(key)
    }

    /// Whether a shard's range holds a hash key.
    pub(crate) fn holds(&self, shard: ShardId, key: HashKey) -> bool {
        self.control.lineage.get(shard).holds(key)
    }

    /// The most bytes of a record with its key `[B]`.
    #[inline]
    pub(crate) fn record_max(&self) -> u64 {
        self.record_max
    }

    /// How long a put takes from request to answer that usually takes `usual`.
    #[inline]
    pub(crate) fn put_latency(&self, usual: Nanos) -> Nanos {
        let latency = self.conditions.on_network(usual);
        if self.encryption.on {
            latency + self.encryption.latency
        } else {
            latency
        }
    }

    /// Whether calls or records can fail now. If not, [`Stream::fail_put`] and the other checks of faults need no call.
    #[inline]
    pub(crate) fn is_disturbed(&self) -> bool {
        !self.conditions.undisturbed()
    }

    /// Whether `after_storing` must be called for each stored record: for order marks, for subscriptions that
    /// wait, or for the demand on the shards of an on-demand stream.
    #[inline]
    pub(crate) fn is_attentive(&self) -> bool {
        self.attentive
    }

    /// Whether a put fails as a whole, and why.
    pub(crate) fn fail_put(&mut self, now: SimTime, call: PutCall) -> Option<CallError> {
        self.conditions.fail_call(now, call == PutCall::PutRecord)
    }

    /// Whether the answer of a put that did not fail never arrives.
    pub(crate) fn lose_answer(&mut self) -> bool {
        self.conditions.lose_answer()
    }

    /// Whether one record of a PutRecords call fails with InternalFailure.
    pub(crate) fn fail_record(&mut self) -> bool {
        self.conditions.fail_record()
    }

    /// Notes that a record of `charge` bytes was asked for, whether it will be stored or not.
    #[inline]
    pub(crate) fn ask(&mut self, shard: ShardId, charge: u64) {
        self.shards[shard].asked(charge);
    }

    /// A shard stores a record that costs `charge` bytes of its limit, or refuses it.
    #[inline(always)]
    pub(crate) fn put(
        &mut self,
        shard: ShardId,
        record: &Record,
        charge: u64,
        now: SimTime,
        probe: &mut Recorder,
    ) -> bool {
        let bytes = u64::from(record.bytes);
        if !self.shards[shard].put(now, record.at, record.bytes, charge) {
            self.refuse(shard, charge, now, probe);
            return false;
        }
        self.billing.put(bytes);
        probe.stored(shard.0, bytes);
        probe.written(shard.0, record.at, now);
        true
    }

    /// The shards store each record of a PutRecords call, or refuse it, where nothing else follows. `shard_of`
    /// says where a record goes; those that are refused are added to `refused`.
    #[inline]
    pub(crate) fn put_batch(
        &mut self,
        records: &[Record],
        shard_of: impl Fn(&Record, &Self) -> ShardId,
        refused: &mut Vec<Record>,
        sending: Sending,
        probe: &mut Recorder,
    ) -> PutTally {
        let now = sending.arrived;
        let mut tally = PutTally::default();
        let mut units = self.billing.units();
        for record in records {
            let shard = shard_of(record, self);
            let bytes = u64::from(record.bytes);
            if !self.shards[shard].put(now, record.at, record.bytes, bytes) {
                self.refuse(shard, bytes, now, probe);
                refused.push(*record);
                continue;
            }
            probe.stored(shard.0, bytes);
            probe.written(shard.0, record.at, now);
            self.follow(shard, record, sending, probe);
            units.add(bytes);
            tally.bytes += bytes;
            tally.last_shard = shard;
        }
        self.billing.put_all(&units, tally.bytes);
        tally.throttled = refused.len() as u64;
        tally.stored = records.len() as u64 - tally.throttled;
        tally
    }

    /// Notes the journey of the record that a shard has just stored, if its time is followed. It is readable at once.
    #[inline(always)]
    pub(crate) fn follow(
        &mut self,
        shard: ShardId,
        record: &Record,
        sending: Sending,
        probe: &mut Recorder,
    ) {
        if probe.follows(record.serial) {
            let (log, now) = (&mut self.shards[shard].log, sending.arrived);
            let stowed = Stowed {
                offset: log.end() - 1,
                serial: record.serial,
                due: record.at,
            };
            let journey = probe.journey(stowed, sending, now);
            log.follow(Journey {
                readable: now,
                ..journey
            });
        }
    }

    /// A shard refuses a record that costs `charge` bytes: the limit that it meets is noted.
    #[cold]
    fn refuse(&mut self, shard: ShardId, charge: u64, now: SimTime, probe: &mut Recorder) {
        probe.throttled(shard.0);
        let limit = if self.control.mode == Mode::OnDemand {
            Limit::ScalingStep
        } else if self.shards[shard].lacks_bytes(now, charge) {
            Limit::LaneBytes
        } else {
            Limit::LaneRecords
        };
        probe.bound(limit.at(shard.0), 1);
        let place = shard.0 as usize;
        let last = &mut self.refusals.last;
        if place >= last.len() {
            last.resize(place + 1, None);
        }
        last[place] = Some((now, limit));
    }

    /// The limit for which a shard refused a record last, if it refused one since that instant.
    pub(crate) fn refused_since(&self, shard: ShardId, since: SimTime) -> Option<Limit> {
        let last = self.refusals.last.get(shard.0 as usize).copied().flatten();
        last.filter(|(at, _)| *at >= since).map(|(_, limit)| limit)
    }

    /// A shard stores a copy of a record that it or another one has stored before, or refuses it.
    pub(crate) fn put_copy(
        &mut self,
        shard: ShardId,
        record: &Record,
        charge: u64,
        now: SimTime,
        probe: &mut Recorder,
    ) -> bool {
        if !self.shards[shard].admit(now, charge) {
            self.refuse(shard, charge, now, probe);
            return false;
        }
        let bytes = u64::from(record.bytes);
        let copy = Stored::new(record.at, now, record.bytes).copied();
        self.billing.put(bytes);
        self.shards[shard].log.push_any(copy);
        probe.stored_again(shard.0, 1, bytes);
        probe.written(shard.0, record.at, now);
        true
    }

    /// Whether a shard takes a record of the KPL of `bytes` with its key.
    pub(crate) fn admit_aggregate(
        &mut self,
        shard: ShardId,
        bytes: u64,
        now: SimTime,
        probe: &mut Recorder,
    ) -> bool {
        self.shards[shard].asked(bytes);
        let taken = self.shards[shard].admit(now, bytes);
        if taken {
            self.billing.put(bytes);
        } else {
            self.refuse(shard, bytes, now, probe);
        }
        taken
    }

    /// One user record of an aggregate that was admitted is stored.
    pub(crate) fn store_user_record(&mut self, shard: ShardId, stored: Stored) {
        self.shards[shard].log.push_any(stored);
    }

    /// What follows from a record that was just stored, besides its counts.
    #[inline]
    pub(crate) fn after_storing(&mut self, shard: ShardId, record: &Record) {
        let target = &mut self.shards[shard];
        if let Some(stored) = &mut self.numbered {
            *stored = stored.wrapping_add(1);
            let (key, nth, serial) = (record.key, *stored, record.serial);
            target.log.mark(OrderMark { key, nth, serial });
        }
        if std::mem::take(&mut target.awaited) {
            self.notices.push(Notice::Stored(shard));
        }
    }

    /// Charges the bytes that rounding up to KiB adds to a call, and counts the call in CloudWatch.
    pub(crate) fn close_put(
        &mut self,
        call: PutCall,
        tally: &PutTally,
        latency: Nanos,
        now: SimTime,
    ) {
        if tally.stored > 0 && call == PutCall::PutRecords {
            // The rounding is on the call's sum; which of its shards bears it is not documented.
            let added = tally.bytes.next_multiple_of(1024) - tally.bytes;
            self.shards[tally.last_shard].charge(now, added);
        }
        let watch = &mut self.monitor;
        watch.add(Stat::IncomingBytes, tally.bytes);
        watch.add(Stat::IncomingRecords, tally.stored);
        watch.add(Stat::WriteThrottled, tally.throttled);
        let latency = latency.as_millis_f64();
        let success = if tally.stored > 0 { 1.0 } else { 0.0 };
        if call == PutCall::PutRecord {
            watch.sample(Stat::PutRecordSuccess, success);
            return watch.sample(Stat::PutRecordLatency, latency);
        }
        let total = tally.stored + tally.throttled + tally.failed;
        watch.sample(Stat::PutRecordsSuccess, success);
        watch.sample(Stat::PutRecordsLatency, latency);
        watch.add(Stat::PutRecordsBytes, tally.bytes);
        watch.add(Stat::PutRecordsTotal, total);
        watch.add(Stat::PutRecordsSuccessful, tally.stored);
        watch.add(Stat::PutRecordsThrottled, tally.throttled);
        watch.add(Stat::PutRecordsFailed, tally.failed);
    }

    /// Tells the monitoring about a put of `records` records that failed as a whole.
    pub(crate) fn close_failed_put(&mut self, call: PutCall, error: CallError, records: u64) {
        if error == CallError::NotFound {
            // Metrics belong to a stream, and there is none.
            return;
        }
        if call == PutCall::PutRecord {
            return self.monitor.sample(Stat::PutRecordSuccess, 0.0);
        }
        let watch = &mut self.monitor;
        watch.sample(Stat::PutRecordsSuccess, 0.0);
        watch.add(Stat::PutRecordsTotal, records);
        watch.add(Stat::PutRecordsFailed, records);
    }
}
