//! What brokers run on: instance types with network, volume, memory and threads; what encryption costs.

use super::pauses::{self, Pauses};
use super::{ClusterConfig, Flavour, assumed};
use crate::facts;
use crate::settings::Section;
use crate::units::{ByteRate, Bytes, Nanos, Share};

/// A rate that may be exceeded while credits last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Burst {
    /// The rate that is always there, at which credits come back.
    pub base: ByteRate,
    /// The rate while there are credits.
    pub burst: ByteRate,
    /// The most credits `[B]`.
    pub most: u64,
    /// Credits at the beginning `[B]`.
    pub start: u64,
}

/// What a broker runs on.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The instance type.
    pub name: String,
    /// Network, each direction.
    pub network: Burst,
    /// The way from the instance to its volume.
    pub ebs: Burst,
    /// What the volume takes.
    pub volume: ByteRate,
    /// Virtual processors.
    pub vcpu: usize,
    /// Request handlers that can run at once.
    pub handlers: usize,
    /// Network threads that can run at once.
    pub network_threads: usize,
    /// Handler time per request.
    pub request_time: Nanos,
    /// Handler speed for the bytes of a request.
    pub handler_rate: ByteRate,
    /// Forced writes (`flush.messages = 1`), if each write is forced.
    pub flush: Option<Flush>,
    /// Pauses of the Java process, if it makes any.
    pub pauses: Option<Pauses>,
    /// Handler time per partition of a fetch, with news or without.
    pub per_partition: Nanos,
    /// What its connections carry.
    pub wire: Wire,
    /// Written data that may wait in memory for the volume `[B]`.
    pub dirty_max: u64,
    /// Newest written data that reads find in memory `[B]`.
    pub cache: u64,
    /// Bytes a second in and out after which the service delays answers.
    pub throttle: (Option<ByteRate>, Option<ByteRate>),
    /// First byte of a read from the remote tier.
    pub remote_read: Nanos,
    /// Partitions with replicas that updates take at most.
    pub partitions_most: u64,
    /// Storage throughput that was asked for and is paid for, as bytes a second.
    pub paid_throughput: u64,
}

/// What connections carry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wire {
    /// What one connection carries at most.
    pub flow: ByteRate,
    /// Speed of a network thread that encrypts; `None` if clients speak plain text.
    pub tls_clients: Option<ByteRate>,
    /// The same between brokers.
    pub tls_brokers: Option<ByteRate>,
}

/// How long forced writes take: mostly little, now and then a stall of the device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flush {
    /// Mean time of one batch's.
    pub time: Nanos,
    /// Mean length of a stall.
    pub stall: Nanos,
    /// Share of forced writes that meet a stall.
    pub share: f64,
}

/// The name of hardware of one's own.
const OWN: &str = "own hardware";

impl Machine {
    /// Whether it is hardware of one's own, which MSK does not sell.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.name == OWN
    }

    /// What can be written for good: the way to the volume or the volume `[B/s]`.
    #[must_use]
    pub fn disk_rate(&self) -> u64 {
        self.ebs.base.0.min(self.volume.0)
    }
}

pub(super) fn read(section: &Section<'_>, cluster: &ClusterConfig) -> Machine {
    let known: Vec<&str> = facts::all()
        .iter()
        .filter_map(|fact| fact.id.strip_prefix("msk.")?.strip_suffix(".vcpu"))
        .filter(|name| name.starts_with("express.") == (cluster.flavour == Flavour::Express))
        .collect();
    let name = match cluster.flavour {
        Flavour::Standard if section.has("hardware") => return own_hardware(section, cluster),
        Flavour::Standard => section.choice("InstanceType", "kafka.m7g.large", &known),
        Flavour::Express => section.choice("InstanceType", "express.m7g.large", &known),
        Flavour::Serverless => "kafka.m7g.4xlarge".to_owned(),
    };
    of_type(section, cluster, &name)
}

