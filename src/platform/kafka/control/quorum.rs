//! The controller quorum: which controller is active, and how long there is none.
//!
//! # Source
//! Apache Kafka 3.9, `QuorumConfig.java`, `BrokerHeartbeatManager.java`.

use super::super::Event as Timer;
use super::super::config::Failover;
use super::super::ids::BrokerId;
use super::super::wire::Scope;
use super::{Control, Event, Rooms, election, is_zookeeper};
use crate::engine::Stream;
use crate::units::{Nanos, SimTime};

/// The zones that have a controller each, also where brokers stand in two.
const CONTROLLERS: u32 = 3;

/// The active controller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quorum {
    /// From when on there is one; `None` while controllers are no majority.
    up_at: Option<SimTime>,
    /// The zone that it stands in.
    zone: u32,
    /// The broker that it runs on, with ZooKeeper.
    pub broker: BrokerId,
    /// Draws of elections among controllers, a child stream for each.
    draws: Stream,
    /// Controllers that were lost so far.
    losses: u64,
}

impl Quorum {
    /// A controller that has been there for a while.
    pub(super) fn new(draws: Stream) -> Self {
        Self {
            draws,
            losses: 0,
            up_at: Some(SimTime::ZERO),
            zone: 0,
            broker: BrokerId::new(0),
        }
    }

    /// How long there is no active controller after one is lost, and what the story says of it.
    fn failover(&mut self, cx: &Scope<'_>) -> (Nanos, String) {
        self.losses += 1;
        match cx.config.cluster.controller.failover {
            Failover::Session(session) => (session, String::new()),
            Failover::Election(timers) => {
                let elected =
                    election::elect(&timers, cx.config.cross_zone, self.draws.child(self.losses));
                let rounds = elected.rounds;
                let noun = if rounds == 1 { "round" } else { "rounds" };
                (elected.after, format!("{rounds} {noun} of votes"))
            }
        }
    }

    /// Whether there is an active controller.
    pub(super) fn is_up(&self, now: SimTime) -> bool {
        self.up_at.is_some_and(|at| at <= now)
    }

    /// When to try again while there is no active controller: when there is one, or a second later.
    pub(super) fn ask_again_at(&self, now: SimTime) -> SimTime {
        let later = now + Nanos::from_secs(1);
        self.up_at.map_or(later, |at| at.min(later)).max(now)
    }
}

/// Whether the controller of a zone is gone or cut off.
fn is_away(zone: u32, cx: &Scope<'_>) -> bool {
    cx.net.is_lost(zone) || cx.net.is_cut_off(zone)
}

/// Whether the controllers that reach each other are a majority.
fn has_quorum(cx: &Scope<'_>) -> bool {
    (0..CONTROLLERS).filter(|zone| is_away(*zone, cx)).count() < 2
}

impl Control {
    /// A broker no longer sends heartbeats: the controller gives it up a session after the last one.
    pub(super) fn stop_heartbeats(&mut self, broker: BrokerId, cx: &mut Scope<'_>) {
        let now = cx.now();
        let session = cx.config.cluster.controller.session;
        let interval = cx.config.cluster.controller.heartbeat.0;
        let node = &mut self.nodes[broker];
        let late = (now.0 + interval - node.phase.0 % interval.max(1)) % interval.max(1);
        let grace = if self.quorum.is_up(now) {
            Nanos::ZERO
        } else {
            session
        };
        let up = self.quorum.up_at.unwrap_or(now);
        let at = (SimTime(now.0.saturating_sub(late)) + session)
            .max(up + grace)
            .max(now);
        node.fence_at = Some(at);
        cx.queue.at(at, Timer::Control(Event::Fence(broker)));
    }

    /// Whether the controller hears a broker.
    fn hears(&self, broker: BrokerId, cx: &Scope<'_>) -> bool {
        cx.net.is_up(broker) && !cx.net.is_cut_off(cx.net.zone_of(broker))
    }

    /// The session of a broker may have run out.
    pub(super) fn fence(&mut self, broker: BrokerId, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let now = cx.now();
        let node = &self.nodes[broker];
        if self.hears(broker, cx) || self.controller.is_fenced(broker.number()) || !node.exists {
            return;
        }
        let Some(fence_at) = node.fence_at else {
            return;
        };
        if fence_at > now || !self.quorum.is_up(now) {
            let at = fence_at.max(self.quorum.ask_again_at(now));
            if at > now {
                cx.queue.at(at, Timer::Control(Event::Fence(broker)));
            }
            return;
        }
        let (name, why) = (
            super::super::broker_name(broker),
            "no heartbeat for a session",
        );
        cx.probe.happened(now, &name, "fenced", why.to_owned());
        self.fence_now(broker, rooms, cx);
        rooms.groups.lose_coordinator(broker);
        self.move_coordinators(broker, rooms, cx);
    }

    /// The active controller is lost: another one takes over and knows nothing of heartbeats.
    pub(super) fn lose_controller(&mut self, cx: &mut Scope<'_>) {
        let now = cx.now();
        // A new controller of ZooKeeper mode reads its partitions one by one.
        let partitions = self.controller.partitions(self.topic).len() as u64;
        let reads = Nanos(cx.config.recovery.controller_read.0 * partitions);
        let (failover, detail) = self.quorum.failover(cx);
        let up = now + failover + reads;
        cx.probe.happened(now, "cluster", "controller lost", detail);
        self.quorum.up_at = self.quorum.up_at.map(|at| at.max(up));
        let session = cx.config.cluster.controller.session;
        for node in self.nodes.iter_mut().filter(|node| node.fence_at.is_some()) {
            node.fence_at = self.quorum.up_at.map(|at| at + session);
        }
        if let Some(at) = self.quorum.up_at {
            cx.queue.at(at, Timer::Control(Event::ControllerUp));
        }
    }

    /// The controllers of a zone are gone: another zone's takes over, if the rest is still a majority.
    pub(super) fn move_controller(&mut self, zone: u32, cx: &mut Scope<'_>) {
        if !has_quorum(cx) {
            cx.probe.happened(
                cx.queue.now(),
                "cluster",
                "controller quorum lost",
                String::new(),
            );
            self.quorum.up_at = None;
        } else if !is_zookeeper(cx.config) && self.quorum.zone == zone {
            let others = (1..CONTROLLERS).map(|n| (zone + n) % CONTROLLERS);
            let next = others.into_iter().find(|zone| !is_away(*zone, cx));
            self.quorum.zone = next.unwrap_or(zone);
            self.lose_controller(cx);
        }
    }

    /// A zone is there again: the controllers may be a majority again.
    pub(super) fn regain_quorum(&mut self, cx: &mut Scope<'_>) {
        if self.quorum.up_at.is_none() && has_quorum(cx) {
            let zone = (0..CONTROLLERS).find(|zone| !is_away(*zone, cx));
            (self.quorum.up_at, self.quorum.zone) = (Some(SimTime::ZERO), zone.unwrap_or(0));
            self.lose_controller(cx);
        }
    }
}
