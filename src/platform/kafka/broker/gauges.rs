//! What monitoring shows of brokers and partitions, and what must always hold in this room.
//!
//! # Source
//! Apache Kafka 3.9, metrics of `ReplicaManager.scala` and `BrokerTopicMetrics`; the CloudWatch metrics of the MSK
//! developer guide. Names in lower case are ours.

use super::super::GaugeSheet;
use super::super::ids::{BrokerId, Slots};
use super::super::wire::Wire;
use super::machine::Broker;
use super::sessions::State;
use super::waiters::SLOW;
use super::{Brokers, Partition};
use crate::probe::{Limit, gauges};
use crate::units::{Nanos, SimTime};

/// Partitions of one broker, counted.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// Partitions that it leads.
    leads: u64,
    /// Partitions that it has a replica of.
    replicas: u64,
    /// Partitions that it leads with replicas out of sync.
    under_replicated: u64,
    /// Partitions that it leads with fewer in sync than `min.insync.replicas`.
    under_min_isr: u64,
    /// Bytes on its volume `[B]`.
    used: u64,
}

impl Brokers {
    /// Puts the values of all brokers that `exist` on the sheet, and those of the topic.
    pub(in super::super) fn gauges(
        &mut self,
        now: SimTime,
        exists: impl Fn(BrokerId) -> bool,
        volume: Option<u64>,
        sheet: &mut GaugeSheet,
    ) {
        let counts = self.count_partitions(now);
        self.bind_waits(now, sheet);
        for (id, count) in counts.pairs().filter(|(id, _)| exists(*id)) {
            let name = super::super::broker_name(id);
            self.machines[id].gauges(now, &name, sheet);
            for (limit, waited) in self.machines[id].take_waits(now) {
                sheet.bind(limit.at(id.number()), waited.0);
            }
            sheet.put(&name, gauges::LEADER_COUNT, count.leads as f64);
            sheet.put(&name, gauges::PARTITION_COUNT, count.replicas as f64);
            let under = count.under_replicated as f64;
            sheet.put(&name, gauges::UNDER_REPLICATED, under);
            let below = count.under_min_isr as f64;
            sheet.put(&name, gauges::UNDER_MIN_ISR, below);
            if let Some(volume) = volume {
                let share = count.used as f64 / volume as f64;
                sheet.put(&name, gauges::DATA_LOGS_DISK_USED, share);
            }
        }
        let all = |count: fn(&Counts) -> u64| counts.iter().map(count).sum::<u64>() as f64;
        let under = all(|count| count.under_replicated);
        sheet.put("cluster", gauges::UNDER_REPLICATED, under);
        let below = all(|count| count.under_min_isr);
        sheet.put("cluster", gauges::UNDER_MIN_ISR, below);
        let offline = self
            .partitions
            .iter()
            .filter(|partition| partition.leader.is_none());
        sheet.put(
            "cluster",
            gauges::OFFLINE_PARTITIONS,
            offline.count() as f64,
        );
        let partitions = self.partitions.len() as f64;
        sheet.put("cluster", gauges::GLOBAL_PARTITION_COUNT, partitions);
    }

    /// Notes how long requests waited for slow copies, and readers of committed data for old transactions.
    fn bind_waits(&mut self, now: SimTime, sheet: &mut GaugeSheet) {
        let sampled = self.machines.iter().map(|machine| machine.sampled_at).max();
        let sampled = sampled.unwrap_or_default();
        for (at, partition) in self.partitions.pairs_mut() {
            let slow = partition.waiting.take_slow(now);
            sheet.bind(Limit::SlowFollowers.at(at.number()), slow.0);
            let hidden = hidden_from_readers(partition, now, sampled);
            if hidden > Nanos::ZERO {
                for group in 0..partition.cursors.len() {
                    sheet.bind(Limit::SlowFollowers.of(group, at.number()), hidden.0);
                }
            }
            let Some(since) = partition.held_by_transaction(now) else {
                continue;
            };
            let held = now.since(since.max(sampled));
            for (group, cursor) in partition.cursors.iter().enumerate() {
                if cursor.reads_committed {
                    sheet.bind(Limit::OpenTransaction.of(group, at.number()), held.0);
                }
            }
        }
    }

    /// Puts the bytes that were read from volumes since the last sample on the sheet.
    pub(in super::super) fn cold_gauge(&mut self, sheet: &mut GaugeSheet) {
        let cold = std::mem::take(&mut self.cold_read);
        sheet.put("cluster", gauges::COLD_BYTES_READ, cold as f64);
    }

    /// Counts the partitions of each broker.
    fn count_partitions(&self, now: SimTime) -> Slots<BrokerId, Counts> {
        let mut counts = Slots::build(self.machines.count(), |_| Counts::default());
        for partition in self.partitions.iter() {
            let size = partition.local_size(self.topic.local_retention, now);
            for replica in &partition.replicas {
                counts[replica.broker].replicas += 1;
                counts[replica.broker].used += size;
            }
            let Some(leader) = partition.leader else {
                continue;
            };
            let count = &mut counts[leader];
            count.leads += 1;
            let replicas = partition.replicas.len();
            count.under_replicated += u64::from(partition.isr < replicas as u32);
            let needed = self.topic.least_in_sync(replicas);
            count.under_min_isr += u64::from(partition.isr < needed);
        }
        counts
    }

