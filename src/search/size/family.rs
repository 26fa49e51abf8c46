//! The families of configurations, and the sizes of each.

use super::demand::{Demand, number};
use crate::facts;
use crate::units::counted;

/// Settings below the table of a system, as name and value.
pub type Settings = Vec<(String, String)>;

/// A family of configurations.
#[derive(Clone, Debug)]
pub struct Family {
    /// Its name, which is also that of its file.
    pub name: String,
    /// The word of its platform.
    pub platform: &'static str,
    /// The settings that make it what it is.
    pub settings: Settings,
    /// Consumers that read in another way than the scenario's system of this platform.
    pub pushed: Vec<String>,
    /// Its variants, the cheapest first by arithmetic; all are looked at that could be the cheapest.
    pub variants: Vec<Variant>,
}

/// A kind of size within a family.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What one of it is called, as in `77 shards` or `6 kafka.m7g.large`.
    pub unit: String,
    /// The sizes that are possible: from the fewest that arithmetic allows.
    pub from: u64,
    /// The most that are looked at.
    pub most: u64,
    /// Sizes are multiples of this.
    pub step: u64,
    /// What one costs in 30 days, for the order of variants and for leaving out what cannot be cheaper `[USD]`.
    pub price: f64,
    /// What makes a size.
    pub kind: Kind,
}

/// What makes a size.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The number of shards.
    Shards,
    /// Standard brokers of a type, with volumes that hold so much together `[GiB]`.
    Standard(String, f64),
    /// Express brokers of a type.
    Express(String),
    /// Nothing: the service decides.
    Fixed,
}

/// Availability zones of a cluster; brokers are a multiple of them.
const ZONES: u64 = 3;
/// Hours of 30 days.
const DAYS_30_H: f64 = 720.0;
/// How many times the least size is looked at, before it is said that no size can.
const REACH: u64 = 4;

impl Variant {
    /// The settings of a size.
    #[must_use]
    pub fn settings(&self, size: u64) -> Settings {
        let set = |name: &str, value: String| (name.to_owned(), value);
        let brokers = |name: &str| {
            vec![
                set("InstanceType", name.to_owned()),
                set("NumberOfBrokerNodes", size.to_string()),
            ]
        };
        match &self.kind {
            Kind::Shards => vec![set("ShardCount", size.to_string())],
            Kind::Express(name) => brokers(name),
            Kind::Standard(name, stored) => {
                let each = libm::ceil(stored / size as f64).max(1.0);
                let mut settings = brokers(name);
                settings.push(set("VolumeSize", format!("{each:.0}")));
                settings
            }
            Kind::Fixed => Vec::new(),
        }
    }

    /// What a size is called.
    #[must_use]
    pub fn called(&self, size: u64) -> String {
        match self.kind {
            Kind::Fixed => self.unit.clone(),
            Kind::Shards => counted(size, &self.unit),
            _ => format!("{size} {}", self.unit),
        }
    }

    /// The smallest size of the steps that is not below `size`.
    #[must_use]
    pub fn round(&self, size: u64) -> u64 {
        (size.div_ceil(self.step) * self.step).clamp(self.from, self.most)
    }
}

/// How consumers of a stream read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Polling,
    FanOut,
}

/// All families for a demand; `hurried` are the consumers that a claim on delay names.
#[must_use]
pub fn all(demand: &Demand, hurried: &[String], topic: &Topic) -> Vec<Family> {
    let mut families = Vec::new();
    for reading in [Reading::Polling, Reading::FanOut] {
        for library in ["SDK", "KPL"] {
            families.push(provisioned(demand, library, reading, hurried));
        }
        for advantage in [false, true] {
            families.push(on_demand(demand, advantage, reading, hurried));
        }
    }
    families.push(standard(demand, topic));
    families.push(express(demand, topic));
    families.push(serverless(topic));
    families
}

/// What brokers are sized for besides the demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Topic {
    /// Partitions of the topic, without their replicas.
    pub partitions: f64,
    /// Copies of each.
    pub replication: f64,
    /// How long data are kept `[s]`.
    pub retention: f64,
    /// Zones that the brokers of the others must do without.
    pub lost_zones: f64,
}

impl Topic {
    /// The part of the brokers that is left when zones are lost.
    fn left(&self) -> f64 {
        1.0 - self.lost_zones / ZONES as f64
    }

    /// The copies of a record that are left when zones are lost: there is one in each zone.
    fn copies(&self) -> f64 {
        (self.replication - self.lost_zones).max(1.0)
    }

    /// The setting of its partitions.
    fn setting(&self) -> (String, String) {
        (
            "topic.partitions".to_owned(),
            format!("{:.0}", self.partitions),
        )
    }
}

fn word(reading: Reading) -> &'static str {
    match reading {
        Reading::Polling => "polling",
        Reading::FanOut => "fan-out",
    }
}

/// The settings with which some consumers read by fan-out.
fn push(settings: &mut Settings, reading: Reading, hurried: &[String]) -> Vec<String> {
    if reading == Reading::Polling {
        return Vec::new();
    }
    for name in hurried {
        let mode = "enhanced-fan-out".to_owned();
        settings.push((format!("consumer.{name}.mode"), mode));
    }
    hurried.to_vec()
}

