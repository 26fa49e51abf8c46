//! The same cluster without one limit.

use super::Config;
use super::config::{Acks, Call, Operation, Protocol, Reset};
use crate::platform::lift::MUCH;
use crate::probe::Limit;
use crate::units::{ByteRate, Nanos};

/// Takes a limit away; returns what was changed, or `None` if nothing can be.
pub(super) fn lift(
    config: &mut Config,
    limit: Limit,
    consumer: Option<usize>,
) -> Option<&'static str> {
    match limit {
        Limit::NoLeader
        | Limit::SlowFollowers
        | Limit::SlowVolume
        | Limit::WorkerStill
        | Limit::Metadata
        | Limit::Rebalance
        | Limit::NoOwner
        | Limit::BusyWorker => {
            let faults = std::mem::take(&mut config.faults);
            (!faults.is_empty()).then_some("nothing breaks")
        }
        Limit::TooFewInSync => {
            config.topic.min_isr = 1;
            Some("min.insync.replicas is 1")
        }
        Limit::ProducerBuffer => {
            config.producer.buffer_memory = config.producer.buffer_memory.saturating_mul(MUCH);
            Some("buffer.memory is a thousand times as large")
        }
        Limit::InFlight => {
            let most = &mut config.producer.in_flight_max;
            *most = most.saturating_mul(1000);
            Some("a thousand times as many requests may be in flight")
        }
        Limit::Quota => {
            config.client_quotas.lift();
            let quotas = &mut config.cluster.quotas;
            (quotas.cluster_in, quotas.cluster_out) = (None, None);
            (quotas.partition_in, quotas.partition_out) = (None, None);
            config.machine.throttle = (None, None);
            Some("there is no quota")
        }
        Limit::Cpu => {
            let machine = &mut config.machine;
            machine.request_time = Nanos(machine.request_time.0 / MUCH);
            machine.per_partition = Nanos(machine.per_partition.0 / MUCH);
            machine.handler_rate = times(machine.handler_rate);
            machine.wire.tls_clients = machine.wire.tls_clients.map(times);
            machine.wire.tls_brokers = machine.wire.tls_brokers.map(times);
            Some("threads of brokers are a thousand times as fast")
        }
        Limit::Volume => {
            let machine = &mut config.machine;
            (machine.ebs.base, machine.ebs.burst) =
                (times(machine.ebs.base), times(machine.ebs.burst));
            machine.volume = times(machine.volume);
            machine.flush = None;
            Some("volumes are a thousand times as fast")
        }
        other => lift_outcome(config, other)
            .or_else(|| lift_retries(config, other))
            .or_else(|| lift_reading(config, other, consumer?)),
    }
}

/// Takes away what makes brokers stop or slow down for good, or records be lost, copied or out of order.
fn lift_outcome(config: &mut Config, limit: Limit) -> Option<&'static str> {
    match limit {
        Limit::Absent => {
            let life = |call: &Call| {
                matches!(
                    call.operation,
                    Operation::CreateCluster(_) | Operation::DeleteCluster(_)
                )
            };
            config.calls.retain(|call| !life(call));
            Some("the cluster is there from the beginning to the end")
        }
        Limit::Network => {
            let network = &mut config.machine.network;
            (network.base, network.burst) = (times(network.base), times(network.burst));
            Some("networks of brokers are a thousand times as fast")
        }
        Limit::VolumeFull => {
            config.cluster.volume = u64::MAX;
            Some("volumes have room for everything")
        }
        Limit::Pause => {
            config.machine.pauses = None;
            Some("no broker pauses")
        }
        Limit::Credits => {
            let machine = &mut config.machine;
            for part in [&mut machine.network, &mut machine.ebs] {
                part.base = part.base.max(part.burst);
            }
            Some("brokers burst for ever")
        }
        Limit::TooLarge => {
            config.topic.message_max = u64::MAX;
            let producer = &mut config.producer;
            producer.request_max = u64::MAX;
            producer.buffer_memory = producer.buffer_memory.saturating_mul(MUCH);
            Some("producer and topic take records of any size, and buffer.memory holds them")
        }
        Limit::LogCut => {
            (config.producer.acks, config.cluster.unclean) = (Acks::All, false);
            Some("acks is all, and no election is unclean")
        }
        Limit::MovedKeys => {
            let calls = std::mem::take(&mut config.calls);
            (!calls.is_empty()).then_some("the operator calls nothing")
        }
        _ => None,
    }
}

