//! The lease table as a DynamoDB table with provisioned capacity, and the calls to it that were refused and are repeated.
//!
//! A call is answered at once, or refused while there is no capacity. The SDK repeats it after a pause that doubles, half of
//! it at random, and the KCL calls again when the SDK has given up.
//!
//! # Source
//! `DynamoDBLeaseRenewer` and `DynamoDBLeaseTaker` of KCL 3.5.1; `DynamoDbRetryPolicy` and `SdkDefaultRetrySetting` of the AWS
//! SDK for Java v2.

use super::lease::Lease;
use super::worker::Worker;
use crate::engine::{Ticket, TokenBucket};
use crate::platform::kinesis::ids::{ShardId, WorkerId};
use crate::platform::kinesis::{LeaseTableConfig, TableClient};
use crate::units::{Nanos, SimTime};

/// The bytes that one write unit and one read unit pay for.
const READ_UNIT: u64 = 4096;

/// What a call to the table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The holder of a lease renews it.
    Renew,
    /// A worker takes a lease, or the leader gives it to one.
    Take,
}

/// A write to the row of a lease.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableCall {
    /// What it is for.
    pub(super) purpose: Purpose,
    /// The lease.
    pub(super) shard: ShardId,
    /// The worker that renews or gets it.
    pub(super) worker: WorkerId,
    /// Void once that worker has crashed.
    pub(super) worker_ticket: Ticket,
    /// Void once the lease has another holder.
    pub(super) lease_ticket: Ticket,
    /// The counter of the lease as the caller knows it, by the instant of its last increase.
    pub(super) counter: SimTime,
    /// Attempts of the SDK that were refused.
    attempts: u64,
    /// Calls of the KCL that were refused.
    calls: u64,
}

impl TableCall {
    /// A call that was not made yet, about a lease and by or for a worker as they are now.
    pub(super) fn new(
        purpose: Purpose,
        shard: ShardId,
        lease: &Lease,
        worker: WorkerId,
        state: &Worker,
    ) -> Self {
        Self {
            purpose,
            shard,
            worker,
            worker_ticket: state.ticket,
            lease_ticket: lease.ticket,
            counter: lease.renewed_at,
            attempts: 0,
            calls: 0,
        }
    }

    /// Whether the KCL makes the call now and not the SDK again.
    pub(super) fn is_first_attempt(&self) -> bool {
        self.attempts == 0
    }

    /// Notes a refusal; returns which pause comes before the next attempt, or `None` if the KCL gives up.
    fn refuse(&mut self, client: &TableClient) -> Option<u64> {
        let calls = match self.purpose {
            Purpose::Renew => client.renewals,
            Purpose::Take => client.takes,
        };
        if self.attempts < client.retries {
            self.attempts += 1;
            return Some(self.attempts - 1);
        }
        self.calls += 1;
        self.attempts = 0;
        (self.calls < calls).then_some(0)
    }
}

/// The lease table of an application.
#[derive(Clone, Debug)]
pub(super) struct LeaseTable {
    /// Writes `[units]`.
    writes: TokenBucket,
    /// Reads `[half units]`: a read that may be out of date costs one.
    reads: TokenBucket,
    /// The size of a row `[B]`.
    row: u64,
    /// What the KCL and its SDK do about refused calls.
    pub(super) client: TableClient,
    /// Calls that are repeated later, by the number in their timer.
    waiting: Vec<TableCall>,
    /// Numbers that are free.
    free: Vec<u32>,
    /// Pauses so far; each draws its random part.
    pub(super) pauses: u64,
}

impl LeaseTable {
    /// A table that has kept no capacity: one that needs more than it has keeps none, and another one soon has some.
    pub(super) fn new(config: &LeaseTableConfig) -> Self {
        let bucket = |rate: u64| {
            let capacity = rate * config.burst;
            let mut bucket = TokenBucket::new(rate, capacity);
            bucket.charge(SimTime::ZERO, capacity - rate);
            bucket
        };
        Self {
            writes: bucket(config.write),
            reads: bucket(config.read * 2),
            row: config.row,
            client: config.client,
            waiting: Vec::new(),
            free: Vec::new(),
            pauses: 0,
        }
    }

