//! When records are made: a rate over time, met evenly or as a Poisson process.
//!
//! Every shape is a piecewise-linear rate. Arrivals are found by inverting its integral, one draw
//! a record: a Poisson process takes exponential steps of mean 1 through it, an even one steps of 1.

use super::fleet::Fleet;
use super::rate::Rates;
use super::transactions::Transactions;
use crate::engine::Stream;
use crate::settings::Section;
use crate::units::{Nanos, Share};

/// The most pieces of a rate profile.
pub(super) const SEGMENTS_MAX: usize = 1_000_000;
/// Straight pieces that one period of a daily curve is drawn with.
const DIURNAL_PIECES: u32 = 288;

/// A stretch of time in which the rate changes linearly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Where it ends `[s]`.
    pub end: f64,
    /// The rate where it begins `[records/s]`.
    pub from: f64,
    /// The rate where it ends `[records/s]`.
    pub to: f64,
}

/// A rate over time, zero after the last segment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateProfile {
    /// The stretches, one after the other from time zero.
    pub segments: Vec<Segment>,
    /// Whether arrivals are evenly spaced instead of random.
    pub even: bool,
    /// Whether evenly spaced arrivals stand in the middle of their steps, so that every stretch of a replayed
    /// trace has as many as its rate and length say, to the nearest whole record.
    pub centred: bool,
}

/// When records are made.
#[derive(Clone, Debug)]
pub enum Arrivals {
    /// By a rate over time.
    Rate(RateProfile),
    /// At the instants of a keyed trace.
    Trace,
    /// By the devices of a fleet.
    Fleet(Fleet),
    /// By transactions, all rows of each at once.
    Transactions(Box<Transactions>),
}

impl RateProfile {
    /// A profile of one constant rate until `end` `[s]`.
    #[must_use]
    pub fn constant(rate: f64, end: f64, even: bool) -> Self {
        Self {
            segments: vec![Segment {
                end,
                from: rate,
                to: rate,
            }],
            even,
            centred: false,
        }
    }

    pub(super) fn push(&mut self, length: f64, from: f64, to: f64) {
        let start = self.segments.last().map_or(0.0, |segment| segment.end);
        if length > 0.0 && self.segments.len() < SEGMENTS_MAX {
            self.segments.push(Segment {
                end: start + length,
                from,
                to,
            });
        }
    }

    pub(super) fn end(&self) -> f64 {
        self.segments.last().map_or(0.0, |segment| segment.end)
    }

    /// The expected number of arrivals up to `until` `[s]`.
    #[must_use]
    pub fn expected(&self, until: f64) -> f64 {
        let (mut start, mut sum) = (0.0, 0.0);
        for segment in &self.segments {
            let length = (segment.end.min(until) - start).max(0.0);
            let whole = (segment.end - start).max(f64::MIN_POSITIVE);
            let to = segment.from + (segment.to - segment.from) * length / whole;
            sum += length * 0.5 * (segment.from + to);
            start = segment.end;
        }
        sum
    }

    /// A walk through the arrivals, drawing from `stream`.
    #[must_use]
    pub fn walk(&self, stream: Stream) -> Walk<'_> {
        let rate = self.segments.first().map_or(0.0, |segment| segment.from);
        let mut walk = Walk {
            profile: self,
            stream,
            segment: 0,
            at: 0.0,
            rate,
            flat: (0.0, 0.0),
            n: 0,
            even_step: if self.centred { 0.5 } else { 1.0 },
        };
        walk.flatten();
        walk
    }

    /// Reads the shape under `arrivals`; `duration` bounds shapes without an end of their own.
    pub(super) fn read(section: &Section<'_>, shape: &str, rates: Rates, duration: Nanos) -> Self {
        let end = duration.as_secs_f64();
        let mut profile = match shape {
            "constant" => return Self::constant(rates.need(section, "constant"), end, true),
            "poisson" => return Self::constant(rates.need(section, "poisson"), end, false),
            "stages" => stages(section, rates),
            "on-off" => on_off(&section.section("on-off"), rates, end),
            "diurnal" => diurnal(&section.section("diurnal"), rates, end),
            "flash" => flash(&section.section("flash"), rates, end),
            _ => Self::default(),
        };
        profile.even = is_even(section);
        profile
    }
}

