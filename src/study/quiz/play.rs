//! Asking: a question, a letter, the reason, and in the end the score by topic.

use super::Posed;
use crate::report::document::{Document, wrap};
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

/// The letters of the options.
const LETTERS: [char; super::OPTIONS] = ['A', 'B', 'C', 'D'];

/// Right and asked, by topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Topic to (right, answered).
    pub topics: BTreeMap<String, (usize, usize)>,
    /// Questions that were not answered.
    pub left: usize,
}

/// Asks the questions, reads a letter for each, tells why; then the score.
///
/// A line that is no letter is asked for again; `q` or the end of the input ends the quiz.
///
/// # Errors
/// Of reading and writing.
pub fn play(
    questions: &[Posed],
    input: &mut impl BufRead,
    output: &mut impl Write,
    width: usize,
) -> io::Result<Score> {
    let mut score = Score::default();
    for (index, question) in questions.iter().enumerate() {
        write!(
            output,
            "{}",
            posed(question, index + 1, questions.len(), width)
        )?;
        let Some(choice) = answer(question, input, output)? else {
            score.left = questions.len() - index;
            break;
        };
        let (right, answered) = score.topics.entry(question.topic.clone()).or_default();
        *answered += 1;
        *right += usize::from(choice == question.key);
        write!(output, "{}", told(question, choice, width))?;
    }
    write!(output, "{}", summary(&score))?;
    Ok(score)
}

/// The question with its options.
fn posed(question: &Posed, number: usize, of: usize, width: usize) -> String {
    let mut text = format!("\n{number}/{of} · {}\n", question.topic);
    text.push_str(&wrap(&question.ask, "", width));
    for (letter, option) in LETTERS.iter().zip(&question.options) {
        text.push_str(&wrap(&option.text, &format!("  {letter}. "), width));
    }
    text
}

/// The index of the answer, or `None` at the end of the input.
fn answer(
    question: &Posed,
    input: &mut impl BufRead,
    output: &mut impl Write,
) -> io::Result<Option<usize>> {
    let last = LETTERS[..question.options.len()]
        .last()
        .copied()
        .unwrap_or('A');
    loop {
        write!(output, "Your answer (A to {last}, q to stop): ")?;
        output.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            writeln!(output)?;
            return Ok(None);
        }
        let typed = line.trim().to_ascii_uppercase();
        if typed == "Q" {
            return Ok(None);
        }
        let mut letters = LETTERS.iter().take(question.options.len());
        if let Some(choice) = letters.position(|letter| typed == letter.to_string()) {
            return Ok(Some(choice));
        }
        writeln!(
            output,
            "`{}` is not one of the letters A to {last}.",
            line.trim()
        )?;
    }
}

/// What was right, and why each other option is wrong.
fn told(question: &Posed, choice: usize, width: usize) -> String {
    let verdict = if choice == question.key {
        "Right.".to_owned()
    } else {
        format!("Wrong: it is {}.", LETTERS[question.key])
    };
    let mut text = format!("{verdict}\n");
    let others = (0..question.options.len()).filter(|index| *index != question.key);
    for index in std::iter::once(question.key).chain(others) {
        let mark = if index == question.key { '*' } else { ' ' };
        text.push_str(&wrap(
            &question.options[index].why,
            &format!(" {mark}{}: ", LETTERS[index]),
            width,
        ));
    }
    for scenario in &question.run {
        text.push_str(&format!(
            "  see it: streamduel run scenarios/{scenario}.toml\n"
        ));
    }
    text
}

/// The score by topic.
fn summary(score: &Score) -> String {
    let sum = |pick: fn(&(usize, usize)) -> usize| score.topics.values().map(pick).sum::<usize>();
    let (right, answered) = (sum(|t| t.0), sum(|t| t.1));
    let widest = score
        .topics
        .keys()
        .map(|topic| topic.chars().count())
        .max()
        .unwrap_or(0)
        .max(5);
    let mut text = format!("\nScore\n  {:<widest$}  {right} of {answered}\n", "total");
    for (topic, (right, answered)) in &score.topics {
        text.push_str(&format!("  {topic:<widest$}  {right} of {answered}\n"));
    }
    if score.left > 0 {
        text.push_str(&format!("  {} not answered\n", score.left));
    }
    text
}

/// All questions with keys and reasons, for teachers.
#[must_use]
pub fn answers(questions: &[Posed], seed: u64) -> Document {
    let mut document = Document::new("Quiz: Kinesis Data Streams and Amazon MSK / Kafka");
    document.text(format!(
        "streamduel {} · seed {seed} · {} questions. The keys follow from the facts in force and from the figures of the shipped scenarios.",
        env!("CARGO_PKG_VERSION"),
        questions.len()
    ));
    for (index, question) in questions.iter().enumerate() {
        document.heading(format!("{}. {}", index + 1, question.topic));
        document.text(question.ask.clone());
        let line = |(place, option): (usize, &super::Answer)| {
            let mark = if place == question.key {
                "**right**"
            } else {
                "wrong"
            };
            format!(
                "{}. {} ({mark}: {})",
                LETTERS[place], option.text, option.why
            )
        };
        document.list(question.options.iter().enumerate().map(line).collect());
        let runs: Vec<String> = question
            .run
            .iter()
            .map(|name| format!("`streamduel run scenarios/{name}.toml`"))
            .collect();
        if !runs.is_empty() {
            document.text(format!("See it: {}", runs.join(", ")));
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::super::Answer;
    use super::*;

    fn question(topic: &str, key: usize) -> Posed {
        let option = |n: usize| Answer {
            text: format!("option {n}"),
            why: format!("reason {n}"),
        };
        Posed {
            topic: topic.to_owned(),
            id: topic.to_owned(),
            ask: "Which?".to_owned(),
            options: (0..4).map(option).collect(),
            key,
            run: vec!["steady".to_owned()],
        }
    }

    fn played(input: &str) -> (Score, String) {
        let questions = [question("one", 1), question("one", 2), question("two", 3)];
        let mut output = Vec::new();
        let score = play(&questions, &mut input.as_bytes(), &mut output, 80).expect("no error");
        (score, String::from_utf8(output).expect("UTF-8"))
    }

    #[test]
    fn letters_are_judged_and_counted_by_topic() {
        let (score, text) = played("b\nA\n D \n");
        assert_eq!(score.topics["one"], (1, 2));
        assert_eq!(score.topics["two"], (1, 1));
        assert!(
            text.contains("Right.\n *B: reason 1\n  A: reason 0\n"),
            "{text}"
        );
        assert!(text.contains("Wrong: it is C.\n *C: reason 2\n"), "{text}");
        assert!(
            text.ends_with("Score\n  total  2 of 3\n  one    1 of 2\n  two    1 of 1\n"),
            "{text}"
        );
    }

    #[test]
    fn nonsense_is_asked_for_again_and_the_end_ends_it() {
        let (score, text) = played("x\n\nAB\nB\n");
        assert_eq!((score.topics["one"], score.left), ((1, 1), 2));
        assert!(
            text.contains("`AB` is not one of the letters A to D.")
                && text.contains("2 not answered")
        );
        let (score, _) = played("q\n");
        assert_eq!((score.topics.len(), score.left), (0, 3));
    }

    #[test]
    fn teachers_get_keys_and_reasons() {
        let text = answers(&[question("one", 1)], 5)
            .render(crate::report::document::Format::Markdown)
            .expect("Markdown");
        assert!(
            text.contains("- B. option 1 (**right**: reason 1)\n- C. option 2 (wrong: reason 2)"),
            "{text}"
        );
    }
}
