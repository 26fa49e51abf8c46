//! Coordinators of transactions: who may write under a `transactional.id`, which partitions belong to a transaction, and
//! the markers that end it.
//!
//! A call of a producer reaches the broker that coordinates its `transactional.id`. What changes is written to the
//! transaction log, with its copies, before the answer leaves. A commit is answered as soon as the decision is written;
//! after that the coordinator has markers written to every partition of the transaction, and until all replicas in sync have
//! them the next transaction of the producer cannot begin.
//!
//! # Source
//! Apache Kafka 3.9, `TransactionCoordinator.scala`, `TransactionStateManager.scala`, `TransactionMarkerChannelManager.scala`.

use super::super::config::Config;
use super::super::ids::{BrokerId, PartitionId, ProducerId, Slots};
use super::super::wire::{CallKind, Refusal, Scope};
use super::super::{Event as Timer, producer};
use super::replica::Roll;
use super::stable::marker_bytes;
use super::{Brokers, Event};
use crate::engine::Ticket;
use crate::units::{Nanos, SimTime};

/// A step of a transaction, at a broker.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// A call of a producer reaches the coordinator.
    Call,
    /// The transaction log has what a call changes.
    Logged,
    /// The coordinator sends the markers that are missing.
    SendMarkers,
    /// A request for markers reaches a leader.
    Markers(BrokerId),
    /// The leader appends markers.
    AppendMarkers(BrokerId),
    /// The transaction log has the end of the transaction.
    Completed,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// There is none.
    #[default]
    Empty,
    /// It is open since then.
    Ongoing(SimTime),
    /// It is decided, and markers are being written: whether it is aborted.
    Decided {
        /// Whether it is aborted.
        aborted: bool,
    },
}

/// What the coordinator knows of a producer's transactions.
#[derive(Clone, Debug, Default)]
pub(super) struct Transaction {
    /// The process that may write, by its producer id; all others are fenced off.
    writer: Option<u32>,
    /// Where the transaction is.
    state: State,
    /// Its partitions; once it is decided, those of them whose marker is not on all replicas in sync.
    partitions: Vec<PartitionId>,
    /// Timers of earlier transactions are void.
    ticket: Ticket,
    /// The transaction for which a timer is set that sends markers again, so that there is one at most.
    sends_again: Option<Ticket>,
}

/// One entry for each producer, if producers have transactions.
pub(super) fn all(config: &Config, producers: u32) -> Slots<ProducerId, Transaction> {
    let count = config.producer.transactions.map_or(0, |_| producers);
    Slots::build(count, |_| Transaction::default())
}

impl Brokers {
    /// A step of a transaction is due.
    pub(super) fn on_transaction(
        &mut self,
        step: Step,
        id: ProducerId,
        ticket: Ticket,
        cx: &mut Scope<'_>,
    ) {
        match step {
            Step::Call => self.called(id, ticket, cx),
            Step::Logged => self.apply_call(id, ticket, cx),
            Step::SendMarkers if self.transactions[id].ticket == ticket => {
                self.transactions[id].sends_again = None;
                self.send_markers(id, cx);
            }
            Step::Markers(broker) => self.take_markers(broker, id, ticket, cx),
            Step::AppendMarkers(broker) if self.transactions[id].ticket == ticket => {
                self.append_markers(broker, id, cx);
            }
            Step::Completed if self.transactions[id].ticket == ticket => {
                self.transactions[id].state = State::Empty;
                self.transactions[id].ticket.advance();
            }
            Step::SendMarkers | Step::AppendMarkers(_) | Step::Completed => {}
        }
    }

    /// The broker that coordinates a producer's `transactional.id`: the next one that is not fenced.
    pub(super) fn coordinator_of(&self, id: ProducerId) -> BrokerId {
        let count = self.machines.count();
        let home = id.number() % count.max(1);
        let mut turn = (0..count).map(|n| BrokerId::new((home + n) % count));
        let working = turn.find(|broker| !self.machines[*broker].fenced);
        working.unwrap_or(BrokerId::new(home))
    }

    /// Whether a process is fenced off: another one has taken its `transactional.id`, or its transaction timed out.
    #[inline]
    pub(super) fn is_fenced_off(&self, id: ProducerId, process: u32) -> bool {
        let known = self.transactions.get(id);
        known.is_some_and(|transaction| transaction.writer != Some(process))
    }

    /// A call of a producer reaches its coordinator, or nobody.
    fn called(&mut self, id: ProducerId, ticket: Ticket, cx: &mut Scope<'_>) {
        let call = &cx.wire.calls[id];
        if call.ticket != ticket {
            return;
        }
        let (zone, broker) = (call.zone, self.coordinator_of(id));
        if !cx.net.answers(zone, broker) {
            cx.wire.calls[id].answer = Err(Refusal::Unavailable);
            return answer(id, ticket, cx.now(), cx);
        }
        let handled = self.machines[broker].write(cx.now(), 0, None);
        if let Err(refusal) = self.check_call(id, cx) {
            cx.wire.calls[id].answer = Err(refusal);
            return answer(
                id,
                ticket,
                handled + cx.net.one_way(zone, cx.net.zone_of(broker)),
                cx,
            );
        }
        let event = Event::Transaction(Step::Logged, id, ticket);
        cx.queue.at(handled + log_write(cx), Timer::Broker(event));
    }