/// `spacing`: whether records follow each other evenly or as a Poisson process.
pub(super) fn is_even(section: &Section<'_>) -> bool {
    section.choice("spacing", "poisson", &["poisson", "even"]) == "even"
}

/// The shape that the file names; exactly one must be there.
pub(super) fn shape(section: &Section<'_>) -> &'static str {
    const SHAPES: [&str; 9] = [
        "constant",
        "poisson",
        "stages",
        "on-off",
        "diurnal",
        "flash",
        "trace",
        "fleet",
        "transactions",
    ];
    section.announce_some(&SHAPES);
    let mut named = SHAPES.into_iter().filter(|shape| section.has(shape));
    let first = named.next();
    if let (Some(first), Some(second)) = (first, named.next()) {
        section.problem(
            second,
            format!("both `{first}` and `{second}` are given"),
            "keep one of them",
        );
    }
    first.unwrap_or_else(|| {
        section.problem(
            "",
            "no arrivals are given",
            format!("give one of {}", SHAPES.join(", ")),
        );
        "none"
    })
}

fn stages(section: &Section<'_>, rates: Rates) -> RateProfile {
    let mut profile = RateProfile::default();
    let mut from = rates.or_none(section, "start");
    for stage in section.list("stages") {
        let length: Nanos = stage.need("duration");
        let to = rates.need(&stage, "target");
        profile.push(length.as_secs_f64(), from, to);
        from = to;
    }
    profile
}

fn on_off(section: &Section<'_>, rates: Rates, end: f64) -> RateProfile {
    let shortest = Nanos::from_millis(1);
    let longest = Nanos::from_secs(366 * 86_400);
    let rate = rates.need(section, "rate");
    let idle = rates.or_none(section, "idle");
    let on = section.need_in("on", shortest..=longest).as_secs_f64();
    let off = section.need_in("off", shortest..=longest).as_secs_f64();
    if end / (on + off) * 2.0 > SEGMENTS_MAX as f64 {
        section.problem(
            "on",
            "too many bursts",
            format!("at most {SEGMENTS_MAX} pieces; lengthen `on` or `off`"),
        );
        return RateProfile::default();
    }
    let mut profile = RateProfile::default();
    while profile.end() < end {
        profile.push(on, rate, rate);
        profile.push(off, idle, idle);
    }
    profile
}

fn diurnal(section: &Section<'_>, rates: Rates, end: f64) -> RateProfile {
    let mean = rates.need(section, "mean");
    let swing = section.or("swing", Share(500_000)).fraction();
    let day = Nanos::from_secs(86_400);
    let period = section
        .or_in("period", day, Nanos::from_secs(10)..=Nanos(day.0 * 366))
        .as_secs_f64();
    let peak = section
        .or("peak-at", Nanos((period * 0.5e9) as u64))
        .as_secs_f64();
    let rate =
        |t: f64| mean * (1.0 + swing * libm::cos(std::f64::consts::TAU * (t - peak) / period));
    let step = period / f64::from(DIURNAL_PIECES);
    let mut profile = RateProfile::default();
    let pieces = (end / step).ceil() as usize;
    if pieces > SEGMENTS_MAX {
        section.problem(
            "period",
            "too many periods in this run",
            "at most 3,472; lengthen `period`",
        );
        return RateProfile::default();
    }
    for n in 0..pieces {
        profile.push(step, rate(n as f64 * step), rate((n + 1) as f64 * step));
    }
    profile
}

fn flash(section: &Section<'_>, rates: Rates, end: f64) -> RateProfile {
    let length = |key: &str, default: Nanos| section.or(key, default).as_secs_f64();
    let base = rates.need(section, "base");
    let peak = rates.need(section, "peak");
    let at: Nanos = section.need("at");
    let (rise, hold) = (
        length("rise", Nanos::from_secs(10)),
        length("hold", Nanos::from_secs(60)),
    );
    let fall = length("fall", Nanos::from_secs(60));
    let mut profile = RateProfile::default();
    profile.push(at.as_secs_f64(), base, base);
    profile.push(rise, base, peak);
    profile.push(hold, peak, peak);
    profile.push(fall, peak, base);
    let rest = end - profile.end();
    profile.push(rest, base, base);
    profile
}

/// A walk through the arrivals of a [`RateProfile`].
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    profile: &'a RateProfile,
    stream: Stream,
    segment: usize,
    /// The last arrival or segment border `[s]`.
    at: f64,
    /// The rate there `[records/s]`.
    rate: f64,
    /// End of the segment `[s]` and time per expected arrival `[s]` while the rate is constant.
    flat: (f64, f64),
    n: u64,
    /// The next step of evenly spaced arrivals, in expected arrivals.
    even_step: f64,
}

