//! What a running system does to the order of records and to their number: disorder, copies, repetitions.

/// Counters of disorder and repetition, from the beginning of the run.
pub(super) struct Order {
    /// Records stored after a later record of their key.
    pub(super) reordered: u64,
    /// Records that the platform stored once more after they were stored.
    pub(super) stored_again: u64,
    /// Records given once more, per consumer.
    pub(super) redelivered: Vec<u64>,
    /// Records given for the first time after a later one of their key, per consumer, where somebody watches.
    out_of_order: Option<Vec<u64>>,
    /// Whether the records of a key have an order at all: one producer sends them.
    keys_ordered: bool,
}

impl Order {
    pub(super) fn new(consumers: usize, keys_ordered: bool) -> Self {
        Self {
            reordered: 0,
            stored_again: 0,
            redelivered: vec![0; consumers],
            out_of_order: None,
            keys_ordered,
        }
    }

    /// From now on the order of each key is watched where consumers are given records.
    pub(super) fn watch(&mut self) {
        self.out_of_order = Some(vec![0; self.redelivered.len()]);
    }

    /// A consumer was given a record for the first time after one of its key that was stored later.
    pub(super) fn out_of_order(&mut self, consumer: usize) {
        if let Some(counts) = &mut self.out_of_order {
            counts[consumer] += 1;
        }
    }

    /// What has been counted per consumer so far; empty where nobody watches.
    pub(super) fn seen_out_of_order(&self) -> Vec<u64> {
        self.out_of_order.clone().unwrap_or_default()
    }

    /// Whether the records of a key have an order that somebody promises.
    pub(super) fn is_promised(&self) -> bool {
        self.keys_ordered
    }

    /// Records stored after a later record of their key; `None` where no order is promised.
    pub(super) fn reordered_if_promised(&self) -> Option<u64> {
        self.keys_ordered.then_some(self.reordered)
    }

    /// The counts per consumer: given once more; given out of order, where somebody watched.
    pub(super) fn finish(self) -> (Vec<u64>, Option<Vec<u64>>) {
        (self.redelivered, self.out_of_order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_counted_before_somebody_watches() {
        let mut order = Order::new(2, true);
        order.out_of_order(1);
        assert!(order.seen_out_of_order().is_empty());
        order.watch();
        order.out_of_order(1);
        assert_eq!(order.finish().1, Some(vec![0, 1]));
    }

    #[test]
    fn no_order_is_reported_where_none_is_promised() {
        let mut order = Order::new(1, false);
        order.reordered += 5;
        assert_eq!(order.reordered_if_promised(), None);
    }
}
