//! What a cluster is billed for: counters that follow what happened, priced by `facts/prices.toml`.
//!
//! What costs by time is added up at every sample and before every call of the operator; stored data is
//! looked at then too.
//!
//! # Source
//! Amazon MSK pricing page; `src/facts/prices.toml`.

use super::super::broker::Brokers;
use super::super::config::{Config, Flavour, Operation};
use super::Control;
use super::lifecycle::ClusterState;
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
            if let Operation::UpdateBrokerType(update) = &call.operation
                && !(serverless || types.contains(&update.machine.name))
            {
                types.push(update.machine.name.clone());
            }
        }
        Self {
            used: vec![0; METERS.len() + types.len()],
            settled_at: SimTime::ZERO,
            types,
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

impl Control {
    /// Books everything up to `now`. To be called before brokers, volumes, partitions or the state of the
    /// cluster change.
    pub(super) fn settle_bill(&mut self, now: SimTime, brokers: &Brokers, config: &Config) {
        let elapsed = u128::from(now.since(self.billing.settled_at).0);
        self.billing.settled_at = now;
        let there = !matches!(self.state, ClusterState::Creating | ClusterState::Deleting);
        let elapsed = if there { elapsed } else { 0 };
        let (logs, traffic) = (brokers.stored_bytes(), brokers.traffic());
        match config.cluster.flavour {
            Flavour::Serverless => {
                let partitions = u128::from(brokers.partition_count());
                self.billing.add(Meter::Cluster, elapsed);
                self.billing.add(Meter::Partitions, elapsed * partitions);
                self.billing.add(Meter::Storage, elapsed * u128::from(logs));
                self.billing.set(Meter::In, traffic.written);
                return self.billing.set(Meter::Out, traffic.fetched);
            }
            Flavour::Express => {
                self.billing
                    .add(Meter::ExpressStorage, elapsed * u128::from(logs));
                self.billing.set(Meter::ExpressIn, traffic.written);
            }
            Flavour::Standard => self.settle_volumes(elapsed, brokers),
        }
        let mut sent = 0;
        for (broker, node) in self.nodes.pairs() {
            sent += brokers.sent_out(broker);
            let name = &brokers.machine(broker).name;
            let place = self.billing.types.iter().position(|known| known == name);
            if let Some(place) = place.filter(|_| node.exists) {
                self.billing.used[METERS.len() + place] += elapsed;
            }
        }
        self.billing.set(Meter::ZonesIn, traffic.crossed_in);
        self.billing.set(Meter::ZonesOut, traffic.crossed_out);
        self.billing
            .set(Meter::Replication, sent.saturating_sub(traffic.fetched));
    }

    /// Standard brokers have volumes, and perhaps a remote tier.
    fn settle_volumes(&mut self, elapsed: u128, brokers: &Brokers) {
        let (mut volumes, mut throughput) = (0_u128, 0_u128);
        for (broker, _) in self.nodes.pairs().filter(|(_, node)| node.exists) {
            volumes += u128::from(self.volume.unwrap_or(u64::MAX));
            throughput += u128::from(brokers.machine(broker).paid_throughput);
        }
        self.billing.add(Meter::Volumes, elapsed * volumes);
        self.billing.add(Meter::Throughput, elapsed * throughput);
        let (_, _, tiered) = brokers.retention();
        if tiered {
            self.billing
                .add(Meter::Tiered, elapsed * u128::from(brokers.closed_bytes()));
            self.billing
                .set(Meter::TieredReads, brokers.traffic().remote);
        }
    }

    /// What was used up to `now`, in the order of the price list.
    pub(in super::super) fn bill_usage(
        &mut self,
        now: SimTime,
        brokers: &Brokers,
        config: &Config,
    ) -> Vec<u128> {
        self.settle_bill(now, brokers, config);
        self.billing.used.clone()
    }

    /// Bytes of a log at its retention limit, one copy; none if retention is unlimited.
    pub(in super::super) fn filled_log(
        &self,
        now: SimTime,
        brokers: &Brokers,
        config: &Config,
    ) -> Vec<(usize, u128)> {
        let (age, size, tiered) = brokers.retention();
        let meter = match config.cluster.flavour {
            Flavour::Serverless => Meter::Storage,
            Flavour::Express => Meter::ExpressStorage,
            Flavour::Standard if tiered => Meter::Tiered,
            Flavour::Standard => return Vec::new(),
        };
        let written = u128::from(brokers.traffic().written);
        let by_age = age.map(|age| written * u128::from(age.0) / u128::from(now.0.max(1)));
        let partitions = u128::from(brokers.partition_count());
        let by_size = size.map(|most| u128::from(most) * partitions);
        let least = by_age.into_iter().chain(by_size).min();
        least
            .map(|bytes| (meter as usize, bytes))
            .into_iter()
            .collect()
    }
}
