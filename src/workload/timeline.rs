//! What is done to the systems while they run: steps with a beginning and an end.

use super::Consumer;
use crate::settings::Section;
use crate::units::{Nanos, SimTime, counted};
use std::ops::Range;

/// Something that is done to every system alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The application of this number stops reading.
    ConsumerDown(u16),
    /// The application of this number reads again.
    ConsumerUp(u16),
    /// One worker of an application crashes: what it had in hand is gone.
    WorkerDown(u16, u32),
    /// One worker of an application stops in order: it finishes what it is working on.
    WorkerStop(u16, u32),
    /// A worker that crashed or stopped comes back, empty.
    WorkerUp(u16, u32),
    /// So many new workers join an application.
    WorkersJoin(u16, u32),
    /// The availability zone of this number, from 0, is lost with all that runs there.
    ZoneDown(u8),
    /// The zone is back.
    ZoneUp(u8),
    /// The operator asks for so many lanes.
    ScaleTo(u32),
    /// The application of this number cannot process the next so many records that are produced.
    RecordsFail(u16, u32),
}

impl Action {
    /// The word for the step in a scenario.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ConsumerDown(_) | Self::ConsumerUp(_) => "consumer-down",
            Self::WorkerDown(..) | Self::WorkerUp(..) => "worker-crash",
            Self::WorkerStop(..) => "rolling-deploy",
            Self::WorkersJoin(..) => "worker-join",
            Self::ZoneDown(_) | Self::ZoneUp(_) => "az-down",
            Self::ScaleTo(_) => "scale-to",
            Self::RecordsFail(..) => "failing-records",
        }
    }
}

/// The words for steps.
const WORDS: [&str; 6] = [
    "consumer-down",
    "worker-crash",
    "worker-join",
    "rolling-deploy",
    "az-down",
    "scale-to",
];

/// How long a worker takes to start anew in a deploy, where the scenario does not say.
const RESTART: Nanos = Nanos::from_secs(20);

/// A stretch or an instant of the run that charts mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where it begins.
    pub from: SimTime,
    /// Where it ends; the same for an instant.
    pub to: SimTime,
    /// What happens in it.
    pub text: String,
    /// What claims and tables call it: the entry's `name`, or what it does or strikes.
    pub name: String,
}

/// The `name` of an entry of a timeline, of faults or of calls; `natural` where the file gives none.
pub fn entry_name(entry: &Section<'_>, natural: &str) -> String {
    entry.get("name").unwrap_or_else(|| natural.to_owned())
}

/// The instant `at` of an entry of faults or of calls, which must lie within the run.
pub fn entry_instant(entry: &Section<'_>, duration: Nanos) -> SimTime {
    let at: Nanos = entry.need("at");
    if at > duration {
        entry.problem(
            "at",
            format!("{at} comes after the end"),
            format!("the run lasts {duration}"),
        );
    }
    SimTime(at.0)
}

/// The steps of a run in time order, and what charts mark.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// The steps.
    pub steps: Vec<(SimTime, Action)>,
    /// The marked stretches.
    pub marks: Vec<Mark>,
    /// The most lanes that a step scales to, and where the file says so.
    pub largest_scale: Option<(u32, Option<Range<usize>>)>,
}

/// What one entry does: at its beginning, at its end, and its words.
struct Entry {
    begin: Action,
    end: Option<Action>,
    text: String,
    /// What claims call it, where the file gives it no name.
    name: String,
}

