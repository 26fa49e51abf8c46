//! What breaks: brokers crash, stop, hang; zones are lost or cut off; and how each comes back.
//!
//! # Source
//! facts/kafka-msk.md sections 3.1, 3.3 and 3.4.

use super::broker::Health;
use super::config::{FaultKind, Metadata};
use super::election::broker_name;
use super::partition::Position;
use super::sender::Stage;
use super::{Event, Kafka};
use crate::platform::Cx;
use crate::units::{Nanos, SimTime};

impl Kafka {
    /// From now on time-outs are looked at.
    pub(super) fn trouble(&mut self, cx: &mut Cx<'_, Event>) {
        if !std::mem::replace(&mut self.troubled, true) {
            cx.queue.after(Nanos::from_secs(1), Event::Timeouts);
        }
    }

    /// Time-outs of requests that wait for replicas and of batches that wait for a leader.
    pub(super) fn timeouts(&mut self, cx: &mut Cx<'_, Event>) {
        self.purge_waiting(cx.queue.now(), cx);
        for index in 0..self.producers.len() as u32 {
            if self.producers[index as usize].memory == 0 {
                continue;
            }
            for lane in 0..self.producers[index as usize].lanes.len() as u32 {
                self.expire(index, lane, cx);
            }
            self.unblock(index, cx);
            self.drain_all(index, cx);
        }
        self.check_volumes(cx);
        cx.queue.after(Nanos::from_secs(1), Event::Timeouts);
    }

    /// A broker is gone: its connections are reset, or, if `silent`, hang.
    pub(super) fn crash(
        &mut self,
        index: u32,
        silent: bool,
        why: &'static str,
        cx: &mut Cx<'_, Event>,
    ) {
        let now = cx.queue.now();
        let broker = &mut self.brokers[index as usize];
        if broker.health == Health::Down || !broker.exists {
            return;
        }
        let heartbeats = broker.health == Health::Up && !self.cut_off[broker.zone as usize];
        (broker.health, broker.silent, broker.away_since) = (Health::Down, silent, now);
        broker.life = broker.life.wrapping_add(1);
        let stalled = std::mem::take(&mut broker.stalled);
        cx.probe
            .happened(now, &broker_name(index), why, String::new());
        self.trouble(cx);
        self.break_pairs(|pair| pair.leader == index || pair.follower == index);
        self.break_requests(index, silent, cx);
        for event in stalled {
            if let Event::Arrive(request) | Event::Append(request) = event {
                self.requests.close(request);
            }
        }
        self.stop_sessions(index);
        if heartbeats && !self.controller.is_fenced(index) {
            self.stop_heartbeats(index, cx);
        }
        self.coordinators_lost(index);
        if self.config.cluster.metadata == Metadata::ZooKeeper && self.controller_broker == index {
            self.controller_broker = self.other_broker(index);
            self.lose_controller(cx);
        }
    }

    fn other_broker(&self, than: u32) -> u32 {
        let up = |n: &u32| {
            *n != than && self.brokers[*n as usize].is_up() && self.brokers[*n as usize].exists
        };
        (0..self.config.brokers_most).find(up).unwrap_or(than)
    }

    /// The requests that a broker had not answered come to nothing.
    fn break_requests(&mut self, broker: u32, silent: bool, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let unanswered = |call: &super::Request| {
            let waits = matches!(call.stage, Stage::Moving | Stage::Held | Stage::Waiting);
            call.open && call.broker == broker && !call.void && waits
        };
        let mut broken: Vec<(SimTime, u32)> = (0..)
            .zip(&self.requests.all)
            .filter(|(_, call)| unanswered(call))
            .map(|(request, call)| (call.sent_at, request))
            .collect();
        for producer in &mut self.producers {
            let node = &mut producer.nodes[broker as usize];
            node.taken = None;
            node.held.clear();
        }
        // The client hears of them in the order in which it sent them.
        broken.sort_unstable();
        for (_, request) in broken {
            let call = self.requests.get(request);
            let zone = self.producers[call.producer as usize].zone;
            let delay = self
                .config
                .one_way(zone, self.brokers[broker as usize].zone);
            let timeout = self.requests.get(request).sent_at + self.config.producer.request_timeout;
            let at = if silent {
                timeout.max(now)
            } else {
                now + delay
            };
            self.break_off(request, at, false, cx);
        }
    }

