//! A fleet of devices: each reports at its own place in a common period. A share of them may be cut off for a
//! while; they keep their reports, reconnect almost at once, and each sends all it has kept.
//!
//! A report that was kept is offered when its device is back: delays count from there.

use crate::engine::Stream;
use crate::settings::Section;
use crate::units::{Nanos, Share};

/// A fleet.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// How many devices.
    pub devices: u32,
    /// How often each reports.
    pub every: Nanos,
    /// The share that is cut off.
    pub(super) cut_off: Share,
    /// When, for how long, and how far the reconnects are spread.
    cut_at: Nanos,
    cut_for: Nanos,
    within: Nanos,
}

impl Fleet {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let year = Nanos::from_secs(366 * 86_400);
        let least = Nanos::from_millis(1);
        let cut_off = section.or("cut-off", Share(0));
        let cut = cut_off > Share(0);
        let time = |key: &str| {
            if cut || section.has(key) {
                section.need_in(key, Nanos::ZERO..=year)
            } else {
                Nanos::ZERO
            }
        };
        Self {
            devices: section.need_in("devices", 1..=super::KEYS_MAX) as u32,
            every: section.need_in("report-every", least..=year),
            cut_off,
            cut_at: time("cut-at"),
            cut_for: time("cut-for"),
            within: section.or_in("reconnect-within", Nanos::ZERO, Nanos::ZERO..=year),
        }
    }

    /// About how many reports there are up to `until`.
    pub(super) fn expected(&self, until: Nanos) -> f64 {
        f64::from(self.devices) * until.0 as f64 / self.every.0.max(1) as f64
    }

    /// The reports up to `until` `[ns]`, drawn from `stream`.
    pub(super) fn walk(&self, stream: Stream, until: u64) -> FleetWalk {
        let every = self.every.0.max(1);
        let mut order: Vec<(u64, u32)> = (0..self.devices)
            .map(|device| (stream.below(u64::from(device), every), device))
            .collect();
        order.sort_unstable();
        let cut = (self.cut_at.0, self.cut_at.0.saturating_add(self.cut_for.0));
        let is_cut =
            |device: u32| stream.child(1).uniform(u64::from(device)) < self.cut_off.fraction();
        let back = |device: u32| {
            let spread = stream
                .child(2)
                .below(u64::from(device), self.within.0.max(1));
            if is_cut(device) {
                cut.1.saturating_add(spread)
            } else {
                0
            }
        };
        let back_at: Vec<u64> = (0..self.devices).map(back).collect();
        // What each device has kept when it is back.
        let before = |phase: u64, at: u64| at.saturating_sub(phase).div_ceil(every);
        let mut storm: Vec<(u64, u32, u64)> = order
            .iter()
            .map(|(phase, device)| {
                let back = back_at[*device as usize];
                (
                    back,
                    *device,
                    before(*phase, back).saturating_sub(before(*phase, cut.0)),
                )
            })
            .filter(|(back, _, kept)| *back > 0 && *back <= until && *kept > 0)
            .collect();
        storm.sort_unstable();
        FleetWalk {
            every,
            order,
            cut_at: cut.0,
            back_at,
            storm,
            next: 0,
            round: 0,
            next_back: 0,
            sent: 0,
        }
    }
}

/// A walk through the reports of a fleet.
#[derive(Clone, Debug)]
pub(super) struct FleetWalk {
    every: u64,
    /// Place in the period and device, in order.
    order: Vec<(u64, u32)>,
    cut_at: u64,
    /// When each device is back, or zero if it is never cut off.
    back_at: Vec<u64>,
    /// Devices that come back with what they have kept, in order.
    storm: Vec<(u64, u32, u64)>,
    next: usize,
    round: u64,
    next_back: usize,
    /// What the device that is back has sent of it.
    sent: u64,
}

impl FleetWalk {
    /// The next report: when `[ns]`, and its device.
    pub(super) fn next_report(&mut self) -> (u64, u32) {
        loop {
            let (phase, device) = self.order[self.next];
            let at = phase.saturating_add(self.round.saturating_mul(self.every));
            if let Some((back, returned, kept)) = self.storm.get(self.next_back).copied()
                && back <= at
            {
                self.sent += 1;
                if self.sent == kept {
                    (self.next_back, self.sent) = (self.next_back + 1, 0);
                }
                return (back, returned);
            }
            self.next += 1;
            if self.next == self.order.len() {
                (self.next, self.round) = (0, self.round + 1);
            }
            if at < self.cut_at || at >= self.back_at[device as usize] {
                return (at, device);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing is made up and nothing forgotten: every device reports once a period, sooner or later.
    #[test]
    fn a_storm_brings_what_was_kept_and_no_more() {
        let fleet = Fleet {
            devices: 500,
            every: Nanos(1000),
            cut_off: Share(400_000),
            cut_at: Nanos(10_000),
            cut_for: Nanos(5000),
            within: Nanos(100),
        };
        let mut walk = fleet.walk(Stream::new(1, 0, "fleet"), 30_000);
        let reports: Vec<(u64, u32)> = std::iter::from_fn(|| Some(walk.next_report()))
            .take_while(|(at, _)| *at < 30_000)
            .collect();
        assert_eq!(reports.len(), 15_000);
        assert!(
            reports.windows(2).all(|pair| pair[0].0 <= pair[1].0),
            "in order of time"
        );
        let mut counts = vec![0; 500];
        reports
            .iter()
            .for_each(|(_, device)| counts[*device as usize] += 1);
        assert!(counts.iter().all(|count| *count == 30));
        let within = |from: u64, to: u64| {
            reports
                .iter()
                .filter(|(at, _)| (from..to).contains(at))
                .count()
        };
        let (calm, cut, storm) = (
            within(5000, 10_000),
            within(10_000, 15_000),
            within(15_000, 15_100),
        );
        assert_eq!(calm, 2500);
        assert!((1300..1700).contains(&cut), "60 % of the devices: {cut}");
        assert!(
            storm + cut > 2500 && storm > 900,
            "and then the rest at once: {storm}"
        );
    }
}
