//! `fetcher-hang`: a broker copies nothing.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::ids::BrokerId;
use crate::platform::kafka::wire::Scope;

/// The broker goes on, but its replica fetchers stand still.
#[derive(Clone, Debug)]
pub struct FetcherHang {
    /// The broker.
    broker: BrokerId,
}

impl Fault for FetcherHang {
    fn read(from: &Entry<'_>) -> Option<Self> {
        Some(Self { broker: from.broker() })
    }

    fn text(&self) -> String {
        format!("fetchers of broker {} hang", self.broker.number() + 1)
    }

    fn begin(&self, control: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.enable_timeouts(cx);
        rooms.brokers.hang_fetchers(self.broker, true);
        rooms.brokers.break_fetchers(|_, follower| follower == self.broker);
    }

    fn end(&self, _: &mut Control, rooms: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        rooms.brokers.hang_fetchers(self.broker, false);
        rooms.brokers.begin_fetchers(cx);
    }
}
