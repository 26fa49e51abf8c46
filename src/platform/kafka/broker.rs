//! Brokers as machines over zones: a network interface for each direction, request handlers, a
//! volume behind a page cache. Every byte and request passes them, so what saturates emerges.

use super::config::Machine;
use crate::engine::{Pool, Server};
use crate::probe::Gauge;
use crate::units::{Nanos, SimTime};

/// One broker.
#[derive(Clone, Debug)]
pub struct Broker {
    machine: Machine,
    /// The zone that it stands in.
    pub zone: u32,
    network_in: Server,
    network_out: Server,
    handlers: Pool,
    disk: Server,
    /// Busy time at the last sample, per resource `[ns]`.
    seen: [u64; 4],
    sampled_at: SimTime,
}

impl Broker {
    /// An idle broker.
    #[must_use]
    pub fn new(machine: &Machine, zone: u32) -> Self {
        Self {
            zone,
            network_in: Server::new(),
            network_out: Server::new(),
            handlers: Pool::new(machine.handlers),
            disk: Server::new(),
            seen: [0; 4],
            sampled_at: SimTime::ZERO,
            machine: machine.clone(),
        }
    }

    /// `bytes` arrive to be written; returns when they are in the page cache.
    ///
    /// Nothing waits for the volume (Kafka does not force writes), until more data waits for it
    /// than may be dirty in memory: then writers are held back to the volume's pace.
    #[inline]
    pub fn write(&mut self, now: SimTime, bytes: u64) -> SimTime {
        let received = self.network_in.serve(now, self.machine.network.time_for(bytes));
        let handled = self.handlers.serve(received, self.handler_time(bytes));
        let on_disk = self.disk.serve(handled, self.machine.disk.time_for(bytes));
        let allowed = self.machine.disk.time_for(self.machine.dirty_max);
        handled.max(SimTime(on_disk.0.saturating_sub(allowed.0)))
    }

    /// When a handler is done with a request without data that arrived one handler time ago: now, if
    /// one was free then. If not, `queued` is set and the caller comes again at the instant given.
    ///
    /// Fetches are far more frequent than waits for a handler; so one timer serves both the way to the
    /// broker and the handling.
    #[inline]
    pub fn handled_at(&mut self, now: SimTime, queued: &mut bool) -> SimTime {
        if std::mem::take(queued) {
            return now;
        }
        let arrived = SimTime(now.0 - self.machine.request_time.0.min(now.0));
        let done = self.handlers.serve(arrived, self.machine.request_time).max(now);
        *queued = done > now;
        done
    }

    /// `bytes` leave; returns when the last of them is on its way.
    #[inline]
    pub fn send(&mut self, now: SimTime, bytes: u64) -> SimTime {
        self.network_out.serve(now, self.machine.network.time_for(bytes))
    }

    fn handler_time(&self, bytes: u64) -> Nanos {
        self.machine.request_time + self.machine.handler_rate.time_for(bytes)
    }

    /// The share of time that each resource was busy since the last sample.
    pub fn gauges(&mut self, now: SimTime, index: usize, gauges: &mut Vec<Gauge>) {
        const METRICS: [&str; 4] = [
            "network in utilisation",
            "network out utilisation",
            "request handler utilisation",
            "volume utilisation",
        ];
        let handlers = self.handlers.busy_until(now).0 / self.machine.handlers as u64;
        let busy = [
            self.network_in.busy_until(now).0,
            self.network_out.busy_until(now).0,
            handlers,
            self.disk.busy_until(now).0,
        ];
        let length = now.since(self.sampled_at).0.max(1) as f64;
        for ((metric, busy), seen) in METRICS.into_iter().zip(busy).zip(&mut self.seen) {
            let value = (busy.saturating_sub(*seen) as f64 / length).min(1.0);
            gauges.push(Gauge { entity: format!("broker {}", index + 1), metric, unit: "share", value });
            *seen = busy;
        }
        self.sampled_at = now;
    }
}

/// The replicas of `partition`, leader first, each in another zone as far as there are zones.
///
/// Brokers alternate over the zones, so neighbours in number are in different zones; the first
/// replica moves on by one with each partition, the others follow it.
///
/// # Source
/// KDOC rack awareness: replicas span min(racks, replication factor) racks.
#[must_use]
pub fn placement(partition: u32, replication: u32, brokers: u32) -> Vec<u32> {
    (0..replication).map(|replica| (partition + replica) % brokers).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::ByteRate;
    use std::collections::BTreeSet;

    #[test]
    fn replicas_stand_in_different_zones_and_leaders_are_spread() {
        for (brokers, zones, replication) in [(3, 3, 3), (6, 3, 3), (4, 2, 2), (9, 3, 2), (6, 2, 3)] {
            let mut leads = vec![0; brokers as usize];
            for partition in 0..brokers * 4 {
                let replicas = placement(partition, replication, brokers);
                leads[replicas[0] as usize] += 1;
                let distinct: BTreeSet<u32> = replicas.iter().map(|broker| broker % zones).collect();
                assert_eq!(distinct.len() as u32, replication.min(zones));
            }
            assert!(leads.iter().all(|count| *count == 4));
        }
    }

    #[test]
    fn writers_feel_the_volume_only_when_the_page_cache_is_full_of_dirty_data() {
        let machine = Machine {
            network: ByteRate(0),
            disk: ByteRate(1000),
            handlers: 1,
            request_time: Nanos::ZERO,
            handler_rate: ByteRate(0),
            dirty_max: 5000,
        };
        let mut broker = Broker::new(&machine, 0);
        assert_eq!(broker.write(SimTime::ZERO, 5000), SimTime::ZERO);
        assert_eq!(broker.write(SimTime::ZERO, 2000), SimTime(2_000_000_000));
    }
}
