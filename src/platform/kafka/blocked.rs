//! `send()` calls that wait, for memory or for a cluster to write to, at most `max.block.ms` each.
//!
//! # Source
//! SRC39 `BufferPool`, `KafkaProducer.waitOnMetadata`; facts/kafka-msk.md section 1.2.

use super::{BLOCKED, Event, Kafka};
use crate::platform::Cx;

impl Kafka {
    /// Lets blocked `send()` calls go on as far as there is memory.
    pub(super) fn unblock(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        if !self.takes_data {
            return;
        }
        // Appending may send, which may free memory and bring us here again: the record is taken out first.
        while let Some(record) = self.producers[index as usize].blocked.pop_front() {
            if !self.try_append(&record, cx) {
                return self.producers[index as usize].blocked.push_front(record);
            }
            self.producers[index as usize].blocked_since = cx.queue.now();
        }
    }

    pub(super) fn set_block_timer(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let producer = &mut self.producers[index as usize];
        if !producer.block_timer && !producer.blocked.is_empty() {
            producer.block_timer = true;
            let at = producer.blocked_since + self.config.producer.block_max;
            cx.queue.at(at.max(cx.queue.now()), Event::Blocked(index));
        }
    }

    /// The timer of `max.block.ms`: a `send()` that waited so long throws, the next one begins.
    pub(super) fn block_timed_out(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let limit = self.config.producer.block_max;
        let producer = &mut self.producers[index as usize];
        producer.block_timer = false;
        if !producer.blocked.is_empty() && producer.blocked_since + limit <= now {
            producer.blocked.pop_front();
            producer.blocked_since = now;
            cx.probe.ended(BLOCKED, 1);
            self.unblock(index, cx);
        }
        self.set_block_timer(index, cx);
    }
}
