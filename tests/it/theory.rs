//! The engine against queueing theory (rows Q1 to Q7, Q13, Q14, Q19 of the validation plan).
//!
//! Rule: 40 seeds of 20 replications each. The warm-up is cut where MSER-5 cuts the mean of the
//! replications' series. The 95 % interval of a seed must cover the theory in 33 of 40 seeds or more
//! (the 1 % limit of a binomial), the interval over all of them must be narrower than 2 %.

use streamduel::engine::{
    Model, Pool, Queue, Server, SharedLink, Stream, Timed, TokenBucket, probit, run,
};
use streamduel::stats::{Interval, mser5};
use streamduel::units::{NANOS_PER_S, Nanos, SimTime};

const SEEDS: u64 = 40;
const REPLICATIONS: u32 = 20;
/// One time unit of the textbooks: a second.
const UNIT: f64 = NANOS_PER_S as f64;

fn nanos(units: f64) -> Nanos {
    Nanos((units * UNIT + 0.5) as u64)
}

/// A statistic of the series that is left after the warm-up.
type Statistic = fn(&mut [f64]) -> f64;

fn mean(series: &mut [f64]) -> f64 {
    series.iter().sum::<f64>() / series.len() as f64
}

fn quantile(series: &mut [f64], q: f64) -> f64 {
    let rank = ((q * series.len() as f64).ceil() as usize).clamp(1, series.len()) - 1;
    *series.select_nth_unstable_by(rank, f64::total_cmp).1
}

/// Statistics of one seed: a value per replication, for each statistic.
fn replicate(
    seed: u64,
    simulate: &dyn Fn(u64, u32) -> Vec<f64>,
    statistics: &[Statistic],
) -> Vec<Vec<f64>> {
    let mut series: Vec<Vec<f64>> = (0..REPLICATIONS).map(|r| simulate(seed, r)).collect();
    let length = series.iter().map(Vec::len).min().expect("replications");
    let average: Vec<f64> = (0..length)
        .map(|n| series.iter().map(|s| s[n]).sum::<f64>() / f64::from(REPLICATIONS))
        .collect();
    let cut = mser5(&average);
    let of = |statistic: &Statistic, series: &mut Vec<Vec<f64>>| {
        series
            .iter_mut()
            .map(|series| statistic(&mut series[cut..]))
            .collect()
    };
    statistics
        .iter()
        .map(|statistic| of(statistic, &mut series))
        .collect()
}

/// Holds statistics against theory by the rule of this file.
fn must_give(
    name: &str,
    simulate: &dyn Fn(u64, u32) -> Vec<f64>,
    expected: &[(&str, Statistic, f64)],
) {
    let statistics: Vec<Statistic> = expected.iter().map(|row| row.1).collect();
    let mut all: Vec<Vec<f64>> = vec![Vec::new(); expected.len()];
    let mut covered = vec![0; expected.len()];
    for seed in 0..SEEDS {
        for (n, values) in replicate(seed, simulate, &statistics)
            .into_iter()
            .enumerate()
        {
            let interval = Interval::of(&values).expect("values");
            covered[n] += i32::from(interval.covers(expected[n].2));
            all[n].extend(values);
        }
    }
    for (n, (what, _, theory)) in expected.iter().enumerate() {
        let pooled = Interval::of(&all[n]).expect("values");
        let width = pooled.half_width.expect("many") / theory;
        let seen = format!(
            "{name}, {what}: theory {theory}, found {pooled:?}, covered {} of {SEEDS}",
            covered[n]
        );
        eprintln!("{seen}");
        assert!(covered[n] >= 33, "{seen}");
        assert!(width < 0.02, "{seen}: too wide");
        assert!(
            (pooled.mean / theory - 1.0).abs() < 0.02,
            "{seen}: off by more than 2 %"
        );
    }
}

/// Sojourn times of `n` customers at one first-come first-served server, or their waits.
fn single_server(
    seed: u64,
    r: u32,
    n: u64,
    rho: f64,
    service: impl Fn(Stream, u64) -> f64,
    wait: bool,
) -> Vec<f64> {
    let (gaps, draws) = (
        Stream::new(seed, r, "gaps"),
        Stream::new(seed, r, "service"),
    );
    let (mut server, mut clock) = (Server::new(), 0.0);
    (0..n)
        .map(|i| {
            clock += gaps.exponential(i) / rho;
            let (at, service) = (SimTime((clock * UNIT) as u64), nanos(service(draws, i)));
            let sojourn = server.serve(at, service) - at;
            (if wait {
                sojourn.0 - service.0
            } else {
                sojourn.0
            }) as f64
                / UNIT
        })
        .collect()
}

