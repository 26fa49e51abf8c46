//! Producers in motion.

use crate::platform::kinesis::ids::ProducerId;
use crate::platform::kinesis::small::Small;

const ONE: ProducerId = ProducerId(0);

#[test]
fn a_call_is_sent_when_it_is_full_or_its_flush_interval_is_over() {
    let producer = "producer = { batch-records = 10, flush-interval = \"100 ms\" }";
    let mut small = Small::new(&format!("ShardCount = 1\n{producer}"), "");
    small.offer(0, 13);
    let writers = &small.model().writers;
    assert_eq!(writers.producers[ONE].open.len(), 3, "ten of 13 are sent");
    assert_eq!(writers.producers[ONE].in_flight, 1);
    small.run_to(101);
    assert_eq!(small.model().writers.producers[ONE].open.len(), 0);
    small.run_to(2_000);
    let writers = &small.model().writers;
    assert_eq!((writers.producers[ONE].held, writers.held()), (0, 0));
}

#[test]
fn requests_beyond_the_most_wait_for_one_of_those_to_end() {
    let producer = "producer = { api = \"PutRecord\", max-requests = 2 }";
    let mut small = Small::new(&format!("ShardCount = 1\n{producer}"), "");
    small.offer(0, 5);
    let state = &small.model().writers.producers[ONE];
    assert_eq!((state.in_flight, state.backlog.len()), (2, 3));
    small.run_to(5_000);
    let state = &small.model().writers.producers[ONE];
    assert_eq!((state.is_waiting(), state.held), (false, 0));
    assert_eq!(
        state.in_flight as usize,
        state.settled.len(),
        "what counts as in flight was answered, and makes room when room is needed"
    );
}

#[test]
fn the_kpl_sends_one_record_for_many_user_records() {
    let mut small = Small::new("ShardCount = 1\nproducer.library = \"KPL\"", "");
    small.offer(0, 50);
    small.run_to(50);
    assert_eq!(small.model().writers.held(), 50, "they wait for company");
    small.run_to(2_000);
    assert_eq!(small.model().writers.held(), 0);
}

/// Whether the KPL with these settings has sent a record of the instant zero after so many milliseconds.
fn is_sent(settings: &str, after_ms: u64) -> bool {
    let mut small = Small::new(
        &format!("ShardCount = 1\nproducer = {{ library = \"KPL\", {settings} }}"),
        "",
    );
    small.offer(0, 1);
    small.run_to(after_ms);
    let state = &small.model().writers.producers[ONE];
    state.in_flight == 1
}

#[test]
fn what_the_kpl_has_aggregated_waits_a_fifth_of_its_time_for_others_and_50_ms_at_most() {
    for (settings, leaves) in [
        ("RecordMaxBufferedTime = 100", 120),
        ("RecordMaxBufferedTime = 1000", 1050),
        ("RecordMaxBufferedTime = 100, kpl-version = \"0.13\"", 100),
        (
            "RecordMaxBufferedTime = 100, AggregationEnabled = false",
            100,
        ),
    ] {
        assert!(!is_sent(settings, leaves - 1), "{settings}");
        assert!(is_sent(settings, leaves + 1), "{settings}");
    }
}

#[test]
fn records_whose_time_is_over_one_after_the_other_share_a_call() {
    let calls = |version: &str, by_ms: u64| {
        let settings = format!(
            "ShardCount = 4\nproducer = {{ library = \"KPL\", kpl-version = \"{version}\" }}"
        );
        let mut small = Small::new(&settings, "");
        for at in 0..10 {
            small.offer(at, 1);
        }
        small.run_to(by_ms);
        small.model().writers.producers[ONE].in_flight
    };
    assert_eq!((calls("1.0", 119), calls("1.0", 121)), (0, 1));
    assert!(calls("0.13", 105) > 1, "a call for each shard");
}

#[test]
#[should_panic(expected = "what lies in their buffers")]
fn a_record_that_is_counted_twice_is_noticed() {
    let mut small = Small::new("ShardCount = 1", "");
    small.offer(0, 3);
    small.model().writers.producers[ONE].held += 1;
    small.run_to(1);
}

#[test]
#[should_panic(expected = "records that it does not hold")]
fn a_record_that_is_released_twice_is_noticed_at_once() {
    let mut small = Small::new("ShardCount = 1", "");
    small.offer(0, 3);
    small.model().writers.producers[ONE].release(4);
}
