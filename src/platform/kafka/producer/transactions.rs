//! Producers with a `transactional.id`. An application begins a transaction with the first record, sends, and after
//! `commit.interval.ms` ends it: it waits until everything is acknowledged, asks the coordinator for the end, and goes on
//! when that is written. Meanwhile it sends nothing. A partition joins the transaction before its first batch is sent.
//!
//! # Source
//! Apache Kafka 3.9, `KafkaProducer.commitTransaction`, `TransactionManager.java`, `Sender.java`
//! (`maybeSendAndPollTransactionalRequest`).

use super::super::bit_set::BitSet;
use super::super::config::Transactions;
use super::super::ids::{BrokerId, Draws, Id, PartitionId, ProducerId, Slots};
use super::super::wire::{Call, CallKind, Message, Refusal, Scope};
use super::super::{Cause, Event as Timer, broker};
use super::answers::blame;
use super::stops::Stop;
use super::{Event, Producers, tell};
use crate::engine::Ticket;
use crate::probe::Limit;
use crate::units::Nanos;

/// What a producer does about its transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// It has no producer id yet, or none any more.
    #[default]
    Starting,
    /// The application sends; a transaction is open if a partition belongs to it.
    Open,
    /// The application has asked for the end and waits until all is acknowledged.
    Flushing,
    /// The coordinator is asked for the end.
    Ending,
}

/// The transaction of one producer.
#[derive(Clone, Debug, Default)]
pub(super) struct ClientTransaction {
    state: State,
    /// Partitions that belong to the transaction.
    added: BitSet,
    /// Partitions that are to join it.
    wanted: Vec<PartitionId>,
    /// Whether a call to the coordinator is under way.
    calling: bool,
    /// Whether the transaction has to be aborted: a batch was given up, or the application wants it.
    aborts: bool,
    /// Whether the end is due and the application stands still.
    overdue: bool,
    /// Whether an answer said that the process is fenced off.
    fenced: bool,
    /// Whether `send()` calls that waited are going on: batches wait for their partition to join, so that sending does not
    /// end this by itself.
    unblocking: bool,
    /// Which transaction of the producer a timer belongs to.
    ticket: Ticket,
}

/// The transactions of all producers; none without `transactional.id`.
#[derive(Clone, Debug)]
pub(super) struct ClientTransactions {
    all: Slots<ProducerId, ClientTransaction>,
    /// Which transactions the application aborts.
    aborts: Draws,
}

impl ClientTransactions {
    pub(super) fn new(config: Option<&Transactions>, producers: u32, aborts: Draws) -> Self {
        let count = config.map_or(0, |_| producers);
        Self {
            all: Slots::build(count, |_| ClientTransaction::default()),
            aborts,
        }
    }

    /// Whether there are any.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.all.len() == 0
    }

    /// Whether batches of a partition may be sent: it belongs to the transaction, if there are transactions.
    #[inline]
    pub(super) fn may_send(&self, id: ProducerId, partition: PartitionId) -> bool {
        let client = self.all.get(id);
        client.is_none_or(|client| client.has(partition))
    }

    /// Whether calls of `send()` that waited may go on now: not while they do already.
    pub(super) fn begins_unblocking(&mut self, id: ProducerId) -> bool {
        let client = self.all.get_mut(id);
        client.is_none_or(|client| !std::mem::replace(&mut client.unblocking, true))
    }

    /// Calls of `send()` that waited have gone on as far as they could.
    pub(super) fn ends_unblocking(&mut self, id: ProducerId) {
        if let Some(client) = self.all.get_mut(id) {
            client.unblocking = false;
        }
    }

    /// Whether a producer sends what it has without waiting for more.
    #[inline]
    pub(super) fn is_flushing(&self, id: ProducerId) -> bool {
        let client = self.all.get(id);
        client.is_some_and(|client| client.state == State::Flushing)
    }
}

impl ClientTransaction {
    /// Whether a partition belongs to the transaction.
    #[inline]
    fn has(&self, partition: PartitionId) -> bool {
        self.added.next(partition.index()) == Some(partition.index())
    }
}

impl Producers {
    /// Producers with a `transactional.id` ask for their producer id before they send.
    pub(in super::super) fn begin_transactional(&mut self, cx: &mut Scope<'_>) {
        let count = self.transactional.all.count();
        cx.wire.calls.grow(count, Call::default);
        for id in self.transactional.all.ids() {
            self.init_producer_id(id, cx);
        }
    }

