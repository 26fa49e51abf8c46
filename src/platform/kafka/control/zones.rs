//! Zones are lost or cut off, and come back.

use super::super::ids::BrokerId;
use super::super::wire::{Request, Scope, Stage};
use super::brokers_life::expect_timeouts;
use super::{Control, Rooms};

impl Control {
    /// A zone reaches no other any more.
    pub(super) fn split(&mut self, zone: u32, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        self.enable_timeouts(cx);
        if cx.net.cut_off(zone, true) {
            return;
        }
        let net = &cx.net;
        let inside = |broker: BrokerId| net.zone_of(broker) == zone;
        rooms
            .brokers
            .break_fetchers(|leader, follower| inside(leader) != inside(follower));
        for broker in self.nodes.ids() {
            if cx.net.zone_of(broker) == zone && cx.net.is_up(broker) {
                self.stop_heartbeats(broker, cx);
            }
        }
        rooms.brokers.cut_sessions(cx);
        rooms.groups.listen(cx);
        let inside: Vec<bool> = cx
            .net
            .brokers()
            .map(|broker| cx.net.zone_of(broker) == zone)
            .collect();
        let crosses = |request: &Request| {
            let within = inside[request.broker.as_index()];
            within != (request.zone == zone) && request.stage != Stage::Void
        };
        expect_timeouts(crosses, cx);
        self.move_controller(zone, cx);
    }

    /// A zone reaches the others again.
    pub(super) fn heal(&mut self, zone: u32, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        cx.net.cut_off(zone, false);
        self.regain_quorum(cx);
        rooms.brokers.clear_zombies();
        for broker in self.nodes.ids() {
            if cx.net.zone_of(broker) == zone && cx.net.is_up(broker) {
                self.nodes[broker].fence_at = None;
                self.come_back(broker, rooms, cx);
            }
        }
        rooms.brokers.begin_fetchers(cx);
        // Groups that had none get a coordinator, and all members are listened to.
        self.move_coordinators(BrokerId::new(0), rooms, cx);
        for group in rooms.groups.ids() {
            rooms.groups.learn_leaders_soon(group, cx);
        }
    }

    /// A zone is lost with its brokers, its controller and the clients that ran there.
    pub(super) fn lose_zone(&mut self, zone: u32, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        cx.net.lose(zone, true);
        self.move_controller(zone, cx);
        for broker in self.nodes.ids() {
            if cx.net.zone_of(broker) == zone {
                self.crash(broker, true, "lost with its zone", rooms, cx);
            }
        }
        let zones = cx.config.zones;
        let elsewhere = (1..zones)
            .map(|n| (zone + n) % zones)
            .find(|zone| !cx.net.is_lost(*zone));
        if let Some(next) = elsewhere {
            for producer in rooms.producers.ids() {
                if rooms.producers.zone_of(producer) == zone {
                    rooms.brokers.forget_producer(producer, cx);
                    rooms.producers.lose(producer, next, cx);
                }
            }
        }
        rooms.groups.lose_zone(zone, rooms.brokers, cx);
    }

    /// A lost zone is back: machines start.
    pub(super) fn regain_zone(&mut self, zone: u32, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        cx.net.lose(zone, false);
        self.regain_quorum(cx);
        for broker in self.nodes.ids() {
            if cx.net.zone_of(broker) == zone {
                self.restart(broker, cx.config.cluster.operation.start, rooms, cx);
            }
        }
        rooms.groups.regain_zone(zone, cx);
    }
}
