//! The scenario that proves a plan: the stream as it is, with the plan, and with each rival, on the same records.

use super::Subject;
use crate::platform::Config;
use crate::platform::kinesis::lineage::{Change, Lineage};
use crate::platform::kinesis::relief::{Heat, Relief};
use crate::scenario::Scenario;
use crate::units::{Nanos, SimTime};
use toml_edit::{ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

/// When the first call is made.
const FIRST: Nanos = Nanos::from_secs(1);
/// Between the end of a split and the next call.
const PAUSE: Nanos = Nanos::from_secs(1);
/// From the last call's end until it is measured: what waits in producers is sent.
const SETTLE: Nanos = Nanos::from_secs(30);

/// A call of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// When it is made.
    pub at: Nanos,
    /// The name that the API has for it.
    pub name: &'static str,
    /// Its parameters.
    pub parameters: Vec<(&'static str, String)>,
}

/// Something that may help: a system of the proof.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// The label of its system in the proof.
    pub label: &'static str,
    /// What is done, in words.
    pub what: String,
    /// The calls that an operator makes.
    pub calls: Vec<Call>,
    /// How long they take.
    pub takes: Nanos,
    /// The label of its system in the file.
    of: String,
    platform: &'static str,
    /// What is different from the file.
    sets: Vec<(&'static [&'static str], Value)>,
    /// Whether the calls are made in the run; otherwise it begins with their outcome.
    in_run: bool,
}

/// How long the proof runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    warmup: Nanos,
    duration: Nanos,
}

impl Way {
    /// Whether it is the plan.
    pub(super) fn is_plan(&self) -> bool {
        self.label == "planned"
    }

    fn new(label: &'static str, of: &str, platform: &'static str, what: String) -> Self {
        Self {
            label,
            what,
            calls: Vec::new(),
            takes: Nanos::ZERO,
            of: of.to_owned(),
            platform,
            sets: Vec::new(),
            in_run: false,
        }
    }
}

impl Timing {
    /// The file's times, with the warm-up so long that the calls are done.
    pub(super) fn of(scenario: &Scenario, ways: &[Way]) -> Self {
        let ends = ways
            .iter()
            .filter(|way| way.in_run && !way.calls.is_empty());
        let ends = ends.map(|way| FIRST.0 + way.takes.0 + SETTLE.0);
        let warmup = ends.max().unwrap_or(0).max(scenario.warmup.0);
        let measured = scenario.workload.duration.0 - scenario.warmup.0;
        Self {
            warmup: Nanos(warmup),
            duration: Nanos(warmup + measured),
        }
    }
}

/// What is held against each other: the stream as it is, the plan, its rivals, and the first cluster of the file.
pub(super) fn ways(
    scenario: &Scenario,
    subject: &Subject,
    heat: &Heat,
    relief: &Relief,
    aim: f64,
) -> Vec<Way> {
    let of = subject.label.as_str();
    let mut ways = vec![Way::new("before", of, "kinesis", "as it is".to_owned())];
    let is_possible = heat.hottest_key() <= 1.0;
    if is_possible && !relief.changes.is_empty() {
        ways.push(planned(subject, relief));
    }
    // A key that is above the aim by itself is left alone in its shard.
    let aim_of_equal = aim.max(heat.hottest_key());
    if is_possible
        && let Some(count) = heat.equal_shards(aim_of_equal, subject.shards, subject.most)
    {
        ways.extend(updated(subject, count));
    }
    ways.push(salted(subject, heat, aim));
    let cluster = scenario
        .systems
        .iter()
        .find(|system| matches!(system.config, Config::Kafka(_)) && system.feed.is_none());
    if let Some(cluster) = cluster {
        ways.extend(partitions(scenario, &cluster.label));
    }
    ways
}

/// The splits and merges, one after the other.
fn planned(subject: &Subject, relief: &Relief) -> Way {
    let (mut calls, mut splits) = (Vec::new(), 0);
    let step = subject.change.0 + PAUSE.0;
    for (nth, change) in (0_u64..).zip(&relief.changes) {
        let (name, parameters) = match *change {
            Change::Split { shard, at } => {
                splits += 1;
                let parameters = vec![
                    ("ShardToSplit", shard.to_string()),
                    ("NewStartingHashKey", at.0.to_string()),
                ];
                ("SplitShard", parameters)
            }
            Change::Merge { lower, upper } => {
                let parameters = vec![
                    ("ShardToMerge", lower.to_string()),
                    ("AdjacentShardToMerge", upper.to_string()),
                ];
                ("MergeShards", parameters)
            }
        };
        calls.push(Call {
            at: Nanos(FIRST.0 + nth * step),
            name,
            parameters,
        });
    }
    let merges = relief.changes.len() - splits;
    let what = format!("{splits} × SplitShard, {merges} × MergeShards");
    Way {
        takes: Nanos(calls.len() as u64 * step),
        calls,
        in_run: true,
        ..Way::new("planned", &subject.label, "kinesis", what)
    }
}

