//! Brokers as machines over zones: a network interface for each direction, network threads, request
//! handlers, a volume behind a page cache. Every byte and request passes them, so what saturates emerges.

use super::super::config::{Burst, Machine};
use super::client_quotas::Cost;
use super::pauses::Collector;
use super::quotas::{debt, quota};
use crate::engine::{BurstServer, Pool, TokenBucket};
use crate::probe::Limit;
use crate::units::{ByteRate, Nanos, SimTime};

/// The machine and the process of one broker.
#[derive(Clone, Debug)]
pub(super) struct Broker {
    /// Its machine.
    pub machine: Machine,
    /// Whether the controller has fenced it: it may lead nothing and be in no in-sync set.
    pub fenced: bool,
    /// Whether it is being stopped in good order.
    pub stopping: bool,
    /// Whether its fetchers stand still.
    pub fetchers_hung: bool,
    /// Bytes that it has written for itself and others `[B]`.
    pub written: u64,
    /// Requests that reached it while it hung.
    pub stalled: Vec<super::Event>,
    /// Bytes out: to followers and to consumers `[B]`.
    pub sent_out: u64,
    network_in: BurstServer,
    network_out: BurstServer,
    network_threads: Pool,
    handlers: Pool,
    disk: BurstServer,
    quota_in: Option<TokenBucket>,
    quota_out: Option<TokenBucket>,
    /// Who makes its process pause, if anybody does.
    pub collector: Option<Collector>,
    /// How long requests have waited since the last sample, by what they waited for.
    waits: Waits,
    /// Since when they have waited.
    waits_since: SimTime,
    /// Until when the volume works on what has gathered because a fault made it slow.
    slow_until: SimTime,
    /// Busy time and bytes at the last sample.
    pub seen: [u64; 7],
    /// When the last sample was taken.
    pub sampled_at: SimTime,
}

/// Requests that have waited less than this in a sampling interval, all together, have met no limit.
const WAIT_LEAST: Nanos = Nanos::from_millis(1);

/// Below this share burst credits are used up.
const CREDITS_LEAST: f64 = 0.01;

/// How long requests have waited for the parts of a machine `[ns]`.
#[derive(Clone, Copy, Debug, Default)]
struct Waits {
    cpu: Nanos,
    pauses: Nanos,
    network: Nanos,
    volume: Nanos,
}

fn server(burst: &Burst, most: u64) -> BurstServer {
    let (base, top) = (burst.base.0.min(most), burst.burst.0.min(most));
    BurstServer::new(base, top, burst.most, burst.start)
}

impl Broker {
    /// An idle broker.
    #[must_use]
    pub(super) fn new(machine: &Machine) -> Self {
        Self {
            fenced: false,
            stopping: false,
            fetchers_hung: false,
            written: 0,
            slow_until: SimTime::ZERO,
            waits_since: SimTime::ZERO,
            stalled: Vec::new(),
            sent_out: 0,
            network_in: server(&machine.network, u64::MAX),
            network_out: server(&machine.network, u64::MAX),
            network_threads: Pool::new(machine.network_threads.max(1)),
            handlers: Pool::new(machine.handlers.max(1)),
            disk: server(&machine.ebs, machine.volume.0),
            quota_in: quota(machine.throttle.0),
            quota_out: quota(machine.throttle.1),
            collector: None,
            waits: Waits::default(),
            seen: [0; 7],
            sampled_at: SimTime::ZERO,
            machine: machine.clone(),
        }
    }

    /// The broker on another machine, with the same volume.
    pub(super) fn change_machine(&mut self, machine: &Machine) {
        let fresh = Self::new(machine);
        (self.network_in, self.network_out) = (fresh.network_in, fresh.network_out);
        (self.network_threads, self.handlers, self.disk) =
            (fresh.network_threads, fresh.handlers, fresh.disk);
        (self.quota_in, self.quota_out) = (fresh.quota_in, fresh.quota_out);
        self.machine = fresh.machine;
        self.seen = [0; 7];
    }

