//! Quantities in the words of either side, and warnings that leave a file valid.

use crate::bad_input::GOOD;
use assert_cmd::Command;
use std::path::Path;
use streamduel::scenario::{Overrides, Scenario};

fn read(text: &str, folder: &Path) -> Scenario {
    Scenario::parse("good.toml", "good", text, folder, &Overrides::default())
        .unwrap_or_else(|problems| panic!("{problems}"))
}

fn refusal(text: &str) -> String {
    let read = Scenario::parse(
        "bad.toml",
        "bad",
        text,
        Path::new("."),
        &Overrides::default(),
    );
    read.err().expect("refused").to_string()
}

fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

#[test]
fn a_rate_in_bytes_is_the_rate_in_records_of_the_mean_size() {
    let records = read(GOOD, Path::new("."));
    let bytes = read(&changed("300 records/s", "150 kB/s"), Path::new("."));
    let inputs = |scenario: &Scenario| scenario.workload.inputs(7, 0).count();
    assert_eq!(inputs(&records), inputs(&bytes));
    let says = "# workload.arrivals.poisson: 150 kB/s is 300.000 records/s of 500 B on average";
    assert!(bytes.resolved.contains(says), "{}", bytes.resolved);
    // The resolved file gives the same again.
    let again = read(&bytes.resolved, Path::new("."));
    assert_eq!(again.resolved, bytes.resolved);
}

#[test]
fn a_rate_in_bytes_needs_a_mean_size() {
    let text =
        changed("300 records/s", "150 kB/s").replace("constant = \"500 B\"", "constant = \"0 B\"");
    let shown = refusal(&text);
    assert!(shown.contains("no mean size is known"), "{shown}");
    assert!(shown.contains("bad.toml:9"), "{shown}");
}

#[test]
fn the_services_own_numbers_take_text_with_a_unit() {
    let kafka = changed(
        "partitions = 4,",
        "partitions = 4, retention.ms = \"7 d\", retention.bytes = \"10 GB\",",
    )
    .replace(
        "linger.ms = 5",
        "linger.ms = \"5 ms\", buffer.memory = \"64 MiB\"",
    );
    let text = kafka.replace(
        "ShardCount = 2",
        "ShardCount = 2\nRetentionPeriodHours = \"7 d\"",
    );
    let resolved = read(&text, Path::new(".")).resolved;
    for line in [
        "\"retention.ms\" = 604800000",
        "\"retention.bytes\" = 10000000000",
        "\"linger.ms\" = 5",
        "\"buffer.memory\" = 67108864",
        "RetentionPeriodHours = 168",
    ] {
        assert!(resolved.contains(line), "{line}: {resolved}");
    }
}

#[test]
fn a_unit_that_does_not_fit_is_refused_where_it_stands() {
    for (value, part, help) in [
        ("\"7 days\"", "unknown unit `days`", "such as \"7 d\""),
        (
            "\"0.5 ms\"",
            "no whole number of milliseconds",
            "milliseconds, or a length of time",
        ),
        ("true", "`true` is not a whole number", "milliseconds, or"),
    ] {
        let shown = refusal(&changed("linger.ms = 5", &format!("linger.ms = {value}")));
        assert!(shown.contains(part) && shown.contains(help), "{shown}");
        assert!(shown.contains("bad.toml:27"), "{shown}");
    }
}

#[test]
fn a_trace_of_means_is_warned_about_and_stays_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    put(
        "means.csv",
        "timestamp_ms,records_per_s\n0,3\n60000,4\n120000,5\n",
    );
    let of = |trace: &str| changed("poisson = \"300 records/s\"", trace);
    let plain = of("trace = { file = \"means.csv\" }");
    let scenario = read(&plain, folder.path());
    let shown = scenario.warnings.to_string();
    assert!(
        shown.starts_with("warning[means-of-a-trace]: means.csv gives the mean of every 1 min"),
        "{shown}"
    );
    let bursts = of("trace = { file = \"means.csv\", burst-factor = 3 }");
    let scenario = read(&bursts, folder.path());
    assert!(scenario.warnings.list.is_empty());
    let assumed = |a: &streamduel::settings::Assumption| a.path.ends_with("burst-share");
    assert!(scenario.assumptions.iter().any(assumed));

    put("plain.toml", &plain);
    let check = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_streamduel"))
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .expect("started")
    };
    let output = check(&["check", "plain.toml"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.starts_with("plain.toml: valid, with 1 warning; "),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("burst-factor = 3"));
    assert_eq!(
        check(&["check", "--strict", "plain.toml"]).status.code(),
        Some(2)
    );
    let output = check(&["run", "plain.toml"]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        text.contains("warning[means-of-a-trace]: means.csv"),
        "{text}"
    );
    let report = std::fs::read_to_string(folder.path().join("results/plain/report.md"));
    let report = report.expect("a report");
    assert!(
        report.contains("## Warnings\n\n- `means-of-a-trace`: means.csv gives the mean"),
        "{report}"
    );
}

/// 80 MB/s for seven days in three copies is 145 TB; three volumes of 1,000 GiB are full after hours.
#[test]
fn a_volume_is_held_against_retention() {
    let text = changed("300 records/s", "80 MB/s").replace("20 s", "6 s");
    let text = text.replace("lasts = \"5 s\"", "lasts = \"1 s\"");
    let shown = read(&text, Path::new(".")).warnings.to_string();
    for part in [
        "retention asks for 145.2 TB: 80 MB/s x 7 d x 3 copies; 3 volumes of 1000 GiB hold 3.2 TB",
        "the volumes are full after 3.7 h",
        "a volume has at most 16384 GiB",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let short = text.replace("partitions = 4,", "partitions = 4, retention.ms = \"1 h\",");
    let left = read(&short, Path::new(".")).warnings.list;
    assert!(
        left.iter()
            .all(|warning| warning.name != Some("volumes-too-small"))
    );
}

#[test]
fn limits_of_a_broker_are_warned_about() {
    let many = changed("partitions = 4,", "partitions = 1600,");
    let shown = read(&many, Path::new(".")).warnings.to_string();
    assert!(shown.contains("a broker has 1600 partitions"), "{shown}");
    let clients = changed("producers = 2", "producers = 3100");
    let shown = read(&clients, Path::new(".")).warnings.to_string();
    assert!(
        shown.contains("3102 clients connect to every broker"),
        "{shown}"
    );
}

#[test]
fn a_region_that_does_not_exist_is_refused_with_the_list() {
    let region = |name: &str| {
        let setting = format!("ShardCount = 2\naccount = {{ region = \"{name}\" }}");
        changed("ShardCount = 2", &setting)
    };
    let shown = refusal(&region("mars-1"));
    assert!(
        shown.contains("`region` cannot be `mars-1`") && shown.contains("us-east-1"),
        "{shown}"
    );
    let shown = read(&region("eu-central-1"), Path::new("."))
        .warnings
        .to_string();
    assert!(shown.contains("at the prices of us-east-1"), "{shown}");
}
