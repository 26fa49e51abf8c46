//! Windows of claims, and what an outage comes to.

use crate::support::ScenarioBuilder;
use streamduel::probe::RunResult;
use streamduel::scenario::Scenario;

/// A cluster of three zones that loses the second one for twenty seconds.
fn zone_loss() -> ScenarioBuilder {
    ScenarioBuilder::lasting("80 s")
        .head("warmup = \"10 s\"\nsample = \"7 s\"")
        .workload("arrivals = { constant = \"250 records/s\" }\nsizes = { constant = \"200 B\" }\nproducers = 3")
        .workload("keys = { uniform = { count = 1000 } }")
        .consumer("orders", "workers = 3")
        .labelled("msk", "kafka", "NumberOfBrokerNodes = 3\ntopic = { partitions = 6 }")
        .step(30, "lasts = \"20 s\"\naction.az-down = \"az2\"")
}

fn claim(text: &str) -> String {
    format!("[[expect]]\nthat = '{text}'")
}

/// The left side of each claim.
fn left_sides(scenario: &Scenario, run: &RunResult) -> Vec<Option<f64>> {
    let sides = scenario.expects.iter();
    sides.map(|expect| expect.left.value(&[run])).collect()
}

#[test]
fn a_claim_speaks_of_a_window() {
    let claims = [
        "msk.append_p99 before az2 < 1 s",
        "msk.append_p99 during az2 > 1 s",
        "msk.append_p99 after az2 > 0 s",
        "msk.orders.delivery_p99 from \"12 s\" to \"25 s\" < 1 s",
        "msk.offered before az2 > 4900",
        "msk.offered during az2 > 4900",
        "msk.offered after az2 > 7400",
        "msk.offered from \"0 s\" to \"10 s\" > 2400",
        "msk.stored from \"0 s\" to \"80 s\" > 0",
    ];
    let builder = claims
        .iter()
        .fold(zone_loss(), |builder, text| builder.rest(&claim(text)));
    let (scenario, run) = (builder.parse(), builder.run_only());
    let sides = left_sides(&scenario, &run);
    for (expect, side) in scenario.expects.iter().zip(&sides) {
        assert!(expect.check(&[&run]).2, "{}: {side:?}", expect.that);
    }
    // The parts of the run come to the whole of it.
    let offered: f64 = sides[4..8].iter().flatten().sum();
    assert_eq!(offered.round() as u64, run.ledger.offered);
    assert_eq!(sides[8], Some(run.ledger.stored as f64));
}

#[test]
fn windows_change_nothing_that_happens() {
    let calm = zone_loss().run_only();
    let watched = zone_loss()
        .rest(&claim("msk.lost from \"33.3 s\" to \"41.7 s\" >= 0"))
        .run_only();
    assert_eq!(calm.ledger, watched.ledger);
    assert_eq!(calm.timers, watched.timers);
    assert_eq!(calm.append.mean(), watched.append.mean());
}

#[test]
fn an_entry_is_called_by_its_name_and_a_second_one_gets_a_number() {
    let named = zone_loss().step(
        60,
        "name = \"flood\"\nlasts = \"5 s\"\naction.az-down = \"az3\"",
    );
    let again = named.step(70, "lasts = \"5 s\"\naction.az-down = \"az2\"");
    let scenario = again.parse();
    let entries = scenario.systems[0].entries();
    let names: Vec<&str> = entries.iter().map(|mark| mark.name.as_str()).collect();
    assert_eq!(names, ["az2", "flood", "az2-2"]);
}

#[test]
fn a_window_that_is_not_there_is_refused() {
    for (text, message) in [
        (
            "msk.lost during az1 == 0",
            "nothing on the timeline of `msk` is called `az1`",
        ),
        ("msk.lost within az2 == 0", "`within az2` is no window"),
        ("msk.lost from \"5 s\" == 0", "has no end"),
        (
            "msk.lost from \"9 s\" to \"9 s\" == 0",
            "nothing of the run lies in",
        ),
        (
            "msk.cost during az2 > 1 USD",
            "`cost` is a figure of the whole run",
        ),
    ] {
        let problems = zone_loss().rest(&claim(text)).try_parse();
        let problems = problems.err().unwrap_or_else(|| panic!("{text} is taken"));
        assert!(problems.contains(message), "{problems}");
    }
}

/// Two systems whose only consumer is down for twenty seconds. A lane may then wait for a rebalance of 3 s and for the backlog of
/// the other lanes of its worker: 5,000 records at 1 ms each for two workers.
fn absence() -> ScenarioBuilder {
    ScenarioBuilder::lasting("120 s")
        .head("warmup = \"10 s\"\nsample = \"1 s\"")
        .workload("arrivals = { constant = \"250 records/s\" }\nsizes = { constant = \"200 B\" }\nproducers = 3")
        .workload("keys = { uniform = { count = 1000 } }")
        .consumer("orders", "workers = 2\nprocessing = { per-record = \"1 ms\" }")
        .labelled("msk", "kafka", "NumberOfBrokerNodes = 3\ntopic = { partitions = 6 }")
        .labelled("kin", "kinesis", "ShardCount = 4")
        .step(30, "name = \"gone\"\nlasts = \"20 s\"\naction.consumer-down = \"orders\"")
}

#[test]
fn reads_are_unavailable_for_as_long_as_nobody_reads() {
    let claims = ["msk", "kin"].iter().flat_map(|label| {
        [
            format!("{label}.unavailable_reads of gone > 20 s"),
            format!("{label}.orders.unavailable_reads_lane of gone < 26 s"),
            format!("{label}.unavailable_writes of gone < 1 s"),
            format!("{label}.rto of gone > 20 s"),
            format!("{label}.rto of gone < 40 s"),
            format!("{label}.drained of gone > 0 s"),
            format!("{label}.rpo of gone == 0 s"),
            format!("{label}.lost of gone == 0"),
            format!("{label}.delivery_p90 before gone < 3 s"),
            format!("{label}.delivery_p99 during gone > 18 s"),
        ]
    });
    let builder = claims.fold(absence(), |builder, text| builder.rest(&claim(&text)));
    let (scenario, runs) = (builder.parse(), builder.run());
    let runs: Vec<&RunResult> = runs.iter().collect();
    for expect in &scenario.expects {
        let (left, _, holds) = expect.check(&runs);
        assert!(holds, "{}: {left:?}", expect.that);
    }
}

#[test]
fn a_lost_zone_stops_writes_until_the_others_take_over() {
    let claims = [
        "msk.unavailable_writes_lane of az2 > 5 s",
        "msk.unavailable_writes_lane of az2 < 35 s",
        "msk.lost of az2 == 0",
        "msk.rpo_records of az2 == 0",
    ];
    let builder = claims
        .iter()
        .fold(zone_loss(), |builder, text| builder.rest(&claim(text)));
    let (scenario, run) = (builder.parse(), builder.run_only());
    for expect in &scenario.expects {
        let (left, _, holds) = expect.check(&[&run]);
        assert!(holds, "{}: {left:?}", expect.that);
    }
    let entry = &run.parts.entries[0];
    assert!(entry.writes.whole <= entry.writes.lane);
    let longest = run.append.max().expect("acknowledged");
    assert!(
        entry.writes.lane.0 <= longest + 1_000_000_000,
        "silence {:?}, slowest write {longest}",
        entry.writes
    );
}
