//! Apache Kafka as Amazon MSK runs it: one topic on brokers over availability zones, batching
//! producers, followers that fetch, a controller that elects, consumer groups that rebalance.
//!
//! Four rooms own the state: `producer`, `broker`, `group` and `control`. A room's fields are its own. `control`
//! calls the methods of the others, `group` those of `broker`, and no room calls back: what a room has to tell is
//! a timer or a `wire::Message`. `controller`, `sequences` and `assignor` are pure rules without time.

pub mod assignor;
pub mod batch;
mod bit_set;
mod broker;
pub mod config;
mod control;
pub mod controller;
pub mod errors;
mod event;
mod group;
pub mod ids;
pub mod key_hash;
mod lift;
mod limits;
pub mod murmur2;
mod net;
mod producer;
pub mod sequences;
pub mod share_partition;
#[cfg(test)]
mod testing;
mod wire;

pub use config::{Acks, Config, ConsumerConfig, Machine, ProducerConfig, TopicConfig};
pub use event::Event;

use crate::cost::Item;
use crate::engine::Stream;
use crate::platform::foresee::Foreseen;
use crate::platform::{Billed, Cx, MetricNames, Platform, Sampled, Setup, Size};
use crate::probe::{Cause as CauseName, Fate, Gauge, GaugeName, Held, Host, Lane, Limit, Spot};
use crate::settings::Section;
use crate::units::{Nanos, SimTime};
use crate::workload::{Action, Mark, Record, Workload};
use broker::Brokers;
use config::Flavour;
use control::{Control, Rooms};
use group::Groups;
use ids::BrokerId;
use net::Net;
use producer::Producers;
use wire::{Scope, Wire};

/// A cluster with one topic, its producers and its consumer groups.
pub struct Kafka {
    config: Config,
    producers: Producers,
    brokers: Brokers,
    groups: Groups,
    control: Control,
    net: Net,
    wire: Wire,
}

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $fate:ident $($rare:ident)?;)+) => {
        /// Why records end early.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Cause { $($(#[$doc])* $name,)+ }

        /// The names of all causes, in their order.
        const CAUSES: &[CauseName] = &[$(CauseName::new($word, Fate::$fate)$(.$rare())?),+];
    };
}

causes! {
    /// The record is larger than `max.request.size`.
    TooLargeForProducer = "RecordTooLargeException (producer)", Refused;
    /// The batch is larger than `max.message.bytes`.
    TooLargeForBroker = "MESSAGE_TOO_LARGE (broker)", Refused;
    /// `send()` was blocked for `max.block.ms`.
    Blocked = "TimeoutException (max.block.ms)", Refused;
    /// The batch grew older than `delivery.timeout.ms`.
    DeliveryTimeout = "TimeoutException (delivery.timeout.ms)", ExpiredInClient;
    /// Too few replicas were in sync at every attempt.
    NotEnoughReplicas = "NOT_ENOUGH_REPLICAS", Refused;
    /// Too many records waited behind a blocked `send()`.
    BacklogFull = "producer backlog full", Refused;
    /// Every attempt failed.
    Retries = "retries used up", Refused;
    /// The producer's process is gone.
    ClientGone = "lost with its client, never acknowledged", Refused;
    /// A newer process has taken over the `transactional.id`, or its transaction timed out.
    Fenced = "INVALID_PRODUCER_EPOCH (fenced)", Refused rare;
    /// The application aborted its transaction before the record was sent.
    Aborted = "TransactionAbortedException", Refused rare;
    /// The leader that acknowledged the record is gone, and no other replica has it.
    Lost = "acknowledged, then gone with its leader", Lost;
    /// A leader acknowledged the record that did not know that it had been replaced.
    LostOnZombie = "acknowledged by a leader that had been replaced", Lost;
    /// The producer asked for no acknowledgement, and the record was stored nowhere.
    NeverStored = "acks=0 and never stored", Lost;
}

/// Collects what monitoring shows.
#[derive(Default)]
struct GaugeSheet {
    gauges: Vec<Gauge>,
    /// Limits at work since the last sample.
    bound: Vec<(Spot, u64)>,
}

impl GaugeSheet {
    /// Adds a value.
    fn put(&mut self, entity: &str, name: GaugeName, value: f64) {
        self.gauges.push(Gauge::new(name, entity, value));
    }

    /// Adds values.
    fn extend(&mut self, values: impl Iterator<Item = Gauge>) {
        self.gauges.extend(values);
    }

    /// Notes how much a limit was at work.
    fn bind(&mut self, spot: Spot, amount: u64) {
        if amount > 0 {
            self.bound.push((spot, amount));
        }
    }
}

/// What reports call a broker.
fn broker_name(broker: BrokerId) -> String {
    format!("broker {}", broker.number() + 1)
}

impl Kafka {
    /// Checks in every room what must always hold.
    fn check(&self) {
        self.producers.check(&self.wire, &self.config);
        self.brokers.check(&self.wire);
        self.groups.check();
        self.control.check();
    }

    /// The rooms under the control room, and what all rooms work with.
    #[inline(always)]
    fn open<'a>(
        &'a mut self,
        cx: &'a mut Cx<'_, Event>,
    ) -> (&'a mut Control, Rooms<'a>, Scope<'a>) {
        let rooms = Rooms {
            producers: &mut self.producers,
            brokers: &mut self.brokers,
            groups: &mut self.groups,
        };
        let scope = Scope {
            queue: cx.queue,
            probe: cx.probe,
            config: &self.config,
            net: &mut self.net,
            wire: &mut self.wire,
        };
        (&mut self.control, rooms, scope)
    }
}

impl Billed for Kafka {
    fn tariff(&self) -> Vec<Item> {
        self.control.tariff(&self.config)
    }

