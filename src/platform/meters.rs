//! What a platform counts for its bill: one list that gives the counters and the price list the same order.

/// Declares the meters of a platform: `Meter`, an index into its counters, and `METERS`, the name, purpose,
/// price and counting rules of each, in the same order.
macro_rules! meters {
    ($($id:ident = $name:literal, $kind:ident, $price:literal, [$($rule:literal),*];)*) => {
        /// What is billed.
        #[derive(Clone, Copy)]
        enum Meter { $($id),* }
        /// Name, purpose, price and counting rules of each, in order.
        const METERS: &[(&str, $crate::cost::Kind, &str, &[&str])] =
            &[$(($name, $crate::cost::Kind::$kind, $price, &[$($rule),*])),*];
    };
}

pub(super) use meters;
