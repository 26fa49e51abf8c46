//! What did not go well although nothing was refused for good or lost, in a few words: figures and causes follow in sentences of
//! their own.

use super::super::causes::{self, Symptom};
use super::Told;

/// Figures of a consumer that are trouble, and what one consumer and several did.
const OF_READERS: [(&str, [&str; 2]); 5] = [
    ("skipped", ["skipped records", "skipped records"]),
    (
        "expired",
        ["came too late for records", "came too late for records"],
    ),
    ("discarded", ["gave records up", "gave records up"]),
    (
        "redelivered",
        [
            "was given records once more",
            "were given records once more",
        ],
    ),
    (
        "out_of_order",
        [
            "was given records after later ones of their key",
            "were given records after later ones of their key",
        ],
    ),
];

/// Each kind of trouble once, in the order in which a record meets it.
pub(super) fn list(told: &Told<'_>) -> Vec<String> {
    let shows = |symptom: Symptom| told.findings.iter().any(|of| of.symptom == symptom);
    let figure = |name: &str| told.mean(name, None) > 0.0;
    let of_system = [
        (
            shows(Symptom::ThrottledWrites),
            "attempts to write were refused",
        ),
        (told.falls_behind(), "it fell behind"),
        (shows(Symptom::LateAcknowledgement), "it acknowledged late"),
        (figure("stored_again"), "records were stored twice"),
        (
            figure("reordered"),
            "records were stored after later ones of their key",
        ),
        (figure("read_throttled"), "reading calls were refused"),
    ];
    let mut trouble: Vec<String> = of_system
        .iter()
        .filter(|(is, _)| *is)
        .map(|(_, words)| (*words).to_owned())
        .collect();
    for (figure, words) in OF_READERS {
        let has = |consumer: &usize| told.mean(figure, Some(*consumer)) > 0.0;
        trouble.extend(of_readers(told, has, words));
    }
    let late = |consumer: &usize| {
        let mut late = told.findings.iter();
        late.any(|of| of.symptom == Symptom::LateDelivery && of.consumer == Some(*consumer))
    };
    trouble.extend(of_readers(told, late, ["was late", "were late"]));
    trouble
}

/// What the consumers did that `has` picks.
fn of_readers(
    told: &Told<'_>,
    has: impl Fn(&usize) -> bool,
    [one, several]: [&str; 2],
) -> Option<String> {
    let consumers = 0..told.report.consumers.len();
    let names: Vec<String> = consumers
        .filter(has)
        .map(|consumer| format!("`{}`", told.report.consumers[consumer]))
        .collect();
    let verb = if names.len() == 1 { one } else { several };
    (!names.is_empty()).then(|| format!("{} {verb}", causes::joined(&names)))
}
