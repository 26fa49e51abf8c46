//! Why an application does not call `send()`: there is no cluster, it stands still, its process is gone, or it waits for
//! its transaction. What it means to send meanwhile waits behind it.

use super::super::ids::ProducerId;
use super::super::wire::Scope;
use super::Producers;
use crate::probe::Limit;

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// There is no cluster to write to: `send()` waits for metadata.
    NoCluster,
    /// A transaction ends, or the process has no producer id yet.
    Transaction,
    /// The application stands still.
    Stuck,
    /// The process is gone.
    Gone,
}

/// All reasons of a producer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stops(u8);

impl Stop {
    fn bit(self) -> u8 {
        match self {
            Self::NoCluster => 1,
            Self::Transaction => 2,
            Self::Stuck => 4,
            Self::Gone => 8,
        }
    }
}

impl Stops {
    /// Whether there is no reason: the application sends.
    #[inline]
    pub(super) fn none(self) -> bool {
        self.0 == 0
    }

    /// Whether calls of `send()` may wait too long: those that wait for memory or for metadata.
    pub(super) fn is_in_send(self) -> bool {
        self.0 & !Stop::NoCluster.bit() == 0
    }

    /// For what a record waits that the application means to send. A missing cluster is told by whoever creates it.
    pub(super) fn limit(self) -> Option<Limit> {
        let has = |why: Stop| self.0 & why.bit() != 0;
        match () {
            () if has(Stop::Stuck) || has(Stop::Gone) => Some(Limit::ProducerDown),
            () if has(Stop::Transaction) => Some(Limit::TransactionEnd),
            () if has(Stop::NoCluster) => None,
            () => Some(Limit::ProducerBuffer),
        }
    }
}

impl Producers {
    /// An application stops sending.
    pub(super) fn stop(&mut self, id: ProducerId, why: Stop, cx: &mut Scope<'_>) {
        self.all[id].stops.0 |= why.bit();
        self.note_wait(id, cx);
    }

    /// Whether this is among the reasons why an application does not send.
    pub(super) fn is_stopped_by(&self, id: ProducerId, why: Stop) -> bool {
        self.all[id].stops.0 & why.bit() != 0
    }

    /// A reason to stop is over: the application goes on, if there is no other one.
    pub(super) fn go_on(&mut self, id: ProducerId, why: Stop, cx: &mut Scope<'_>) {
        self.all[id].stops.0 &= !why.bit();
        self.unblock(id, cx);
        self.drain_all(id, cx);
    }

    /// An application stands still from now on; its sender goes on.
    pub(in super::super) fn get_stuck(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        self.stop(id, Stop::Stuck, cx);
    }

    /// An application that stood still goes on: with the commit that was due, if one was.
    pub(in super::super) fn get_going(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        self.all[id].stops.0 &= !Stop::Stuck.bit();
        self.commit_overdue(id, cx);
        self.unblock(id, cx);
        self.drain_all(id, cx);
    }

    /// A producer's process is gone, and nobody takes over for a while.
    pub(in super::super) fn goes_down(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        self.stop(id, Stop::Gone, cx);
        let zone = self.all[id].zone;
        self.lose(id, zone, cx);
    }

    /// A new process begins.
    pub(in super::super) fn comes_up(&mut self, id: ProducerId, cx: &mut Scope<'_>) {
        self.all[id].stops.0 &= !Stop::Gone.bit();
        self.init_producer_id(id, cx);
        self.unblock(id, cx);
        self.drain_all(id, cx);
    }

    /// Whether a producer has a process.
    pub(super) fn runs(&self, id: ProducerId) -> bool {
        !self.is_stopped_by(id, Stop::Gone)
    }
}