/// The machine of an instance type under the settings of `section`.
pub(in super::super) fn of_type(
    section: &Section<'_>,
    cluster: &ClusterConfig,
    name: &str,
) -> Machine {
    let fact = |what: &str| format!("msk.{name}.{what}");
    let express = cluster.flavour == Flavour::Express;
    let plain = name.replace("express.", "kafka.");
    let hardware = |what: &str| format!("msk.{plain}.{what}");
    let vcpu: u64 = facts::on(section).value(&hardware("vcpu"));
    let memory: Bytes = facts::on(section).value(&hardware("memory"));
    let model = section.section("model");
    let volume = match cluster.flavour {
        Flavour::Standard => read_volume(section, &plain),
        Flavour::Express | Flavour::Serverless => ByteRate(1 << 40),
    };
    let threads = read_threads(section, cluster, vcpu);
    let dirty: Share = facts::setting(&model, "dirty-memory", "kafka.broker.dirty-memory");
    let cache: Share = assumed(&model, "page-cache", Share(0)..=Share(1_000_000), true);
    let rate = |what: &str| express.then(|| facts::on(section).value::<ByteRate>(&fact(what)));
    Machine {
        name: name.to_owned(),
        network: read_burst(section, &hardware("network"), "network"),
        ebs: if express {
            always(ByteRate(1 << 40))
        } else {
            read_burst(section, &hardware("ebs"), "ebs")
        },
        volume,
        vcpu: vcpu as usize,
        handlers: threads.io.min(vcpu as usize),
        network_threads: threads.network,
        request_time: read_request_time(&model),
        handler_rate: read_handler_rate(&model),
        flush: read_flush(section),
        pauses: pauses::read(&model),
        per_partition: read_per_partition(&model),
        wire: Wire {
            flow: assumed(&model, "flow-rate", ByteRate(1)..=ByteRate(1 << 40), true),
            tls_clients: cluster.encryption.producers,
            tls_brokers: cluster.encryption.brokers,
        },
        dirty_max: (memory.0 as f64 * dirty.fraction()) as u64,
        cache: (memory.0 as f64 * cache.fraction()) as u64,
        throttle: (rate("in.highest"), rate("out.highest")),
        remote_read: read_remote_read(&model, cluster),
        partitions_most: facts::on(section).value(&fact("partitions.highest")),
        paid_throughput: if cluster.flavour == Flavour::Standard
            && volume > included(section, &plain)
        {
            volume.0
        } else {
            0
        },
    }
}

/// The threads of a broker.
struct Threads {
    /// `num.io.threads`.
    io: usize,
    /// `num.network.threads`.
    network: usize,
}

/// The threads of a broker with `vcpu` processors; MSK's defaults depend on what the cluster offers.
fn read_threads(section: &Section<'_>, cluster: &ClusterConfig, vcpu: u64) -> Threads {
    let (io, network): (u64, u64) = match (cluster.flavour, cluster.tiered) {
        (Flavour::Express, _) => (8.max(2 * vcpu), 8.max(vcpu)),
        (_, true) => (8.max(vcpu), 5.max(vcpu / 2)),
        _ => (
            facts::on(section).value("kafka.num.io.threads"),
            facts::on(section).value("msk.num.network.threads"),
        ),
    };
    let threads =
        |key: &str, usual: u64| section.or_in(key, usual, 1..=1000).min(vcpu.max(1) * 2) as usize;
    Threads {
        io: threads("num.io.threads", io),
        network: threads("num.network.threads", network),
    }
}

fn read_request_time(model: &Section<'_>) -> Nanos {
    let range = Nanos::ZERO..=Nanos::from_secs(1);
    facts::setting_in(model, "request-cpu", "kafka.broker.cpu.request", range)
}

fn read_handler_rate(model: &Section<'_>) -> ByteRate {
    let range = ByteRate(1)..=ByteRate(1 << 50);
    facts::setting_in(model, "handler-rate", "kafka.broker.cpu.bytes", range)
}

fn read_per_partition(model: &Section<'_>) -> Nanos {
    let range = Nanos::ZERO..=Nanos::from_millis(10);
    assumed(model, "partition-cpu", range, true)
}

fn read_remote_read(model: &Section<'_>, cluster: &ClusterConfig) -> Nanos {
    let range = Nanos::ZERO..=Nanos::from_secs(60);
    assumed(model, "remote-read", range, cluster.tiered)
}

