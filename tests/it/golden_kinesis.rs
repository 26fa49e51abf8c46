//! Golden sequences of Kinesis calls: what emulators and the documentation answer, step by step.

use crate::golden::{is_own, is_there, judge, path};
use serde_json::Value;
use std::collections::BTreeMap;
use streamduel::platform::kinesis::api::{self, Answer, ApiError, IteratorType, Refusal};
use streamduel::platform::kinesis::control::{Control, Mode, Quotas, Status, shard_of, split_of};
use streamduel::platform::kinesis::hash::HashKey;
use streamduel::platform::kinesis::lineage::{Change, ShardNode, ShardState};
use streamduel::platform::kinesis::{ServiceConfig, Shard, ShardId, Slots};
use streamduel::units::SimTime;

fn cases(file: &str) -> Vec<Value> {
    if !is_there(file) {
        return Vec::new();
    }
    let text =
        std::fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let cases = all["cases"].as_array().expect("cases").clone();
    assert!(!cases.is_empty());
    cases
}

/// A stream of the model's own parts: its control plane, its shards with their logs.
struct Stream {
    control: Control,
    shards: Slots<ShardId, Shard>,
    service: ServiceConfig,
    /// The data of each record by shard and offset.
    data: BTreeMap<(ShardId, u64), String>,
    /// Shard and offset of each put.
    puts: Vec<(ShardId, u64)>,
    iterators: BTreeMap<String, (ShardId, u64)>,
    running: Vec<Change>,
}

impl Stream {
    fn new(shards: u32, quotas: Quotas, service: ServiceConfig) -> Self {
        Self {
            control: Control::new(shards, Mode::Provisioned, quotas),
            shards: (0..shards).map(|_| Shard::new(&service)).collect(),
            service,
            data: BTreeMap::new(),
            puts: Vec::new(),
            iterators: BTreeMap::new(),
            running: Vec::new(),
        }
    }

    /// Lets all operations come to their end.
    fn wait(&mut self) {
        if self.control.status == Status::Creating {
            self.control.status = Status::Active;
        }
        loop {
            while let Some(change) = self.control.more(1) {
                self.running.push(change);
            }
            let Some(change) = self.running.pop() else {
                break;
            };
            for _ in self.control.done(change, SimTime::ZERO) {
                self.shards.push(Shard::new(&self.service));
            }
        }
    }

    fn put(&mut self, step: &Value) -> Answer<Value> {
        if self.control.status == Status::Creating {
            return Err(Refusal::new(
                ApiError::ResourceNotFound,
                "it is not there yet",
            ));
        }
        let key = match step["explicit_hash_key"].as_str() {
            Some(text) => api::hash_key(text)?,
            None => HashKey::of(step["partition_key"].as_str().unwrap_or("pk")),
        };
        let shard = self.control.lineage.shard(key);
        let store = &mut self.shards[shard];
        let place = (
            shard,
            store.position(IteratorType::Latest, 0, SimTime::ZERO),
        );
        assert!(
            store.put(SimTime::ZERO, SimTime::ZERO, 1, 1),
            "an idle shard"
        );
        self.data
            .insert(place, step["data"].as_str().unwrap_or_default().to_owned());
        self.puts.push(place);
        Ok(serde_json::json!({ "shard": shard.to_string() }))
    }

    /// GetShardIterator.
    fn iterator(&self, step: &Value) -> Answer<(ShardId, u64)> {
        let number = step["seq_of_put"].as_u64();
        let kind = api::iterator_type(
            step["from"].as_str().unwrap_or_default(),
            number.is_some(),
            false,
        )?;
        let shard = shard_of(step["shard"].as_str().unwrap_or_default())?;
        let offset = number.map_or(0, |put| self.puts[put as usize].1);
        let timeless = kind != IteratorType::AtTimestamp;
        assert!(timeless, "no case has a time");
        Ok((
            shard,
            self.shards[shard].position(kind, offset, SimTime::ZERO),
        ))
    }

