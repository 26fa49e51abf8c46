//! What clients know of partitions and leaders: copies of the brokers' metadata, refreshed on errors and
//! when they are old.
//!
//! # Source
//! Apache Kafka 3.9, `Metadata.java`, `NetworkClient.java`, `Sender.java`.

use super::super::Event as Timer;
use super::super::ids::{BrokerId, Id, PartitionId, ProducerId, Slots};
use super::super::wire::{Batches, Scope};
use super::{Event, NEVER, Producer, Producers};
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

/// The metadata at one time.
#[derive(Clone, Debug)]
pub(in super::super) struct Snapshot {
    /// The leader of each partition, if it has one.
    pub leader: Slots<PartitionId, Option<BrokerId>>,
    /// The partitions that each broker leads.
    pub led_by: Slots<BrokerId, Vec<PartitionId>>,
    /// The place of each partition among those of its leader.
    pub place: Slots<PartitionId, usize>,
    /// Partitions without a leader.
    pub leaderless: usize,
}

impl Snapshot {
    /// The metadata of a topic whose partitions have these leaders.
    pub(in super::super) fn of(leader: Slots<PartitionId, Option<BrokerId>>, brokers: u32) -> Self {
        let mut led_by: Slots<BrokerId, Vec<PartitionId>> = Slots::build(brokers, |_| Vec::new());
        let mut place = Slots::default();
        for (partition, leader) in leader.pairs() {
            let led = leader.map(|leader| &mut led_by[leader]);
            place.push(led.as_ref().map_or(0, |led| led.len()));
            if let Some(led) = led {
                led.push(partition);
            }
        }
        let leaderless = leader.iter().filter(|leader| leader.is_none()).count();
        Self {
            leader,
            led_by,
            place,
            leaderless,
        }
    }
}

impl Producers {
    /// Brokers know newer metadata; producers learn of them when they ask.
    pub(in super::super) fn publish(&mut self, snapshot: Snapshot) {
        self.snapshots.push(snapshot);
    }

    /// The wait before attempt `attempts` (from 1): doubled each time with a jitter of a fifth, up to the
    /// most, or always the same before 3.7.
    pub(super) fn backoff(
        &mut self,
        first: Nanos,
        most: Nanos,
        attempts: u32,
        cx: &Scope<'_>,
    ) -> Nanos {
        if !cx.config.producer.retry.backoff_grows {
            return first;
        }
        let doubled = 1 << attempts.saturating_sub(1).min(20);
        let grown = first.0.saturating_mul(doubled);
        let jitter = 0.8 + 0.4 * self.jitter.uniform();
        Nanos(((grown as f64 * jitter) as u64).min(most.0))
    }

    /// A producer asks for metadata as soon as its back-off allows.
    pub(super) fn refresh_metadata(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let knows = &mut self.all[id].knows;
        if std::mem::replace(&mut knows.refreshing, true) {
            return;
        }
        knows.refreshes += 1;
        let (attempts, last) = (knows.refreshes, knows.refreshed_at);
        let (first, most) = (
            cx.config.producer.retry.backoff,
            cx.config.producer.retry.backoff_max,
        );
        let wait = self.backoff(first, most, attempts, cx);
        let ask = if last == SimTime::ZERO {
            cx.now()
        } else {
            (last + wait).max(cx.now())
        };
        cx.queue.at(
            ask + cx.net.round_trip(),
            Timer::Producer(Event::Metadata(id)),
        );
    }

    /// An answer said that the leader is another one: since 3.7 it says which.
    pub(super) fn ask_for_leaders(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        if cx.config.producer.leader_hints && !self.all[id].knows.refreshing {
            self.all[id].knows.refreshing = true;
            return self.metadata_arrives(id, cx);
        }
        self.refresh_metadata(id, cx);
    }

    /// New metadata reach a producer.
    pub(super) fn metadata_arrives(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let newest = self.snapshots.len() - 1;
        let producer = &mut self.all[id];
        let zone = producer.zone;
        let reached = cx.net.brokers().any(|broker| cx.net.answers(zone, broker));
        (producer.knows.refreshing, producer.knows.refreshed_at) = (false, cx.now());
        // Brokers that are cut off know nothing new.
        if reached && !cx.net.is_cut_off(zone) && producer.knows.snapshot != newest {
            producer.knows.snapshot = newest;
            producer.sort_queues(&self.snapshots[newest], cx);
        }
        let stuck = !reached || self.is_stuck(id, cx);
        let spot = Limit::Metadata.at(id.number());
        if stuck {
            cx.probe.begin_wait(spot, cx.queue.now());
        } else {
            cx.probe.end_wait(spot, cx.queue.now());
        }
        if stuck {
            self.refresh_metadata(id, cx);
        } else {
            self.all[id].knows.refreshes = 0;
        }
        self.drain_all(id, cx);
    }

    /// Whether a producer has batches for a partition whose leader it does not know or reach.
    fn is_stuck(&self, id: ProducerId, cx: &Scope<'_>) -> bool {
        let producer = &self.all[id];
        let mut queued = producer.active.iter().map(PartitionId::at);
        queued.any(|partition| self.is_out_of_reach(id, partition, cx))
    }

    /// Whether a producer does not know a leader of a partition that answers it.
    pub(super) fn is_out_of_reach(
        &self,
        id: ProducerId,
        partition: PartitionId,
        cx: &Scope<'_>,
    ) -> bool {
        let producer = &self.all[id];
        let leaders = &self.snapshots[producer.knows.snapshot].leader;
        let unreachable = |leader: BrokerId| !cx.net.answers(producer.zone, leader);
        leaders
            .get(partition)
            .is_some_and(|leader| leader.is_none_or(unreachable))
    }
}

impl Producer {
    /// Sorts a producer's batches anew by the leaders that it knows.
    fn sort_queues(&mut self, snapshot: &Snapshot, cx: &Scope<'_>) {
        self.queues.grow(snapshot.leader.count(), Default::default);
        for node in self.nodes.iter_mut() {
            (node.queued, node.full, node.due) = (0, false, NEVER);
            node.ready.clear();
        }
        for partition in snapshot.leader.ids() {
            if let Some(leader) = snapshot.leader[partition] {
                self.sort_queue(partition, leader, &cx.wire.batches, cx);
                self.note_queue(partition, snapshot);
            }
        }
    }

    /// Counts the batches of a partition among those for its leader.
    fn sort_queue(
        &mut self,
        partition: PartitionId,
        leader: BrokerId,
        batches: &Batches,
        cx: &Scope<'_>,
    ) {
        let config = &cx.config.producer;
        let queue = &self.queues[partition];
        let Some(first) = queue.front() else {
            return;
        };
        let (batch, node) = (&batches[first], &mut self.nodes[leader]);
        node.queued += queue.len() as u32;
        node.full |= queue.len() > 1 || batch.bytes >= config.batch_size;
        let ready = (batch.created + config.linger).max(batch.retry_at);
        node.due = node.due.min(ready);
    }
}
