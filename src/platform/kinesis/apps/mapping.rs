//! Lambda's event source mapping: batches of a shard, the function that works on them, and what follows when it fails.
//!
//! With a `ParallelizationFactor` a shard has that many lanes, and the hash of the partition key says through which
//! one a record goes: records of one key are never in two invocations at once. That all keys of a lane wait for each
//! other is an assumption; the service says only that order is kept by key.
//!
//! # Source
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html>.

use super::app::App;
use super::lease::LeaseState;
use super::mapping_lane::{BatchLimits, Load, Stage};
use super::mapping_outcome::{Outcome, Remainder, outcome};
use super::{AppEvent, Io};
use crate::engine::Ticket;
use crate::platform::Chunk;
use crate::platform::kinesis::MappingConfig;
use crate::platform::kinesis::ids::ShardId;
use crate::probe::Limit;
use crate::units::{Nanos, SimTime};

impl App {
    /// The settings of the mapping.
    ///
    /// # Panics
    /// If the application is none.
    pub(super) fn mapping(&self) -> &MappingConfig {
        self.config.mapping.as_ref().expect("a Lambda mapping")
    }

    /// A mapping takes in the records of an answer or event and invokes the function on what is a batch.
    pub(super) fn take_in(&mut self, shard: ShardId, chunk: Chunk, io: &mut Io<'_>) {
        let lanes = self.mapping().parallel as usize;
        let log = io.stream.log(shard);
        let mapping = self.leases[shard].mapping.get_or_insert_default();
        mapping.take_in(chunk, lanes, log);
        for lane in 0..lanes {
            self.proceed(shard, lane, io);
        }
    }

    /// Whether a mapping has as much of a shard as it takes: every lane is busy, or the batches of all lanes are full.
    pub(super) fn has_batches(&self, shard: ShardId) -> bool {
        let config = self.mapping();
        let mapping = self.leases[shard].mapping.as_ref();
        mapping.is_some_and(|mapping| mapping.is_full(config))
    }

    /// A lane does what it can: it makes a batch, or invokes the function on it.
    fn proceed(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) {
        loop {
            let Some(mapping) = &mut self.leases[shard].mapping else {
                return;
            };
            let on = match mapping.lanes[lane].stage {
                Stage::Invoked | Stage::Resting => return,
                Stage::Empty => self.load(shard, lane, io),
                Stage::Loaded => self.try_invoke(shard, lane, io),
            };
            if !on {
                return;
            }
        }
    }

