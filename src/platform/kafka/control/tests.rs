//! Unit tests of the control room.

use super::super::ids::{BrokerId, PartitionId};
use super::super::testing::{Bench, cluster};
use super::lifecycle::ClusterState;
use crate::units::Nanos;

fn crash(bench: &mut Bench, broker: BrokerId) {
    let mut cx = crate::platform::Cx {
        queue: &mut bench.queue,
        probe: &mut bench.probe,
    };
    let (control, mut rooms, mut scope) = bench.kafka.open(&mut cx);
    control.crash(broker, false, "crashed", &mut rooms, &mut scope);
}

#[test]
fn another_replica_leads_once_the_session_of_a_crashed_leader_is_over() {
    let mut bench = cluster("topic = { partitions = 1 }");
    let at = PartitionId::new(0);
    let leader = bench.kafka.brokers.leader(at).expect("a leader");
    crash(&mut bench, leader);
    bench.run(Nanos::from_secs(1));
    assert_eq!(
        bench.kafka.brokers.leader(at),
        Some(leader),
        "its session is not over"
    );
    bench.run(Nanos::from_secs(30));
    let next = bench.kafka.brokers.leader(at).expect("another leader");
    assert_ne!(next, leader);
    assert_eq!(bench.kafka.brokers.isr(at), 2);
}

#[test]
fn a_slow_zone_multiplies_the_way_of_messages() {
    let mut bench = cluster("topic = { partitions = 1 }");
    let net = &mut bench.kafka.net;
    let usual = (net.one_way(0, 1), net.one_way(1, 1), net.one_way(0, 2));
    net.slow(1, 10);
    let times = |way: Nanos| Nanos(way.0 * 10);
    assert_eq!(
        (net.one_way(0, 1), net.one_way(1, 1)),
        (times(usual.0), times(usual.1))
    );
    assert_eq!(
        net.one_way(0, 2),
        usual.2,
        "other zones are as fast as before"
    );
    net.slow(1, 1);
    assert_eq!(net.one_way(0, 1), usual.0);
}

#[test]
#[should_panic(expected = "only a cluster that exists is restarted")]
fn a_rolling_restart_of_no_cluster_is_noticed() {
    let mut bench = cluster("topic = { partitions = 1 }");
    let mut cx = crate::platform::Cx {
        queue: &mut bench.queue,
        probe: &mut bench.probe,
    };
    let (control, _, mut scope) = bench.kafka.open(&mut cx);
    let (first, last) = (BrokerId::new(0), BrokerId::new(2));
    assert!(control.roll(first, last, None, &mut scope).is_ok());
    control.state = ClusterState::Absent;
    bench.kafka.check();
}