    /// A broker starts; it will be there after a while.
    pub(super) fn restart(&mut self, index: u32, after: Nanos, cx: &mut Cx<'_, Event>) {
        let lost = self.lost_zones[self.brokers[index as usize].zone as usize];
        let broker = &mut self.brokers[index as usize];
        // A broker that is still going down starts when it is down.
        broker.restarts = broker.stopping && broker.health == Health::Up;
        if broker.health == Health::Down && broker.exists && !lost {
            cx.queue.after(
                after,
                Event::BrokerUp {
                    broker: index,
                    life: broker.life,
                },
            );
        }
    }

    /// A broker has started: it registers, fetches what it missed, and leads nothing yet.
    pub(super) fn broker_up(&mut self, index: u32, life: u16, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let broker = &self.brokers[index as usize];
        let lost = self.lost_zones[broker.zone as usize];
        if broker.life != life || broker.health != Health::Down || !broker.exists || lost {
            return;
        }
        if self.controller_up_at > now {
            return cx.queue.at(
                self.ask_again_at(now),
                Event::BrokerUp {
                    broker: index,
                    life,
                },
            );
        }
        if !self.controller.is_fenced(index) {
            // A new life of a broker that was not missed yet: the old one is given up first.
            let changed = self.controller.fence(index);
            self.elections(&changed, cx);
        }
        if std::mem::take(&mut self.emptied[index as usize]) {
            for partition in &mut self.partitions {
                if let Some(slot) = partition.slot_of(index) {
                    partition.replicas[slot].end = Position::default();
                }
            }
        }
        let broker = &mut self.brokers[index as usize];
        (broker.health, broker.silent, broker.fence_at) = (Health::Up, false, SimTime(u64::MAX));
        broker.stopping = false;
        cx.probe
            .happened(now, &broker_name(index), "started", String::new());
        self.come_back(index, cx);
    }

    /// A broker is heard again.
    fn come_back(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        if self.controller.is_fenced(index) {
            let changed = self.controller.unfence(index);
            self.elections(&changed, cx);
        }
        self.begin_pairs(cx);
        (0..self.partitions.len() as u32).for_each(|lane| self.watch_idle(lane, cx));
        self.coordinators_move(index, cx);
        self.publish_soon(cx);
        if self.state == "HEALING"
            && self
                .brokers
                .iter()
                .all(|broker| broker.is_up() || !broker.exists)
        {
            self.state = "ACTIVE";
        }
    }

    fn hang(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        if !self.brokers[index as usize].is_up() {
            return;
        }
        self.trouble(cx);
        let broker = &mut self.brokers[index as usize];
        (broker.health, broker.silent, broker.away_since) = (Health::Hung, true, now);
        self.break_pairs(|pair| pair.leader == index || pair.follower == index);
        self.stop_sessions(index);
        self.stop_heartbeats(index, cx);
        self.coordinators_lost(index);
        for request in 0..self.requests.all.len() as u32 {
            let call = self.requests.get(request);
            if call.open && call.broker == index && !call.void && call.stage != Stage::Answered {
                self.expect_timeout(request, cx);
            }
        }
    }

    fn resume(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        let broker = &mut self.brokers[index as usize];
        if broker.health != Health::Hung {
            return;
        }
        (broker.health, broker.silent, broker.fence_at) = (Health::Up, false, SimTime(u64::MAX));
        for event in std::mem::take(&mut broker.stalled) {
            cx.queue.after(Nanos::ZERO, event);
        }
        self.come_back(index, cx);
    }

    /// A controlled shutdown: the controller moves leaderships away first, then the process ends.
    pub(super) fn stop_broker(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        if !self.brokers[index as usize].is_up() || !self.brokers[index as usize].exists {
            return;
        }
        self.trouble(cx);
        self.brokers[index as usize].stopping = true;
        let changed = self.controller.controlled_shutdown(index);
        self.elections(&changed, cx);
        let through =
            self.serial_until.max(cx.queue.now()) + Nanos(2 * self.config.cluster.publish.0);
        cx.queue.at(through, Event::BrokerEnds(index));
    }

