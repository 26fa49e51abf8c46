//! Calls that concern brokers: one restart after the other, more or fewer brokers, larger volumes.
//!
//! # Source
//! The MSK developer guide: `UpdateBrokerCount`, `UpdateBrokerType`, `UpdateBrokerStorage`, `RebootBroker`.

use super::super::config::Machine;
use super::super::ids::BrokerId;
use super::super::wire::Scope;
use super::super::{Event as Timer, broker_name};
use super::lifecycle::ClusterState;
use super::{Control, Event, Rooms};
use crate::probe::Limit;
use crate::units::Nanos;

/// A rolling operation: one broker after the other.
#[derive(Clone, Debug)]
pub(super) struct Rolling {
    /// The broker whose turn it is.
    broker: BrokerId,
    /// Whether it was taken down.
    down: bool,
    /// The last one.
    last: BrokerId,
    /// The machine that brokers come back on.
    machine: Option<Box<Machine>>,
}

/// How often a rolling operation looks whether it can go on.
const STEP: Nanos = Nanos::from_secs(1);

impl Control {
    /// The last broker that exists.
    pub(super) fn last_broker(&self) -> BrokerId {
        let mut all = self.nodes.ids().rev();
        all.find(|broker| self.nodes[*broker].exists)
            .unwrap_or(BrokerId::new(0))
    }

    /// UpdateBrokerType: every broker comes back on another machine.
    pub(super) fn update_broker_type(
        &mut self,
        machine: &Machine,
        rooms: &Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        self.refuse_above(machine, rooms)?;
        self.roll(
            BrokerId::new(0),
            self.last_broker(),
            Some(Box::new(machine.clone())),
            cx,
        )
    }

    /// UpdateClusterKafkaVersion or UpdateClusterConfiguration: every broker restarts in turn.
    pub(super) fn rolling_restart(
        &mut self,
        rooms: &Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        self.refuse_above(&cx.config.machine, rooms)?;
        self.roll(BrokerId::new(0), self.last_broker(), None, cx)
    }

    /// MSK does not update a cluster that has more partitions on a broker than its type is supported with.
    fn refuse_above(&self, machine: &Machine, rooms: &Rooms<'_>) -> Result<(), String> {
        let most = machine.partitions_most;
        let mut brokers = self.nodes.ids();
        if brokers.any(|broker| rooms.brokers.replicas_on(broker) > most) {
            let name = &machine.name;
            return Err(format!(
                "a broker has more than the {most} partitions of {name}"
            ));
        }
        Ok(())
    }

    /// UpdateBrokerCount: new brokers are empty; only brokers that hold nothing can go.
    pub(super) fn update_broker_count(
        &mut self,
        target: u32,
        rooms: &mut Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        let present = self.nodes.iter().filter(|node| node.exists).count() as u32;
        let zones = cx.config.zones;
        if !target.is_multiple_of(zones) || target == present {
            return Err(format!(
                "BadRequestException: {target} brokers over {zones} zones"
            ));
        }
        if target < present {
            return self.remove_brokers(target..present, rooms);
        }
        self.state = ClusterState::Updating;
        for broker in (present..target).map(BrokerId::new) {
            self.nodes[broker].exists = true;
            cx.net.is_built(broker);
            self.controller
                .register(broker.number(), cx.net.zone_of(broker));
            let _ = self.controller.fence(broker.number());
            self.restart(broker, cx.config.cluster.operation.restart, rooms, cx);
        }
        self.publish_fences(rooms);
        cx.queue.after(
            cx.config.cluster.operation.restart,
            Timer::Control(Event::Rolling),
        );
        Ok(format!(
            "{present} to {target}; nothing moves to the new ones by itself"
        ))
    }

    /// Removes brokers that hold nothing.
    fn remove_brokers(
        &mut self,
        gone: std::ops::Range<u32>,
        rooms: &mut Rooms<'_>,
    ) -> Result<String, String> {
        let mut brokers = gone.clone().map(BrokerId::new);
        if brokers.any(|broker| rooms.brokers.replicas_on(broker) > 0) {
            let answer = "BadRequestException: the brokers to remove still hold partitions";
            return Err(answer.to_owned());
        }
        for broker in gone.clone().map(BrokerId::new) {
            let _ = self.controller.unregister(broker.number());
            self.nodes[broker].exists = false;
        }
        self.publish_fences(rooms);
        Ok(format!("{} to {}", gone.end, gone.start))
    }

