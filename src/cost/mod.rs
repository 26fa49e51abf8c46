//! Money: prices in whole pico-dollars, quantities as whole numbers of a base unit, and bills whose lines
//! add up to their totals exactly.
//!
//! A platform counts what it used under the names of its price list ([`Item`]); a [`Bill`] is arithmetic on
//! those counts and nothing else. Where a price stands for more than one base unit the amount is rounded
//! half up to the pico-dollar, once per line.

mod bill;
mod price;

pub use bill::{Bill, Item, Kind, Line, PICO_PER_USD, usd};
pub use price::{Basis, HOUR_NS, Price, Scale};
