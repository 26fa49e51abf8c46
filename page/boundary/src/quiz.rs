//! `quiz`: the program's questions with the numbers and the order of a seed.

use serde::{Deserialize, Serialize};
use streamduel::study::figures::Figures;
use streamduel::study::quiz::{Posed, Selection, select, topics};

/// Which questions are asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuizRequest {
    /// The only topic, if one is named.
    #[serde(default)]
    pub topic: Option<String>,
    /// How many; all if not given.
    #[serde(default)]
    pub count: Option<usize>,
    /// What numbers and orders depend on.
    #[serde(default)]
    pub seed: u64,
}

/// The topics and the questions of a selection.
#[derive(Debug, Serialize)]
pub(crate) struct Quiz {
    /// The topics with the number of their questions.
    topics: Vec<(String, usize)>,
    /// The questions in the order of the seed.
    questions: Vec<Question>,
}

/// A question.
#[derive(Debug, Serialize)]
struct Question {
    /// Its topic.
    topic: String,
    /// Its name.
    id: String,
    /// What is asked.
    ask: String,
    /// Each option, and why it is right or wrong.
    options: Vec<(String, String)>,
    /// The place of the best option, from 0.
    key: usize,
    /// Scenarios that show it.
    run: Vec<String>,
}

/// The questions of a selection.
pub(crate) fn quiz(request: &QuizRequest) -> Result<Quiz, String> {
    let selection = Selection {
        topic: request.topic.clone(),
        count: request.count,
        seed: request.seed,
    };
    let posed = select(&selection, Figures::shipped())?;
    Ok(Quiz {
        topics: topics()?,
        questions: posed.into_iter().map(question).collect(),
    })
}

fn question(posed: Posed) -> Question {
    let options = posed.options.into_iter();
    Question {
        topic: posed.topic,
        id: posed.id,
        ask: posed.ask,
        options: options.map(|option| (option.text, option.why)).collect(),
        key: posed.key,
        run: posed.run,
    }
}
