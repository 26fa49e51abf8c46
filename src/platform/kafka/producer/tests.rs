//! Unit tests of the producers' room.

use super::super::ids::{BrokerId, ProducerId};
use super::super::testing::cluster;
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
#[should_panic(expected = "requests in flight")]
fn a_request_that_is_counted_but_not_on_the_wire_is_noticed() {
    let mut bench = cluster("topic = { partitions = 3 }");
    let producer = &mut bench.kafka.producers.all[ProducerId::new(0)];
    producer.nodes[BrokerId::new(0)].in_flight += 1;
    bench.run(Nanos::ZERO);
}
