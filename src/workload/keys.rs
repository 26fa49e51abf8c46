//! Which key a record carries. Keys are numbers here; their text is made when a platform hashes it.

use super::{KEYS_MAX, Record};
use crate::engine::{AliasTable, Stream, part_of};
use crate::settings::Section;
use crate::units::Share;
use std::fmt::Write;

/// The key of a record that has none.
pub const NO_KEY: u32 = u32::MAX;

/// The keys of all sources, numbered through.
#[derive(Clone, Debug, Default)]
pub struct KeySpace {
    ranges: Vec<KeyRange>,
    count: u32,
}

#[derive(Clone, Debug)]
struct KeyRange {
    first: u32,
    names: Names,
}

#[derive(Clone, Debug)]
enum Names {
    Numbered(String),
    Listed(Vec<String>),
}

impl KeySpace {
    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.count
    }
    /// Whether no source has keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds `count` keys called `prefix` and a number from 0; returns the first one's index.
    pub fn add_numbered(&mut self, count: u32, prefix: &str) -> u32 {
        self.add(count, Names::Numbered(prefix.to_owned()))
    }

    /// Adds keys by name; returns the first one's index.
    pub fn add_listed(&mut self, names: Vec<String>) -> u32 {
        self.add(names.len() as u32, Names::Listed(names))
    }

    fn add(&mut self, count: u32, names: Names) -> u32 {
        let first = self.count;
        self.ranges.push(KeyRange { first, names });
        self.count += count;
        first
    }

    /// Calls `visit` with every key's text, in order of index.
    pub fn for_each(&self, mut visit: impl FnMut(&str)) {
        let mut text = String::new();
        for key in 0..self.count {
            self.write(key, &mut text);
            visit(&text);
        }
    }

    /// Puts the text of `key` into `text`.
    pub fn write(&self, key: u32, text: &mut String) {
        text.clear();
        let at = self
            .ranges
            .partition_point(|range| range.first <= key)
            .saturating_sub(1);
        let Some(range) = self.ranges.get(at) else {
            return;
        };
        let index = key - range.first;
        let _ = match &range.names {
            Names::Numbered(prefix) => write!(text, "{prefix}{index}"),
            Names::Listed(names) => write!(text, "{}", names[index as usize]),
        };
    }
}

/// Which key a record carries.
#[derive(Clone, Debug)]
pub enum KeyLaw {
    /// None at all.
    None,
    /// Each key equally often.
    Uniform {
        /// How many keys.
        count: u32,
    },
    /// Key number k (from 1) in proportion to k to the power of minus the exponent.
    Zipf(AliasTable),
    /// A few hot keys share most of the records, the others the rest; uniform within both.
    HotSet {
        /// How many keys in all.
        count: u32,
        /// How many of them are hot; they come first.
        hot: u32,
        /// The share of records for the hot keys, out of 2^32.
        share: u64,
    },
    /// One key after the other, round and round.
    Sequential {
        /// How many keys.
        count: u32,
    },
    /// As the trace says.
    Trace,
    /// The device that reports.
    Devices,
}

impl KeyLaw {
    /// Reads `keys` of a source and adds its keys to `space`; returns the law and the first index.
    pub(super) fn read(source: &Section<'_>, space: &mut KeySpace) -> (Self, u32) {
        if !source.has("keys") || source.is_value("keys") {
            let law = match source
                .choice("keys", "none", &["none", "trace", "devices"])
                .as_str()
            {
                "trace" => Self::Trace,
                "devices" => Self::Devices,
                _ => Self::None,
            };
            return (law, 0);
        }
        let section = source.section("keys");
        let names = ["uniform", "zipf", "hot-set", "sequential"];
        section.announce_some(&names);
        let given: Vec<&str> = names.into_iter().filter(|name| section.has(name)).collect();
        let [name] = given[..] else {
            section.problem(
                "",
                format!("{} laws of keys are given", given.len()),
                format!("give one of {}", names.join(", ")),
            );
            return (Self::None, 0);
        };
        let law = section.section(name);
        let count = law.need_in("count", 1..=KEYS_MAX) as u32;
        let prefix: String = section.or("prefix", "key-".to_owned());
        if prefix.chars().count() > 200 {
            section.problem(
                "prefix",
                "the prefix is too long",
                "at most 200 characters, so that keys stay below 256",
            );
        }
        if u64::from(space.len()) + u64::from(count) > KEYS_MAX {
            law.problem(
                "count",
                "the sources have too many keys together",
                format!("at most {KEYS_MAX}"),
            );
            return (Self::None, 0);
        }
        let first = space.add_numbered(count, &prefix);
        (Self::read_law(name, &law, count), first)
    }

    fn read_law(name: &str, law: &Section<'_>, count: u32) -> Self {
        match name {
            "uniform" => Self::Uniform { count },
            "sequential" => Self::Sequential { count },
            "zipf" => Self::zipf(count, law.or_in("exponent", 1.0, 0.0..=10.0)),
            _ => {
                let hot = law.need_in("hot", 1..=u64::from(count)) as u32;
                let share: Share = law.need("share");
                Self::HotSet {
                    count,
                    hot,
                    share: (share.fraction() * 4_294_967_296.0) as u64,
                }
            }
        }
    }

