//! Who reads which shard: leases, their expiry, rounds of assignment, balancing, crashes.
//!
//! KCL 1 and 2: every worker looks around in rounds and steals one lease from the busiest when
//! nothing has expired. KCL 3: a leader assigns expired leases in rounds and, at every third, moves
//! load from workers above the mean; a moved lease is handed over gracefully. A dead leader is replaced
//! only when its lock has expired.
//!
//! # Source
//! KCL 3.5.1 (facts `kinesis.kcl.*`).

use super::app::{App, LeaseState, NOBODY, Worker};
use super::config::ConsumerConfig;
use super::hash::shard_id;
use super::{Event, Kinesis};
use crate::facts::Book;
use crate::platform::Cx;
use crate::units::{Nanos, Share, SimTime};

/// The numbers of the KCL that no application sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounds {
    leader_lease: Nanos,
    heartbeat: Nanos,
    threshold: f64,
    dampening: f64,
    runs: u64,
}

impl Rounds {
    pub(super) fn new(book: Book) -> Self {
        Self {
            leader_lease: book.value("kinesis.kcl.leader.lease"),
            heartbeat: book.value("kinesis.kcl.leader.heartbeat"),
            threshold: book
                .value::<Share>("kinesis.kcl.balance.threshold")
                .fraction(),
            dampening: book
                .value::<Share>("kinesis.kcl.balance.dampening")
                .fraction(),
            runs: book.value("kinesis.kcl.balance.runs"),
        }
    }
}

/// The time between two rounds: twice failoverTimeMillis, with its slack before KCL 3.
fn round(config: &ConsumerConfig) -> Nanos {
    let extra = if config.kcl < 3 { config.slack.0 } else { 0 };
    Nanos((config.failover.0 + extra) * 2)
}

/// The time between two renewals of a lease: a third of failoverTimeMillis less the slack.
fn renewal(config: &ConsumerConfig) -> Nanos {
    Nanos(
        (config.failover.0 / 3)
            .saturating_sub(config.slack.0)
            .max(1),
    )
}

/// Leases in use per worker; `None` for workers that are down.
fn counts(app: &App) -> Vec<Option<u64>> {
    let mut counts: Vec<Option<u64>> = app
        .workers
        .iter()
        .map(|worker| worker.is_up().then_some(0))
        .collect();
    for lease in app.leases.iter().filter(|lease| in_use(lease.state)) {
        if let Some(Some(count)) = counts.get_mut(lease.owner as usize) {
            *count += 1;
        }
    }
    counts
}

fn in_use(state: LeaseState) -> bool {
    matches!(state, LeaseState::Waiting | LeaseState::Reading)
}

/// The live worker with the fewest leases, the first of equals.
fn idlest(counts: &[Option<u64>]) -> Option<u32> {
    let live = counts
        .iter()
        .enumerate()
        .filter_map(|(n, count)| Some((n, (*count)?)));
    live.min_by_key(|(n, count)| (*count, *n))
        .map(|(n, _)| n as u32)
}

/// Moves of load as KCL 3 makes them: from workers above the mean by more than `threshold`, or from the
/// busiest if somebody is so far below it, about `dampening` of the excess; if no lease fits into that,
/// the lightest one. To the least loaded. `leases` are shard, owner and load.
fn balance(
    workers: &[Option<u64>],
    leases: &[(u32, u32, u64)],
    threshold: f64,
    dampening: f64,
) -> Vec<(u32, u32)> {
    let mut loads: Vec<Option<f64>> = workers.iter().map(|worker| worker.map(|_| 0.0)).collect();
    // A lease without traffic still weighs something: idle leases are spread as well.
    let weight = |lease: &(u32, u32, u64)| lease.2.max(1) as f64;
    for lease in leases {
        if let Some(Some(sum)) = loads.get_mut(lease.1 as usize) {
            *sum += weight(lease);
        }
    }
    let live: Vec<f64> = loads.iter().flatten().copied().collect();
    let mean = live.iter().sum::<f64>() / live.len().max(1) as f64;
    let least = live.iter().copied().fold(f64::INFINITY, f64::min);
    let most = live.iter().copied().fold(0.0, f64::max);
    let above = mean * (1.0 + threshold);
    // Nobody is far above, somebody far below: the busiest gives.
    let limit = if most <= above && least < mean * (1.0 - threshold) {
        most - 0.5
    } else {
        above
    };
    let mut moves = Vec::new();
    for worker in 0..loads.len() {
        let Some(load) = loads[worker].filter(|load| *load > limit) else {
            continue;
        };
        let mut own: Vec<&(u32, u32, u64)> = leases
            .iter()
            .filter(|lease| lease.1 as usize == worker)
            .collect();
        own.sort_by_key(|lease| (std::cmp::Reverse(lease.2), lease.0));
        let before = moves.len();
        let mut budget = (load - mean) * dampening;
        for lease in &own {
            if weight(lease) <= budget
                && shift(
                    &mut loads,
                    worker,
                    (lease.0, weight(lease)),
                    threshold,
                    &mut moves,
                )
            {
                budget -= weight(lease);
            }
        }
        if let Some(lightest) = own.last().filter(|_| moves.len() == before) {
            shift(
                &mut loads,
                worker,
                (lightest.0, weight(lightest)),
                threshold,
                &mut moves,
            );
        }
    }
    moves
}

