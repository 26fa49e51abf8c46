//! Bills against published totals, against hand arithmetic, and against themselves.

use std::path::Path;
use streamduel::cost::{Bill, HOUR_NS, Item, PICO_PER_USD, usd};
use streamduel::experiment::{self, Progress};
use streamduel::probe::RunResult;
use streamduel::report::{self, Report};
use streamduel::scenario::{Overrides, Scenario};
use streamduel::units::Nanos;

const GIB: u128 = 1 << 30;
const SECOND: u128 = 1_000_000_000;

fn scenario(text: &str) -> Scenario {
    Scenario::parse(
        "costs.toml",
        "costs",
        text,
        Path::new("."),
        &Overrides::default(),
    )
    .unwrap_or_else(|problems| panic!("{problems}"))
}

fn run(text: &str) -> RunResult {
    let scenario = scenario(text);
    experiment::run_one(&scenario, 0, 0, &Progress::default())
}

/// A minute of `rate` records of `size`, read by `readers` consumers, on one system.
fn minute(rate: &str, size: &str, readers: usize, system: &str) -> String {
    let consumers: String = (0..readers)
        .map(|n| {
            format!(
                r#"[[consumer]]
name = "r{n}"
"#
            )
        })
        .collect();
    format!(
        r#"title = "Costs"
question = "What does it cost?"
duration = "1 min"
sample = "1 s"
         [workload]
arrivals = {{ constant = "{rate}" }}
keys = "none"
         sizes = {{ constant = "{size}" }}
producers = 3
{consumers}{system}
"#
    )
}

fn bill(run: &RunResult) -> &Bill {
    run.bill.as_ref().expect("a bill")
}

/// What was used of an item, in base units; 0 if it is not on the bill.
fn used(run: &RunResult, item: &str) -> u128 {
    let line = bill(run).lines.iter().find(|line| line.item.name == item);
    assert!(
        bill(run).items.iter().any(|known| known.name == item),
        "{item} is on no price list"
    );
    line.map_or(0, |line| line.quantity)
}

/// A bill over the price list of a platform for usage by item.
fn billed(items: &[Item], usage: &[(&str, u128)], hours: u64) -> Bill {
    for (name, _) in usage {
        assert!(
            items.iter().any(|item| item.name == *name),
            "{name} is on no price list"
        );
    }
    let of = |item: &Item| {
        usage
            .iter()
            .find(|(name, _)| *name == item.name)
            .map_or(0, |(_, used)| *used)
    };
    let usage: Vec<u128> = items.iter().map(of).collect();
    Bill::new(items.to_vec(), &usage, &[], Nanos::from_secs(3600 * hours))
}

fn dollars(pico: u128) -> f64 {
    pico as f64 / PICO_PER_USD as f64
}

const ON_DEMAND: &str = r#"[system.s.kinesis]
StreamMode = "ON_DEMAND""#;

