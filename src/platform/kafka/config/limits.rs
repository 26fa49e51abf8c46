//! What MSK holds a cluster to, computed before any run: volumes against retention, partitions and connections
//! against the limits of a broker. The file stays valid; its author is warned.
//!
//! # Source
//! The MSK developer guide, "Amazon MSK quota" <https://docs.aws.amazon.com/msk/latest/developerguide/limits.html>
//! and its best practices for Standard and for Express brokers.

use super::{Config, Flavour, Operation};
use crate::settings::{Problem, Section};
use crate::units::{ByteRate, Bytes};
use crate::workload::Workload;

const GIB: f64 = 1_073_741_824.0;

/// Warns of what the cluster cannot hold.
pub(super) fn warn(config: &Config, section: &Section<'_>, workload: &Workload) {
    if config.machine.is_own() {
        return;
    }
    warn_of_storage(config, section, workload);
    warn_of_partitions(config, section);
    warn_of_connections(config, section, workload);
}

/// What volumes must hold against what they have.
pub(super) struct Storage {
    /// Bytes a second that all brokers together write: data times copies.
    pub(super) written: f64,
    /// Bytes of all volumes.
    pub(super) room: f64,
    /// Bytes that retention asks for; none if data is kept for ever.
    pub(super) asked: Option<f64>,
}

impl Storage {
    pub(super) fn of(config: &Config, data: f64) -> Self {
        let copies = f64::from(config.topic.replication);
        let written = data / config.producer.compression * copies;
        let age = match (config.topic.local_retention, config.topic.retention) {
            (Some(local), Some(all)) => Some(local.min(all)),
            (local, all) => local.or(all),
        };
        let by_age = age.map(|age| written * age.as_secs_f64());
        let partitions = f64::from(config.topic.partitions);
        let by_size = config
            .topic
            .retention_bytes
            .map(|most| most as f64 * partitions * copies);
        Self {
            written,
            room: config.cluster.volume as f64 * f64::from(config.brokers),
            asked: by_age.into_iter().chain(by_size).reduce(f64::min),
        }
    }

    /// Whether retention keeps data within the volumes.
    fn fits(&self) -> bool {
        self.asked.is_some_and(|asked| asked <= self.room)
    }
}

/// Three significant figures are enough for a warning.
fn about(bytes: f64) -> String {
    let (size, unit) = match bytes {
        b if b >= 1e12 => (b / 1e12, "TB"),
        b if b >= 1e9 => (b / 1e9, "GB"),
        b => (b / 1e6, "MB"),
    };
    format!("{size:.1} {unit}")
}

/// A length of time in the unit in which it can be read.
pub(super) fn roughly(seconds: f64) -> String {
    match seconds {
        s if s >= 2.0 * 86_400.0 => format!("{:.1} d", s / 86_400.0),
        s if s >= 2.0 * 3600.0 => format!("{:.1} h", s / 3600.0),
        s => format!("{:.1} min", s / 60.0),
    }
}

fn warn_of_storage(config: &Config, section: &Section<'_>, workload: &Workload) {
    let Some(data) = workload.data_rate().filter(|rate| *rate > 0.0) else {
        return;
    };
    let storage = Storage::of(config, data);
    if config.cluster.flavour != Flavour::Standard || storage.fits() {
        return;
    }
    let copies = config.topic.replication;
    let rate = ByteRate((data / config.producer.compression / 1e5).round() as u64 * 100_000);
    let rate = if rate.0 == 0 {
        about(data) + "/s"
    } else {
        rate.to_string()
    };
    let room = format!(
        "{} volumes of {} hold {}",
        config.brokers,
        Bytes(config.cluster.volume),
        about(storage.room)
    );
    let message = match (storage.asked, config.topic.local_retention) {
        (Some(asked), Some(local)) => format!(
            "local retention asks for {}: {rate} x {local} x {copies} copies; {room}",
            about(asked)
        ),
        (Some(asked), None) => {
            let age = config.topic.retention.map(|age| format!(" x {age}"));
            let age = age.unwrap_or_default();
            format!(
                "retention asks for {}: {rate}{age} x {copies} copies; {room}",
                about(asked)
            )
        }
        (None, _) => format!("data is kept for ever: {rate} x {copies} copies; {room}"),
    };
    let full = roughly(storage.room / storage.written);
    let note = format!(
        "at this rate the volumes are full after {full}, and a broker whose volume is full stops"
    );
    let problem = Problem::new(message).note(note + &bill(config, section, storage.asked));
    let problem = problem.named("volumes-too-small");
    section.warn("VolumeSize", problem.help(way_out(config, &storage)));
}

