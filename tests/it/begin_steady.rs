//! `begin = "steady"`: a run starts with logs as full as retention makes them. Every check is a closed form.

use crate::support::happened;
use std::path::Path;
use streamduel::experiment::{Progress, run_one};
use streamduel::probe::{RunResult, gauges};
use streamduel::scenario::{Overrides, Scenario};

const SECOND: f64 = 1e9;

/// Two minutes of 1 MB/s, begun as `begin` says.
fn text(begin: &str, system: &str) -> String {
    format!(
        "title = \"Full logs\"\nquestion = \"?\"\nduration = \"2 min\"\nsample = \"1 s\"\n{begin}\n\
         [workload]\narrivals = {{ constant = \"1000 records/s\" }}\nkeys = \"none\"\nsizes = {{ constant = \"1 kB\" }}\n\
         [[consumer]]\nname = \"app\"\n{system}"
    )
}

const STEADY: &str = "begin = \"steady\"";

fn parse(text: &str) -> Result<Scenario, String> {
    let none = Overrides::default();
    Scenario::parse("full", "full", text, Path::new("."), &none).map_err(|all| all.to_string())
}

/// What is wrong with a text.
fn refused(text: &str) -> String {
    parse(text).err().expect("it is refused")
}

fn run(text: &str) -> RunResult {
    let scenario = parse(text).unwrap_or_else(|problems| panic!("{problems}"));
    let run = run_one(&scenario, 0, 0, &Progress::default());
    run.ledger
        .check()
        .unwrap_or_else(|sentence| panic!("{sentence}"));
    run
}

/// What was used of an item of the bill, in base units.
fn used(run: &RunResult, item: &str) -> f64 {
    let bill = run.bill.as_ref().expect("a bill");
    let line = bill.lines.iter().find(|line| line.item.name == item);
    line.map_or(0.0, |line| line.quantity as f64)
}

/// Three brokers with volumes of 100 GiB; each file takes 300 s of a partition.
const MSK: &str = "[system.k.kafka]\nNumberOfBrokerNodes = 3\nVolumeSize = 100\n\
                   topic = { partitions = 3, retention.ms = \"6 h\", segment.bytes = 100000000 }\n";

fn volume_shares(run: &RunResult) -> Vec<f64> {
    let used = |gauge: &&streamduel::probe::Gauge| gauge.is(gauges::DATA_LOGS_DISK_USED);
    let of = |point: &streamduel::probe::Point| point.gauges.iter().find(used).map(|g| g.value);
    run.points.iter().filter_map(of).collect()
}

#[test]
fn a_volume_holds_what_retention_keeps_and_half_a_file_of_each_partition() {
    let steady = run(&text(STEADY, MSK));
    let (first, last) = {
        let shares = volume_shares(&steady);
        (shares[0], shares[shares.len() - 1])
    };
    let volume = 100.0 * f64::from(1 << 30);
    // Three copies on three brokers: each holds 6 h of 1 MB/s, and 0, 1/3 and 2/3 of a file more, and an older whole file.
    let held = first * volume / 1e6;
    assert!((21_600.0..21_950.0).contains(&held), "{held} MB");
    assert!(last >= first - 1e-3, "{first} {last}");
    let fresh = run(&text("", MSK));
    assert!(volume_shares(&fresh)[0] < 1e-3);
    // The old log is no record of the run.
    assert_eq!(steady.ledger.offered, fresh.ledger.offered);
    assert_eq!(steady.ledger.stored, fresh.ledger.stored);
    let delivered = |run: &RunResult| run.ledger.consumers[0].delivered;
    assert_eq!(delivered(&steady), delivered(&fresh));
}

#[test]
fn a_volume_that_is_too_small_for_retention_is_full_within_minutes() {
    let small = MSK.replace("VolumeSize = 100", "VolumeSize = 10").replace(
        "NumberOfBrokerNodes",
        "log.retention.check.interval.ms = 10000\nNumberOfBrokerNodes",
    );
    assert!(happened(&run(&text(STEADY, &small)), "volume full") > 0);
    assert_eq!(happened(&run(&text("", &small)), "volume full"), 0);
}

