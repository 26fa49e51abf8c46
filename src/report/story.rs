//! The story of a run: what happened when, in order, from what the platforms did and from the limits that were at work.
//! It is told of the first replication.

use super::causes::strength;
use super::{Report, SystemReport, binding, format};
use crate::probe::{Bound, Happening, Limit, Point, RunResult};

/// A limit that acts for a smaller part of an interval than this is not told.
const STRENGTH_LEAST: f64 = 0.1;
/// A pause of at most so many intervals does not end an episode.
const PAUSE_MOST: usize = 2;
/// A consumer is behind, and clients hold records, if it is more than so many seconds of what is offered.
const BEHIND_S: f64 = 10.0;
/// A backlog is drained when it is down to this part of its peak.
const DRAINED: f64 = 0.05;

/// One line of a story.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When `[s]`.
    pub t: f64,
    /// The system.
    pub system: String,
    /// What happened.
    pub text: String,
    /// How much it matters: where there is no room for all lines, those that matter least are left out.
    weight: f64,
}

impl Line {
    /// When, as minutes and seconds.
    #[must_use]
    pub fn time(&self) -> String {
        let tenths = (self.t * 10.0 + 0.5) as u64;
        let (minutes, seconds) = (tenths / 600, tenths / 10 % 60);
        match minutes / 60 {
            0 => format!("{minutes}:{seconds:02}"),
            hours => format!("{hours}:{:02}:{seconds:02}", minutes % 60),
        }
    }
}

/// The story of all systems in the order of time, with at most `most` lines: those that matter most.
#[must_use]
pub fn lines(report: &Report, most: usize) -> Vec<Line> {
    let mut all: Vec<Line> = Vec::new();
    for system in &report.systems {
        if let Some(run) = system.runs.first() {
            let teller = Teller {
                report,
                system,
                run,
            };
            all.extend(teller.events());
            all.extend(teller.episodes());
            all.extend(teller.backlogs());
        }
    }
    all.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    all.truncate(most);
    all.sort_by(|a, b| a.t.total_cmp(&b.t));
    all
}

/// A stretch of time in which a limit was at work.
struct Episode {
    bound: Bound,
    from: f64,
    to: f64,
    /// The number of its last interval.
    last: usize,
    /// The largest part that an entity had in an interval, which names the episode.
    largest: u64,
}

/// Who tells the story of one run.
struct Teller<'a> {
    report: &'a Report,
    system: &'a SystemReport,
    run: &'a RunResult,
}

