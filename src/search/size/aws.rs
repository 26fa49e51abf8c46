//! The static answer: broker counts and dollars as AWS's own sizing script works them out, from averages alone.
//!
//! # Source
//! `msk_sizing.py` of <https://github.com/aws/agent-toolkit-for-aws>, commit d6ad2e4: its constraints and its constants,
//! written anew. Throughput is in MiB/s, storage in GiB, a month has 730 hours, the prices are those of us-east-1.

use crate::facts::{self, Fact};

/// Availability zones; the script knows no other number.
const ZONES: u64 = 3;
/// Hours of a month.
const MONTH_H: f64 = 730.0;
/// Seconds of an hour, over MiB of a GiB.
const GIB_PER_HOUR: f64 = 3600.0 / 1024.0;

/// What the script asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Average and peak written by producers `[MiB/s]`.
    pub written: Rate,
    /// Average and peak read by all consumers together `[MiB/s]`.
    pub read: Rate,
    /// Partitions, replicas included.
    pub partitions: u64,
    /// Copies of each partition, its leader's included.
    pub replication: u64,
    /// How long data are kept `[h]`.
    pub retention: u64,
    /// How long of it on the brokers' volumes; the rest is in the remote tier `[h]`.
    pub primary: u64,
}

/// An average and a peak `[MiB/s]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The average.
    pub mean: f64,
    /// The peak.
    pub peak: f64,
}

/// One constraint: how many brokers it needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// Its name in the script.
    pub name: &'static str,
    /// The brokers that it needs, a multiple of the zones.
    pub brokers: u64,
    /// What there is to be carried.
    pub demand: f64,
    /// What a broker carries.
    pub capacity: f64,
    /// The unit of both.
    pub unit: &'static str,
}

/// The answer for one instance type.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The instance type.
    pub instance: String,
    /// How many brokers.
    pub brokers: u64,
    /// The constraints; the first that needs the most brokers binds.
    pub constraints: Vec<Constraint>,
    /// The lines of the monthly bill `[USD]`.
    pub bill: Vec<(&'static str, f64)>,
}

impl Answer {
    /// The monthly bill `[USD]`.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.bill.iter().map(|(_, amount)| amount).sum()
    }

    /// The name of the constraint that binds.
    #[must_use]
    pub fn binds(&self) -> &'static str {
        let most = |c: &&Constraint| c.brokers == self.brokers;
        self.constraints.iter().find(most).map_or("", |c| c.name)
    }
}

impl Load {
    /// Reads `IN/PEAK OUT/PEAK PARTITIONS RETENTION/PRIMARY`, in MiB/s, partitions with their replicas, and hours.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || {
            format!(
                "`{text}` is no load; write `IN/PEAK OUT/PEAK PARTITIONS HOURS/PRIMARY` in MiB/s, with replicas and in hours, as in `10/20 20/40 300 24/24`"
            )
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let [written, read, partitions, hours] = words[..] else {
            return Err(expected());
        };
        let pair = |word: &str| {
            let (mean, peak) = word.split_once('/')?;
            let (mean, peak) = (mean.parse::<f64>().ok()?, peak.parse::<f64>().ok()?);
            (0.0 < mean && mean <= peak && peak < 1e9).then_some(Rate { mean, peak })
        };
        let whole = |word: &str| {
            word.parse::<u64>()
                .ok()
                .filter(|n| (1..=1_000_000).contains(n))
        };
        let (retention, primary) = hours.split_once('/').ok_or_else(expected)?;
        let load = Self {
            written: pair(written).ok_or_else(expected)?,
            read: pair(read).ok_or_else(expected)?,
            partitions: whole(partitions).ok_or_else(expected)?,
            replication: 3,
            retention: whole(retention).ok_or_else(expected)?,
            primary: whole(primary).ok_or_else(expected)?,
        };
        if load.primary > load.retention {
            return Err(expected());
        }
        Ok(load)
    }

    /// Bytes read per byte written, at the peaks.
    fn fan_out(&self) -> f64 {
        self.read.peak / self.written.peak
    }

    fn is_tiered(&self) -> bool {
        self.retention > self.primary
    }
}