    /// `bytes` arrive to be written; returns when they are in the page cache.
    ///
    /// Nothing waits for the volume (Kafka does not force writes), until more data waits for it
    /// than may be dirty in memory: then writers are held back to the volume's pace.
    #[inline]
    pub(super) fn write(&mut self, now: SimTime, bytes: u64, tls: Option<ByteRate>) -> SimTime {
        self.write_and_flush(now, bytes, tls, Nanos::ZERO)
    }

    /// [`Broker::write`] where a handler also spends `forced` on writes that are forced to the volume.
    #[inline]
    pub(super) fn write_and_flush(
        &mut self,
        now: SimTime,
        bytes: u64,
        tls: Option<ByteRate>,
        forced: Nanos,
    ) -> SimTime {
        self.waits.network += self.network_in.free_at().since(now);
        let received = self.network_in.serve(now, bytes);
        let received = received.max(now + self.machine.wire.flow.time_for(bytes));
        self.store(received, bytes, tls, forced)
    }

    /// A follower's fetcher writes what its leader has sent: its thread works for `work` and forces for `forced`.
    #[inline]
    pub(super) fn write_copy(
        &mut self,
        now: SimTime,
        bytes: u64,
        work: Nanos,
        forced: Nanos,
    ) -> SimTime {
        // It came in while it left the leader, so that only what came in before holds it up.
        let received = self.network_in.free_at().max(now);
        self.waits.network += received.since(now);
        self.network_in.serve(now, bytes);
        let stored = self.store(received, bytes, self.machine.wire.tls_brokers, Nanos::ZERO);
        let on_disk = match forced {
            Nanos::ZERO => stored,
            _ => stored.max(self.disk.free_at()),
        };
        on_disk.max(now + work) + forced
    }

    /// What was received passes a network thread, a handler, who spends `forced` on forced writes, and the page cache.
    #[inline]
    fn store(
        &mut self,
        mut received: SimTime,
        bytes: u64,
        tls: Option<ByteRate>,
        forced: Nanos,
    ) -> SimTime {
        self.allocate(received, bytes);
        if let Some(rate) = tls {
            self.note_wait(received, self.network_threads.wait(received));
            received = self.network_threads.serve(received, rate.time_for(bytes));
        }
        self.note_wait(received, self.handlers.wait(received));
        let handled = self
            .handlers
            .serve(received, self.handler_time(bytes) + forced);
        let on_disk = self.disk.serve(handled, bytes);
        self.written += bytes;
        if forced > Nanos::ZERO {
            // Nothing may stay behind in memory.
            self.waits.volume += on_disk.since(handled);
            return handled.max(on_disk);
        }
        let allowed = ByteRate(self.disk.base()).time_for(self.machine.dirty_max);
        let written = handled.max(SimTime(on_disk.0.saturating_sub(allowed.0)));
        self.waits.volume += written.since(handled);
        written
    }

    /// What arrives at `at` waits for a thread: because all are busy, or because the process pauses.
    #[inline]
    fn note_wait(&mut self, at: SimTime, wait: Nanos) {
        let paused = self.paused(at, wait);
        self.waits.pauses += paused;
        self.waits.cpu += Nanos(wait.0 - paused.0);
    }

    /// No thread goes on from `at` on, for so long.
    pub(super) fn stop_threads(&mut self, at: SimTime, length: Nanos) {
        self.network_threads.stop(at, length);
        self.handlers.stop(at, length);
    }

    /// When a handler is done with a request without data that arrived one handler time ago: now, if
    /// one was free then. If not, `queued` is set and the caller comes again at the instant given.
    ///
    /// Fetches are far more frequent than waits for a handler; so one timer serves both the way to the
    /// broker and the handling.
    #[inline]
    pub(super) fn handled_at(&mut self, now: SimTime, fetch: Nanos, queued: &mut bool) -> SimTime {
        if std::mem::take(queued) {
            return now;
        }
        let arrived = SimTime(now.0 - fetch.0.min(now.0));
        let done = self.handlers.serve(arrived, fetch).max(now);
        *queued = done > now;
        done
    }

