//! Which system takes its records from which: `from = "<system>.<consumer>"`. What the consumer is done with
//! is offered to the system behind it, under its key, with its size and its original instant.

use crate::settings::{Section, meant};
use crate::units::SimTime;
use crate::workload::{Action, Workload};

/// Where a system takes its records from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The number of the system.
    pub system: usize,
    /// The number of the consumer in the scenario.
    pub consumer: usize,
}

/// The links between the systems of a scenario.
pub(super) struct Plan {
    labels: Vec<String>,
    feeds: Vec<Option<Feed>>,
}

impl Plan {
    /// Reads `from` of every system and `system` of every consumer.
    pub(super) fn read(root: &Section<'_>, workload: &Workload) -> Self {
        let section = root.section("system");
        let labels = section.names_in_order();
        let mut plan = Self {
            feeds: vec![None; labels.len()],
            labels,
        };
        for (part, consumer) in root.list("consumer").iter().zip(&workload.consumers) {
            let unknown = consumer
                .system
                .as_ref()
                .filter(|name| !plan.labels.contains(name));
            if let Some(name) = unknown {
                part.problem(
                    "system",
                    format!("no system is called `{name}`"),
                    hint(name, &plan.labels),
                );
            }
        }
        for index in 0..plan.labels.len() {
            let part = section.entry(&plan.labels[index]);
            let Some(from) = part.get::<String>("from") else {
                continue;
            };
            match plan.feed(&from, workload) {
                Ok(feed) => plan.feeds[index] = Some(feed),
                Err((message, help)) => part.problem("from", message, help),
            }
        }
        plan.check(&section, workload);
        plan
    }

    fn feed(&self, from: &str, workload: &Workload) -> Result<Feed, (String, String)> {
        let Some((label, name)) = from.split_once('.') else {
            let help = "write `from = \"<system>.<consumer>\"`".to_owned();
            return Err((format!("`{from}` names no consumer of a system"), help));
        };
        let Some(system) = self.labels.iter().position(|known| known == label) else {
            return Err((
                format!("no system is called `{label}`"),
                hint(label, &self.labels),
            ));
        };
        let names: Vec<String> = workload
            .consumers
            .iter()
            .filter(|c| c.reads(label))
            .map(|c| c.name.clone())
            .collect();
        let found = workload
            .consumers
            .iter()
            .position(|consumer| consumer.name == name);
        match found.filter(|found| workload.consumers[*found].reads(label)) {
            Some(consumer) => Ok(Feed { system, consumer }),
            None => Err((
                format!("no consumer of `{label}` is called `{name}`"),
                hint(name, &names),
            )),
        }
    }

    /// A system must not feed itself, by whatever way, nor feed two from two of its consumers; and somebody
    /// must read it.
    fn check(&mut self, section: &Section<'_>, workload: &Workload) {
        for index in 0..self.labels.len() {
            let part = section.entry(&self.labels[index]);
            let mut at = index;
            for _ in 0..self.labels.len() {
                at = self.feeds[at].map_or(at, |feed| feed.system);
            }
            if self.feeds[at].is_some() {
                let message = format!(
                    "`{}` takes its records from itself in the end",
                    self.labels[index]
                );
                part.problem(
                    "from",
                    message,
                    "let one system of the chain take those of the workload",
                );
                self.feeds[index] = None;
            }
            let mut fed = self
                .feeds
                .iter()
                .flatten()
                .filter(|feed| feed.system == index);
            let first = fed.next().copied();
            if fed.any(|other| Some(*other) != first) {
                let message = format!(
                    "two consumers of `{}` feed other systems",
                    self.labels[index]
                );
                part.problem("", message, "let one of them do it");
            }
            if !workload.consumers.is_empty() && self.consumers(index, workload).is_empty() {
                let message = format!("nobody reads `{}`", self.labels[index]);
                part.problem(
                    "",
                    message,
                    "let a `[[consumer]]` name it as its `system`, or name none",
                );
            }
        }
    }

    /// The numbers of the consumers that read a system.
    pub(super) fn consumers(&self, index: usize, workload: &Workload) -> Vec<usize> {
        let all = workload.consumers.iter().enumerate();
        all.filter(|(_, consumer)| consumer.reads(&self.labels[index]))
            .map(|(n, _)| n)
            .collect()
    }

    /// Where a system takes its records from, if not from the workload.
    pub(super) fn feed_of(&self, index: usize) -> Option<Feed> {
        self.feeds[index]
    }

    /// The workload as one system sees it: with the consumers that read it.
    pub(super) fn workload_of(&self, index: usize, workload: &Workload) -> Workload {
        let own = self.consumers(index, workload);
        let feeds = self
            .feeds
            .iter()
            .flatten()
            .find(|feed| feed.system == index);
        let place = |consumer: usize| own.iter().position(|number| *number == consumer);
        let mut seen = workload.clone();
        seen.consumers = own
            .iter()
            .map(|number| workload.consumers[*number].clone())
            .collect();
        seen.relayed_by = feeds.and_then(|feed| place(feed.consumer));
        seen.senders = self.feeds[index].map(|feed| workload.consumers[feed.consumer].workers);
        let steps = workload.timeline.steps.iter();
        seen.timeline.steps = steps
            .filter_map(|(at, action)| step(*at, *action, place))
            .collect();
        seen
    }
}

/// A step as a system sees it whose consumers have other numbers.
fn step(
    at: SimTime,
    action: Action,
    place: impl Fn(usize) -> Option<usize>,
) -> Option<(SimTime, Action)> {
    let place = |app: u16| place(usize::from(app)).map(|number| number as u16);
    let action = match action {
        Action::ConsumerDown(app) => Action::ConsumerDown(place(app)?),
        Action::ConsumerUp(app) => Action::ConsumerUp(place(app)?),
        Action::WorkerDown(app, worker) => Action::WorkerDown(place(app)?, worker),
        Action::WorkerUp(app, worker) => Action::WorkerUp(place(app)?, worker),
        Action::WorkersJoin(app, workers) => Action::WorkersJoin(place(app)?, workers),
        other => other,
    };
    Some((at, action))
}

fn hint(typed: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    meant(typed, &known)
}
