//! Unit tests of the producers' room.

use super::super::ids::{BrokerId, ProducerId};
use super::super::testing::cluster;
use crate::probe::gauges;
use crate::units::Nanos;

#[test]
fn a_record_lingers_is_sent_and_leaves_memory_when_it_is_acknowledged() {
    let mut bench = cluster("topic = { partitions = 3 }\nproducer = { \"linger.ms\" = 50 }");
    bench.send();
    bench.run(Nanos::from_millis(49));
    let held = |bench: &super::super::testing::Bench| bench.kafka.wire.batches.held();
    assert_eq!(
        (held(&bench), bench.stored()),
        (1, 0),
        "it lingers for 50 ms"
    );
    bench.run(Nanos::from_millis(100));
    assert_eq!((held(&bench), bench.stored()), (0, 1));
    assert_eq!(bench.kafka.producers.all[ProducerId::new(0)].memory, 0);
}

#[test]
fn a_producer_that_waited_for_memory_fills_its_batches_when_it_goes_on() {
    let producer = "\"client-version\" = \"2.8\", \"batch.size\" = 1000, \"buffer.memory\" = 2000, \"linger.ms\" = 1000";
    let mut bench = cluster(&format!(
        "topic = {{ partitions = 3 }}\nproducer = {{ {producer} }}"
    ));
    (0..90).for_each(|_| bench.send());
    bench.run(Nanos::from_secs(3));
    assert_eq!(bench.stored(), 90);
    let now = bench.queue.now();
    let mut shown = bench.kafka.producers.metrics.show(now);
    let per_batch = shown.find(|(name, _)| *name == gauges::RECORDS_PER_BATCH);
    // Eight records of 100 bytes fill a batch of 1,000.
    let (_, records) = per_batch.expect("batches were sent");
    assert!(records > 6.0, "{records} records a batch");
}

#[test]
#[should_panic(expected = "requests in flight")]
fn a_request_that_is_counted_but_not_on_the_wire_is_noticed() {
    let mut bench = cluster("topic = { partitions = 3 }");
    let producer = &mut bench.kafka.producers.all[ProducerId::new(0)];
    producer.nodes[BrokerId::new(0)].in_flight += 1;
    bench.run(Nanos::ZERO);
}
