//! The life of a stream: there is none, CREATING, ACTIVE, DELETING, and again none.
//!
//! Whoever puts or gets while there is no stream, or not yet one, or no longer one, is answered with
//! ResourceNotFoundException, which SDKs do not repeat.
//!
//! # Source
//! API CreateStream, DeleteStream, PutRecords. The API leaves open whether a stream that is DELETING still
//! takes records; here it does not. How long either state lasts is published nowhere.

use super::api::Answer;
use super::control::Status;
use super::{Event, Kinesis};
use crate::platform::Cx;
use crate::units::SimTime;

impl Kinesis {
    /// CreateStream: the shards of the settings, in a while.
    pub(super) fn create_stream(&mut self, cx: &mut Cx<'_, Event>) -> Answer<String> {
        self.settle_bill(cx.queue.now());
        self.control.create()?;
        cx.queue.after(self.config.service.create, Event::Lived);
        Ok(format!(
            "CREATING, ACTIVE in {}",
            self.config.service.create
        ))
    }

    /// DeleteStream: the stream with all that is in it.
    pub(super) fn delete_stream(&mut self, cx: &mut Cx<'_, Event>) -> Answer<String> {
        self.settle_bill(cx.queue.now());
        self.control.delete()?;
        self.weather.appear(cx.queue.now(), false);
        cx.queue.after(self.config.service.delete, Event::Lived);
        Ok(format!("DELETING, gone in {}", self.config.service.delete))
    }

    /// CREATING or DELETING is over.
    pub(super) fn lived(&mut self, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        self.settle_bill(now);
        self.control.lived();
        if self.control.status == Status::Active {
            self.weather.appear(now, true);
            let detail = format!("{} open shards", self.control.open());
            return cx.probe.happened(now, "stream", "ACTIVE", detail);
        }
        // What nobody has fetched by now has no time left to be read in.
        self.gone_before = self.gone_before.max(SimTime(now.0 + 1));
        for shard in self.control.lineage.open() {
            cx.probe.close_lane(shard, now);
        }
        cx.probe.happened(now, "stream", "deleted", String::new());
    }
}
