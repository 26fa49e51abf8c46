//! Bounds that hold: on traces, on what is multiplied, on time.

#![allow(
    clippy::disallowed_methods,
    reason = "bounds on time are measured with the wall clock"
)]

#[path = "../generate/mod.rs"]
pub(crate) mod generate;

use crate::bad_input::GOOD;
use crate::cli::{stderr, stdout, streamduel};
use flate2::Compression;
use flate2::write::GzEncoder;
use generate::Choices;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use streamduel::experiment::{self, Progress};
use streamduel::scenario::{Memory, Overrides, Scenario};

/// A scenario that replays `file`.
fn replaying(file: &str) -> String {
    format!(
        "title = \"T\"\nquestion = \"?\"\nduration = \"10 s\"\n[workload]\narrivals = {{ trace = {{ file = \"{file}\" }} }}\n\
         keys = \"trace\"\nsizes = \"trace\"\n[[consumer]]\nname = \"app\"\n[system.kds.kinesis]\nShardCount = 1\n"
    )
}

fn parse(text: &str, folder: &Path) -> Result<Scenario, String> {
    Scenario::parse("b.toml", "b", text, folder, &Overrides::default())
        .map_err(|problems| problems.to_string())
}

fn gzip(path: &Path, fill: impl FnOnce(&mut GzEncoder<fs::File>)) {
    let file = fs::File::create(path).expect("made");
    let mut encoder = GzEncoder::new(file, Compression::fast());
    fill(&mut encoder);
    encoder.finish().expect("written");
}

/// H4. A trace beyond the limit is refused with the limit's name, not cut.
#[test]
fn a_trace_that_is_too_large_is_refused_and_not_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    // Rows of 250 bytes each: 550 MB of text in a few megabytes.
    gzip(&folder.path().join("cut.csv.gz"), |encoder| {
        encoder
            .write_all(b"timestamp_ms,key,size_bytes\n")
            .expect("written");
        let row = format!("7,{},1\n", "k".repeat(246));
        for _ in 0..2_200 {
            encoder
                .write_all(row.repeat(1000).as_bytes())
                .expect("written");
        }
    });
    let message = parse(&replaying("cut.csv.gz"), folder.path())
        .err()
        .expect("refused");
    assert!(
        message.contains("more than 512 MiB of CSV text"),
        "{message}"
    );
}

/// H4, L7. A bomb, a device, a pipe and files of another kind are refused at once, with short messages that quote nothing secret.
#[test]
#[cfg(unix)]
fn bombs_devices_and_other_files_are_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    gzip(&at("bomb.csv.gz"), |encoder| {
        for _ in 0..64 {
            encoder.write_all(&[0; 1 << 20]).expect("written");
        }
    });
    fs::write(at("secret"), "root:x:0:0:root:/root:/bin/bash\n").expect("written");
    fs::write(
        at("long.csv"),
        format!("timestamp_ms,key,size_bytes\n{},a,1\n", "9".repeat(2000)),
    )
    .expect("written");
    let made = std::process::Command::new("mkfifo")
        .arg(at("pipe"))
        .status()
        .expect("started");
    assert!(made.success());
    for (file, words) in [
        ("bomb.csv.gz", "a line of more than 4096 bytes"),
        ("/dev/zero", "not a regular file"),
        ("pipe", "not a regular file"),
        (".", "not a regular file"),
        ("secret", "line 1: not the columns of a trace"),
        ("long.csv", "9…` is no timestamp in ms"),
    ] {
        let begin = Instant::now();
        let message = parse(&replaying(file), folder.path())
            .err()
            .expect("refused");
        assert!(
            message.contains(words) && message.len() < 2500,
            "{file}: {message}"
        );
        assert!(!message.contains("root:x"), "{message}");
        assert!(begin.elapsed() < Duration::from_secs(5), "{file}");
    }
}

/// H6. Replications, samples and lanes are bounded as a product, with the memory that they would take.
#[test]
fn a_product_that_would_not_fit_into_memory_is_refused() {
    let text = GOOD
        .replace("replications = 1", "replications = 1000")
        .replace("ShardCount = 2", "ShardCount = 5000")
        .replace("\"20 s\"", "\"10000 s\"")
        .replace("warmup = \"2 s\"", "sample = \"1 s\"");
    let message = parse(&text, Path::new(".")).err().expect("refused");
    assert!(
        message.contains("1000 replications would take") && message.contains("GB of memory"),
        "{message}"
    );
}

