//! What is done to the systems while they run: steps with a beginning and an end.

use super::Consumer;
use crate::settings::Section;
use crate::units::{Nanos, SimTime};

/// Something that is done to every system alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The application of this number stops reading.
    ConsumerDown(u16),
    /// The application of this number reads again.
    ConsumerUp(u16),
}

/// A stretch of the run that charts shade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where it begins.
    pub from: SimTime,
    /// Where it ends.
    pub to: SimTime,
    /// What happens in it.
    pub text: String,
}

/// The steps of a run in time order, and what charts shade.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// The steps.
    pub steps: Vec<(SimTime, Action)>,
    /// The shaded stretches.
    pub marks: Vec<Mark>,
}

impl Timeline {
    /// Reads `[[timeline]]`.
    pub(super) fn read(root: &Section<'_>, consumers: &[Consumer], duration: Nanos) -> Self {
        let mut timeline = Self::default();
        for section in root.list("timeline") {
            let at: Nanos = section.need("at");
            let lasts: Nanos = section.need("lasts");
            if section.has("at") && at > duration {
                section.problem(
                    "at",
                    format!("the step at {at} comes after the end"),
                    format!("the run lasts {duration}"),
                );
            }
            let action = section.section("action");
            let name: String = match action.names().as_slice() {
                [] => {
                    section.problem(
                        "action",
                        "the step has no action",
                        "add `action.consumer-down = \"<consumer>\"`",
                    );
                    continue;
                }
                _ => action.need("consumer-down"),
            };
            let Some(app) = consumers.iter().position(|consumer| consumer.name == name) else {
                let known: Vec<&str> = consumers.iter().map(|consumer| consumer.name.as_str()).collect();
                action.problem(
                    "consumer-down",
                    format!("no consumer is called `{name}`"),
                    format!("known are {}", known.join(", ")),
                );
                continue;
            };
            let (from, to) = (SimTime(at.0), SimTime(at.0) + lasts);
            timeline.steps.push((from, Action::ConsumerDown(app as u16)));
            timeline.steps.push((to, Action::ConsumerUp(app as u16)));
            let to = to.min(SimTime(duration.0));
            timeline.marks.push(Mark { from, to, text: format!("consumer {name} is down") });
        }
        timeline.steps.sort_by_key(|(at, _)| *at);
        timeline
    }
}