    /// GetRecords until the shard ends or is idle.
    fn read(&self, (shard, mut at): (ShardId, u64), limit: u64) -> Value {
        let store = &self.shards[shard];
        let member = self.control.lineage.get(shard);
        let (mut records, mut pages) = (Vec::new(), Vec::new());
        loop {
            let (chunk, _) = store.peek(SimTime::ZERO, shard, at, limit, 10 << 20);
            if chunk.count == 0 {
                break;
            }
            records
                .extend((at..at + chunk.count).map(|offset| self.data[&(shard, offset)].clone()));
            pages.push(chunk.count);
            at += chunk.count;
        }
        let ended = member.state != ShardState::Open;
        let child = |child: &ShardId| {
            let child_of = self.control.lineage.get(*child);
            serde_json::json!({
                "id": child.to_string(),
                "parents": child_of.parents().map(|shard| shard.to_string()).collect::<Vec<_>>(),
                "start": child_of.range.0.0.to_string(),
                "end": child_of.range.1.0.to_string(),
            })
        };
        let children: Vec<Value> = member.children.iter().flatten().map(child).collect();
        let children = if ended {
            Value::from(children)
        } else {
            Value::Null
        };
        serde_json::json!({ "records": records, "pages": pages, "ended": ended, "child_shards": children })
    }

    fn list(&self) -> Vec<Value> {
        let one = |(shard, member): (ShardId, &ShardNode)| {
            serde_json::json!({
                "id": shard.to_string(),
                "parent": member.parent.map(|shard| shard.to_string()),
                "adjacent_parent": member.adjacent_parent.map(|shard| shard.to_string()),
                "start": member.range.0.0.to_string(),
                "end": member.range.1.0.to_string(),
                "open": member.state == ShardState::Open,
            })
        };
        self.control.lineage.members().pairs().map(one).collect()
    }

    /// What the open ranges are like, for steps that ask for properties only.
    fn has_properties(&self, expected: &Value) -> bool {
        let open: Vec<ShardId> = self.control.lineage.open().collect();
        let widths: Vec<f64> = open
            .iter()
            .map(|shard| self.control.lineage.get(*shard).width() as f64)
            .collect();
        let mean = widths.iter().sum::<f64>() / widths.len() as f64;
        let equal = widths.iter().all(|width| (width / mean - 1.0).abs() < 1e-6);
        let mut next = Some(0);
        for shard in &open {
            let (start, end) = self.control.lineage.get(*shard).range;
            if next != Some(start.0) {
                return false;
            }
            next = end.0.checked_add(1);
        }
        let wants_equal = !expected["open_ranges_equal_size_within"].is_null();
        open.len() as u64 == expected["open_shards"] && next.is_none() && (equal || !wants_equal)
    }
}

fn step(
    stream: &mut Option<Stream>,
    step: &Value,
    quotas: Quotas,
    service: &ServiceConfig,
) -> Answer<Value> {
    let text = |key: &str| step[key].as_str().unwrap_or_default();
    let op = step["op"].as_str().expect("an op");
    if op == "create" {
        let shards = step["shards"].as_i64().expect("a number");
        let shards = api::create_stream("s", shards, stream.is_some(), quotas.shards_account)?;
        let mut fresh = Stream::new(shards, quotas, service.clone());
        if step["nowait"] == true {
            fresh.control.status = Status::Creating;
        }
        *stream = Some(fresh);
        return Ok(Value::from("ok"));
    }
    let Some(stream) = stream else {
        return Err(Refusal::new(
            ApiError::ResourceNotFound,
            "there is no stream",
        ));
    };
    let answer = match op {
        "split" => {
            let (shard, at) = split_of(text("shard"), text("new_starting_hash_key"))?;
            let change = stream.control.split(shard, at)?;
            stream.running.push(change);
            Value::from("ok")
        }
        "merge" => {
            let change = stream
                .control
                .merge(shard_of(text("shard"))?, shard_of(text("adjacent"))?)?;
            stream.running.push(change);
            Value::from("ok")
        }
        "update_shard_count" => {
            let target = step["target"].as_u64().expect("a number");
            let current = stream.control.update_shard_count(target, SimTime::ZERO)?;
            serde_json::json!({ "current": current, "target": target })
        }
        "put" => stream.put(step)?,
        "list_shards" => Value::from(stream.list()),
        "summary" => {
            let status = format!("{:?}", stream.control.status).to_uppercase();
            serde_json::json!({ "status": status, "open_shard_count": stream.control.open() })
        }
        "read" => stream.read(
            stream.iterator(step)?,
            step["limit"].as_u64().unwrap_or(10_000),
        ),
        "take_iterator" => {
            let place = stream.iterator(step)?;
            stream.iterators.insert(text("as").to_owned(), place);
            Value::from("ok")
        }
        "read_iterator" => {
            let place = stream.iterators[text("it")];
            // The emulators gave one record a page here: compare what was read, page by page of one.
            stream.read(place, 10_000)
        }
        "read_raw" => {
            return Err(Refusal::new(
                ApiError::InvalidArgument,
                "this is no iterator",
            ));
        }
        "delete" => {
            stream.control.status = Status::Deleting;
            Value::from("ok")
        }
        "wait" | "sleep" => {
            stream.wait();
            Value::from("ok")
        }
        other => panic!("unknown step {other}"),
    };
    if step["nowait"] != true && matches!(op, "split" | "merge" | "update_shard_count") {
        stream.wait();
    }
    Ok(answer)
}

