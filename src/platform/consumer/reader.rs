//! A consumer application's workers: what they have fetched waits its turn and is worked off in
//! slices, each record at its own instant. The same on every platform; what differs is how records
//! get here and how many lanes a slice may mix.

mod report;
mod side_by_side;
mod waits;

use super::chunk::{Chunk, Part};
use super::handover::{BufferStep, BufferedChunk, HandOver, SinkBuffer, Transaction};
use crate::platform::Log;
use crate::units::{Nanos, SimTime};
use crate::workload::{Sink, SinkConfig};
use std::collections::VecDeque;

/// One worker: a queue of fetched chunks, worked off in order.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) waiting: VecDeque<Chunk>,
    /// What it is working on; empty while it is idle.
    pub(super) current: Vec<Part>,
    pub(super) began: SimTime,
    pub(super) per_record: Nanos,
    slice_max: u64,
    mixes_lanes: bool,
    /// Of how many lanes it works on a slice each at once.
    lanes_at_once: u64,
    /// Whether its library discards records that stand on a shard where their keys do not belong.
    drops_misplaced: bool,
    /// Room for [`Reader::send_back`].
    turned: Vec<Chunk>,
    /// What it holds for its sink, if it has one.
    pub(super) sink_buffer: Option<Box<SinkBuffer>>,
}

impl Reader {
    /// A worker that spends `per_record` on each record and takes at most `slice_max` at a time, of
    /// several lanes only if it `mixes_lanes`.
    #[must_use]
    pub fn new(per_record: Nanos, slice_max: u64, mixes_lanes: bool) -> Self {
        Self {
            waiting: VecDeque::new(),
            current: Vec::new(),
            began: SimTime::ZERO,
            per_record,
            slice_max: slice_max.max(1),
            mixes_lanes,
            lanes_at_once: 1,
            drops_misplaced: false,
            turned: Vec::new(),
            sink_buffer: None,
        }
    }

    /// The same worker, which puts what it has processed into a sink, within `transaction` if the sink takes part in one.
    #[must_use]
    pub fn into_sink(self, config: &SinkConfig, transaction: Transaction) -> Self {
        Self {
            sink_buffer: SinkBuffer::new(config, transaction),
            ..self
        }
    }

    /// The same worker, whose library discards records that stand on a shard where their keys do not belong.
    #[must_use]
    pub fn dropping_misplaced(self, drops: bool) -> Self {
        Self {
            drops_misplaced: drops,
            ..self
        }
    }

    /// Adds fetched records.
    pub fn push(&mut self, chunk: Chunk) {
        if chunk.count > 0 {
            self.waiting.push_back(chunk);
        }
    }

    /// Begins with the next slice if the worker is idle and has one; returns when it will end.
    pub fn begin(&mut self, now: SimTime) -> Option<SimTime> {
        if self.waiting.is_empty() || !self.is_idle() {
            return None;
        }
        if self.lanes_at_once > 1 {
            return self.begin_side_by_side(now);
        }
        let mut room = self.slice_max;
        while let Some(chunk) = self.waiting.front_mut().filter(|_| room > 0) {
            let count = chunk.count.min(room);
            let last = count == chunk.count;
            self.current.push(Part {
                chunk: Chunk { count, ..*chunk },
                last,
            });
            chunk.first += count;
            chunk.count -= count;
            room -= count;
            if last {
                self.waiting.pop_front();
            }
            if !self.mixes_lanes {
                break;
            }
        }
        if let Some(part) = self.current.first().filter(|_| !self.mixes_lanes) {
            self.send_back(part.chunk.lane);
        }
        self.began = now;
        let records = self.slice_max - room;
        (records > 0).then(|| now + self.work(records))
    }

    /// Whether records wait for the worker besides those that it is working on.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Puts what waits of `lane` behind all others: lanes take turns, as threads of a worker do.
    fn send_back(&mut self, lane: u32) {
        if self.waiting.iter().all(|chunk| chunk.lane == lane) {
            return;
        }
        for _ in 0..self.waiting.len() {
            // One round through the queue: the others keep their order, then come those of the lane.
            let Some(chunk) = self.waiting.pop_front() else {
                return;
            };
            if chunk.lane == lane {
                self.turned.push(chunk);
            } else {
                self.waiting.push_back(chunk);
            }
        }
        self.waiting.extend(self.turned.drain(..));
    }