impl Walk<'_> {
    /// The next arrival `[s]`, or `None` after the last.
    pub fn next_arrival(&mut self) -> Option<f64> {
        let mut time = [0.0];
        (self.fill(&mut time) == 1).then_some(time[0])
    }

    /// Fills `times` with the next arrivals `[s]`; returns how many there were.
    pub fn fill(&mut self, times: &mut [f64]) -> usize {
        if self.profile.even {
            times.fill(1.0);
            if let Some(first) = times.first_mut() {
                *first = std::mem::replace(&mut self.even_step, 1.0);
            }
        } else {
            self.stream.exponentials(self.n, times);
        }
        self.n += times.len() as u64;
        for (drawn, time) in times.iter_mut().enumerate() {
            let step = *time;
            let at = self.at + step * self.flat.1;
            if at < self.flat.0 {
                (self.at, *time) = (at, at);
            } else {
                let Some(at) = self.cross(step) else {
                    return drawn;
                };
                *time = at;
            }
        }
        times.len()
    }

    /// Notes whether the rate of the current segment is constant.
    fn flatten(&mut self) {
        let segment = self.profile.segments.get(self.segment);
        let flat = segment.filter(|s| s.from.to_bits() == s.to.to_bits() && s.from > 0.0);
        self.flat = flat.map_or((0.0, 0.0), |segment| (segment.end, 1.0 / segment.from));
    }

    /// The general case: slopes and segment borders.
    #[cold]
    fn cross(&mut self, mut step: f64) -> Option<f64> {
        while let Some(segment) = self.profile.segments.get(self.segment) {
            let left = segment.end - self.at;
            let mass = left * 0.5 * (self.rate + segment.to);
            if step < mass {
                let slope = (segment.to - self.rate) / left;
                let root = (self.rate * self.rate + 2.0 * slope * step).max(0.0).sqrt();
                let wait = (2.0 * step / (self.rate + root)).min(left);
                self.at += wait;
                self.rate += slope * wait;
                return Some(self.at);
            }
            step -= mass;
            self.at = segment.end;
            self.segment += 1;
            self.rate = self
                .profile
                .segments
                .get(self.segment)
                .map_or(0.0, |next| next.from);
            self.flatten();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_distr::{Distribution, Exp1};

    /// All arrivals of a walk, in blocks of odd length `[s]`.
    fn all_of(mut walk: Walk<'_>) -> Vec<f64> {
        let (mut all, mut times) = (Vec::new(), [0.0; 37]);
        loop {
            let drawn = walk.fill(&mut times);
            all.extend(&times[..drawn]);
            if drawn < times.len() {
                return all;
            }
        }
    }

    fn arrivals(profile: &RateProfile, label: &str) -> Vec<f64> {
        all_of(profile.walk(Stream::new(1, 0, label)))
    }

    #[test]
    fn even_spacing_meets_the_rate_exactly() {
        let times = arrivals(&RateProfile::constant(1000.0, 10.0, true), "even");
        // The last one falls on the end, give or take the rounding of ten thousand sums.
        assert!((9_999..=10_000).contains(&times.len()));
        assert!(
            times
                .windows(2)
                .all(|pair| (pair[1] - pair[0] - 0.001).abs() < 1e-9)
        );
    }

    #[test]
    fn a_ramp_has_the_counts_of_its_integral() {
        let mut ramp = RateProfile {
            even: true,
            ..RateProfile::default()
        };
        ramp.push(10.0, 0.0, 1000.0);
        ramp.push(10.0, 1000.0, 0.0);
        let times = arrivals(&ramp, "ramp");
        assert!(
            (ramp.expected(20.0) - 10_000.0).abs() < 1e-6
                && (9_998..=10_000).contains(&times.len())
        );
        let before = |t: f64| times.iter().filter(|at| **at < t).count() as f64;
        assert!((before(5.0) - 1250.0).abs() < 2.0 && (before(15.0) - 8750.0).abs() < 2.0);
    }

    /// Given their number, the arrivals of a Poisson process are a uniform sample: Anderson-Darling.
    #[test]
    fn poisson_arrivals_pass_an_anderson_darling_test() {
        let mut profile = RateProfile::default();
        profile.push(50.0, 100.0, 500.0);
        profile.push(50.0, 200.0, 200.0);
        let total = profile.expected(100.0);
        let times = arrivals(&profile, "poisson");
        let n = times.len();
        assert!(
            (n as f64 - total).abs() < 4.0 * total.sqrt(),
            "{n} arrivals, {total} expected"
        );
        let u: Vec<f64> = times.iter().map(|t| profile.expected(*t) / total).collect();
        let a2 = -(n as f64)
            - (0..n)
                .map(|i| (2 * i + 1) as f64 * (libm::log(u[i]) + libm::log(1.0 - u[n - 1 - i])))
                .sum::<f64>()
                / n as f64;
        assert!(a2 < 3.857, "A2 = {a2}");
    }

    /// Counts of independent replications scatter as Poisson counts do: mean, and index of dispersion.
    #[test]
    fn replications_are_independent() {
        let (profile, n) = (RateProfile::constant(300.0, 20.0, false), 400_u32);
        let count = |r| all_of(profile.walk(Stream::new(7, r, "arrivals/workload"))).len() as f64;
        let counts: Vec<f64> = (0..n).map(count).collect();
        let mean = counts.iter().sum::<f64>() / f64::from(n);
        let sum: f64 = counts.iter().map(|c| (c - mean) * (c - mean) / mean).sum();
        assert!(
            (mean - 6000.0).abs() < 3.3 * (6000.0 / f64::from(n)).sqrt(),
            "mean {mean}"
        );
        // Chi-square with 399 degrees of freedom: 0.1 % to 99.9 %.
        assert!((316.0..492.0).contains(&sum), "dispersion {sum}");
    }

    /// Two-sample Kolmogorov-Smirnov against rand_distr's own exponential.
    #[test]
    fn exponential_gaps_agree_with_rand_distr() {
        let (stream, n) = (Stream::new(4, 0, "gap"), 100_000);
        let mut ours: Vec<f64> = (0..n).map(|i| stream.exponential(i)).collect();
        let mut rng = Stream::new(4, 0, "oracle").rng(0);
        let mut theirs: Vec<f64> = (0..n).map(|_| Exp1.sample(&mut rng)).collect();
        ours.sort_by(f64::total_cmp);
        theirs.sort_by(f64::total_cmp);
        let (mut j, mut d) = (0_usize, 0.0_f64);
        for (i, x) in ours.iter().enumerate() {
            while j < theirs.len() && theirs[j] <= *x {
                j += 1;
            }
            d = d.max((i as f64 + 1.0 - j as f64).abs() / n as f64);
        }
        assert!(
            d < 1.63 * (2.0 / n as f64).sqrt(),
            "D = {d}; the 1 % point is 1.63 sqrt(2/n)"
        );
    }
}
