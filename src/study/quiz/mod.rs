//! Single-best-answer questions whose keys are what a run found or a fact in force.
//!
//! Questions are data: one file per topic, texts as templates of `numbers`. An option is right if its
//! expression says so, with today's facts and figures; a test asks every question under many seeds and
//! fails if not exactly one option is right, or if what the question rests on no longer holds.

mod play;

pub use play::{Score, answers, play};

use super::figures::Figures;
use super::numbers::{environment, evaluate, render};
use crate::engine::Stream;
use crate::settings::meant;
use minijinja::{Environment, Value};
use serde::Deserialize;
use std::collections::BTreeMap;

const FILES: [(&str, &str); 10] = [
    ("size.toml", include_str!("size.toml")),
    ("units.toml", include_str!("units.toml")),
    ("scaling.toml", include_str!("scaling.toml")),
    ("encryption.toml", include_str!("encryption.toml")),
    ("serverless.toml", include_str!("serverless.toml")),
    ("manage.toml", include_str!("manage.toml")),
    ("failures.toml", include_str!("failures.toml")),
    ("retention.toml", include_str!("retention.toml")),
    ("producers.toml", include_str!("producers.toml")),
    ("consumers.toml", include_str!("consumers.toml")),
];

/// How many options a question has.
pub const OPTIONS: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    topic: String,
    question: Vec<Question>,
}

/// A question as it is written down.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its name, the label of its random stream.
    pub id: String,
    /// What is asked; a template.
    pub ask: String,
    /// Parameters, each with the values among which the seed chooses.
    #[serde(default)]
    pub vary: BTreeMap<String, Vec<f64>>,
    /// Expressions that must be true for the question to make sense: claims about figures and facts.
    pub rests_on: Vec<String>,
    /// Scenarios that show it.
    #[serde(default)]
    pub run: Vec<String>,
    /// The options, in any order.
    pub option: Vec<Choice>,
}

/// An option as it is written down.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The answer; a template.
    pub text: String,
    /// Whether it is the best one; an expression.
    #[serde(default = "never")]
    pub right: String,
    /// Why it is right or wrong; a template.
    pub why: String,
}

fn never() -> String {
    "false".to_owned()
}

/// A question with its numbers, ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posed {
    /// The topic.
    pub topic: String,
    /// The name of the question.
    pub id: String,
    /// What is asked.
    pub ask: String,
    /// The options in the order of the seed.
    pub options: Vec<Answer>,
    /// The index of the best option.
    pub key: usize,
    /// Scenarios that show it.
    pub run: Vec<String>,
}

/// An option of a posed question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The answer.
    pub text: String,
    /// Why it is right or wrong.
    pub why: String,
}

/// Which questions are asked.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The only topic, if one is named.
    pub topic: Option<String>,
    /// How many; all if not given.
    pub count: Option<usize>,
    /// What numbers and orders depend on.
    pub seed: u64,
}

/// The topics with the number of their questions, in the order of the files.
///
/// # Errors
/// What is wrong in a compiled-in file; a test reads them.
pub fn topics() -> Result<Vec<(String, usize)>, String> {
    Ok(files()?
        .into_iter()
        .map(|file| (file.topic, file.question.len()))
        .collect())
}

fn files() -> Result<Vec<File>, String> {
    let read = |(name, text): &(&str, &str)| {
        toml::from_str(text).map_err(|error| format!("{name}: {error}"))
    };
    FILES.iter().map(read).collect()
}

/// The questions of a selection, posed, in the order of its seed.
///
/// # Errors
/// If no topic is called so, with the nearest; or what no longer holds in a question.
pub fn select(selection: &Selection, figures: &'static Figures) -> Result<Vec<Posed>, String> {
    let files = files()?;
    if let Some(topic) = &selection.topic {
        let known: Vec<&str> = files.iter().map(|file| file.topic.as_str()).collect();
        if !known.contains(&topic.as_str()) {
            let hint = meant(topic, &known);
            return Err(format!("no topic is called `{topic}`; {hint}"));
        }
    }
    let asked = |file: &&File| {
        selection
            .topic
            .as_ref()
            .is_none_or(|topic| *topic == file.topic)
    };
    let mut chosen: Vec<(&str, &Question)> = files
        .iter()
        .filter(asked)
        .flat_map(|file| {
            file.question
                .iter()
                .map(|question| (file.topic.as_str(), question))
        })
        .collect();
    shuffle(&mut chosen, Stream::new(selection.seed, 0, "quiz/order"));
    chosen.truncate(selection.count.unwrap_or(usize::MAX));
    let environment = environment(figures);
    chosen
        .into_iter()
        .map(|(topic, question)| pose(&environment, topic, question, selection.seed))
        .collect()
}