    /// A fetch without data arrived at `at`, which is over, and took its handler time.
    #[inline]
    pub(super) fn took_fetch(&mut self, at: SimTime, fetch: Nanos) {
        self.handlers.serve(at, fetch);
    }

    /// Handler time of a fetch over so many partitions: all of them are looked at, with news or without.
    #[inline]
    #[must_use]
    pub(super) fn fetch_time(&self, partitions: u32) -> Nanos {
        self.machine.request_time + self.walk(partitions)
    }

    /// Handler time for looking at the partitions of a fetch that waited, when there is something.
    #[inline]
    #[must_use]
    pub(super) fn walk(&self, partitions: u32) -> Nanos {
        Nanos(
            self.machine
                .per_partition
                .0
                .saturating_mul(u64::from(partitions)),
        )
    }

    /// A handler looks at partitions for as long as `walk`; returns when it is through.
    #[inline]
    pub(super) fn look(&mut self, now: SimTime, walk: Nanos) -> SimTime {
        self.handlers.serve(now, walk)
    }

    /// `bytes` leave, `cold` of them read from the volume first; returns when the last of them is on its way.
    #[inline]
    pub(super) fn send(
        &mut self,
        now: SimTime,
        bytes: u64,
        cold: u64,
        tls: Option<ByteRate>,
    ) -> SimTime {
        self.sent_out += bytes;
        let mut ready = if cold > 0 {
            self.waits.volume += self.disk.free_at().since(now);
            self.disk.serve(now, cold)
        } else {
            now
        };
        if let Some(rate) = tls.filter(|_| bytes > 0) {
            // Without TLS the kernel moves the data by itself.
            ready = self.network_threads.serve(ready, rate.time_for(bytes));
        }
        self.waits.network += self.network_out.free_at().since(ready);
        let sent = self.network_out.serve(ready, bytes);
        sent.max(ready + self.machine.wire.flow.time_for(bytes))
    }

    /// How long requests have waited since the last sample, by the limit that they waited for; next to nothing is
    /// nothing. What waits for a part whose burst credits are used up waits for credits, unless a fault makes it slow.
    pub(super) fn take_waits(
        &mut self,
        now: SimTime,
    ) -> impl Iterator<Item = (Limit, Nanos)> + use<> {
        let waits = std::mem::take(&mut self.waits);
        let empty = self
            .credits(now)
            .map(|left| left.is_some_and(|left| left < CREDITS_LEAST));
        let [inwards, outwards, disk] = empty;
        let or_credits = |limit, empty| if empty { Limit::Credits } else { limit };
        let since = std::mem::replace(&mut self.waits_since, now);
        let volume = match self.slow_until > since {
            true => Limit::SlowVolume,
            false => or_credits(Limit::Volume, disk),
        };
        let all = [
            (Limit::Cpu, waits.cpu),
            (Limit::Pause, waits.pauses),
            (
                or_credits(Limit::Network, inwards || outwards),
                waits.network,
            ),
            (volume, waits.volume),
        ];
        all.into_iter().filter(|(_, waited)| *waited >= WAIT_LEAST)
    }

    /// A cleaner reads and writes `bytes` of the volume.
    pub(super) fn rewrite(&mut self, now: SimTime, bytes: u64) {
        self.disk.serve(now, bytes);
    }

    /// How long a client is to keep quiet after `bytes` in.
    #[inline]
    pub(super) fn throttle_in(&mut self, now: SimTime, bytes: u64) -> Nanos {
        debt(&mut self.quota_in, now, bytes)
    }

    /// How long a client is to keep quiet after `bytes` out.
    #[inline]
    pub(super) fn throttle_out(&mut self, now: SimTime, bytes: u64) -> Nanos {
        debt(&mut self.quota_out, now, bytes)
    }

