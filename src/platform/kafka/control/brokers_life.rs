//! Brokers crash, stop, hang and start.
//!
//! # Source
//! Apache Kafka 3.9, `BrokerServer.scala`, `BrokerLifecycleManager.scala`; the MSK developer guide.

use super::super::ids::{BrokerId, RequestId};
use super::super::net::Health;
use super::super::wire::{Request, Scope, Stage};
use super::super::{Event as Timer, broker_name};
use super::{Control, Event, Rooms, is_zookeeper};
use crate::engine::Ticket;
use crate::probe::Limit;
use crate::units::Nanos;

/// What happens to a broker that ends in good order: it has flushed its logs.
const STOPPED: &str = "stopped";

impl Control {
    /// A broker is gone: its connections are reset, or, if `silent`, hang.
    pub(super) fn crash(
        &mut self,
        broker: BrokerId,
        silent: bool,
        why: &'static str,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        let now = cx.now();
        let health = cx.net.health(broker);
        if health == Health::Down || !self.nodes[broker].exists {
            return;
        }
        let heartbeats = health == Health::Up && !cx.net.is_cut_off(cx.net.zone_of(broker));
        cx.net.goes_away(broker, Health::Down, silent, now);
        note_led(broker, true, rooms, cx);
        self.nodes[broker].incarnation.advance();
        self.nodes[broker].recovers = why != STOPPED;
        self.nodes[broker].unclean = why != STOPPED;
        let stalled = rooms.brokers.drop_stalled(broker);
        cx.probe
            .happened(now, &broker_name(broker), why, String::new());
        self.enable_timeouts(cx);
        rooms
            .brokers
            .break_fetchers(|leader, follower| leader == broker || follower == broker);
        rooms
            .brokers
            .close_connections(broker, rooms.producers.ids(), cx);
        rooms.producers.break_requests(broker, silent, cx);
        rooms.deliver(cx);
        stalled
            .into_iter()
            .for_each(|request| cx.wire.requests.close(request));
        rooms.brokers.stop_sessions(broker);
        if heartbeats && !self.controller.is_fenced(broker.number()) {
            self.stop_heartbeats(broker, cx);
        }
        rooms.groups.lose_coordinator(broker);
        if is_zookeeper(cx.config) && self.quorum.broker == broker {
            self.quorum.broker = self.other_broker(broker, cx);
            self.lose_controller(cx);
        }
    }

    /// The first broker other than this one that works.
    fn other_broker(&self, than: BrokerId, cx: &Scope<'_>) -> BrokerId {
        let up = |broker: &BrokerId| {
            *broker != than && cx.net.is_up(*broker) && self.nodes[*broker].exists
        };
        self.nodes.ids().find(up).unwrap_or(than)
    }

    /// A broker starts; it will be there after a while.
    pub(super) fn restart(
        &mut self,
        broker: BrokerId,
        after: Nanos,
        rooms: &Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        let lost = cx.net.is_lost(cx.net.zone_of(broker));
        let health = cx.net.health(broker);
        let node = &mut self.nodes[broker];
        // A broker that is still going down starts when it is down.
        node.restarts = rooms.brokers.is_stopping(broker) && health == Health::Up;
        if health == Health::Down && node.exists && !lost {
            let event = Event::BrokerUp(broker, node.incarnation);
            let after = after + self.recovery_of(broker, rooms, cx);
            cx.queue.after(after, Timer::Control(event));
        }
    }

    /// What a broker that was killed takes to recover its logs.
    fn recovery_of(&mut self, broker: BrokerId, rooms: &Rooms<'_>, cx: &mut Scope<'_>) -> Nanos {
        let node = &mut self.nodes[broker];
        if !std::mem::take(&mut node.recovers) || node.emptied {
            return Nanos::ZERO;
        }
        let settings = cx.config.recovery;
        let takes = rooms
            .brokers
            .recovery_time(broker, settings.threads, settings.rate);
        if takes >= Nanos::from_secs(1) {
            let detail = format!("for {takes}, {} threads", settings.threads);
            cx.probe.happened(
                cx.queue.now(),
                &broker_name(broker),
                "recovers its logs",
                detail,
            );
        }
        takes
    }

    /// A broker has started: it registers, fetches what it missed, and leads nothing yet.
    pub(super) fn broker_up(
        &mut self,
        broker: BrokerId,
        incarnation: Ticket,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        let now = cx.now();
        let lost = cx.net.is_lost(cx.net.zone_of(broker));
        let node = &self.nodes[broker];
        if node.incarnation != incarnation
            || cx.net.health(broker) != Health::Down
            || !node.exists
            || lost
        {
            return;
        }
        if !self.quorum.is_up(now) {
            let again = self.quorum.ask_again_at(now);
            return cx
                .queue
                .at(again, Timer::Control(Event::BrokerUp(broker, incarnation)));
        }
        if !self.controller.is_fenced(broker.number()) {
            // A new start of a broker that was not missed yet: the old one is given up first.
            self.fence_now(broker, rooms, cx);
        }
        if std::mem::take(&mut self.nodes[broker].emptied) {
            rooms.brokers.empty_volume(broker);
        }
        if std::mem::take(&mut self.nodes[broker].unclean) {
            let changed = self.controller.unclean_shutdown(broker.number());
            self.elections(&changed, rooms, cx);
        }
        cx.net.comes_back(broker);
        self.nodes[broker].fence_at = None;
        rooms.brokers.set_stopping(broker, false);
        cx.probe
            .happened(now, &broker_name(broker), "started", String::new());
        super::connecting::connect_all(broker, rooms, cx);
        self.come_back(broker, rooms, cx);
    }

