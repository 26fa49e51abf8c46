//! Two applications on one registered consumer: a shard has one subscription for each consumer. A second SubscribeToShard within
//! five seconds is refused; later it takes the shard away from the first.
//!
//! # Source
//! <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html>.

use super::app::App;
use super::{Apps, Io};
use crate::platform::kinesis::ids::{AppId, Id, ShardId};
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::{ConsumerConfig, KinesisCx, Reading};
use crate::units::{Nanos, SimTime};
use std::collections::BTreeMap;

/// The newest subscriptions of registered consumers that several applications use.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedConsumers {
    /// By the consumer's first application and the shard: who subscribed last, and when.
    newest: BTreeMap<(u16, u32), (AppId, SimTime)>,
    /// Subscriptions that were taken away and whose applications do not know it yet.
    pub(super) cut: Vec<(AppId, ShardId)>,
}

impl SharedConsumers {
    /// An application subscribes to a shard: it gets the shard, or learns until when it is refused.
    fn subscribe(
        &mut self,
        group: AppId,
        app: AppId,
        shard: ShardId,
        now: SimTime,
        guard: Nanos,
    ) -> Option<SimTime> {
        let key = (group.0, shard.0);
        if let Some((holder, made)) = self.newest.get(&key).copied() {
            if now < made + guard {
                return Some(made + guard);
            }
            if holder != app {
                self.cut.push((holder, shard));
            }
        }
        self.newest.insert(key, (app, now));
        None
    }
}

impl Apps {
    /// Applications whose subscriptions were taken away learn of it.
    #[inline]
    pub(super) fn tell_cut_off(&mut self, stream: &mut Stream, cx: &mut KinesisCx<'_>) {
        while let Some((app, shard)) = self.common.shared.cut.pop() {
            self.with(app, stream, cx, |app, io| app.lose_subscription(shard, io));
        }
    }
}

/// The first application that uses the same registered consumer as application `number`, if several do.
pub(super) fn group_of(consumers: &[ConsumerConfig], number: usize) -> Option<AppId> {
    let own = &consumers[number];
    let same = |other: &&ConsumerConfig| {
        other.reading == Reading::FanOut && other.consumer_name == own.consumer_name
    };
    let several = consumers.iter().filter(same).count() > 1;
    let first = consumers.iter().position(|other| same(&other))?;
    (several && own.reading == Reading::FanOut).then(|| AppId::from_index(first))
}

impl App {
    /// Whether the registered consumer is too young in another hand: until when it refuses.
    pub(super) fn refused_until(&self, shard: ShardId, io: &mut Io<'_>) -> Option<SimTime> {
        let group = self.group?;
        let (now, guard) = (io.now(), io.common.fan_out.guard);
        io.common
            .shared
            .subscribe(group, self.id, shard, now, guard)
    }

    /// Another application has taken the subscription to a shard: this one tries again.
    pub(super) fn lose_subscription(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let lease = &mut self.leases[shard];
        (lease.subscription.mine, lease.subscription.gathering) = (false, false);
        lease.subscription.made_at = None;
        io.happened(&self.name, "subscription taken away", shard.to_string());
        self.subscribe(shard, io);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_young_subscription_refuses_and_an_old_one_is_cut_off() {
        let mut shared = SharedConsumers::default();
        let (group, other, shard, guard) = (AppId(0), AppId(1), ShardId(3), Nanos::from_secs(5));
        let at = |s: u64| SimTime(s * 1_000_000_000);
        assert_eq!(shared.subscribe(group, group, shard, at(0), guard), None);
        assert_eq!(
            shared.subscribe(group, other, shard, at(1), guard),
            Some(at(5))
        );
        assert!(shared.cut.is_empty());
        assert_eq!(shared.subscribe(group, other, shard, at(5), guard), None);
        assert_eq!(shared.cut, [(group, shard)]);
    }
}
