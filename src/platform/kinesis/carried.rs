//! What the shards do with the KPL's records: one record for every limit, many for every consumer.

use super::cloudwatch::Stat;
use super::kpl::{Carrier, GHOST};
use super::request::Outcome;
use super::{Event, Kinesis};
use crate::platform::{Cx, Stored};
use crate::units::SimTime;

impl Kinesis {
    /// The shards take or refuse each record that a call of the KPL carries.
    pub(super) fn arrive_carried(&mut self, request: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let call = self.requests.get(request);
        let carried = std::mem::take(&mut call.carried);
        let (known, answer_at) = (call.outcome != Outcome::Silent, SimTime(call.answer_at));
        let latency = call.latency;
        let (mut taken, mut bytes, mut throttled, mut failed) = (0, 0, 0, 0);
        let mut last_shard = None;
        for index in &carried {
            if !self.weather.calm && self.weather.record() {
                failed += 1;
                continue;
            }
            let Some(mut carrier) = self.kpl.as_mut().map(|kpl| std::mem::take(kpl.get(*index)))
            else {
                continue;
            };
            let lane = self.control.lineage.shard(carrier.hash);
            self.shards[lane as usize].asked(carrier.bytes);
            if self.shards[lane as usize].admit(now, carrier.bytes) {
                taken += 1;
                self.billing.put(carrier.bytes);
                bytes += carrier.bytes;
                last_shard = Some(lane);
                let surprise = carrier.predicted.is_some_and(|predicted| predicted != lane);
                carrier.taken =
                    self.store_carrier(lane, &carrier, surprise, known.then_some(answer_at), cx);
                if surprise {
                    self.surprised(cx);
                }
            } else {
                throttled += 1;
                carrier.throttled = true;
                cx.probe.throttled(lane);
            }
            if let Some(kpl) = self.kpl.as_mut() {
                *kpl.get(*index) = carrier;
            }
        }
        self.requests.get(request).carried = carried;
        if let Some(lane) = last_shard {
            // As for every PutRecords: rounding on the call's sum.
            self.shards[lane as usize].charge(now, bytes.next_multiple_of(1024) - bytes);
        }
        let watch = &mut self.monitor;
        watch.add(Stat::IncomingBytes, bytes);
        watch.add(Stat::IncomingRecords, taken);
        watch.add(Stat::WriteThrottled, throttled);
        watch.sample(Stat::PutRecordsSuccess, if taken > 0 { 1.0 } else { 0.0 });
        watch.sample(Stat::PutRecordsLatency, latency.as_millis_f64());
        watch.add(Stat::PutRecordsBytes, bytes);
        watch.add(Stat::PutRecordsTotal, taken + throttled + failed);
        watch.add(Stat::PutRecordsSuccessful, taken);
        watch.add(Stat::PutRecordsThrottled, throttled);
        watch.add(Stat::PutRecordsFailed, failed);
    }

    /// Stores a carrier's user records in `lane`; false if consumers will drop them, because a member
    /// does not belong there.
    fn store_carrier(
        &mut self,
        lane: u32,
        carrier: &Carrier,
        surprise: bool,
        known: Option<SimTime>,
        cx: &mut Cx<'_, Event>,
    ) -> bool {
        let now = cx.queue.now();
        let home = *self.control.lineage.get(lane);
        let belongs = |record| home.holds(self.hash_of(record));
        let void = surprise && carrier.records.len() > 1 && !carrier.records.iter().all(belongs);
        let data: u64 = carrier
            .records
            .iter()
            .map(|record| u64::from(record.bytes & !GHOST))
            .sum();
        let overhead = carrier.bytes.saturating_sub(data);
        let (mut fresh, mut again) = (0, 0);
        for (n, record) in carrier.records.iter().enumerate() {
            let ghost = record.bytes & GHOST != 0;
            let share = (record.bytes & !GHOST) + if n == 0 { overhead as u32 } else { 0 };
            let mut stored = Stored::new(record.at, now, share);
            if n > 0 {
                stored = stored.continuing();
            }
            if void {
                stored = stored.voided();
            } else if ghost {
                (stored, again) = (stored.copied(), again + 1);
            } else {
                fresh += 1;
            }
            self.shards[lane as usize].log.push_any(stored);
            if !void && !ghost {
                self.producers[record.producer as usize].held -= 1;
                if self.keys.store(record.key, record.serial) {
                    cx.probe.reordered();
                }
            }
            if let Some(known) = known.filter(|_| !void) {
                cx.probe.acknowledged(record.at, known);
            }
            self.after_storing(lane, record, cx);
        }
        if again > 0 {
            cx.probe.also_again(again);
        }
        cx.probe.stored_aggregate(lane, fresh, carrier.bytes);
        !void
    }
}