    /// The volume takes `rate` at most from now on, or what it is made for.
    pub(super) fn set_disk(&mut self, rate: Option<ByteRate>) {
        let most = rate.map_or(self.machine.volume.0, |rate| {
            rate.0.min(self.machine.volume.0)
        });
        let ebs = self.machine.ebs;
        self.disk
            .set_rates(ebs.base.0.min(most), ebs.burst.0.min(most));
        self.slow_until = match rate {
            Some(_) => SimTime(u64::MAX),
            None => self.disk.free_at(),
        };
    }

    /// What a client's produce request of `bytes` takes, with what a handler spends on forced writes.
    pub(super) fn cost_of_write(&self, bytes: u64, forced: Nanos) -> Cost {
        let tls = self.machine.wire.tls_clients;
        Cost {
            bytes,
            handler: self.handler_time(bytes) + forced,
            network: tls.map_or(Nanos::ZERO, |rate| rate.time_for(bytes)),
        }
    }

    fn handler_time(&self, bytes: u64) -> Nanos {
        self.machine.request_time + self.machine.handler_rate.time_for(bytes)
    }

    /// Busy time of network in, network out, network threads, handlers and volume up to `now`, the pools
    /// per thread `[ns]`.
    #[must_use]
    pub(super) fn busy(&self, now: SimTime) -> [u64; 5] {
        [
            self.network_in.busy_until(now).0,
            self.network_out.busy_until(now).0,
            self.network_threads.busy_until(now).0 / self.machine.network_threads.max(1) as u64,
            self.handlers.busy_until(now).0 / self.machine.handlers.max(1) as u64,
            self.disk.busy_until(now).0,
        ]
    }

    /// Credits left for network in, network out and volume, as shares; `None` where there is no burst.
    #[must_use]
    pub(super) fn credits(&self, now: SimTime) -> [Option<f64>; 3] {
        [
            self.network_in.credit_share(now),
            self.network_out.credit_share(now),
            self.disk.credit_share(now),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::config::Wire;
    use super::*;

    /// A machine that is held up by nothing but its volume.
    fn machine() -> Machine {
        let rate = |rate| Burst {
            base: ByteRate(rate),
            burst: ByteRate(rate),
            most: 0,
            start: 0,
        };
        Machine {
            name: "small".to_owned(),
            network: rate(0),
            ebs: rate(1000),
            volume: ByteRate(1 << 40),
            vcpu: 1,
            handlers: 1,
            network_threads: 1,
            request_time: Nanos::ZERO,
            handler_rate: ByteRate(0),
            flush: None,
            pauses: None,
            per_partition: Nanos::ZERO,
            wire: Wire {
                flow: ByteRate(0),
                tls_clients: None,
                tls_brokers: None,
            },
            dirty_max: 5000,
            cache: 0,
            throttle: (None, None),
            remote_read: Nanos::ZERO,
            partitions_most: 1000,
            paid_throughput: 0,
        }
    }

    #[test]
    fn a_connection_carries_no_more_than_a_flow_may() {
        let mut slow = machine();
        slow.wire.flow = ByteRate(1000);
        let mut broker = Broker::new(&slow);
        let second = SimTime(1_000_000_000);
        assert_eq!(broker.write(SimTime::ZERO, 1000, None), second);
        assert_eq!(
            broker.write(SimTime::ZERO, 1000, None),
            second,
            "of another connection"
        );
        assert_eq!(broker.send(SimTime::ZERO, 1000, 0, None), second);
    }

    #[test]
    fn writers_feel_the_volume_only_when_the_page_cache_is_full_of_dirty_data() {
        let mut broker = Broker::new(&machine());
        assert_eq!(broker.write(SimTime::ZERO, 5000, None), SimTime::ZERO);
        assert_eq!(
            broker.write(SimTime::ZERO, 2000, None),
            SimTime(2_000_000_000)
        );
    }
}
