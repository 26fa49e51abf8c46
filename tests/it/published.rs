//! What AWS and others have published about Kinesis, against the model. The outcome is the table in
//! docs/FIDELITY.md: `STREAMDUEL_BLESS=1 cargo test published` writes it, this test holds it to what
//! the model says now.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use streamduel::experiment::{self, Progress};
use streamduel::platform::kinesis::api;
use streamduel::platform::kinesis::control::{Control, Mode, Quotas};
use streamduel::probe::{RunResult, figures};
use streamduel::scenario::{Overrides, Scenario};
use streamduel::stats::{AgainstBounds, Interval};
use streamduel::units::SimTime;

const REPLICATIONS: u32 = 20;

/// How many times the replications of a row are made while its interval crosses a bound; the last is the cap.
const FACTORS: [u32; 3] = [1, 2, 4];

/// The factor in force.
static TIMES: AtomicU32 = AtomicU32::new(1);

/// Runs one Kinesis system `n` times.
fn runs(n: u32, head: &str, workload: &str, consumers: &str, kinesis: &str) -> Vec<RunResult> {
    let text = format!(
        "title = \"p\"\nquestion = \"?\"\n{head}\n[workload]\n{workload}\n{consumers}\n[system.k.kinesis]\n{kinesis}\n"
    );
    let overrides = Overrides {
        replications: Some(n * TIMES.load(Ordering::Relaxed)),
        ..Overrides::default()
    };
    let scenario = Scenario::parse("p.toml", "p", &text, Path::new("."), &overrides)
        .unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    let mut systems = experiment::run(&scenario, &Progress::default()).expect("balanced");
    systems.remove(0).runs
}

fn consumers(n: usize, of: &str) -> String {
    (0..n)
        .map(|i| format!("[[consumer]]\nname = \"c{i}\"\n{of}"))
        .collect()
}

fn settings(n: usize, setting: &str) -> String {
    (0..n)
        .map(|i| format!("consumer.c{i} = {{ {setting} }}\n"))
        .collect()
}

fn figure(run: &RunResult, name: &str, consumer: Option<usize>) -> f64 {
    figures::value(run, name, consumer).unwrap_or_else(|| panic!("{name} was not measured"))
}

const CALM: &str =
    "arrivals.poisson = \"20 records/s\"\nkeys.uniform.count = 1000\nsizes.constant = \"500 B\"";
const SINGLE: &str = "ShardCount = 1\nproducer = { api = \"PutRecord\", max-requests = 1000 }\n";

/// Mean delays `[ms]` of `n` readers of one shard, averaged over the readers, one value per replication.
fn delays(n: usize, setting: &str) -> Vec<f64> {
    let kinesis = format!("{SINGLE}{}", settings(n, setting));
    let runs = runs(
        REPLICATIONS,
        "duration = \"5 min\"\nwarmup = \"30 s\"",
        CALM,
        &consumers(n, ""),
        &kinesis,
    );
    let mean = |run: &RunResult| {
        (0..n)
            .map(|c| 1e3 * figure(run, "delivery_mean", Some(c)))
            .sum::<f64>()
            / n as f64
    };
    runs.iter().map(mean).collect()
}

/// Percentiles `[ms]` of single puts that enhanced fan-out pushes into Lambda.
fn into_lambda(q: f64) -> Vec<f64> {
    let workload =
        "arrivals.poisson = \"4 records/s\"\nkeys.uniform.count = 1000\nsizes.constant = \"500 B\"";
    let kinesis = format!("{SINGLE}consumer.c0 = {{ mode = \"lambda\", enhanced-fan-out = true }}");
    let runs = runs(
        REPLICATIONS,
        "duration = \"5 min\"",
        workload,
        &consumers(1, ""),
        &kinesis,
    );
    runs.iter()
        .map(|run| run.delivery[0].quantile(q).expect("delivered") as f64 / 1e6)
        .collect()
}

/// Bytes that the busiest of `shards` shards takes under `workload` `[B/s]`, once its tank is empty.
fn plateau(workload: &str, shards: u32) -> Vec<f64> {
    let kinesis =
        format!("ShardCount = {shards}\nproducer = {{ max-requests = 100, max-attempts = 2 }}");
    let head = "duration = \"3 min\"\nwarmup = \"1 min\"";
    let runs = runs(REPLICATIONS, head, workload, &consumers(1, ""), &kinesis);
    let busiest = |run: &RunResult| {
        run.lane_totals
            .iter()
            .map(|lane| lane.bytes)
            .max()
            .expect("lanes") as f64
            / run.measured_s()
    };
    runs.iter().map(busiest).collect()
}

