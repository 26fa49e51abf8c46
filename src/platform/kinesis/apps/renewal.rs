//! Renewals on a lease table that may refuse calls: who is late with them loses the lease, first in its own eyes, and in those
//! of the others once their scans have found the same counter twice.
//!
//! A worker that has lost a lease finishes the slice in hand without knowing whether somebody else reads the shard by now. Its
//! checkpoint fails.
//!
//! # Source
//! `DynamoDBLeaseRenewer`, `DynamoDBLeaseCoordinator` and `Scheduler` of KCL 3.5.1,
//! <https://github.com/awslabs/amazon-kinesis-client>.

use super::app::App;
use super::assignment::HandOver;
use super::lease::LeaseState;
use super::lease_table::{Purpose, TableCall};
use super::{AppEvent, Io};
use crate::engine::Ticket;
use crate::platform::kinesis::ids::{ShardId, WorkerId};
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

impl App {
    /// A worker begins to renew its leases and to look which ones it holds.
    pub(super) fn start_renewals(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        let Some(dispatch) = self.table.as_ref().map(|table| table.client.dispatch) else {
            return;
        };
        let first = self.renewal_of(worker, io.now(), io);
        let state = &mut self.workers[worker];
        if std::mem::replace(&mut state.renewal.runs, true) {
            return;
        }
        state.renewal.due = first;
        let (app, ticket) = (self.id, state.ticket);
        io.at(
            first,
            AppEvent::Renew {
                app,
                worker,
                ticket,
            },
        );
        io.after(
            dispatch,
            AppEvent::Dispatch {
                app,
                worker,
                ticket,
            },
        );
    }

    /// The leases that a worker holds in its own eyes.
    fn own_leases(&self, worker: WorkerId) -> Vec<ShardId> {
        let leases = self.leases.pairs();
        let own = leases.filter(|(_, lease)| lease.is_held_by(worker));
        own.map(|(shard, _)| shard).collect()
    }

    /// A worker renews all its leases.
    pub(super) fn renew(&mut self, worker: WorkerId, ticket: Ticket, io: &mut Io<'_>) {
        if self.workers[worker].ticket != ticket {
            return;
        }
        let (period, own) = (self.renewal(), self.own_leases(worker));
        let renewal = &mut self.workers[worker].renewal;
        renewal.due += period;
        renewal.queue = own;
        self.renew_next(worker, io);
    }

    /// A worker renews as many of its leases as it has threads for; after the last one it waits for the next round.
    fn renew_next(&mut self, worker: WorkerId, io: &mut Io<'_>) {
        let Some(threads) = self.table.as_ref().map(|table| table.client.threads) else {
            return;
        };
        while self.workers[worker].renewal.open < threads {
            let Some(shard) = self.workers[worker].renewal.queue.pop() else {
                break;
            };
            let call = self.call(Purpose::Renew, shard, worker);
            if !self.attempt(call, io) {
                self.workers[worker].renewal.open += 1;
            }
        }
        let (app, state) = (self.id, &self.workers[worker]);
        if state.renewal.open == 0 && state.renewal.queue.is_empty() {
            let (ticket, next) = (state.ticket, state.renewal.due.max(io.now()));
            io.at(
                next,
                AppEvent::Renew {
                    app,
                    worker,
                    ticket,
                },
            );
        }
    }

    /// A call about a lease, with what the caller knows of it now.
    fn call(&self, purpose: Purpose, shard: ShardId, worker: WorkerId) -> TableCall {
        let (lease, state) = (&self.leases[shard], &self.workers[worker]);
        TableCall::new(purpose, shard, lease, worker, state)
    }

    /// A call that was refused is made again.
    pub(super) fn call_table(&mut self, number: u32, io: &mut Io<'_>) {
        let kept = self.table.as_mut().and_then(|table| table.again(number));
        let Some(call) = kept else {
            return;
        };
        let over = self.attempt(call, io);
        let state = &mut self.workers[call.worker];
        if over && call.purpose == Purpose::Renew && state.ticket == call.worker_ticket {
            state.renewal.open -= 1;
            self.renew_next(call.worker, io);
        }
    }

    /// One attempt of a call; true if the call is over.
    fn attempt(&mut self, call: TableCall, io: &mut Io<'_>) -> bool {
        let now = io.now();
        if !self.is_current(&call) {
            return true;
        }
        if call.purpose == Purpose::Renew
            && call.is_first_attempt()
            && self.has_run_out(call.shard, now)
        {
            self.lose(call.shard, io);
            return true;
        }
        let Some(table) = self.table.as_mut() else {
            return true;
        };
        if table.write(now) {
            self.settle_call(&call, io);
            return true;
        }
        io.probe
            .bound(Limit::LeaseTable.of(usize::from(self.id.0), 0), 1);
        let Some((number, pause)) = table.keep(call) else {
            let name = self.worker_name(call.worker);
            io.happened(&name, "lease table refused", call.shard.to_string());
            return true;
        };
        let delay = self.pause(pause, io);
        let app = self.id;
        io.after(delay, AppEvent::Call { app, number });
        false
    }

