//! The story of a run: what happened when, in order, from what the platforms did and from the limits that were at work.
//! It is told of the first replication. Faults, calls and steps leave a line at their beginning and at their end; a limit that
//! was at work many times leaves one line with the sum.

use super::causes::strength;
use super::serving::{self, BEHIND_S};
use super::{Report, SystemReport, binding, format};
use crate::probe::{Bound, Happening, Limit, Point, RunResult};

/// A limit that acts for a smaller part of an interval than this is not told.
const STRENGTH_LEAST: f64 = 0.1;
/// A pause of at most so many intervals does not end an episode.
const PAUSE_MOST: usize = 2;
/// A backlog is drained when it is down to this part of its peak.
const DRAINED: f64 = 0.05;

/// What a platform tells when it has done what the operator called for.
const ENDS: [&str; 2] = ["ACTIVE", "reassignment ends"];

/// Whether a happening is a call of the operator: those are written like names of an interface.
fn is_call(what: &str) -> bool {
    let begins = what.starts_with(|letter: char| letter.is_ascii_uppercase());
    begins && !what.contains(' ') && what.contains(|letter: char| letter.is_ascii_lowercase())
}

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
        clock(self.t)
    }
}

/// An instant `[s]` as minutes and seconds.
fn clock(t: f64) -> String {
    let tenths = (t * 10.0 + 0.5) as u64;
    let (minutes, seconds) = (tenths / 600, tenths / 10 % 60);
    match minutes / 60 {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{:02}:{seconds:02}", minutes % 60),
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
            all.extend(teller.entries());
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

    /// What the platform did, but for routine. What ends says how long it lasted, and what came meanwhile.
    fn events(&self) -> Vec<Line> {
        let told = |happening: &&Happening| {
            !super::happenings::ROUTINE.contains(&happening.what)
                && !happening.what.starts_with("fault ")
        };
        let happenings = self.run.happenings.iter().filter(told);
        let line = |happening: &Happening| {
            let matters =
                happening.refused || is_call(happening.what) || ENDS.contains(&happening.what);
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
            format!(" ({})", self.meanwhile(began, happening.t))
        });
        let refused = if happening.refused { " refused" } else { "" };
        format!(
            "{}: {}{refused}{detail}{lasted}",
            happening.entity, happening.what
        )
    }

    /// When that began whose end a happening is: what is called alike, or the operator's call.
    fn began(&self, end: &Happening) -> Option<f64> {
        let mut earlier = self.run.happenings.iter().rev().filter(|other| {
            other.entity == end.entity
                && other.t <= end.t
                && other.what != end.what
                && !other.refused
        });
        if ENDS.contains(&end.what) {
            return earlier.find(|other| is_call(other.what)).map(|call| call.t);
        }
        let begins = end.what.strip_suffix("ends")?.to_owned() + "begins";
        earlier
            .find(|other| other.what == begins)
            .map(|begin| begin.t)
    }

    /// The faults, calls and steps that last: when each began, and when it was over.
    fn entries(&self) -> Vec<Line> {
        let end = self.run.points.last().map_or(0.0, |point| point.t);
        let mut lines = Vec::new();
        for entry in &self.run.parts.entries {
            let mark = &entry.mark;
            let (from, to) = (mark.from.as_secs_f64(), mark.to.as_secs_f64());
            if to <= from {
                // What happens at one instant is told by the platform.
                continue;
            }
            lines.push(self.line(from, 1e9, mark.text.clone()));
            if to < end {
                let over = format!("over: {} ({})", mark.text, self.meanwhile(from, to));
                lines.push(self.line(to, 1e9, over));
            }
        }
        lines
    }

    /// How long a part of the run lasted, and how much was offered and stored in it.
    fn meanwhile(&self, from: f64, to: f64) -> String {
        let inside = |point: &&Point| point.t > from + 1e-9 && point.t <= to + point.length - 1e-9;
        let sum = |of: fn(&Point) -> u64| {
            let points = self.run.points.iter().filter(inside);
            points.map(of).sum::<u64>() as f64
        };
        let lasted = format::seconds(to - from);
        let offered = sum(|point| point.counts.offered);
        if offered <= 0.0 {
            return format!("after {lasted}");
        }
        format!(
            "after {lasted}; {} with {} were offered meanwhile, {} with {} stored",
            format::counted(offered, "record"),
            format::bytes(sum(|point| point.counts.offered_bytes)),
            format::count(sum(|point| point.counts.accepted)),
            format::bytes(sum(|point| point.counts.accepted_bytes)),
        )
    }

    /// When limits began to be at work, and when they were over. What came several times is told once, with its sum.
    fn episodes(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut all = self.find_episodes();
        all.sort_by(|a, b| a.from.total_cmp(&b.from));
        while let Some(first) = all.first() {
            let (limit, consumer) = (first.bound.limit, first.bound.consumer);
            let same = |episode: &mut Episode| {
                episode.bound.limit == limit && episode.bound.consumer == consumer
            };
            let spells: Vec<Episode> = all.extract_if(.., same).collect();
            match spells.as_slice() {
                [one] => lines.extend(self.once(one)),
                several => lines.extend(self.summed(several)),
            }
        }
        lines
    }

    /// A limit that was at work once.
    fn once(&self, episode: &Episode) -> Vec<Line> {
        let words = (self.system.names.limit)(episode.bound.limit);
        let length = episode.to - episode.from;
        let begins = format!("{} {}", self.subject(&episode.bound), words.says);
        let mut lines = vec![self.line(episode.from, length, begins)];
        let end = self.run.points.last().map_or(0.0, |point| point.t);
        if episode.to < end {
            let over = format!("over: {} (for {})", words.name, format::seconds(length));
            lines.push(self.line(episode.to, length, over));
        }
        lines
    }

    /// A limit that was at work several times.
    fn summed(&self, spells: &[Episode]) -> Option<Line> {
        let (first, last) = (spells.first()?, spells.last()?);
        let most = spells.iter().max_by_key(|episode| episode.largest)?;
        let words = (self.system.names.limit)(first.bound.limit);
        let length: f64 = spells.iter().map(|episode| episode.to - episode.from).sum();
        let text = format!(
            "{} {}, {} times between {} and {}, {} in all",
            self.subject(&most.bound),
            words.says,
            spells.len(),
            clock(first.from),
            clock(last.to),
            format::seconds(length)
        );
        Some(self.line(first.from, length, text))
    }

    fn subject(&self, bound: &Bound) -> String {
        let entity = binding::entity(self.report, self.run, bound);
        let consumer = binding::consumer(self.report, bound);
        match (bound.limit, entity.as_str()) {
            (Limit::ConsumerDown, _) => format!("`{consumer}`"),
            (Limit::Retention, _) => "the service".to_owned(),
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
        lines.extend(self.backlog("held by clients", BEHIND_S, held));
        for (consumer, name) in self.report.consumers.iter().enumerate() {
            if self.run.is_read_by(consumer) {
                let lag = |point: &Point| point.lag.get(consumer).map_or(0.0, |lag| *lag as f64);
                let far = serving::far_s(self.run, consumer);
                lines.extend(self.backlog(&format!("behind for `{name}`"), far, lag));
            }
        }
        lines
    }

    fn backlog(&self, what: &str, far_s: f64, of: impl Fn(&Point) -> f64) -> Vec<Line> {
        let points = &self.run.points;
        let end = points.last().map_or(0.0, |point| point.t);
        let rate = self.run.ledger.offered as f64 / end.max(1e-9);
        let peak = points
            .iter()
            .enumerate()
            .rev()
            .max_by(|a, b| of(a.1).total_cmp(&of(b.1)));
        let Some((at, peak)) = peak.filter(|(_, point)| of(point) > far_s * rate) else {
            return Vec::new();
        };
        let most = format!("the peak: {} {what}", format::counted(of(peak), "record"));
        let mut lines = vec![self.line(peak.t, 1e6, most)];
        let drained = points[at..]
            .iter()
            .find(|point| of(point) <= DRAINED * of(peak));
        if let Some(drained) = drained {
            let after = format::seconds(drained.t - peak.t);
            let text = format!(
                "drained, {after} after the peak: {} {what}",
                format::counted(of(drained), "record")
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
