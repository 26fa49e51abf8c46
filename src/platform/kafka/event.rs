//! The timers of a cluster and its clients, by the room that they belong to.

use super::{broker, control, group, producer};

/// A timer.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A producer's.
    Producer(producer::Event),
    /// A broker's.
    Broker(broker::Event),
    /// A consumer group's.
    Group(group::Event),
    /// The controller's, the operator's or a fault's.
    Control(control::Event),
}
