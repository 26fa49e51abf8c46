//! One worker of an application.

use super::lease_table::Renewal;
use crate::engine::Ticket;
use crate::platform::Reader;
use crate::units::SimTime;

/// One worker of an application.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    /// What it has fetched and works on.
    pub(super) reader: Reader,
    /// How many reasons keep it down: its own crash, a lost zone.
    down: u32,
    /// Advances when it crashes: timers from before are void.
    pub(super) ticket: Ticket,
    /// The zone that it runs in, 0 to 2.
    pub(super) zone: u8,
    /// When it scanned the lease table last, before KCL 3.
    pub(super) scanned_at: Option<SimTime>,
    /// What it is about with a lease table of provisioned capacity.
    pub(super) renewal: Renewal,
    /// Whether it is to stop when it has finished its slice.
    pub(super) stops: bool,
    /// When the last slice that it began will end.
    pub(super) busy_until: SimTime,
}

impl Worker {
    /// A worker in a zone, with nothing to do.
    pub(super) fn new(reader: Reader, zone: u8) -> Self {
        Self {
            reader,
            down: 0,
            ticket: Ticket::FIRST,
            zone,
            scanned_at: None,
            renewal: Renewal::default(),
            stops: false,
            busy_until: SimTime::ZERO,
        }
    }

    /// Whether it runs.
    pub(super) fn is_up(&self) -> bool {
        self.down == 0
    }

    /// One more reason keeps it down; true if it was up before. What it had in hand is gone.
    pub(super) fn take_down(&mut self) -> bool {
        self.down += 1;
        if self.down > 1 {
            return false;
        }
        self.ticket.advance();
        self.reader.clear();
        (self.scanned_at, self.stops) = (None, false);
        self.renewal = Renewal::default();
        true
    }

    /// It begins anew, with nothing in hand.
    pub(super) fn start_anew(&mut self) {
        self.ticket.advance();
        self.reader.clear();
    }

    /// A reason to be down is gone; true if it was the last one.
    pub(super) fn bring_up(&mut self) -> bool {
        // A worker that joined while its zone was lost never went down.
        let was_up = self.is_up();
        self.down = self.down.saturating_sub(1);
        !was_up && self.is_up()
    }
}