/// UpdateShardCount to so many equal shards, at most twice as many with each call.
fn updated(subject: &Subject, count: u32) -> Option<Way> {
    let (mut calls, mut takes) = (Vec::new(), Nanos::ZERO);
    let mut lineage = Lineage::new(subject.shards, SimTime::ZERO);
    let mut shards = subject.shards;
    while shards < count {
        let target = count.min(2 * shards);
        let mut changes = 0;
        while let Some(change) = lineage.step_towards(target, &[]) {
            lineage.apply(change, SimTime::ZERO);
            changes += 1;
        }
        let at_once = if target == 2 * shards {
            subject.parallel as u64
        } else {
            1
        };
        calls.push(Call {
            at: Nanos(FIRST.0 + takes.0),
            name: "UpdateShardCount",
            parameters: vec![("TargetShardCount", target.to_string())],
        });
        takes.0 += subject.change.0 * u64::div_ceil(changes, at_once.max(1)) + PAUSE.0;
        shards = target;
    }
    let budget = match calls.len() <= subject.updates {
        true => format!("of {} in 24 h", subject.updates),
        false => format!("which is more than {} in 24 h", subject.updates),
    };
    let what = format!(
        "UpdateShardCount to {count}: {} call(s) {budget}",
        calls.len()
    );
    let sets: Vec<(&'static [&'static str], Value)> =
        vec![(&["ShardCount"], i64::from(count).into())];
    (!calls.is_empty()).then(|| Way {
        calls,
        takes,
        sets,
        ..Way::new("updated", &subject.label, "kinesis", what)
    })
}

/// Every record gets a random hash key, as a random suffix of its key gives it one.
fn salted(subject: &Subject, heat: &Heat, aim: f64) -> Way {
    let needed = libm::ceil(heat.total() / aim).max(1.0);
    let shards = i64::from(subject.shards).max(needed as i64);
    let what = "keys with a random suffix".to_owned();
    Way {
        sets: vec![
            (&["ShardCount"], shards.into()),
            (&["producer", "ExplicitHashKey"], "uniform".into()),
        ],
        ..Way::new("salted", &subject.label, "kinesis", what)
    }
}

/// A cluster as it is, and with twice the partitions.
fn partitions(scenario: &Scenario, label: &str) -> Vec<Way> {
    let resolved: toml::Table = scenario.resolved.parse().unwrap_or_default();
    let count = || {
        let system = resolved.get("system")?.get(label)?;
        system
            .get("kafka")?
            .get("topic")?
            .get("partitions")?
            .as_integer()
    };
    let Some(count) = count() else {
        return Vec::new();
    };
    let before = format!("{label} with {count} partition(s)");
    let what = format!(
        "{label} with twice the partitions: CreatePartitions to {}",
        2 * count
    );
    vec![
        Way::new("cluster-before", label, "kafka", before),
        Way {
            calls: vec![Call {
                at: FIRST,
                name: "CreatePartitions",
                parameters: vec![("count", (2 * count).to_string())],
            }],
            in_run: true,
            ..Way::new("more-partitions", label, "kafka", what)
        },
    ]
}

/// The text of the scenario with these ways instead of its systems.
pub(super) fn text(
    text: &str,
    label: &str,
    ways: &[&Way],
    timing: Timing,
    claims: &[String],
) -> Result<String, String> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut systems = Table::new();
    systems.set_implicit(true);
    for way in ways {
        let mut own = system(&document, way)
            .ok_or_else(|| format!("the file has no table of the system `{label}`"))?;
        let inner = own.get_mut(way.platform).and_then(Item::as_table_mut);
        if let Some(inner) = inner {
            change(inner, way);
        }
        systems.insert(way.label, Item::Table(own));
    }
    document.insert("system", Item::Table(systems));
    document.insert("warmup", value(span(timing.warmup)));
    document.insert("duration", value(span(timing.duration)));
    for key in ["sweep", "size", "atlas", "expect"] {
        document.remove(key);
    }
    let mut list = ArrayOfTables::new();
    for way in ways {
        for claim in claims {
            let mut table = Table::new();
            table.insert("that", value(format!("{}.{claim}", way.label)));
            list.push(table);
        }
    }
    document.insert("expect", Item::ArrayOfTables(list));
    Ok(document.to_string())
}

/// The table of a way's system in the file, with plain tables down to its platform.
fn system(document: &DocumentMut, way: &Way) -> Option<Table> {
    let own = document.get("system")?.get(&way.of)?;
    let mut own = own.clone().into_table().ok()?;
    let inner = own.remove(way.platform)?.into_table().ok()?;
    own.insert(way.platform, Item::Table(inner));
    own.set_implicit(true);
    Some(own)
}

/// Takes the file's own calls out of a system, and puts what a way changes into it.
fn change(inner: &mut Table, way: &Way) {
    if way.platform == "kinesis" {
        for key in ["call", "autoscaling"] {
            inner.remove(key);
        }
        set(inner, &["model", "watch-order"], true.into());
    }
    for (path, value) in &way.sets {
        set(inner, path, value.clone());
    }
    if !way.in_run {
        return;
    }
    let calls = inner
        .entry("call")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(calls) = calls.as_array_of_tables_mut() else {
        return;
    };
    for call in &way.calls {
        let mut parameters = InlineTable::new();
        for (name, text) in &call.parameters {
            let is_text = call.name == "SplitShard" || call.name == "MergeShards";
            let number = text.parse::<i64>().ok().filter(|_| !is_text);
            parameters.insert(
                *name,
                number.map_or_else(|| text.as_str().into(), Value::from),
            );
        }
        let mut table = Table::new();
        table.insert("at", value(span(call.at)));
        table.insert(call.name, value(parameters));
        calls.push(table);
    }
}

/// Puts a value below a table; tables on the way are made.
fn set(table: &mut Table, path: &[&str], value: Value) {
    let Some((last, way)) = path.split_last() else {
        return;
    };
    let mut place: &mut dyn toml_edit::TableLike = table;
    for name in way {
        let next = place
            .entry(name)
            .or_insert_with(|| Item::Value(InlineTable::new().into()));
        let Some(next) = next.as_table_like_mut() else {
            return;
        };
        place = next;
    }
    place.insert(last, Item::Value(value));
}

/// A span as a scenario says it.
fn span(of: Nanos) -> String {
    match of.0 % 1_000_000_000 {
        0 => format!("{} s", of.0 / 1_000_000_000),
        _ => format!("{} ms", of.0 / 1_000_000),
    }
}
