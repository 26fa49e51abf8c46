//! Operations while the stream runs: the operator's calls, splits and merges as they get done, zones,
//! faults, expiry of closed shards.

use super::api::{self, Answer, Refusal};
use super::config::{ExplicitHash, Operation, Reading};
use super::control::{Mode, Status};
use super::hash::{HashKey, shard_id};
use super::lineage::{Change, ShardState};
use super::state::lane_of;
use super::{Event, Kinesis};
use crate::platform::Cx;
use crate::platform::kinesis::app::Lease;
use crate::platform::kinesis::shard::Shard;
use crate::units::{Nanos, SimTime};

impl Kinesis {
    /// A call of the operator: made at its time, and its answer noted.
    pub(super) fn call(&mut self, number: u32, cx: &mut Cx<'_, Event>) {
        let operation = self.config.calls[number as usize].operation;
        let answer = self.operate(operation, cx);
        self.note(operation.name(), answer, cx);
    }

    /// Notes what a call gave.
    pub(super) fn note(&self, name: &'static str, answer: Answer<String>, cx: &mut Cx<'_, Event>) {
        let detail = match answer {
            Ok(detail) => detail,
            Err(refusal) => refusal.to_string(),
        };
        cx.probe.happened(cx.queue.now(), "stream", name, detail);
    }

    fn operate(&mut self, operation: Operation, cx: &mut Cx<'_, Event>) -> Answer<String> {
        let now = cx.queue.now();
        match operation {
            Operation::CreateStream => self.create_stream(cx),
            Operation::DeleteStream => self.delete_stream(cx),
            Operation::SplitShard { shard, at } => {
                let known = (shard as usize) < self.control.lineage.members().len();
                let middle = || self.control.lineage.get(shard).middle();
                let at = at
                    .map(HashKey)
                    .unwrap_or_else(|| if known { middle() } else { HashKey(0) });
                let change = self.control.split(shard, at)?;
                self.start_change(change, cx);
                Ok(format!("{} at {}", shard_id(shard), at.0))
            }
            Operation::MergeShards { lower, upper } => {
                let change = self.control.merge(lower, upper)?;
                self.start_change(change, cx);
                Ok(format!("{} and {}", shard_id(lower), shard_id(upper)))
            }
            Operation::UpdateShardCount { target } => self.update_shard_count(target, cx),
            Operation::UpdateStreamMode { mode } => {
                self.settle_bill(now);
                self.control.update_mode(mode, now)?;
                cx.queue
                    .after(self.config.service.mode_switch, Event::Settled);
                Ok(format!("{mode:?}"))
            }
            Operation::UpdateStreamWarmThroughput { mib_per_s } => self.update_warm(mib_per_s, cx),
            Operation::UpdateRetention { hours, shorter } => {
                let present = self.retention.0 / (3600 * 1_000_000_000);
                let least = self.config.facts.value("kinesis.retention.hours");
                let most = self.config.facts.value("kinesis.retention.hours.highest");
                let hours = api::retention(present, hours, shorter, least, most)?;
                self.settle_bill(now);
                // Raising the retention revives nothing.
                self.gone_before = self
                    .gone_before
                    .max(SimTime(now.0.saturating_sub(self.retention.0)));
                self.retention = Nanos::from_secs(hours * 3600);
                for shard in 0..self.control.lineage.members().len() as u32 {
                    if let Some(at) = self.control.lineage.expires(shard, self.retention) {
                        cx.queue.at(at.max(now), Event::ShardExpired(shard));
                    }
                }
                Ok(format!("{hours} h"))
            }
            Operation::UpdateMaxRecordSize { kib } => {
                self.control.update_other()?;
                cx.queue.after(
                    self.config.facts.value("kinesis.update-other"),
                    Event::RecordSize(kib as u32),
                );
                Ok(format!("{kib} KiB"))
            }
            Operation::UpdateEncryption { on } => {
                self.control.update_encryption(on, now)?;
                cx.queue.after(
                    self.config.facts.value("kinesis.update-other"),
                    Event::Encrypted(on),
                );
                Ok(if on {
                    "KMS".to_owned()
                } else {
                    "NONE".to_owned()
                })
            }
        }
    }

    /// UpdateShardCount, by the operator, a step of the timeline or a policy.
    pub(super) fn update_shard_count(
        &mut self,
        target: u64,
        cx: &mut Cx<'_, Event>,
    ) -> Answer<String> {
        let open = self.control.update_shard_count(target, cx.queue.now())?;
        self.start_more(cx);
        Ok(format!("{open} to {target}"))
    }

    /// UpdateStreamWarmThroughput: the service makes room for it at once, or gives room back down to
    /// what the last hour's peak needs.
    fn update_warm(&mut self, mib_per_s: u64, cx: &mut Cx<'_, Event>) -> Answer<String> {
        let refuse = |why: &str| Err(Refusal::new(api::ApiError::Validation, why));
        if self.control.mode != Mode::OnDemand || !self.config.on_demand.advantage {
            return refuse("warm throughput needs an on-demand stream and On-demand Advantage");
        }
        if self.control.status != Status::Active {
            return Err(Refusal::new(
                api::ApiError::ResourceInUse,
                "the stream is not ACTIVE",
            ));
        }
        let per_minute = self
            .monitor
            .past
            .iter()
            .rev()
            .take(60)
            .map(|minute| minute.bytes);
        let peak = per_minute.fold(0.0, f64::max) / 60.0;
        let needed = libm::ceil(2.0 * peak / self.config.service.write_rate.0 as f64) as u64;
        let floor: u64 = self.config.facts.value("kinesis.on-demand.shards");
        let open = self.control.open();
        // Giving room back came later than asking for it.
        let shrinks = self
            .config
            .facts
            .comes("kinesis.warm-throughput.scale-down")
            .is_none();
        let floor = if shrinks {
            floor
        } else {
            floor.max(u64::from(open))
        };
        let target = mib_per_s
            .max(needed)
            .max(floor)
            .min(u64::from(self.config.on_demand.shards_most));
        self.control.rescale(target as u32);
        self.start_more(cx);
        Ok(format!("{open} to {target} shards"))
    }

