//! The life of a stream: there is none, CREATING, ACTIVE, DELETING, and again none.
//!
//! Whoever puts or gets while there is no stream, or not yet one, or no longer one, is answered with
//! ResourceNotFoundException, which SDKs do not repeat.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, CreateStream, DeleteStream, PutRecords. The reference leaves open
//! whether a stream that is DELETING still takes records; here it does not. How long either state lasts is
//! published nowhere.

use super::api::{Answer, ApiError, Refusal};
use super::control::{Mode, Status};
use super::{Stream, StreamEvent};
use crate::platform::kinesis::KinesisCx;
use crate::probe::Limit;

impl Stream {
    /// CreateStream: the shards of the settings, in a while.
    pub(super) fn create(&mut self, cx: &mut KinesisCx<'_>) -> Answer<String> {
        self.settle_bill(cx.queue.now());
        if self.control.mode == Mode::OnDemand && self.on_demand.account_full {
            let why = "the account has as many on-demand streams as it may";
            return Err(Refusal::new(ApiError::LimitExceeded, why));
        }
        self.control.create()?;
        let takes = self.service.control.create;
        cx.queue.after(takes, StreamEvent::LifecycleStep.into());
        Ok(format!("CREATING, ACTIVE in {takes}"))
    }

    /// DeleteStream: the stream with all that is in it.
    pub(super) fn delete(&mut self, cx: &mut KinesisCx<'_>) -> Answer<String> {
        let now = cx.queue.now();
        self.settle_bill(now);
        self.control.delete()?;
        self.conditions.set_exists(now, false);
        cx.probe.begin_wait(Limit::Absent.at(0), now);
        let takes = self.service.control.delete;
        cx.queue.after(takes, StreamEvent::LifecycleStep.into());
        Ok(format!("DELETING, gone in {takes}"))
    }

    /// CREATING or DELETING is over.
    pub(super) fn finish_lifecycle_step(&mut self, cx: &mut KinesisCx<'_>) {
        let now = cx.queue.now();
        self.settle_bill(now);
        self.control.finish_lifecycle_step();
        if self.control.status == Status::Active {
            self.conditions.set_exists(now, true);
            cx.probe.end_wait(Limit::Absent.at(0), now);
            let detail = format!("{} open shards", self.control.open());
            return cx.probe.happened(now, "stream", "ACTIVE", detail);
        }
        // What nobody has fetched by now has no time left to be read in.
        self.retention.forget_all(now);
        for shard in self.control.lineage.open() {
            cx.probe.close_lane(shard.0, now);
        }
        cx.probe.happened(now, "stream", "deleted", String::new());
    }
}