    /// Whether the coordinator takes a call.
    fn check_call(&self, id: ProducerId, cx: &Scope<'_>) -> Result<(), Refusal> {
        let (call, transaction) = (&cx.wire.calls[id], &self.transactions[id]);
        if call.kind != CallKind::InitProducerId && transaction.writer != Some(call.process) {
            return Err(Refusal::Fenced);
        }
        match transaction.state {
            State::Decided { .. } => Err(Refusal::Concurrent),
            State::Empty | State::Ongoing(_) => Ok(()),
        }
    }

    /// What a call changes is in the transaction log: it holds from now on, and the answer leaves.
    fn apply_call(&mut self, id: ProducerId, ticket: Ticket, cx: &mut Scope<'_>) {
        if cx.wire.calls[id].ticket != ticket {
            return;
        }
        let outcome = self.check_call(id, cx).and_then(|()| self.change(id, cx));
        let call = &mut cx.wire.calls[id];
        call.answer = outcome;
        let zone = call.zone;
        let way = cx
            .net
            .one_way(zone, cx.net.zone_of(self.coordinator_of(id)));
        answer(id, ticket, cx.now() + way, cx);
    }

    /// Does what a call asks for.
    fn change(&mut self, id: ProducerId, cx: &mut Scope<'_>) -> Result<(), Refusal> {
        let now = cx.now();
        let call = &cx.wire.calls[id];
        let transaction = &mut self.transactions[id];
        match call.kind {
            CallKind::InitProducerId => {
                transaction.writer = Some(call.process);
                if matches!(transaction.state, State::Ongoing(_)) {
                    // What the process before left open is aborted; the new one asks again.
                    self.decide(id, true, cx);
                    return Err(Refusal::Concurrent);
                }
            }
            CallKind::AddPartitions => {
                transaction.partitions.extend(&call.partitions);
                if transaction.state == State::Empty {
                    transaction.state = State::Ongoing(now);
                }
            }
            CallKind::Commit | CallKind::Abort => {
                let aborted = call.kind == CallKind::Abort;
                if matches!(transaction.state, State::Ongoing(_)) {
                    self.decide(id, aborted, cx);
                }
            }
        }
        Ok(())
    }

    /// A transaction ends one way or the other: its partitions get their markers.
    fn decide(&mut self, id: ProducerId, aborted: bool, cx: &mut Scope<'_>) {
        self.transactions[id].state = State::Decided { aborted };
        self.send_markers(id, cx);
        self.complete_if_marked(id, cx);
    }

    /// Sends a request for markers to every broker that leads a partition without one.
    fn send_markers(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let (now, from) = (cx.now(), self.coordinator_of(id));
        let transaction = &self.transactions[id];
        let (ticket, mut leaders) = (transaction.ticket, Vec::new());
        for at in &transaction.partitions {
            if self.partitions[*at].has_marker_of(id) {
                continue;
            }
            leaders.push(self.partitions[*at].leader);
        }
        leaders.sort_unstable();
        leaders.dedup();
        for leader in leaders {
            let Some(leader) = leader else {
                self.send_markers_again(id, cx);
                continue;
            };
            let event = Event::Transaction(Step::Markers(leader), id, ticket);
            let at = now + cx.net.between(from, leader);
            cx.queue.at(at, Timer::Broker(event));
        }
    }

    /// Some leader did not take its markers: they are sent again after a while, in one timer for all leaders.
    fn send_markers_again(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let transaction = &mut self.transactions[id];
        let ticket = transaction.ticket;
        if transaction.sends_again.replace(ticket) != Some(ticket) {
            let event = Event::Transaction(Step::SendMarkers, id, ticket);
            let backoff = cx.config.producer.retry.backoff;
            cx.queue.after(backoff, Timer::Broker(event));
        }
    }

    /// A request for markers reaches a leader.
    fn take_markers(
        &mut self,
        broker: BrokerId,
        id: ProducerId,
        ticket: Ticket,
        cx: &mut Scope<'_>,
    ) {
        let transaction = &self.transactions[id];
        if transaction.ticket != ticket {
            return;
        }
        let from = self.coordinator_of(id);
        if !cx.net.answers(cx.net.zone_of(from), broker) {
            return self.send_markers_again(id, cx);
        }
        let led = |at: &&PartitionId| self.partitions[**at].leader == Some(broker);
        let count = transaction.partitions.iter().filter(led).count() as u64;
        let bytes = count * marker_bytes();
        let handled = self.machines[broker].write(cx.now(), bytes, None);
        let event = Event::Transaction(Step::AppendMarkers(broker), id, ticket);
        cx.queue.at(handled, Timer::Broker(event));
    }

