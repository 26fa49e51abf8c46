//! What clients know of partitions and leaders: copies of the brokers' metadata, refreshed on errors and
//! when they are old.
//!
//! # Source
//! SRC39 `Metadata`, `NetworkClient`, `Sender`; facts/kafka-msk.md section 1.2.

use super::partition::{NOBODY, Partition};
use super::{Event, Kafka};
use crate::platform::Cx;
use crate::units::{Nanos, SimTime};

/// The metadata at one time.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    /// Number of partitions.
    pub partitions: u32,
    /// The leader of each, or [`NOBODY`].
    pub leader: Vec<u32>,
    /// The partitions that each broker leads.
    pub led_by: Vec<Vec<u32>>,
    /// Partitions without a leader.
    pub leaderless: u32,
}

impl Snapshot {
    /// What is true now.
    #[must_use]
    pub(super) fn of(partitions: &[Partition], brokers: u32) -> Self {
        let mut led_by = vec![Vec::new(); brokers as usize];
        let leader: Vec<u32> = partitions
            .iter()
            .map(|partition| partition.leader)
            .collect();
        for (partition, leader) in (0..).zip(&leader) {
            if let Some(led) = led_by.get_mut(*leader as usize) {
                led.push(partition);
            }
        }
        let leaderless = leader.iter().filter(|leader| **leader == NOBODY).count() as u32;
        Self {
            partitions: partitions.len() as u32,
            leader,
            led_by,
            leaderless,
        }
    }
}

impl Kafka {
    /// Leaders or partitions have changed: brokers will know a little later.
    pub(super) fn publish_soon(&mut self, cx: &mut Cx<'_, Event>) {
        if !std::mem::replace(&mut self.publishing, true) {
            cx.queue.after(self.config.cluster.publish, Event::Publish);
        }
    }

    /// Brokers know the newest metadata; clients learn of them when they ask.
    pub(super) fn publish(&mut self, cx: &mut Cx<'_, Event>) {
        self.publishing = false;
        self.snapshots
            .push(Snapshot::of(&self.partitions, self.config.brokers_most));
        for group in 0..self.groups.len() {
            self.learn_leaders_soon(group, cx);
        }
    }

    /// Whether a machine in `zone` reaches a broker that answers.
    #[must_use]
    pub(super) fn answers(&self, zone: u32, broker: u32) -> bool {
        let broker = &self.brokers[broker as usize];
        broker.is_up() && self.connected(zone, broker.zone)
    }

    /// Whether two zones are connected.
    #[must_use]
    #[inline]
    pub(super) fn connected(&self, a: u32, b: u32) -> bool {
        a == b || !(self.cut_off[a as usize] || self.cut_off[b as usize])
    }

    /// The wait before attempt `attempts` (from 1): doubled each time with a jitter of a fifth, up to the
    /// most, or always the same before 3.7.
    pub(super) fn backoff(&mut self, first: Nanos, most: Nanos, attempts: u32) -> Nanos {
        if !self.config.producer.backoff_grows {
            return first;
        }
        let grown = first
            .0
            .saturating_mul(1 << attempts.saturating_sub(1).min(20));
        let jitter = 0.8 + 0.4 * self.jitter.uniform(self.jitter_draws);
        self.jitter_draws += 1;
        Nanos(((grown as f64 * jitter) as u64).min(most.0))
    }

    /// A producer asks for metadata as soon as its back-off allows.
    pub(super) fn refresh_metadata(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[index as usize];
        if std::mem::replace(&mut producer.refreshing, true) {
            return;
        }
        producer.refreshes += 1;
        let (attempts, last) = (producer.refreshes, producer.refreshed_at);
        let config = (
            self.config.producer.backoff,
            self.config.producer.backoff_max,
        );
        let wait = self.backoff(config.0, config.1, attempts);
        let round_trip = Nanos(2 * self.config.cross_zone.0);
        let ask = if last == SimTime::ZERO {
            cx.queue.now()
        } else {
            (last + wait).max(cx.queue.now())
        };
        cx.queue.at(ask + round_trip, Event::Metadata(index));
    }

    /// New metadata reach a producer.
    pub(super) fn metadata_arrives(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let newest = self.snapshots.len() as u32 - 1;
        let zone = self.producers[index as usize].zone;
        let reached = (0..self.config.brokers_most).any(|broker| self.answers(zone, broker));
        let producer = &mut self.producers[index as usize];
        (producer.refreshing, producer.refreshed_at) = (false, now);
        // Brokers that are cut off know nothing new.
        if reached && !self.cut_off[zone as usize] && producer.metadata != newest {
            producer.metadata = newest;
            self.sort_queues(index);
        }
        let producer = &self.producers[index as usize];
        let snapshot = &self.snapshots[producer.metadata as usize];
        let stuck = |(lane, leader): (&super::lane::Lane, &u32)| {
            !lane.queue().is_empty() && (*leader == NOBODY || !self.answers(zone, *leader))
        };
        if !reached || producer.lanes.iter().zip(&snapshot.leader).any(stuck) {
            self.refresh_metadata(index, cx);
        } else {
            self.producers[index as usize].refreshes = 0;
        }
        self.drain_all(index, cx);
    }

    /// Sorts a producer's batches anew by the leaders that it knows.
    fn sort_queues(&mut self, index: u32) {
        let config = &self.config.producer;
        let producer = &mut self.producers[index as usize];
        let snapshot = &self.snapshots[producer.metadata as usize];
        producer
            .lanes
            .resize_with(snapshot.partitions as usize, Default::default);
        for node in &mut producer.nodes {
            (node.queued, node.full, node.due) = (0, false, SimTime(u64::MAX));
        }
        for (lane, leader) in producer.lanes.iter().zip(&snapshot.leader) {
            let (Some(first), Some(node)) = (
                lane.queue().front(),
                producer.nodes.get_mut(*leader as usize),
            ) else {
                continue;
            };
            let batch = self.batches.view(*first);
            node.queued += lane.queue().len() as u32;
            node.full |= lane.queue().len() > 1 || batch.bytes >= config.batch_size;
            node.due = node
                .due
                .min((batch.created + config.linger).max(batch.retry_at));
        }
    }
}