fn provisioned(demand: &Demand, library: &str, reading: Reading, hurried: &[String]) -> Family {
    let mut settings = vec![("producer.library".to_owned(), library.to_owned())];
    let pushed = push(&mut settings, reading, hurried);
    let polling = demand.consumers - pushed.len() as f64;
    let to_read = polling * demand.bytes / (number("kinesis.shard.read.bytes") * 1_048_576.0);
    let to_write = demand.shards_to_write(library == "KPL");
    let from = libm::ceil(to_write.max(to_read)).max(1.0) as u64;
    Family {
        name: format!("provisioned-{}-{}", library.to_lowercase(), word(reading)),
        platform: "kinesis",
        settings,
        pushed,
        variants: vec![Variant {
            unit: "shard".to_owned(),
            from,
            most: (REACH * from).max(8),
            step: 1,
            price: 0.0,
            kind: Kind::Shards,
        }],
    }
}

fn on_demand(demand: &Demand, advantage: bool, reading: Reading, hurried: &[String]) -> Family {
    let peak = format!("{:.0} B/s", demand.peak.max(1.0));
    let mut settings = vec![
        ("StreamMode".to_owned(), "ON_DEMAND".to_owned()),
        ("peak-30-days".to_owned(), peak),
    ];
    if advantage {
        let key = "account.MinimumThroughputBillingCommitment".to_owned();
        settings.push((key, "ENABLED".to_owned()));
    }
    let pushed = push(&mut settings, reading, hurried);
    let kind = if advantage { "advantage" } else { "on-demand" };
    Family {
        name: format!("{kind}-{}", word(reading)),
        platform: "kinesis",
        settings,
        pushed,
        variants: vec![fixed("on-demand")],
    }
}

fn fixed(unit: &str) -> Variant {
    Variant {
        unit: unit.to_owned(),
        from: 1,
        most: 1,
        step: 1,
        price: 0.0,
        kind: Kind::Fixed,
    }
}

/// Instance types of a kind with the number that the sizing facts give at `place`.
fn types(kind: &str) -> Vec<(String, Vec<f64>)> {
    let read = |fact: &facts::Fact| {
        let name = fact.id.strip_prefix("sizing.")?;
        let numbers = fact.value.split_whitespace().map(str::parse::<f64>);
        let numbers = numbers.collect::<Result<Vec<f64>, _>>().ok()?;
        name.starts_with(kind).then(|| (name.to_owned(), numbers))
    };
    facts::all().iter().filter_map(read).collect()
}

/// The brokers that are needed for the largest of some demands, in whole zones.
fn brokers(needs: &[f64]) -> u64 {
    let most = needs.iter().copied().fold(1.0, f64::max);
    (libm::ceil(most) as u64).div_ceil(ZONES) * ZONES
}

/// Sorts variants by what their least size costs and keeps the possible ones.
fn cheapest_first(mut variants: Vec<Variant>) -> Vec<Variant> {
    variants.retain(|variant| variant.from <= variant.most);
    let cost = |variant: &Variant| variant.price * variant.from as f64;
    variants.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
    variants
}

fn variant(name: &str, from: u64, kind: Kind) -> Variant {
    let highest = number("msk.brokers.highest") as u64;
    Variant {
        unit: name.to_owned(),
        from,
        most: (REACH * from).min(highest),
        step: ZONES,
        price: number(&format!("msk.price.{name}")) * DAYS_30_H,
        kind,
    }
}

fn standard(demand: &Demand, topic: &Topic) -> Family {
    let mib = demand.bytes / 1_048_576.0;
    let gib = demand.bytes * topic.retention * topic.replication / 1_073_741_824.0;
    let stored = gib / number("sizing.volume-used");
    let read = |(name, numbers): (String, Vec<f64>)| {
        let [volume, network, _, most] = numbers[..] else {
            return None;
        };
        let from = brokers(&[
            mib * topic.replication / volume,
            mib * (topic.replication - 1.0 + demand.consumers) / network,
            mib * (topic.copies() - 1.0 + demand.consumers) / network / topic.left(),
            topic.partitions * topic.replication / most,
            stored / number("sizing.volume-highest"),
        ]);
        let kind = Kind::Standard(name.clone(), stored);
        Some(variant(&name, from, kind))
    };
    Family {
        name: "msk-standard".to_owned(),
        platform: "kafka",
        settings: vec![topic.setting()],
        pushed: Vec::new(),
        variants: cheapest_first(types("kafka.").into_iter().filter_map(read).collect()),
    }
}

fn express(demand: &Demand, topic: &Topic) -> Family {
    let megabytes = demand.bytes / 1e6;
    let read = |(name, numbers): (String, Vec<f64>)| {
        let [_, _, most] = numbers[..] else {
            return None;
        };
        let highest = |way: &str| number(&format!("msk.{name}.{way}.highest"));
        let from = brokers(&[
            megabytes / highest("in") / topic.left(),
            megabytes * demand.consumers / highest("out") / topic.left(),
            topic.partitions * 3.0 / most,
        ]);
        Some(variant(&name, from, Kind::Express(name.clone())))
    };
    Family {
        name: "msk-express".to_owned(),
        platform: "kafka",
        settings: vec![
            topic.setting(),
            ("cluster-type".to_owned(), "EXPRESS".to_owned()),
        ],
        pushed: Vec::new(),
        variants: cheapest_first(types("express.").into_iter().filter_map(read).collect()),
    }
}

fn serverless(topic: &Topic) -> Family {
    Family {
        name: "msk-serverless".to_owned(),
        platform: "kafka",
        settings: vec![
            topic.setting(),
            ("cluster-type".to_owned(), "SERVERLESS".to_owned()),
        ],
        pushed: Vec::new(),
        variants: vec![fixed("serverless")],
    }
}
