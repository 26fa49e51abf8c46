//! What monitoring shows: JMX and CloudWatch names, per broker, for the topic and per group.
//!
//! # Source
//! SRC39 metrics of `ReplicaManager`, `BrokerTopicMetrics`, `KafkaController`; the CloudWatch metrics of
//! the MSK developer guide; `producer-metrics` of clients. Names in lower case without a hyphen are ours.

use super::partition::NOBODY;
use super::{Kafka, election::broker_name};
use crate::probe::Gauge;
use crate::units::SimTime;

/// Collects values.
struct Sheet(Vec<Gauge>);

impl Sheet {
    fn put(&mut self, entity: &str, metric: &'static str, unit: &'static str, value: f64) {
        self.0.push(Gauge {
            entity: entity.to_owned(),
            metric,
            unit,
            value,
        });
    }
}

impl Kafka {
    /// All values at a sampling instant.
    pub(super) fn gauges(&mut self, now: SimTime) -> Vec<Gauge> {
        let mut sheet = Sheet(Vec::new());
        let count = self.brokers.len();
        let (mut leads, mut replicas, mut under, mut below) = (
            vec![0_u64; count],
            vec![0_u64; count],
            vec![0_u64; count],
            vec![0_u64; count],
        );
        let (mut offline, mut used) = (0_u64, vec![0_u64; count]);
        for partition in &self.partitions {
            for replica in &partition.replicas {
                replicas[replica.broker as usize] += 1;
                used[replica.broker as usize] += partition.size();
            }
            if partition.leader == NOBODY {
                offline += 1;
                continue;
            }
            let leader = partition.leader as usize;
            leads[leader] += 1;
            under[leader] += u64::from((partition.isr as usize) < partition.replicas.len());
            let least = self.topic.min_isr.min(partition.replicas.len() as u32);
            below[leader] += u64::from(partition.isr < least);
        }
        for index in 0..count {
            if !self.brokers[index].exists {
                continue;
            }
            let name = broker_name(index as u32);
            self.broker_gauges(now, index, &name, &mut sheet);
            sheet.put(&name, "LeaderCount", "partitions", leads[index] as f64);
            sheet.put(
                &name,
                "PartitionCount",
                "partitions",
                replicas[index] as f64,
            );
            sheet.put(
                &name,
                "UnderReplicatedPartitions",
                "partitions",
                under[index] as f64,
            );
            sheet.put(
                &name,
                "UnderMinIsrPartitionCount",
                "partitions",
                below[index] as f64,
            );
            if self.volume < u64::MAX {
                let share = used[index] as f64 / self.volume as f64;
                sheet.put(&name, "KafkaDataLogsDiskUsed", "share", share);
            }
        }
        let all = |counts: &[u64]| counts.iter().sum::<u64>() as f64;
        sheet.put(
            "cluster",
            "UnderReplicatedPartitions",
            "partitions",
            all(&under),
        );
        sheet.put(
            "cluster",
            "UnderMinIsrPartitionCount",
            "partitions",
            all(&below),
        );
        sheet.put(
            "cluster",
            "OfflinePartitionsCount",
            "partitions",
            offline as f64,
        );
        sheet.put(
            "cluster",
            "GlobalPartitionCount",
            "partitions",
            self.partitions.len() as f64,
        );
        let active = f64::from(u8::from(self.controller_up_at <= now));
        sheet.put("cluster", "ActiveControllerCount", "controllers", active);
        let meters = std::mem::take(&mut self.meters);
        sheet.put(
            "cluster",
            "IsrShrinks",
            "changes",
            meters.isr_shrinks as f64,
        );
        sheet.put(
            "cluster",
            "IsrExpands",
            "changes",
            meters.isr_expands as f64,
        );
        sheet.put(
            "cluster",
            "LeaderElections",
            "elections",
            meters.elections as f64,
        );
        sheet.put(
            "cluster",
            "UncleanLeaderElections",
            "elections",
            meters.unclean as f64,
        );
        sheet.put(
            "cluster",
            "high watermarks that fell",
            "partitions",
            meters.watermark_fell as f64,
        );
        sheet.put(
            "cluster",
            "cold bytes read",
            "B",
            std::mem::take(&mut self.cold_read) as f64,
        );
        self.client_gauges(now, &mut sheet);
        for group in &mut self.groups {
            let held = group
                .members
                .iter()
                .map(|member| member.reader.holds(now))
                .sum();
            let outlet = group.outlet.iter_mut();
            sheet
                .0
                .extend(outlet.flat_map(|outlet| outlet.gauges(now, &group.name, held)));
        }
        sheet.0
    }