    /// A new process asks for its producer id; those before it will be fenced off.
    pub(super) fn init_producer_id(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        if self.transactional.is_empty() {
            return;
        }
        let client = &mut self.transactional.all[id];
        let ticket = client.ticket.next();
        *client = ClientTransaction {
            ticket,
            ..ClientTransaction::default()
        };
        self.stop(id, Stop::Transaction, cx);
        cx.wire.calls[id].ticket.advance();
        if self.runs(id) {
            self.call(id, CallKind::InitProducerId, Nanos::ZERO, cx);
        }
    }

    /// A producer calls the coordinator of its transactions, after a while.
    fn call(&mut self, id: ProducerId, kind: CallKind, after: Nanos, cx: &mut Scope<'_>) {
        let producer = &self.all[id];
        let client = &mut self.transactional.all[id];
        client.calling = true;
        let call = &mut cx.wire.calls[id];
        (call.kind, call.process, call.zone) = (kind, producer.id, producer.zone);
        call.partitions.clear();
        if kind == CallKind::AddPartitions {
            call.partitions.append(&mut client.wanted);
        }
        let ticket = call.ticket.advance();
        self.put_call(id, ticket, after, cx);
    }

    /// Puts the call of a producer on its way.
    fn put_call(&self, id: ProducerId, ticket: Ticket, after: Nanos, cx: &mut Scope<'_>) {
        let way = Nanos(cx.net.round_trip().0 / 2);
        let step = broker::Event::Transaction(broker::Step::Call, id, ticket);
        cx.queue.after(after + way, Timer::Broker(step));
    }

    /// A partition has a new batch: it joins the transaction, and the first one begins it.
    pub(super) fn join_transaction(
        &mut self,
        id: ProducerId,
        partition: PartitionId,
        cx: &mut Scope<'_>,
    ) {
        let client = &mut self.transactional.all[id];
        let asked = client.calling && cx.wire.calls[id].partitions.contains(&partition);
        if client.has(partition) || asked || client.wanted.contains(&partition) {
            return;
        }
        if client.added.next(0).is_none() && client.wanted.is_empty() && !client.calling {
            let interval = cx
                .config
                .producer
                .transactions
                .map(|own| own.commit_interval);
            let event = Event::Commit(id, client.ticket);
            cx.queue
                .after(interval.unwrap_or_default(), Timer::Producer(event));
        }
        client.wanted.push(partition);
        if !client.calling {
            self.call(id, CallKind::AddPartitions, Nanos::ZERO, cx);
        }
    }

    /// The application ends its transaction, unless it stands still.
    pub(super) fn commit(&mut self, id: ProducerId, ticket: Ticket, cx: &mut Scope<'_>) {
        let standing = self.is_stopped_by(id, Stop::Stuck);
        let client = &mut self.transactional.all[id];
        if client.ticket != ticket || client.state != State::Open {
            return;
        }
        client.overdue = standing;
        if standing {
            return;
        }
        let share = cx
            .config
            .producer
            .transactions
            .map_or(0.0, |own| own.abort_share);
        let chosen = share > 0.0 && self.transactional.aborts.uniform() < share;
        let failed = client.aborts;
        client.aborts |= chosen;
        client.state = State::Flushing;
        self.stop(id, Stop::Transaction, cx);
        if failed || chosen {
            self.drop_unsent(id, !failed, cx);
        }
        self.flush(id, cx);
        self.end_if_flushed(id, cx);
    }

    /// The application goes on after it stood still: a commit that was due comes now.
    pub(super) fn commit_overdue(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let client = self.transactional.all.get(id);
        if let Some(client) = client.filter(|client| client.overdue) {
            self.commit(id, client.ticket, cx);
        }
    }

    /// Everything that a producer holds may be sent now.
    fn flush(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        for broker in cx.net.brokers() {
            self.look_again(id, broker, cx);
            self.drain(id, broker, cx);
        }
    }

    /// Asks for the end of the transaction once nothing is queued or in flight any more.
    pub(super) fn end_if_flushed(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        if !self.transactional.is_flushing(id) {
            return;
        }
        let (producer, client) = (&self.all[id], &mut self.transactional.all[id]);
        let sent = producer.active.next(0).is_none();
        let answered = producer.nodes.iter().all(|node| node.in_flight == 0);
        if client.calling || !(sent && answered) {
            return;
        }
        client.state = State::Ending;
        let kind = match client.aborts {
            true => CallKind::Abort,
            false => CallKind::Commit,
        };
        self.call(id, kind, Nanos::ZERO, cx);
    }

