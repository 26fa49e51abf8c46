//! What happens to a system from outside, in time order: records, steps of the timeline, sampling instants.

use super::source::SourceDraws;
use super::{Action, Input, Record, Relayed, Workload};
use crate::units::SimTime;

/// The most records of several sources that are merged at a time.
const RUN_MAX: usize = 256;

impl Workload {
    /// The inputs of one replication, in time order.
    #[must_use]
    pub fn inputs(&self, seed: u64, replication: u32) -> Inputs<'_> {
        let sources = self
            .sources
            .iter()
            .map(|source| source.draws(seed, replication))
            .collect();
        let mut inputs = self.marks(sources);
        inputs.find_record();
        inputs
    }

    /// The inputs of one replication whose records come from another system, in time order.
    #[must_use]
    pub fn relayed(&self, records: Vec<(SimTime, Record)>) -> Relayed<'_> {
        let mut records = records.into_iter();
        Relayed {
            marks: self.marks(Vec::new()),
            next: records.next(),
            records,
        }
    }

    fn marks<'a>(&'a self, sources: Vec<SourceDraws<'a>>) -> Inputs<'a> {
        let mut inputs = Inputs {
            sources,
            source: 0,
            next_record: u64::MAX,
            steps: &self.timeline.steps,
            cuts: &self.cuts,
            sample_every: self.sample.0,
            next_sample: self.sample.0,
            next_mark: 0,
            until: self.duration.0,
            serial: 0,
            merged: Vec::new(),
        };
        inputs.find_mark();
        inputs
    }
}

/// The inputs of one replication: samples before cuts before steps before records of the same instant.
pub struct Inputs<'a> {
    sources: Vec<SourceDraws<'a>>,
    /// The source whose record is next, and its instant `[ns]`.
    source: usize,
    next_record: u64,
    steps: &'a [(SimTime, Action)],
    cuts: &'a [SimTime],
    sample_every: u64,
    next_sample: u64,
    /// The earliest of the next sample, cut and step, or the end of the run `[ns]`.
    pub(super) next_mark: u64,
    until: u64,
    serial: u32,
    /// Records of several sources in time order.
    merged: Vec<Record>,
}

/// What comes next from outside: as much of it as is at hand.
#[derive(Clone, Copy, Debug)]
pub enum Run<'a> {
    /// Records in time order; nothing else comes before the last of them.
    Records(&'a [Record]),
    /// One input.
    Input(Input),
}

/// Inputs in time order, run by run.
pub trait Runs {
    /// The next run, or `None` after the last.
    fn next_run(&mut self) -> Option<Run<'_>>;
}

impl Runs for Inputs<'_> {
    fn next_run(&mut self) -> Option<Run<'_>> {
        if let [source] = &mut self.sources[..] {
            source.have_drawn();
            self.next_record = source.next_at();
        }
        if self.next_mark <= self.next_record {
            return self.take_mark().map(Run::Input);
        }
        let mark = self.next_mark;
        Some(Run::Records(match self.sources.len() {
            1 => self.sources[0].take_before(mark),
            _ => self.merge(),
        }))
    }
}

impl Inputs<'_> {
    /// The next records of several sources before the next mark.
    fn merge(&mut self) -> &[Record] {
        self.merged.clear();
        while self.next_record < self.next_mark && self.merged.len() < RUN_MAX {
            let record = self.sources[self.source].take(self.serial);
            self.merged.push(record);
            self.serial += 1;
            self.find_record();
        }
        &self.merged
    }

    fn next_step(&self) -> u64 {
        self.steps.first().map_or(u64::MAX, |(at, _)| at.0)
    }

    fn next_cut(&self) -> u64 {
        self.cuts.first().map_or(u64::MAX, |at| at.0)
    }

    /// Finds the source whose record is next.
    #[inline]
    fn find_record(&mut self) {
        let at = |n: usize| self.sources[n].next_at();
        self.source =
            (1..self.sources.len()).fold(0, |best, n| if at(n) < at(best) { n } else { best });
        self.next_record = at(self.source);
    }

    /// Finds the next sample or step. The end of the run is sampled by the run itself, after all
    /// that happens at that very instant.
    fn find_mark(&mut self) {
        if self.next_sample >= self.until {
            self.next_sample = u64::MAX;
        }
        self.next_mark = self
            .next_sample
            .min(self.next_step())
            .min(self.next_cut())
            .min(self.until.saturating_add(1));
    }

    #[cold]
    pub(super) fn take_mark(&mut self) -> Option<Input> {
        if self.next_mark > self.until {
            return None;
        }
        let input = if self.next_sample <= self.next_step().min(self.next_cut()) {
            let at = SimTime(self.next_sample);
            self.next_sample = self.next_sample.saturating_add(self.sample_every);
            Input::Sample(at)
        } else if self.next_cut() <= self.next_step() {
            let at = self.cuts[0];
            self.cuts = &self.cuts[1..];
            Input::Cut(at)
        } else {
            let (at, action) = self.steps[0];
            self.steps = &self.steps[1..];
            Input::Step(at, action)
        };
        self.find_mark();
        Some(input)
    }
}

impl Iterator for Inputs<'_> {
    type Item = Input;

    #[inline(always)]
    fn next(&mut self) -> Option<Input> {
        if self.next_mark <= self.next_record {
            return self.take_mark();
        }
        let source = &mut self.sources[self.source];
        let record = source.take(self.serial);
        self.serial += 1;
        self.next_record = source.next_at();
        if self.sources.len() > 1 {
            self.find_record();
        }
        Some(Input::Record(record))
    }
}