/// Moves a lease to the least loaded worker, unless that all but swaps the roles.
fn shift(
    loads: &mut [Option<f64>],
    from: usize,
    (shard, weight): (u32, f64),
    threshold: f64,
    moves: &mut Vec<(u32, u32)>,
) -> bool {
    let idle = loads
        .iter()
        .enumerate()
        .filter_map(|(n, load)| Some((n, (*load)?)));
    let Some((to, least)) = idle.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0))) else {
        return false;
    };
    let own = loads[from].unwrap_or(0.0);
    // A lease that would make the other one nearly as busy would only come back at the next run.
    if to == from || least + weight >= own * (1.0 - threshold) {
        return false;
    }
    (loads[to], loads[from]) = (Some(least + weight), Some(own - weight));
    moves.push((shard, to as u32));
    true
}

impl Kinesis {
    /// Sets the rounds of the applications that hold leases, at a random phase.
    pub(super) fn start_rounds(&mut self, index: u16, cx: &mut Cx<'_, Event>) {
        let every = round(&self.apps[usize::from(index)].config);
        let phase = self
            .draws
            .phases
            .child(1 << 20)
            .below(u64::from(index), every.0);
        cx.queue.after(Nanos(phase), Event::Assign(index));
    }

    /// A round of assignment.
    pub(super) fn assign(&mut self, index: u16, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let app = &mut self.apps[usize::from(index)];
        cx.queue.after(round(&app.config), Event::Assign(index));
        if app.down > 0 || !self.somebody_leads(index, now, cx) {
            return;
        }
        let app = &mut self.apps[usize::from(index)];
        app.rounds += 1;
        if app.config.children_first {
            for shard in self.control.lineage.open() {
                let lease = &mut app.leases[shard as usize];
                if lease.state == LeaseState::Absent {
                    lease.state = LeaseState::Unassigned;
                }
            }
        }
        let mut counts = counts(app);
        let mut expired = false;
        for shard in 0..app.leases.len() as u32 {
            let app = &mut self.apps[usize::from(index)];
            let lease = &app.leases[shard as usize];
            let orphaned = in_use(lease.state) && !app.holder_up(shard) && lease.expires <= now;
            if lease.state != LeaseState::Unassigned && !orphaned {
                continue;
            }
            expired |= orphaned;
            let Some(worker) = idlest(&counts) else {
                return;
            };
            counts[worker as usize] = counts[worker as usize].map(|count| count + 1);
            self.give(index, shard, worker, cx);
        }
        if !expired {
            self.rebalance(index, cx);
        }
    }

    /// KCL 3 needs a leader; a dead one holds its lock until the lock's lease is over.
    fn somebody_leads(&mut self, index: u16, now: SimTime, cx: &mut Cx<'_, Event>) -> bool {
        let app = &mut self.apps[usize::from(index)];
        if app.config.kcl < 3
            || app
                .workers
                .get(app.leader as usize)
                .is_some_and(Worker::is_up)
        {
            return app.workers.iter().any(Worker::is_up);
        }
        let heir = app
            .workers
            .iter()
            .position(Worker::is_up)
            .filter(|_| now >= app.leader_until);
        if let Some(heir) = heir {
            app.leader = heir as u32;
            cx.probe
                .happened(now, &app.name, "new leader", format!("worker {}", heir + 1));
        }
        heir.is_some()
    }

    /// A worker gets a lease: it reads, or waits for the parents of the shard.
    fn give(&mut self, index: u16, shard: u32, worker: u32, cx: &mut Cx<'_, Event>) {
        let children_first = self.apps[usize::from(index)].config.children_first;
        let ready = children_first || self.parents_read(index, shard);
        let app = &mut self.apps[usize::from(index)];
        let lease = &mut app.leases[shard as usize];
        lease.drop_holder();
        lease.owner = worker;
        let epoch = lease.epoch;
        let name = format!("worker {} of {}", worker + 1, app.name);
        cx.probe
            .happened(cx.queue.now(), &name, "lease taken", shard_id(shard));
        if ready {
            return self.start_reading(index, shard, Nanos::ZERO, cx);
        }
        lease.state = LeaseState::Waiting;
        cx.queue.after(
            app.config.parent_poll,
            Event::Parents {
                app: index,
                shard,
                epoch,
            },
        );
    }

