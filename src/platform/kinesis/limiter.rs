//! The KPL's own rate limiter: two buckets per producer and shard, drained every 25 ms by deadline.
//!
//! # Source
//! KPL `limiter.h`; its bucket is held against `tests/golden/kpl-token-bucket.csv`.

use super::{Event, Kinesis};
use crate::engine::TokenBucket;
use crate::platform::Cx;
use crate::units::SimTime;
use std::collections::VecDeque;

/// What one producer allows itself on one shard.
#[derive(Clone, Debug)]
pub(super) struct Limiter {
    pub records: TokenBucket,
    pub bytes: TokenBucket,
    /// Carriers that wait, by deadline.
    pub queue: VecDeque<u32>,
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

impl Kinesis {
    /// The limiter looks at what waits: expired records fail, the others go as tokens allow.
    pub(super) fn drain_limiters(&mut self, process: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let shards = self.kpl().processes[process as usize].limiters.len() as u32;
        let mut waiting = false;
        for shard in 0..shards {
            loop {
                let kpl = self.kpl();
                let carriers = &kpl.carriers;
                let Some(limiter) =
                    kpl.processes[process as usize].limiters[shard as usize].as_mut()
                else {
                    break;
                };
                let Some(carrier) = limiter.queue.front().copied() else {
                    break;
                };
                let oldest = carriers[carrier as usize]
                    .records
                    .iter()
                    .map(|record| record.at)
                    .min();
                let over = oldest.is_some_and(|at| at + kpl.config.ttl <= now);
                if !over && !limiter.admit(now, carriers[carrier as usize].bytes) {
                    waiting = true;
                    break;
                }
                limiter.queue.pop_front();
                if over {
                    self.retry_all(carrier, cx);
                } else {
                    self.collect(process, carrier, cx);
                }
            }
        }
        let kpl = self.kpl();
        let process_ref = &mut kpl.processes[process as usize];
        let queued = process_ref
            .limiters
            .iter()
            .flatten()
            .any(|limiter| !limiter.queue.is_empty());
        process_ref.draining = waiting || queued;
        if process_ref.draining {
            cx.queue.after(kpl.drain, Event::Drain(process));
        }
    }
}
