//! The consumer applications as the bill sees them: what is paid for each of them, and for their lease tables.

use super::Stream;
use super::billing::Billing;
use crate::platform::kinesis::ids::{AppId, Slots};
use crate::platform::kinesis::{ConsumerConfig, LeaseTableConfig, Reading};
use crate::units::{Nanos, SimTime};
use crate::workload::Workload;

/// A consumer application as the bill sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct BilledReader {
    /// When it is deployed, counted from the beginning of the run.
    starts_at: Nanos,
    /// Whether it is registered for enhanced fan-out.
    fan_out: bool,
    /// Whether it keeps a lease table.
    with_leases: bool,
    /// The table, if it is paid by its capacity and not by calls.
    table: Option<LeaseTableConfig>,
    /// Workers that have a lease table.
    workers: u32,
    /// Whether one of them leads (KCL 3), so that it alone scans the table and the others look for their leases.
    leads: bool,
}

/// Numbers of applications.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Readers {
    /// All of them.
    pub(super) all: u128,
    /// Those with a registered consumer of their own.
    pub(super) fan_out: u128,
    /// Those with a lease table that is paid by calls.
    pub(super) with_leases: u128,
    /// Workers of all applications that scan such a table.
    pub(super) lease_scanners: u128,
    /// Workers that look for their leases, and leaders that read the state of all workers.
    pub(super) coordinators: u128,
    /// Write capacity of all lease tables `[units]`.
    pub(super) write_units: u128,
    /// Read capacity of all lease tables `[units]`.
    pub(super) read_units: u128,
}

impl BilledReader {
    /// The applications of a workload.
    pub(super) fn all(consumers: &[ConsumerConfig], workload: &Workload) -> Slots<AppId, Self> {
        let of = |(consumer, workers): (&ConsumerConfig, u32)| Self {
            starts_at: consumer.starts_at,
            fan_out: consumer.reading == Reading::FanOut && !consumer.shares_consumer,
            with_leases: consumer.has_leases(),
            table: consumer.table,
            workers: if consumer.has_leases() { workers } else { 0 },
            leads: consumer.has_leases() && consumer.kcl >= 3,
        };
        let workers = workload.consumers.iter().map(|consumer| consumer.workers);
        consumers.iter().zip(workers).map(of).collect()
    }

    /// Whether it pays for each call to its lease table.
    fn pays_by_calls(&self) -> bool {
        self.with_leases && self.table.is_none()
    }
}

impl Readers {
    fn add(&mut self, reader: &BilledReader) {
        self.all += 1;
        self.fan_out += u128::from(reader.fan_out);
        if let Some(table) = &reader.table {
            self.write_units += u128::from(table.write);
            self.read_units += u128::from(table.read);
        }
        if reader.pays_by_calls() {
            let workers = u128::from(reader.workers);
            self.with_leases += 1;
            self.lease_scanners += if reader.leads { 1 } else { workers };
            self.coordinators += if reader.leads { workers + 1 } else { 0 };
        }
    }
}

impl Billing {
    /// The applications that are there since the last settling.
    pub(super) fn readers_since_settling(&self) -> Readers {
        let mut readers = Readers::default();
        let there = |reader: &&BilledReader| reader.starts_at.0 <= self.settled_at.0;
        for reader in self.readers.iter().filter(there) {
            readers.add(reader);
        }
        readers
    }
}

impl Stream {
    /// Workers join an application and look at its lease table from now on.
    pub(crate) fn bill_new_workers(&mut self, app: AppId, workers: u32, now: SimTime) {
        self.settle_bill(now);
        if let Some(reader) = self.billing.readers.get_mut(app) {
            reader.workers += workers;
        }
    }

    /// An application has written a checkpoint.
    pub(crate) fn bill_checkpoint(&mut self, app: AppId) {
        let reader = self.billing.readers.get_mut(app);
        if reader.is_some_and(|reader| reader.pays_by_calls()) {
            self.billing.checkpoints += 1;
        }
    }
}
