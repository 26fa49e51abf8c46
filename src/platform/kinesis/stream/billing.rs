//! What a stream is billed for: counters that follow what happened, priced by `facts/prices.toml`.
//!
//! Things that cost by time are added up whenever they change and at every sample; what is stored beyond
//! the first 24 hours once a minute. Which item a count belongs to is the capacity mode at that time.
//!
//! # Source
//! <https://aws.amazon.com/kinesis/data-streams/pricing/>; for the two estimates
//! <https://aws.amazon.com/kms/pricing/> and <https://aws.amazon.com/dynamodb/pricing/>.

use super::Stream;
use super::bill_counts::{Past, PutUnits, Tally, per};
use super::bill_readers::BilledReader;
use super::control::{Mode, Status};
use crate::cost::Item;
use crate::facts::FactsAt;
use crate::platform::kinesis::ids::{AppId, Slots};
use crate::platform::kinesis::{ConsumerConfig, Reading};
use crate::platform::meters::meters;
use crate::units::{ByteRate, Bytes, NANOS_PER_S, Nanos, SimTime};
use crate::workload::Workload;

meters! {
    ShardHours = "shard-hours", Capacity, "kinesis.price.shard-hour", ["kinesis.bill.closed-shards"];
    Puts = "PUT payload units", In, "kinesis.price.put", ["kinesis.bill.payload-unit"];
    Extended = "extended retention", Storage, "kinesis.price.extended", ["kinesis.bill.closed-shards"];
    LongTerm = "long-term retention", Storage, "kinesis.price.long-term", ["billing.full-log"];
    LongTermHours = "extended retention beyond 7 days", Storage, "kinesis.price.extended",
        ["kinesis.bill.long-term-both"];
    OldReads = "long-term retrieval", Out, "kinesis.price.long-term.retrieval", [];
    Reads = "GetRecords", Out, "kinesis.price.get-records", [];
    FanOutHours = "enhanced fan-out, consumer-shard-hours", Out, "kinesis.price.efo.shard-hour", [];
    FanOut = "enhanced fan-out, data", Out, "kinesis.price.efo", [];
    StreamHours = "stream-hours", Capacity, "kinesis.price.stream-hour", [];
    StandardIn = "data in", In, "kinesis.price.standard.in", ["kinesis.bill.rounding"];
    StandardOut = "data retrieval", Out, "kinesis.price.standard.out", ["kinesis.bill.retrieval"];
    StandardFanOut = "enhanced fan-out retrieval", Out, "kinesis.price.standard.efo",
        ["kinesis.bill.retrieval"];
    StandardExtended = "extended retention, data", Storage, "kinesis.price.standard.extended",
        ["billing.full-log"];
    AdvantageIn = "data in, Advantage", In, "kinesis.price.advantage.in", ["kinesis.bill.rounding"];
    AdvantageOut = "data retrieval, Advantage", Out, "kinesis.price.advantage.out", ["kinesis.bill.retrieval"];
    AdvantageFanOut = "enhanced fan-out retrieval, Advantage", Out, "kinesis.price.advantage.efo",
        ["kinesis.bill.retrieval"];
    AdvantageRetention = "retention beyond 24 h, Advantage", Storage, "kinesis.price.advantage.retention",
        ["billing.full-log"];
    ShortIn = "commitment not used, data in", Unused, "kinesis.price.advantage.in",
        ["kinesis.bill.commitment", "kinesis.bill.commitment.scope"];
    ShortOut = "commitment not used, retrieval", Unused, "kinesis.price.advantage.out",
        ["kinesis.bill.commitment", "kinesis.bill.commitment.scope"];
    Kms = "KMS requests (estimate)", Estimate, "aws.price.kms", ["kinesis.bill.kms"];
    LeaseTable = "KCL lease table, writes (estimate)", Estimate, "aws.price.dynamodb.write",
        ["kinesis.bill.lease-renewal"];
    LeaseReads = "KCL lease table, reads (estimate)", Estimate, "aws.price.dynamodb.read",
        ["kinesis.bill.lease-scan", "kinesis.bill.coordination"];
    LeaseWriteUnits = "KCL lease table, write capacity (estimate)", Estimate, "aws.price.dynamodb.write-capacity", [];
    LeaseReadUnits = "KCL lease table, read capacity (estimate)", Estimate, "aws.price.dynamodb.read-capacity", [];
}

/// From this age on data is kept by extended retention.
const DAY: Nanos = Nanos::from_secs(86_400);
/// From this age on it is kept for the long term.
pub(super) const WEEK: Nanos = Nanos::from_secs(7 * 86_400);
pub(super) const KIB: u64 = 1024;

/// How the stream is paid for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    Provisioned,
    Standard,
    Advantage,
}