    /// A split or merge is under way.
    pub(super) fn start_change(&mut self, change: Change, cx: &mut Cx<'_, Event>) {
        self.changes.push(change);
        cx.queue.after(
            self.config.service.change,
            Event::Changed((self.changes.len() - 1) as u32),
        );
    }

    /// Starts as many changes on the way to the target as may run at once.
    pub(super) fn start_more(&mut self, cx: &mut Cx<'_, Event>) {
        // The service itself makes room for warm throughput at once, wherever a shard is free.
        let own = self.control.mode == Mode::OnDemand;
        let parallel = if own {
            usize::MAX
        } else {
            self.config.service.parallel
        };
        while let Some(change) = self.control.more(parallel) {
            self.start_change(change, cx);
        }
    }

    /// A split or merge is done: parents close, children open, keys move.
    pub(super) fn changed(&mut self, number: u32, cx: &mut Cx<'_, Event>) {
        let (now, change) = (cx.queue.now(), self.changes[number as usize]);
        let was_updating = self.control.status == Status::Updating;
        self.settle_bill(now);
        let born = self.control.done(change, now);
        let parents: Vec<u32> = change.parents().collect();
        for shard in &born {
            // Whether a tank is full at birth is not documented; here it is.
            self.shards.push(Shard::new(&self.config.service));
            self.listening.push(false);
            self.split_due.push(None);
            for app in &mut self.apps {
                app.leases.push(Lease::new());
            }
            cx.probe
                .open_lane(lane_of(&self.config.service, &self.control.lineage, *shard));
        }
        self.keys.rehome(&parents, &self.control.lineage);
        if let ExplicitHash::Fixed(key) = self.config.producer.explicit_hash {
            self.fixed_shard = self.control.lineage.shard(HashKey(key));
        }
        for parent in &parents {
            cx.probe.close_lane(*parent, now);
            cx.queue.after(self.retention, Event::ShardExpired(*parent));
            for index in 0..self.apps.len() as u16 {
                if self.apps[usize::from(index)].config.reading == Reading::FanOut {
                    self.gather(index, *parent, cx);
                }
            }
        }
        let names = |shards: &[u32]| {
            shards
                .iter()
                .map(|shard| shard_id(*shard))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let what = if parents.len() == 1 {
            "split done"
        } else {
            "merge done"
        };
        cx.probe.happened(
            now,
            "stream",
            what,
            format!("{} -> {}", names(&parents), names(&born)),
        );
        self.start_more(cx);
        if was_updating && self.control.status == Status::Active {
            let open = self.control.open();
            cx.probe
                .happened(now, "stream", "ACTIVE", format!("{open} open shards"));
        }
    }

    /// The retention of a closed shard's last records is over.
    pub(super) fn shard_expired(&mut self, shard: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        match self.control.lineage.expires(shard, self.retention) {
            Some(at) if at > now => cx.queue.at(at, Event::ShardExpired(shard)),
            Some(_) if self.control.lineage.get(shard).state == ShardState::Closed => {
                self.control.lineage.expire(shard);
                cx.probe.lane_gone(shard, now);
            }
            _ => {}
        }
    }

    /// A fault begins or ends.
    pub(super) fn fault(&mut self, number: u32, begins: bool, cx: &mut Cx<'_, Event>) {
        let (now, fault) = (cx.queue.now(), &self.config.faults[number as usize]);
        let what = if begins { "fault begins" } else { "fault ends" };
        cx.probe.happened(now, "stream", what, fault.mark().text);
        self.weather.change(now, fault.kind, begins);
    }

    /// A zone is lost: workers that run there are gone; calls that meet it fail until the service has
    /// turned away from it. No data is lost: it lives in three zones.
    pub(super) fn lose_zone(&mut self, zone: u8, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        cx.probe
            .happened(now, &format!("az{}", zone + 1), "zone lost", String::new());
        self.weather
            .lose_zone(now, now + self.config.service.az_failover);
        self.in_zone(
            zone,
            |kinesis, app, worker, cx| kinesis.crash(app, worker, cx),
            cx,
        );
    }

    /// A zone is back, and so are the workers that ran there.
    pub(super) fn regain_zone(&mut self, zone: u8, cx: &mut Cx<'_, Event>) {
        cx.probe.happened(
            cx.queue.now(),
            &format!("az{}", zone + 1),
            "zone back",
            String::new(),
        );
        self.in_zone(
            zone,
            |kinesis, app, worker, cx| kinesis.revive(app, worker, cx),
            cx,
        );
    }

    fn in_zone(
        &mut self,
        zone: u8,
        what: impl Fn(&mut Self, u16, u32, &mut Cx<'_, Event>),
        cx: &mut Cx<'_, Event>,
    ) {
        for app in 0..self.apps.len() {
            // A Lambda mapping is the service's own, which reads on from another zone.
            let lambda = self.apps[app].config.lambda;
            for worker in 0..self.apps[app].workers.len() {
                if self.apps[app].workers[worker].zone == zone && !lambda {
                    what(self, app as u16, worker as u32, cx);
                }
            }
        }
    }
}
