//! Between a worker and its sink: what the worker has handed over or gathered, and what follows next. The
//! same on every platform; a platform asks when a slice or a buffer is done and moves its own positions.

use super::{Chunk, Part};
use crate::platform::Log;
use crate::probe::Passage;
use crate::units::SimTime;
use crate::workload::{Batch, Buffer, Item, NO_KEY, Sink, SinkConfig};

/// What follows when a worker has processed a slice, or when its sink has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// The sink has the records, or there is no sink: the slice is finished.
    Finished,
    /// The worker waits for its sink and looks again at this instant.
    WaitUntil(SimTime),
    /// The records lie in the worker's buffer, and the worker goes on.
    Buffered,
}

/// What has to be done about a worker's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BufferStep {
    /// The buffer asks for no new timer.
    Nothing,
    /// The buffer may be due at this instant.
    LookAt(SimTime),
    /// The buffer is being written; the sink has it at this instant.
    WrittenAt(SimTime),
}

/// Records of one lane in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferedChunk {
    /// The records; none if they are no longer the worker's.
    pub chunk: Chunk,
    /// Their size as the platform stored them `[B]`.
    pub bytes: u64,
    /// Whether the lane has gone to another worker since.
    pub stale: bool,
}

/// A record that is followed, and that lies in a buffer.
#[derive(Clone, Copy, Debug)]
struct Kept {
    lane: u32,
    offset: u64,
    passage: Passage,
}

/// How the records of a chunk that are followed came through.
pub(super) struct Passages(Vec<Kept>);

impl Passages {
    /// That of the record at `offset`: the newest, if it was gathered more than once.
    pub(super) fn of(&self, offset: u64) -> Passage {
        let newest = self.0.iter().rev().find(|kept| kept.offset == offset);
        newest.map_or_else(Passage::default, |kept| kept.passage)
    }
}

/// A transaction within which a worker writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// What is written is committed as a whole; the worker's places are moved behind it afterwards.
    OfOutputs,
    /// The worker's places are committed with it, so that what it does not commit is nobody's.
    WithPlaces,
}

/// What one worker holds for its sink.
#[derive(Clone, Debug, Default)]
pub(super) struct SinkBuffer {
    gathers: bool,
    /// What it writes within, if that is a transaction.
    transaction: Option<Transaction>,
    /// Records that were written within transactions that were not committed.
    aborted: u64,
    batch: Batch,
    calling: bool,
    /// Where the records of each part of the slice begin in the batch.
    starts: Vec<(Chunk, usize)>,
    buffer: Buffer,
    gathering: Vec<BufferedChunk>,
    writing: Vec<BufferedChunk>,
    /// How the records that are followed came through: lane, offset and instants.
    passages: Vec<Kept>,
    /// When it looks at its buffer next, if it has a timer.
    timer: Option<SimTime>,
    blocked: bool,
}

impl SinkBuffer {
    /// The buffer of a worker; `transaction` is what it writes within if its sink takes part in one.
    pub(super) fn new(config: &SinkConfig, transaction: Transaction) -> Option<Box<Self>> {
        let gathers = config.gathers();
        (!matches!(config, SinkConfig::None)).then(|| {
            Box::new(Self {
                gathers,
                transaction: config.is_transactional().then_some(transaction),
                ..Self::default()
            })
        })
    }

    pub(super) fn gathers(&self) -> bool {
        self.gathers
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.blocked
    }

    /// Since when it has records in its buffer.
    pub(super) fn gathering_since(&self) -> Option<SimTime> {
        (!self.gathering.is_empty()).then_some(self.buffer.since)
    }

    /// Since when it has been committing a transaction.
    pub(super) fn committing_since(&self) -> Option<SimTime> {
        let commits = self.transaction.is_some() && !self.writing.is_empty();
        let (began, _) = self.buffer.last_write.filter(|_| commits)?;
        Some(began)
    }

    /// Whether it is committing records of lanes that are its own, with its places.
    pub(super) fn commits_places(&self) -> bool {
        self.transaction == Some(Transaction::WithPlaces)
            && self.writing.iter().any(|kept| kept.chunk.count > 0)
    }

    pub(super) fn writing(&self) -> &[BufferedChunk] {
        &self.writing
    }

    /// Notes how a record of the slice came through.
    pub(super) fn keep_passage(&mut self, lane: u32, offset: u64, passage: Passage) {
        self.passages.push(Kept {
            lane,
            offset,
            passage,
        });
    }

