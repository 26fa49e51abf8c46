//! `slow-network = 8`: the one-way times between clients and the service are multiplied.
//!
//! The model does not tell the network's part of a call from the service's: the request takes half of the
//! latency of the call, the answer the other half, and both are multiplied. So is the time from stored to pushed
//! of enhanced fan-out. The transfer of the bytes of an answer takes as long as before. A call that takes
//! longer than the producer's time-out has no answer.

use super::{Conditions, Effect};
use crate::settings::Section;

/// The one-way times between clients and the service are multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowNetwork {
    /// The factor, 2 to 100.
    pub factor: u64,
}

impl Effect for SlowNetwork {
    fn read(section: &Section<'_>, key: &str) -> Self {
        let factor = section.need_in(key, 2_u64..=100);
        Self { factor }
    }

    fn label(&self) -> &'static str {
        "slow network"
    }

    fn begin(&self, conditions: &mut Conditions) {
        conditions.network_factor = conditions.network_factor.saturating_mul(self.factor);
    }

    fn end(&self, conditions: &mut Conditions) {
        conditions.network_factor = (conditions.network_factor / self.factor).max(1);
    }
}