impl Timeline {
    /// Reads `[[timeline]]`.
    pub(super) fn read(root: &Section<'_>, consumers: &[Consumer], duration: Nanos) -> Self {
        let mut timeline = Self::default();
        for section in root.list("timeline") {
            let at: Nanos = section.need("at");
            if section.has("at") && at > duration {
                section.problem(
                    "at",
                    format!("the step at {at} comes after the end"),
                    format!("the run lasts {duration}"),
                );
            }
            let action = section.section("action");
            action.announce_one(&WORDS);
            if action.has("rolling-deploy") {
                timeline.deploy(&section, &action, consumers, SimTime(at.0));
                continue;
            }
            let Some(entry) = read_entry(&section, &action, consumers) else {
                continue;
            };
            if let Action::ScaleTo(lanes) = entry.begin {
                timeline.note_scale(lanes, action.span_of("scale-to"));
            }
            timeline.add(&section, entry, SimTime(at.0), duration);
        }
        timeline.add_failing_records(consumers);
        timeline.steps.sort_by_key(|(at, _)| *at);
        timeline
    }

    fn note_scale(&mut self, lanes: u32, place: Option<Range<usize>>) {
        if self
            .largest_scale
            .as_ref()
            .is_none_or(|(most, _)| lanes > *most)
        {
            self.largest_scale = Some((lanes, place));
        }
    }

    /// A rolling deploy: each worker in turn stops in order and comes back after `restart`; the next one stops when it is
    /// back.
    fn deploy(
        &mut self,
        section: &Section<'_>,
        action: &Section<'_>,
        consumers: &[Consumer],
        from: SimTime,
    ) {
        if action.names().len() > 1 {
            let help = "write one step for each";
            section.problem("action", "the step has several actions", help);
        }
        let part = action.section("rolling-deploy");
        let restart = part.or_in("restart", RESTART, Nanos(1)..=Nanos::from_secs(3600));
        let Some(app) = named_consumer(&part, "consumer", consumers) else {
            return;
        };
        let consumer = &consumers[usize::from(app)];
        let mut at = from;
        for worker in 0..consumer.workers {
            self.steps.push((at, Action::WorkerStop(app, worker)));
            at += restart;
            self.steps.push((at, Action::WorkerUp(app, worker)));
        }
        self.marks.push(Mark {
            from,
            to: at,
            text: format!("{} is deployed anew", consumer.name),
            name: entry_name(section, "rolling-deploy"),
        });
    }

    /// The records that consumers cannot process.
    fn add_failing_records(&mut self, consumers: &[Consumer]) {
        for (app, consumer) in (0..).zip(consumers) {
            for failing in &consumer.failing {
                let at = SimTime(failing.at.0);
                self.steps
                    .push((at, Action::RecordsFail(app, failing.count)));
                self.marks.push(Mark {
                    from: at,
                    to: at,
                    text: format!(
                        "{} that {} cannot process",
                        counted(u64::from(failing.count), "record"),
                        consumer.name
                    ),
                    name: "failing-records".to_owned(),
                });
            }
        }
    }

    fn add(&mut self, section: &Section<'_>, entry: Entry, from: SimTime, duration: Nanos) {
        self.steps.push((from, entry.begin));
        let forever = matches!(entry.begin, Action::WorkerDown(..)) && !section.has("lasts");
        let to = match entry.end {
            Some(_) if forever => SimTime(duration.0),
            Some(end) => {
                let to = from + section.need("lasts");
                self.steps.push((to, end));
                to.min(SimTime(duration.0))
            }
            None => from,
        };
        self.marks.push(Mark {
            from,
            to,
            name: entry_name(section, &entry.name),
            text: entry.text,
        });
    }
}

/// Reads what a step does; an action that is not there or not known is a problem.
fn read_entry(
    section: &Section<'_>,
    action: &Section<'_>,
    consumers: &[Consumer],
) -> Option<Entry> {
    let named: Vec<&str> = WORDS.into_iter().filter(|word| action.has(word)).collect();
    match named[..] {
        ["consumer-down"] => consumer_down(action, consumers),
        ["worker-crash"] => worker_crash(&action.section("worker-crash"), consumers),
        ["worker-join"] => worker_join(&action.section("worker-join"), consumers),
        ["az-down"] => zone_down(action),
        ["scale-to"] => {
            let lanes = action.need_in("scale-to", 1_u64..=1_000_000) as u32;
            Some(Entry {
                begin: Action::ScaleTo(lanes),
                end: None,
                text: format!("scale to {lanes}"),
                name: "scale-to".to_owned(),
            })
        }
        [] => {
            no_known_action(section, action);
            None
        }
        _ => {
            section.problem(
                "action",
                "the step has several actions",
                "write one step for each",
            );
            named.iter().for_each(|name| action.ignore(name));
            section.ignore("lasts");
            section.ignore("name");
            None
        }
    }
}

