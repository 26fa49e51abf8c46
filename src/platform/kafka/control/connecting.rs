//! Clients connect to a broker that is back, no faster than it accepts connections.
//!
//! # Source
//! <https://docs.aws.amazon.com/msk/latest/developerguide/limits.html> (connections with IAM access control); KIP-612.

use super::super::broker::Brokers;
use super::super::ids::BrokerId;
use super::super::wire::Scope;
use super::Rooms;
use crate::units::{NANOS_PER_S, Nanos, SimTime};

/// All clients connect to a broker one after the other, if it limits connections.
pub(super) fn connect_all(broker: BrokerId, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
    let Some(rate) = cx.config.connection_rate else {
        return;
    };
    let now = cx.now();
    let turn = |nth: u64| now + Nanos(nth * NANOS_PER_S / rate.max(1));
    let mut nth = 0;
    let producers: Vec<_> = rooms.producers.ids().collect();
    for producer in producers {
        rooms.producers.keep_quiet(producer, broker, turn(nth));
        nth += 1;
    }
    let members = connect_members(rooms.brokers, broker, nth, turn);
    if nth + members > 0 {
        let seconds = (nth + members) / rate.max(1);
        let detail = format!("{} connections, the last after {seconds} s", nth + members);
        cx.probe.happened(
            now,
            &super::super::broker_name(broker),
            "clients connect",
            detail,
        );
    }
}

/// Members of groups connect after `before` other clients; how many there are.
fn connect_members(
    brokers: &mut Brokers,
    broker: BrokerId,
    before: u64,
    turn: impl Fn(u64) -> SimTime,
) -> u64 {
    brokers.hold_sessions(broker, |nth| turn(before + nth))
}
