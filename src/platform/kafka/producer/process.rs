//! The end of a producer's process, and the one that takes its place.

use super::super::Cause;
use super::super::ids::{BatchId, PartitionId, ProducerId, Slots};
use super::super::wire::{Scope, Stage};
use super::answers::{blame, end_records};
use super::{Knowledge, Producer, Producers};
use crate::probe::Limit;

impl Producers {
    /// A producer's process is gone with what it held; another one takes over in `zone`.
    pub(in super::super) fn lose(&mut self, id: ProducerId, zone: u32, cx: &mut Scope<'_>) {
        self.end_process(id, zone, Cause::ClientGone, cx);
        let blocked = std::mem::take(&mut self.all[id].blocked.records).len() as u64;
        go_with_client(id, blocked, cx);
        self.note_wait(id, cx);
        self.init_producer_id(id, cx);
        self.refresh_metadata(id, cx);
    }

    /// A producer that was fenced off ends its process with what that held; the application goes on with another one.
    pub(in super::super) fn replace_fenced(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let zone = self.all[id].zone;
        self.end_process(id, zone, Cause::Fenced, cx);
        self.init_producer_id(id, cx);
        self.refresh_metadata(id, cx);
    }

    /// What a producer's process held is gone, and a new process takes its place.
    fn end_process(&mut self, id: ProducerId, zone: u32, cause: Cause, cx: &mut Scope<'_>) {
        for request in cx.wire.requests.ids() {
            let lost = &mut cx.wire.requests[request];
            if !lost.open || lost.producer != id || lost.void {
                continue;
            }
            lost.void = true;
            let ends = matches!(lost.stage, Stage::Held | Stage::Waiting | Stage::Void);
            for batch in std::mem::take(&mut lost.batches) {
                forget_batch(batch, cause, cx);
            }
            if ends {
                cx.wire.requests.close(request);
            }
        }
        let queues = std::mem::take(&mut self.all[id].queues);
        for batch in queues.iter().flat_map(|queue| queue.iter()) {
            forget_batch(batch, cause, cx);
        }
        self.restart(id, zone, &queues, cx);
    }

    /// A new process takes the place of a producer that is gone.
    fn restart<T>(
        &mut self,
        id: ProducerId,
        zone: u32,
        queues: &Slots<PartitionId, T>,
        cx: &Scope<'_>,
    ) {
        let old = &mut self.all[id];
        let (blocked, knows, stops) = (std::mem::take(&mut old.blocked), old.knows, old.stops);
        let old = &self.all[id];
        let fresh = Producer::new(
            zone,
            queues.count(),
            cx.config.brokers_most,
            old.sticky,
            self.next_id,
        );
        self.next_id += 1;
        self.all[id] = Producer {
            blocked,
            stops,
            knows: Knowledge {
                refreshing: knows.refreshing,
                snapshot: knows.snapshot,
                ..Knowledge::default()
            },
            ..fresh
        };
    }
}

/// A batch is gone with its producer.
fn forget_batch(id: BatchId, cause: Cause, cx: &mut Scope<'_>) {
    let limit = match cause {
        Cause::ClientGone => Limit::ClientGone,
        _ => Limit::Fenced,
    };
    blame(id, limit, cx);
    end_records(id, cause, cx);
    cx.wire.batches.close(id);
}

/// Records whose `send()` waited are gone with their producer.
fn go_with_client(id: ProducerId, records: u64, cx: &mut Scope<'_>) {
    let (cause, gone) = (Cause::ClientGone as usize, Limit::ClientGone);
    cx.probe.bound(gone.at(id.number()), records);
    cx.probe.ended_for(cause, Some(gone), records);
}
