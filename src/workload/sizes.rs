//! How large a record's data is.

use super::Record;
use crate::engine::{AliasTable, QuantileTable, Stream, probit};
use crate::settings::Section;
use crate::units::{Bytes, Share};
use rand_distr::Distribution;

/// The largest record data that a workload may make `[B]`.
const SIZE_MAX: Bytes = Bytes(64 << 20);
/// The standard normal quantile of 99 %.
const Z99: f64 = 2.326_347_874_040_841;

/// The law of record sizes.
#[derive(Clone, Debug)]
pub enum SizeLaw {
    /// Always the same.
    Constant(u32),
    /// Every size of a range equally often, ends included.
    Uniform(u32, u32),
    /// A continuous law by table.
    Table(Box<TableLaw>),
    /// One of several laws, drawn by weight.
    Mixture(AliasTable, Vec<Part>),
    /// As the trace says.
    Trace,
}

/// A law of a mixture.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its share of the records.
    share: f64,
    law: SizeLaw,
}

/// A continuous law with its table.
#[derive(Clone, Debug)]
pub struct TableLaw {
    table: QuantileTable,
    shape: Shape,
}

impl TableLaw {
    #[inline]
    fn pick(&self, draw: u64) -> u32 {
        let size = self.table.sample(draw, |p| self.shape.quantile(p));
        (size + 0.5).min(SIZE_MAX.0 as f64) as u32
    }
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// ln(size) is normal.
    Lognormal { mu: f64, sigma: f64 },
    /// Pareto cut off at `max`.
    Pareto { min: f64, max: f64, shape: f64 },
}

impl Shape {
    /// The mean of the sizes, none above [`SIZE_MAX`] `[B]`.
    fn mean(self) -> f64 {
        match self {
            Self::Lognormal { mu, sigma } if sigma > 0.0 => {
                let below = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
                let most = SIZE_MAX.0 as f64;
                let z = (libm::log(most) - mu) / sigma;
                libm::exp(mu + 0.5 * sigma * sigma) * below(z - sigma) + most * below(-z)
            }
            Self::Lognormal { mu, .. } => libm::exp(mu),
            Self::Pareto { min, max, .. } if min >= max => min,
            Self::Pareto { min, max, shape } => {
                let cut = 1.0 - libm::pow(min / max, shape);
                let power = 1.0 - shape;
                let integral = if power.abs() < 1e-9 {
                    libm::log(max / min)
                } else {
                    (libm::pow(max, power) - libm::pow(min, power)) / power
                };
                shape * libm::pow(min, shape) * integral / cut
            }
        }
    }

    /// The size `[B]` below which a share `p` of records lies.
    fn quantile(self, p: f64) -> f64 {
        match self {
            Self::Lognormal { mu, sigma } => libm::exp(mu + sigma * probit(p)),
            Self::Pareto { min, max, shape } => {
                let cut = 1.0 - libm::pow(min / max, shape);
                min * libm::pow(1.0 - p * cut, -1.0 / shape)
            }
        }
    }
}

impl SizeLaw {
    /// Lognormal sizes by median and 99th percentile `[B]`.
    #[must_use]
    pub fn lognormal(median: f64, p99: f64) -> Self {
        let (mu, sigma) = (libm::log(median), libm::log(p99 / median) / Z99);
        let table = QuantileTable::of_normal(|z| libm::exp(mu + sigma * z));
        Self::Table(Box::new(TableLaw {
            table,
            shape: Shape::Lognormal { mu, sigma },
        }))
    }

    /// Pareto sizes between `min` and `max` `[B]` with tail index `shape`.
    #[must_use]
    pub fn pareto(min: f64, max: f64, shape: f64) -> Self {
        let shape = Shape::Pareto { min, max, shape };
        Self::Table(Box::new(TableLaw {
            table: QuantileTable::new(|p| shape.quantile(p)),
            shape,
        }))
    }

