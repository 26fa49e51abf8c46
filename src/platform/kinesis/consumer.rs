//! Polling consumers: one reader per application and shard, as the KCL does it with shared
//! throughput. GetRecords returns at once, maybe empty; the next call comes an idle time after the
//! last one, and not before the records of the last one are processed.

use super::config::ConsumerConfig;
use super::{Event, Kinesis};
use crate::platform::{Chunk, Cx, Reader};
use crate::units::{Nanos, SimTime};

/// Where an application stands in one shard.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    /// The next record to fetch.
    pub fetched: u64,
    /// Everything before is processed or expired.
    pub done: u64,
    /// Fetched and not yet processed.
    pub outstanding: u64,
    /// What the answer under way brings.
    pub answer: Option<Chunk>,
    /// When it last called.
    pub called_at: SimTime,
    /// Whether it stopped calling because the application is down.
    pub parked: bool,
}

/// One consumer application.
#[derive(Clone, Debug)]
pub(super) struct App {
    /// Its name.
    pub name: String,
    /// How it reads.
    pub config: ConsumerConfig,
    /// Its workers; shard i belongs to worker i mod n.
    pub workers: Vec<Reader>,
    /// Where it stands in each shard.
    pub cursors: Vec<Cursor>,
    /// How many steps of the timeline hold it down.
    pub down: u32,
    /// The largest age of a last record returned since the last sample.
    pub iterator_age: Nanos,
}

impl App {
    /// The worker that reads `shard`.
    #[must_use]
    pub(super) fn worker_of(&self, shard: u32) -> usize {
        shard as usize % self.workers.len()
    }
}

impl Kinesis {
    /// Sets the first call of an application on a shard, at a random phase of its idle time.
    pub(super) fn start_polling(&mut self, app: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let idle = self.apps[usize::from(app)].config.idle;
        let phase = self.phases.child(u64::from(app)).below(u64::from(shard), idle.0.max(1));
        cx.queue.after(Nanos(phase), Event::Poll { app, shard });
    }

    /// GetRecords.
    pub(super) fn poll(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &mut self.apps[usize::from(index)];
        let (cursor, store) = (&mut app.cursors[shard as usize], &mut self.shards[shard as usize]);
        if app.down > 0 {
            cursor.parked = true;
            return;
        }
        cursor.called_at = now;
        if !store.admit_read(now) {
            cx.probe.read_throttled();
            return cx.queue.after(app.config.idle, Event::Poll { app: index, shard });
        }
        let retained = store.log.first_retained(cursor.fetched, self.config.retention, now);
        if retained > cursor.fetched {
            cx.probe.expired(usize::from(index), retained - cursor.fetched);
            (cursor.fetched, cursor.done) = (retained, retained);
        }
        let service = &self.config.service;
        let (chunk, bytes) = store.get(now, shard, cursor.fetched, app.config.limit, service.read_bytes_max);
        if chunk.count == 0 {
            return cx.queue.after(app.config.idle, Event::Poll { app: index, shard });
        }
        app.iterator_age = app.iterator_age.max(store.age_of_last(chunk, now));
        cursor.fetched += chunk.count;
        cursor.outstanding += chunk.count;
        cursor.answer = Some(chunk);
        let latency = service.get_latency + service.get_rate.time_for(bytes);
        cx.queue.after(latency, Event::Read { app: index, shard });
    }

    /// The answer of GetRecords reaches the worker that holds the shard's lease.
    pub(super) fn receive(&mut self, index: u16, shard: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        let worker = app.worker_of(shard);
        if let Some(chunk) = app.cursors[shard as usize].answer.take() {
            app.workers[worker].push(chunk);
        }
        self.begin_slice(index, worker as u32, cx);
    }

    fn begin_slice(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        if app.down > 0 {
            return;
        }
        if let Some(ends) = app.workers[worker as usize].begin(cx.queue.now()) {
            cx.queue.at(ends, Event::Done { app: index, worker });
        }
    }

    /// A worker is done with a slice, which is of one shard; after the last of an answer it calls again.
    pub(super) fn finish_slice(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        let reader = &mut app.workers[worker as usize];
        let Some(part) = reader.current().first().copied() else { return };
        let lane = part.chunk.lane;
        reader.report(part, 0, usize::from(index), &self.shards[lane as usize].log, cx.probe);
        reader.end();
        let cursor = &mut app.cursors[lane as usize];
        cursor.outstanding -= part.chunk.count;
        cursor.done = part.chunk.first + part.chunk.count;
        if part.last {
            let next = (cursor.called_at + app.config.idle).max(cx.queue.now());
            cx.queue.at(next, Event::Poll { app: index, shard: lane });
            let done = self.apps.iter().map(|app| app.cursors[lane as usize].done).min();
            self.shards[lane as usize].log.trim(done.unwrap_or_default());
        }
        self.begin_slice(index, worker, cx);
    }

    /// An application reads again.
    pub(super) fn bring_up(&mut self, index: u16, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        app.down = app.down.saturating_sub(1);
        if app.down > 0 {
            return;
        }
        let workers = app.workers.len() as u32;
        for shard in 0..self.config.shard_count {
            let cursor = &mut self.apps[usize::from(index)].cursors[shard as usize];
            if std::mem::take(&mut cursor.parked) {
                self.start_polling(index, shard, cx);
            }
        }
        for worker in 0..workers {
            self.begin_slice(index, worker, cx);
        }
    }
}
