//! Workers that work on slices of several lanes at once, one slice of each.

use super::{Chunk, Part, Reader};
use crate::units::SimTime;

impl Reader {
    /// The same worker, which works on a slice of each of up to `lanes` lanes at once.
    #[must_use]
    pub fn side_by_side(self, lanes: u64) -> Self {
        Self {
            lanes_at_once: lanes.max(1),
            ..self
        }
    }

    /// [`Reader::begin`] for several lanes at once: the slice ends with the longest of theirs.
    #[cold]
    pub(super) fn begin_side_by_side(&mut self, now: SimTime) -> Option<SimTime> {
        let mut taken: Vec<(u32, u64)> = Vec::new();
        for chunk in &mut self.waiting {
            let at = taken.iter().position(|(lane, _)| *lane == chunk.lane);
            let Some(at) = at.or_else(|| {
                let more = (taken.len() as u64) < self.lanes_at_once;
                more.then(|| taken.push((chunk.lane, 0)))?;
                Some(taken.len() - 1)
            }) else {
                continue;
            };
            let count = chunk.count.min(self.slice_max - taken[at].1);
            if count == 0 {
                continue;
            }
            let last = count == chunk.count;
            self.current.push(Part {
                chunk: Chunk { count, ..*chunk },
                last,
            });
            taken[at].1 += count;
            (chunk.first, chunk.count) = (chunk.first + count, chunk.count - count);
        }
        self.waiting.retain(|chunk| chunk.count > 0);
        self.began = now;
        let longest = taken.iter().map(|(_, count)| *count).max()?;
        Some(now + self.work(longest))
    }

    /// How many records its thread works on before part `n` of the slice; `all` are before it in the slice.
    #[must_use]
    #[inline]
    pub fn before(&self, n: usize, all: u64) -> u64 {
        if self.lanes_at_once == 1 {
            return all;
        }
        let (lane, earlier) = (self.current[n].chunk.lane, &self.current[..n]);
        let same = earlier.iter().filter(|part| part.chunk.lane == lane);
        same.map(|part| part.chunk.count).sum()
    }
}
