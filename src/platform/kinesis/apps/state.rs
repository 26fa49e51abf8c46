//! What the applications show, hold and must keep to.

use super::app::App;
use super::{Apps, Stream};
use crate::probe::{Gauge, Held};
use crate::units::SimTime;

impl Apps {
    /// What the applications show at a sampling instant.
    pub(in super::super) fn gauges(&mut self, now: SimTime) -> Vec<Gauge> {
        let ages = self.all.iter_mut().filter_map(App::age_gauge);
        let mut gauges: Vec<Gauge> = ages.collect();
        for app in self.all.iter_mut() {
            gauges.extend(app.sink_gauges(now));
        }
        gauges
    }

    /// Adds what is stored and not read, per application.
    pub(in super::super) fn add_held(&self, held: &mut Held, stream: &Stream, now: SimTime) {
        held.sinks = self.all.iter().map(App::tally).collect();
        for app in self.all.iter() {
            let (unread, expired) = app.unread(stream, now);
            held.unread.push(unread);
            held.expired.push(expired);
        }
    }

    /// Checks what must hold at any instant.
    ///
    /// # Panics
    /// If it does not hold: a bug of the model.
    pub(in super::super) fn check(&self, stream: &Stream) {
        for app in self.all.iter() {
            app.check(stream);
        }
    }
}