    pub(super) fn work(&self, records: u64) -> Nanos {
        Nanos(self.per_record.0.saturating_mul(records))
    }

    /// What the worker is working on.
    #[must_use]
    pub fn current(&self) -> &[Part] {
        &self.current
    }

    /// The slice is processed, or its sink has answered: what follows?
    pub fn hand_over<'a>(
        &mut self,
        now: SimTime,
        sink: Option<&mut Sink>,
        log_of: impl Fn(u32) -> &'a Log,
    ) -> HandOver {
        if self.gathers() {
            self.keep_passages(&log_of);
        }
        match (&mut self.sink_buffer, sink) {
            (Some(sink_buffer), Some(sink)) => {
                sink_buffer.hand_over(now, &self.current, sink, log_of)
            }
            _ => HandOver::Finished,
        }
    }

    /// What its buffer asks for now.
    pub fn tend(&mut self, now: SimTime, sink: Option<&mut Sink>) -> BufferStep {
        match (&mut self.sink_buffer, sink) {
            (Some(sink_buffer), Some(sink)) => sink_buffer.tend(now, sink),
            _ => BufferStep::Nothing,
        }
    }

    /// The buffer that is being written, part by part.
    #[must_use]
    pub fn writing(&self, n: usize) -> Option<BufferedChunk> {
        self.sink_buffer.as_ref()?.writing().get(n).copied()
    }

    /// The sink has the buffer that was being written.
    pub fn written(&mut self) {
        if let Some(sink_buffer) = &mut self.sink_buffer {
            sink_buffer.written();
        }
    }

    /// Records that it holds for its sink.
    #[must_use]
    pub fn holds(&self, now: SimTime) -> u64 {
        self.sink_buffer
            .as_ref()
            .map_or(0, |sink_buffer| sink_buffer.holds(now))
    }

    /// Commits at once what it has open with the places of its lanes; returns what that is.
    pub fn commit_now(&mut self, now: SimTime, sink: Option<&mut Sink>) -> Vec<BufferedChunk> {
        match (&mut self.sink_buffer, sink) {
            (Some(sink_buffer), Some(sink)) => sink_buffer.commit_now(now, sink),
            _ => Vec::new(),
        }
    }

    /// Whether what it began to write last is written at `now`.
    #[must_use]
    pub fn is_written(&self, now: SimTime) -> bool {
        let sink_buffer = self.sink_buffer.as_ref();
        sink_buffer.is_none_or(|sink_buffer| sink_buffer.is_written(now))
    }

    /// Whether it is committing a transaction with the places of its lanes.
    #[must_use]
    pub fn commits_places(&self) -> bool {
        self.sink_buffer
            .as_ref()
            .is_some_and(|sink_buffer| sink_buffer.commits_places())
    }

    /// Records that it wrote within transactions that were not committed.
    #[must_use]
    pub fn aborted(&self) -> u64 {
        self.sink_buffer
            .as_ref()
            .map_or(0, |sink_buffer| sink_buffer.aborted())
    }

    /// When the slice under way began.
    #[must_use]
    pub fn began(&self) -> SimTime {
        self.began
    }

    /// Part `n` of the slice under way is no longer its own.
    pub fn drop_part(&mut self, n: usize) {
        if let Some(part) = self.current.get_mut(n) {
            part.chunk.count = 0;
        }
    }

    /// Forgets everything that was fetched from `lane` and is not being worked on.
    pub fn forget(&mut self, lane: u32) {
        self.waiting.retain(|chunk| chunk.lane != lane);
        if let Some(sink_buffer) = &mut self.sink_buffer {
            sink_buffer.forget(lane);
        }
    }

    /// Forgets what was fetched from `lane`, and voids what it is working on of it: the lane is no longer
    /// its own, or its records are gone. Returns how many chunks it had not begun with their last record.
    pub fn void(&mut self, lane: u32) -> u32 {
        let waiting = self.chunks_of(lane);
        self.forget(lane);
        if let Some(sink_buffer) = &mut self.sink_buffer {
            sink_buffer.void(lane);
        }
        self.current
            .iter_mut()
            .filter(|part| part.chunk.lane == lane)
            .for_each(|part| part.chunk.count = 0);
        waiting
    }

    /// The offset behind the last record of `lane` that the worker holds, if it holds any.
    #[must_use]
    pub fn end_of(&self, lane: u32) -> Option<u64> {
        let current = self
            .current
            .iter()
            .map(|part| &part.chunk)
            .filter(|chunk| chunk.count > 0);
        let kept = self
            .sink_buffer
            .iter()
            .flat_map(|sink_buffer| sink_buffer.kept());
        let kept = kept.map(|kept| &kept.chunk).filter(|chunk| chunk.count > 0);
        let all = self
            .waiting
            .iter()
            .chain(current)
            .chain(kept)
            .filter(|chunk| chunk.lane == lane);
        all.map(|chunk| chunk.first + chunk.count).max()
    }

    /// The lanes of the fetched chunks that it has not begun with their last record; a lane may come more than once.
    pub fn waiting_lanes(&self) -> impl Iterator<Item = u32> {
        self.waiting.iter().map(|chunk| chunk.lane)
    }

    /// How many fetched chunks of `lane` it has not begun with their last record.
    #[must_use]
    pub fn chunks_of(&self, lane: u32) -> u32 {
        self.waiting
            .iter()
            .filter(|chunk| chunk.lane == lane)
            .count() as u32
    }

    /// Forgets everything: the worker is gone.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.current.clear();
        if let Some(sink_buffer) = &mut self.sink_buffer {
            sink_buffer.clear();
        }
    }

    /// Whether it is working on nothing and waits for nothing but records.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.current.is_empty() && !self.is_blocked()
    }

    /// How many records it has fetched and not finished.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        let current: u64 = self.current.iter().map(|part| part.chunk.count).sum();
        current + self.waiting.iter().map(|chunk| chunk.count).sum::<u64>()
    }

    /// Ends the slice.
    pub fn end(&mut self) {
        self.current.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(lane: u32, count: u64) -> Chunk {
        Chunk {
            lane,
            first: 100,
            count,
            ..Chunk::default()
        }
    }

    #[test]
    fn a_slice_ends_at_its_size_and_mixes_lanes_only_if_told() {
        let mut mixing = Reader::new(Nanos(10), 5, true);
        [chunk(1, 3), chunk(2, 4), chunk(3, 0)]
            .into_iter()
            .for_each(|chunk| mixing.push(chunk));
        assert_eq!(mixing.begin(SimTime(0)), Some(SimTime(50)));
        assert_eq!(mixing.begin(SimTime(0)), None, "it is busy");
        let parts: Vec<(u32, u64, bool)> = mixing
            .current()
            .iter()
            .map(|p| (p.chunk.lane, p.chunk.count, p.last))
            .collect();
        assert_eq!(parts, [(1, 3, true), (2, 2, false)]);
        mixing.end();
        assert_eq!(mixing.begin(SimTime(50)), Some(SimTime(70)));
        assert_eq!(
            mixing.current(),
            [Part {
                chunk: Chunk {
                    lane: 2,
                    first: 102,
                    count: 2,
                    ..Chunk::default()
                },
                last: true
            }]
        );
        let mut single = Reader::new(Nanos(10), 5, false);
        [chunk(1, 3), chunk(2, 4)]
            .into_iter()
            .for_each(|chunk| single.push(chunk));
        assert_eq!(single.begin(SimTime(0)), Some(SimTime(30)));
        let mut turns = Reader::new(Nanos(10), 2, false);
        [chunk(1, 3), chunk(1, 1), chunk(2, 3)]
            .into_iter()
            .for_each(|chunk| turns.push(chunk));
        let mut lanes = Vec::new();
        while turns.begin(SimTime(0)).is_some() {
            lanes.push((
                turns.current()[0].chunk.lane,
                turns.current()[0].chunk.count,
            ));
            turns.end();
        }
        assert_eq!(
            lanes,
            [(1, 2), (2, 2), (1, 1), (2, 1), (1, 1)],
            "lanes take turns, each in its order"
        );
    }
}