    /// The mean size `[B]`; `None` where a trace says it record by record.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        Some(match self {
            Self::Constant(size) => f64::from(*size),
            Self::Uniform(min, max) => 0.5 * (f64::from(*min) + f64::from(*max)),
            Self::Table(law) => law.shape.mean(),
            Self::Mixture(_, parts) => parts
                .iter()
                .map(|part| Some(part.share * part.law.mean()?))
                .sum::<Option<f64>>()?,
            Self::Trace => return None,
        })
    }

    pub(super) fn read(source: &Section<'_>) -> Self {
        if source.is_value("sizes") {
            let _ = source.choice("sizes", "trace", &["trace"]);
            return Self::Trace;
        }
        Self::read_law(&source.section("sizes"))
    }

    fn read_law(section: &Section<'_>) -> Self {
        const NAMES: [&str; 5] = ["constant", "uniform", "lognormal", "pareto", "mixture"];
        section.announce_some(&NAMES);
        let given: Vec<&str> = NAMES.into_iter().filter(|name| section.has(name)).collect();
        let [name] = given[..] else {
            let message = format!("{} laws of sizes are given", given.len());
            section.problem("", message, format!("give one of {}", NAMES.join(", ")));
            return Self::Constant(0);
        };
        let inside = section.section(name);
        let size = |key: &str| inside.need_in(key, Bytes(1)..=SIZE_MAX).0;
        match name {
            "constant" => Self::Constant(section.need_in("constant", Bytes(0)..=SIZE_MAX).0 as u32),
            "mixture" => Self::read_mixture(section),
            "uniform" => {
                let (min, max) = (inside.need_in("min", Bytes(0)..=SIZE_MAX).0, size("max"));
                ordered(&inside, "min", min, "max", max);
                Self::Uniform(min as u32, max.max(min) as u32)
            }
            "lognormal" => {
                let (median, p99) = (size("median"), size("p99"));
                ordered(&inside, "median", median, "p99", p99);
                Self::lognormal(median as f64, p99.max(median) as f64)
            }
            _ => {
                let (min, max) = (size("min"), size("max"));
                ordered(&inside, "min", min, "max", max);
                Self::pareto(
                    min as f64,
                    max.max(min) as f64,
                    inside.need_in("shape", 0.05..=50.0),
                )
            }
        }
    }

    fn read_mixture(section: &Section<'_>) -> Self {
        let (mut weights, mut laws) = (Vec::new(), Vec::new());
        for part in section.list("mixture") {
            weights.push(part.need::<Share>("share").fraction());
            if part.has("mixture") {
                part.problem(
                    "mixture",
                    "a mixture stands within a mixture",
                    "list its parts directly",
                );
                part.ignore("mixture");
            } else {
                laws.push(Self::read_law(&part));
            }
        }
        let sum: f64 = weights.iter().sum();
        if (sum - 1.0).abs() > 1e-6 || laws.len() != weights.len() {
            section.problem(
                "mixture",
                format!("the shares add up to {:.4} %", sum * 100.0),
                "they must add up to 100 %",
            );
            return Self::Constant(0);
        }
        let parts = weights.iter().zip(laws);
        let parts = parts.map(|(share, law)| Part { share: *share, law });
        Self::Mixture(AliasTable::new(&weights), parts.collect())
    }

    /// Gives the records numbered from `n` on their sizes; a trace has given them already.
    pub(super) fn fill(&self, stream: Stream, n: u64, records: &mut [Record]) {
        match self {
            Self::Trace => {}
            Self::Constant(size) => records.iter_mut().for_each(|record| record.bytes = *size),
            Self::Table(law) => {
                let drawn = stream.draws(n).zip(records);
                drawn.for_each(|(draw, record)| record.bytes = law.pick(draw));
            }
            law => {
                let numbered = (n..).zip(records);
                numbered.for_each(|(n, record)| record.bytes = law.pick(stream, n));
            }
        }
    }

    /// The size of record `n` `[B]`.
    fn pick(&self, stream: Stream, n: u64) -> u32 {
        match self {
            Self::Constant(size) => *size,
            Self::Uniform(min, max) => min + stream.below(n, u64::from(max - min) + 1) as u32,
            Self::Table(law) => law.pick(stream.draw(n)),
            Self::Mixture(table, parts) => {
                let part = table.sample(&mut stream.rng(n)) as usize;
                parts[part].law.pick(stream.child(part as u64), n)
            }
            Self::Trace => 0,
        }
    }
}

