//! The operator's calls as they are made, and what ends them.

use super::api::{self, Answer, Refusal};
use super::control::{Mode, Status};
use super::hash::HashKey;
use super::{Stream, StreamEvent};
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::{CallId, FaultId, Id, ShardId};
use crate::units::{Nanos, SimTime};

impl Stream {
    /// Sets the timers of the operator's calls and of the faults.
    pub(super) fn start_operations(&self, cx: &mut KinesisCx<'_>) {
        for (number, call) in self.plan.calls.iter().enumerate() {
            let event = StreamEvent::Call(CallId::from_index(number));
            cx.queue.at(call.at, event.into());
        }
        for (number, fault) in self.plan.faults.iter().enumerate() {
            let id = FaultId::from_index(number);
            cx.queue.at(fault.from, StreamEvent::FaultBegins(id).into());
            cx.queue.at(fault.to, StreamEvent::FaultEnds(id).into());
        }
    }

    /// A call of the operator: made at its time, and its answer noted.
    pub(super) fn call(&mut self, call: CallId, cx: &mut KinesisCx<'_>) {
        let operation = self.plan.calls[call.index()].operation;
        let admitted = self.plan.rates.admit(operation.name(), cx.queue.now());
        let answer = admitted.and_then(|()| operation.make(self, cx));
        note(operation.name(), answer, cx);
    }

    /// A fault begins or ends.
    pub(super) fn turn_fault(&mut self, fault: FaultId, begins: bool, cx: &mut KinesisCx<'_>) {
        let (now, fault) = (cx.queue.now(), &self.plan.faults[fault.index()]);
        let what = if begins { "fault begins" } else { "fault ends" };
        cx.probe.happened(now, "stream", what, fault.mark().text);
        fault.turn(now, begins, &mut self.conditions);
    }

    /// The middle of a shard's range, if there ever was such a shard.
    pub(super) fn middle_of(&self, shard: ShardId) -> Option<HashKey> {
        let node = self.control.lineage.members().get(shard);
        node.map(|node| node.middle())
    }

    /// SplitShard.
    pub(super) fn split(
        &mut self,
        shard: ShardId,
        at: HashKey,
        cx: &mut KinesisCx<'_>,
    ) -> Answer<()> {
        let change = self.control.split(shard, at)?;
        self.start_change(change, cx);
        Ok(())
    }

    /// MergeShards.
    pub(super) fn merge(
        &mut self,
        lower: ShardId,
        upper: ShardId,
        cx: &mut KinesisCx<'_>,
    ) -> Answer<()> {
        let change = self.control.merge(lower, upper)?;
        self.start_change(change, cx);
        Ok(())
    }

    /// UpdateShardCount, by the operator, a step of the timeline or a policy.
    pub(super) fn update_shard_count(
        &mut self,
        target: u64,
        cx: &mut KinesisCx<'_>,
    ) -> Answer<String> {
        let open = self.control.update_shard_count(target, cx.queue.now())?;
        self.start_more(cx);
        Ok(format!("{open} to {target}"))
    }

    /// A step of the timeline asks for this number of shards.
    pub(crate) fn scale_to(&mut self, shards: u32, cx: &mut KinesisCx<'_>) {
        let answer = self.update_shard_count(u64::from(shards), cx);
        note("UpdateShardCount", answer, cx);
    }

    /// UpdateStreamMode.
    pub(super) fn update_mode(&mut self, mode: Mode, cx: &mut KinesisCx<'_>) -> Answer<String> {
        let now = cx.queue.now();
        self.settle_bill(now);
        self.control.update_mode(mode, now)?;
        let takes = self.service.control.mode_switch;
        cx.queue.after(takes, StreamEvent::Settled.into());
        Ok(format!("{mode:?}"))
    }

    /// UpdateStreamWarmThroughput: the service makes room for it at once, or gives room back down to
    /// what the last hour's peak needs.
    pub(super) fn update_warm_throughput(
        &mut self,
        mib_per_s: u64,
        cx: &mut KinesisCx<'_>,
    ) -> Answer<String> {
        self.check_warm_throughput()?;
        let open = self.control.open();
        let most = u64::from(self.on_demand.shards_most);
        let target = mib_per_s.max(self.shards_needed()).min(most);
        self.control.rescale(target as u32);
        self.start_more(cx);
        Ok(format!(
            "{open} to {}",
            crate::units::counted(target, "shard")
        ))
    }

