//! Where the replicas of new partitions go: spread over racks, even over brokers, and the same each
//! time.
//!
//! # Source
//! KDOC rack awareness and Apache Kafka 3.9, `StripedReplicaPlacer` for what holds of a placement: distinct
//! brokers, min(racks, replication factor) racks, an unfenced broker first, fenced ones last within
//! their rack. The striping itself is ours: Kafka's starts at random.

use super::validate::{ApiError, kind};

/// A broker that may get replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub broker: u32,
    /// Its rack.
    pub rack: u32,
    /// Whether it is fenced: it may follow, but not lead.
    pub fenced: bool,
}

/// A placement under way: positions among the candidates, not ids.
struct Placer<'a> {
    candidates: &'a [Candidate],
    replication: u32,
    /// How many partitions each one leads.
    leads: Vec<u32>,
    /// How many replicas each one holds.
    holds: Vec<u32>,
}

impl Placer<'_> {
    /// Who leads the partition: the unfenced broker that leads the fewest, of these the one at the
    /// partition's own place or before it.
    fn leader(&self, partition: u32) -> Option<usize> {
        let count = self.candidates.len();
        let own = partition as usize % count;
        let unfenced = (0..count).filter(|at| !self.candidates[*at].fenced);
        unfenced.min_by_key(|at| (self.leads[*at], (own + count - at) % count))
    }

    /// The next replica beside the chosen ones: a rack with the fewest of them, there an unfenced
    /// broker, of these the next one after the leader unless it is ahead of others by a whole round.
    fn follower(&self, chosen: &[usize]) -> Option<usize> {
        let (count, first) = (self.candidates.len(), *chosen.first()?);
        let class = |at: usize| {
            let candidate = self.candidates[at];
            let shares = |other: &&usize| self.candidates[**other].rack == candidate.rack;
            (chosen.iter().filter(shares).count(), candidate.fenced)
        };
        let free = || (0..count).filter(|at| !chosen.contains(at));
        let best = free().map(class).min()?;
        let fit = || free().filter(|at| class(*at) == best);
        let least = fit().map(|at| self.holds[at]).min()?;
        let even = fit().filter(|at| self.holds[*at] - least < self.replication);
        even.min_by_key(|at| (at + count - first) % count)
    }

    fn partition(&mut self, partition: u32) -> Option<Vec<u32>> {
        let leader = self.leader(partition)?;
        let mut chosen = vec![leader];
        for _ in 1..self.replication {
            chosen.push(self.follower(&chosen)?);
        }
        self.leads[leader] += 1;
        chosen.iter().for_each(|at| self.holds[*at] += 1);
        Some(
            chosen
                .iter()
                .map(|at| self.candidates[*at].broker)
                .collect(),
        )
    }
}