    /// UpdateBrokerStorage: volumes only grow, and not twice within the cool-down.
    pub(super) fn update_storage(
        &mut self,
        gib: u64,
        rooms: &Rooms<'_>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        let now = cx.now();
        let cool_down: Nanos = cx.config.facts.value("msk.volume.cool-down");
        if self.volume.is_none_or(|volume| gib << 30 <= volume) {
            return Err("BadRequestException: volumes can only grow".to_owned());
        }
        if self.grown_at.is_some_and(|at| now.since(at) < cool_down) {
            let answer =
                format!("BadRequestException: the last change was less than {cool_down} ago");
            return Err(answer);
        }
        (self.volume, self.grown_at) = (Some(gib << 30), Some(now));
        // A broker that had stopped because its volume was full starts again.
        for broker in self.nodes.ids() {
            if std::mem::take(&mut self.nodes[broker].full) {
                let spot = Limit::VolumeFull.at(broker.number());
                cx.probe.end_wait(spot, cx.queue.now());
                self.restart(broker, cx.config.cluster.operation.start, rooms, cx);
            }
        }
        Ok(format!("{gib} GiB"))
    }

    /// Brokers from the first to the last are restarted, one after the other.
    pub(super) fn roll(
        &mut self,
        first: BrokerId,
        last: BrokerId,
        machine: Option<Box<Machine>>,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        self.state = ClusterState::Updating;
        self.rolling = Some(Rolling {
            broker: first,
            down: false,
            last,
            machine,
        });
        cx.queue.after(Nanos::ZERO, Timer::Control(Event::Rolling));
        Ok(format!(
            "brokers {} to {}",
            first.number() + 1,
            last.number() + 1
        ))
    }

    /// RebootBroker.
    pub(super) fn reboot(
        &mut self,
        broker: BrokerId,
        cx: &mut Scope<'_>,
    ) -> Result<String, String> {
        let answer = self.roll(broker, broker, None, cx);
        self.state = ClusterState::RebootingBroker;
        answer
    }

    /// A rolling operation goes on: the next broker goes when the one before has caught up.
    pub(super) fn roll_on(&mut self, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        if self.state == ClusterState::Creating {
            return self.cluster_created(rooms, cx);
        }
        let Some(mut rolling) = self.rolling.take() else {
            self.state = ClusterState::Active;
            return;
        };
        let broker = rolling.broker;
        let mut again = cx.now() + STEP;
        if !rolling.down {
            self.take_down(&rolling, rooms, cx);
            rolling.down = true;
            again = self.serial_until.max(cx.now()) + cx.config.cluster.operation.restart;
        } else if !cx.net.is_up(broker) {
            self.restart(broker, Nanos::ZERO, rooms, cx);
        } else if rooms.brokers.all_in_sync(broker) {
            if broker >= rolling.last {
                let detail = "every broker was restarted".to_owned();
                cx.probe
                    .happened(cx.queue.now(), "cluster", "ACTIVE", detail);
                self.state = ClusterState::Active;
                return;
            }
            (rolling.broker, rolling.down) = (BrokerId::new(broker.number() + 1), false);
        }
        self.rolling = Some(rolling);
        cx.queue.at(again, Timer::Control(Event::Rolling));
    }

    /// A broker is stopped for a planned restart.
    fn take_down(&mut self, rolling: &Rolling, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        let broker = rolling.broker;
        let name = broker_name(broker);
        cx.probe
            .happened(cx.queue.now(), &name, "planned restart", String::new());
        self.stop_broker(broker, rooms, cx);
        if let Some(machine) = &rolling.machine {
            self.settle_bill(cx.now(), rooms.brokers, cx.config);
            rooms.brokers.change_machine(broker, machine);
        }
    }
}
