//! All replications of all points in one process, on all threads, the longest first.

use super::point::{Base, Outcome, Point};
use super::store::Store;
use crate::experiment::{self, Progress};
use std::cmp::Ordering as Order;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Why a search ended without an answer.
#[derive(Debug)]
pub enum Stopped {
    /// A broken balance: a bug of the program.
    Imbalance(String),
    /// A file that could not be written.
    Output(String),
    /// A point that is not valid any more.
    Invalid(String),
}

/// One replication of one point.
#[derive(Clone, Copy, Debug)]
struct Job {
    point: usize,
    replication: u32,
}

/// What all jobs of a search share.
struct Work<'a> {
    base: &'a Base,
    points: &'a [Point],
    store: Option<Mutex<&'a mut Store>>,
    progress: &'a Progress,
}

/// The records that are still to be simulated, for a progress bar.
#[must_use]
pub fn records_left(points: &[Point], store: Option<&Store>) -> u64 {
    let left = |point: &Point| {
        let open = (0..point.replications).filter(|n| kept(store, point, *n).is_none());
        point.records * open.count() as f64
    };
    points.iter().map(left).sum::<f64>() as u64
}

fn kept<'s>(store: Option<&'s Store>, point: &Point, replication: u32) -> Option<&'s Outcome> {
    store?.get(&point.key, replication)
}

/// Runs whatever `store` does not have and keeps it there. The outcomes are by point and replication, whatever
/// the number of threads.
///
/// # Errors
/// What stopped the search; what is finished by then is kept.
pub fn run(
    base: &Base,
    points: &[Point],
    store: Option<&mut Store>,
    progress: &Progress,
) -> Result<Vec<Vec<Outcome>>, Stopped> {
    let mut outcomes: Vec<Vec<Option<Outcome>>> = Vec::new();
    let mut jobs = Vec::new();
    for (place, point) in points.iter().enumerate() {
        let known = |n| kept(store.as_deref(), point, n).cloned();
        let row: Vec<Option<Outcome>> = (0..point.replications).map(known).collect();
        let open = (0..point.replications)
            .zip(&row)
            .filter(|(_, o)| o.is_none());
        jobs.extend(open.map(|(replication, _)| Job {
            point: place,
            replication,
        }));
        outcomes.push(row);
    }
    jobs.sort_by(|a, b| longest_first(points, *a, *b));
    let work = Work {
        base,
        points,
        store: store.map(Mutex::new),
        progress,
    };
    for (job, outcome) in work.all(&jobs)? {
        outcomes[job.point][job.replication as usize] = Some(outcome);
    }
    let whole = outcomes.into_iter().map(|row| row.into_iter().flatten());
    Ok(whole.map(Iterator::collect).collect())
}

/// The job with the most records comes first; among equals the order of the points.
fn longest_first(points: &[Point], a: Job, b: Job) -> Order {
    let records = |job: Job| points[job.point].records;
    let places = (a.point, a.replication).cmp(&(b.point, b.replication));
    records(b).total_cmp(&records(a)).then(places)
}

impl Work<'_> {
    /// Runs the jobs; each thread takes the next one when it is free. After a failure no job is begun.
    fn all(&self, jobs: &[Job]) -> Result<Vec<(Job, Outcome)>, Stopped> {
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Ok(Vec::new())));
        rayon::broadcast(|_| {
            while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let outcome = self.one(*job);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                match (&mut *done, outcome) {
                    (Ok(list), Ok(outcome)) => list.push((*job, outcome)),
                    (Ok(_), Err(stopped)) => *done = Err(stopped),
                    (Err(_), _) => {}
                }
                if done.is_err() {
                    next.store(jobs.len(), Ordering::Relaxed);
                }
            }
        });
        done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one job and keeps what it gave.
    fn one(&self, job: Job) -> Result<Outcome, Stopped> {
        let point = &self.points[job.point];
        let scenario = self
            .base
            .scenario(&point.sets)
            .map_err(|problems| Stopped::Invalid(problems.to_string()))?;
        let runs = experiment::run_replication(&scenario, job.replication, self.progress)
            .map_err(|broken| Stopped::Imbalance(broken.0))?;
        let outcome = Outcome::of(&scenario, &point.shape, &runs);
        if let Some(store) = &self.store {
            let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = store.keep(&point.key, job.replication, &outcome);
            kept.map_err(|error| Stopped::Output(error.to_string()))?;
        }
        Ok(outcome)
    }
}