/// A question with the numbers and the order of `seed`.
fn pose(
    environment: &Environment<'_>,
    topic: &str,
    question: &Question,
    seed: u64,
) -> Result<Posed, String> {
    let fail = |message: String| format!("question `{}`: {message}", question.id);
    let stream = Stream::new(seed, 0, &format!("quiz/{}", question.id));
    let mut values = BTreeMap::new();
    for (n, (name, choices)) in question.vary.iter().enumerate() {
        let chosen = choices.get(stream.below(n as u64, choices.len() as u64) as usize);
        values.insert(
            name.as_str(),
            *chosen.ok_or_else(|| fail(format!("`{name}` has no values")))?,
        );
    }
    let values = Value::from_pairs(values);
    for claim in &question.rests_on {
        if !evaluate(environment, claim, &values)
            .map_err(fail)?
            .is_true()
        {
            return Err(fail(format!("no longer holds: {claim}")));
        }
    }
    let (mut options, mut key) = (Vec::new(), Vec::new());
    for (index, choice) in question.option.iter().enumerate() {
        if evaluate(environment, &choice.right, &values)
            .map_err(fail)?
            .is_true()
        {
            key.push(index);
        }
        let text = render(environment, &choice.text, &values).map_err(fail)?;
        options.push((
            index,
            Answer {
                text,
                why: render(environment, &choice.why, &values).map_err(fail)?,
            },
        ));
    }
    let [key] = key[..] else {
        return Err(fail(format!("{} options are right", key.len())));
    };
    shuffle(&mut options, stream.child(1));
    Ok(Posed {
        topic: topic.to_owned(),
        id: question.id.clone(),
        ask: render(environment, &question.ask, &values).map_err(fail)?,
        key: options
            .iter()
            .position(|(index, _)| *index == key)
            .unwrap_or_default(),
        options: options.into_iter().map(|(_, answer)| answer).collect(),
        run: question.run.clone(),
    })
}

/// Fisher and Yates, with draw n of the stream for place n.
fn shuffle<T>(items: &mut [T], stream: Stream) {
    for place in (1..items.len()).rev() {
        items.swap(place, stream.below(place as u64, place as u64 + 1) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn all(seed: u64) -> Vec<Posed> {
        let selection = Selection {
            seed,
            ..Selection::default()
        };
        select(&selection, Figures::shipped()).unwrap_or_else(|message| panic!("{message}"))
    }

    /// Every key follows from facts and figures as they are, whatever numbers the seed puts in.
    #[test]
    fn every_question_has_one_best_answer_and_four_different_options_under_any_seed() {
        for seed in 0..60 {
            for question in all(seed) {
                let texts: BTreeSet<&str> =
                    question.options.iter().map(|o| o.text.as_str()).collect();
                assert_eq!(
                    texts.len(),
                    OPTIONS,
                    "{}, seed {seed}: {texts:?}",
                    question.id
                );
                assert!(question.ask.ends_with('?'), "{}", question.id);
                assert!(
                    question.options.iter().all(|o| o.why.len() > 20),
                    "{}",
                    question.id
                );
            }
        }
    }

    #[test]
    fn there_are_enough_questions_on_every_topic_each_with_its_own_name() {
        let (topics, questions) = (topics().expect("topics"), all(1));
        assert!(questions.len() >= 36, "{}", questions.len());
        assert!(topics.iter().all(|(_, count)| *count >= 3), "{topics:?}");
        let ids: BTreeSet<&str> = questions.iter().map(|q| q.id.as_str()).collect();
        assert_eq!(ids.len(), questions.len());
    }

    /// What a question rests on is data: a claim of it names a figure or a fact.
    #[test]
    fn every_question_rests_on_a_figure_or_a_fact() {
        for file in files().expect("files") {
            for question in file.question {
                let data = |claim: &String| {
                    claim.contains("figure(")
                        || claim.contains("number(")
                        || claim.contains("fact(")
                };
                assert!(!question.rests_on.is_empty(), "{}", question.id);
                assert!(question.rests_on.iter().any(data), "{}", question.id);
            }
        }
    }

    #[test]
    fn a_seed_gives_the_same_questions_and_another_gives_others() {
        assert_eq!(all(7), all(7));
        let (a, b) = (all(7), all(8));
        let find = |id: &str| b.iter().find(|q| q.id == id).expect("the same questions");
        let other_order = a.iter().filter(|q| q.key != find(&q.id).key).count();
        let other_numbers = a.iter().filter(|q| q.ask != find(&q.id).ask).count();
        assert!(
            other_order > a.len() / 4 && other_numbers >= 3,
            "{other_order} {other_numbers}"
        );
        // The key stands in every place about equally often.
        let places: Vec<usize> = (0..40).flat_map(all).map(|q| q.key).collect();
        for place in 0..OPTIONS {
            let share =
                places.iter().filter(|key| **key == place).count() as f64 / places.len() as f64;
            assert!((0.2..0.3).contains(&share), "{place}: {share}");
        }
    }

    #[test]
    fn topics_and_counts_select() {
        let selection = Selection {
            topic: Some("failures".to_owned()),
            count: Some(2),
            seed: 3,
        };
        let questions = select(&selection, Figures::shipped()).expect("questions");
        assert!(questions.len() == 2 && questions.iter().all(|q| q.topic == "failures"));
        let wrong = Selection {
            topic: Some("failure".to_owned()),
            ..selection
        };
        let message = select(&wrong, Figures::shipped()).expect_err("unknown");
        assert_eq!(
            message,
            "no topic is called `failure`; did you mean `failures`?"
        );
    }
}