    /// A leader appends the markers of a transaction to the partitions that it leads.
    fn append_markers(&mut self, broker: BrokerId, id: ProducerId, cx: &mut Scope<'_>) {
        let State::Decided { aborted } = self.transactions[id].state else {
            return;
        };
        let partitions = self.transactions[id].partitions.clone();
        let mut missing = false;
        for at in partitions {
            if self.partitions[at].has_marker_of(id) {
                continue;
            }
            let (leads, takes) = self.takes_marker(at, broker, cx);
            if leads && takes {
                self.append_marker(at, id, aborted, cx);
            }
            missing |= leads && !takes || self.partitions[at].leader.is_none();
        }
        if missing {
            self.send_markers_again(id, cx);
        }
        self.wake_followers(cx);
    }

    /// Whether a broker leads a partition, and whether it may write a marker there now.
    fn takes_marker(&self, at: PartitionId, broker: BrokerId, cx: &Scope<'_>) -> (bool, bool) {
        let partition = &self.partitions[at];
        let least = self.topic.least_in_sync(partition.replicas.len());
        let takes = cx.net.is_up(broker) && partition.isr >= least;
        (partition.leader == Some(broker), takes)
    }

    /// A marker goes into the log of a partition.
    fn append_marker(
        &mut self,
        at: PartitionId,
        id: ProducerId,
        aborted: bool,
        cx: &mut Scope<'_>,
    ) {
        let roll = Roll {
            bytes: self.topic.segment_bytes,
            age: self.topic.segment_age,
        };
        let now = cx.now();
        let partition = &mut self.partitions[at];
        if cx.config.marks {
            partition.log.mark_nothing();
        }
        partition.append_marker(id, aborted, roll, now);
        self.traffic.written += marker_bytes();
        self.mark_dirty(at);
        let partition = &self.partitions[at];
        if partition.replicas.len() == 1 || partition.isr == 1 {
            self.advance_high_watermark(at, cx);
        }
    }

    /// The high watermark of a partition has risen: markers below it are on all replicas in sync. Returns the bytes that
    /// became visible to readers of committed data.
    pub(super) fn settle_transactions(&mut self, at: PartitionId, cx: &mut Scope<'_>) -> u64 {
        while let Some(id) = self.partitions[at].take_replicated() {
            self.transactions[id]
                .partitions
                .retain(|other| *other != at);
            self.complete_if_marked(id, cx);
        }
        self.partitions[at].advance_stable()
    }

    /// Once all partitions have their markers, the coordinator writes that the transaction is complete.
    fn complete_if_marked(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let transaction = &self.transactions[id];
        let decided = matches!(transaction.state, State::Decided { .. });
        if decided && transaction.partitions.is_empty() {
            // The last leader's answer travels to the coordinator first.
            let wait = Nanos(cx.net.round_trip().0 / 2) + log_write(cx);
            let event = Event::Transaction(Step::Completed, id, transaction.ticket);
            cx.queue.after(wait, Timer::Broker(event));
        }
    }

    /// A log was cut off: transactions that lost their marker with it get it again.
    pub(super) fn reopen_transactions(&mut self, at: PartitionId, cx: &mut Scope<'_>) {
        for id in self.partitions[at].cut_transactions() {
            self.send_markers_again(id, cx);
        }
    }

    /// The coordinators begin to look for transactions that have been open for too long.
    pub(in super::super) fn watch_transactions(&self, cx: &mut Scope<'_>) {
        if self.transactions.len() > 0 {
            let every = cx.config.coordinator.transaction_check;
            cx.queue
                .after(every, Timer::Broker(Event::TransactionTimeouts));
        }
    }

    /// Transactions that have been open for longer than `transaction.timeout.ms` are aborted, and their producers are
    /// fenced off.
    pub(super) fn abort_timed_out(&mut self, cx: &mut Scope<'_>) {
        let Some(settings) = cx.config.producer.transactions else {
            return;
        };
        for id in self.transactions.ids() {
            let State::Ongoing(since) = self.transactions[id].state else {
                continue;
            };
            if since + settings.timeout < cx.now() {
                self.transactions[id].writer = None;
                let detail = format!("open since {:.3} s", since.as_secs_f64());
                let name = format!("producer {}", id.number() + 1);
                let what = "transaction timed out";
                cx.probe.happened(cx.queue.now(), &name, what, detail);
                self.decide(id, true, cx);
            }
        }
        self.watch_transactions(cx);
    }
}

/// How long the transaction log takes until followers in other zones have a change: an answer to a fetch that waits, and the
/// next fetch.
fn log_write(cx: &Scope<'_>) -> Nanos {
    cx.net.round_trip()
}

/// The answer to a call reaches its producer at `at`.
fn answer(id: ProducerId, ticket: Ticket, at: SimTime, cx: &mut Scope<'_>) {
    let event = producer::Event::Called(id, ticket);
    cx.queue.at(at, Timer::Producer(event));
}
