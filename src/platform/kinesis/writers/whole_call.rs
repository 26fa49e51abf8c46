//! Producers that send a whole call again when one of its entries failed: what was stored is stored once more.
//!
//! # Source
//! Reports of such producers: <https://github.com/aws/amazon-kinesis-streams-for-fluent-bit/issues/249>,
//! <https://github.com/fluent/fluent-bit/issues/6369>, <https://github.com/vectordotdev/vector/pull/17535>.

use super::request::{Outcome, Request};
use crate::platform::kinesis::KinesisCx;

impl Request {
    /// Every entry of the call was stored: only now does the producer count its records as stored.
    pub(super) fn confirm_whole_call(&mut self, cx: &mut KinesisCx<'_>) {
        if self.outcome == Outcome::TimedOut {
            return;
        }
        for record in self.unconfirmed.drain(..) {
            cx.probe.acknowledged(record.at, self.answer_at);
        }
    }
}