    /// A lane takes a batch in hand, or waits for its window; true if it has one.
    fn load(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) -> bool {
        let now = io.now();
        let window = self.mapping().window;
        let limits = BatchLimits::of(self.mapping());
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return false;
        };
        let state = &mut mapping.lanes[lane];
        let waits = window > Nanos::ZERO
            && state
                .gathering_since
                .is_none_or(|since| since + window > now);
        match state.load(&limits, waits, io.stream.log(shard)) {
            Load::Nothing => {}
            Load::Part if state.gathering_since.is_none() => {
                state.gathering_since = Some(now);
                self.look_again(shard, lane, now + window, io);
            }
            Load::Part => {}
            Load::Ready => {
                state.gathering_since = None;
                state.ticket.advance();
                return true;
            }
        }
        self.close_window_if_over(shard, lane, io);
        false
    }

    /// A batch is invoked, unless it is too old by now or the function has no concurrency left; true if the lane has
    /// something else to do.
    fn try_invoke(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) -> bool {
        if self.drop_old(shard, lane, io) {
            self.move_on(shard, io);
            return true;
        }
        if self.down > 0 || self.closes_window_first(shard, lane, io) {
            return false;
        }
        if !self.function.has_room(self.mapping().concurrency) {
            self.function.tally.refused += 1;
            let spot = Limit::Concurrency.of(self.consumer(), shard.0);
            io.probe.bound(spot, 1);
            self.rest(shard, lane, io);
            return false;
        }
        self.invoke(shard, lane, io);
        false
    }

    /// The function begins with a batch.
    fn invoke(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) {
        let broken = io.stream.fail_function();
        let log = io.stream.log(shard);
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return;
        };
        let batch = &mut mapping.lanes[lane].batch;
        batch.fails_after = if broken {
            Some(0)
        } else {
            self.function.first_failing(batch, log)
        };
        batch.began = io.now();
        let work = batch.fails_after.map_or(batch.records, |before| before + 1);
        let newest = batch.runs.last().copied();
        mapping.lanes[lane].stage = Stage::Invoked;
        self.function.running += 1;
        if let Some(newest) = newest {
            self.note_age(io.stream.age_of_last(newest, io.now()));
        }
        let length = self.mapping().overhead + Nanos(self.per_record.0.saturating_mul(work));
        if self.has_batches(shard) {
            let now = io.now();
            let spot = Limit::BusyWorker.of(self.consumer(), shard.0);
            io.probe.waits(spot, now, now + length);
        }
        self.returns_after(shard, lane, length, io);
    }

    /// The function returns after `length`.
    pub(super) fn returns_after(
        &mut self,
        shard: ShardId,
        lane: usize,
        length: Nanos,
        io: &mut Io<'_>,
    ) {
        let ticket = self.lane_ticket(shard, lane);
        let (app, lane) = (self.id, lane as u8);
        io.after(
            length,
            AppEvent::Returned {
                app,
                shard,
                lane,
                ticket,
            },
        );
    }

    /// The ticket of a lane's timers.
    fn lane_ticket(&self, shard: ShardId, lane: usize) -> Ticket {
        let mapping = self.leases[shard].mapping.as_ref();
        mapping.map_or(Ticket::FIRST, |mapping| mapping.lanes[lane].ticket)
    }

    /// A lane looks again at `at`, unless its ticket advances before.
    pub(super) fn look_again(&mut self, shard: ShardId, lane: usize, at: SimTime, io: &mut Io<'_>) {
        let ticket = self.lane_ticket(shard, lane);
        let (app, lane) = (self.id, lane as u8);
        io.at(
            at,
            AppEvent::LaneDue {
                app,
                shard,
                lane,
                ticket,
            },
        );
    }

    /// A batching window or a back-off is over.
    pub(super) fn lane_due(
        &mut self,
        shard: ShardId,
        lane: usize,
        ticket: Ticket,
        io: &mut Io<'_>,
    ) {
        if self.lane_ticket(shard, lane) != ticket {
            return;
        }
        if let Some(mapping) = &mut self.leases[shard].mapping {
            let state = &mut mapping.lanes[lane];
            if state.stage == Stage::Resting {
                state.stage = Stage::Loaded;
            }
        }
        self.proceed(shard, lane, io);
    }

    /// A batch waits for its back-off, which doubles with every setback.
    fn rest(&mut self, shard: ShardId, lane: usize, io: &mut Io<'_>) {
        let (least, most) = self.mapping().back_off;
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return;
        };
        let state = &mut mapping.lanes[lane];
        let factor = 1_u64 << state.batch.setbacks.min(30);
        state.batch.setbacks += 1;
        state.stage = Stage::Resting;
        state.ticket.advance();
        let pause = Nanos(least.0.saturating_mul(factor)).min(most);
        self.look_again(shard, lane, io.now() + pause, io);
    }

    /// The function returns.
    pub(super) fn returned(
        &mut self,
        shard: ShardId,
        lane: usize,
        ticket: Ticket,
        io: &mut Io<'_>,
    ) {
        if self.lane_ticket(shard, lane) != ticket {
            return;
        }
        self.function.running -= 1;
        if self.window_closed(shard, lane) {
            return self.proceed(shard, lane, io);
        }
        self.report_batch(shard, lane, io);
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return;
        };
        let state = &mut mapping.lanes[lane];
        let tally = &mut self.function.tally;
        match state.batch.fails_after {
            None => {
                tally.calls += 1;
                tally.records += state.batch.records;
                state.finish();
            }
            Some(before) => {
                tally.refused += 1;
                let spot = Limit::ProcessingErrors.of(usize::from(self.id.0), shard.0);
                io.probe.bound(spot, 1);
                self.after_failure(shard, lane, before, io);
            }
        }
        self.move_on(shard, io);
        self.proceed(shard, lane, io);
    }

    /// An invocation failed: the batch is tried again, in parts or as a whole, or given up.
    fn after_failure(&mut self, shard: ShardId, lane: usize, before: u64, io: &mut Io<'_>) {
        let config = self.config.mapping.as_ref().expect("a Lambda mapping");
        let Some(mapping) = &mut self.leases[shard].mapping else {
            return;
        };
        let state = &mut mapping.lanes[lane];
        match outcome(config, state.batch.records, state.batch.retries, before) {
            Outcome::Discard => self.discard(shard, lane, io),
            Outcome::Again { remainder, counts } => {
                state.batch.retries += u64::from(counts);
                let progress = matches!(remainder, Remainder::From(_));
                state.try_again(remainder);
                if progress {
                    state.stage = Stage::Loaded;
                    return;
                }
                self.rest(shard, lane, io);
            }
        }
    }

    /// The mapping is done with a batch: its place in the shard moves, it may poll on, and the shard may be at its end.
    fn move_on(&mut self, shard: ShardId, io: &mut Io<'_>) {
        let now = io.now();
        let lease = &mut self.leases[shard];
        let received = lease.answers.next().map(|answer| answer.chunk.first);
        let received = received.unwrap_or(lease.cursor.fetched);
        let held = lease.mapping.as_ref().and_then(|mapping| mapping.first());
        let done = held.unwrap_or(received).min(received);
        lease.cursor.done = done;
        lease.cursor.seen = lease.cursor.seen.max(done);
        lease.cursor.set_checkpoint(done, now);
        if lease.state == LeaseState::Reading && std::mem::take(&mut lease.blocked) {
            self.fetch_on(shard, io);
        }
        self.end_if_read(shard, io);
        io.common.freed.push(shard);
    }

    /// A mapping that was switched off goes on with the batches that it had in hand.
    pub(super) fn invoke_all(&mut self, io: &mut Io<'_>) {
        for shard in self.leases.ids() {
            let lanes = self.leases[shard].mapping.as_ref();
            let lanes = lanes.map_or(0, |mapping| mapping.lanes.len());
            for lane in 0..lanes {
                self.proceed(shard, lane, io);
            }
        }
    }
}