    /// Checks what must always hold in this room.
    ///
    /// # Panics
    /// If a partition, a session or a request is in a state that it can not have.
    pub(in super::super) fn check(&self, wire: &Wire) {
        for partition in self.partitions.iter() {
            partition.check();
            for waiting in partition.waiting.all() {
                let awaited = wire.requests[waiting.request].awaited;
                assert!(awaited > 0, "a request in purgatory waits for replicas");
            }
        }
        for session in self.sessions.all.iter() {
            let idle = session.partitions == 0;
            assert!(
                !(idle && session.state == State::Parked),
                "a fetch that waits has partitions"
            );
        }
    }
}

impl Partition {
    /// Checks what must always hold of a partition.
    pub(super) fn check(&self) {
        assert!(
            self.high_watermark.offset <= self.end.offset,
            "the high watermark is at or below the log's end"
        );
        assert!(
            self.start().offset <= self.end.offset,
            "the log begins at or before its end"
        );
        assert!(
            self.isr as usize <= self.replicas.len(),
            "the in-sync set is a part of the replicas"
        );
        for replica in &self.replicas {
            assert!(
                replica.end <= self.end,
                "a copy is a prefix of the leader's log"
            );
            assert!(
                replica.known <= self.end,
                "a leader knows of no copy behind its log"
            );
        }
        if let Some(stable) = &self.stable {
            assert!(
                stable.end <= self.high_watermark,
                "the last stable offset is at or below the high watermark"
            );
        }
        for (group, cursor) in self.cursors.iter().enumerate() {
            let (fetched, end) = (cursor.fetched.offset, self.end.offset);
            let readable = self.readable_end(group).max(self.start()).offset;
            assert!(
                fetched <= readable,
                "a group fetches nothing above its last stable offset or high watermark"
            );
            assert!(
                cursor.committed <= end && cursor.done <= end,
                "a group commits what is in the log"
            );
            assert!(
                fetched <= end && cursor.seen <= end,
                "a group fetches what is in the log"
            );
        }
    }
}

impl Broker {
    /// Puts the values of a machine on the sheet: shares of time and rates since the last sample.
    fn gauges(&mut self, now: SimTime, name: &str, sheet: &mut GaugeSheet) {
        let (rate, busy) = self.rates(now);
        let threads =
            busy[2] * self.machine.network_threads as f64 + busy[3] * self.machine.handlers as f64;
        let cpu = threads / self.machine.vcpu.max(1) as f64;
        let share = |value: f64| value.min(1.0);
        sheet.put(name, gauges::NETWORK_IN, share(busy[0]));
        sheet.put(name, gauges::NETWORK_OUT, share(busy[1]));
        let idle = 1.0 - share(busy[2]);
        sheet.put(name, gauges::NETWORK_THREADS_IDLE, idle);
        let idle = 1.0 - share(busy[3]);
        sheet.put(name, gauges::REQUEST_HANDLERS_IDLE, idle);
        sheet.put(name, gauges::VOLUME, share(busy[4]));
        sheet.put(name, gauges::CPU_USER, share(cpu));
        sheet.put(name, gauges::BYTES_WRITTEN, rate[0]);
        sheet.put(name, gauges::BYTES_SENT, rate[1]);
        let names = [
            gauges::NETWORK_IN_CREDITS,
            gauges::NETWORK_OUT_CREDITS,
            gauges::EBS_CREDITS,
        ];
        for (gauge, credit) in names.into_iter().zip(self.credits(now)) {
            if let Some(credit) = credit {
                sheet.put(name, gauge, credit);
            }
        }
    }

    /// Since the last sample: bytes written and sent `[B/s]`, and the shares of time for which network in, network
    /// out, network threads, handlers and volume were busy.
    fn rates(&mut self, now: SimTime) -> ([f64; 2], [f64; 5]) {
        let length = now.since(self.sampled_at).0.max(1) as f64;
        let busy = self.busy(now);
        let counters = [
            busy[0],
            busy[1],
            busy[2],
            busy[3],
            busy[4],
            self.written,
            self.sent_out,
        ];
        let mut rate = [0.0; 7];
        for ((rate, counter), seen) in rate.iter_mut().zip(counters).zip(&mut self.seen) {
            *rate = counter.saturating_sub(*seen) as f64 / length;
            *seen = counter;
        }
        self.sampled_at = now;
        let [busy @ .., written, sent] = rate;
        ([written * 1e9, sent * 1e9], busy)
    }
}

/// How long the oldest record that a copy in sync does not have yet has been hidden from readers, since `sampled` at most; zero if
/// it has been there for a usual time only.
fn hidden_from_readers(partition: &Partition, now: SimTime, sampled: SimTime) -> Nanos {
    let oldest = partition.log.at(partition.high_watermark.offset);
    let since = oldest.map_or(now, |record| record.appended());
    match partition.leader {
        Some(_) if now.since(since) >= SLOW => now.since(since.max(sampled)),
        _ => Nanos::ZERO,
    }
}