    /// Writes a row; false if the call is refused.
    pub(super) fn write(&mut self, now: SimTime) -> bool {
        self.writes.take(now, 1)
    }

    /// Writes a row that the caller repeats until it is written.
    pub(super) fn write_in_the_end(&mut self, now: SimTime) {
        self.writes.charge(now, 1);
    }

    /// Scans `rows` rows; false if the call is refused. A scan is admitted while there is capacity, and pays afterwards.
    pub(super) fn scan(&mut self, rows: u64, now: SimTime) -> bool {
        let admitted = self.reads.holds(now, 1);
        if admitted {
            self.reads
                .charge(now, (rows * self.row).div_ceil(READ_UNIT).max(1));
        }
        admitted
    }

    /// A call was refused: keeps it for another attempt and returns its number and which pause comes before, or `None` if
    /// the KCL gives up.
    pub(super) fn keep(&mut self, mut call: TableCall) -> Option<(u32, u64)> {
        let pause = call.refuse(&self.client)?;
        let number = self.free.pop().unwrap_or(self.waiting.len() as u32);
        match self.waiting.get_mut(number as usize) {
            Some(place) => *place = call,
            None => self.waiting.push(call),
        }
        Some((number, pause))
    }

    /// The call of this number is attempted again.
    pub(super) fn again(&mut self, number: u32) -> Option<TableCall> {
        let call = self.waiting.get(number as usize).copied()?;
        self.free.push(number);
        Some(call)
    }

    /// The longest pause before repetition `n` from 0.
    pub(super) fn ceiling(&self, n: u64) -> Nanos {
        let (base, highest) = self.client.back_off;
        Nanos(base.0.saturating_mul(1 << n.min(30)).min(highest.0))
    }
}

/// What a worker is about with the table.
#[derive(Clone, Debug, Default)]
pub(super) struct Renewal {
    /// Whether its timers run.
    pub(super) runs: bool,
    /// When the round after this one is due.
    pub(super) due: SimTime,
    /// Leases that wait for a thread.
    pub(super) queue: Vec<ShardId>,
    /// Renewals under way.
    pub(super) open: u64,
    /// Attempts to scan the table that were refused in a row.
    pub(super) scans: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Reader;

    fn table() -> LeaseTable {
        let millis = Nanos::from_millis;
        LeaseTable::new(&LeaseTableConfig {
            write: 10,
            read: 10,
            burst: 300,
            row: 500,
            client: TableClient {
                retries: 2,
                back_off: (millis(500), millis(1500)),
                renewals: 2,
                takes: 3,
                threads: 20,
                dispatch: millis(1000),
            },
        })
    }

    #[test]
    fn unused_capacity_is_kept_for_five_minutes() {
        let mut table = table();
        let mut written = |at: u64| {
            let now = SimTime(at * 1_000_000_000);
            (0..10_000).take_while(|_| table.write(now)).count()
        };
        assert_eq!([written(0), written(1), written(3)], [10, 10, 20]);
        assert_eq!([written(303), written(1003)], [3000, 3000]);
    }

    #[test]
    fn the_sdk_repeats_a_call_and_the_kcl_calls_again() {
        let mut table = table();
        let worker = Worker::new(Reader::new(Nanos::ZERO, 1, false), 0);
        let lease = Lease::default();
        let mut call = TableCall::new(Purpose::Renew, ShardId(0), &lease, WorkerId(0), &worker);
        let mut pauses = Vec::new();
        while let Some((number, pause)) = table.keep(call) {
            pauses.push(pause);
            call = table.again(number).expect("it was kept");
        }
        assert_eq!(pauses, [0, 1, 0, 0, 1], "two calls of three attempts each");
        let ceilings = [0, 1, 2, 40].map(|n| table.ceiling(n).0 / 1_000_000);
        assert_eq!(ceilings, [500, 1000, 1500, 1500]);
    }

    #[test]
    fn a_scan_pays_for_the_bytes_of_all_rows() {
        let mut table = table();
        // 20 half units are there: one scan of 100 rows reads 50,000 bytes and costs 13 of them, and so does the next one.
        assert!(table.scan(100, SimTime::ZERO) && table.scan(100, SimTime::ZERO));
        assert!(!table.scan(1, SimTime::ZERO));
        assert!(table.scan(1, SimTime(1_000_000_000)));
    }
}
