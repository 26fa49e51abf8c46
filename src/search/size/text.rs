//! The text of a family's scenario: the workload of the file, its timeline, and one system.

use super::family::Family;
use crate::scenario::Scenario;
use crate::units::Nanos;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike};

/// Settings that the size decides, which the scenario's own systems may have as well.
const KINESIS: [&str; 6] = [
    "ShardCount",
    "StreamMode",
    "peak-30-days",
    "WarmThroughputMiBps",
    "account",
    "autoscaling",
];
const KAFKA: [&str; 8] = [
    "cluster-type",
    "InstanceType",
    "NumberOfBrokerNodes",
    "VolumeSize",
    "ProvisionedThroughput",
    "hardware",
    "zones",
    "autoscaling",
];

/// Settings of a reader that polls, which one with fan-out does not have.
const POLLING: [&str; 3] = ["idleTimeBetweenReadsInMillis", "library", "Limit"];

/// The label of the only system in a family's scenario.
#[must_use]
pub fn label(family: &Family) -> &'static str {
    match family.platform {
        "kinesis" => "kinesis",
        _ => "msk",
    }
}

/// A zone that is lost for the rest of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostZone {
    /// Its name, such as `az1`.
    pub zone: String,
    /// When it is lost, as a scenario says it.
    pub at: String,
    /// How long it is away, as a scenario says it.
    pub lasts: String,
}

impl LostZone {
    /// Each zone in turn: lost after an eighth of the warm-up, or after a quarter of a run without one, and away until
    /// the end.
    #[must_use]
    pub fn each(scenario: &Scenario) -> Vec<Self> {
        let length = scenario.workload.duration.0;
        let at = match scenario.warmup.0 {
            0 => length / 4,
            warmup => warmup / 8,
        };
        let zone = |n: u32| Self {
            zone: format!("az{n}"),
            at: format!("{} ms", at / 1_000_000),
            lasts: format!("{} ms", (length - at) / 1_000_000),
        };
        (1..=3).map(zone).collect()
    }
}

/// How runs are shortened that only say where a size may lie: a quarter of the length and of the warm-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    length: String,
    warmup: Option<String>,
}

/// What runs that are not shortened last at most.
const SHORT: Nanos = Nanos::from_secs(40);

impl Short {
    /// `None` for runs that are short as they are, or in which something happens at its time.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let workload = &scenario.workload;
        let quarter = |whole: Nanos| format!("{} ms", whole.0 / 4_000_000);
        let warmup = scenario.warmup;
        let can = workload.duration >= SHORT && workload.timeline.marks.is_empty();
        can.then(|| Self {
            length: quarter(workload.duration),
            warmup: (warmup > Nanos::ZERO).then(|| quarter(warmup)),
        })
    }

    /// The pairs that shorten a run, behind those of `sets` that say nothing about its length.
    #[must_use]
    pub fn added(&self, sets: &[String]) -> Vec<String> {
        let of_length = |pair: &&String| {
            let key = pair.split('=').next().unwrap_or_default().trim();
            !["duration", "warmup"].contains(&key)
        };
        let mut all: Vec<String> = sets.iter().filter(of_length).cloned().collect();
        all.push(format!("duration={}", self.length));
        all.extend(self.warmup.iter().map(|own| format!("warmup={own}")));
        all
    }
}

/// The text of the scenario `text` with the system of a family instead of its own systems.
///
/// # Errors
/// If the text is no TOML.
pub fn of(
    text: &str,
    family: &Family,
    claims: &[String],
    lost: Option<&LostZone>,
) -> Result<String, String> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|e: toml_edit::TomlError| e.to_string())?;
    let mut system = template(&document, family.platform).unwrap_or_default();
    prepare(&mut system, family);
    let mut of_label = Table::new();
    of_label.insert(family.platform, Item::Table(system));
    let mut systems = Table::new();
    systems.insert(label(family), Item::Table(of_label));
    document.insert("system", Item::Table(systems));
    document.remove("sweep");
    document.remove("atlas");
    let mut list = ArrayOfTables::new();
    for claim in claims {
        let mut table = Table::new();
        table.insert("that", toml_edit::value(claim));
        list.push(table);
    }
    document.insert("expect", Item::ArrayOfTables(list));
    if let Some(lost) = lost {
        lose(&mut document, lost);
    }
    Ok(document.to_string())
}