    fn broker_gauges(&mut self, now: SimTime, index: usize, name: &str, sheet: &mut Sheet) {
        let broker = &mut self.brokers[index];
        let length = now.since(broker.sampled_at).0.max(1) as f64;
        let busy = broker.busy(now);
        let counters = [
            busy[0],
            busy[1],
            busy[2],
            busy[3],
            busy[4],
            broker.written,
            broker.sent_out,
        ];
        let mut rate = [0.0; 7];
        for ((rate, counter), seen) in rate.iter_mut().zip(counters).zip(&mut broker.seen) {
            *rate = counter.saturating_sub(*seen) as f64 / length;
            *seen = counter;
        }
        broker.sampled_at = now;
        let credits = broker.credits(now);
        let cpu = (rate[2] * broker.machine.network_threads as f64
            + rate[3] * broker.machine.handlers as f64)
            / broker.machine.vcpu.max(1) as f64;
        let share = |value: f64| value.min(1.0);
        sheet.put(name, "network in", "share", share(rate[0]));
        sheet.put(name, "network out", "share", share(rate[1]));
        sheet.put(
            name,
            "NetworkProcessorAvgIdlePercent",
            "share",
            1.0 - share(rate[2]),
        );
        sheet.put(
            name,
            "RequestHandlerAvgIdlePercent",
            "share",
            1.0 - share(rate[3]),
        );
        sheet.put(name, "volume", "share", share(rate[4]));
        sheet.put(name, "CpuUser", "share", share(cpu));
        sheet.put(name, "bytes written", "B/s", rate[5] * 1e9);
        sheet.put(name, "bytes sent", "B/s", rate[6] * 1e9);
        let names = ["network in credits", "network out credits", "EBS credits"];
        for (metric, credit) in names.into_iter().zip(credits) {
            if let Some(credit) = credit {
                sheet.put(name, metric, "share", credit);
            }
        }
    }

    fn client_gauges(&mut self, now: SimTime, sheet: &mut Sheet) {
        let total = self
            .config
            .producer
            .buffer_memory
            .saturating_mul(self.producers.len() as u64);
        let used: u64 = self.producers.iter().map(|producer| producer.memory).sum();
        let waiting = self
            .producers
            .iter()
            .filter(|producer| !producer.blocked.is_empty())
            .count();
        sheet.put(
            "producers",
            "buffer used",
            "share",
            used as f64 / total.max(1) as f64,
        );
        sheet.put(
            "producers",
            "buffer-available-bytes",
            "B",
            total.saturating_sub(used) as f64,
        );
        sheet.put("producers", "waiting-threads", "producers", waiting as f64);
        let underway = self.producers.iter().flat_map(|producer| &producer.nodes);
        let underway: u64 = underway.map(|node| u64::from(node.in_flight)).sum();
        sheet.put(
            "producers",
            "requests-in-flight",
            "requests",
            underway as f64,
        );
        for (metric, unit, value) in self.sender_metrics.show(now) {
            sheet.put("producers", metric, unit, value);
        }
        for (group, app) in self.groups.iter().enumerate() {
            let (mut most, mut oldest) = (0_u64, 0.0_f64);
            for partition in &self.partitions {
                let cursor = &partition.cursors[group];
                let from = cursor.done.max(cursor.seen.min(cursor.committed));
                most = most.max(partition.end.offset.saturating_sub(from));
                if let Some(stored) = partition.log.at(from) {
                    oldest = oldest.max(now.since(stored.appended()).as_secs_f64());
                }
            }
            let members = app.members.iter().filter(|member| member.joined).count();
            let idle = app
                .members
                .iter()
                .filter(|member| member.joined && member.lanes.is_empty())
                .count();
            sheet.put(&app.name, "MaxOffsetLag", "records", most as f64);
            sheet.put(&app.name, "EstimatedMaxTimeLag", "s", oldest);
            sheet.put(&app.name, "members", "members", members as f64);
            sheet.put(&app.name, "idle members", "members", idle as f64);
        }
    }
}