#[test]
fn an_empty_volume_is_filled_with_the_old_log_too() {
    let fault = "[[system.k.kafka.fault]]\nat = \"10 s\"\nlasts = \"5 s\"\nbroker-crash = { broker = 1, volume = \"empty\" }\n";
    let long = |begin: &str, volume: &str| {
        let text = text(begin, &format!("{MSK}{}", fault.replace("empty", volume)));
        let under = |gauge: &&streamduel::probe::Gauge| {
            gauge.is(gauges::UNDER_REPLICATED) && gauge.entity == "cluster"
        };
        let of = |point: &streamduel::probe::Point| {
            let gauge = point.gauges.iter().find(under);
            gauge.is_some_and(|gauge| gauge.value > 0.0)
        };
        run(&text).points.iter().filter(|point| of(point)).count()
    };
    // 22 GB through a network of 10 Gbit/s at most take 18 s and more; the same volume lacks some MB.
    let (empty, same) = (long(STEADY, "empty"), long(STEADY, "same"));
    assert!(empty >= same + 18, "{empty} {same}");
    assert!(long("", "empty") < same + 3);
}

#[test]
fn storage_that_is_paid_by_the_byte_is_paid_for_a_full_log() {
    let express = "[system.k.kafka]\ncluster-type = \"EXPRESS\"\nNumberOfBrokerNodes = 3\n\
                   topic = { partitions = 3, retention.ms = \"6 h\", segment.bytes = 100000000 }\n";
    let hold = |begin| used(&run(&text(begin, express)), "Express storage") / 120.0 / SECOND / 1e6;
    let (steady, fresh) = (hold(STEADY), hold(""));
    assert!(
        (21_600.0..22_000.0).contains(&(steady - fresh)),
        "{steady} {fresh}"
    );
    let tiered = MSK
        .replace("VolumeSize", "StorageMode = \"TIERED\"\nVolumeSize")
        .replace("retention.ms", "local.retention.ms = \"1 h\", retention.ms");
    let run = run(&text(STEADY, &tiered));
    let remote = used(&run, "tiered storage") / 120.0 / SECOND / 1e6;
    assert!((21_600.0..22_000.0).contains(&remote), "{remote}");
    let local = volume_shares(&run)[0] * 100.0 * f64::from(1 << 30) / 1e6;
    assert!((3600.0..4000.0).contains(&local), "an hour: {local}");
}

#[test]
fn a_stream_is_billed_for_what_it_kept_before_the_run() {
    let provisioned = "[system.k.kinesis]\nShardCount = 2\nRetentionPeriodHours = 192\n";
    let on_demand = "[system.k.kinesis]\nStreamMode = \"ON_DEMAND\"\nRetentionPeriodHours = 48\n";
    for (system, item) in [
        (provisioned, "long-term retention"),
        (on_demand, "extended retention, data"),
    ] {
        // A day of 1 MB/s lies beyond the first week, and beyond the first day.
        let steady = run(&text(STEADY, system));
        let kept = used(&steady, item) / 120.0 / SECOND;
        assert!((kept / 86_400e6 - 1.0).abs() < 1e-3, "{item}: {kept}");
        let fresh = run(&text("", system));
        assert!(used(&fresh, item) < 1.0);
        let filled = |run: &RunResult| {
            let bill = run.bill.as_ref().expect("a bill");
            let line = bill.lines.iter().find(|line| line.item.name == item);
            line.and_then(|line| line.filled)
        };
        assert_eq!(
            filled(&steady),
            filled(&fresh),
            "the estimate of a full log is the same"
        );
    }
}

#[test]
fn a_log_without_a_limit_is_never_full() {
    let for_ever = MSK.replace("\"6 h\"", "-1");
    let message = refused(&text(STEADY, &for_ever));
    assert!(message.contains("keeps data for ever"), "{message}");
    let bytes = for_ever.replace(
        "segment.bytes",
        "retention.bytes = 2000000000, segment.bytes",
    );
    let held = volume_shares(&run(&text(STEADY, &bytes)))[0] * 100.0 * f64::from(1 << 30);
    assert!((6.0e9..6.4e9).contains(&held), "three partitions: {held}");
    let compacted = MSK.replace(
        "segment.bytes",
        "cleanup.policy = \"compact\", segment.bytes",
    );
    let message = refused(&text(STEADY, &compacted));
    assert!(message.contains("compacted log"), "{message}");
    let message = refused(&text("begin = \"full\"", MSK));
    assert!(message.contains("steady"), "{message}");
}
