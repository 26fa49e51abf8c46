//! Volumes that grow by themselves: looked at every minute, and not twice within the cool-down.
//!
//! # Source
//! The MSK developer guide: `msk-autoexpand`, `msk-autoexpand-details`.

use super::super::Event as Timer;
use super::super::wire::Scope;
use super::{Control, Event, Rooms};
use crate::units::Nanos;

impl Control {
    /// Sets the timer of the next look, if volumes grow by themselves.
    pub(super) fn look_at_storage_later(cx: &mut Scope<'_>) {
        if cx.config.autoscaling.is_some() {
            let distance: Nanos = cx.config.facts.value("msk.autoscaling.interval");
            cx.queue.after(distance, Timer::Control(Event::Autoscale));
        }
    }

    /// Volumes grow if one of them is used beyond the target.
    pub(super) fn autoscale(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        Self::look_at_storage_later(cx);
        let (Some(policy), Some(volume)) = (cx.config.autoscaling, self.volume) else {
            return;
        };
        let used = rooms
            .brokers
            .volumes_used(cx.now())
            .iter()
            .copied()
            .max()
            .unwrap_or(0);
        if (used as f64) < policy.target * volume as f64 {
            return;
        }
        let book = cx.config.facts;
        let cool_down: Nanos = book.value("msk.volume.cool-down");
        if self
            .grown_at
            .is_some_and(|at| cx.now().since(at) < cool_down)
        {
            return;
        }
        let (least, percent): (u64, u64) = (
            book.value("msk.autoscaling.growth.gib"),
            book.value("msk.autoscaling.growth.percent"),
        );
        let gib = volume >> 30;
        let wanted = (gib + least.max(gib * percent / 100)).min(policy.most);
        if wanted <= gib {
            return;
        }
        let answer = self.update_storage(wanted, rooms, cx);
        let detail = answer.unwrap_or_else(|refusal| refusal);
        cx.probe
            .happened(cx.queue.now(), "cluster", "storage scaled", detail);
    }
}
