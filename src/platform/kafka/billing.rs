//! What a cluster is billed for: counters that follow what happened, priced by `facts/prices.toml`.
//!
//! What costs by time is added up at every sample and before every call of the operator; stored data is
//! looked at then too.
//!
//! # Source
//! facts/kafka-msk.md sections 5.1, 6.1 and 7.

use super::config::{Flavour, Operation};
use super::{Config, Kafka};
use crate::cost::{Item, Kind};
use crate::platform::meters::meters;
use crate::units::SimTime;

meters! {
    Volumes = "EBS volumes", Storage, "msk.price.ebs", [];
    Throughput = "provisioned storage throughput", Storage, "msk.price.ebs.throughput", [];
    Tiered = "tiered storage", Storage, "msk.price.tiered", ["msk.bill.tiered", "billing.full-log"];
    TieredReads = "tiered storage, retrieval", Out, "msk.price.tiered.retrieval", [];
    ExpressStorage = "Express storage", Storage, "msk.price.express.storage", ["billing.full-log"];
    ExpressIn = "Express data in", In, "msk.price.express.in", [];
    Cluster = "Serverless cluster-hours", Capacity, "msk.price.serverless.cluster",
        ["msk.bill.life", "msk.bill.serverless-zones"];
    Partitions = "Serverless partition-hours", Capacity, "msk.price.serverless.partition", [];
    Storage = "Serverless storage", Storage, "msk.price.serverless.storage", ["billing.full-log"];
    In = "Serverless data in", In, "msk.price.serverless.in", [];
    Out = "Serverless data out", Out, "msk.price.serverless.out", [];
    ZonesIn = "between zones, producers to brokers", Zones, "msk.price.cross-zone", ["msk.bill.transfer"];
    ZonesOut = "between zones, brokers to consumers", Zones, "msk.price.cross-zone", [];
    Replication = "between brokers, replication", Zones, "msk.price.replication", [];
}

/// What has been used so far.
#[derive(Clone, Debug)]
pub(super) struct Billing {
    used: Vec<u128>,
    settled_at: SimTime,
    /// The instance types that brokers have in the run, by place behind the meters.
    types: Vec<String>,
    /// Bytes appended to logs.
    written: u64,
    /// Bytes that consumers fetched, and of those from the remote tier.
    fetched: u64,
    remote: u64,
    /// Bytes between clients and brokers of different zones, in and out.
    crossed: [u64; 2],
}

impl Billing {
    pub(super) fn new(config: &Config) -> Self {
        // The machines of MSK Serverless are the model's; nobody pays for them.
        let serverless = config.cluster.flavour == Flavour::Serverless;
        let mut types = if serverless {
            Vec::new()
        } else {
            vec![config.machine.name.clone()]
        };
        for call in &config.calls {
            if let Operation::UpdateBrokerType { machine } = &call.operation
                && !(serverless || types.contains(&machine.name))
            {
                types.push(machine.name.clone());
            }
        }
        Self {
            used: vec![0; METERS.len() + types.len()],
            settled_at: SimTime::ZERO,
            types,
            written: 0,
            fetched: 0,
            remote: 0,
            crossed: [0; 2],
        }
    }

    /// A produce request has reached its broker.
    #[inline]
    pub(super) fn request(&mut self, zones: (u32, u32), bytes: u64) {
        if zones.0 != zones.1 {
            self.crossed[0] += bytes;
        }
    }

    /// A batch went into a log.
    #[inline]
    pub(super) fn append(&mut self, bytes: u64) {
        self.written += bytes;
    }

    /// A fetch was answered, `remote` of its bytes from the remote tier.
    #[inline]
    pub(super) fn fetch(&mut self, zones: (u32, u32), bytes: u64, remote: u64) {
        self.fetched += bytes;
        self.remote += remote;
        if zones.0 != zones.1 {
            self.crossed[1] += bytes;
        }
    }

    fn add(&mut self, meter: Meter, amount: u128) {
        self.used[meter as usize] += amount;
    }

    fn set(&mut self, meter: Meter, amount: u64) {
        self.used[meter as usize] = amount.into();
    }
}