/// The answers for all instance types, Standard brokers first, in the order of the script.
#[must_use]
pub fn answers(load: &Load) -> Vec<Answer> {
    let all = facts::all().iter();
    let types = all.filter_map(|fact| Some((fact.id.strip_prefix("sizing.")?, fact)));
    types
        .filter_map(|(name, fact)| match name.split_once('.')?.0 {
            "kafka" => Some(standard(name, fact, load)),
            "express" => Some(express(name, fact, load)),
            _ => None,
        })
        .collect()
}

/// The numbers of an instance type.
fn numbers<const N: usize>(fact: &Fact) -> [f64; N] {
    let mut numbers = [0.0; N];
    let read = fact.value.split_whitespace();
    for (place, word) in numbers.iter_mut().zip(read) {
        *place = word.parse().unwrap_or_default();
    }
    numbers
}

/// The number of a fact, whatever its unit; a fact that has none gives no finite answer.
fn number(id: &str) -> f64 {
    facts::fact(id).value.parse().unwrap_or(f64::NAN)
}

/// A fact of the script as a number.
fn factor(name: &str) -> f64 {
    number(&format!("sizing.{name}"))
}

/// A price `[USD]`.
fn usd(name: &str) -> f64 {
    number(&format!("msk.price.{name}"))
}

/// The brokers for a constraint, rounded up to a multiple of the zones.
fn constraint(name: &'static str, demand: f64, capacity: f64, unit: &'static str) -> Constraint {
    let brokers = libm::ceil(demand / capacity) as u64;
    Constraint {
        name,
        brokers: brokers.div_ceil(ZONES) * ZONES,
        demand,
        capacity,
        unit,
    }
}