/// What has been used so far.
#[derive(Clone, Debug)]
pub(super) struct Billing {
    pub(super) readers: Slots<AppId, BilledReader>,
    used: [u128; METERS.len()],
    pub(super) settled_at: SimTime,
    /// Bytes of a PUT payload unit.
    unit: u64,
    /// Data that is rounded up to whole KiB, as bytes, since the last settling.
    tally: Tally,
    /// Bytes stored in the whole run and, as far as retention kept them, before it.
    stored: u64,
    /// Of those, what was stored before it.
    past: Past,
    /// The same at the end of each minute: what is how old.
    minutes: Vec<u64>,
    /// Shard-nanoseconds under encryption, each with its readers, and lease-nanoseconds.
    kms_ns: u128,
    lease_ns: u128,
    /// Lease-nanoseconds, each with all workers that scan it, and nanoseconds, each with all that coordinate.
    scan_ns: u128,
    coordination_ns: u128,
    pub(super) checkpoints: u64,
    /// Nanoseconds under the commitment of Advantage.
    committed_ns: u128,
    commitment: u64,
    kms_period: Nanos,
    renewal: Nanos,
    scan: Nanos,
    coordination: Nanos,
}

impl Billing {
    /// Nothing used yet, by a stream with these consumer applications.
    pub(super) fn new(book: FactsAt, consumers: &[ConsumerConfig], workload: &Workload) -> Self {
        Self {
            readers: BilledReader::all(consumers, workload),
            used: [0; METERS.len()],
            settled_at: SimTime::ZERO,
            unit: book.value::<Bytes>("kinesis.bill.payload-unit").0,
            tally: Tally::default(),
            stored: 0,
            past: Past::default(),
            minutes: Vec::new(),
            kms_ns: 0,
            lease_ns: 0,
            scan_ns: 0,
            coordination_ns: 0,
            checkpoints: 0,
            committed_ns: 0,
            commitment: book.value::<ByteRate>("kinesis.bill.commitment").0,
            kms_period: book.value("kinesis.bill.kms"),
            renewal: book.value("kinesis.bill.lease-renewal"),
            scan: book.value("kinesis.bill.lease-scan"),
            coordination: book.value("kinesis.bill.coordination"),
        }
    }

    /// The same for a stream with a past.
    pub(super) fn with_past(mut self, past: Past) -> Self {
        (self.stored, self.past) = (past.bytes, past);
        self
    }

    /// A counter for the records of one call.
    #[inline]
    pub(super) fn units(&self) -> PutUnits {
        PutUnits {
            unit: self.unit,
            units: 0,
            kib: 0,
        }
    }

    /// Records of `bytes` with their keys, counted by `counted`, are stored.
    #[inline]
    pub(super) fn put_all(&mut self, counted: &PutUnits, bytes: u64) {
        self.tally.units += counted.units;
        self.tally.kib_in += counted.kib;
        self.stored += bytes;
    }

    /// A record of the stream is stored; `bytes` with its key.
    #[inline]
    pub(super) fn put(&mut self, bytes: u64) {
        let mut units = self.units();
        units.add(bytes);
        self.put_all(&units, bytes);
    }

    /// Records of `bytes` are read; `old` of the bytes are older than a week.
    pub(super) fn read(&mut self, way: Reading, bytes: u64, old: u64) {
        let tally = &mut self.tally;
        match way {
            Reading::FanOut => {
                tally.pushed += bytes;
            }
            Reading::Polling => {
                tally.out += bytes;
                tally.old_out += old;
            }
        }
    }

    /// Books what costs by time under a plan: `elapsed` nanoseconds of the stream, `shards` of its shards.
    fn book_time(&mut self, plan: Plan, elapsed: u128, shards: u128, kept: Nanos, fan_out: u128) {
        match plan {
            Plan::Provisioned => {
                self.add(Meter::ShardHours, shards);
                self.add(Meter::FanOutHours, shards * fan_out);
                let meter = if kept > WEEK {
                    Meter::LongTermHours
                } else {
                    Meter::Extended
                };
                if kept > DAY {
                    self.add(meter, shards);
                }
            }
            Plan::Standard => self.add(Meter::StreamHours, elapsed),
            Plan::Advantage => self.committed_ns += elapsed,
        }
    }

    fn add(&mut self, meter: Meter, amount: u128) {
        self.used[meter as usize] += amount;
    }

    fn of(&self, meter: Meter) -> u128 {
        self.used[meter as usize]
    }

    /// Books the counts since the last settling under a plan.
    fn book(&mut self, plan: Plan) {
        let tally = std::mem::take(&mut self.tally);
        let (kib_in, out, pushed) = (
            u128::from(tally.kib_in * KIB),
            u128::from(tally.out),
            u128::from(tally.pushed),
        );
        match plan {
            Plan::Provisioned => {
                self.add(Meter::Puts, tally.units.into());
                self.add(Meter::Reads, u128::from(tally.out - tally.old_out));
                self.add(Meter::OldReads, tally.old_out.into());
                self.add(Meter::FanOut, tally.pushed.into());
            }
            Plan::Standard => {
                self.add(Meter::StandardIn, kib_in);
                self.add(Meter::StandardOut, out);
                self.add(Meter::StandardFanOut, pushed);
            }
            Plan::Advantage => {
                self.add(Meter::AdvantageIn, kib_in);
                self.add(Meter::AdvantageOut, out);
                self.add(Meter::AdvantageFanOut, pushed);
            }
        }
    }