    /// A worker that holds a child's lease looks at the parents.
    pub(super) fn look_at_parents(
        &mut self,
        index: u16,
        shard: u32,
        epoch: u32,
        cx: &mut Cx<'_, Event>,
    ) {
        let lease = &self.apps[usize::from(index)].leases[shard as usize];
        if lease.epoch != epoch || lease.state != LeaseState::Waiting {
            return;
        }
        let children_first = self.apps[usize::from(index)].config.children_first;
        if children_first || self.parents_read(index, shard) {
            return self.start_reading(index, shard, Nanos::ZERO, cx);
        }
        let every = self.apps[usize::from(index)].config.parent_poll;
        cx.queue.after(
            every,
            Event::Parents {
                app: index,
                shard,
                epoch,
            },
        );
    }

    fn rebalance(&mut self, index: u16, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        let counts = counts(app);
        if app.config.kcl < 3 {
            return self.steal(index, &counts, cx);
        }
        if !app.rounds.is_multiple_of(self.rounds.runs) {
            return;
        }
        for lease in app.leases.iter_mut() {
            let load = std::mem::take(&mut lease.load);
            lease.average = if lease.average == 0 {
                load
            } else {
                (lease.average + load) / 2
            };
        }
        let leases: Vec<(u32, u32, u64)> = (0..)
            .zip(&app.leases)
            .filter(|(_, lease)| lease.state == LeaseState::Reading)
            .map(|(shard, lease)| (shard, lease.owner, lease.average))
            .collect();
        for (shard, to) in balance(
            &counts,
            &leases,
            self.rounds.threshold,
            self.rounds.dampening,
        ) {
            self.hand_over(index, shard, to, true, cx);
        }
    }

    /// KCL 1 and 2: each worker with fewer leases than its share steals one from the busiest.
    fn steal(&mut self, index: u16, counts: &[Option<u64>], cx: &mut Cx<'_, Event>) {
        let mut counts = counts.to_vec();
        let live = counts.iter().flatten().count() as u64;
        let target = counts.iter().flatten().sum::<u64>() / live.max(1);
        for thief in 0..counts.len() {
            let Some(own) = counts[thief].filter(|own| *own < target) else {
                continue;
            };
            let busiest = counts
                .iter()
                .enumerate()
                .filter_map(|(n, count)| Some((n, (*count)?)));
            let Some((victim, most)) =
                busiest.max_by_key(|(n, count)| (*count, std::cmp::Reverse(*n)))
            else {
                return;
            };
            let app = &self.apps[usize::from(index)];
            let theirs: Vec<u32> = (0..)
                .zip(&app.leases)
                .filter(|(_, lease)| in_use(lease.state) && lease.owner as usize == victim)
                .map(|(shard, _)| shard)
                .collect();
            let pick = self
                .draws
                .phases
                .child(2 << 20)
                .below(app.rounds, theirs.len().max(1) as u64);
            let Some(shard) = theirs.get(pick as usize).copied() else {
                return;
            };
            (counts[thief], counts[victim]) = (Some(own + 1), Some(most - 1));
            self.hand_over(index, shard, thief as u32, false, cx);
        }
    }

    /// A lease goes to another live worker: gracefully at the end of the slice under way and with its
    /// checkpoint, or at once, so that work since the checkpoint is done again.
    fn hand_over(
        &mut self,
        index: u16,
        shard: u32,
        to: u32,
        graceful: bool,
        cx: &mut Cx<'_, Event>,
    ) {
        let now = cx.queue.now();
        let app = &mut self.apps[usize::from(index)];
        let lease = &mut app.leases[shard as usize];
        let from = &mut app.workers[lease.owner as usize];
        from.reader.forget(shard);
        let part = from
            .reader
            .current()
            .iter()
            .find(|part| part.chunk.lane == shard)
            .copied();
        let begin = if graceful && part.is_some() {
            from.busy_until
        } else {
            now
        };
        if graceful {
            // What is under way is added when it is done.
            lease.checkpoint = lease.done;
        }
        if begin <= now {
            return self.give(index, shard, to, cx);
        }
        lease.drop_holder();
        lease.state = LeaseState::Waiting;
        lease.owner = to;
        let epoch = lease.epoch;
        let detail = format!("{} to worker {}", shard_id(shard), to + 1);
        cx.probe.happened(now, &app.name, "lease moved", detail);
        // The new holder begins when the old one is done; parents are read already.
        cx.queue.at(
            begin + Nanos(1),
            Event::Parents {
                app: index,
                shard,
                epoch,
            },
        );
    }