fn answer(name: &str, constraints: Vec<Constraint>, bill: Vec<(&'static str, f64)>) -> Answer {
    let brokers = constraints.iter().map(|c| c.brokers).max().unwrap_or(ZONES);
    let hourly = usd(name);
    let mut lines = vec![("brokers", brokers as f64 * hourly * MONTH_H)];
    lines.extend(bill.into_iter().filter(|(_, amount)| *amount > 0.0));
    Answer {
        instance: name.to_owned(),
        brokers,
        constraints,
        bill: lines,
    }
}

fn standard(name: &str, fact: &Fact, load: &Load) -> Answer {
    let [volume, network, partitions, _] = numbers(fact);
    let tiered = |name: &str| match load.is_tiered() {
        true => factor(&format!("{name}.tiered")),
        false => 0.0,
    };
    let to_volume = factor("storage-factor") + tiered("storage-factor");
    let to_network = load.fan_out() * factor("zone-factor")
        + (factor("network-factor") + tiered("network-factor"));
    let used = factor("utilisation.standard");
    let each = f64::min(volume / to_volume, network / to_network);
    let stored = volume_gib(load);
    let constraints = vec![
        constraint("ingress", load.written.peak, each * used, "MiB/s"),
        constraint(
            "egress",
            load.read.peak,
            load.fan_out() * each * used,
            "MiB/s",
        ),
        constraint(
            "partitions",
            load.partitions as f64,
            partitions,
            "partitions",
        ),
        constraint("storage", stored, factor("volume-highest"), "GiB"),
    ];
    let remote = load.written.mean * (load.retention - load.primary) as f64 * GIB_PER_HOUR;
    let bill = vec![
        ("storage", stored * usd("ebs")),
        ("tiered storage", remote * usd("tiered")),
        ("cross-AZ", cross_zone(load)),
    ];
    answer(name, constraints, bill)
}

/// What volumes need to hold `[GiB]`.
fn volume_gib(load: &Load) -> f64 {
    let copies = load.replication as f64;
    load.written.mean * load.primary as f64 * copies * GIB_PER_HOUR * factor("volume-headroom")
}

/// What crosses zones on its way from producers to leaders `[USD]`; consumers read in their own zone.
fn cross_zone(load: &Load) -> f64 {
    let zones = ZONES as f64;
    load.written.mean * (zones - 1.0) / zones * GIB_PER_HOUR * MONTH_H * usd("cross-zone")
}

fn express(name: &str, fact: &Fact, load: &Load) -> Answer {
    let [ingress, partitions, _] = numbers(fact);
    let used = factor("utilisation.express");
    let constraints = vec![
        constraint("ingress", load.written.peak, ingress * used, "MiB/s"),
        constraint(
            "egress",
            load.read.peak,
            ingress * factor("express-out"),
            "MiB/s",
        ),
        constraint(
            "partitions",
            load.partitions as f64,
            partitions,
            "partitions",
        ),
    ];
    let stored = load.written.mean * load.retention as f64 * GIB_PER_HOUR;
    let bill = vec![
        ("storage", stored * usd("express.storage")),
        (
            "data in",
            load.written.mean * GIB_PER_HOUR * MONTH_H * usd("express.in"),
        ),
        ("cross-AZ", cross_zone(load)),
    ];
    answer(name, constraints, bill)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: [&str; 6] = [
        "kafka.m5.large",
        "kafka.m5.xlarge",
        "kafka.m7g.large",
        "kafka.m7g.4xlarge",
        "express.m7g.large",
        "express.m7g.4xlarge",
    ];

    /// What the script printed for five loads, commit d6ad2e4: brokers and cents.
    const PRINTED: [(&str, [(u64, u64); 6]); 5] = [
        (
            "1/3 2/6 100 24/24",
            [
                (3, 54_474),
                (3, 100_464),
                (3, 53_160),
                (3, 365_892),
                (3, 96_184),
                (3, 721_648),
            ],
        ),
        (
            "10/20 20/40 300 24/24",
            [
                (6, 176_824),
                (3, 176_824),
                (6, 174_196),
                (3, 442_252),
                (3, 157_672),
                (3, 783_136),
            ],
        ),
        (
            "50/80 100/160 600 24/24",
            [
                (15, 654_169),
                (9, 700_159),
                (15, 647_599),
                (3, 781_627),
                (9, 609_658),
                (3, 1_056_418),
            ],
        ),
        (
            "50/50 50/50 3000 24/24",
            [
                (9, 562_189),
                (6, 608_179),
                (9, 558_247),
                (3, 781_627),
                (6, 520_306),
                (3, 1_056_418),
            ],
        ),
        (
            "100/150 200/300 3000 168/24",
            [
                (33, 1_470_765),
                (21, 1_608_735),
                (33, 1_456_311),
                (6, 1_679_691),
                (15, 1_636_213),
                (3, 1_904_269),
            ],
        ),
    ];

    #[test]
    fn brokers_and_dollars_are_those_of_the_script_to_the_cent() {
        for (text, printed) in PRINTED {
            let answers = answers(&Load::parse(text).expect("a load"));
            for (name, (brokers, cents)) in TYPES.iter().zip(printed) {
                let found = answers.iter().find(|a| a.instance == *name);
                let found = found.unwrap_or_else(|| panic!("{name}"));
                let own = libm::round(found.total() * 100.0) as u64;
                assert_eq!((found.brokers, own), (brokers, cents), "{text}: {name}");
            }
        }
    }

    #[test]
    fn the_constraint_that_binds_is_named_with_demand_and_capacity() {
        let answers = answers(&Load::parse("10/20 20/40 300 24/24").expect("a load"));
        let large = answers.iter().find(|a| a.instance == "kafka.m5.large");
        let large = large.expect("a type");
        assert_eq!(large.binds(), "ingress");
        let shown: Vec<String> = large
            .constraints
            .iter()
            .map(|c| format!("{} {:.2} {:.2}", c.brokers, c.demand, c.capacity))
            .collect();
        let printed = [
            "6 20.00 5.52",
            "6 40.00 11.03",
            "3 300.00 1000.00",
            "3 5062.50 16384.00",
        ];
        assert_eq!(shown, printed);
        let bill: Vec<String> = large
            .bill
            .iter()
            .map(|(_, usd)| format!("{usd:.2}"))
            .collect();
        assert_eq!(bill, ["919.80", "506.25", "342.19"]);
    }

    #[test]
    fn what_is_no_load_is_refused() {
        for text in [
            "",
            "1/2 3/4 5",
            "2/1 3/4 5 6/6",
            "1/2 3/4 5 6/7",
            "a/b 3/4 5 6/6",
        ] {
            assert!(Load::parse(text).is_err(), "{text}");
        }
    }
}
