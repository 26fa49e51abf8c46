//! `function-errors = "100%"`: a share of the invocations of every Lambda mapping fails, as when an API behind the function
//! is down. The function fails at the first record of its batch.

use super::{Conditions, Effect};
use crate::settings::Section;
use crate::units::Share;

/// A share of the invocations fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FunctionErrors {
    /// The share of invocations, 0 to 1.
    pub share: f64,
}

impl Effect for FunctionErrors {
    fn read(section: &Section<'_>, key: &str) -> Self {
        let share = section.need_in(key, Share(0)..=Share(1_000_000)).fraction();
        Self { share }
    }

    fn label(&self) -> &'static str {
        "function errors"
    }

    fn begin(&self, conditions: &mut Conditions) {
        conditions.add_function_errors(self.share);
    }

    fn end(&self, conditions: &mut Conditions) {
        conditions.add_function_errors(-self.share);
    }
}