    /// A broker that was stopped in good order is gone.
    pub(super) fn broker_ends(&mut self, index: u32, cx: &mut Cx<'_, Event>) {
        if !self.brokers[index as usize].stopping {
            return;
        }
        self.crash(index, false, "stopped", cx);
        let changed = self.controller.fence(index);
        self.elections(&changed, cx);
        self.brokers[index as usize].fence_at = SimTime(u64::MAX);
        self.coordinators_move(index, cx);
        if std::mem::take(&mut self.brokers[index as usize].restarts) {
            self.restart(index, self.config.cluster.start, cx);
        }
    }

    fn split(&mut self, zone: u32, cx: &mut Cx<'_, Event>) {
        self.trouble(cx);
        if std::mem::replace(&mut self.cut_off[zone as usize], true) {
            return;
        }
        let inside: Vec<bool> = self
            .brokers
            .iter()
            .map(|broker| broker.zone == zone)
            .collect();
        self.break_pairs(|pair| inside[pair.leader as usize] != inside[pair.follower as usize]);
        for broker in 0..self.config.brokers_most {
            if inside[broker as usize] && self.brokers[broker as usize].is_up() {
                self.stop_heartbeats(broker, cx);
            }
        }
        self.cut_sessions();
        self.listen(cx);
        for request in 0..self.requests.all.len() as u32 {
            let call = self.requests.get(request);
            let (broker, producer) = (call.broker as usize, call.producer as usize);
            let crosses = inside[broker] != (self.producers[producer].zone == zone);
            let call = self.requests.get(request);
            if call.open && !call.void && crosses && call.stage != Stage::Void {
                self.expect_timeout(request, cx);
            }
        }
        self.move_controller(zone, cx);
    }

    /// The controllers of a zone are gone: another zone's takes over, if the rest is still a majority. The
    /// quorum has a controller in each of three zones, also where brokers stand in two.
    fn move_controller(&mut self, zone: u32, cx: &mut Cx<'_, Event>) {
        if !self.has_quorum() {
            cx.probe.happened(
                cx.queue.now(),
                "cluster",
                "controller quorum lost",
                String::new(),
            );
            self.controller_up_at = SimTime(u64::MAX);
        } else if self.config.cluster.metadata == Metadata::Kraft && self.controller_zone == zone {
            let next = (1..3)
                .map(|n| (zone + n) % 3)
                .find(|zone| !self.is_away(*zone));
            self.controller_zone = next.unwrap_or(zone);
            self.lose_controller(cx);
        }
    }

    fn is_away(&self, zone: u32) -> bool {
        let gone = |zones: &[bool]| zones.get(zone as usize).copied().unwrap_or(false);
        gone(&self.lost_zones) || gone(&self.cut_off)
    }

    fn has_quorum(&self) -> bool {
        (0..3).filter(|zone| self.is_away(*zone)).count() < 2
    }

    /// A zone is there again: the controllers may be a majority again.
    fn regain_quorum(&mut self, cx: &mut Cx<'_, Event>) {
        if self.controller_up_at == SimTime(u64::MAX) && self.has_quorum() {
            self.controller_up_at = SimTime::ZERO;
            self.controller_zone = (0..3).find(|zone| !self.is_away(*zone)).unwrap_or(0);
            self.lose_controller(cx);
        }
    }

    fn heal(&mut self, zone: u32, cx: &mut Cx<'_, Event>) {
        self.cut_off[zone as usize] = false;
        self.regain_quorum(cx);
        for partition in &mut self.partitions {
            partition.stale = super::partition::NOBODY;
        }
        for broker in 0..self.config.brokers_most {
            let machine = &mut self.brokers[broker as usize];
            if machine.zone == zone && machine.is_up() {
                machine.fence_at = SimTime(u64::MAX);
                self.come_back(broker, cx);
            }
        }
        self.begin_pairs(cx);
        // Groups that had none get a coordinator, and all members are listened to.
        self.coordinators_move(0, cx);
        for group in 0..self.groups.len() {
            self.learn_leaders_soon(group, cx);
        }
    }