/// The replicas of partitions `first`, `first + 1` and so on, `count` of them. `candidates` are in
/// order of their ids. If all are unfenced and candidate `i` stands in rack `i % racks` of equal
/// size, partition `p` gets the candidates `p`, `p + 1` and so on, modulo their number. What
/// partitions exist already does not matter.
///
/// # Errors
/// `INVALID_REPLICATION_FACTOR` if nobody is unfenced, if there are fewer candidates than replicas,
/// or for no replicas at all.
pub fn place(
    candidates: &[Candidate],
    first: u32,
    count: u32,
    replication: u32,
) -> Result<Vec<Vec<u32>>, ApiError> {
    let refused = |text: String| Err(ApiError::new(kind::INVALID_REPLICATION_FACTOR, text));
    let registered = candidates.len();
    if replication == 0 {
        return refused("Invalid replication factor 0: it must be positive.".to_owned());
    }
    if candidates.iter().all(|candidate| candidate.fenced) {
        return refused("All brokers are currently fenced.".to_owned());
    }
    if replication as usize > registered {
        return refused(format!(
            "The target replication factor of {replication} cannot be reached because only {registered} \
             broker(s) are registered."
        ));
    }
    let (leads, holds) = (vec![0; registered], vec![0; registered]);
    let mut placer = Placer {
        candidates,
        replication,
        leads,
        holds,
    };
    Ok((first..first.saturating_add(count))
        .filter_map(|partition| placer.partition(partition))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn brokers(count: u32, rack: impl Fn(u32) -> u32, fenced: &[u32]) -> Vec<Candidate> {
        let candidate = |broker| Candidate {
            broker,
            rack: rack(broker),
            fenced: fenced.contains(&broker),
        };
        (0..count).map(candidate).collect()
    }

    fn racks<'a>(candidates: &[Candidate], brokers: impl Iterator<Item = &'a u32>) -> usize {
        brokers
            .map(|broker| candidates[*broker as usize].rack)
            .collect::<BTreeSet<_>>()
            .len()
    }

    #[test]
    fn a_fresh_cluster_of_equal_racks_is_striped() {
        for (count, zones) in [
            (1, 1),
            (3, 3),
            (6, 3),
            (4, 2),
            (9, 3),
            (6, 2),
            (5, 1),
            (30, 3),
            (64, 1),
        ] {
            let candidates = brokers(count, |broker| broker % zones, &[]);
            for replication in 1..=count.min(5) {
                for first in [0, 1, 7] {
                    let placed =
                        place(&candidates, first, 4 * count + 1, replication).expect("legal");
                    for (partition, replicas) in (first..).zip(&placed) {
                        let striped: Vec<u32> =
                            (0..replication).map(|r| (partition + r) % count).collect();
                        assert_eq!(*replicas, striped, "{count} brokers, {zones} zones");
                    }
                }
            }
        }
    }

    #[test]
    fn racks_are_spanned_and_load_is_even_in_uneven_clusters_too() {
        let fenced_sets: [&[u32]; 4] = [&[], &[2], &[0, 3], &[1, 4, 5]];
        for (count, fenced) in (3..=11).flat_map(|count| fenced_sets.map(|fenced| (count, fenced)))
        {
            for zones in 1..=4 {
                let layouts = [
                    brokers(count, |b| b % zones, fenced),
                    brokers(count, |b| (b / 3).min(zones - 1), fenced),
                ];
                for (candidates, replication) in layouts.iter().flat_map(|one| [(one, 2), (one, 3)])
                {
                    spans_and_is_even(candidates, replication);
                }
            }
        }
    }

    fn spans_and_is_even(candidates: &[Candidate], replication: u32) {
        let placed = place(candidates, 0, 600, replication).expect("legal");
        let all: Vec<u32> = candidates
            .iter()
            .map(|candidate| candidate.broker)
            .collect();
        let spanned = racks(candidates, all.iter()).min(replication as usize);
        let mut leads = vec![0_u32; candidates.len()];
        let mut holds = vec![0_u32; candidates.len()];
        for replicas in &placed {
            let distinct: BTreeSet<&u32> = replicas.iter().collect();
            assert_eq!(
                (distinct.len(), racks(candidates, replicas.iter())),
                (replication as usize, spanned)
            );
            leads[replicas[0] as usize] += 1;
            replicas
                .iter()
                .for_each(|broker| holds[*broker as usize] += 1);
        }
        let spread = |counts: &[u32], of: &dyn Fn(&Candidate) -> bool| {
            let counts = || {
                candidates
                    .iter()
                    .zip(counts)
                    .filter(|(one, _)| of(one))
                    .map(|(_, count)| *count)
            };
            counts().max().unwrap_or(0) - counts().min().unwrap_or(0)
        };
        assert!(
            spread(&leads, &|one| !one.fenced) <= 1,
            "{candidates:?}: {leads:?}"
        );
        assert_eq!(
            candidates
                .iter()
                .zip(&leads)
                .filter(|(one, lead)| one.fenced && **lead > 0)
                .count(),
            0
        );
        for one in candidates {
            let mates = |other: &Candidate| other.rack == one.rack && other.fenced == one.fenced;
            assert!(
                spread(&holds, &mates) <= 2 * replication,
                "{candidates:?}: {holds:?}"
            );
        }
    }
}