/// The rate at which one poller drains a backlog `[MiB/s]`: what it is answered in minutes of draining.
fn drain() -> Vec<f64> {
    let workload =
        "arrivals.constant = \"90 records/s\"\nkeys = \"none\"\nsizes.constant = \"10 kB\"";
    let rest =
        "[[timeline]]\nat = \"1 s\"\nlasts = \"599 s\"\naction.consumer-down = \"c0\"\n[workload]";
    let head = format!("duration = \"14 min\"\n{rest}");
    let text = head.replace("[workload]", "");
    let consumers = format!(
        "{}{}",
        consumers(1, ""),
        text.split_once('\n').expect("two").1
    );
    let runs = runs(
        5,
        "duration = \"14 min\"",
        workload,
        &consumers,
        "ShardCount = 1",
    );
    let rate = |run: &RunResult| {
        let minutes = run.monitor.series("GetRecords.Bytes", 60);
        let draining = minutes.iter().filter(|(t, _)| (660.0..=780.0).contains(t));
        draining.map(|(_, bytes)| bytes.unwrap_or(0.0)).sum::<f64>() / 180.0 / f64::from(1 << 20)
    };
    runs.iter().map(rate).collect()
}

/// Calls of GetRecords per second that one shard answers when it is asked much more often.
fn answered_calls() -> Vec<f64> {
    let setting = settings(10, "idleTimeBetweenReadsInMillis = 200");
    let runs = runs(
        5,
        "duration = \"10 min\"",
        CALM,
        &consumers(10, ""),
        &format!("{SINGLE}{setting}"),
    );
    let rate = |run: &RunResult| {
        let of = |name: &str| {
            run.monitor
                .series(name, 60)
                .into_iter()
                .skip(1)
                .filter_map(|(_, value)| value)
        };
        let refused: Vec<f64> = of("ReadProvisionedThroughputExceeded").collect();
        let calls = of("GetRecords.Success")
            .zip(&refused)
            .map(|(ok, refused)| refused * ok / (1.0 - ok));
        calls.sum::<f64>() / (60.0 * refused.len() as f64)
    };
    runs.iter().map(rate).collect()
}