/// The price list of a cluster; empty on hardware of one's own, which has no price here.
pub(super) fn tariff(config: &Config, billing: &Billing) -> Vec<Item> {
    if config.machine.is_own() {
        return Vec::new();
    }
    let book = config.cluster.facts;
    let fixed = METERS
        .iter()
        .map(|(name, kind, price, rules)| book.item(*name, *kind, price, rules));
    let broker = |name: &String| {
        book.item(
            format!("{name}, broker-hours"),
            Kind::Capacity,
            &format!("msk.price.{name}"),
            &["msk.bill.life"],
        )
    };
    fixed.chain(billing.types.iter().map(broker)).collect()
}

impl Kafka {
    /// Books everything up to `now`. To be called before brokers, volumes, partitions or the state of the
    /// cluster change.
    pub(super) fn settle_bill(&mut self, now: SimTime) {
        let elapsed = u128::from(now.since(self.billing.settled_at).0);
        self.billing.settled_at = now;
        let there = !matches!(self.state, "CREATING" | "DELETING");
        let elapsed = if there { elapsed } else { 0 };
        let flavour = self.config.cluster.flavour;
        let logs: u64 = self.partitions.iter().map(super::Partition::size).sum();
        match flavour {
            Flavour::Serverless => {
                let partitions = self.partitions.len() as u128;
                self.billing.add(Meter::Cluster, elapsed);
                self.billing.add(Meter::Partitions, elapsed * partitions);
                self.billing.add(Meter::Storage, elapsed * u128::from(logs));
                self.billing.set(Meter::In, self.billing.written);
                return self.billing.set(Meter::Out, self.billing.fetched);
            }
            Flavour::Express => {
                self.billing
                    .add(Meter::ExpressStorage, elapsed * u128::from(logs));
                self.billing.set(Meter::ExpressIn, self.billing.written);
            }
            Flavour::Standard => self.settle_volumes(elapsed),
        }
        let mut sent = 0;
        for broker in &self.brokers {
            sent += broker.sent_out;
            let place = self
                .billing
                .types
                .iter()
                .position(|name| *name == broker.machine.name);
            if let Some(place) = place.filter(|_| broker.exists) {
                self.billing.used[METERS.len() + place] += elapsed;
            }
        }
        let [zones_in, zones_out] = self.billing.crossed;
        self.billing.set(Meter::ZonesIn, zones_in);
        self.billing.set(Meter::ZonesOut, zones_out);
        self.billing.set(
            Meter::Replication,
            sent.saturating_sub(self.billing.fetched),
        );
    }

    /// Standard brokers have volumes, and perhaps a remote tier.
    fn settle_volumes(&mut self, elapsed: u128) {
        let (mut volumes, mut throughput) = (0_u128, 0_u128);
        for broker in self.brokers.iter().filter(|broker| broker.exists) {
            volumes += u128::from(self.volume);
            throughput += u128::from(broker.machine.paid_throughput);
        }
        self.billing.add(Meter::Volumes, elapsed * volumes);
        self.billing.add(Meter::Throughput, elapsed * throughput);
        if self.topic.local_retention.is_some() {
            let closed: u64 = self.partitions.iter().map(super::Partition::closed).sum();
            self.billing
                .add(Meter::Tiered, elapsed * u128::from(closed));
            self.billing.set(Meter::TieredReads, self.billing.remote);
        }
    }

    /// What was used up to `now`, in the order of the price list.
    pub(super) fn bill_usage(&mut self, now: SimTime) -> Vec<u128> {
        self.settle_bill(now);
        self.billing.used.clone()
    }

    /// What a full log holds, once; nothing where data is kept for ever.
    pub(super) fn filled_log(&self, now: SimTime) -> Vec<(usize, u128)> {
        let meter = match self.config.cluster.flavour {
            Flavour::Serverless => Meter::Storage,
            Flavour::Express => Meter::ExpressStorage,
            Flavour::Standard if self.topic.local_retention.is_some() => Meter::Tiered,
            Flavour::Standard => return Vec::new(),
        };
        let by_age = self.topic.retention.map(|age| {
            u128::from(self.billing.written) * u128::from(age.0) / u128::from(now.0.max(1))
        });
        let partitions = self.partitions.len() as u128;
        let by_size = self
            .topic
            .retention_bytes
            .map(|most| u128::from(most) * partitions);
        let least = by_age.into_iter().chain(by_size).min();
        least
            .map(|bytes| (meter as usize, bytes))
            .into_iter()
            .collect()
    }
}