    /// A worker is gone with all that it had in hand; its leases live on until they expire.
    pub(super) fn crash(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) {
        let now = cx.queue.now();
        let renewal = renewal(&self.apps[usize::from(index)].config);
        let draw = self
            .draws
            .phases
            .child(3 << 20)
            .below(self.crashes, renewal.0);
        let beat = self
            .draws
            .phases
            .child(4 << 20)
            .below(self.crashes, self.rounds.heartbeat.0.max(1));
        self.crashes += 1;
        let app = &mut self.apps[usize::from(index)];
        let Some(state) = app.workers.get_mut(worker as usize) else {
            return;
        };
        state.down += 1;
        if state.down > 1 {
            return;
        }
        state.generation = state.generation.wrapping_add(1);
        state.reader.clear();
        state.gathering_since = None;
        // The lease was renewed up to one renewal period ago.
        let expires = SimTime(now.0.saturating_sub(draw)) + app.config.failover;
        for lease in app
            .leases
            .iter_mut()
            .filter(|lease| in_use(lease.state) && lease.owner == worker)
        {
            lease.drop_holder();
            lease.expires = expires;
        }
        if app.leader == worker {
            app.leader_until = SimTime(now.0.saturating_sub(beat)) + self.rounds.leader_lease;
        }
        let name = format!("worker {} of {}", worker + 1, app.name);
        cx.probe.happened(now, &name, "crash", String::new());
    }

    /// A crashed worker is back, empty, as a new one: it must wait for leases like everybody.
    pub(super) fn revive(&mut self, index: u16, worker: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        let Some(state) = app.workers.get_mut(worker as usize) else {
            return;
        };
        // One that joined while its zone was lost never went down.
        let was_up = state.is_up();
        state.down = state.down.saturating_sub(1);
        if was_up || !state.is_up() {
            return;
        }
        for lease in app
            .leases
            .iter_mut()
            .filter(|lease| in_use(lease.state) && lease.owner == worker)
        {
            lease.owner = NOBODY;
        }
        let name = format!("worker {} of {}", worker + 1, app.name);
        cx.probe
            .happened(cx.queue.now(), &name, "join", String::new());
    }

    /// New workers join an application.
    pub(super) fn join(&mut self, index: u16, workers: u32, cx: &mut Cx<'_, Event>) {
        let app = &mut self.apps[usize::from(index)];
        for _ in 0..workers {
            app.add_worker();
            let name = format!("worker {} of {}", app.workers.len(), app.name);
            cx.probe
                .happened(cx.queue.now(), &name, "join", String::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_moves_from_the_busy_to_the_idle_and_not_in_circles() {
        let leases = [(0, 0, 60), (1, 0, 30), (2, 0, 30), (3, 1, 40)];
        // 120 against 40 and nothing: the mean is 53, 60 % of the excess of 67 is 40.
        assert_eq!(
            balance(&[Some(3), Some(1), Some(0)], &leases, 0.1, 0.6),
            [(1, 2)]
        );
        assert_eq!(
            balance(&[Some(1), Some(1)], &[(0, 0, 50), (1, 1, 50)], 0.1, 0.6),
            []
        );
        assert_eq!(balance(&[Some(1), None], &[(0, 0, 50)], 0.1, 0.6), []);
        // Two shards on one worker and nobody on the other: the lightest moves although it is half of all.
        assert_eq!(
            balance(&[Some(2), Some(0)], &[(0, 0, 100), (1, 0, 100)], 0.1, 0.6),
            [(1, 1)]
        );
        // Nobody is above, one is far below: the busiest gives.
        let leases = [
            (0, 0, 10),
            (1, 0, 10),
            (2, 0, 10),
            (3, 1, 10),
            (4, 1, 10),
            (5, 1, 10),
            (6, 2, 10),
        ];
        assert_eq!(
            balance(&[Some(3), Some(3), Some(1)], &leases, 0.3, 0.6),
            [(2, 2)]
        );
        // Three alike on two workers: whoever has two, it does not help to move one.
        assert_eq!(
            balance(
                &[Some(2), Some(1)],
                &[(0, 0, 34), (1, 0, 35), (2, 1, 31)],
                0.1,
                0.6
            ),
            []
        );
        assert_eq!(idlest(&[None, Some(2), Some(1)]), Some(2));
    }
}
