//! `kms = "disabled"` or `"throttled"`: puts and gets of an encrypted stream fail.

use super::{Conditions, Effect};
use crate::settings::Section;

/// What KMS does to requests for the key of the stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kms {
    /// The key is disabled.
    Disabled,
    /// Requests are throttled.
    Throttled,
}

impl Kms {
    fn turn(self, begins: bool, conditions: &mut Conditions) {
        match self {
            Self::Disabled => conditions.disable_key(begins),
            Self::Throttled => conditions.throttle_key(begins),
        }
    }
}

impl Effect for Kms {
    fn read(section: &Section<'_>, key: &str) -> Self {
        let word = section.choice(key, "disabled", &["disabled", "throttled"]);
        if word == "throttled" {
            Self::Throttled
        } else {
            Self::Disabled
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Disabled => "KMS key disabled",
            Self::Throttled => "KMS throttled",
        }
    }

    fn begin(&self, conditions: &mut Conditions) {
        self.turn(true, conditions);
    }

    fn end(&self, conditions: &mut Conditions) {
        self.turn(false, conditions);
    }
}