/// Whether an answer is the expected one; what no emulator tells is not compared.
fn agrees(stream: Option<&Stream>, expected: &Value, answer: &Answer<Value>) -> bool {
    match answer {
        Err(refusal) => {
            let name = refusal.error.name();
            expected["error"] == name
                || expected["error_any_of"]
                    .as_array()
                    .is_some_and(|names| names.iter().any(|n| n == name))
        }
        Ok(_) if expected.get("properties").is_some() => {
            stream.is_some_and(|stream| stream.has_properties(&expected["properties"]))
        }
        Ok(answer) => match (expected.as_object(), answer.as_object()) {
            (Some(expected), Some(answer)) => expected
                .iter()
                .all(|(key, value)| value.is_null() || answer.get(key) == Some(value)),
            _ => expected == answer,
        },
    }
}

#[test]
fn resharding_goes_step_by_step_as_emulators_and_documentation_say() {
    let service = service();
    let mut compared = 0;
    judge(
        "kinesis-reshard.json",
        cases("kinesis-reshard.json"),
        |case| {
            let account = if case["group"] == "limit" { 10 } else { 20_000 };
            let quotas = Quotas {
                shards_account: account,
                shards_stream: 10_000,
                updates_per_day: 10,
                switches_per_day: 2,
                encryptions_per_day: 25,
            };
            let mut stream = None;
            for (number, one) in case["steps"].as_array().expect("steps").iter().enumerate() {
                let answer = step(&mut stream, one, quotas, &service);
                assert!(
                    agrees(stream.as_ref(), &one["expect"], &answer),
                    "{} step {number}: {one}\nours: {answer:?}",
                    case["name"]
                );
                compared += 1;
            }
        },
    );
    assert!(!is_own() || compared > 400, "{compared} steps");
}

/// The service's limits from the facts, through a scenario.
fn service() -> ServiceConfig {
    let text = crate::bad_input::GOOD;
    let overrides = streamduel::scenario::Overrides::default();
    let scenario = streamduel::scenario::Scenario::parse(
        "s.toml",
        "s",
        text,
        std::path::Path::new("."),
        &overrides,
    )
    .expect("valid");
    let config = scenario
        .systems
        .into_iter()
        .find_map(|system| match system.config {
            streamduel::platform::Config::Kinesis(config) => Some(config),
            _ => None,
        });
    config.expect("a system").service
}

/// A text that the table writes out or as so many repetitions.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(parts) => {
            let count = parts["count"].as_u64().expect("a number") as usize;
            Some(parts["repeat"].as_str().expect("a text").repeat(count))
        }
        _ => None,
    }
}

const MIB: u64 = 1 << 20;

fn key_characters() -> u64 {
    streamduel::facts::value("kinesis.partition-key.characters")
}