/// Usage by item, hours, what it comes to, what AWS was billed `[USD]`, and the stated gap `[%]`.
type Vector<'a> = (&'a [(&'a str, u128)], u64, f64, f64, f64);

/// BLOG-COST's totals, with the gaps that kinesis.md section 7 states.
#[test]
fn the_cost_vectors_of_aws_come_out_within_their_stated_gaps() {
    let run = run(&minute("1 records/s", "1 kB", 1, ON_DEMAND));
    let items = &bill(&run).items;
    // MiB/s for so many hours, in bytes.
    let data = |mib: u128, hours: u128| (mib << 20) * 3600 * hours;
    let month_of = |mib: u128| data(mib, 24) * 24 * HOUR_NS;
    let vectors: [Vector<'_>; 6] = [
        (
            &[
                ("stream-hours", 480 * HOUR_NS),
                ("data in", data(100, 48)),
                ("data retrieval", data(100, 48)),
            ],
            48,
            2_044.2,
            2_071.75,
            1.3,
        ),
        (
            &[
                ("data in, Advantage", data(100, 48)),
                ("data retrieval, Advantage", data(100, 48)),
            ],
            48,
            810.0,
            823.44,
            1.7,
        ),
        (
            &[
                ("stream-hours", 240 * HOUR_NS),
                ("data in", data(15, 24)),
                ("data retrieval", data(15, 24)),
                ("extended retention, data", month_of(15)),
            ],
            24,
            165.7,
            176.0,
            6.0,
        ),
        (
            &[
                ("data in, Advantage", data(15, 24)),
                ("data retrieval, Advantage", data(15, 24)),
                ("commitment not used, data in", data(10, 24)),
                ("commitment not used, retrieval", data(10, 24)),
                ("retention beyond 24 h, Advantage", month_of(15)),
            ],
            24,
            102.2,
            104.0,
            2.0,
        ),
        (
            &[
                ("stream-hours", 24 * HOUR_NS),
                ("data in", data(25, 24)),
                ("enhanced fan-out retrieval", data(250, 24)),
            ],
            24,
            1_224.4,
            1_266.0,
            3.4,
        ),
        (
            &[
                ("data in, Advantage", data(25, 24)),
                ("enhanced fan-out retrieval, Advantage", data(250, 24)),
            ],
            24,
            405.0,
            419.0,
            3.5,
        ),
    ];
    for (usage, hours, computed, reported, gap) in vectors {
        let total = dollars(billed(items, usage, hours).total());
        assert!((total - computed).abs() < 0.1, "{total} is not {computed}");
        let found = 100.0 * (reported - total) / reported;
        assert!(
            found <= gap + 0.05,
            "{total}: {found} % below {reported}, stated are {gap} %"
        );
    }
}

/// The example of kafka-msk.md section 7: three m5.large with 1,000 GB each cost 759.90 a month.
#[test]
fn the_example_of_a_month_on_msk() {
    let run = run(&minute(
        "1 records/s",
        "1 kB",
        1,
        r#"[system.s.kafka]
InstanceType = "kafka.m5.large"
NumberOfBrokerNodes = 3
VolumeSize = 1000
         topic = { partitions = 3 }
"#,
    ));
    let usage = [
        ("kafka.m5.large, broker-hours", 3 * 730 * HOUR_NS),
        ("EBS volumes", 3000 * GIB * 730 * HOUR_NS),
    ];
    let month = billed(&bill(&run).items, &usage, 730);
    assert_eq!(usd(month.total(), 12), "759.900000000000");
    // The run itself used a minute of the same.
    assert_eq!(used(&run, "kafka.m5.large, broker-hours"), 3 * 60 * SECOND);
    assert_eq!(used(&run, "EBS volumes"), 3000 * GIB * 60 * SECOND);
}

/// Whole runs against the vectors: ten fan-out consumers at 25 MiB/s, and 15 MiB/s under the commitment with
/// 48 hours of retention. Estimates of KMS and DynamoDB are no part of AWS's totals.
#[test]
fn a_day_like_the_run_costs_what_the_vectors_say() {
    let day = |text: &str| {
        let run = run(text);
        let lines = &bill(&run).lines;
        let billed = lines
            .iter()
            .filter(|line| !line.item.name.ends_with("(estimate)"));
        24.0 * billed.map(|line| dollars(line.hourly)).sum::<f64>()
    };
    let fan_out: String = (0..10)
        .map(|n| {
            format!(
                r#"consumer.r{n} = {{ mode = "enhanced-fan-out" }}
"#
            )
        })
        .collect();
    let warm = r#"peak-30-days = "60 MB/s"
"#;
    let commitment = r#"account = { MinimumThroughputBillingCommitment = "ENABLED" }
"#;
    // With its key each record is just below 256 KiB.
    let busy = |system: &str| {
        minute(
            "100 records/s",
            "262100 B",
            10,
            &format!("{ON_DEMAND}\n{warm}{fan_out}{system}"),
        )
    };
    let calm = |system: &str| {
        let system = format!("{ON_DEMAND}\n{warm}RetentionPeriodHours = 48\n{system}");
        minute("60 records/s", "262100 B", 1, &system)
    };
    let cases = [
        (busy(""), 1_224.4),
        (busy(commitment), 405.0),
        // One stream, not the ten of the vector: 0.96 a day for it, not 9.60.
        (calm(""), 165.7 - 8.64),
        (calm(commitment), 102.2),
    ];
    for (text, expected) in cases {
        let found = day(&text);
        assert!(
            (found / expected - 1.0).abs() < 0.02,
            "{found} is not about {expected}"
        );
    }
}

#[test]
fn shard_hours_follow_a_split_and_payload_units_the_records() {
    let run = run(&minute(
        "40 records/s",
        "30 kB",
        1,
        r#"[system.s.kinesis]
ShardCount = 2
RetentionPeriodHours = 48
         [[system.s.kinesis.call]]
at = "10 s"
SplitShard = { ShardToSplit = "shardId-000000000000", NewStartingHashKey = "middle" }
"#,
    ));
    // The split takes 30 s: two shards until 40 s, then three.
    let shards = (2 * 40 + 3 * 20) * SECOND;
    assert_eq!(used(&run, "shard-hours"), shards);
    assert_eq!(used(&run, "extended retention"), shards);
    assert_eq!(
        used(&run, "PUT payload units"),
        2 * u128::from(run.ledger.stored)
    );
    assert_eq!(
        used(&run, "stream-hours") + used(&run, "data in") + used(&run, "long-term retention"),
        0
    );
    assert_eq!(
        used(&run, "KMS requests (estimate)"),
        0,
        "nothing is encrypted"
    );
    let free = bill(&run)
        .lines
        .iter()
        .find(|line| line.item.name == "GetRecords")
        .expect("read");
    assert!(free.amount == 0 && free.quantity > 0, "polling is free");
}

#[test]
fn what_is_refused_is_not_billed_and_an_aggregate_is_one_record() {
    let text = |system: &str| minute("3000 records/s", "100 B", 1, system);
    let refused = run(&text("[system.s.kinesis]\nShardCount = 1"));
    assert!(refused.ledger.stored < 70_000);
    assert_eq!(
        used(&refused, "PUT payload units"),
        u128::from(refused.ledger.stored)
    );
    let kpl = run(&text(
        r#"[system.s.kinesis]
ShardCount = 1
producer = { library = "KPL" }"#,
    ));
    assert!(kpl.ledger.stored > 170_000);
    assert!(used(&kpl, "PUT payload units") * 50 < u128::from(kpl.ledger.stored));
}

#[test]
fn on_demand_rounds_each_record_up_when_it_is_written() {
    let run = run(&minute("100 records/s", "100 B", 2, ON_DEMAND));
    let stored = u128::from(run.ledger.stored);
    let read: u128 = run
        .ledger
        .consumers
        .iter()
        .map(|reader| u128::from(reader.delivered))
        .sum();
    assert_eq!(used(&run, "data in"), 1024 * stored);
    // The price list words the rounding for data in alone. What is under way to a reader is billed already.
    let retrieved = used(&run, "data retrieval");
    assert!(
        retrieved >= 100 * read && retrieved <= 150 * 2 * stored,
        "{retrieved}"
    );
    assert_eq!(used(&run, "stream-hours"), 60 * SECOND);
    assert_eq!(used(&run, "shard-hours"), 0);
}

#[test]
fn a_mode_switch_divides_the_bill() {
    let run = run(&minute(
        "100 records/s",
        "100 B",
        1,
        r#"[system.s.kinesis]
ShardCount = 3
         [[system.s.kinesis.call]]
at = "20 s"
UpdateStreamMode = { StreamMode = "ON_DEMAND" }
"#,
    ));
    assert_eq!(used(&run, "shard-hours"), 3 * 20 * SECOND);
    assert_eq!(used(&run, "stream-hours"), 40 * SECOND);
    let counted = used(&run, "PUT payload units") + used(&run, "data in") / 1024;
    assert_eq!(counted, u128::from(run.ledger.stored));
}

#[test]
fn two_thirds_of_the_traffic_of_clients_cross_a_zone_and_replication_is_free() {
    let cluster = |more: &str| {
        let system = format!(
            "[system.s.kafka]\nNumberOfBrokerNodes = 3\ntopic = {{ partitions = 6 }}\n{more}"
        );
        minute("300 records/s", "10 kB", 1, &system)
    };
    let run_of = |more: &str| run(&cluster(more));
    let leader = run_of("");
    let stored: u64 = leader
        .points
        .iter()
        .map(|point| point.counts.accepted_bytes)
        .sum();
    let crossed = used(&leader, "between zones, producers to brokers") as f64;
    assert!(
        (crossed / stored as f64 - 2.0 / 3.0).abs() < 0.02,
        "{crossed} of {stored}"
    );
    let copied = used(&leader, "between brokers, replication") as f64;
    assert!(
        (copied / stored as f64 - 2.0).abs() < 0.02,
        "{copied} of {stored}"
    );
    let line = |name: &str| {
        bill(&leader)
            .lines
            .iter()
            .find(|line| line.item.name == name)
            .expect("there")
            .amount
    };
    assert_eq!(line("between brokers, replication"), 0);
    assert!(
        line("between zones, producers to brokers") > 0
            && line("between zones, brokers to consumers") > 0
    );
    let near = run_of(
        r#"replica.selector.class = "RackAwareReplicaSelector"
consumer = { r0 = { client.rack = "by-zone" } }
"#,
    );
    assert_eq!(used(&near, "between zones, brokers to consumers"), 0);
}

#[test]
fn serverless_and_express_count_what_goes_in_and_fill_their_logs() {
    let serverless = run(&minute(
        "300 records/s",
        "10 kB",
        2,
        r#"[system.s.kafka]
cluster-type = "SERVERLESS"
topic = { partitions = 4, retention.ms = 3600000 }
"#,
    ));
    let stored: u64 = serverless
        .points
        .iter()
        .map(|point| point.counts.accepted_bytes)
        .sum();
    assert_eq!(used(&serverless, "Serverless cluster-hours"), 60 * SECOND);
    assert_eq!(
        used(&serverless, "Serverless partition-hours"),
        4 * 60 * SECOND
    );
    assert_eq!(used(&serverless, "Serverless data in"), u128::from(stored));
    let out = used(&serverless, "Serverless data out") as f64;
    assert!((out / stored as f64 - 2.0).abs() < 0.02);
    let storage = bill(&serverless)
        .lines
        .iter()
        .find(|line| line.item.name == "Serverless storage");
    let filled = storage.expect("there").filled.expect("a full log");
    // An hour at the rate of this minute.
    assert_eq!(filled, 60 * u128::from(stored));
    let express = run(&minute(
        "300 records/s",
        "10 kB",
        1,
        r#"[system.s.kafka]
cluster-type = "EXPRESS"
NumberOfBrokerNodes = 3
         topic = { partitions = 3 }
"#,
    ));
    assert_eq!(used(&express, "Express data in"), u128::from(stored));
    assert_eq!(
        used(&express, "express.m7g.large, broker-hours"),
        180 * SECOND
    );
}

#[test]
fn hardware_of_ones_own_has_no_bill_and_no_figures() {
    let text = minute(
        "10 records/s",
        "1 kB",
        1,
        r#"[system.s.kafka]
NumberOfBrokerNodes = 3
topic = { partitions = 3 }
         hardware = { vcpu = 8, memory = "32 GiB", network = "1 GB/s", disk = "500 MB/s" }
"#,
    );
    let scenario = scenario(&text);
    let runs = experiment::run(&scenario, &Progress::default()).expect("balanced");
    assert!(runs[0].runs[0].bill.is_none());
    let report = Report::new(&scenario, runs);
    assert!(
        report
            .row("cost_per_30_days", None)
            .is_some_and(|row| row.values[0].is_none())
    );
    assert!(!report::markdown(&report).contains("## Costs"));
}

/// `costs.csv`: the lines of each bill add up to its total in every column of money, to the pico-dollar.
#[test]
fn the_lines_of_the_file_add_up_to_their_totals() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = minute(
        "100 records/s",
        "1 kB",
        2,
        r#"[system.a.kinesis]
ShardCount = 2
EncryptionType = "KMS"
"#,
    ) + "[system.b.kafka]\nNumberOfBrokerNodes = 3\ntopic = { partitions = 3 }\n";
    let scenario = scenario(&format!("replications = 1\n{text}"));
    let runs = experiment::run(&scenario, &Progress::default()).expect("balanced");
    let report = Report::new(&scenario, runs);
    report::write(&report, &folder.path().join("costs")).expect("written");
    let mut reader = csv::Reader::from_path(folder.path().join("costs/costs.csv")).expect("there");
    let pico = |cell: &str| {
        cell.replace('.', "")
            .parse::<u128>()
            .expect("twelve decimals")
    };
    let (mut sums, mut totals, mut assumed) = ([0_u128; 2], 0, 0);
    for row in reader.records() {
        let row = row.expect("a row");
        // Of an hour and 30 days; a million's share is rounded line by line.
        let cells = [pico(&row[7]), pico(&row[8])];
        if &row[2] == "total" {
            assert_eq!(sums, cells, "{row:?}");
            (sums, totals) = ([0; 2], totals + 1);
            continue;
        }
        // Estimates stand below the total and are no part of it.
        if !row[3].contains("estimates") {
            sums.iter_mut()
                .zip(cells)
                .for_each(|(sum, cell)| *sum += cell);
        }
        assert!(
            !row[13].is_empty() && !row[14].is_empty() && row[15].len() == 10,
            "{row:?}"
        );
        assert_eq!(
            row[16].starts_with('L'),
            row[16].contains("assumption"),
            "{row:?}"
        );
        assumed += usize::from(row[16].contains("assumption"));
    }
    assert_eq!(totals, 2);
    assert_eq!(
        assumed, 3,
        "KMS, and writes and reads of the lease table, are estimates"
    );
    let text = report::markdown(&report);
    assert!(text.contains("| KMS requests (estimate) |") && text.contains("| L, assumption |"));
    assert!(text.contains("- assumption: estimate: one KMS request"));
}

/// A Lambda mapping has no leases; who polls with the KCL pays for its table beside the total.
#[test]
fn the_lease_table_stands_beside_the_total_and_lambda_has_none() {
    let system = |reader: &str| {
        let system = format!("[system.s.kinesis]\nShardCount = 2\nconsumer.r0 = {{ {reader} }}\n");
        run(&minute("100 records/s", "1 kB", 1, &system))
    };
    let kcl = system("mode = \"polling\"");
    let (writes, reads) = (
        "KCL lease table, writes (estimate)",
        "KCL lease table, reads (estimate)",
    );
    assert!(used(&kcl, writes) > 0 && used(&kcl, reads) > 0);
    let beside: u128 = bill(&kcl).estimates().map(|line| line.amount).sum();
    let all: u128 = bill(&kcl).lines.iter().map(|line| line.amount).sum();
    assert!(beside > 0 && bill(&kcl).total() == all - beside);
    let lambda = system("mode = \"lambda\"");
    assert_eq!((used(&lambda, writes), used(&lambda, reads)), (0, 0));
}

#[test]
fn money_is_claimed_in_dollars_only() {
    let text = |claim: &str| {
        minute(
            "1 records/s",
            "1 kB",
            1,
            "[system.s.kinesis]\nShardCount = 1\n",
        ) + &format!(
            r#"[[expect]]
that = "{claim}"
"#
        )
    };
    let read = |claim: &str| {
        Scenario::parse(
            "costs.toml",
            "costs",
            &text(claim),
            Path::new("."),
            &Overrides::default(),
        )
    };
    assert!(read("s.cost_per_30_days < 12.50 USD").is_ok());
    for claim in [
        "s.cost_per_hour < 3",
        "s.cost_per_hour < 3 EUR",
        "s.cost < -1 USD",
        "s.cost < USD",
    ] {
        let problems = read(claim).err().expect("refused").to_string();
        assert!(
            problems.contains("12.50 USD") || problems.contains("money"),
            "{problems}"
        );
    }
}

#[test]
fn provisioned_throughput_is_paid_where_more_than_the_usual_is_asked_for() {
    let of = |throughput: &str| {
        let run = run(&minute(
            "10 records/s",
            "1 kB",
            1,
            &format!(
                "[system.s.kafka]\nInstanceType = \"kafka.m5.4xlarge\"\nNumberOfBrokerNodes = 3\n{throughput}\
                 topic = {{ partitions = 3 }}\n"
            ),
        ));
        used(&run, "provisioned storage throughput")
    };
    assert_eq!(
        (of(""), of("ProvisionedThroughput.VolumeThroughput = 250\n")),
        (0, 0)
    );
    assert_eq!(
        of("ProvisionedThroughput.VolumeThroughput = 400\n"),
        3 * (400 << 20) * 60 * SECOND
    );
}