    fn usage(&mut self, now: SimTime) -> Vec<u128> {
        self.control.bill_usage(now, &self.brokers, &self.config)
    }

    fn filled(&self, now: SimTime) -> Vec<(usize, u128)> {
        self.control.filled_log(now, &self.brokers, &self.config)
    }
}

impl Platform for Kafka {
    type Config = Config;
    type Event = Event;

    const CAUSES: &'static [CauseName] = CAUSES;
    const NAMES: MetricNames = MetricNames {
        lane: "partition",
        bytes_in: "BytesInPerSec",
        records_in: "MessagesInPerSec",
        throttled: "refused attempts",
        read_throttled: "refused fetches",
        lag: "SumOffsetLag",
        redelivered: "they were neither committed nor acknowledged when others got them",
        skipped: "`auto.offset.reset` set the group's position after them",
        limit: limits::words,
        per_second: true,
    };

    fn read(section: &Section<'_>, workload: &Workload) -> Config {
        Config::read(section, workload)
    }

    fn names(config: &Config) -> MetricNames {
        let limit = match config.cluster.flavour {
            Flavour::Serverless => limits::serverless_words,
            Flavour::Standard | Flavour::Express => limits::words,
        };
        MetricNames {
            limit,
            ..Self::NAMES
        }
    }

    fn size(config: &Config, _: Nanos, workload: &Workload) -> Size {
        config.size(workload)
    }

    fn lift(config: &mut Config, limit: Limit, consumer: Option<usize>) -> Option<&'static str> {
        lift::lift(config, limit, consumer)
    }

    fn marks(config: &Config) -> Vec<Mark> {
        config.marks()
    }

    fn foresee(config: &Config, workload: &Workload) -> Vec<Foreseen> {
        config::foresee(config, workload)
    }

    fn unsteady(config: &Config) -> Option<&'static str> {
        let changes = !config.faults.is_empty() || !config.calls.is_empty();
        changes.then_some("faults or calls change a cluster in the run")
    }

    fn new(config: &Config, setup: &Setup<'_>) -> Self {
        let (seed, replication) = (setup.seed, setup.replication);
        let streams = |label: &str| Stream::new(seed, replication, &format!("kafka/{label}"));
        let control = Control::new(config, setup, streams);
        let (producers, keys) = (setup.workload.producers(), &setup.workload.keys);
        let mut brokers = Brokers::new(config, control.replicas(), producers, keys, streams);
        let groups = Groups::new(config, setup, streams("member"), &mut brokers);
        let metadata = control::snapshot(&brokers, config);
        Self {
            producers: Producers::new(config, setup, streams, metadata),
            groups,
            brokers,
            control,
            net: Net::new(config),
            wire: Wire::default(),
            config: config.clone(),
        }
    }

    fn lanes(&self) -> Vec<Lane> {
        let bytes_per_s = self.config.partition_capacity();
        let lane = |index| Lane::new(format!("partition {index}"), bytes_per_s, f64::INFINITY);
        (0..self.config.topic.partitions).map(lane).collect()
    }

    fn start(&mut self, cx: &mut Cx<'_, Event>) {
        let (control, mut rooms, mut scope) = self.open(cx);
        control.publish_fences(&mut rooms);
        control.start(&mut rooms, &mut scope);
        rooms.groups.start(rooms.brokers, &mut scope);
    }

    #[inline(always)]
    fn offer(&mut self, record: Record, cx: &mut Cx<'_, Event>) {
        let (_, mut rooms, mut scope) = self.open(cx);
        rooms.producers.offer(&record, &mut scope);
        rooms.deliver(&mut scope);
    }

    #[inline]
    fn event(&mut self, event: Event, cx: &mut Cx<'_, Event>) {
        let (control, mut rooms, mut scope) = self.open(cx);
        match event {
            Event::Producer(event) => rooms.producers.on(event, &mut scope),
            Event::Broker(event) => rooms.brokers.on(event, &mut scope),
            Event::Group(event) => rooms.groups.on(event, rooms.brokers, &mut scope),
            Event::Control(event) => control.on(event, &mut rooms, &mut scope),
        }
        rooms.deliver(&mut scope);
    }

    fn apply(&mut self, action: Action, cx: &mut Cx<'_, Event>) {
        let (control, mut rooms, mut scope) = self.open(cx);
        control.apply(action, &mut rooms, &mut scope);
        rooms.deliver(&mut scope);
    }

    fn sample(&mut self, now: SimTime) -> Sampled {
        if cfg!(debug_assertions) {
            self.check();
        }
        let mut sheet = GaugeSheet::default();
        let mut rooms = Rooms {
            producers: &mut self.producers,
            brokers: &mut self.brokers,
            groups: &mut self.groups,
        };
        self.control
            .gauges(now, &mut rooms, &self.config, &mut sheet);
        let held = self.held(now);
        Sampled {
            lag: held.unread,
            client_held: held.client,
            gauges: sheet.gauges,
            bound: sheet.bound,
        }
    }

    fn held(&self, _: SimTime) -> Held {
        let host = |broker: BrokerId| Host {
            name: broker_name(broker),
            zone: self.net.zone_of(broker),
        };
        Held {
            client: self.wire.batches.held() + self.producers.blocked(),
            hosts: self.net.brokers().map(host).collect(),
            sinks: self.groups.sinks(),
            aborted: self.brokers.hidden_ahead(|hidden| hidden.aborted),
            compacted: self.brokers.hidden_ahead(|hidden| hidden.removed),
            unread: self
                .groups
                .ids()
                .map(|group| self.brokers.unread(group))
                .collect(),
            ..Held::default()
        }
    }
}
