//! Quotas of the cluster and of single partitions: who is over one is told to keep quiet until the debt is paid.

use super::super::config;
use super::super::ids::{BrokerId, GroupId, PartitionId, ProducerId, RequestId};
use super::super::wire::{Message, Scope};
use super::Brokers;
use super::client_quotas::{ClientWindows, Cost};
use crate::engine::TokenBucket;
use crate::probe::Limit;
use crate::units::{ByteRate, Nanos, SimTime};

/// Quotas in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Quotas {
    cluster_in: Option<TokenBucket>,
    cluster_out: Option<TokenBucket>,
    /// One for each partition; empty if there are none.
    partition_in: Vec<TokenBucket>,
    partition_out: Vec<TokenBucket>,
    /// Quotas of clients, if there are any.
    clients: Option<Box<ClientWindows>>,
}

/// The quota of a rate: a second's worth may pass at once.
pub(super) fn quota(rate: Option<ByteRate>) -> Option<TokenBucket> {
    rate.map(|rate| {
        let least = rate.0.min(TokenBucket::LIMIT);
        TokenBucket::new(least, least)
    })
}

/// Charges a quota and returns how long it is in debt.
#[inline]
pub(super) fn debt(quota: &mut Option<TokenBucket>, now: SimTime, bytes: u64) -> Nanos {
    quota
        .as_mut()
        .map_or(Nanos::ZERO, |bucket| charge(bucket, now, bytes))
}

/// Charges a bucket and returns how long it is in debt.
#[inline]
fn charge(bucket: &mut TokenBucket, now: SimTime, bytes: u64) -> Nanos {
    bucket.charge(now, bytes);
    bucket.debt_time(now)
}

impl Quotas {
    /// The quotas of a cluster whose topic has so many partitions.
    pub(super) fn new(config: &config::Config, connections: usize) -> Self {
        let (quotas, partitions) = (&config.cluster.quotas, config.topic.partitions);
        let mut state = Self {
            cluster_in: quota(quotas.cluster_in),
            cluster_out: quota(quotas.cluster_out),
            clients: ClientWindows::new(config, connections),
            ..Self::default()
        };
        (0..partitions).for_each(|_| state.add_partition(quotas));
        state
    }

    /// The topic has one partition more.
    pub(super) fn add_partition(&mut self, quotas: &config::Quotas) {
        self.partition_in.extend(quota(quotas.partition_in));
        self.partition_out.extend(quota(quotas.partition_out));
    }

    /// `bytes` of a partition leave; how long its reader is to keep quiet.
    #[inline]
    pub(super) fn partition_out(
        &mut self,
        partition: PartitionId,
        now: SimTime,
        bytes: u64,
    ) -> Option<Nanos> {
        let bucket = self.partition_out.get_mut(partition.as_index());
        bucket.map(|bucket| charge(bucket, now, bytes))
    }

    /// Until when a broker reads nothing from a producer's connection, if it does not now.
    #[inline]
    pub(super) fn muted_until(
        &self,
        producer: ProducerId,
        broker: BrokerId,
        now: SimTime,
    ) -> Option<SimTime> {
        let until = self.clients.as_ref()?.muted_until(producer, broker);
        (until > now).then_some(until)
    }

    /// A group's fetch is answered by a broker; how long its member is to keep quiet.
    #[inline]
    pub(super) fn client_out(
        &mut self,
        group: GroupId,
        broker: BrokerId,
        now: SimTime,
        cost: impl FnOnce() -> Cost,
    ) -> Nanos {
        let clients = self.clients.as_mut();
        clients.map_or(Nanos::ZERO, |clients| {
            clients.fetched(group, broker, now, cost())
        })
    }

    /// `bytes` leave the cluster; how long their reader is to keep quiet.
    #[inline]
    pub(super) fn cluster_out(&mut self, now: SimTime, bytes: u64) -> Nanos {
        debt(&mut self.cluster_out, now, bytes)
    }
}

impl Brokers {
    /// A client that brought too much is told to keep quiet until its debt is paid; at least for `quiet`. A handler
    /// spends `forced` on forced writes for its request.
    pub(super) fn throttle(
        &mut self,
        request: RequestId,
        quiet: Nanos,
        forced: Nanos,
        cx: &mut Scope<'_>,
    ) {
        let now = cx.queue.now();
        let call = &cx.wire.requests[request];
        let mut longest = quiet.max(debt(&mut self.quotas.cluster_in, now, call.bytes));
        if let Some(clients) = &mut self.quotas.clients {
            let cost = self.machines[call.broker].cost_of_write(call.bytes, forced);
            longest = longest.max(clients.produced(call.producer, call.broker, now, cost));
        }
        if !self.quotas.partition_in.is_empty() {
            for batch in &call.batches {
                let batch = &cx.wire.batches[*batch];
                let bucket = self.quotas.partition_in.get_mut(batch.partition.as_index());
                let owed = bucket.map(|bucket| charge(bucket, now, batch.bytes));
                longest = longest.max(owed.unwrap_or(Nanos::ZERO));
            }
        }
        if longest > Nanos::ZERO {
            let spot = Limit::Quota.at(call.broker.number());
            cx.probe.waits(spot, now, now + longest);
            for batch in &call.batches {
                cx.probe
                    .throttled(cx.wire.batches[*batch].partition.number());
            }
            let quiet = Message::KeepQuiet {
                producer: call.producer,
                broker: call.broker,
                until: now + longest,
            };
            cx.wire.outbox.push(quiet);
        }
    }
}