    /// Zipf's law over `count` keys.
    #[must_use]
    pub fn zipf(count: u32, exponent: f64) -> Self {
        let weights: Vec<f64> = (1..=count)
            .map(|k| libm::pow(f64::from(k), -exponent))
            .collect();
        Self::Zipf(AliasTable::new(&weights))
    }

    /// Gives the records numbered from `n` on their keys, the source's first being `first`.
    pub(super) fn fill(&self, stream: Stream, n: u64, first: u32, records: &mut [Record]) {
        let numbered = (n..).zip(&mut *records);
        match self {
            Self::Zipf(table) => {
                let drawn = stream.draws(n).zip(records);
                drawn.for_each(|(draw, r)| r.key = first + table.pick(draw));
            }
            Self::Uniform { count } => {
                let (drawn, count) = (stream.draws(n).zip(records), u64::from(*count));
                drawn.for_each(|(draw, r)| r.key = first + part_of(draw, count) as u32);
            }
            Self::Sequential { count } => {
                numbered.for_each(|(n, r)| r.key = first + (n % u64::from(*count)) as u32);
            }
            Self::HotSet { count, hot, share } => {
                numbered.for_each(|(n, r)| {
                    r.key = first + hot_set(stream.draw(n), *count, *hot, *share)
                });
            }
            Self::Trace | Self::Devices => {
                let keyed = numbered.filter(|(_, record)| record.key != NO_KEY);
                keyed.for_each(|(_, record)| record.key += first);
            }
            Self::None => numbered.for_each(|(_, record)| record.key = NO_KEY),
        }
    }
}

/// The key that 64 uniform bits select: the high half decides on hot or cold, the low half on which.
fn hot_set(draw: u64, count: u32, hot: u32, share: u64) -> u32 {
    let within = |keys: u32| ((u64::from(draw as u32) * u64::from(keys)) >> 32) as u32;
    let cold = count - hot;
    if draw >> 32 < share || cold == 0 {
        within(hot)
    } else {
        hot + within(cold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_distr::{Distribution, Zipf};
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    fn counts(law: &KeyLaw, keys: usize, n: u64) -> Vec<f64> {
        let stream = Stream::new(11, 0, "keys");
        let blank = Record {
            at: crate::units::SimTime(0),
            serial: 0,
            key: 0,
            bytes: 0,
            producer: 0,
        };
        let mut records = vec![blank; n as usize];
        law.fill(stream, 0, 0, &mut records);
        let mut counts = vec![0.0; keys];
        for record in records {
            counts[record.key as usize] += 1.0;
        }
        counts
    }

    fn p_value(counts: &[f64], expected: impl Fn(usize) -> f64) -> f64 {
        let statistic: f64 = counts
            .iter()
            .enumerate()
            .map(|(k, c)| (c - expected(k)).powi(2) / expected(k))
            .sum();
        ChiSquared::new((counts.len() - 1) as f64)
            .expect("degrees of freedom")
            .sf(statistic)
    }

    #[test]
    fn uniform_and_hot_set_pass_chi_square() {
        let uniform = counts(&KeyLaw::Uniform { count: 100 }, 100, 1_000_000);
        assert!(p_value(&uniform, |_| 10_000.0) > 1e-3);
        let law = KeyLaw::HotSet {
            count: 100,
            hot: 5,
            share: 1 << 31,
        };
        let hot = counts(&law, 100, 1_000_000);
        assert!(p_value(&hot, |k| if k < 5 { 100_000.0 } else { 500_000.0 / 95.0 }) > 1e-3);
    }

    /// Q25: with 10,000 keys and exponent 1 the hottest key has 10.22 % of the records.
    #[test]
    fn zipf_agrees_with_the_closed_form_and_with_rand_distr() {
        let n = 1_000_000;
        let ours = counts(&KeyLaw::zipf(10_000, 1.0), 10_000, n);
        assert!((ours[0] / n as f64 - 0.1022).abs() < 0.001);
        let law = Zipf::new(10_000.0, 1.0).expect("parameters");
        let mut rng = Stream::new(12, 0, "oracle").rng(0);
        let mut theirs = vec![0.0; 10_000];
        for _ in 0..n {
            theirs[law.sample(&mut rng) as usize - 1] += 1.0;
        }
        // Two-sample chi-square over bins of doubling width.
        let bin = |counts: &[f64]| -> Vec<f64> {
            (0..13)
                .map(|b| {
                    counts[(1 << b) - 1..((2 << b) - 1).min(10_000)]
                        .iter()
                        .sum()
                })
                .collect()
        };
        let statistic: f64 = bin(&ours)
            .iter()
            .zip(bin(&theirs))
            .map(|(a, b)| (a - b).powi(2) / (a + b))
            .sum();
        assert!(
            ChiSquared::new(12.0).expect("degrees").sf(statistic) > 1e-3,
            "{statistic}"
        );
    }

    #[test]
    fn sequential_keys_go_round() {
        assert_eq!(
            counts(&KeyLaw::Sequential { count: 4 }, 4, 10),
            [3.0, 3.0, 2.0, 2.0]
        );
    }

    #[test]
    fn keys_of_all_sources_have_their_own_text() {
        let mut space = KeySpace::default();
        assert_eq!(space.add_numbered(2, "device-"), 0);
        assert_eq!(space.add_listed(vec!["en".into(), "de".into()]), 2);
        let mut all = Vec::new();
        space.for_each(|text| all.push(text.to_owned()));
        assert_eq!(all, ["device-0", "device-1", "en", "de"]);
    }
}