#[test]
fn q2_m_m_1() {
    let sojourn = |seed, r| single_server(seed, r, 100_000, 0.8, Stream::exponential, false);
    must_give(
        "M/M/1",
        &sojourn,
        &[
            ("mean sojourn", mean, 5.0),
            ("median", |s| quantile(s, 0.5), 3.466),
            ("p99", |s| quantile(s, 0.99), 23.03),
            ("p99.9", |s| quantile(s, 0.999), 34.54),
        ],
    );
    let wait = |seed, r| single_server(seed, r, 100_000, 0.8, Stream::exponential, true);
    must_give(
        "M/M/1",
        &wait,
        &[("p99 of the wait", |s| quantile(s, 0.99), 21.91)],
    );
}

#[test]
fn q3_m_d_1() {
    let wait = |seed, r| single_server(seed, r, 50_000, 0.8, |_, _| 1.0, true);
    must_give(
        "M/D/1",
        &wait,
        &[
            ("mean wait", mean, 2.0),
            ("median", |s| quantile(s, 0.5), 1.276),
            ("p90", |s| quantile(s, 0.9), 5.012),
            ("p99", |s| quantile(s, 0.99), 10.356),
        ],
    );
}

#[test]
fn q4_m_g_1_after_pollaczek_and_khinchine() {
    // Lognormal with mean 1 and squared coefficient of variation 4, by a table of its quantiles.
    let sigma = libm::log(5.0).sqrt();
    let law = move |p: f64| libm::exp(sigma * probit(p) - sigma * sigma / 2.0);
    let table = streamduel::engine::QuantileTable::new(law);
    let service = |draws: Stream, n: u64| table.sample(draws.draw(n), law);
    let wait = |seed, r| single_server(seed, r, 100_000, 0.8, service, true);
    must_give("M/G/1", &wait, &[("mean wait", mean, 10.0)]);
}

/// Waits at `c` servers offered `load` Erlang.
fn many_servers(seed: u64, r: u32, c: usize, load: f64) -> Vec<f64> {
    let (gaps, draws) = (
        Stream::new(seed, r, "gaps"),
        Stream::new(seed, r, "service"),
    );
    let (mut pool, mut clock) = (Pool::new(c), 0.0);
    (0..40_000)
        .map(|i| {
            clock += gaps.exponential(i) / load;
            let (at, service) = (SimTime((clock * UNIT) as u64), nanos(draws.exponential(i)));
            let wait = pool.serve(at, service) - at;
            (wait.0 - service.0) as f64 / UNIT
        })
        .collect()
}

#[test]
fn q5_m_m_c_after_erlang_c() {
    let waits: Statistic =
        |series| series.iter().filter(|wait| **wait > 0.0).count() as f64 / series.len() as f64;
    must_give(
        "M/M/8",
        &|s, r| many_servers(s, r, 8, 7.2),
        &[("P(wait)", waits, 0.7015), ("mean wait", mean, 0.8769)],
    );
    must_give(
        "M/M/2",
        &|s, r| many_servers(s, r, 2, 1.6),
        &[("P(wait)", waits, 0.7111), ("mean wait", mean, 1.7778)],
    );
}

#[test]
fn q6_m_g_c_c_after_erlang_b_whatever_the_service_law() {
    let blocked = |seed, r, service: fn(Stream, u64) -> f64| {
        let (gaps, draws) = (
            Stream::new(seed, r, "gaps"),
            Stream::new(seed, r, "service"),
        );
        let (mut pool, mut clock) = (Pool::new(10), 0.0);
        (0..30_000)
            .map(|i| {
                clock += gaps.exponential(i) / 8.0;
                let served =
                    pool.serve_if_idle(SimTime((clock * UNIT) as u64), nanos(service(draws, i)));
                f64::from(u8::from(served.is_none()))
            })
            .collect::<Vec<f64>>()
    };
    let expected: [(&str, Statistic, f64); 1] = [("blocking", mean, 0.12166)];
    must_give(
        "M/M/10/10",
        &|s, r| blocked(s, r, Stream::exponential),
        &expected,
    );
    must_give("M/D/10/10", &|s, r| blocked(s, r, |_, _| 1.0), &expected);
}

struct Customer(SimTime, u64);
impl Timed for Customer {
    fn at(&self) -> SimTime {
        self.0
    }
}

