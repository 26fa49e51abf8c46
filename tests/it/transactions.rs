//! What transactions must keep, whatever is done to them: readers of committed data are given nothing of an aborted
//! transaction and nothing above the last stable offset (the model checks that at every sample), and every record has one
//! fate.

use crate::conformance_kafka::{CLUSTERS, HASTY};
use crate::support::{ScenarioBuilder, cause, figure, happened};
use proptest::prelude::*;
use streamduel::probe::RunResult;

const FAULTS: [&str; 9] = [
    "stuck-producer = 1",
    "stuck-producer = 2",
    "producer-crash = 1",
    "producer-crash = 2",
    "broker-crash = 1",
    "broker-stop = 2",
    "broker-hang = 3",
    r#"network-split = "az2""#,
    "fetcher-hang = 2",
];

/// Two producers with transactions, one reader of committed data and one of all.
fn scenario(head: &str, workload: &str, kafka: &str, faults: &str) -> RunResult {
    let workload = format!(
        "{workload}\nkeys.uniform.count = 300\nsizes.constant = \"300 B\"\nproducers = 2\nproducer-of = \"key\""
    );
    let consumers = "consumer.app = { isolation.level = \"read_committed\", session.timeout.ms = 6000, heartbeat.interval.ms = 1000 }\n\
                     consumer.all = { session.timeout.ms = 6000, heartbeat.interval.ms = 1000 }";
    ScenarioBuilder::new()
        .head(head)
        .workload(&workload)
        .consumer("app", "workers = 2\nprocessing.per-record = \"100 us\"")
        .consumer("all", "workers = 2")
        .labelled("k", "kafka", &format!("{kafka}\n{consumers}"))
        .rest(faults)
        .run_only()
}

fn faults(which: &[(usize, u32, u32)]) -> String {
    let fault = |(n, at, lasts): &(usize, u32, u32)| {
        let what = FAULTS[*n];
        format!("[[system.k.kafka.fault]]\nat = \"{at}.02 s\"\nlasts = \"{lasts} s\"\n{what}\n")
    };
    which.iter().map(fault).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// Commits, aborts, crashes of producers and fail-overs of leaders in any order.
    #[test]
    fn readers_of_committed_data_see_no_aborted_record_and_the_books_balance(
        seed in 0_u64..10_000,
        cluster in 0..CLUSTERS.len(),
        rate in 20_u32..600,
        interval in prop::sample::select(vec![20_u32, 100, 1500]),
        share in prop::sample::select(vec!["0", "0.2", "1"]),
        which in prop::collection::vec((0..FAULTS.len(), 1_u32..35, 1_u32..15), 0..5),
    ) {
        let hasty = if CLUSTERS[cluster].contains("zookeeper") {
            HASTY.lines().filter(|line| !line.starts_with("broker.")).collect::<Vec<_>>().join("\n")
        } else {
            HASTY.to_owned()
        };
        let kafka = format!(
            "NumberOfBrokerNodes = 3\ntransaction.abort.timed.out.transaction.cleanup.interval.ms = 1000\n{hasty}\n{}\n\
             producer = {{ transactional.id = \"t\", commit.interval.ms = {interval}, abort-share = {share}, transaction.timeout.ms = 4000, \
             request.timeout.ms = 3000, delivery.timeout.ms = 12000 }}",
            CLUSTERS[cluster]
        );
        let head = format!("seed = {seed}\nduration = \"40 s\"\nsample = \"1 s\"");
        let workload = format!("arrivals.poisson = \"{rate} records/s\"");
        let run = scenario(&head, &workload, &kafka, &faults(&which));
        let (committed, all) = (&run.ledger.consumers[0], &run.ledger.consumers[1]);
        prop_assert_eq!(all.aborted, 0, "who reads all data passes over nothing");
        prop_assert!(committed.delivered + committed.aborted <= run.ledger.stored + committed.vanished);
        if share == "1" {
            prop_assert_eq!(committed.delivered, 0, "every transaction was aborted");
        }
    }
}

const QUIET: &str = "NumberOfBrokerNodes = 3\ntopic = { partitions = 4, min.insync.replicas = 2 }";
const STEADY: &str = "arrivals.constant = \"500 records/s\"";

/// `TransactionCoordinator.handleInitProducerId`: the new process has the open transaction of the one before aborted.
#[test]
fn a_new_process_has_what_the_one_before_left_open_aborted() {
    let kafka =
        format!("{QUIET}\nproducer = {{ transactional.id = \"t\", commit.interval.ms = 1000 }}");
    let run = scenario(
        "duration = \"40 s\"",
        STEADY,
        &kafka,
        &faults(&[(2, 10, 5)]),
    );
    let committed = &run.ledger.consumers[0];
    assert!(
        committed.aborted > 0,
        "it crashed between two commits: {committed:?}"
    );
    assert!(committed.aborted < 400, "of one transaction: {committed:?}");
    let longest = run.delivery[0].quantile(1.0).unwrap_or_default() as f64 / 1e9;
    assert!(
        (4.0..9.0).contains(&longest),
        "readers wait until the new process begins: {longest} s"
    );
    let missing = run.ledger.offered - committed.delivered - committed.aborted;
    assert!(missing < 1500, "all that follows is read: {missing}");
}

/// `TransactionManager.java`: what was written stays in the log, what was not sent yet is dropped.
#[test]
fn an_aborted_transaction_is_stored_and_never_read() {
    let kafka = format!("{QUIET}\nproducer = {{ transactional.id = \"t\", abort-share = 1.0 }}");
    let run = scenario("duration = \"20 s\"", STEADY, &kafka, "");
    let committed = &run.ledger.consumers[0];
    assert_eq!(committed.delivered, 0);
    assert!(committed.aborted > 8000, "{committed:?}");
    assert!(cause(&run, "TransactionAbortedException") < 1000);
    assert!(
        figure(&run, "delivered") < 0.5,
        "the reader of committed data is the worse one"
    );
    assert_eq!(happened(&run, "producer fenced"), 0);
}