/// The distance between the subscriptions of an enhanced fan-out consumer `[s]`.
fn subscription() -> Vec<f64> {
    let kinesis = format!("{SINGLE}consumer.c0 = {{ mode = \"enhanced-fan-out\" }}");
    let runs = runs(1, "duration = \"1 h\"", CALM, &consumers(1, ""), &kinesis);
    let made: Vec<f64> = runs[0]
        .monitor
        .series("SubscribeToShard.Success", 1)
        .into_iter()
        .filter_map(|(t, value)| value.map(|_| t))
        .collect();
    made.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Records of the stream per second that 1,000 user records of 512 B a second become.
fn aggregated() -> Vec<f64> {
    let workload = "arrivals.constant = \"1000 records/s\"\nkeys.uniform.count = 100\nsizes.constant = \"512 B\"\nproducers = 1";
    let kinesis = "ShardCount = 1\nproducer.library = \"KPL\"";
    let runs = runs(
        REPLICATIONS,
        "duration = \"2 min\"\nwarmup = \"10 s\"",
        workload,
        &consumers(1, ""),
        kinesis,
    );
    runs.iter()
        .map(|run| run.lane_totals[0].records as f64 / run.measured_s())
        .collect()
}

fn on_demand(rate: u32) -> String {
    format!(
        "arrivals.poisson = \"{rate} records/s\"\nkeys = \"none\"\nsizes.constant = \"100 kB\"\nproducers = 16"
    )
}

const HISTORY: &str = "StreamMode = \"ON_DEMAND\"\npeak-30-days = \"40 MB/s\"\nproducer = { max-requests = 100, max-attempts = 2 }";

/// What an on-demand stream with a peak of 40 MB/s takes before it scales `[MB/s]`.
fn headroom() -> Vec<f64> {
    let head = "duration = \"60 s\"\nwarmup = \"35 s\"\nsample = \"5 s\"";
    let runs = runs(
        REPLICATIONS,
        head,
        &on_demand(1400),
        &consumers(1, ""),
        HISTORY,
    );
    runs.iter()
        .map(|run| figure(run, "accepted_bytes", None) / 1e6)
        .collect()
}

/// For how long it refuses when the load steps to 100 MB/s `[s]`.
fn throttled_period() -> Vec<f64> {
    let head = "duration = \"25 min\"\nsample = \"5 s\"";
    let runs = runs(5, head, &on_demand(1000), &consumers(1, ""), HISTORY);
    runs.iter()
        .map(|run| figure(run, "throttled_for", None))
        .collect()
}

/// How long UpdateShardCount takes `[s]`.
fn resharding(from: u32, to: u32, limit: &str, model: &str) -> Vec<f64> {
    let workload =
        "arrivals.constant = \"36 records/h\"\nkeys.uniform.count = 10\nsizes.constant = \"100 B\"";
    let kinesis = format!(
        "ShardCount = {from}\n{model}\n[[system.k.kinesis.call]]\nat = \"0 s\"\nUpdateShardCount.TargetShardCount = {to}"
    );
    let head =
        format!("duration = \"{limit}\"\nsample = \"10 min\"").replace("sample = \"10 min\"", "");
    let runs = runs(1, &head, workload, &consumers(1, ""), &kinesis);
    let active = runs[0]
        .happenings
        .iter()
        .find(|happening| happening.what == "ACTIVE");
    let open = figures::lanes_open(&runs[0], runs[0].points.last().expect("points").t);
    assert_eq!(open, to as usize, "it got there");
    vec![active.expect("it ends").t]
}

/// The largest growth that UpdateShardCount takes.
fn growth() -> Vec<f64> {
    let quotas = Quotas {
        shards_account: 20_000,
        shards_stream: 10_000,
        updates_per_day: 10,
        switches_per_day: 2,
        encryptions_per_day: 25,
    };
    let takes = |target: u64| {
        Control::new(10, Mode::Provisioned, quotas)
            .update_shard_count(target, SimTime::ZERO)
            .is_ok()
    };
    let most = (1..100).rev().find(|target| takes(*target)).expect("some");
    vec![most as f64 / 10.0]
}

fn shards_at_birth() -> Vec<f64> {
    let workload =
        "arrivals.constant = \"1 records/s\"\nkeys.uniform.count = 10\nsizes.constant = \"100 B\"";
    let runs = runs(
        1,
        "duration = \"10 s\"",
        workload,
        &consumers(1, ""),
        "StreamMode = \"ON_DEMAND\"",
    );
    vec![runs[0].lanes.len() as f64]
}

fn simulate(id: &str) -> Vec<f64> {
    let large = "arrivals.constant = \"205 records/s\"\nkeys = \"none\"\nsizes.constant = \"10240 B\"\nproducers = 2";
    let small = "arrivals.constant = \"2000 records/s\"\nkeys.uniform.count = 1000\nsizes.constant = \"100 B\"\nproducers = 2";
    let hot = "arrivals.constant = \"4883 records/s\"\nsizes.constant = \"1024 B\"\nproducers = 8\nproducer-of = \"record\"\n\
               keys.hot-set = { count = 100000, hot = 1, share = \"50 %\" }";
    let mebi = f64::from(1 << 20);
    let poll = |ms: u32| format!("idleTimeBetweenReadsInMillis = {ms}");
    let pushed = "mode = \"enhanced-fan-out\"";
    let each = |a: Vec<f64>, b: Vec<f64>, f: fn(f64, f64) -> f64| {
        a.into_iter().zip(b).map(|(a, b)| f(a, b)).collect()
    };
    match id {
        "KC-AW-01" => delays(1, &poll(200)),
        "KC-AW-02" => delays(5, &poll(1000)),
        "KC-AW-03" => delays(20, pushed),
        "KC-AW-04" => each(delays(20, pushed), delays(1, pushed), |many, one| {
            100.0 * (many / one - 1.0)
        }),
        "KC-AW-05" => delays(1, &poll(1000)),
        "KC-AW-07" => each(
            delays(5, &poll(1000)),
            delays(1, &poll(200)),
            |five, one| five / one,
        ),
        "KC-BS-07" => into_lambda(0.10),
        "KC-BS-08" => into_lambda(0.50),
        "KC-BS-09" => into_lambda(0.90),
        "KC-BS-10" => into_lambda(0.99),
        // MB is read as MiB, as the API and the KPL have it.
        "KN-AP-01" => plateau(large, 1)
            .into_iter()
            .map(|bytes| bytes / mebi)
            .collect(),
        "KN-AP-02" => plateau(small, 1)
            .into_iter()
            .map(|bytes| bytes / (100.0 + 6.89))
            .collect(),
        "KN-AP-03" => drain(),
        "KN-AP-05" => answered_calls(),
        "KN-AP-06" => {
            vec![
                (1..2000)
                    .rev()
                    .find(|n| api::put_records(*n, 0, facts_records(), 10 << 20).is_ok())
                    .expect("some") as f64,
            ]
        }
        "KN-AP-07" => subscription(),
        "KN-AP-09" => growth(),
        "KN-AP-11" => plateau(hot, 10)
            .into_iter()
            .map(|bytes| bytes / 1e6)
            .collect(),
        "KN-KP-01" => aggregated(),
        "KS-OD-01" => headroom(),
        "KS-OD-02" => throttled_period(),
        "KS-OD-05" => shards_at_birth(),
        "KS-FQ-01" => resharding(1000, 2000, "9 h", "model = { reshard.parallel = 1 }"),
        "KS-AP-01" => resharding(10, 20, "20 min", ""),
        other => panic!("no simulation for row {other}"),
    }
}

fn facts_records() -> u64 {
    streamduel::facts::value("kinesis.put-records.records")
}

/// The bounds of a tolerance around a published value.
fn bounds(tolerance: &str, value: f64) -> (f64, f64) {
    let rule = tolerance.split([' ', '(']).next().expect("a rule").trim();
    let number = |text: &str| {
        text.parse::<f64>()
            .unwrap_or_else(|_| panic!("{tolerance}"))
    };
    match rule.split_once(':') {
        Some(("rel", share)) => (value * (1.0 - number(share)), value * (1.0 + number(share))),
        Some(("abs", width)) => (value - number(width), value + number(width)),
        Some(("factor", factor)) => (value / number(factor), value * number(factor)),
        Some(("range", ends)) => {
            let (low, high) = ends.split_once("..").expect("two ends");
            (number(low), number(high))
        }
        _ if rule == "exact" => (value - 1e-3 * value.abs(), value + 1e-3 * value.abs()),
        _ if rule == "upper-bound" => (f64::NEG_INFINITY, value),
        _ => panic!("unknown tolerance {tolerance}"),
    }
}

/// The values of a row, with more and more replications until their interval crosses no bound, or up to the cap;
/// `None` of a row that nobody knows how to simulate.
fn settle(id: &str, (low, high): (f64, f64)) -> Option<Interval> {
    let mut found = None;
    for times in FACTORS {
        TIMES.store(times, Ordering::Relaxed);
        found = Interval::of(&catch_unwind(|| simulate(id)).ok()?);
        if found.is_some_and(|found| found.against(low, high) != AgainstBounds::Undecided) {
            break;
        }
    }
    TIMES.store(1, Ordering::Relaxed);
    found
}

fn table() -> (String, Vec<String>) {
    // Another folder of golden data need not have this file.
    let other = crate::golden::path("published.csv");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/published.csv");
    let path = if other.exists() { other } else { own };
    let mut reader =
        csv::Reader::from_path(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::from(
        "| row | what | published | tolerance | simulated | verdict |\n|---|---|---|---|---|---|\n",
    );
    let (mut outside, mut all) = (Vec::new(), 0);
    let rows: Vec<BTreeMap<String, String>> = reader
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("a table");
    let ours = rows
        .iter()
        .filter(|row| row["system"].starts_with("kinesis"));
    for row in ours {
        let id = row["id"].as_str();
        let (value, tolerance): (f64, &str) = (
            row["value"].parse().expect("a number"),
            row["suggested_tolerance"].as_str(),
        );
        let (low, high) = bounds(tolerance, value);
        let Some(found) = settle(id, (low, high)) else {
            outside.push(format!("{id}: not simulated"));
            continue;
        };
        let verdict = match found.against(low, high) {
            AgainstBounds::Inside => "inside",
            AgainstBounds::Outside => "**outside**",
            AgainstBounds::Undecided => "undecided",
        };
        all += 1;
        let half = found
            .half_width
            .filter(|_| found.n > 1)
            .map_or(String::new(), |h| format!(" ± {}", short(h)));
        let rule = tolerance.split(['(']).next().expect("a rule").trim();
        let _ = writeln!(
            text,
            "| {id} | {}, {} | {} {} | {rule} | {}{half} | {} |",
            row["what_varies"],
            row["metric"].replace('_', " "),
            row["value"],
            row["unit"],
            short(found.mean),
            verdict
        );
        if verdict == "**outside**" {
            outside.push(format!("{id}: {} is not within {low}..{high}", found.mean));
        }
    }
    crate::golden::tell("published.csv (Kinesis)", all - outside.len().min(all), all);
    (text, outside)
}

fn short(value: f64) -> String {
    let digits = if value.abs() >= 1000.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        3
    };
    format!("{value:.digits$}")
}

const BEGIN: &str = "<!-- generated: published Kinesis rows -->\n";
const END: &str = "<!-- end of generated -->";

#[test]
fn published_values_of_kinesis_are_met_and_the_table_in_the_documentation_is_theirs() {
    let (table, outside) = table();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FIDELITY.md");
    let document = std::fs::read_to_string(&path).expect("readable");
    let (before, rest) = document
        .split_once(BEGIN)
        .expect("the beginning of the table");
    let (inside, after) = rest.split_once(END).expect("the end of the table");
    if std::env::var_os("STREAMDUEL_BLESS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}")).expect("written");
    } else if std::env::var_os("STREAMDUEL_GOLDEN").is_none() {
        assert_eq!(
            inside, table,
            "run with STREAMDUEL_BLESS=1 to write the table anew"
        );
    }
    assert!(outside.is_empty(), "{outside:#?}");
}