/// What the command line changes in the file's systems, for a family: what it changes in the first system of the family's
/// platform holds for the family's, unless the family decides it, and the other systems are not there.
#[must_use]
pub fn overrides(text: &str, family: &Family, sets: &[String]) -> Vec<String> {
    let document: DocumentMut = text.parse().unwrap_or_default();
    let first = first(&document, family.platform).map_or("", |(label, _)| label);
    let own = format!("system.{first}.{}.", family.platform);
    let translated = |pair: &String| {
        if !pair.starts_with("system.") {
            return Some(pair.clone());
        }
        let rest = pair.strip_prefix(&own)?;
        let key = rest.split(['=', '.']).next().unwrap_or(rest).trim();
        let is_free = !decided(family).contains(&key);
        is_free.then(|| format!("system.{}.{}.{rest}", label(family), family.platform))
    };
    sets.iter().filter_map(translated).collect()
}

/// What a family decides.
fn decided(family: &Family) -> &'static [&'static str] {
    match family.platform {
        "kinesis" => &KINESIS,
        _ => &KAFKA,
    }
}

/// The table of the first system on this platform.
fn template(document: &DocumentMut, platform: &str) -> Option<Table> {
    first(document, platform).map(|(_, table)| table)
}

/// The first system on this platform: its label and its table.
fn first<'a>(document: &'a DocumentMut, platform: &str) -> Option<(&'a str, Table)> {
    let systems = document.get("system")?.as_table_like()?;
    let own = |(label, system): (&'a str, &'a Item)| {
        let table = system.as_table_like()?.get(platform)?;
        Some((label, table.clone().into_table().ok()?))
    };
    systems.iter().find_map(own)
}

/// Takes out of a system's table what the family decides.
fn prepare(system: &mut Table, family: &Family) {
    for key in decided(family) {
        system.remove(key);
    }
    let library = family
        .settings
        .iter()
        .find(|(key, _)| key == "producer.library");
    if let Some((_, library)) = library {
        let own = system.get("producer").and_then(Item::as_table_like);
        let own = own
            .and_then(|p| p.get("library")?.as_str())
            .unwrap_or("SDK");
        if own != library {
            system.remove("producer");
        }
    }
    let chooses = |(key, value): &(String, String)| key == "cluster-type" && value != "STANDARD";
    let topic = system.get_mut("topic").and_then(Item::as_table_like_mut);
    if let Some(topic) = topic.filter(|_| family.settings.iter().any(chooses)) {
        remove_fixed(topic, "replication.factor", 3);
        remove_fixed(topic, "min.insync.replicas", 2);
    }
    let readers = system.get_mut("consumer").and_then(Item::as_table_like_mut);
    for (name, reader) in readers.into_iter().flat_map(|readers| readers.iter_mut()) {
        if let Some(reader) = reader.as_table_like_mut() {
            prepare_reader(
                reader,
                family.pushed.iter().any(|pushed| *pushed == name.get()),
            );
        }
    }
}

/// Takes out of a topic's table what Express and Serverless fix, where it is what they fix.
fn remove_fixed(table: &mut dyn TableLike, key: &str, fixed: i64) {
    if table.get(key).and_then(Item::as_integer) == Some(fixed) {
        table.remove(key);
    }
    let Some((head, rest)) = key.split_once('.') else {
        return;
    };
    // A name with dots may be a table in a table.
    let inner = table.get_mut(head).and_then(Item::as_table_like_mut);
    if let Some(inner) = inner {
        remove_fixed(inner, rest, fixed);
        if inner.is_empty() {
            table.remove(head);
        }
    }
}

/// Takes out of a reader's table how it reads, unless it is none of the two ways that the family decides between.
fn prepare_reader(reader: &mut dyn TableLike, is_pushed: bool) {
    let mode = reader.get("mode").and_then(Item::as_str);
    if matches!(mode, Some("polling" | "enhanced-fan-out")) {
        reader.remove("mode");
    }
    if is_pushed {
        for key in POLLING {
            reader.remove(key);
        }
    }
}

/// Adds the loss of a zone to the timeline.
fn lose(document: &mut DocumentMut, lost: &LostZone) {
    let mut step = Table::new();
    step.insert("at", toml_edit::value(&lost.at));
    step.insert("lasts", toml_edit::value(&lost.lasts));
    let mut action = Table::new();
    action.insert("az-down", toml_edit::value(&lost.zone));
    step.insert("action", Item::Table(action));
    let timeline = document
        .entry("timeline")
        .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if let Some(list) = timeline.as_array_of_tables_mut() {
        list.push(step);
    }
}
