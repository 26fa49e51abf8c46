//! `[system.<label>.kinesis]`: the settings of a stream and its clients.
//!
//! Names in `PascalCase` are those of the AWS API or of the KPL, names in `camelCase` those of the
//! KCL, names in `snake_case` botocore's. Names in `kebab-case` are ours: they belong to the
//! application's own code or to the model, and carry units.

mod checks;
mod consumer;
mod dialect;
mod flink;
mod foresee;
mod lease_table;
mod lint;
mod mapping;
mod producer;
mod service;
mod size;

pub use consumer::{ConsumerConfig, Position, Prefetch, Reader, Reading};
pub use flink::FlinkConfig;
pub use lease_table::{LeaseTableConfig, TableClient};
pub use mapping::MappingConfig;
pub use producer::{ExplicitHash, KplConfig, Library, ProducerConfig, RetryMode};
pub use service::{ControlTimes, PushConfig, ServiceConfig, ShardLimits};

use super::stream::control::{Mode, Quotas};
use super::stream::{Call, Fault, PolicyConfig, calls};
use crate::facts::{self, FactsAt, keys};
use crate::settings::{Problem, Section};
use crate::units::{ByteRate, Nanos, SimTime};
use crate::workload::{Mark, Workload};

/// Regions with the high ceiling for on-demand streams.
const LARGE_REGIONS: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];

pub(super) use foresee::sums as foresee;

/// The settings of one stream, its producers and its consumers.
#[derive(Clone, Debug)]
pub struct Config {
    /// `StreamMode`.
    pub mode: Mode,
    /// The shards at the beginning.
    pub shard_count: u32,
    /// `MaxRecordSizeInKiB` as bytes, data and key together.
    pub record_max: u64,
    /// `RetentionPeriodHours`.
    pub retention: Nanos,
    /// `EncryptionType` is `KMS`.
    pub encrypted: bool,
    /// What the control plane allows.
    pub quotas: Quotas,
    /// How an on-demand stream grows.
    pub on_demand: OnDemandConfig,
    /// How producers write.
    pub producer: ProducerConfig,
    /// Per consumer application, in the order of the workload.
    pub consumers: Vec<ConsumerConfig>,
    /// What the service does per shard and call.
    pub service: ServiceConfig,
    /// The auto-scaling policy that changes the number of shards, if there is one.
    pub policy: Option<PolicyConfig>,
    /// The calls of the operator, in the order of time.
    pub calls: Vec<Call>,
    /// The faults, in the order of the scenario.
    pub faults: Vec<Fault>,
    /// The facts in force.
    pub facts: FactsAt,
}

/// How the service scales an on-demand stream.
#[derive(Clone, Debug)]
pub struct OnDemandConfig {
    /// Bytes that a shard takes before it is split.
    pub split_bytes: ByteRate,
    /// Records per second that a shard takes before it is split.
    pub split_records: u64,
    /// The split comes at least so long after its trigger.
    pub split_least: Nanos,
    /// The split comes at most so long after its trigger.
    pub split_most: Nanos,
    /// The most shards that the region's ceiling leaves.
    pub shards_most: u32,
    /// Whether the account has as many on-demand streams as it may, so that no other one is created.
    pub account_full: bool,
    /// Whether the account has On-demand Advantage.
    pub advantage: bool,
}

impl Config {
    /// Reads the table.
    #[must_use]
    pub fn read(section: &Section<'_>, workload: &Workload) -> Self {
        let section = &section.speaking(dialect::unit_of);
        section.knows(|key| keys::refusal(keys::kinesis(), "stream", "a Kinesis stream", key));
        let mode = match section
            .choice("StreamMode", "PROVISIONED", &["PROVISIONED", "ON_DEMAND"])
            .as_str()
        {
            "ON_DEMAND" => Mode::OnDemand,
            _ => Mode::Provisioned,
        };
        let book = facts::on(section);
        refuse_plaintext(section, workload);
        let hours: u64 = book.value("kinesis.retention.hours");
        let hours_max = book.value("kinesis.retention.hours.highest");
        let record_max = read_record_max(section, &book);
        let hours = facts::setting_in(
            section,
            "RetentionPeriodHours",
            "kinesis.retention.hours",
            hours..=hours_max,
        );
        let account = section.section("account");
        let on_demand = read_on_demand(section, &account, mode);
        let consumers = consumer::read(&section.section("consumer"), workload);
        let depends = service::Depends::on(section, workload, &consumers);
        let service = service::read(&section.section("model"), &depends);
        check_days(section, book.rows(), mode, on_demand.advantage);
        checks::check_fan_out(section, &consumers, on_demand.advantage);
        checks::check_actions(section, workload, &consumers);
        let producer = producer::read(&section.section("producer"), workload, record_max);
        let config = Self {
            mode,
            shard_count: read_shards(section, mode, &on_demand),
            record_max,
            retention: Nanos::from_secs(3600 * hours),
            encrypted: section.choice("EncryptionType", "NONE", &["NONE", "KMS"]) == "KMS",
            quotas: read_quotas(&account),
            on_demand,
            producer,
            service,
            policy: PolicyConfig::read(&section.section("autoscaling"), mode),
            calls: calls::read(section, workload.duration),
            faults: checks::read_faults(section, workload, &consumers),
            consumers,
            facts: book.rows(),
        };
        lint::warn(&config, section, workload);
        config
    }

