//! Consumers before KAFKA-17182: with each poll they ask a broker for what is not in their buffer, and what is left out
//! waits for that fetch.

use crate::support::{ScenarioBuilder, figure};
use proptest::prelude::*;
use streamduel::probe::RunResult;

/// One key, so that one of the two partitions of its broker is busy and the other one has nothing. A poll takes a part
/// of what is fetched.
fn one_busy_partition(poll: u32, consumer: &str) -> RunResult {
    ScenarioBuilder::lasting("20 s")
        .head("warmup = \"5 s\"")
        .workload("arrivals.constant = \"300 records/s\"\nkeys.uniform.count = 1\nsizes.constant = \"500 B\"")
        .consumer("app", "workers = 1\nprocessing.per-record = \"1 ms\"")
        .labelled(
            "k",
            "kafka",
            &format!(
                "NumberOfBrokerNodes = 3\ntopic = {{ partitions = 6 }}\nproducer.linger.ms = 50\n\
                 consumer.app = {{ max.poll.records = {poll}, {consumer} }}"
            ),
        )
        .run_only()
}

#[test]
fn what_an_older_client_leaves_out_waits_for_the_fetch_under_way() {
    let slowest = |consumer: &str| figure(&one_busy_partition(5, consumer), "delivery_max");
    let (newer, older) = ("client-version = \"4.1\"", "client-version = \"3.9\"");
    let new = slowest(newer);
    assert!(
        new < 0.1,
        "it is asked for as soon as the buffer is empty: {new} s"
    );
    // The fetch asks for the partition without news alone, and is answered after fetch.max.wait.ms. A third of the time
    // then goes by until what came meanwhile is processed.
    let old = slowest(older);
    assert!((0.45..0.75).contains(&old), "{old} s");
    let short = slowest(&format!("{older}, fetch.max.wait.ms = 100"));
    assert!((0.09..0.25).contains(&short), "{short} s");
}

#[test]
fn a_client_without_anything_in_its_buffer_fetches_as_a_newer_one() {
    let run = |version: &str| {
        let run = one_busy_partition(500, &format!("client-version = \"{version}\""));
        figure(&run, "delivery_max")
    };
    assert_eq!(run("3.9").to_bits(), run("4.1").to_bits());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    /// Whatever becomes of members and brokers, all is read once the faults are over, and the books balance.
    #[test]
    fn older_clients_read_everything(
        seed in 0_u64..10_000,
        partitions in 3_u32..20,
        poll in prop::sample::select(vec![1_u32, 7, 500]),
        isolation in prop::sample::select(vec!["read_committed", "read_uncommitted"]),
        fault in prop::sample::select(vec!["broker-crash = 1", "broker-hang = 2", "network-split = \"az2\""]),
        lasts in 1_u32..8,
    ) {
        let run = ScenarioBuilder::lasting("60 s")
            .seed(seed)
            .workload("arrivals.stages = [{ duration = \"20 s\", target = \"200 records/s\" }, { duration = \"1 s\", target = \"0 records/s\" }, { duration = \"1 h\", target = \"0 records/s\" }]")
            .workload("keys.uniform.count = 50\nsizes.constant = \"1 kB\"")
            .consumer("app", "workers = 2\nprocessing.per-record = \"2 ms\"")
            .labelled(
                "k",
                "kafka",
                &format!(
                    "NumberOfBrokerNodes = 3\ntopic = {{ partitions = {partitions} }}\nproducer.transactional.id = \"t\"\n\
                     consumer.app = {{ client-version = \"3.9\", max.poll.records = {poll}, isolation.level = \"{isolation}\", \
                     session.timeout.ms = 6000, heartbeat.interval.ms = 1000 }}"
                ),
            )
            .rest(&format!("[[system.k.kafka.fault]]\nat = \"8 s\"\nlasts = \"{lasts} s\"\n{fault}"))
            .run_only();
        let app = &run.ledger.consumers[0];
        prop_assert_eq!(app.delivered + app.aborted, run.ledger.stored, "{:?}", run.ledger);
    }
}
