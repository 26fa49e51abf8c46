//! Stations whose departures follow from the arrivals alone: first-come first-served servers.
//!
//! A departure is computed when the work arrives, so no event is needed for it unless the model
//! wants one. Work must be offered in the order in which it is to be served.

use crate::units::{Nanos, SimTime};

/// One server with an unlimited first-come first-served queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Server {
    free_at: SimTime,
    busy: u64,
}

impl Server {
    /// An idle server.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves work that arrives at `at` and needs `service`; returns when it leaves.
    #[inline]
    pub fn serve(&mut self, at: SimTime, service: Nanos) -> SimTime {
        self.free_at = self.free_at.max(at) + service;
        self.busy = self.busy.saturating_add(service.0);
        self.free_at
    }

    /// When the server will have finished all that it was given.
    #[must_use]
    pub fn free_at(&self) -> SimTime {
        self.free_at
    }

    /// How much work is ahead of an arrival at `now`.
    #[must_use]
    #[inline]
    pub fn backlog(&self, now: SimTime) -> Nanos {
        self.free_at.since(now)
    }

    /// Service given up to `now`: divided by the time it is the utilisation.
    #[must_use]
    pub fn busy_until(&self, now: SimTime) -> Nanos {
        Nanos(self.busy.saturating_sub(self.backlog(now).0))
    }
}

/// Several alike servers behind one first-come first-served queue.
#[derive(Clone, Debug)]
pub struct Pool {
    /// When each server is free: in ascending order from place `first` on, in a circle.
    free_at: Vec<SimTime>,
    /// The place of the server that is free first.
    first: usize,
    busy: u64,
}

impl Pool {
    /// `servers` idle servers.
    ///
    /// # Panics
    /// If `servers` is zero.
    #[must_use]
    pub fn new(servers: usize) -> Self {
        assert!(servers > 0, "a pool needs a server");
        Self {
            free_at: vec![SimTime::ZERO; servers],
            first: 0,
            busy: 0,
        }
    }

    /// The server that is free first is busy until `end`. Mostly it is then the one that is free last, or still the
    /// one that is free first.
    #[inline]
    fn occupy(&mut self, end: SimTime) {
        let (first, last) = (self.first, self.free_at.len() - 1);
        let second = if first == last { 0 } else { first + 1 };
        if end <= self.free_at[second] {
            self.free_at[first] = end;
            return;
        }
        self.first = second;
        self.insert(first, end);
    }

    /// A server that is free at `end` takes its place among the others, from `place` on towards earlier ones.
    #[inline]
    fn insert(&mut self, mut place: usize, end: SimTime) {
        let last = self.free_at.len() - 1;
        while place != self.first {
            let before = if place == 0 { last } else { place - 1 };
            if self.free_at[before] <= end {
                break;
            }
            self.free_at[place] = self.free_at[before];
            place = before;
        }
        self.free_at[place] = end;
    }

    /// Serves work that arrives at `at` and needs `service`; returns when it leaves.
    #[inline]
    pub fn serve(&mut self, at: SimTime, service: Nanos) -> SimTime {
        let end = self.free_at[self.first].max(at) + service;
        self.occupy(end);
        self.busy = self.busy.saturating_add(service.0);
        end
    }

    /// Serves work that arrives at `at`; `ends` says when it leaves, if a server takes it up at the instant
    /// given.
    #[inline]
    pub fn serve_until(&mut self, at: SimTime, ends: impl FnOnce(SimTime) -> SimTime) -> SimTime {
        let begins = self.free_at[self.first].max(at);
        let end = ends(begins).max(begins);
        self.occupy(end);
        self.busy = self.busy.saturating_add(end.since(begins).0);
        end
    }

    /// Serves work only if a server is idle at `at`: the loss system of Erlang B.
    pub fn serve_if_idle(&mut self, at: SimTime, service: Nanos) -> Option<SimTime> {
        let idle = self.free_at[self.first] <= at;
        idle.then(|| self.serve(at, service))
    }

    /// All servers stand still for `length` from `at` on; one that is busy then does so after its work.
    pub fn stop(&mut self, at: SimTime, length: Nanos) {
        let ends = |free: &mut SimTime| *free = (*free).max(at) + length;
        self.free_at.iter_mut().for_each(ends);
        let all = length.0.saturating_mul(self.free_at.len() as u64);
        self.busy = self.busy.saturating_add(all);
    }

    /// How long an arrival at `now` would wait.
    #[must_use]
    pub fn wait(&self, now: SimTime) -> Nanos {
        self.free_at[self.first].since(now)
    }

    /// Service given up to `now`, over all servers.
    #[must_use]
    pub fn busy_until(&self, now: SimTime) -> Nanos {
        let ahead = self
            .free_at
            .iter()
            .fold(0_u64, |sum, free| sum.saturating_add(free.since(now).0));
        Nanos(self.busy.saturating_sub(ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_takes_work_in_turn_and_knows_its_utilisation() {
        let mut server = Server::new();
        assert_eq!(server.serve(SimTime(10), Nanos(5)), SimTime(15));
        assert_eq!(server.serve(SimTime(12), Nanos(5)), SimTime(20));
        assert_eq!(server.backlog(SimTime(12)), Nanos(8));
        assert_eq!(server.busy_until(SimTime(18)), Nanos(8));
        assert_eq!(server.busy_until(SimTime(30)), Nanos(10));
    }

    #[test]
    fn a_pool_of_one_is_a_server() {
        let (mut pool, mut server) = (Pool::new(1), Server::new());
        for n in 0..1000_u64 {
            let (at, service) = (SimTime(n * 7), Nanos(n * 13 % 11));
            assert_eq!(pool.serve(at, service), server.serve(at, service));
        }
    }

    #[test]
    fn a_loss_system_refuses_when_every_server_is_busy() {
        let mut pool = Pool::new(2);
        assert!(pool.serve_if_idle(SimTime(0), Nanos(10)).is_some());
        assert!(pool.serve_if_idle(SimTime(0), Nanos(10)).is_some());
        assert_eq!(pool.serve_if_idle(SimTime(9), Nanos(10)), None);
        assert_eq!(
            pool.serve_if_idle(SimTime(10), Nanos(10)),
            Some(SimTime(20))
        );
    }

    #[test]
    fn a_pool_that_stops_makes_everybody_wait_for_as_long() {
        let mut pool = Pool::new(2);
        assert_eq!(pool.serve(SimTime(0), Nanos(100)), SimTime(100));
        pool.stop(SimTime(10), Nanos(50));
        // One server has 90 ns to do and then stands still, the other one does so at once.
        assert_eq!(pool.serve(SimTime(20), Nanos(5)), SimTime(65));
        assert_eq!(pool.serve(SimTime(70), Nanos(5)), SimTime(75));
        assert_eq!(pool.serve(SimTime(70), Nanos(5)), SimTime(80));
        pool.stop(SimTime(1000), Nanos(50));
        assert_eq!(pool.wait(SimTime(1010)), Nanos(40));
    }
}