    /// Whether the stream is created in the run, and not there before.
    #[must_use]
    pub fn is_created(&self) -> bool {
        self.calls.iter().any(Call::creates)
    }

    /// When the stream is ACTIVE first.
    #[must_use]
    pub fn born(&self) -> SimTime {
        let created = self.calls.iter().find(|call| call.creates());
        created.map_or(SimTime::ZERO, |call| call.at + self.service.control.create)
    }

    /// Whether the set of shards can change in a run.
    #[must_use]
    pub fn reshards(&self) -> bool {
        self.mode == Mode::OnDemand || self.policy.is_some() || !self.calls.is_empty()
    }

    /// What charts shade.
    #[must_use]
    pub fn marks(&self) -> Vec<Mark> {
        let calls = self.calls.iter().map(Call::mark);
        calls.chain(self.faults.iter().map(Fault::mark)).collect()
    }
}

/// What did not exist yet on the day of the run.
fn check_days(section: &Section<'_>, book: FactsAt, mode: Mode, advantage: bool) {
    if mode == Mode::OnDemand {
        book.refuse_before(
            section,
            "StreamMode",
            "the mode ON_DEMAND",
            "kinesis.stream-mode.on-demand",
        );
    }
    if advantage {
        let key = "MinimumThroughputBillingCommitment";
        let what = "On-demand Advantage";
        book.refuse_before(
            &section.section("account"),
            key,
            what,
            "kinesis.advantage.commitment",
        );
    }
}

/// A stream is reached over TLS alone: whoever asks for something else is told so.
fn refuse_plaintext(section: &Section<'_>, workload: &Workload) {
    let clients = section.section("consumer");
    let names = workload
        .consumers
        .iter()
        .map(|consumer| consumer.name.as_str());
    let parts = [section.clone(), section.section("producer")];
    for part in parts
        .into_iter()
        .chain(names.map(|name| clients.entry(name)))
    {
        let asked = ["use_ssl", "security.protocol", "EncryptionInTransit"];
        for key in asked.into_iter().filter(|key| part.has(key)) {
            let harmless = key == "use_ssl" && part.is_value(key) && part.or(key, true);
            if !harmless {
                let message = "Kinesis has no plaintext endpoint: every client speaks TLS, and none can choose";
                part.problem(key, message, "leave it out");
            }
            part.ignore(key);
        }
    }
}

/// `MaxRecordSizeInKiB` in bytes: the default, or more where the opt-in exists.
fn read_record_max(section: &Section<'_>, book: &facts::Book<'_>) -> u64 {
    let (key, highest) = ("MaxRecordSizeInKiB", "kinesis.record.max-kib.highest");
    let kib: u64 = book.value("kinesis.record.max-kib");
    if book.comes(highest).is_none() {
        return 1024
            * facts::setting_in(
                section,
                key,
                "kinesis.record.max-kib",
                kib..=book.value(highest),
            );
    }
    let wanted = section.or(key, kib);
    if wanted != kib {
        book.refuse_before(section, key, "a record size other than 1024 KiB", highest);
    }
    1024 * kib
}

fn read_quotas(account: &Section<'_>) -> Quotas {
    let most = facts::on(account).value::<u64>("kinesis.account.shards");
    let stream = facts::on(account).value::<u64>("kinesis.shards.highest");
    Quotas {
        shards_account: account.or_in("shards", most, 1..=1_000_000),
        shards_stream: stream,
        updates_per_day: facts::on(account).value::<u64>("kinesis.update-shard-count.per-day")
            as usize,
        switches_per_day: facts::on(account).value::<u64>("kinesis.mode-switches.per-day") as usize,
        encryptions_per_day: facts::on(account).value::<u64>("kinesis.encryption.per-day") as usize,
    }
}

