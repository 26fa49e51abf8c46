//! What is known of a workload before it runs: rates, the hottest key, how long readers are away.

use super::{Action, Arrivals, KeyLaw, Source, Workload};
use crate::units::{Nanos, SimTime};

/// How often a key comes and how much it brings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyLoad {
    /// Its share of the records of its source.
    pub share: f64,
    /// Its records `[records/s]`.
    pub records: f64,
    /// Their data `[B/s]`.
    pub bytes: f64,
}

impl Workload {
    /// The records of a second on average over the run; `None` where they come from another system.
    #[must_use]
    pub fn record_rate(&self) -> Option<f64> {
        let records = self.sources.iter().map(Source::expected_records);
        let records: f64 = records.sum();
        self.senders
            .is_none()
            .then(|| records / self.duration.as_secs_f64().max(1e-9))
    }

    /// The data of a second on average, without keys `[B/s]`; `None` also where nobody says how large records are.
    #[must_use]
    pub fn data_rate(&self) -> Option<f64> {
        if self.senders.is_some() {
            return None;
        }
        let of = |source: &Source| Some(source.expected_records() * source.mean_size()?);
        let bytes = self.sources.iter().map(of).sum::<Option<f64>>()?;
        Some(bytes / self.duration.as_secs_f64().max(1e-9))
    }

    /// The key with the most records, where the laws of the keys say which.
    #[must_use]
    pub fn hottest_key(&self) -> Option<KeyLoad> {
        if self.senders.is_some() {
            return None;
        }
        let seconds = self.duration.as_secs_f64().max(1e-9);
        let of = |source: &Source| {
            let share = source.keys.hottest(&source.arrivals)?;
            let records = share * source.expected_records() / seconds;
            Some(KeyLoad {
                share,
                records,
                bytes: records * source.mean_size()?,
            })
        };
        let loads = self.sources.iter().filter_map(of);
        loads.max_by(|a, b| a.records.total_cmp(&b.records))
    }

    /// The longest time that the application of this number does not read, because the timeline takes it away.
    #[must_use]
    pub fn longest_absence(&self, app: u16) -> Nanos {
        let (mut away, mut longest) = (None, Nanos::ZERO);
        let end = [(SimTime(self.duration.0), Action::ConsumerUp(app))];
        for (at, action) in self.timeline.steps.iter().chain(&end) {
            match action {
                Action::ConsumerDown(down) if *down == app => away = away.or(Some(*at)),
                Action::ConsumerUp(up) if *up == app => {
                    let absence = away.take().map_or(0, |from: SimTime| at.0 - from.0);
                    longest = longest.max(Nanos(absence));
                }
                Action::ConsumerDown(_)
                | Action::ConsumerUp(_)
                | Action::WorkerDown(..)
                | Action::WorkerStop(..)
                | Action::WorkerUp(..)
                | Action::WorkersJoin(..)
                | Action::ZoneDown(_)
                | Action::ZoneUp(_)
                | Action::ScaleTo(_)
                | Action::RecordsFail(..) => {}
            }
        }
        longest
    }
}

impl KeyLaw {
    /// The share of records of the hottest key; `None` where there are no keys or a trace says them.
    fn hottest(&self, arrivals: &Arrivals) -> Option<f64> {
        let one_of = |count: u32| Some(1.0 / f64::from(count.max(1)));
        match (self, arrivals) {
            (Self::None | Self::Trace, _) => None,
            (Self::Uniform { count } | Self::Sequential { count }, _) => one_of(*count),
            (Self::Zipf(table), _) => Some(table.share(0)),
            (Self::HotSet { count, hot, share }, _) => {
                let share = *share as f64 / 4_294_967_296.0;
                let cold = (1.0 - share) / f64::from((count - hot).max(1));
                Some((share / f64::from(*hot)).max(cold))
            }
            (Self::Devices, Arrivals::Fleet(fleet)) => one_of(fleet.devices),
            (Self::Devices, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Share;

    #[test]
    fn the_hottest_key_of_each_law() {
        let hottest = |law: &KeyLaw| law.hottest(&Arrivals::Trace);
        assert_eq!(hottest(&KeyLaw::None), None);
        assert_eq!(hottest(&KeyLaw::Uniform { count: 4 }), Some(0.25));
        // 1 / (1 + 1/2 + 1/3 + 1/4)
        let zipf = hottest(&KeyLaw::zipf(4, 1.0)).expect("known");
        assert!((zipf - 0.48).abs() < 1e-6, "{zipf}");
        let hot = KeyLaw::HotSet {
            count: 100,
            hot: 2,
            share: (Share(500_000).fraction() * 4_294_967_296.0) as u64,
        };
        assert!((hottest(&hot).expect("known") - 0.25).abs() < 1e-6);
    }
}