/// M/M/1 with room for `room` customers, through the run loop: departures are timers.
struct Station {
    service: Stream,
    server: Server,
    room: u64,
    inside: u64,
    /// Sum of customers x time `[customer s]`, and the clock at the last change.
    area: f64,
    changed: SimTime,
    /// Arrivals that found k or more inside, by k.
    found: [u64; 12],
    arrivals: u64,
    lost: Vec<f64>,
    sojourn: f64,
    served: u64,
}

impl Station {
    fn new(seed: u64, r: u32, room: u64) -> Self {
        Self {
            service: Stream::new(seed, r, "service"),
            server: Server::new(),
            room,
            inside: 0,
            area: 0.0,
            changed: SimTime::ZERO,
            found: [0; 12],
            arrivals: 0,
            lost: Vec::new(),
            sojourn: 0.0,
            served: 0,
        }
    }
    fn change(&mut self, now: SimTime) {
        self.area += self.inside as f64 * (now - self.changed).as_secs_f64();
        self.changed = now;
    }
}

impl Model for Station {
    type Input = Customer;
    type Event = SimTime;
    fn input(&mut self, Customer(at, n): Customer, queue: &mut Queue<SimTime>) {
        self.change(at);
        self.arrivals += 1;
        (0..12)
            .filter(|k| self.inside >= *k)
            .for_each(|k| self.found[k as usize] += 1);
        let full = self.inside == self.room;
        self.lost.push(f64::from(u8::from(full)));
        if !full {
            self.inside += 1;
            queue.at(
                self.server.serve(at, nanos(self.service.exponential(n))),
                at,
            );
        }
    }
    fn event(&mut self, arrived: SimTime, queue: &mut Queue<SimTime>) {
        self.change(queue.now());
        self.inside -= 1;
        self.served += 1;
        self.sojourn += (queue.now() - arrived).as_secs_f64();
    }
}

fn run_station(seed: u64, r: u32, room: u64, rho: f64, customers: u64) -> Station {
    let gaps = Stream::new(seed, r, "gaps");
    let mut clock = 0.0;
    let mut inputs = (0..customers).map(|n| {
        clock += gaps.exponential(n) / rho;
        Customer(SimTime((clock * UNIT) as u64), n)
    });
    let mut station = Station::new(seed, r, room);
    run(
        &mut station,
        &mut inputs,
        &mut Queue::new(),
        SimTime(u64::MAX),
    );
    station
}

#[test]
fn q7_m_m_1_k() {
    must_give(
        "M/M/1/10",
        &|s, r| run_station(s, r, 10, 0.9, 50_000).lost,
        &[("loss", mean, 0.05081)],
    );
}

#[test]
fn q1_littles_law_and_the_number_in_the_system() {
    let station = run_station(1, 0, u64::MAX, 0.8, 4_000_000);
    let length = station.changed.as_secs_f64();
    let l = station.area / length;
    let lambda_w = station.served as f64 / length * (station.sojourn / station.served as f64);
    assert!(
        (l / lambda_w - 1.0).abs() < 0.005,
        "L = {l}, lambda W = {lambda_w}"
    );
    for (k, count) in station.found.iter().enumerate() {
        let (share, theory) = (
            *count as f64 / station.arrivals as f64,
            0.8_f64.powi(k as i32),
        );
        assert!(
            (share / theory - 1.0).abs() < 0.05,
            "P(N >= {k}) = {share}, theory {theory}"
        );
    }
}

#[test]
fn q13_a_token_bucket_refuses_first_after_its_burst_and_then_the_excess() {
    for (rate, burst, offer) in [
        (1000_u64, 1000_u64, 1500_u64),
        (1000, 10_000, 1100),
        (7, 100, 1000),
    ] {
        let mut bucket = TokenBucket::new(rate, burst);
        let (mut first, mut accepted) = (None, 0_u64);
        let count = offer * 10_000;
        for n in 0..count {
            // Offers are evenly spaced, the first one gap after the start.
            let at =
                SimTime(((n + 1) as u128 * u128::from(NANOS_PER_S) / u128::from(offer)) as u64);
            if bucket.take(at, 1) {
                accepted += 1;
                // Accepted by time t: never more than b + r t.
                assert!(accepted as f64 <= burst as f64 + rate as f64 * at.as_secs_f64() + 1e-6);
            } else if first.is_none() {
                first = Some(at.as_secs_f64());
            }
        }
        let theory = burst as f64 / (offer - rate) as f64;
        let first = first.expect("a refusal");
        assert!(
            (first - theory).abs() <= 2.0 / (offer - rate) as f64 + 2.0 / offer as f64,
            "{first} against {theory}"
        );
        let plateau = burst as f64 + rate as f64 * 10_000.0;
        assert!(
            (accepted as f64 - plateau).abs() <= 2.0,
            "{accepted} against {plateau}"
        );
        let loss = 1.0 - accepted as f64 / count as f64;
        let long_run = 1.0 - rate as f64 / offer as f64;
        assert!(
            (loss - long_run).abs() < burst as f64 / count as f64 + 1e-6,
            "{loss} against {long_run}"
        );
    }
}