    /// A zone is lost with its brokers, its controller and the clients that ran there.
    pub(super) fn lose_zone(&mut self, zone: u32, cx: &mut Cx<'_, Event>) {
        self.lost_zones[zone as usize] = true;
        self.move_controller(zone, cx);
        for broker in 0..self.config.brokers_most {
            if self.brokers[broker as usize].zone == zone {
                self.crash(broker, true, "lost with its zone", cx);
            }
        }
        let elsewhere = (1..self.config.zones).map(|n| (zone + n) % self.config.zones);
        let next = elsewhere
            .into_iter()
            .find(|zone| !self.lost_zones[*zone as usize])
            .unwrap_or(zone);
        for producer in 0..self.producers.len() as u32 {
            if self.producers[producer as usize].zone == zone && next != zone {
                self.lose_producer(producer, next, cx);
            }
        }
        self.lose_members(zone, cx);
    }

    /// A lost zone is back: machines start.
    pub(super) fn regain_zone(&mut self, zone: u32, cx: &mut Cx<'_, Event>) {
        self.lost_zones[zone as usize] = false;
        self.regain_quorum(cx);
        let start = self.config.cluster.start;
        for broker in 0..self.config.brokers_most {
            if self.brokers[broker as usize].zone == zone {
                self.restart(broker, start, cx);
            }
        }
        self.regain_members(zone, cx);
    }

    /// A fault of the scenario begins.
    pub(super) fn fault_begins(&mut self, number: u32, cx: &mut Cx<'_, Event>) {
        let Some(fault) = self.config.faults.get(number as usize).cloned() else {
            return;
        };
        match fault.kind {
            FaultKind::BrokerCrash { broker, empty } => {
                self.emptied[broker as usize] |= empty;
                if self.state == "ACTIVE" {
                    self.state = "HEALING";
                }
                self.crash(broker, false, "crashed", cx);
            }
            FaultKind::BrokerStop { broker } => self.stop_broker(broker, cx),
            FaultKind::BrokerHang { broker } => self.hang(broker, cx),
            FaultKind::FetcherHang { broker } => {
                self.trouble(cx);
                self.brokers[broker as usize].fetchers_hung = true;
                self.break_pairs(|pair| pair.follower == broker);
            }
            FaultKind::SlowDisk { broker, rate } => {
                self.trouble(cx);
                self.brokers[broker as usize].set_disk(Some(rate));
            }
            FaultKind::NetworkSplit { zone } => self.split(zone, cx),
            FaultKind::ControllerDown => self.lose_controller(cx),
            FaultKind::StuckMember { consumer, worker } => self.stick(&consumer, worker, true, cx),
        }
    }

    /// A fault of the scenario ends.
    pub(super) fn fault_ends(&mut self, number: u32, cx: &mut Cx<'_, Event>) {
        let Some(fault) = self.config.faults.get(number as usize).cloned() else {
            return;
        };
        match fault.kind {
            FaultKind::BrokerCrash { broker, .. } | FaultKind::BrokerStop { broker } => {
                self.restart(broker, self.config.cluster.start, cx);
            }
            FaultKind::BrokerHang { broker } => self.resume(broker, cx),
            FaultKind::FetcherHang { broker } => {
                self.brokers[broker as usize].fetchers_hung = false;
                self.begin_pairs(cx);
            }
            FaultKind::SlowDisk { broker, .. } => self.brokers[broker as usize].set_disk(None),
            FaultKind::NetworkSplit { zone } => self.heal(zone, cx),
            FaultKind::ControllerDown => {}
            FaultKind::StuckMember { consumer, worker } => self.stick(&consumer, worker, false, cx),
        }
    }

    /// A broker whose volume is full stops.
    pub(super) fn check_volumes(&mut self, cx: &mut Cx<'_, Event>) {
        if self.volume == u64::MAX {
            return;
        }
        let mut used = vec![0_u64; self.config.brokers_most as usize];
        for partition in &self.partitions {
            for replica in &partition.replicas {
                used[replica.broker as usize] += partition.size();
            }
        }
        for (broker, used) in (0..).zip(used) {
            if used > self.volume && self.brokers[broker as usize].is_up() {
                self.brokers[broker as usize].full = true;
                self.crash(broker, false, "volume full", cx);
            }
        }
    }
}