fn consumer_down(action: &Section<'_>, consumers: &[Consumer]) -> Option<Entry> {
    let app = named_consumer(action, "consumer-down", consumers)?;
    Some(Entry {
        begin: Action::ConsumerDown(app),
        end: Some(Action::ConsumerUp(app)),
        text: format!("consumer {} is down", consumers[usize::from(app)].name),
        name: consumers[usize::from(app)].name.clone(),
    })
}

fn worker_crash(part: &Section<'_>, consumers: &[Consumer]) -> Option<Entry> {
    let app = named_consumer(part, "consumer", consumers)?;
    let consumer = &consumers[usize::from(app)];
    let worker = part.or_in("worker", 1_u64, 1..=u64::from(consumer.workers)) as u32;
    Some(Entry {
        begin: Action::WorkerDown(app, worker - 1),
        end: Some(Action::WorkerUp(app, worker - 1)),
        text: format!("worker {worker} of {} crashes", consumer.name),
        name: "worker-crash".to_owned(),
    })
}

fn worker_join(part: &Section<'_>, consumers: &[Consumer]) -> Option<Entry> {
    let app = named_consumer(part, "consumer", consumers)?;
    let workers = part.or_in("workers", 1_u64, 1..=1000) as u32;
    Some(Entry {
        begin: Action::WorkersJoin(app, workers),
        end: None,
        text: match workers {
            1 => format!("1 more worker of {}", consumers[usize::from(app)].name),
            _ => format!(
                "{workers} more workers of {}",
                consumers[usize::from(app)].name
            ),
        },
        name: "worker-join".to_owned(),
    })
}

fn zone_down(action: &Section<'_>) -> Option<Entry> {
    let name: String = action.need("az-down");
    let zone = name
        .strip_prefix("az")
        .and_then(|n| n.parse::<u8>().ok())
        .filter(|n| (1..=9).contains(n));
    let Some(zone) = zone else {
        action.problem(
            "az-down",
            format!("`{name}` is no zone"),
            "zones are called az1, az2, az3",
        );
        return None;
    };
    Some(Entry {
        begin: Action::ZoneDown(zone - 1),
        end: Some(Action::ZoneUp(zone - 1)),
        text: format!("{name} is lost"),
        name,
    })
}

/// Says what to write where a step has no action, or one that is not known.
fn no_known_action(section: &Section<'_>, action: &Section<'_>) {
    if action.names().is_empty() {
        let help = "add `action.consumer-down = \"<consumer>\"`, `action.az-down = \"az1\"` or another one";
        section.problem("action", "the step has no action", help);
        section.ignore("lasts");
        section.ignore("name");
        return;
    }
    let typed = action.names().remove(0);
    let help = crate::settings::meant(&typed, &WORDS);
    action.problem(&typed, format!("no action is called `{typed}`"), help);
    action.names().iter().for_each(|name| action.ignore(name));
    section.ignore("lasts");
    section.ignore("name");
}

/// The number of the consumer that `key` names.
pub fn named_consumer(section: &Section<'_>, key: &str, consumers: &[Consumer]) -> Option<u16> {
    let name: String = section.need(key);
    let found = consumers.iter().position(|consumer| consumer.name == name);
    if found.is_none() && section.has(key) {
        let known: Vec<&str> = consumers
            .iter()
            .map(|consumer| consumer.name.as_str())
            .collect();
        let help = crate::settings::meant(&name, &known);
        section.problem(key, format!("no consumer is called `{name}`"), help);
    }
    found.map(|app| app as u16)
}
