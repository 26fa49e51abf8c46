//! The network between clients and brokers: which zones reach each other, which brokers answer, and how long a
//! message takes one way.

use super::config::Config;
use super::ids::{BrokerId, Slots};
use crate::units::{Nanos, SimTime};

/// The state of a broker's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// It works.
    Up,
    /// The process hangs: it handles nothing, and its connections stay open.
    Hung,
    /// Its process is gone.
    Down,
}

/// A broker as others see it from outside.
#[derive(Clone, Copy, Debug)]
struct Station {
    /// The zone that it stands in.
    zone: u32,
    /// The state of its process.
    health: Health,
    /// Whether its connections hang rather than break while it is away.
    silent: bool,
    /// Since when it has been away.
    away_since: SimTime,
}

/// What a zone suffers.
#[derive(Clone, Copy, Debug)]
struct Zone {
    /// How many faults cut it off from all others.
    cut_off: bool,
    /// Whether the timeline has taken it away with all that runs there.
    lost: bool,
    /// By how much one-way times of its messages are multiplied.
    slowed: u64,
}

/// The network.
#[derive(Clone, Debug)]
pub(super) struct Net {
    stations: Slots<BrokerId, Station>,
    zones: Vec<Zone>,
    /// One way between two machines of a zone.
    same_zone: Nanos,
    /// One way between two machines of different zones.
    cross_zone: Nanos,
    /// Whether anything has gone wrong yet: before that every message arrives.
    troubled: bool,
    /// Whether a zone's messages are slow.
    slowed: bool,
}

impl Net {
    /// A network on which everything works.
    pub(super) fn new(config: &Config) -> Self {
        let station = |broker: BrokerId| Station {
            zone: config.zone_of(broker.number()),
            health: Health::Up,
            silent: false,
            away_since: SimTime::ZERO,
        };
        let zone = Zone {
            cut_off: false,
            lost: false,
            slowed: 1,
        };
        Self {
            stations: Slots::build(config.brokers_most, station),
            zones: (0..config.zones).map(|_| zone).collect(),
            same_zone: config.same_zone,
            cross_zone: config.cross_zone,
            troubled: false,
            slowed: false,
        }
    }

    /// All brokers of the run, those that come later included.
    pub(super) fn brokers(&self) -> impl DoubleEndedIterator<Item = BrokerId> + use<> {
        self.stations.ids()
    }

    /// The zone that a broker stands in.
    #[inline]
    pub(super) fn zone_of(&self, broker: BrokerId) -> u32 {
        self.stations[broker].zone
    }

    /// The state of a broker's process.
    pub(super) fn health(&self, broker: BrokerId) -> Health {
        self.stations[broker].health
    }

    /// Whether a broker works.
    #[inline]
    pub(super) fn is_up(&self, broker: BrokerId) -> bool {
        self.stations[broker].health == Health::Up
    }

    /// A broker is away since `now`; its connections hang if it is `silent`.
    pub(super) fn goes_away(
        &mut self,
        broker: BrokerId,
        health: Health,
        silent: bool,
        now: SimTime,
    ) {
        let station = &mut self.stations[broker];
        (station.health, station.silent, station.away_since) = (health, silent, now);
    }

    /// A broker works again.
    pub(super) fn comes_back(&mut self, broker: BrokerId) {
        let station = &mut self.stations[broker];
        (station.health, station.silent) = (Health::Up, false);
    }

    /// A broker exists, but its process does not run yet.
    pub(super) fn is_built(&mut self, broker: BrokerId) {
        self.stations[broker].health = Health::Down;
    }

    /// Whether connections to a broker hang while it is away.
    pub(super) fn is_silent(&self, broker: BrokerId) -> bool {
        self.stations[broker].silent
    }

    /// Since when a broker has been away.
    pub(super) fn away_since(&self, broker: BrokerId) -> SimTime {
        self.stations[broker].away_since
    }

    /// Whether a broker refuses connections: its machine answers that no process listens.
    pub(super) fn refuses(&self, broker: BrokerId) -> bool {
        self.stations[broker].health == Health::Down && !self.stations[broker].silent
    }

    /// Whether a machine in `zone` reaches a broker that answers.
    #[inline]
    pub(super) fn answers(&self, zone: u32, broker: BrokerId) -> bool {
        let station = &self.stations[broker];
        station.health == Health::Up && self.connected(zone, station.zone)
    }

    /// Whether a broker can be reached from a zone and its process hangs.
    pub(super) fn hangs(&self, zone: u32, broker: BrokerId) -> bool {
        let station = &self.stations[broker];
        station.health == Health::Hung && self.connected(zone, station.zone)
    }

    /// Whether two zones are connected.
    #[inline]
    pub(super) fn connected(&self, a: u32, b: u32) -> bool {
        a == b || !(self.is_cut_off(a) || self.is_cut_off(b))
    }

    /// Whether a zone reaches no other.
    #[inline]
    pub(super) fn is_cut_off(&self, zone: u32) -> bool {
        self.zones
            .get(zone as usize)
            .is_some_and(|zone| zone.cut_off)
    }

    /// Cuts a zone off from all others, or connects it again; returns whether it was cut off before.
    pub(super) fn cut_off(&mut self, zone: u32, cut_off: bool) -> bool {
        std::mem::replace(&mut self.zones[zone as usize].cut_off, cut_off)
    }

    /// Whether a zone is gone.
    pub(super) fn is_lost(&self, zone: u32) -> bool {
        self.zones.get(zone as usize).is_some_and(|zone| zone.lost)
    }

    /// A zone is gone, or is there again.
    pub(super) fn lose(&mut self, zone: u32, lost: bool) {
        self.zones[zone as usize].lost = lost;
    }

    /// From now on messages may be lost.
    pub(super) fn set_troubled(&mut self) -> bool {
        std::mem::replace(&mut self.troubled, true)
    }

    /// Whether anything has gone wrong yet.
    #[inline]
    pub(super) fn is_troubled(&self) -> bool {
        self.troubled
    }

    /// Multiplies one-way times from and to a zone; 1 is as usual.
    pub(super) fn slow(&mut self, zone: u32, times: u64) {
        self.zones[zone as usize].slowed = times.max(1);
        self.slowed = self.zones.iter().any(|zone| zone.slowed > 1);
    }

    /// One way between machines of two zones.
    #[inline]
    pub(super) fn one_way(&self, a: u32, b: u32) -> Nanos {
        let usual = if a == b {
            self.same_zone
        } else {
            self.cross_zone
        };
        if self.slowed {
            return self.slow_way(a, b, usual);
        }
        usual
    }

    /// One way between brokers.
    #[inline]
    pub(super) fn between(&self, a: BrokerId, b: BrokerId) -> Nanos {
        self.one_way(self.zone_of(a), self.zone_of(b))
    }

    /// One way where a zone is slow: the slower of the two counts.
    #[cold]
    fn slow_way(&self, a: u32, b: u32, usual: Nanos) -> Nanos {
        let slowed = |zone: u32| self.zones.get(zone as usize).map_or(1, |zone| zone.slowed);
        Nanos(usual.0.saturating_mul(slowed(a).max(slowed(b))))
    }

    /// A round trip of a client that asks any broker of another zone.
    pub(super) fn round_trip(&self) -> Nanos {
        Nanos(2 * self.cross_zone.0)
    }
}
