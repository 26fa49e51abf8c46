//! How the controllers of a KRaft quorum elect the active one when it is lost.
//!
//! The two controllers that are left got the same records at the same time, so their fetch timers expire within a
//! moment. Each of them then votes for itself, and nobody has a majority of three. Both wait for a random time and
//! try again, until one of them is early enough to get the other one's vote.
//!
//! # Source
//! Apache Kafka 3.9, `KafkaRaftClient.java` (`pollFollowerAsVoter`, `pollCandidate`,
//! `binaryExponentialElectionBackoffMs`), `CandidateState.java` (`isVoteRejected`), `QuorumState.java`.

use super::super::config::QuorumTimers;
use crate::engine::Stream;
use crate::units::Nanos;

/// The active controller answers a fetch after so long at the latest, `MAX_FETCH_WAIT_MS`.
const FETCH_WAIT_MAX: Nanos = Nanos::from_millis(500);
/// The unit of the pause before a candidate tries again, `RETRY_BACKOFF_BASE_MS`.
const BACKOFF_UNIT: Nanos = Nanos::from_millis(100);
/// More rounds than any election has, unless its time-outs are set to nothing.
const ROUNDS_MAX: u32 = 20;

/// The end of an election.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Elected {
    /// From the loss of the old controller until the new one has its votes.
    pub after: Nanos,
    /// How often the controllers voted.
    pub rounds: u32,
}

/// An election between two controllers that are `one_way` apart, after the third one was lost.
pub(super) fn elect(timers: &QuorumTimers, one_way: Nanos, draws: Stream) -> Elected {
    let share = |of: Nanos, draw: u64| Nanos((of.0 as f64 * draws.uniform(draw)) as u64);
    let waits = if timers.idle == Nanos::ZERO {
        FETCH_WAIT_MAX
    } else {
        timers.idle.min(FETCH_WAIT_MAX)
    };
    // Both have heard of the old controller at the same time, apart from the way of the answer.
    let expires = Nanos(timers.fetch_timeout.0.saturating_sub(share(waits, 0).0));
    let mut stands = [1, 2].map(|draw| expires + share(one_way, draw));
    let asked = timers.vote + one_way;
    for round in 1.. {
        let (early, late) = (stands[0].min(stands[1]), stands[0].max(stands[1]));
        if late >= early + asked || round == ROUNDS_MAX {
            return Elected {
                after: early + asked + asked,
                rounds: round,
            };
        }
        for (place, stand) in (0..).zip(&mut stands) {
            let draw = 4 * u64::from(round) + 2 * place;
            let timeout = timers.election_timeout + share(timers.election_timeout, draw);
            let backoff = Nanos(BACKOFF_UNIT.0 * draws.below(draw + 1, 1 << round));
            *stand = *stand + timeout + backoff.min(timers.backoff_max);
        }
    }
    unreachable!("the last round has a winner")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMERS: QuorumTimers = QuorumTimers {
        fetch_timeout: Nanos::from_millis(2000),
        election_timeout: Nanos::from_millis(1000),
        backoff_max: Nanos::from_millis(1000),
        idle: Nanos::from_millis(500),
        vote: Nanos::from_millis(5),
    };

    fn elections(timers: &QuorumTimers) -> Vec<Elected> {
        let draws = Stream::new(7, 0, "quorum");
        let all = 0..1000;
        all.map(|n| elect(timers, Nanos::from_millis(1), draws.child(n)))
            .collect()
    }

    #[test]
    fn controllers_that_stand_together_vote_more_than_once() {
        let all = elections(&TIMERS);
        assert!(all.iter().all(|one| one.rounds >= 2));
        let twice = all.iter().filter(|one| one.rounds == 2).count();
        assert!(
            (950..=999).contains(&twice),
            "{twice} of 1000 have two rounds"
        );
        // 1.5 to 2 s until they stand, 1 to 2 s and at most one pause until they stand again.
        let within = |one: &&Elected| (2500..4100).contains(&(one.after.0 / 1_000_000));
        assert_eq!(
            all.iter()
                .filter(|one| one.rounds == 2)
                .filter(within)
                .count(),
            twice
        );
    }

    #[test]
    fn votes_that_cost_no_time_elect_in_the_first_round() {
        let timers = QuorumTimers {
            vote: Nanos::ZERO,
            ..TIMERS
        };
        let draws = Stream::new(7, 0, "quorum");
        for n in 0..1000 {
            let one = elect(&timers, Nanos::ZERO, draws.child(n));
            assert_eq!(one.rounds, 1);
            // The fetch time-out, less the age of the last answer.
            assert!((1500..=2000).contains(&(one.after.0 / 1_000_000)));
        }
    }
}
