//! Checks of settings against each other and against the workload.

use super::{ConsumerConfig, Reader, Reading};
use crate::facts;
use crate::platform::kinesis::stream::{Fault, faults};
use crate::settings::Section;
use crate::workload::{Action, Workload};

/// `[[fault]]`; functions fail only where there are any.
pub(super) fn read_faults(
    section: &Section<'_>,
    workload: &Workload,
    consumers: &[ConsumerConfig],
) -> Vec<Fault> {
    let faults = faults::read(section, workload.duration);
    let functions = consumers.iter().any(ConsumerConfig::is_lambda);
    if faults.iter().any(Fault::concerns_functions) && !functions {
        let message = "functions fail, but no consumer is a Lambda mapping";
        section.problem("fault", message, "add `consumer.<name>.mode = \"lambda\"`");
    }
    faults
}

/// The registered consumers of a stream are limited.
pub(super) fn check_fan_out(section: &Section<'_>, consumers: &[ConsumerConfig], advantage: bool) {
    let id = if advantage {
        "kinesis.efo.consumers.advantage"
    } else {
        "kinesis.efo.consumers"
    };
    let most: u64 = facts::on(section).value(id);
    let registered = consumers
        .iter()
        .filter(|consumer| consumer.reading == Reading::FanOut && !consumer.shares_consumer)
        .count();
    if registered as u64 > most {
        section.problem(
            "consumer",
            format!("LimitExceededException: {registered} consumers with enhanced fan-out"),
            format!("a stream has at most {most}"),
        );
    }
}

/// Steps of the timeline that name a zone must name one of three.
pub(super) fn check_actions(
    section: &Section<'_>,
    workload: &Workload,
    consumers: &[ConsumerConfig],
) {
    let lambda = |app: &u16| {
        consumers
            .get(usize::from(*app))
            .is_some_and(ConsumerConfig::is_managed)
    };
    for (_, action) in &workload.timeline.steps {
        if let Action::WorkerDown(app, _) | Action::WorkerStop(app, _) | Action::WorkersJoin(app, _) =
            action
            && lambda(app)
        {
            let help = "name a consumer that reads by polling or enhanced fan-out";
            section.problem(
                "consumer",
                "a mapping of Lambda and Firehose have no workers of their own",
                help,
            );
        }
    }
    let owns = |app: &u16| {
        consumers
            .get(usize::from(*app))
            .is_some_and(|c| matches!(c.reader, Reader::Sdk | Reader::Flink))
    };
    let steps = workload.timeline.steps.iter().map(|(_, action)| action);
    let moves = |action: &Action| matches!(action, Action::WorkerStop(app, _) | Action::WorkersJoin(app, _) if owns(app));
    if steps.clone().any(moves) {
        let message = "a loop with the SDK has no leases that a new worker could take";
        section.problem(
            "consumer",
            message,
            "use `library = \"KCL\"`, or `worker-crash`",
        );
    }
    let fails = |app: u16| {
        consumers
            .get(usize::from(app))
            .is_some_and(ConsumerConfig::is_lambda)
    };
    workload.refuse_failing_records(section, fails);
    let far = |action: &Action| matches!(action, Action::ZoneDown(zone) if *zone >= 3);
    if workload
        .timeline
        .steps
        .iter()
        .any(|(_, action)| far(action))
    {
        section.problem("", "a stream lives in three zones", "name az1, az2 or az3");
    }
}
