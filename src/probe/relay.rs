//! Records that go on to another system when a consumer is done with them.

use super::Recorder;
use crate::units::SimTime;

impl Recorder {
    /// What this consumer is given first goes on to another system.
    pub fn relay(&mut self, consumer: usize) {
        self.relays = Some(consumer);
    }

    /// Whether what this consumer is given goes on to another system.
    #[inline]
    #[must_use]
    pub fn relays(&self, consumer: usize) -> bool {
        self.relays == Some(consumer)
    }

    /// The record of this number goes on to another system.
    pub fn relayed(&mut self, at: SimTime, serial: u32) {
        self.relayed.push((at, serial));
    }
}