    /// Takes out what was noted of the records of a chunk.
    pub(super) fn take_passages(&mut self, chunk: Chunk) -> Passages {
        let offsets = chunk.first..chunk.first + chunk.count;
        let of_chunk = |kept: &mut Kept| kept.lane == chunk.lane && offsets.contains(&kept.offset);
        Passages(self.passages.extract_if(.., of_chunk).collect())
    }

    /// Commits what is open at once, because its worker gives its places up: what has been written since the last
    /// commit, and what is being committed. Returns it; the time that this takes is left out.
    pub(super) fn commit_now(&mut self, now: SimTime, sink: &mut Sink) -> Vec<BufferedChunk> {
        if self.transaction != Some(Transaction::WithPlaces) {
            return Vec::new();
        }
        if !self.gathering.is_empty() {
            let _ = sink.write(now, &self.buffer);
        }
        (self.buffer, self.blocked) = (Buffer::default(), false);
        let mut open = std::mem::take(&mut self.writing);
        open.append(&mut self.gathering);
        open
    }

    /// Whether what it began to write last is written at `now`.
    pub(super) fn is_written(&self, now: SimTime) -> bool {
        self.buffer.last_write.is_none_or(|(_, ends)| ends <= now)
    }

    /// The sink has what was written.
    pub(super) fn written(&mut self) {
        self.writing.clear();
    }

