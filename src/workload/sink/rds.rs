//! A relational database: a pool of connections that all workers share, so many rows a second for all
//! connections together, and times in which nothing is inserted: checkpoints, a failover. Queues follow.
//!
//! A record is delivered when its statement is committed. A failover stops inserts; statements under way
//! are taken to commit when it is over.

use super::batch::CallsMost;
use super::{Batch, Kind, Opening, SinkTally};
use crate::engine::Pool;
use crate::facts;
use crate::settings::Section;
use crate::units::{Nanos, RecordRate, SimTime};

/// The most stalls of a run.
const STALLS_MAX: u64 = 100_000;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    connections: u64,
    rows: u64,
    in_flight: u64,
    round_trip: Nanos,
    rate: f64,
    stalls: Stalls,
}

#[derive(Debug)]
pub(super) struct Rds {
    settings: Settings,
    connections: Pool,
    /// When the database has inserted all that it was given.
    free_at: SimTime,
}

/// When nothing is inserted: stretches in order, apart from each other.
#[derive(Clone, Debug, Default)]
struct Stalls(Vec<(SimTime, SimTime)>);

impl Stalls {
    fn read(section: &Section<'_>, duration: Nanos) -> Self {
        let mut stretches = Vec::new();
        let stall = section.section("stall");
        let least = Nanos::from_millis(1);
        let day = Nanos::from_secs(86_400);
        let every = facts::setting_in(&stall, "every", "sink.rds.stall.every", least..=day);
        let lasts = facts::setting_in(&stall, "lasts", "sink.rds.stall.lasts", Nanos::ZERO..=day);
        if lasts >= every {
            stall.problem(
                "lasts",
                "a stall lasts until the next one",
                format!("`every` is {every}"),
            );
        } else if duration.0 / every.0.max(1) > STALLS_MAX {
            let message = "there are too many stalls in this run";
            stall.problem("every", message, format!("at most {STALLS_MAX}"));
        } else if lasts > Nanos::ZERO {
            let at = |n: u64| SimTime(n * every.0);
            stretches.extend((1..=duration.0 / every.0).map(|n| (at(n), at(n) + lasts)));
        }
        if section.has("failover") {
            let failover = section.section("failover");
            let at: Nanos = failover.need_in("at", Nanos::ZERO..=duration);
            stretches.push((
                SimTime(at.0),
                SimTime(at.0) + failover.need_in("lasts", least..=day),
            ));
        }
        Self::merged(stretches)
    }

    fn merged(mut stretches: Vec<(SimTime, SimTime)>) -> Self {
        stretches.sort();
        let mut merged: Vec<(SimTime, SimTime)> = Vec::new();
        for (from, to) in stretches {
            match merged.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }

    /// When work that begins at `from` and takes `work` without stalls is done.
    fn end_of(&self, from: SimTime, mut work: Nanos) -> SimTime {
        let mut at = from;
        let first = self.0.partition_point(|(_, to)| *to <= from);
        for (begins, ends) in &self.0[first..] {
            let before = begins.since(at);
            if work <= before && work > Nanos::ZERO {
                break;
            }
            work = Nanos(work.0.saturating_sub(before.0));
            at = *ends;
        }
        at + work
    }
}

impl Kind for Rds {
    type Settings = Settings;

    fn read(section: &Section<'_>, duration: Nanos) -> Settings {
        let number = |key: &str, most: u64| {
            facts::setting_in(section, key, &format!("sink.rds.{key}"), 1..=most)
        };
        let rates = RecordRate(1000)..=RecordRate(1_000_000_000_000);
        let times = Nanos::ZERO..=Nanos::from_secs(60);
        Settings {
            connections: number("connections", 100_000),
            rows: number("rows-per-statement", 10_000),
            in_flight: number("calls-in-flight", 10_000),
            round_trip: facts::setting_in(section, "round-trip", "sink.rds.round-trip", times),
            rate: facts::setting_in(
                section,
                "rows-per-second",
                "sink.rds.rows-per-second",
                rates,
            )
            .per_s(),
            stalls: Stalls::read(section, duration),
        }
    }

    fn open(settings: &Settings, _: &Opening<'_>) -> Self {
        Self {
            connections: Pool::new(settings.connections.max(1) as usize),
            free_at: SimTime::ZERO,
            settings: settings.clone(),
        }
    }

    fn call(&mut self, now: SimTime, batch: &mut Batch, tally: &mut SinkTally) -> SimTime {
        let Self {
            settings,
            connections,
            free_at,
        } = self;
        let half = Nanos(settings.round_trip.0 / 2);
        let most = CallsMost {
            in_flight: settings.in_flight as usize,
            records: settings.rows as usize,
        };
        let (again, _) = batch.issue(now, most, |items| {
            tally.took(items.len() as u64);
            let work = Nanos((items.len() as f64 / settings.rate * 1e9) as u64);
            // Connections are taken up in the order of the statements, so the database's queue is in order.
            Some(connections.serve_until(now, |taken| {
                let begins = (taken + half).max(*free_at);
                *free_at = settings.stalls.end_of(begins, work);
                *free_at + half
            }))
        });
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_stops_while_the_database_stalls() {
        let stalls = Stalls::merged(vec![
            (SimTime(100), SimTime(120)),
            (SimTime(200), SimTime(210)),
            (SimTime(115), SimTime(130)),
        ]);
        assert_eq!(
            stalls.0,
            [(SimTime(100), SimTime(130)), (SimTime(200), SimTime(210))]
        );
        assert_eq!(stalls.end_of(SimTime(0), Nanos(100)), SimTime(100));
        assert_eq!(stalls.end_of(SimTime(0), Nanos(101)), SimTime(131));
        assert_eq!(stalls.end_of(SimTime(110), Nanos(80)), SimTime(220));
        assert_eq!(stalls.end_of(SimTime(300), Nanos(5)), SimTime(305));
    }
}
