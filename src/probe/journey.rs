//! A record's time: which parts its delay consists of, and what they come to. The instants of some records, chosen by
//! their numbers, are followed all the way; the parts of each of them must add up to its delay.

use super::journey_classes::Classes;
use crate::units::SimTime;
use crate::workload::Workload;
use std::collections::BTreeMap;

/// A part of the time from the instant at which a record was due until its consumer is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimePart {
    /// In the systems of a chain that it came through before.
    Upstream,
    /// In its client, until it is sent for the first time.
    ClientBuffer,
    /// From then on until the request is sent that stores it.
    Retries,
    /// On the way to the service, and from its answer to the reader.
    Network,
    /// At the shard or the broker, from its arrival until it is in the log.
    LaneQueue,
    /// In the log, until readers may see it.
    Replication,
    /// In the log, until a reader's call takes it.
    PollWait,
    /// With the reader, until the worker comes to it.
    WorkerWait,
    /// In the worker.
    Processing,
    /// From then on until the sink has it.
    Sink,
}

/// How many parts there are.
pub const TIME_PARTS: usize = 10;

impl TimePart {
    /// All parts in the order in which a record goes through them.
    pub const ALL: [Self; TIME_PARTS] = [
        Self::Upstream,
        Self::ClientBuffer,
        Self::Retries,
        Self::Network,
        Self::LaneQueue,
        Self::Replication,
        Self::PollWait,
        Self::WorkerWait,
        Self::Processing,
        Self::Sink,
    ];

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Upstream => "system before",
            Self::ClientBuffer => "client buffer",
            Self::Retries => "back-off and retries",
            Self::Network => "network",
            Self::LaneQueue => "shard or broker queue",
            Self::Replication => "replication",
            Self::PollWait => "poll wait",
            Self::WorkerWait => "worker wait",
            Self::Processing => "processing",
            Self::Sink => "sink",
        }
    }
}

/// The instants of a record until readers may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Journey {
    /// Its offset in the log of its lane.
    pub offset: u64,
    /// When it was due.
    pub due: SimTime,
    /// When it came to this system; the same, but for systems that take their records from another one.
    pub came: SimTime,
    /// When it was sent for the first time.
    pub sent: SimTime,
    /// When the request was sent that stored it.
    pub resent: SimTime,
    /// When that request arrived.
    pub arrived: SimTime,
    /// When it was in the log.
    pub appended: SimTime,
    /// When readers may see it; [`NOT_YET`] before.
    pub readable: SimTime,
}

/// Readers may not see the record yet.
pub const NOT_YET: SimTime = SimTime(u64::MAX);

/// The instants of a request that stores records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sending {
    /// When its records were sent for the first time.
    pub first: SimTime,
    /// When it was sent.
    pub last: SimTime,
    /// When it arrived.
    pub arrived: SimTime,
}

/// Where a record is stored, and which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stowed {
    /// Its offset in the log of its lane.
    pub offset: u64,
    /// Its number in the run.
    pub serial: u32,
    /// When it was due.
    pub due: SimTime,
}

/// The instants of a record with its reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// When a call of the reader took it from the log.
    pub taken: SimTime,
    /// When the answer reached the reader.
    pub received: SimTime,
    /// When the worker began with it.
    pub begun: SimTime,
    /// When the worker was through with it.
    pub processed: SimTime,
    /// When the consumer was done with it: with a sink, when the sink had it.
    pub done: SimTime,
}

impl Passage {
    /// The reader is done with the record in the instant in which it receives it.
    #[must_use]
    pub fn at_once(taken: SimTime, received: SimTime) -> Self {
        Self {
            taken,
            received,
            begun: received,
            processed: received,
            done: received,
        }
    }
}

/// The parts of a record's time `[ns]`, in the order of [`TimePart::ALL`].
#[must_use]
fn parts(journey: &Journey, passage: &Passage) -> [u64; TIME_PARTS] {
    let between = |from: SimTime, to: SimTime| to.since(from).0;
    let (sent, resent) = (journey.sent, journey.resent);
    let way = between(resent, journey.arrived);
    let answer = between(passage.taken, passage.received);
    [
        between(journey.due, journey.came),
        between(journey.came, sent),
        between(sent, resent),
        way + answer,
        between(journey.arrived, journey.appended),
        between(journey.appended, journey.readable),
        between(journey.readable, passage.taken),
        between(passage.received, passage.begun),
        between(passage.begun, passage.processed),
        between(passage.processed, passage.done),
    ]
}

/// About so many records of a run are followed; of a run with fewer, every one is.
const FOLLOWED: f64 = 100_000.0;

/// The records of a running system that are followed, and what their time comes to.
pub(super) struct Journeys {
    /// A record is followed if its scattered number is at most this.
    up_to: u32,
    consumers: Vec<Classes>,
    /// Whether the running interval is measured.
    measured: bool,
    /// The first record whose parts do not add up to its delay.
    off: Option<String>,
    /// When records came that another system passed on, by their numbers; empty where none does.
    came: Vec<SimTime>,
    /// When records that lost their request were sent for the first time, by their numbers.
    sent_before: BTreeMap<u32, SimTime>,
}

impl Journeys {
    pub(super) fn new(consumers: usize, measured: bool) -> Self {
        Self {
            up_to: u32::MAX,
            consumers: vec![Classes::default(); consumers],
            measured,
            off: None,
            came: Vec::new(),
            sent_before: BTreeMap::new(),
        }
    }