/// Takes away what producers do when an attempt fails.
fn lift_retries(config: &mut Config, limit: Limit) -> Option<&'static str> {
    match limit {
        Limit::BackOff => {
            let retry = &mut config.producer.retry;
            (retry.backoff, retry.backoff_max) = (Nanos::from_millis(1), Nanos::from_millis(1));
            Some("retry.backoff.ms and retry.backoff.max.ms are 1")
        }
        Limit::Connection => {
            let producer = &mut config.producer;
            producer.batch_size = producer.batch_size.max(producer.request_max);
            producer.buffer_memory = producer.buffer_memory.saturating_mul(MUCH);
            Some("batch.size is as large as a request may be, and buffer.memory holds such batches")
        }
        Limit::ProducerDown | Limit::ClientGone => {
            let before = config.faults.len();
            config.faults.retain(|fault| !fault.kind.stops_producer());
            (config.faults.len() < before).then_some("no producer stands still or crashes")
        }
        Limit::TransactionEnd => {
            let transactions = config.producer.transactions.take();
            transactions.map(|_| "there are no transactions")
        }
        Limit::Aborted => {
            config.producer.transactions.as_mut()?.abort_share = 0.0;
            Some("no application aborts its transaction")
        }
        Limit::Fenced => {
            let timeout = &mut config.producer.transactions.as_mut()?.timeout;
            *timeout = Nanos(timeout.0.saturating_mul(MUCH));
            Some("transaction.timeout.ms is a thousand times as long")
        }
        Limit::NoAnswer | Limit::Overtaken => {
            let producer = &mut config.producer;
            (producer.acks, producer.idempotent) = (Acks::All, true);
            producer.in_flight_max = producer.in_flight_max.min(5);
            Some("the producer is idempotent, which needs acks=all")
        }
        _ => None,
    }
}

/// A rate that is as good as no limit; zero is without limit already.
fn times(rate: ByteRate) -> ByteRate {
    ByteRate(rate.0.saturating_mul(MUCH))
}

/// Takes away a limit that a group meets.
fn lift_reading(config: &mut Config, limit: Limit, consumer: usize) -> Option<&'static str> {
    let group = config.consumers.get_mut(consumer)?;
    match limit {
        Limit::Checkpoint => {
            group.auto_commit = Some(Nanos(1));
            Some("every poll commits")
        }
        Limit::RecordLock => match &mut group.protocol {
            Protocol::Share(rules) => {
                rules.lock = Nanos(rules.lock.0.saturating_mul(MUCH));
                Some("record locks last a thousand times as long")
            }
            Protocol::Classic(_) | Protocol::Consumer => None,
        },
        Limit::StartPosition => {
            group.offsets.reset = Reset::Earliest;
            Some("auto.offset.reset is earliest")
        }
        Limit::OpenTransaction => {
            group.offsets.reads_committed = false;
            Some("the group reads what is not committed")
        }
        Limit::Moving => {
            group.heartbeat = Nanos::from_millis(100);
            Some("the heartbeat interval of the group is 100 ms")
        }
        Limit::NewLane => {
            group.metadata_age = Nanos::from_secs(1);
            Some("the group looks for new partitions every second")
        }
        Limit::ReaderMetadata => {
            let short = Nanos::from_millis(1);
            (group.backoff, group.reconnect) = (short, short);
            group.request_timeout = Nanos::from_millis(100);
            Some("back-offs of the group are 1 ms, and its request.timeout.ms is 100")
        }
        Limit::JoinDelay => {
            config.coordinator.initial_delay = Nanos::ZERO;
            Some("group.initial.rebalance.delay.ms is 0")
        }
        Limit::Expelled => {
            group.poll_interval = Nanos(group.poll_interval.0.saturating_mul(MUCH));
            Some("max.poll.interval.ms is a thousand times as long")
        }
        Limit::Retention => {
            (config.topic.retention, config.topic.retention_bytes) = (None, None);
            Some("nothing is deleted")
        }
        _ => None,
    }
}