/// What volumes that hold it would cost, beside those that the scenario has.
fn bill(config: &Config, section: &Section<'_>, asked: Option<f64>) -> String {
    let price = &crate::facts::on(section).fact("msk.price.ebs").value;
    let (Some(asked), Ok(price)) = (asked, price.parse::<f64>()) else {
        return String::new();
    };
    let room = config.cluster.volume as f64 * f64::from(config.brokers);
    let month = |bytes: f64| bytes / GIB * price;
    format!(
        "; volumes for it cost {:.0} USD a month, the bill counts the {:.0} USD of those that are there",
        month(asked),
        month(room)
    )
}

/// What to write so that retention fits.
fn way_out(config: &Config, storage: &Storage) -> String {
    let Some(asked) = storage.asked else {
        return "give `topic.retention.ms` or `topic.retention.bytes`".to_owned();
    };
    let most: u64 = config.facts.value("msk.volume.highest");
    let each = (asked / GIB / f64::from(config.brokers)).ceil();
    let shorter = "or a shorter `topic.retention.ms`, or `StorageMode = \"TIERED\"`";
    if each <= most as f64 {
        return format!("give `VolumeSize = {each:.0}` (GiB a broker), {shorter}");
    }
    let brokers = (asked / GIB / most as f64).ceil() as u32;
    let brokers = brokers.div_ceil(config.zones) * config.zones;
    format!("a volume has at most {most} GiB: give {brokers} brokers with as much, {shorter}")
}

/// Above its limit of partitions MSK refuses to update a cluster.
fn warn_of_partitions(config: &Config, section: &Section<'_>) {
    let copies = u64::from(config.topic.partitions) * u64::from(config.topic.replication);
    let each = copies.div_ceil(u64::from(config.brokers.max(1)));
    let most = config.machine.partitions_most;
    if config.cluster.flavour == Flavour::Serverless || each <= most {
        return;
    }
    let (partitions, replication) = (config.topic.partitions, config.topic.replication);
    let (brokers, name) = (config.brokers, &config.machine.name);
    let problem = Problem::new(format!(
        "a broker has {each} partitions: {partitions} x {replication} copies / {brokers} brokers; {name} is \
         supported up to {most}"
    ));
    let updates = config.calls.iter().filter(|call| {
        let operation = &call.operation;
        operation.is_update() && !matches!(operation, Operation::RebootBroker(_))
    });
    let calls: Vec<&str> = updates.map(|call| call.operation.name()).collect();
    let note = match &calls[..] {
        [] => "MSK refuses to update the version, the configuration or the size of such a cluster"
            .to_owned(),
        calls => format!(
            "MSK refuses to update such a cluster: see {} in this scenario",
            calls.join(", ")
        ),
    };
    let help = "give fewer partitions, more brokers or a larger `InstanceType`";
    let section = section.section("topic");
    let problem = problem.named("too-many-partitions");
    section.warn("partitions", problem.note(note).help(help));
}

/// Clients, each of which connects to every broker, against what a broker takes of those that come through IAM.
pub(super) struct Clients {
    /// Producers and members.
    pub(super) count: u64,
    /// As many are taken.
    pub(super) most: u64,
    /// So many new ones a second.
    rate: u64,
}

impl Clients {
    pub(super) fn of(config: &Config, workload: &Workload) -> Self {
        let members = workload.consumers.iter();
        let members: u64 = members.map(|consumer| u64::from(consumer.workers)).sum();
        let small = config.machine.name == "kafka.t3.small";
        let id = match (config.cluster.flavour, small) {
            (Flavour::Serverless, _) => "msk.serverless.connections",
            (_, true) => "msk.iam.connections.t3.small",
            _ => "msk.iam.connections",
        };
        Self {
            count: u64::from(workload.producers()) + members,
            most: config.facts.value(id),
            rate: config.facts.value(&format!("{id}.rate")),
        }
    }
}

/// Connections of clients, each of which talks to every broker.
fn warn_of_connections(config: &Config, section: &Section<'_>, workload: &Workload) {
    let Clients {
        count: clients,
        most,
        rate,
    } = Clients::of(config, workload);
    let serverless = config.cluster.flavour == Flavour::Serverless;
    // Standard and Express limit the connections of clients that come through IAM alone.
    if clients <= most && !(serverless && clients > rate) {
        return;
    }
    let (whose, where_) = if serverless {
        ("MSK Serverless takes", "")
    } else {
        ("with IAM access control it takes", " to every broker")
    };
    let problem = Problem::new(format!(
        "{clients} clients connect{where_}; {whose} {most}, and {rate} new ones a second"
    ));
    let note = format!(
        "when all of them begin at once the last is connected after {} s; connections above the limit are closed; \
         the run does not count connections",
        clients.min(most).div_ceil(rate)
    );
    let help = "give fewer `producers` or `workers`, or more clusters";
    let problem = problem.named("too-many-clients");
    section.warn("", problem.note(note).help(help));
}
