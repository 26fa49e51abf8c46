//! `internal-failure = "20%"`: a share of attempts fails with `InternalFailure`.

use super::{Conditions, Effect};
use crate::settings::Section;
use crate::units::Share;

/// A share of attempts fails with `InternalFailure`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InternalFailure {
    /// The share of attempts, 0 to 1.
    pub share: f64,
}

impl Effect for InternalFailure {
    fn read(section: &Section<'_>, key: &str) -> Self {
        let share = section.need_in(key, Share(0)..=Share(1_000_000)).fraction();
        Self { share }
    }

    fn label(&self) -> &'static str {
        "InternalFailure"
    }

    fn begin(&self, conditions: &mut Conditions) {
        conditions.add_internal_failure(self.share);
    }

    fn end(&self, conditions: &mut Conditions) {
        conditions.add_internal_failure(-self.share);
    }
}
