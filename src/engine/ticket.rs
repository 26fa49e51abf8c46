//! Tickets: a timer that may be out of date carries one, and its owner compares.

/// Which use of a slot, start of a process or round of a protocol something belongs to.
///
/// A timer carries the ticket that its owner had when the timer was set. The owner takes a new ticket whenever
/// older timers become void; a timer whose ticket differs from its owner's is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticket(u32);

impl Ticket {
    /// The first ticket of an owner.
    pub const FIRST: Self = Self(0);

    /// Takes the next ticket, which makes older timers void, and returns it.
    #[inline]
    pub fn advance(&mut self) -> Self {
        *self = self.next();
        *self
    }

    /// The ticket after this one.
    #[must_use]
    #[inline]
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    /// The ticket before this one.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.wrapping_sub(1))
    }

    /// How many tickets were taken before this one, modulo 2^32.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_ticket_makes_the_old_one_void() {
        let mut owner = Ticket::FIRST;
        let timer = owner;
        assert_eq!(timer, owner);
        assert_eq!(owner.advance(), timer.next());
        assert_ne!(timer, owner);
        assert_eq!(
            (owner.number(), Ticket(u32::MAX).next()),
            (1, Ticket::FIRST)
        );
    }
}
