//! One kind of number that tells whether a timer or an answer is still wanted.

/// A generation: whoever sets a timer keeps a copy in it, and whoever makes the timer void advances the original.
///
/// A timer whose ticket differs from the original is out of date and is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ticket(u32);

impl Ticket {
    /// The ticket before anything was made void.
    pub const FIRST: Self = Self(0);

    /// Makes every copy that was handed out so far void.
    #[inline]
    pub fn advance(&mut self) {
        self.0 = self.0.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advanced_ticket_voids_its_copies() {
        let mut ticket = Ticket::FIRST;
        let copy = ticket;
        assert_eq!(copy, ticket);
        ticket.advance();
        assert_ne!(copy, ticket);
    }
}
