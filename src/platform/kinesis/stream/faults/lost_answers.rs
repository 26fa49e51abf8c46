//! `lost-answers = "20%"`: a share of answers to puts never reaches the producer.

use super::{Conditions, Effect};
use crate::settings::Section;
use crate::units::Share;

/// A share of answers to puts never reaches the producer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LostAnswers {
    /// The share of answers, 0 to 1.
    pub share: f64,
}

impl Effect for LostAnswers {
    fn read(section: &Section<'_>, key: &str) -> Self {
        let share = section.need_in(key, Share(0)..=Share(1_000_000)).fraction();
        Self { share }
    }

    fn label(&self) -> &'static str {
        "answers lost"
    }

    fn begin(&self, conditions: &mut Conditions) {
        conditions.add_lost_answers(self.share);
    }

    fn end(&self, conditions: &mut Conditions) {
        conditions.add_lost_answers(-self.share);
    }
}