/// `account.on-demand-streams`, those that the account has already: whether there is no room for another one.
fn read_streams(account: &Section<'_>) -> bool {
    let most: u64 = facts::on(account).value("kinesis.account.on-demand-streams");
    let key = "on-demand-streams";
    account.has(key) && account.need_in(key, 0_u64..=1_000_000) >= most
}

/// `account.region`: one that exists.
fn read_region(account: &Section<'_>) -> String {
    let known: String = facts::on(account).value("kinesis.regions");
    let known: Vec<&str> = known.split(' ').collect();
    let region = account.choice("region", "us-east-1", &known);
    if region != "us-east-1" {
        let message = format!("bills are at the prices of us-east-1, not of {region}");
        let problem = Problem::new(message)
            .named("prices-of-another-region")
            .help("only the ceiling of on-demand streams follows the region");
        account.warn("region", problem);
    }
    region
}

fn read_on_demand(section: &Section<'_>, account: &Section<'_>, mode: Mode) -> OnDemandConfig {
    let region = read_region(account);
    let large = LARGE_REGIONS.contains(&region.as_str());
    let ceiling: ByteRate = facts::on(section).value(if large {
        "kinesis.on-demand.ceiling.large"
    } else {
        "kinesis.on-demand.ceiling.small"
    });
    let commitment = account.choice(
        "MinimumThroughputBillingCommitment",
        "DISABLED",
        &["DISABLED", "ENABLED"],
    );
    let hour = Nanos::from_secs(3600);
    let id = |what: &str| format!("kinesis.on-demand.split.{what}");
    // Assumptions are named in a report only where the run rests on them.
    let model = section.section("model").section("on-demand");
    let live = mode == Mode::OnDemand || section.has("call");
    let time = |key: &str, what: &str| {
        if live {
            facts::setting_in(&model, key, &id(what), Nanos::ZERO..=hour)
        } else {
            facts::on(section).value(&id(what))
        }
    };
    let split_least = time("split-least", "least");
    let split_most = time("split-most", "most").max(split_least);
    let split_records = if live {
        facts::setting_in(&model, "split-records", &id("records"), 1..=1000)
    } else {
        facts::on(section).value(&id("records"))
    };
    OnDemandConfig {
        split_bytes: facts::on(section).value(&id("bytes")),
        split_records,
        split_least,
        split_most,
        shards_most: (ceiling.0 / 1_000_000) as u32,
        account_full: read_streams(account),
        advantage: commitment == "ENABLED",
    }
}

/// The shards at the beginning: the owner's number, or what the service has made of the history.
fn read_shards(section: &Section<'_>, mode: Mode, on_demand: &OnDemandConfig) -> u32 {
    let most = facts::on(section).value::<u64>("kinesis.shards.highest");
    if mode == Mode::Provisioned {
        for key in ["WarmThroughputMiBps", "peak-30-days"] {
            if section.has(key) {
                section.problem(
                    key,
                    format!("`{key}` belongs to on-demand streams"),
                    "leave it out",
                );
                section.ignore(key);
            }
        }
        return section.need_in("ShardCount", 1..=most) as u32;
    }
    if section.has("ShardCount") {
        let help =
            "leave it out: the service decides; `peak-30-days` tells it the stream's history";
        section.problem(
            "ShardCount",
            "an on-demand stream has no `ShardCount`",
            help,
        );
        section.ignore("ShardCount");
    }
    let birth: u64 = facts::on(section).value("kinesis.on-demand.shards");
    let highest: u64 = facts::on(section).value("kinesis.warm-throughput.highest");
    let warm = section.or_in("WarmThroughputMiBps", 0, 0..=highest);
    let early = warm > 0
        && facts::on(section).refuse_before(
            section,
            "WarmThroughputMiBps",
            "warm throughput",
            "kinesis.warm-throughput.highest",
        );
    if warm > 0 && !early && !on_demand.advantage {
        section.problem(
            "WarmThroughputMiBps",
            "warm throughput needs On-demand Advantage",
            "add `account.MinimumThroughputBillingCommitment = \"ENABLED\"`",
        );
    }
    let peak = section.or_in(
        "peak-30-days",
        ByteRate(0),
        ByteRate(0)..=ByteRate(20_000_000_000),
    );
    // What the peak of the last 30 days has left: no shard above the split rule, twice the peak fits.
    let history = peak
        .0
        .div_ceil(on_demand.split_bytes.0)
        .min(u64::from(on_demand.shards_most));
    let shards = birth.max(history);
    shards.max(warm) as u32
}