    /// Whether the condition of a call can still hold: the row is as the caller knows it.
    fn is_current(&self, call: &TableCall) -> bool {
        let lease = &self.leases[call.shard];
        if self.workers[call.worker].ticket != call.worker_ticket
            || lease.ticket != call.lease_ticket
        {
            return false;
        }
        match call.purpose {
            Purpose::Renew => lease.is_held_by(call.worker),
            Purpose::Take => lease.renewed_at == call.counter,
        }
    }

    /// The table has accepted a call.
    fn settle_call(&mut self, call: &TableCall, io: &mut Io<'_>) {
        match call.purpose {
            Purpose::Renew => self.leases[call.shard].renewed_at = io.now(),
            Purpose::Take => self.hand_over(call.shard, call.worker, HandOver::Stolen, io),
        }
    }

    /// The pause before repetition `n` of a refused call: half of it is random.
    fn pause(&mut self, n: u64, io: &mut Io<'_>) -> Nanos {
        let pauses = io.common.phases.child(8 << 20).child(u64::from(self.id.0));
        let Some(table) = self.table.as_mut() else {
            return Nanos::ZERO;
        };
        let half = table.ceiling(n).0 / 2;
        table.pauses += 1;
        Nanos(half + pauses.below(table.pauses, half.max(1)))
    }

    /// A worker takes a lease, or the leader gives it to one: a write to its row.
    pub(super) fn take_lease(&mut self, shard: ShardId, worker: WorkerId, io: &mut Io<'_>) {
        if self.table.is_none() {
            let held = self.leases[shard].state.is_held() && self.holder_up(shard);
            return if held {
                self.hand_over(shard, worker, HandOver::Stolen, io);
            } else {
                self.give(shard, worker, io);
            };
        }
        let call = self.call(Purpose::Take, shard, worker);
        self.attempt(call, io);
    }

    /// A scan of the table by a worker: `None` if it is answered, or else how long the worker waits.
    pub(super) fn wait_for_scan(&mut self, worker: WorkerId, io: &mut Io<'_>) -> Option<Nanos> {
        let now = io.now();
        let rows = self
            .leases
            .ids()
            .filter(|shard| self.is_in_table(*shard, now));
        let rows = rows.count() as u64;
        let table = self.table.as_mut()?;
        let scans = &mut self.workers[worker].renewal.scans;
        if table.scan(rows, now) {
            *scans = 0;
            return None;
        }
        io.probe
            .bound(Limit::LeaseTable.of(usize::from(self.id.0), 0), 1);
        if *scans >= table.client.retries {
            *scans = 0;
            return Some(self.round());
        }
        *scans += 1;
        let n = *scans - 1;
        Some(self.pause(n, io))
    }

    /// Whether a worker may write a checkpoint now; what is refused it tries again after its next records. A checkpoint
    /// increases the counter of the lease, too.
    pub(super) fn may_checkpoint(&mut self, shard: ShardId, io: &mut Io<'_>) -> bool {
        let (now, app) = (io.now(), usize::from(self.id.0));
        let Some(table) = self.table.as_mut() else {
            return true;
        };
        let lease = &mut self.leases[shard];
        if lease.at_end {
            table.write_in_the_end(now);
        } else if !table.write(now) {
            io.probe.bound(Limit::LeaseTable.of(app, 0), 1);
            return false;
        }
        lease.renewed_at = now;
        true
    }

    /// Whether the holder of a lease has not renewed it for so long that it is lost.
    fn has_run_out(&self, shard: ShardId, now: SimTime) -> bool {
        now.since(self.leases[shard].renewed_at) > self.config.failover
    }

    /// A worker looks which leases it holds, and stops to read those that it has not renewed in time.
    pub(super) fn dispatch(&mut self, worker: WorkerId, ticket: Ticket, io: &mut Io<'_>) {
        let period = self.table.as_ref().map(|table| table.client.dispatch);
        let Some(period) = period.filter(|_| self.workers[worker].ticket == ticket) else {
            return;
        };
        let app = self.id;
        io.after(
            period,
            AppEvent::Dispatch {
                app,
                worker,
                ticket,
            },
        );
        for shard in self.own_leases(worker) {
            if self.has_run_out(shard, io.now()) {
                self.lose(shard, io);
            }
        }
    }

    /// The holder of a lease has not renewed it in time and stops to read the shard. The row still names the worker.
    fn lose(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let lease = &mut self.leases[shard];
        let Some(worker) = lease.owner else {
            return;
        };
        lease.drop_holder();
        (lease.state, lease.lost) = (LeaseState::Waiting, true);
        self.workers[worker].reader.forget(shard.0);
        io.happened(&self.worker_name(worker), "lease lost", shard.to_string());
        let spot = Limit::NoOwner.of(self.consumer(), shard.0);
        io.probe.begin_wait(spot, io.queue.now());
    }
}