impl Teller<'_> {
    fn line(&self, t: f64, weight: f64, text: String) -> Line {
        let system = self.system.label.clone();
        Line {
            t,
            system,
            text,
            weight,
        }
    }

    /// What the platform did, but for routine. The end of a fault says how long it lasted.
    fn events(&self) -> Vec<Line> {
        let told = |happening: &&Happening| !super::happenings::ROUTINE.contains(&happening.what);
        let happenings = self.run.happenings.iter().filter(told);
        let line = |happening: &Happening| {
            let matters = happening.refused || happening.what.starts_with("fault");
            let weight = if matters { 1e9 } else { 1.0 };
            self.line(happening.t, weight, self.event(happening))
        };
        happenings.map(line).collect()
    }

    fn event(&self, happening: &Happening) -> String {
        let detail = match happening.detail.as_str() {
            "" => String::new(),
            detail => format!(": {detail}"),
        };
        let lasted = self.began(happening).map_or(String::new(), |began| {
            format!(" (after {})", format::seconds(happening.t - began))
        });
        let refused = if happening.refused { " refused" } else { "" };
        format!(
            "{}: {}{refused}{detail}{lasted}",
            happening.entity, happening.what
        )
    }

    /// When the fault began whose end a happening is.
    fn began(&self, end: &Happening) -> Option<f64> {
        let begins = end.what.strip_suffix("ends")?.to_owned() + "begins";
        let same = |other: &&Happening| {
            other.what == begins && other.entity == end.entity && other.t <= end.t
        };
        let alike = |other: &&Happening| other.detail == end.detail;
        let earlier = || self.run.happenings.iter().rev().filter(same);
        let found = earlier().find(alike).or_else(|| earlier().next());
        found.map(|happening| happening.t)
    }

    /// When limits began to be at work, and when they were over.
    fn episodes(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for episode in self.find_episodes() {
            let words = (self.system.names.limit)(episode.bound.limit);
            let (length, weight) = (episode.to - episode.from, episode.to - episode.from);
            let subject = self.subject(&episode.bound);
            let begins = format!("{subject} {}", words.says);
            lines.push(self.line(episode.from, weight, begins));
            let end = self.run.points.last().map_or(0.0, |point| point.t);
            if episode.to < end {
                let over = format!("over: {} (for {})", words.name, format::seconds(length));
                lines.push(self.line(episode.to, weight, over));
            }
        }
        lines
    }

    fn subject(&self, bound: &Bound) -> String {
        let entity = binding::entity(self.report, self.run, bound);
        let consumer = binding::consumer(self.report, bound);
        match (bound.limit, entity.as_str()) {
            (Limit::ConsumerDown, _) => format!("`{consumer}`"),
            (_, "") if consumer.is_empty() => "the service".to_owned(),
            (_, "") => format!("`{consumer}`"),
            _ if consumer.is_empty() || entity.ends_with(consumer) => entity,
            _ => format!("{entity}, read by `{consumer}`,"),
        }
    }

    fn find_episodes(&self) -> Vec<Episode> {
        let mut open: Vec<Episode> = Vec::new();
        let mut done: Vec<Episode> = Vec::new();
        for (n, point) in self.run.points.iter().enumerate() {
            let acts = |bound: &&Bound| strength(bound, point) >= STRENGTH_LEAST;
            for bound in point.bound.iter().filter(acts) {
                note(&mut open, *bound, n, point);
            }
            let over = |episode: &mut Episode| episode.last + PAUSE_MOST < n;
            done.extend(open.extract_if(.., over));
        }
        done.extend(open);
        done
    }

    /// When backlogs were largest, and when they were drained.
    fn backlogs(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let held = |point: &Point| point.client_held as f64;
        lines.extend(self.backlog("records held by clients", held));
        for (consumer, name) in self.report.consumers.iter().enumerate() {
            if self.run.is_read_by(consumer) {
                let lag = |point: &Point| point.lag.get(consumer).map_or(0.0, |lag| *lag as f64);
                lines.extend(self.backlog(&format!("records behind for `{name}`"), lag));
            }
        }
        lines
    }

    fn backlog(&self, what: &str, of: impl Fn(&Point) -> f64) -> Vec<Line> {
        let points = &self.run.points;
        let end = points.last().map_or(0.0, |point| point.t);
        let rate = self.run.ledger.offered as f64 / end.max(1e-9);
        let peak = points
            .iter()
            .enumerate()
            .rev()
            .max_by(|a, b| of(a.1).total_cmp(&of(b.1)));
        let Some((at, peak)) = peak.filter(|(_, point)| of(point) > BEHIND_S * rate) else {
            return Vec::new();
        };
        let most = format!("the peak: {} {what}", format::count(of(peak)));
        let mut lines = vec![self.line(peak.t, 1e6, most)];
        let drained = points[at..]
            .iter()
            .find(|point| of(point) <= DRAINED * of(peak));
        if let Some(drained) = drained {
            let after = format::seconds(drained.t - peak.t);
            let text = format!(
                "drained, {after} after the peak: {} {what}",
                format::count(of(drained))
            );
            lines.push(self.line(drained.t, 1e6, text));
        }
        lines
    }
}

/// Goes on with the episode of a limit, or begins one.
fn note(open: &mut Vec<Episode>, bound: Bound, n: usize, point: &Point) {
    let same = |episode: &&mut Episode| {
        episode.bound.limit == bound.limit && episode.bound.consumer == bound.consumer
    };
    if let Some(episode) = open.iter_mut().find(same) {
        (episode.to, episode.last) = (point.t, n);
        if bound.largest > episode.largest {
            (episode.largest, episode.bound) = (bound.largest, bound);
        }
        return;
    }
    open.push(Episode {
        bound,
        from: point.t - point.length,
        to: point.t,
        last: n,
        largest: bound.largest,
    });
}