fn check_put(params: &Value) -> Answer<()> {
    check_name(params)?;
    let key = text_of(&params["PartitionKey"]);
    api::partition_key(key.as_deref(), key_characters())?;
    if let Some(hash) = params["ExplicitHashKey"].as_str() {
        api::hash_key(hash)?;
    }
    let data = params["Data"]["bytes"].as_u64();
    api::record_size(data, key.map_or(0, |key| key.len() as u64), MIB).map(|_| ())
}

fn check_name(params: &Value) -> Answer<()> {
    match text_of(&params["StreamName"]) {
        Some(name) => {
            api::stream_name(&name)?;
            let missing = || Refusal::new(ApiError::ResourceNotFound, "no such stream");
            if name == "nope" {
                Err(missing())
            } else {
                Ok(())
            }
        }
        None => Ok(()),
    }
}

fn check_puts(params: &Value) -> Answer<()> {
    let (mut count, mut bytes) = (0, 0);
    for group in params["Records"].as_array().expect("records") {
        let (n, data) = (
            group["count"].as_u64().unwrap_or(1),
            group["data_bytes"].as_u64().unwrap_or(0),
        );
        let key = "k".repeat(group["key_chars"].as_u64().unwrap_or(1) as usize);
        api::partition_key(Some(&key), key_characters())?;
        if let Some(hash) = group["explicit_hash_key"].as_str() {
            api::hash_key(hash)?;
        }
        bytes += n * api::record_size(Some(data), key.len() as u64, MIB)?;
        count += n;
    }
    api::put_records(count, bytes, 500, 10 * MIB)
}

fn check(case: &Value) -> Answer<()> {
    let params = &case["params"];
    let hours = || params["RetentionPeriodHours"].as_u64().expect("hours");
    match case["op"].as_str().expect("an op") {
        "put_record" => check_put(params),
        "put_records" => check_puts(params),
        "create_stream" => {
            let name = text_of(&params["StreamName"]).expect("a name");
            let exists = name == "<existing stream>";
            let name = if exists { "existing" } else { name.as_str() };
            api::create_stream(
                name,
                params["ShardCount"].as_i64().expect("a number"),
                exists,
                20_000,
            )
            .map(|_| ())
        }
        "get_records" => {
            api::get_records_limit(params["Limit"].as_u64().expect("a number"), 10_000)
        }
        "get_shard_iterator" => {
            let (number, time) = (
                !params["StartingSequenceNumber"].is_null(),
                !params["Timestamp"].is_null(),
            );
            api::iterator_type(
                params["ShardIteratorType"].as_str().expect("a word"),
                number,
                time,
            )?;
            let shard = shard_of(params["ShardId"].as_str().expect("an id"))?;
            let missing = || Refusal::new(ApiError::ResourceNotFound, "no such shard");
            if shard.0 < 4 { Ok(()) } else { Err(missing()) }
        }
        // The stream of the table has been kept 24 hours before it is lengthened, 8,760 before it is shortened.
        "increase_stream_retention_period" if hours() == 24 => {
            api::retention(48, 24, false, 24, 8760).map(|_| ())
        }
        "increase_stream_retention_period" => {
            api::retention(24, hours(), false, 24, 8760).map(|_| ())
        }
        "decrease_stream_retention_period" => {
            api::retention(8760, hours(), true, 24, 8760).map(|_| ())
        }
        other => panic!("unknown call {other}"),
    }
}

#[test]
fn calls_are_validated_under_awss_own_error_names() {
    let mut compared = 0;
    judge(
        "kinesis-validation.json",
        cases("kinesis-validation.json"),
        |case| {
            let expected = &case["expect"];
            let found = check(&case);
            match expected["outcome"].as_str().expect("an outcome") {
                "accepted" => assert_eq!(found, Ok(()), "{}", case["name"]),
                "rejected" => {
                    let name = found
                        .expect_err(&format!("{} must be refused", case["name"]))
                        .error
                        .name();
                    let allowed = expected["error_any_of"].as_array().expect("names");
                    assert!(
                        allowed.iter().any(|other| other == name),
                        "{}: {name}",
                        case["name"]
                    );
                }
                _ => return,
            }
            compared += 1;
        },
    );
    assert!(!is_own() || compared > 70, "{compared} cases");
}