    /// Follows as many records as is usual; every one, where nobody knows how many there will be.
    pub(super) fn choose(&mut self, workload: &Workload) {
        let seconds = workload.duration.as_secs_f64();
        let expected = workload.record_rate().map_or(0.0, |rate| rate * seconds);
        let share = (FOLLOWED / expected.max(1.0)).min(1.0);
        self.up_to = (share * f64::from(u32::MAX)) as u32;
    }

    /// Whether the record of this number is followed. Multiplying by the golden ratio scatters numbers evenly.
    #[inline(always)]
    pub(super) fn follows(&self, serial: u32) -> bool {
        serial.wrapping_mul(0x9e37_79b1) <= self.up_to
    }

    /// The next record came from another system.
    pub(super) fn came(&mut self, at: SimTime) {
        self.came.push(at);
    }

    /// The record of this number, which was sent at `at`, goes back to its client.
    pub(super) fn sent_before(&mut self, serial: u32, at: SimTime) {
        if self.follows(serial) {
            self.sent_before.entry(serial).or_insert(at);
        }
    }

    /// The journey of a record that is in the log from `now` on.
    pub(super) fn begin(&mut self, stowed: Stowed, sending: Sending, now: SimTime) -> Journey {
        let Stowed {
            offset,
            serial,
            due,
        } = stowed;
        let before = self.sent_before.remove(&serial);
        Journey {
            offset,
            due,
            came: self.came.get(serial as usize).copied().unwrap_or(due),
            sent: before.unwrap_or(sending.first),
            resent: sending.last,
            arrived: sending.arrived,
            appended: now,
            readable: NOT_YET,
        }
    }

    /// A consumer is done with a record.
    pub(super) fn end(&mut self, consumer: usize, journey: &Journey, passage: &Passage) {
        let parts = parts(journey, passage);
        let whole = passage.done.since(journey.due).0;
        let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
        if sum != u128::from(whole) && self.off.is_none() {
            self.off = Some(format!(
                "{whole} ns are not the sum of {parts:?} ({journey:?}, {passage:?})"
            ));
        }
        if self.measured {
            self.consumers[consumer].add(whole, &parts);
        }
    }

    /// The next interval begins; it is measured or not.
    pub(super) fn begin_interval(&mut self, measured: bool) {
        self.measured = measured;
    }

    /// What the time of each consumer's records comes to, and the first record whose parts do not add up.
    pub(super) fn finish(self) -> RecordTimes {
        RecordTimes {
            consumers: self.consumers.iter().map(Classes::finish).collect(),
            off: self.off,
        }
    }
}

/// The time of the records of a run that is over.
#[derive(Clone, Debug, Default)]
pub struct RecordTimes {
    /// Per consumer; the records that were delivered in the measured window.
    pub consumers: Vec<ConsumerTimes>,
    /// The first record of the whole run whose parts do not add up to its delay: a bug of the program.
    pub off: Option<String>,
}

/// The time of the records of one consumer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerTimes {
    /// Records that were followed.
    pub followed: u64,
    /// The mean of each part `[s]`, in the order of [`TimePart::ALL`].
    pub mean: [f64; TIME_PARTS],
    /// The same over the records around the 99th percentile of the delay.
    pub p99: [f64; TIME_PARTS],
}

impl ConsumerTimes {
    /// The mean of a part `[s]`, if any record was followed.
    #[must_use]
    pub fn mean_of(&self, part: TimePart) -> Option<f64> {
        (self.followed > 0).then(|| self.mean[part as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_parts_of_instants_in_order_add_up(mut at in proptest::array::uniform12(0_u64..1 << 50)) {
            at.sort_unstable();
            let at = at.map(SimTime);
            let journey = Journey {
                offset: 0,
                due: at[0],
                came: at[1],
                sent: at[2],
                resent: at[3],
                arrived: at[4],
                appended: at[5],
                readable: at[6],
            };
            let passage = Passage {
                taken: at[7],
                received: at[8],
                begun: at[9],
                processed: at[10],
                done: at[11],
            };
            let sum: u64 = parts(&journey, &passage).iter().sum();
            prop_assert_eq!(sum, at[11].0 - at[0].0);
            let mut journeys = Journeys::new(1, true);
            journeys.end(0, &journey, &passage);
            prop_assert_eq!(journeys.finish().off, None);
        }
    }

    fn begun() -> Journey {
        let stowed = Stowed {
            offset: 0,
            serial: 0,
            due: SimTime(0),
        };
        Journeys::new(1, true).begin(stowed, Sending::default(), SimTime(5))
    }

    #[test]
    fn instants_out_of_order_are_found() {
        let journey = begun();
        let mut journeys = Journeys::new(1, true);
        // Nobody has said when readers may see it.
        journeys.end(0, &journey, &Passage::at_once(SimTime(7), SimTime(9)));
        assert!(journeys.finish().off.is_some());
    }

    #[test]
    fn the_share_of_records_that_is_followed_is_even() {
        let mut journeys = Journeys::new(1, true);
        assert!((0..1000).all(|serial| journeys.follows(serial)));
        journeys.up_to = u32::MAX / 16;
        // Also among those of one of sixteen producers that take turns.
        for step in [1, 7, 16] {
            let followed = (0..16_000).filter(|n| journeys.follows(n * step)).count();
            assert!((900..=1100).contains(&followed), "{step}: {followed}");
        }
    }
}
