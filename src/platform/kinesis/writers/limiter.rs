//! The KPL's own rate limiter: two buckets per producer and shard, drained every 25 ms by deadline.
//!
//! # Source
//! awslabs/amazon-kinesis-producer, `aws/kinesis/core/limiter.h`; its bucket is held against
//! `tests/golden/kpl-token-bucket.csv`.

use super::{WriterEvent, Writers};
use crate::engine::TokenBucket;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::ids::{KplRecordId, ProducerId, ShardId};
use crate::platform::kinesis::stream::Stream;
use crate::probe::Limit;
use crate::units::SimTime;
use std::collections::VecDeque;

/// What one producer allows itself on one shard.
#[derive(Clone, Debug)]
pub(super) struct Limiter {
    /// Tokens for records.
    pub(super) records: TokenBucket,
    /// Tokens for bytes `[B]`.
    pub(super) bytes: TokenBucket,
    /// Records that wait, by deadline.
    pub(super) queue: VecDeque<KplRecordId>,
}

impl Limiter {
    /// Takes from both buckets or from none.
    pub(super) fn admit(&mut self, now: SimTime, bytes: u64) -> bool {
        let holds = self.records.holds(now, 1) && self.bytes.holds(now, bytes);
        if holds {
            self.records.pay(1);
            self.bytes.pay(bytes);
        }
        holds
    }
}

/// What a limiter lets go.
enum Released {
    /// A record whose time to live is over.
    Expired(KplRecordId),
    /// A record for which there are tokens.
    Admitted(KplRecordId),
}

impl Writers {
    /// The limiters of a process look at what waits: expired records fail, the others go as tokens allow.
    pub(super) fn drain_limiters(
        &mut self,
        process: ProducerId,
        stream: &mut Stream,
        cx: &mut KinesisCx<'_>,
    ) {
        let now = cx.queue.now();
        for shard in self.kpl().limited_shards(process) {
            while let Some(released) = self.release(process, shard, now) {
                match released {
                    Released::Expired(id) => {
                        let met = self.held_by(id, shard, stream);
                        self.retry_all(id, Some(met), stream, cx);
                    }
                    Released::Admitted(id) => self.collect(process, id, stream, cx),
                }
            }
        }
        let kpl = self.kpl_mut();
        let drain = kpl.drain;
        if kpl.goes_on_draining(process) {
            let spot = Limit::ClientLimiter.at(process.0);
            cx.probe.waits(spot, now, now + drain);
            cx.queue.after(drain, WriterEvent::Drain(process).into());
        }
    }

    /// What held a record up that expired behind a limiter: its shard, if it refused something meanwhile, or the limiter itself.
    fn held_by(&self, id: KplRecordId, shard: ShardId, stream: &Stream) -> Limit {
        let records = &self.kpl().records.get(id).records;
        let oldest = records.iter().map(|record| record.at).min();
        oldest
            .and_then(|since| stream.refused_since(shard, since))
            .unwrap_or(Limit::ClientLimiter)
    }

    /// Takes the first record from a limiter's queue if it may go now.
    fn release(&mut self, process: ProducerId, shard: ShardId, now: SimTime) -> Option<Released> {
        let kpl = self.kpl_mut();
        let ttl = kpl.config.ttl;
        let (records, limiter) = kpl.limiter_with_records(process, shard)?;
        let id = limiter.queue.front().copied()?;
        let waiting = records.get(id);
        let oldest = waiting.records.iter().map(|record| record.at).min();
        let expired = oldest.is_some_and(|at| at + ttl <= now);
        if !expired && !limiter.admit(now, waiting.label.bytes) {
            return None;
        }
        limiter.queue.pop_front();
        Some(if expired {
            Released::Expired(id)
        } else {
            Released::Admitted(id)
        })
    }
}