    /// The coordinator has answered.
    pub(super) fn called(&mut self, id: ProducerId, ticket: Ticket, cx: &mut Scope<'_>) {
        let call = &cx.wire.calls[id];
        if call.ticket != ticket {
            return;
        }
        let (kind, answer) = (call.kind, call.answer);
        match answer {
            Err(Refusal::Fenced) => return self.fenced_off(id, cx),
            Err(refusal) => return self.call_again(id, refusal, cx),
            Ok(()) => self.transactional.all[id].calling = false,
        }
        match kind {
            CallKind::InitProducerId | CallKind::Commit | CallKind::Abort => {
                self.begin_transaction(id, cx);
            }
            CallKind::AddPartitions => self.partitions_added(id, cx),
        }
    }

    /// A call was refused for now: the client tries again.
    fn call_again(&mut self, id: ProducerId, refusal: Refusal, cx: &mut Scope<'_>) {
        let config = &cx.config.producer;
        let begins = self.transactional.all[id].added.next(0).is_none();
        let mut wait = config.retry.backoff;
        let adds = cx.wire.calls[id].kind == CallKind::AddPartitions;
        if let Some(own) = config.transactions
            && refusal == Refusal::Concurrent
            && adds
            && begins
        {
            wait = wait.min(own.concurrent_backoff);
        }
        let ticket = cx.wire.calls[id].ticket.advance();
        self.put_call(id, ticket, wait, cx);
    }

    /// The application may send: what it sends next begins a new transaction.
    fn begin_transaction(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let client = &mut self.transactional.all[id];
        client.state = State::Open;
        (client.aborts, client.overdue) = (false, false);
        client.added.clear();
        client.ticket.advance();
        self.go_on(id, Stop::Transaction, cx);
    }

    /// Partitions belong to the transaction from now on: what waits for them may be sent.
    fn partitions_added(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let client = &mut self.transactional.all[id];
        for partition in cx.wire.calls[id].partitions.drain(..) {
            client.added.insert(partition.index());
        }
        if !client.wanted.is_empty() {
            self.call(id, CallKind::AddPartitions, Nanos::ZERO, cx);
        }
        self.flush(id, cx);
        self.end_if_flushed(id, cx);
    }

    /// A batch was given up: the transaction cannot be committed.
    pub(super) fn fail_transaction(&mut self, id: ProducerId) {
        if !self.transactional.is_empty() {
            self.transactional.all[id].aborts = true;
        }
    }

    /// An answer to a batch said that a newer process is there; whether the producer has transactions.
    pub(super) fn note_fenced(&mut self, id: ProducerId) -> bool {
        if self.transactional.is_empty() {
            return false;
        }
        self.transactional.all[id].fenced = true;
        true
    }

    /// After the answers of a request: the producer may be fenced off, or may have nothing left to flush.
    pub(super) fn after_answers(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        if self.transactional.is_empty() {
            return;
        }
        if self.transactional.all[id].fenced {
            return self.fenced_off(id, cx);
        }
        self.end_if_flushed(id, cx);
    }

    /// The process is fenced off: it ends, and its application starts another one.
    fn fenced_off(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        let client = &mut self.transactional.all[id];
        (client.fenced, client.state) = (false, State::Starting);
        cx.wire.calls[id].ticket.advance();
        let name = format!("producer {}", id.number() + 1);
        let what = "producer fenced";
        cx.probe
            .happened(cx.queue.now(), &name, what, String::new());
        tell(Message::FencedOff(id), cx);
    }

    /// The application aborts, because it wants to (`chosen`) or because a batch failed: batches that were never sent are dropped.
    fn drop_unsent(&mut self, id: ProducerId, chosen: bool, cx: &mut Scope<'_>) {
        let listed: Vec<PartitionId> = self.all[id].active.iter().map(PartitionId::at).collect();
        for partition in listed {
            while let Some(first) = self.all[id].queues[partition].front() {
                if cx.wire.batches[first].attempts > 0 {
                    break;
                }
                self.leave_queue(id, partition);
                if chosen {
                    blame(first, Limit::Aborted, cx);
                }
                self.give_up(first, Cause::Aborted, cx);
            }
        }
    }

    /// The oldest batch of a partition leaves its queue unsent.
    pub(super) fn leave_queue(&mut self, id: ProducerId, partition: PartitionId) {
        let producer = &mut self.all[id];
        producer.queues[partition].pop();
        let snapshot = &self.snapshots[producer.knows.snapshot];
        let leader: Option<BrokerId> = snapshot.leader[partition];
        if let Some(leader) = leader {
            producer.nodes[leader].queued -= 1;
        }
        producer.note_queue(partition, snapshot);
    }
}