    /// A broker is heard again.
    pub(super) fn come_back(
        &mut self,
        broker: BrokerId,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        if self.controller.is_fenced(broker.number()) {
            let changed = self.controller.unfence(broker.number());
            self.elections(&changed, rooms, cx);
        }
        rooms.brokers.begin_fetchers(cx);
        rooms.brokers.watch_all_idle(cx);
        self.move_coordinators(broker, rooms, cx);
        self.publish_soon(cx);
        self.may_be_healed(cx);
    }

    /// Groups without a coordinator get one that is there, the next behind `near`.
    pub(super) fn move_coordinators(
        &mut self,
        near: BrokerId,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        let brokers = self.nodes.count();
        let next = (1..=brokers).map(|n| BrokerId::new((near.number() + n) % brokers));
        let alive = |broker: &BrokerId| {
            cx.net.is_up(*broker) && !self.controller.is_fenced(broker.number())
        };
        if let Some(next) = next.into_iter().find(alive) {
            rooms.groups.move_coordinators(next, cx);
        }
    }

    /// A broker hangs: it handles nothing, and its connections stay open.
    pub(super) fn hang(&mut self, broker: BrokerId, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        if !cx.net.is_up(broker) {
            return;
        }
        self.enable_timeouts(cx);
        cx.net.goes_away(broker, Health::Hung, true, cx.queue.now());
        note_led(broker, true, rooms, cx);
        rooms
            .brokers
            .break_fetchers(|leader, follower| leader == broker || follower == broker);
        rooms.brokers.stop_sessions(broker);
        self.stop_heartbeats(broker, cx);
        rooms.groups.lose_coordinator(broker);
        let concerns =
            |request: &Request| request.broker == broker && request.stage != Stage::Answered;
        expect_timeouts(concerns, cx);
    }

    /// A broker that hung goes on.
    pub(super) fn resume(&mut self, broker: BrokerId, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        if cx.net.health(broker) != Health::Hung {
            return;
        }
        cx.net.comes_back(broker);
        note_led(broker, false, rooms, cx);
        self.nodes[broker].fence_at = None;
        rooms.brokers.resume(broker, cx);
        self.come_back(broker, rooms, cx);
    }

    /// A controlled shutdown: the controller moves leaderships away first, then the process ends.
    pub(super) fn stop_broker(
        &mut self,
        broker: BrokerId,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        if !cx.net.is_up(broker) || !self.nodes[broker].exists {
            return;
        }
        self.enable_timeouts(cx);
        rooms.brokers.set_stopping(broker, true);
        let changed = self.controller.controlled_shutdown(broker.number());
        self.elections(&changed, rooms, cx);
        let publish = cx.config.cluster.controller.publish;
        let through = self.serial_until.max(cx.now()) + publish + publish;
        cx.queue
            .at(through, Timer::Control(Event::BrokerEnds(broker)));
    }

    /// A broker that was stopped in good order is gone.
    pub(super) fn broker_ends(
        &mut self,
        broker: BrokerId,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) {
        if !rooms.brokers.is_stopping(broker) {
            return;
        }
        self.crash(broker, false, STOPPED, rooms, cx);
        self.fence_now(broker, rooms, cx);
        self.nodes[broker].fence_at = None;
        self.move_coordinators(broker, rooms, cx);
        if std::mem::take(&mut self.nodes[broker].restarts) {
            self.restart(broker, cx.config.cluster.operation.start, rooms, cx);
        }
    }

    /// A broker whose volume is full stops.
    pub(super) fn check_volumes(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let Some(volume) = self.volume else {
            return;
        };
        for (broker, used) in rooms.brokers.volumes_used(cx.now()).pairs() {
            if *used > volume && cx.net.is_up(broker) {
                self.nodes[broker].full = true;
                let spot = Limit::VolumeFull.at(broker.number());
                cx.probe.begin_wait(spot, cx.queue.now());
                self.crash(broker, false, "volume full", rooms, cx);
            }
        }
    }
}

/// The partitions that a broker leads have nobody who takes records while it is away.
fn note_led(broker: BrokerId, away: bool, rooms: &Rooms<'_>, cx: &mut Scope<'_>) {
    let now = cx.queue.now();
    for at in rooms.brokers.partition_ids() {
        if rooms.brokers.leader(at) == Some(broker) {
            let spot = Limit::NoLeader.at(at.number());
            if away {
                cx.probe.begin_wait(spot, now);
            } else {
                cx.probe.end_wait(spot, now);
            }
        }
    }
}

/// Requests under way of this kind will not be answered: their producers will give them up in time.
pub(super) fn expect_timeouts(concerns: impl Fn(&Request) -> bool, cx: &mut Scope<'_>) {
    let all = cx.wire.requests.under_way();
    let concerned: Vec<RequestId> = all
        .filter(|(_, request)| concerns(request))
        .map(|(id, _)| id)
        .collect();
    for request in concerned {
        cx.wire.expect_timeout(request, cx.queue);
    }
}
