//! What happens each second and each minute: CloudWatch closes its periods, storage is billed, scaling looks.

use super::cloudwatch::Stat;
use super::{Stream, StreamEvent};
use crate::platform::kinesis::KinesisCx;
use crate::probe::Monitor;
use crate::units::{Nanos, counted};

impl Stream {
    /// A second is over.
    pub(super) fn tick(&mut self, cx: &mut KinesisCx<'_>) {
        self.seconds += 1;
        self.note_throttling(cx);
        self.monitor.tick(cx.queue.now());
        let period_s = self.monitor.period_s();
        if self.seconds.is_multiple_of(period_s) {
            let capacity = self.service.shard.write_rate.0 as f64 * f64::from(self.control.open());
            self.monitor.close_minute(cx.queue.now(), capacity);
            self.bill_storage(Nanos::from_secs(period_s));
            self.close_demand(cx);
        }
        let second = Nanos::from_secs(1);
        cx.queue.after(second, StreamEvent::Second.into());
    }

    /// Notes when writes begin to be throttled, and when they have not been for ten seconds.
    fn note_throttling(&mut self, cx: &mut KinesisCx<'_>) {
        const QUIET_S: u64 = 10;
        let now = cx.queue.now();
        let refused = self.monitor.this_second(Stat::WriteThrottled);
        if refused > 0.0 {
            if self.refusals.throttled_at.is_none() {
                let detail = format!("{} refused in a second", counted(refused as u64, "record"));
                cx.probe
                    .happened(now, "stream", "throttling begins", detail);
            }
            self.refusals.throttled_at = Some(self.seconds);
        } else if let Some(last) = self.refusals.throttled_at
            && self.seconds >= last + QUIET_S
        {
            self.refusals.throttled_at = None;
            let detail = format!("the last refusal was at {last} s");
            cx.probe.happened(now, "stream", "throttling ends", detail);
        }
    }

    /// SinkBuffer over what CloudWatch has seen, at the end of the run.
    pub(crate) fn take_monitor(&mut self) -> Monitor {
        self.monitor.take()
    }
}
