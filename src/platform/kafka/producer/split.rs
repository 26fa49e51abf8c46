//! A batch that is too large for the broker becomes several.
//!
//! # Source
//! Apache Kafka 3.9, `RecordAccumulator.splitAndReenqueue`.

use super::super::batch::BATCH_OVERHEAD;
use super::super::ids::BatchId;
use super::super::sequences::advance;
use super::super::wire::{BatchRecord, RecordBatch, Scope, Storage};
use super::Producers;
use super::partitioner::added;

impl Producers {
    /// Splits a batch; its parts keep its numbers and go to the front of its queue.
    pub(super) fn split_batch(&mut self, id: BatchId, cx: &mut Scope<'_>) {
        let old = &mut cx.wire.batches[id];
        let records = std::mem::take(&mut old.records);
        let target = if old.split {
            old.bytes / 2
        } else {
            cx.config.producer.batch_size.min(old.bytes - 1)
        };
        let whole = old.clone();
        cx.wire.batches.close(id);
        let parts = self.divide(&whole, records, target, cx);
        let (mut sequence, mut storage) = (whole.sequence, whole.storage);
        for part in &parts {
            let batch = &mut cx.wire.batches[*part];
            (batch.sequence, batch.epoch) = (sequence, whole.epoch);
            (batch.attempts, batch.split) = (whole.attempts, true);
            batch.sending = whole.sending;
            batch.storage = storage;
            if let Storage::At(offset) = &mut storage {
                *offset += batch.count();
            }
            if cx.config.producer.compression > 1.0 {
                let raw = (batch.bytes - BATCH_OVERHEAD) as f64;
                batch.bytes = BATCH_OVERHEAD + (raw / cx.config.producer.compression) as u64;
            }
            sequence = advance(sequence, batch.numbers());
        }
        for part in parts.into_iter().rev() {
            self.requeue(part, cx);
        }
    }

    /// Fills new batches of at most `target` bytes with the records of one; the first takes over its memory.
    fn divide(
        &self,
        whole: &RecordBatch,
        records: Vec<BatchRecord>,
        target: u64,
        cx: &mut Scope<'_>,
    ) -> Vec<BatchId> {
        let mut parts: Vec<BatchId> = Vec::new();
        for record in records {
            let key = self.routing.keys.length(record.key);
            let room = parts.last().map(|part| &cx.wire.batches[*part]);
            let room =
                room.map(|part| (part.bytes + added(&record, part.count(), key), part.count()));
            if room.is_none_or(|(bytes, count)| bytes > target && count > 0) {
                let memory = if parts.is_empty() { whole.memory } else { 0 };
                parts.push(cx.wire.batches.open(
                    whole.producer,
                    whole.partition,
                    whole.created,
                    memory,
                ));
            }
            let Some(part) = parts.last() else { continue };
            let batch = &mut cx.wire.batches[*part];
            batch.bytes += added(&record, batch.count(), key);
            batch.records.push(record);
        }
        parts
    }
}