/// `flush.messages`: Kafka's default never forces a write; 1 forces each.
fn read_flush(section: &Section<'_>) -> Option<Flush> {
    let each = section.choice("flush.messages", "never", &["never", "1"]) == "1";
    let model = section.section("model");
    let mean = |key: &str| assumed(&model, key, Nanos::ZERO..=Nanos::from_secs(10), each);
    let (time, stall) = (mean("flush-time"), mean("flush-stall"));
    let share: Share = assumed(
        &model,
        "flush-stall-share",
        Share(0)..=Share(1_000_000),
        each,
    );
    each.then_some(Flush {
        time,
        stall,
        share: share.fraction(),
    })
}

/// `hardware`: brokers on machines of one's own, for Kafka outside of MSK and for published benchmarks.
fn own_hardware(section: &Section<'_>, cluster: &ClusterConfig) -> Machine {
    if section.has("InstanceType") {
        let message = "both `InstanceType` and `hardware` are given";
        section.problem("hardware", message, "keep one");
        section.ignore("InstanceType");
    }
    let part = section.section("hardware");
    let rate = |key: &str| part.need_in(key, ByteRate(1)..=ByteRate(1 << 40));
    let vcpu = part.need_in("vcpu", 1_u64..=1000);
    let memory = part.need_in("memory", Bytes(1 << 20)..=Bytes(1 << 50));
    let (network, disk) = (rate("network"), rate("disk"));
    let burst = part.or("network-burst", network);
    let usual = of_type(section, cluster, "kafka.m5.24xlarge");
    let model = section.section("model");
    let share = |key: &str, id: &str| {
        model
            .or(key, facts::on(section).value::<Share>(id))
            .fraction()
    };
    let threads = |key: &str, id: &str| {
        section.or_in(key, facts::on(section).value(id), 1_u64..=1000) as usize
    };
    Machine {
        name: OWN.to_owned(),
        paid_throughput: 0,
        network: bursting(section, network, burst, "network"),
        ebs: always(disk),
        volume: disk,
        vcpu: vcpu as usize,
        handlers: threads("num.io.threads", "kafka.num.io.threads").min(vcpu as usize),
        network_threads: threads("num.network.threads", "msk.num.network.threads")
            .min(2 * vcpu as usize),
        dirty_max: (memory.0 as f64 * share("dirty-memory", "kafka.broker.dirty-memory")) as u64,
        cache: (memory.0 as f64 * share("page-cache", "kafka.model.page-cache")) as u64,
        partitions_most: u64::MAX,
        ..usual
    }
}

fn always(rate: ByteRate) -> Burst {
    Burst {
        base: rate,
        burst: rate,
        most: 0,
        start: 0,
    }
}

/// The baseline of a fact with its burst; credits begin at a share that the scenario may set.
fn read_burst(section: &Section<'_>, id: &str, what: &str) -> Burst {
    let base: ByteRate = facts::on(section).value(id);
    let burst: ByteRate = facts::on(section).value(&format!("{id}.burst"));
    bursting(section, base, burst, what)
}

/// `base` for good and `burst` while there are credits, which the assumptions about `what` tell.
fn bursting(section: &Section<'_>, base: ByteRate, burst: ByteRate, what: &str) -> Burst {
    if burst <= base {
        return always(base);
    }
    let model = section.section("model");
    let hour = Nanos::from_secs(86_400);
    let lasts = assumed(&model, &format!("{what}-burst"), Nanos::ZERO..=hour, true);
    let full: Share = assumed(
        &model,
        &format!("{what}-credits"),
        Share(0)..=Share(1_000_000),
        true,
    );
    // Credits come back at the base rate while they are spent at the burst rate.
    let most = ((burst.0 - base.0) as f64 * lasts.as_secs_f64()) as u64;
    Burst {
        base,
        burst,
        most,
        start: (most as f64 * full.fraction()) as u64,
    }
}

/// The throughput that comes with a volume: what is asked for beyond it is provisioned and paid for.
fn included(section: &Section<'_>, name: &str) -> ByteRate {
    let usual: u64 = facts::on(section).value("msk.volume.throughput");
    ByteRate(usual << 20).min(facts::on(section).value(&format!("msk.{name}.volume")))
}

fn read_volume(section: &Section<'_>, name: &str) -> ByteRate {
    let highest = facts::on(section)
        .value::<ByteRate>(&format!("msk.{name}.volume"))
        .0
        >> 20;
    let usual = included(section, name).0 >> 20;
    let volume = section.or_in(
        "ProvisionedThroughput.VolumeThroughput",
        usual,
        usual..=highest,
    );
    ByteRate(volume << 20)
}
