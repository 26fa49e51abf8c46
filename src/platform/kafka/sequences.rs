//! What a partition remembers about idempotent producers: the last batches of each, by which it
//! knows repeats and gaps.
//!
//! # Source
//! Apache Kafka 3.9, `ProducerStateManager`, `ProducerStateEntry`, `ProducerAppendInfo`; held against answers of
//! those classes. Left out: transactions and the expiry of idle producers.

/// How many batches of a producer are remembered.
///
/// # Source
/// Apache Kafka 3.9, `ProducerStateEntry.NUM_BATCHES_TO_RETAIN`.
pub const REMEMBERED: usize = 5;

/// How many are kept, so that after a cut of the log the newest five of what is left are known, as Kafka
/// knows them by reading its log again.
const KEPT: usize = 12;

/// Sequence numbers run from 0 to 2^31 - 1, then from 0 again.
const SEQUENCES: u32 = 1 << 31;

/// The sequence number `records` after `sequence`.
#[must_use]
#[inline]
pub fn advance(sequence: u32, records: u32) -> u32 {
    sequence.wrapping_add(records) % SEQUENCES
}

/// The sequence number `records` before `sequence`; 2^32 is a multiple of their number.
#[inline]
fn go_back(sequence: u32, records: u32) -> u32 {
    sequence.wrapping_sub(records) % SEQUENCES
}

/// A batch of an idempotent producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The producer's id.
    pub producer: u32,
    /// The producer's epoch.
    pub epoch: u16,
    /// The sequence number of the first record.
    pub first: u32,
    /// How many records; at least one.
    pub records: u32,
}

/// What is to be done with a batch that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes into the log.
    Append,
    /// It is there already, from this offset on: acknowledge it, do not write it again.
    Duplicate(u64),
}

/// Why a batch is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It does not follow the last batch, nor is it one of the remembered ones.
    OutOfOrder,
    /// The producer has written with a newer epoch.
    OldEpoch,
}

impl Refused {
    /// The name of the error.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OutOfOrder => "OUT_OF_ORDER_SEQUENCE_NUMBER",
            Self::OldEpoch => "INVALID_PRODUCER_EPOCH",
        }
    }
}

/// What is known of a producer, apart from its last batches.
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    /// The producer's id.
    producer: u32,
    /// The sequence number that the next batch must begin with.
    next: u32,
    /// The epoch of the newest batch.
    epoch: u16,
    /// How many batches are kept; never zero.
    len: u8,
    /// Where in the ring the next batch goes.
    at: u8,
}

/// The base offsets and records of a producer's last batches. Within an epoch they follow each other without gaps,
/// so the first sequence number of each follows from the next one.
type Ring = [(u64, u32); KEPT];

impl Head {
    /// Notes the batch that went into the log at `base`.
    #[inline]
    fn push(&mut self, ring: &mut Ring, batch: Batch, base: u64) {
        if batch.epoch != self.epoch || batch.first != self.next {
            self.len = 0;
        }
        ring[usize::from(self.at)] = (base, batch.records);
        self.at = if usize::from(self.at) + 1 == KEPT {
            0
        } else {
            self.at + 1
        };
        self.len = (self.len + 1).min(KEPT as u8);
        self.epoch = batch.epoch;
        self.next = advance(batch.first, batch.records);
    }

    /// Base offset and records of the batch before the newest `n`.
    fn newest(&self, ring: &Ring, n: usize) -> (u64, u32) {
        ring[(usize::from(self.at) + KEPT - 1 - n) % KEPT]
    }

    /// The base offset of a remembered batch with the same first and last sequence number.
    fn find(&self, ring: &Ring, batch: Batch) -> Option<u64> {
        let mut end = self.next;
        for n in 0..usize::from(self.len).min(REMEMBERED) {
            let (base, records) = self.newest(ring, n);
            let first = go_back(end, records);
            if (first, records) == (batch.first, batch.records) {
                return Some(base);
            }
            end = first;
        }
        None
    }

    /// Forgets batches that end above an offset; whether any is left.
    fn truncate(&mut self, ring: &Ring, end: u64) -> bool {
        while self.len > 0 {
            let (base, records) = self.newest(ring, 0);
            if base + u64::from(records) <= end {
                return true;
            }
            self.next = go_back(self.next, records);
            self.len -= 1;
            self.at = ((usize::from(self.at) + KEPT - 1) % KEPT) as u8;
        }
        false
    }
}

/// The producers that a partition knows.
#[derive(Clone, Debug, Default)]
pub struct Sequences {
    /// What is read for each batch, in ascending order of producers.
    heads: Vec<Head>,
    /// The last batches of each producer, in the same order.
    rings: Vec<Ring>,
}

impl Sequences {
    /// How many producers are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether no producer is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Where a producer is, or where it belongs. The place is the id itself if all smaller ids are
    /// known.
    #[inline]
    fn find(&self, producer: u32) -> Result<usize, usize> {
        match self.heads.get(producer as usize) {
            Some(known) if known.producer == producer => Ok(producer as usize),
            _ => self
                .heads
                .binary_search_by_key(&producer, |head| head.producer),
        }
    }

    /// What is to be done with a batch. A producer that is not known may begin anywhere.
    ///
    /// # Errors
    /// [`Refused::OldEpoch`], or [`Refused::OutOfOrder`] for a batch that neither repeats one of the
    /// last five nor follows the last one; a newer epoch has to begin with 0.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ProducerStateEntry.findDuplicateBatch`, `ProducerAppendInfo.checkSequence`.
    #[inline]
    pub fn check(&self, batch: Batch) -> Result<Verdict, Refused> {
        let Ok(at) = self.find(batch.producer) else {
            return Ok(Verdict::Append);
        };
        self.check_at(at, batch)
    }

