//! Producers that make their source wait: with `when-full = "block"` a record that finds its producer full waits at the
//! source until the producer has room, as behind a client library that limits its outstanding records.
//!
//! # Source
//! <https://github.com/awslabs/amazon-kinesis-producer/issues/343>, <https://github.com/zendesk/maxwell/pull/2147>,
//! <https://github.com/apache/flink/pull/6021> (`queueLimit`).

use super::Writers;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::causes::EarlyEnd;
use crate::platform::kinesis::ids::ProducerId;
use crate::platform::kinesis::stream::Stream;
use crate::probe::Limit;
use crate::workload::Record;

impl Writers {
    /// A record finds its producer full: it is refused, or waits at the source.
    #[cold]
    pub(super) fn find_full(&mut self, id: ProducerId, record: Record, cx: &mut KinesisCx<'_>) {
        if !self.config.blocks {
            cx.probe.bound(Limit::ProducerFull.at(id.0), 1);
            return cx.probe.ended(EarlyEnd::BacklogFull.number(), 1);
        }
        let source = &mut self.producers[id].source;
        if source.is_empty() {
            self.waiting_sources.push(id);
            cx.probe
                .begin_wait(Limit::ProducerBuffer.at(id.0), cx.queue.now());
        }
        source.push_back(record);
    }

    /// Producers that have room again take what waits at their sources.
    pub(super) fn open_sources(&mut self, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        for n in (0..self.waiting_sources.len()).rev() {
            let id = self.waiting_sources[n];
            while self.producers[id].held < self.backlog_max {
                let Some(record) = self.producers[id].source.pop_front() else {
                    break;
                };
                let bytes = u64::from(record.bytes) + self.routing.key_bytes(record.key);
                self.take(id, record, bytes, stream, cx);
            }
            if self.producers[id].source.is_empty() {
                self.waiting_sources.swap_remove(n);
                cx.probe
                    .end_wait(Limit::ProducerBuffer.at(id.0), cx.queue.now());
            }
        }
    }
}
