//! What monitoring of the producers shows, and what must always hold in their room.

use super::super::GaugeSheet;
use super::super::config::Config;
use super::super::ids::{Id, ProducerId, Slots};
use super::super::wire::Wire;
use super::{Producer, Producers};
use crate::probe::gauges;
use crate::units::SimTime;

impl Producers {
    /// What monitoring of the producers shows at a sampling instant.
    pub(in super::super) fn gauges(
        &mut self,
        now: SimTime,
        config: &Config,
        sheet: &mut GaugeSheet,
    ) {
        let memory = config.producer.buffer_memory;
        let total = memory.saturating_mul(self.all.len() as u64);
        let used: u64 = self.all.iter().map(|producer| producer.memory).sum();
        let waits =
            |producer: &&Producer| producer.stops.none() && !producer.blocked.records.is_empty();
        let waiting = self.all.iter().filter(waits).count();
        sheet.put(
            "producers",
            gauges::BUFFER_USED,
            used as f64 / total.max(1) as f64,
        );
        let free = total.saturating_sub(used) as f64;
        sheet.put("producers", gauges::BUFFER_AVAILABLE, free);
        sheet.put("producers", gauges::WAITING_THREADS, waiting as f64);
        let nodes = self.all.iter().flat_map(|producer| producer.nodes.iter());
        let in_flight: u64 = nodes.map(|node| u64::from(node.in_flight)).sum();
        sheet.put("producers", gauges::REQUESTS_IN_FLIGHT, in_flight as f64);
        for (name, value) in self.metrics.show(now) {
            sheet.put("producers", name, value);
        }
    }

    /// Checks what must always hold in this room.
    ///
    /// # Panics
    /// If memory or requests in flight do not add up, or a queue is not listed where it has to be.
    pub(in super::super) fn check(&self, wire: &Wire, config: &Config) {
        let mut in_flight: Slots<ProducerId, u32> = Slots::build(self.all.count(), |_| 0);
        for (_, request) in wire.requests.under_way() {
            in_flight[request.producer] += 1;
        }
        for (id, producer) in self.all.pairs() {
            let counted: u32 = producer.nodes.iter().map(|node| node.in_flight).sum();
            assert_eq!(
                counted, in_flight[id],
                "requests in flight of {id:?} are those on the wire"
            );
            producer.check(config);
        }
    }
}

impl Producer {
    fn check(&self, config: &Config) {
        assert!(
            self.memory <= config.producer.buffer_memory,
            "a producer stays within buffer.memory"
        );
        for (partition, queue) in self.queues.pairs() {
            let listed = self.active.next(partition.index()) == Some(partition.index());
            assert_eq!(
                listed,
                !queue.is_empty(),
                "{partition:?} is listed if it has batches"
            );
        }
    }
}