    /// Hands a slice over to the sink, continues a call, or puts the records into the buffer.
    pub(super) fn hand_over<'a>(
        &mut self,
        now: SimTime,
        slice: &[Part],
        sink: &mut Sink,
        log_of: impl Fn(u32) -> &'a Log,
    ) -> HandOver {
        if self.gathers {
            self.keep(now, slice, log_of);
            return HandOver::Buffered;
        }
        if !self.calling {
            self.calling = true;
            self.fill(slice, log_of);
        }
        if self.batch.is_done(now) {
            self.calling = false;
            return HandOver::Finished;
        }
        HandOver::WaitUntil(sink.call(now, &mut self.batch).max(now))
    }

    fn fill<'a>(&mut self, slice: &[Part], log_of: impl Fn(u32) -> &'a Log) {
        let mut before = 0;
        self.starts.clear();
        for part in slice {
            self.starts.push((part.chunk, before));
            before += part.chunk.count as usize;
        }
        let items = slice.iter().flat_map(|part| {
            let log = log_of(part.chunk.lane);
            let stored = log.range(part.chunk.first, part.chunk.count);
            (part.chunk.first..)
                .zip(stored)
                .map(move |(offset, stored)| Item {
                    key: log.mark_at(offset).map_or(NO_KEY, |mark| mark.key),
                    bytes: stored.bytes(),
                })
        });
        self.batch.fill(items);
    }

    fn keep<'a>(&mut self, now: SimTime, slice: &[Part], log_of: impl Fn(u32) -> &'a Log) {
        for part in slice.iter().filter(|part| part.chunk.count > 0) {
            let chunk = part.chunk;
            let stored = log_of(chunk.lane).range(chunk.first, chunk.count);
            let bytes = stored.map(|stored| u64::from(stored.bytes())).sum();
            if self.gathering.is_empty() {
                self.buffer.since = now;
            }
            self.buffer.records += chunk.count;
            self.buffer.bytes += bytes;
            let follows = |kept: &&mut BufferedChunk| {
                let next = kept.chunk.first + kept.chunk.count == chunk.first;
                kept.chunk.lane == chunk.lane && next && !kept.stale
            };
            match self.gathering.last_mut().filter(follows) {
                Some(kept) => {
                    kept.chunk.count += chunk.count;
                    kept.bytes += bytes;
                }
                None => self.gathering.push(BufferedChunk {
                    chunk,
                    bytes,
                    stale: false,
                }),
            }
        }
    }

    /// What the buffer asks for now.
    pub(super) fn tend(&mut self, now: SimTime, sink: &mut Sink) -> BufferStep {
        if self.timer.is_some_and(|at| at <= now) {
            self.timer = None;
        }
        // A worker that commits a transaction does nothing else.
        let commits = self.transaction.is_some() && !self.writing.is_empty();
        if self.gathering.is_empty() {
            self.blocked = commits;
            return BufferStep::Nothing;
        }
        let due = sink.due(&self.buffer);
        if self.writing.is_empty() && due <= now {
            let ends = sink.write(now, &self.buffer);
            std::mem::swap(&mut self.gathering, &mut self.writing);
            self.buffer = Buffer {
                last_write: Some((now, ends)),
                ..Buffer::default()
            };
            self.blocked = self.transaction.is_some();
            return BufferStep::WrittenAt(ends);
        }
        self.blocked = commits || sink.is_full(&self.buffer);
        if !self.writing.is_empty() || self.timer.is_some_and(|at| at <= due) {
            return BufferStep::Nothing;
        }
        self.timer = Some(due);
        BufferStep::LookAt(due)
    }

    /// When the sink had record `n` of a part of the slice.
    pub(super) fn done_at(&self, chunk: Chunk, n: u64) -> SimTime {
        let same =
            |(begun, _): &&(Chunk, usize)| begun.lane == chunk.lane && begun.first == chunk.first;
        let start = self.starts.iter().find(same).map_or(0, |(_, start)| *start);
        self.batch.done_at(start + n as usize)
    }

    /// Whether it has records of `lane` in a buffer.
    pub(super) fn keeps(&self, lane: u32) -> bool {
        self.kept()
            .any(|kept| kept.chunk.lane == lane && kept.chunk.count > 0 && !kept.stale)
    }

    pub(super) fn kept(&self) -> impl Iterator<Item = &BufferedChunk> {
        self.gathering.iter().chain(&self.writing)
    }

    /// `lane` goes to another worker: what was gathered of it is dropped, what is being written is stale. Within a
    /// transaction both have been written: it is committed without them if places go with it, and with them if not.
    pub(super) fn forget(&mut self, lane: u32) {
        match self.transaction {
            None => self.drop_gathered(lane),
            Some(Transaction::OfOutputs) => mark_stale(&mut self.gathering, lane),
            Some(Transaction::WithPlaces) => {
                self.drop_gathered(lane);
                return self.void_written(lane);
            }
        }
        mark_stale(&mut self.writing, lane);
    }

    /// `lane` is gone with all that was gathered or is being written of it.
    pub(super) fn void(&mut self, lane: u32) {
        self.drop_gathered(lane);
        self.void_written(lane);
    }

    fn drop_gathered(&mut self, lane: u32) {
        let buffer = &mut self.buffer;
        let before = buffer.records;
        self.gathering.retain(|kept| {
            let goes = kept.chunk.lane == lane;
            if goes {
                buffer.records -= kept.chunk.count;
                buffer.bytes -= kept.bytes;
            }
            !goes
        });
        let dropped = before - buffer.records;
        self.abort(dropped);
    }

    fn void_written(&mut self, lane: u32) {
        let of_lane = |kept: &&mut BufferedChunk| kept.chunk.lane == lane;
        let mut voided = 0;
        for kept in self.writing.iter_mut().filter(of_lane) {
            voided += std::mem::take(&mut kept.chunk.count);
        }
        self.abort(voided);
    }

    /// Records are no longer part of what is committed.
    fn abort(&mut self, records: u64) {
        if self.transaction.is_some() {
            self.aborted += records;
        }
    }

    /// Records that were written within transactions that were not committed.
    pub(super) fn aborted(&self) -> u64 {
        self.aborted
    }

    /// The worker is gone with all that it held.
    pub(super) fn clear(&mut self) {
        let open = self.kept().map(|kept| kept.chunk.count).sum();
        self.abort(open);
        self.batch.clear();
        self.starts.clear();
        self.gathering.clear();
        self.writing.clear();
        self.passages.clear();
        self.buffer = Buffer::default();
        (self.calling, self.blocked, self.timer) = (false, false, None);
    }

    /// Records that it has handed over or gathered, and that the sink does not have yet.
    pub(super) fn holds(&self, now: SimTime) -> u64 {
        let called = if self.calling {
            self.batch.open(now)
        } else {
            0
        };
        called + self.kept().map(|kept| kept.chunk.count).sum::<u64>()
    }
}

/// What is kept of `lane` is no longer its worker's to move the place in the lane for.
fn mark_stale(kept: &mut [BufferedChunk], lane: u32) {
    let of_lane = |kept: &&mut BufferedChunk| kept.chunk.lane == lane;
    kept.iter_mut()
        .filter(of_lane)
        .for_each(|kept| kept.stale = true);
}