    /// [`Sequences::check`] for the producer in place `at`.
    #[inline]
    fn check_at(&self, at: usize, batch: Batch) -> Result<Verdict, Refused> {
        let head = &self.heads[at];
        if batch.epoch < head.epoch {
            return Err(Refused::OldEpoch);
        }
        if batch.epoch > head.epoch {
            return if batch.first == 0 {
                Ok(Verdict::Append)
            } else {
                Err(Refused::OutOfOrder)
            };
        }
        if batch.first == head.next {
            // Nothing that is remembered begins there: batches have records.
            return Ok(Verdict::Append);
        }
        let known = head.find(&self.rings[at], batch);
        known.map(Verdict::Duplicate).ok_or(Refused::OutOfOrder)
    }

    /// Remembers a batch that went into the log at `base`, without any check: as a follower does
    /// with what its leader has checked. Allocates for a new producer only.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ProducerStateEntry.addBatch`.
    #[inline]
    pub fn remember(&mut self, batch: Batch, base: u64) {
        match self.find(batch.producer) {
            Ok(at) => self.heads[at].push(&mut self.rings[at], batch, base),
            Err(at) => self.insert(at, batch, base),
        }
    }

    /// Remembers the first batch of a producer, which belongs in place `at`.
    #[cold]
    fn insert(&mut self, at: usize, batch: Batch, base: u64) {
        let producer = batch.producer;
        let (mut head, mut ring) = (
            Head {
                producer,
                ..Head::default()
            },
            Ring::default(),
        );
        head.push(&mut ring, batch, base);
        self.heads.insert(at, head);
        self.rings.insert(at, ring);
    }

    /// Checks a batch and remembers it if it goes into the log, at `base`.
    ///
    /// # Errors
    /// As [`Sequences::check`].
    #[inline]
    pub fn append(&mut self, batch: Batch, base: u64) -> Result<Verdict, Refused> {
        match self.find(batch.producer) {
            Ok(at) => {
                let verdict = self.check_at(at, batch)?;
                if verdict == Verdict::Append {
                    self.heads[at].push(&mut self.rings[at], batch, base);
                }
                Ok(verdict)
            }
            Err(at) => {
                self.insert(at, batch, base);
                Ok(Verdict::Append)
            }
        }
    }

    /// The log has been cut: forgets what stood at `end` and above. A producer of whom no remembered
    /// batch is left is not known any more.
    ///
    /// # Source
    /// Apache Kafka 3.9, `ProducerStateManager.truncateAndReload`, which reads older batches from the log again;
    /// here only the last twelve are there.
    pub fn truncate(&mut self, end: u64) {
        let mut kept = 0;
        for at in 0..self.heads.len() {
            if self.heads[at].truncate(&self.rings[at], end) {
                self.heads.swap(kept, at);
                self.rings.swap(kept, at);
                kept += 1;
            }
        }
        self.heads.truncate(kept);
        self.rings.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(producer: u32, first: u32, records: u32) -> Batch {
        Batch {
            producer,
            epoch: 0,
            first,
            records,
        }
    }

    #[test]
    fn after_a_cut_the_newest_batch_left_tells_the_next_sequence_number() {
        let mut sequences = Sequences::default();
        for (number, producer) in [9, 2, 9, 2, 9].into_iter().enumerate() {
            let first = number as u32 / 2 * 10;
            assert_eq!(
                sequences.append(batch(producer, first, 10), number as u64 * 10),
                Ok(Verdict::Append)
            );
        }
        sequences.truncate(20);
        assert_eq!(sequences.len(), 2);
        assert_eq!(sequences.check(batch(9, 20, 10)), Err(Refused::OutOfOrder));
        assert_eq!(sequences.check(batch(9, 10, 10)), Ok(Verdict::Append));
        assert_eq!(sequences.check(batch(9, 0, 10)), Ok(Verdict::Duplicate(0)));
        assert_eq!(sequences.check(batch(2, 0, 10)), Ok(Verdict::Duplicate(10)));
        sequences.truncate(19);
        assert_eq!(
            (sequences.len(), sequences.check(batch(2, 77, 1))),
            (1, Ok(Verdict::Append))
        );
        assert_eq!(sequences.append(batch(9, 10, 5), 19), Ok(Verdict::Append));
        sequences.truncate(0);
        assert!(sequences.is_empty());
    }

    #[test]
    fn a_cut_goes_back_over_the_wrap() {
        let mut sequences = Sequences::default();
        assert_eq!(
            sequences.append(batch(0, SEQUENCES - 4, 3), 0),
            Ok(Verdict::Append)
        );
        assert_eq!(
            sequences.append(batch(0, SEQUENCES - 1, 3), 3),
            Ok(Verdict::Append)
        );
        assert_eq!(
            sequences.check(batch(0, SEQUENCES - 1, 3)),
            Ok(Verdict::Duplicate(3))
        );
        assert_eq!(sequences.check(batch(0, 2, 1)), Ok(Verdict::Append));
        sequences.truncate(3);
        assert_eq!(sequences.check(batch(0, 2, 1)), Err(Refused::OutOfOrder));
        assert_eq!(
            sequences.check(batch(0, SEQUENCES - 1, 1)),
            Ok(Verdict::Append)
        );
    }
}