/// H6. The estimate of memory holds for generated scenarios and for large ones, measured as the process' own peak.
#[test]
#[cfg(target_os = "linux")]
fn the_estimate_of_memory_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let many = "title = \"T\"\nquestion = \"?\"\nduration = \"300 s\"\nreplications = 60\n[workload]\n\
                arrivals = { constant = \"1 records/s\" }\nkeys = { uniform = { count = 10 } }\nsizes = { constant = \"100 B\" }\n\
                [[consumer]]\nname = \"app\"\n[system.kds.kinesis]\nShardCount = 100\n[system.msk.kafka]\n\
                NumberOfBrokerNodes = 3\ntopic = { partitions = 100 }\n";
    let fine = many
        .replace("replications = 60", "sample = \"30 ms\"")
        .replace("= 100\n", "= 1\n")
        .replace("partitions = 100", "partitions = 3");
    let unread = GOOD
        .replace("300 records/s", "20000 records/s")
        .replace("ShardCount = 2", "ShardCount = 40")
        .replace("lasts = \"5 s\"", "lasts = \"15 s\"");
    for (name, text) in [("many", many), ("fine", &fine), ("unread", &unread)] {
        fs::write(folder.path().join(format!("{name}.toml")), text).expect("written");
        let check = streamduel(folder.path(), &["check", &format!("{name}.toml")]);
        let said = stdout(&check);
        let words: Vec<&str> = said.split_whitespace().collect();
        let megabytes: u64 = words
            .iter()
            .position(|word| *word == "MB")
            .map(|at| words[at - 1].parse().expect(&said))
            .expect(&said);
        // The shell's own limit on memory would count what is only reserved; the peak of what is used is in /proc.
        let script = format!(
            "\"$0\" run {name}.toml -q & pid=$!; peak=0; while kill -0 $pid 2>/dev/null; do \
             now=$(sed -n 's/VmHWM:[^0-9]*\\([0-9]*\\) kB/\\1/p' /proc/$pid/status 2>/dev/null); [ \"${{now:-0}}\" -gt $peak ] && peak=$now; sleep 0.02; done; \
             wait $pid; code=$?; echo $peak; [ $code -eq 0 -o $code -eq 99 ]"
        );
        let output = std::process::Command::new("bash")
            .current_dir(folder.path())
            .args(["-c", &script, env!("CARGO_BIN_EXE_streamduel")])
            .output()
            .expect("a shell");
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        let peak: u64 = stdout(&output).trim().parse().expect("a number");
        assert!(
            peak > 1000 && peak < megabytes * 1000,
            "{name}: {peak} kB, estimated {megabytes} MB"
        );
    }
}

/// Generated scenarios are valid, balanced and within their bounds; the night run simulates many more of them.
#[test]
fn generated_scenarios_are_valid_and_balanced() {
    for seed in 0..150 {
        let text = generate::scenario(&mut Choices::of_seed(seed));
        let scenario = parse(&text, Path::new("."))
            .unwrap_or_else(|problems| panic!("seed {seed}: {problems}"));
        assert!(Memory::of(&scenario, 2).peak.0 < 1 << 30, "seed {seed}");
        if let Err(imbalance) = experiment::run(&scenario, &Progress::default()) {
            panic!("seed {seed}: {}", imbalance.0);
        }
    }
    // A fuzzer's bytes give scenarios as well, however few they are.
    for bytes in [&[][..], &[255; 4], &[7; 200]] {
        parse(
            &generate::scenario(&mut Choices::of_bytes(bytes)),
            Path::new("."),
        )
        .unwrap_or_else(|problems| panic!("{problems}"));
    }
}

/// M6. There are never more threads than runs.
#[test]
fn a_million_threads_are_no_more_than_the_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("good.toml"), GOOD).expect("written");
    let begin = Instant::now();
    let output = streamduel(
        folder.path(),
        &["run", "good.toml", "-q", "--threads", "1000000"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(begin.elapsed() < Duration::from_secs(30));
}

/// M7. A long title costs time in proportion to its length.
#[test]
fn a_long_title_does_not_hang_the_charts() {
    let folder = tempfile::tempdir().expect("a folder");
    let title = format!("title = \"{}\"", "w".repeat(100_000));
    fs::write(
        folder.path().join("good.toml"),
        GOOD.replace("title = \"Good\"", &title),
    )
    .expect("written");
    let begin = Instant::now();
    let output = streamduel(folder.path(), &["run", "good.toml", "-q"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
}

/// M8. Reading costs time in proportion to the number of tables, whether they are right or wrong.
#[test]
fn many_tables_are_read_in_linear_time() {
    let steps = |line: &str| {
        format!(
            "{GOOD}{}",
            format!("[[timeline]]\nat = \"1 s\"\n{line}\n").repeat(14_000)
        )
    };
    let begin = Instant::now();
    parse(&steps("action.scale-to = 2"), Path::new("."))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let message = parse(&steps("action.scale-two = 2"), Path::new("."))
        .err()
        .expect("refused");
    assert!(message.contains("more problems"));
    assert!(
        begin.elapsed() < Duration::from_secs(20),
        "{:?}",
        begin.elapsed()
    );
}

/// M3, L4. Quoted names of tables are not split at their dots; errors of syntax have a line and a way out.
#[test]
fn odd_names_and_broken_syntax_are_explained() {
    let spoiled = |from: &str, to: &str| {
        parse(&GOOD.replace(from, to), Path::new("."))
            .err()
            .expect("refused")
    };
    for name in ["a.b", "../x", ""] {
        let message = spoiled(
            "[system.kds.kinesis]",
            &format!("[system.\"{name}\".kinesis]"),
        );
        assert!(
            message.contains(&format!("`{name}` is no name of a table")),
            "{message}"
        );
        assert!(
            !message.contains("no platform is called") && !message.contains("has no system"),
            "{message}"
        );
    }
    let message = spoiled("seed = 7", "seed = ");
    assert!(
        message.contains("--> b.toml:3") && message.contains("a scenario is TOML"),
        "{message}"
    );
    let message = spoiled("seed = 7", &format!("{}a = 1", "a.".repeat(100)));
    assert!(
        message.contains("nested too deeply") && message.contains("--> b.toml:3"),
        "{message}"
    );
    let message = spoiled(
        "seed = 7",
        &format!("a = {}1{}", "[".repeat(200), "]".repeat(200)),
    );
    assert!(
        message.contains("nested too deeply") && message.contains("--> b.toml:3"),
        "{message}"
    );
}
