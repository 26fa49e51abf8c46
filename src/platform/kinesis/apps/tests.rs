//! Consumer applications in motion.

use super::app::App;
use super::lease::LeaseState;
use crate::platform::kinesis::ids::{AppId, ShardId, WorkerId};
use crate::platform::kinesis::small::Small;
use crate::workload::Action;

fn app(small: &mut Small) -> &mut App {
    &mut small.model().apps.all[AppId(0)]
}

#[test]
fn what_is_stored_is_fetched_processed_and_checkpointed() {
    let mut small = Small::new("ShardCount = 1", r#"checkpoint-interval = "0 s""#);
    small.offer(0, 20);
    small.run_to(10_000);
    let cursor = app(&mut small).leases[ShardId(0)].cursor;
    assert_eq!(
        (cursor.fetched, cursor.done, cursor.checkpoint),
        (20, 20, 20)
    );
}

#[test]
fn an_application_that_is_down_parks_and_reads_on_where_it_stood() {
    let mut small = Small::new("ShardCount = 1", "");
    small.apply(100, Action::ConsumerDown(0));
    small.offer(200, 20);
    small.run_to(10_000);
    let lease = &app(&mut small).leases[ShardId(0)];
    assert!(lease.parked && lease.cursor.seen == 0);
    small.apply(10_000, Action::ConsumerUp(0));
    small.run_to(15_000);
    assert_eq!(app(&mut small).leases[ShardId(0)].cursor.seen, 20);
}

#[test]
fn the_lease_of_a_crashed_worker_is_taken_when_it_has_expired() {
    let mut small = Small::new("ShardCount = 1", "kcl = 2");
    small.apply(1_000, Action::WorkersJoin(0, 1));
    small.run_to(2_000);
    let before = app(&mut small).leases[ShardId(0)].ticket;
    small.apply(2_000, Action::WorkerDown(0, 0));
    small.run_to(2_100);
    let lease = &app(&mut small).leases[ShardId(0)];
    assert_eq!(lease.owner, Some(WorkerId(0)), "the lease lives on");
    assert_ne!(lease.ticket, before, "answers to the dead worker are void");
    small.run_to(59_000);
    let lease = &app(&mut small).leases[ShardId(0)];
    assert_eq!(
        (lease.owner, lease.state),
        (Some(WorkerId(1)), LeaseState::Reading)
    );
}

#[test]
fn a_subscription_is_pushed_what_is_stored() {
    let mut small = Small::new("ShardCount = 1", "mode = \"enhanced-fan-out\"");
    small.offer(1_000, 20);
    small.run_to(3_000);
    assert_eq!(app(&mut small).leases[ShardId(0)].cursor.done, 20);
}

#[test]
#[should_panic(expected = "what is done was fetched")]
fn a_cursor_that_is_out_of_order_is_noticed() {
    let mut small = Small::new("ShardCount = 1", "");
    small.offer(0, 20);
    small.run_to(10_000);
    app(&mut small).leases[ShardId(0)].cursor.done = 21;
    small.run_to(10_001);
}
