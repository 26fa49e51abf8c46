//! What the applications show, hold and must keep to.

use super::app::App;
use super::{Apps, Stream};
use crate::platform::ConsumerSink;
use crate::probe::{Gauge, Held, Limit, Spot};
use crate::units::{Nanos, SimTime};

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

    /// For how long workers have held records back for their sinks since the last sample.
    pub(in super::super) fn held_up(&self, now: SimTime) -> Vec<(Spot, u64)> {
        let mut held_up = Vec::new();
        for app in self.all.iter() {
            let sampled = app.consumer_sink.as_ref().map(ConsumerSink::sampled_at);
            for (worker, own) in app.workers.pairs() {
                let held = own.reader.held_up(sampled.unwrap_or_default(), now);
                let spot =
                    |(limit, held): (Limit, Nanos)| (limit.of(app.consumer(), worker.0), held.0);
                held_up.extend(held.map(spot));
            }
        }
        held_up.retain(|(_, held)| *held > 0);
        held_up
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