    /// What follows from other counts.
    fn derive(&mut self) {
        let committed = self.committed_ns * u128::from(self.commitment) / u128::from(NANOS_PER_S);
        let out = self.of(Meter::AdvantageOut) + self.of(Meter::AdvantageFanOut);
        self.used[Meter::ShortIn as usize] = committed.saturating_sub(self.of(Meter::AdvantageIn));
        self.used[Meter::ShortOut as usize] = committed.saturating_sub(out);
        let writes = per(self.lease_ns, self.renewal) + u128::from(self.checkpoints);
        self.used[Meter::Kms as usize] = per(self.kms_ns, self.kms_period);
        self.used[Meter::LeaseTable as usize] = writes;
        self.used[Meter::LeaseReads as usize] =
            per(self.scan_ns, self.scan) + per(self.coordination_ns, self.coordination);
    }

    /// Bytes that were stored by `age` before the end of the newest minute.
    fn older_than(&self, age: Nanos, minute: Nanos) -> u64 {
        let back = age.0 / minute.0.max(1);
        let present = self.minutes.len() as u64;
        let Some(at) = present.checked_sub(back + 1) else {
            return self.past.stored_by(back - present);
        };
        self.minutes[at as usize]
    }
}

impl Stream {
    fn plan(&self) -> Plan {
        match (self.control.mode, self.on_demand.advantage) {
            (Mode::Provisioned, _) => Plan::Provisioned,
            (Mode::OnDemand, false) => Plan::Standard,
            (Mode::OnDemand, true) => Plan::Advantage,
        }
    }

    /// Books everything up to `now`. To be called before shards, mode, retention, encryption or
    /// applications change.
    pub(crate) fn settle_bill(&mut self, now: SimTime) {
        let there = matches!(self.control.status, Status::Active | Status::Updating);
        let elapsed = if there {
            u128::from(now.since(self.billing.settled_at).0)
        } else {
            0
        };
        let shards = elapsed * u128::from(self.control.open());
        let (plan, period) = (self.plan(), self.retention.period);
        let billing = &mut self.billing;
        let readers = billing.readers_since_settling();
        billing.settled_at = now;
        billing.book(plan);
        billing.book_time(plan, elapsed, shards, period, readers.fan_out);
        if self.encryption.on {
            billing.kms_ns += shards * (1 + readers.all);
        }
        billing.lease_ns += shards * readers.with_leases;
        billing.scan_ns += shards * readers.lease_scanners;
        billing.coordination_ns += elapsed * readers.coordinators;
        billing.add(Meter::LeaseWriteUnits, elapsed * readers.write_units);
        billing.add(Meter::LeaseReadUnits, elapsed * readers.read_units);
        billing.derive();
    }

    /// A minute is over: what is older than a day was stored for it.
    pub(super) fn bill_storage(&mut self, minute: Nanos) {
        let plan = self.plan();
        let kept = self.retention.reach(SimTime(self.seconds * NANOS_PER_S));
        let billing = &mut self.billing;
        billing.minutes.push(billing.stored);
        let (day, week, gone) = (
            billing.older_than(DAY, minute),
            billing.older_than(WEEK, minute),
            billing.older_than(kept, minute),
        );
        let (extended, long) = (
            day.saturating_sub(week.max(gone)),
            week.saturating_sub(gone),
        );
        for (bytes, meter) in kept_by(plan, extended, long) {
            billing.add(meter, u128::from(bytes) * u128::from(minute.0));
        }
    }

    /// What a full log holds beyond the first day, by the place of the meter in the price list `[B]`.
    pub(crate) fn bill_filled_log(&self, now: SimTime) -> Vec<(usize, u128)> {
        let bytes = |span: u64| {
            let put = self.billing.stored - self.billing.past.bytes;
            (u128::from(put) * u128::from(span) / u128::from(now.0.max(1))) as u64
        };
        let period = self.retention.period;
        let extended = bytes(period.min(WEEK).0.saturating_sub(DAY.0));
        let long = bytes(period.0.saturating_sub(WEEK.0));
        let kept = kept_by(self.plan(), extended, long).into_iter();
        kept.map(|(bytes, meter)| (meter as usize, u128::from(bytes)))
            .collect()
    }

    /// What was used up to `now`, in the order of the price list.
    pub(crate) fn bill_usage(&mut self, now: SimTime) -> Vec<u128> {
        self.settle_bill(now);
        self.billing.used.to_vec()
    }

    /// The whole price list of a stream.
    pub(crate) fn tariff(&self) -> Vec<Item> {
        let rows = METERS.iter();
        rows.map(|(name, kind, price, rules)| self.facts.item(*name, *kind, price, rules))
            .collect()
    }
}

/// Which meters data older than a day belongs to.
fn kept_by(plan: Plan, extended: u64, long: u64) -> Vec<(u64, Meter)> {
    match plan {
        Plan::Provisioned => vec![(long, Meter::LongTerm)],
        Plan::Standard => vec![(extended, Meter::StandardExtended), (long, Meter::LongTerm)],
        Plan::Advantage => vec![(extended + long, Meter::AdvantageRetention)],
    }
}