fn ordered(section: &Section<'_>, low: &str, low_value: u64, high: &str, high_value: u64) {
    if low_value > high_value {
        section.problem(
            high,
            format!("`{high}` is smaller than `{low}`"),
            format!("`{low}` is {}", Bytes(low_value)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two-sample Kolmogorov-Smirnov distance, scaled so that 1.63 is the 1 % point.
    fn distance(
        law: &SizeLaw,
        mut oracle: impl FnMut(&mut crate::engine::StreamRng) -> f64,
    ) -> f64 {
        let (stream, n) = (Stream::new(21, 0, "sizes"), 100_000);
        let mut rng = Stream::new(22, 0, "oracle").rng(0);
        let mut ours: Vec<f64> = (0..n).map(|i| f64::from(law.pick(stream, i))).collect();
        let mut theirs: Vec<f64> = (0..n).map(|_| (oracle(&mut rng) + 0.5).floor()).collect();
        ours.sort_by(f64::total_cmp);
        theirs.sort_by(f64::total_cmp);
        let below = |sample: &[f64], x: f64| sample.partition_point(|y| *y <= x) as f64;
        let gap = |x: &f64| (below(&ours, *x) - below(&theirs, *x)).abs();
        ours.iter().map(gap).fold(0.0, f64::max) / n as f64 / (2.0 / n as f64).sqrt()
    }

    #[test]
    fn lognormal_sizes_agree_with_rand_distr() {
        let sigma = libm::log(20_000.0 / 800.0) / Z99;
        let oracle = rand_distr::LogNormal::new(libm::log(800.0), sigma).expect("parameters");
        let d = distance(&SizeLaw::lognormal(800.0, 20_000.0), |rng| {
            oracle.sample(rng)
        });
        assert!(d < 1.63, "D = {d}");
    }

    #[test]
    fn pareto_sizes_agree_with_rand_distr() {
        let oracle = rand_distr::Pareto::new(100.0, 1.2).expect("parameters");
        // Cut off by rejection, which is what a bounded Pareto means.
        let d = distance(&SizeLaw::pareto(100.0, 1e6, 1.2), |rng| {
            loop {
                let x: f64 = oracle.sample(rng);
                if x <= 1e6 {
                    break x;
                }
            }
        });
        assert!(d < 1.63, "D = {d}");
    }

    #[test]
    fn uniform_sizes_hit_both_ends_and_mixtures_keep_their_shares() {
        let stream = Stream::new(23, 0, "sizes");
        let law = SizeLaw::Uniform(3, 5);
        let counts = (0..90_000).fold([0; 3], |mut counts, n| {
            counts[law.pick(stream, n) as usize - 3] += 1;
            counts
        });
        assert!(
            counts.iter().all(|count| (29_000..31_000).contains(count)),
            "{counts:?}"
        );
        let part = |share, size| Part {
            share,
            law: SizeLaw::Constant(size),
        };
        let parts = vec![part(0.98, 1), part(0.02, 2)];
        let mixture = SizeLaw::Mixture(AliasTable::new(&[0.98, 0.02]), parts);
        let large = (0..100_000)
            .filter(|n| mixture.pick(stream, *n) == 2)
            .count();
        assert!((1_850..2_150).contains(&large), "{large}");
    }

    #[test]
    fn the_mean_is_that_of_what_is_drawn() {
        let stream = Stream::new(24, 0, "sizes");
        let part = |share, law| Part { share, law };
        let laws = [
            SizeLaw::Uniform(100, 300),
            SizeLaw::lognormal(800.0, 20_000.0),
            SizeLaw::lognormal(800.0, 800.0),
            SizeLaw::pareto(100.0, 1e5, 1.0),
            SizeLaw::pareto(100.0, 1e5, 1.5),
            SizeLaw::Mixture(
                AliasTable::new(&[0.75, 0.25]),
                vec![
                    part(0.75, SizeLaw::Constant(100)),
                    part(0.25, SizeLaw::Constant(500)),
                ],
            ),
        ];
        for law in laws {
            let (n, mean) = (400_000, law.mean().expect("a mean"));
            let sum: f64 = (0..n).map(|n| f64::from(law.pick(stream, n))).sum();
            let drawn = sum / n as f64;
            assert!((drawn / mean - 1.0).abs() < 0.03, "{drawn} {mean} {law:?}");
        }
        assert_eq!(SizeLaw::Trace.mean(), None);
    }
}
