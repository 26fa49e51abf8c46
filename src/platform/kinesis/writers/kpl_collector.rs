//! The collector of the KPL: records of the stream are gathered into PutRecords calls.
//!
//! # Source
//! KPL (awslabs/amazon-kinesis-producer): `collector.h`, `pipeline.h`.

use super::kpl::Kpl;
use super::{WriterEvent, Writers};
use crate::engine::Ticket;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::{KplRecordId, ProducerId};
use crate::platform::kinesis::stream::Stream;

impl Writers {
    /// A record joins the next PutRecords call.
    pub(super) fn collect(
        &mut self,
        process: ProducerId,
        id: KplRecordId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let kpl = self.kpl();
        let bytes = kpl.records.get(id).label.bytes;
        let state = &kpl.processes[process];
        let grown = state.collected_bytes + bytes;
        if !state.collected.is_empty() && grown > kpl.config.collection_size {
            self.flush_collected(process, stream, cx);
        }
        if self.kpl_mut().add_to_call(process, id) {
            return self.flush_collected(process, stream, cx);
        }
        let kpl = self.kpl_mut();
        // A record that comes at its deadline waits for others all the same, at least for all that come at this very
        // instant.
        let least = cx.queue.now() + kpl.config.gathering;
        let deadline = kpl.records.get(id).label.deadline.max(least);
        let state = &mut kpl.processes[process];
        if state.collect_at.is_none_or(|at| deadline < at) {
            state.collect_at = Some(deadline);
            state.ticket.advance();
            let event = WriterEvent::Flush {
                producer: process,
                ticket: state.ticket,
            };
            cx.queue.at(deadline, event.into());
        }
    }

    /// The deadline of a call has come.
    pub(super) fn collection_due(
        &mut self,
        process: ProducerId,
        ticket: Ticket,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let state = &self.kpl().processes[process];
        if state.ticket == ticket && !state.collected.is_empty() {
            self.flush_collected(process, stream, cx);
        }
    }

    fn flush_collected(
        &mut self,
        process: ProducerId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let request = self.requests.open_empty(process);
        let mut carried = std::mem::take(&mut self.requests.get_mut(request).carried);
        self.kpl_mut().close_call(process, &mut carried);
        self.requests.get_mut(request).carried = carried;
        self.launch(request, stream, cx);
    }
}

impl Kpl {
    /// Closes the PutRecords call of a process and moves its records to `carried`, which is empty.
    fn close_call(&mut self, process: ProducerId, carried: &mut Vec<KplRecordId>) {
        let state = &mut self.processes[process];
        std::mem::swap(&mut state.collected, carried);
        for id in carried {
            if let Some(shard) = self.records.get(*id).predicted {
                *state.pending.reach(shard, || 0) = 0;
            }
        }
        (state.collected_bytes, state.collect_at) = (0, None);
        state.ticket.advance();
    }

    /// A record joins the PutRecords call of a process; true if the call is full.
    fn add_to_call(&mut self, process: ProducerId, id: KplRecordId) -> bool {
        let record = self.records.get(id);
        let bytes = record.label.bytes;
        let state = &mut self.processes[process];
        state.collected.push(id);
        state.collected_bytes += bytes;
        let mut full = state.collected.len() >= self.config.collection_count;
        if let Some(shard) = record.predicted {
            let pending = state.pending.reach(shard, || 0);
            *pending += bytes;
            full |= *pending >= self.flush_bytes;
        }
        full
    }
}