#[test]
fn q14_network_calculus_bounds_are_never_broken() {
    // A (sigma, rho) flow through a server of rate R and latency T.
    let (sigma, rho, rate, latency) = (20_000_u64, 50_000_u64, 80_000_u64, 0.25);
    for seed in 0..20 {
        let (gaps, sizes) = (Stream::new(seed, 0, "gaps"), Stream::new(seed, 0, "sizes"));
        let (mut bucket, mut server) = (TokenBucket::new(rho, sigma), Server::new());
        let mut now = 0_u64;
        for n in 0..200_000 {
            now += (gaps.exponential(n) * 2e6) as u64;
            let bytes = 1 + sizes.below(n, 3000);
            if !bucket.take(SimTime(now), bytes) {
                continue;
            }
            let service = Nanos(
                (u128::from(bytes) * u128::from(NANOS_PER_S)).div_ceil(u128::from(rate)) as u64,
            );
            let left = server.serve(SimTime(now), service) + nanos(latency);
            let delay = (left - SimTime(now)).as_secs_f64();
            // Each service is rounded up to a whole nanosecond; a busy period has fewer than 10^5.
            assert!(
                delay <= latency + sigma as f64 / rate as f64 + 1e-4,
                "delay {delay}"
            );
            let backlog = server.backlog(SimTime(now)).as_secs_f64() * rate as f64;
            assert!(
                backlog <= sigma as f64 + rho as f64 * latency + 8.0,
                "backlog {backlog}"
            );
        }
    }
}

/// Sojourn times per size at a shared link of one unit per second and load 0.8.
fn shared_link(
    seed: u64,
    r: u32,
    size: fn(Stream, u64) -> u64,
    wanted: fn(u64) -> bool,
) -> Vec<f64> {
    const SCALE: u64 = 1_000_000;
    let (gaps, draws) = (Stream::new(seed, r, "gaps"), Stream::new(seed, r, "sizes"));
    let mut link = SharedLink::new(SCALE);
    let (mut clock, n) = (0.0, 30_000_u64);
    let (mut arrived, mut sizes) = (vec![SimTime::ZERO; n as usize], vec![0; n as usize]);
    let mut slowness = Vec::new();
    let mut finish = |link: &mut SharedLink, arrived: &[SimTime], sizes: &[u64]| {
        if let Some((at, tag)) = link.finish() {
            let size = sizes[tag as usize];
            if wanted(size) {
                slowness.push(
                    (at - arrived[tag as usize]).as_secs_f64() / (size as f64 / SCALE as f64),
                );
            }
        }
    };
    for i in 0..n {
        clock += gaps.exponential(i) / 0.8;
        let at = SimTime((clock * UNIT) as u64);
        while link.next_end().is_some_and(|end| end <= at) {
            finish(&mut link, &arrived, &sizes);
        }
        sizes[i as usize] = size(draws, i);
        arrived[i as usize] = at;
        link.start(at, sizes[i as usize], i);
    }
    while link.sharing() > 0 {
        finish(&mut link, &arrived, &sizes);
    }
    slowness
}

#[test]
fn q19_processor_sharing_slows_every_size_alike() {
    // Sojourn / size is 1 / (1 - rho) = 5 for short and for long jobs, whatever the law of sizes.
    let exponential = |draws: Stream, n: u64| ((draws.exponential(n) * 1e6) as u64).max(1);
    must_give(
        "M/M/1-PS",
        &|s, r| shared_link(s, r, exponential, |size| size > 100_000),
        &[("slowness", mean, 5.0)],
    );
    let two = |draws: Stream, n: u64| {
        if draws.below(n, 9) == 0 {
            5_000_000
        } else {
            500_000
        }
    };
    must_give(
        "M/G/1-PS",
        &|s, r| shared_link(s, r, two, |size| size < 1_000_000),
        &[("short jobs", mean, 5.0)],
    );
    must_give(
        "M/G/1-PS",
        &|s, r| shared_link(s, r, two, |size| size > 1_000_000),
        &[("long jobs", mean, 5.0)],
    );
}