    fn check_warm_throughput(&self) -> Answer<()> {
        let refuse = |error, why: &str| Err(Refusal::new(error, why));
        if self.control.mode != Mode::OnDemand || !self.on_demand.advantage {
            let why = "warm throughput needs an on-demand stream and On-demand Advantage";
            return refuse(api::ApiError::Validation, why);
        }
        if self.control.status != Status::Active {
            return refuse(api::ApiError::ResourceInUse, "the stream is not ACTIVE");
        }
        Ok(())
    }

    /// The shards below which warm throughput cannot bring the stream `[shards]`.
    fn shards_needed(&self) -> u64 {
        let hour = self.monitor.past.iter().rev().take(60);
        let peak = hour.map(|minute| minute.bytes).fold(0.0, f64::max) / 60.0;
        let needed = libm::ceil(2.0 * peak / self.service.shard.write_rate.0 as f64) as u64;
        let floor: u64 = self.facts.value("kinesis.on-demand.shards");
        // Giving room back came later than asking for it.
        let scale_down = self.facts.comes("kinesis.warm-throughput.scale-down");
        let kept = scale_down.map_or(0, |_| u64::from(self.control.open()));
        needed.max(floor).max(kept)
    }

    /// IncreaseStreamRetentionPeriod or, if `shorter`, DecreaseStreamRetentionPeriod.
    pub(super) fn update_retention(
        &mut self,
        hours: u64,
        shorter: bool,
        cx: &mut KinesisCx<'_>,
    ) -> Answer<String> {
        const HOUR: Nanos = Nanos::from_secs(3600);
        let now = cx.queue.now();
        let present = self.retention.period.0 / HOUR.0;
        let least = self.facts.value("kinesis.retention.hours");
        let most = self.facts.value("kinesis.retention.hours.highest");
        let hours = api::retention(present, hours, shorter, least, most)?;
        self.settle_bill(now);
        // A longer period revives nothing.
        self.retention.forget_expired(now);
        self.retention.period = Nanos(HOUR.0 * hours);
        for shard in self.shards.ids() {
            let expires = self.control.lineage.expires(shard, self.retention.period);
            if let Some(at) = expires {
                let event = StreamEvent::ShardExpired(shard);
                cx.queue.at(at.max(now), event.into());
            }
        }
        Ok(format!("{hours} h"))
    }

    /// UpdateMaxRecordSize, to `kib` KiB.
    pub(super) fn update_record_size(
        &mut self,
        kib: u32,
        cx: &mut KinesisCx<'_>,
    ) -> Answer<String> {
        self.control.update_other()?;
        let takes = self.facts.value("kinesis.update-other");
        cx.queue.after(takes, StreamEvent::RecordSize(kib).into());
        Ok(format!("{kib} KiB"))
    }

    /// StartStreamEncryption or, unless `on`, StopStreamEncryption.
    pub(super) fn update_encryption(&mut self, on: bool, cx: &mut KinesisCx<'_>) -> Answer<String> {
        self.control.update_encryption(on, cx.queue.now())?;
        let takes = self.facts.value("kinesis.update-other");
        cx.queue.after(takes, StreamEvent::Encrypted(on).into());
        Ok(if on { "KMS" } else { "NONE" }.to_owned())
    }

    /// UpdateMaxRecordSize is done.
    pub(super) fn set_record_size(&mut self, kib: u32) {
        self.record_max = 1024 * u64::from(kib);
        self.control.settle();
    }

    /// Encryption is switched.
    pub(super) fn set_encrypted(&mut self, on: bool, now: SimTime) {
        self.settle_bill(now);
        self.encryption.on = on;
        self.conditions.set_encrypted(now, on);
        self.control.settle();
    }

    /// A zone is lost: calls that meet it fail until the service has turned away from it. No data is lost: it
    /// lives in three zones.
    pub(crate) fn lose_zone(&mut self, zone: u8, cx: &mut KinesisCx<'_>) {
        let now = cx.queue.now();
        let name = format!("az{}", zone + 1);
        cx.probe.happened(now, &name, "zone lost", String::new());
        self.conditions
            .lose_zone(now, now + self.service.az_failover);
    }

    /// A zone is back.
    pub(crate) fn regain_zone(&self, zone: u8, cx: &mut KinesisCx<'_>) {
        let name = format!("az{}", zone + 1);
        cx.probe
            .happened(cx.queue.now(), &name, "zone back", String::new());
    }
}

/// Notes what a call gave.
pub(super) fn note(name: &'static str, answer: Answer<String>, cx: &mut KinesisCx<'_>) {
    let answer = answer.map_err(|refusal| refusal.to_string());
    cx.probe.called(cx.queue.now(), "stream", name, answer);
}
