//! A price with what it rests on, and the exact amount of a quantity.

/// Nanoseconds of an hour: the base of everything that is billed by time.
pub const HOUR_NS: u128 = 3_600_000_000_000;
/// Decimal digits of a pico-dollar.
const DIGITS: usize = 12;

/// Where a number comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    /// The name of the fact.
    pub id: String,
    /// Its value with its unit.
    pub text: String,
    /// Keys into `docs/SOURCES.md`.
    pub source: String,
    /// The date from which it holds, or since which it is known to hold `[YYYY-MM-DD]`.
    pub valid_from: String,
    /// `H`, `M` or `L`.
    pub confidence: char,
    /// What a reader should know about it.
    pub note: String,
}

impl Basis {
    /// Whether it is an assumption of ours.
    #[must_use]
    pub fn is_assumption(&self) -> bool {
        self.confidence == 'L'
    }

    /// The confidence in words that cannot be overlooked: `H`, `M`, or `L, assumption`.
    #[must_use]
    pub fn trust(&self) -> String {
        if self.is_assumption() {
            "L, assumption".to_owned()
        } else {
            self.confidence.to_string()
        }
    }
}

/// What the units of price lists are in base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Bytes of a GB.
    pub gb: u128,
    /// Hours of a month.
    pub month_h: u128,
}

/// A price: so many pico-dollars per so many base units (things, bytes, thing-nanoseconds or
/// byte-nanoseconds).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Pico-dollars per [`Price::per`] base units.
    pub pico: u128,
    /// Base units that the price is for.
    pub per: u128,
    /// The unit in words: `shard-hour`, `GB-month`.
    pub unit: String,
    /// Where the price comes from.
    pub basis: Basis,
}

impl Price {
    /// Reads `value` (a decimal number of dollars) in `unit` (`USD/GB-month`).
    ///
    /// # Errors
    /// A sentence, if either is not of that form.
    pub fn parse(value: &str, unit: &str, scale: Scale, basis: Basis) -> Result<Self, String> {
        let what = unit
            .strip_prefix("USD/")
            .ok_or_else(|| format!("`{unit}` is no price per something"))?;
        let pico =
            decimal(value).ok_or_else(|| format!("`{value}` is no decimal number of dollars"))?;
        let per = base_units(what, scale)
            .ok_or_else(|| format!("`{what}` is no unit of a price list"))?;
        Ok(Self {
            pico,
            per,
            unit: what.to_owned(),
            basis,
        })
    }

    /// What `quantity` base units cost, in pico-dollars, rounded half up.
    #[must_use]
    pub fn amount(&self, quantity: u128) -> u128 {
        // In two parts, so that byte-nanoseconds of years and petabytes do not overflow.
        let (whole, rest) = (quantity / self.per, quantity % self.per);
        whole * self.pico + (rest * self.pico + self.per / 2) / self.per
    }

    /// A quantity in the unit of the price, for people.
    #[must_use]
    pub fn in_units(&self, quantity: u128) -> f64 {
        quantity as f64 / self.per as f64
    }

    /// The price of one unit in dollars, without idle zeros: `0.015`.
    #[must_use]
    pub fn usd(&self) -> String {
        super::usd(self.pico, DIGITS)
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned()
    }
}

/// A decimal number of dollars in pico-dollars.
fn decimal(text: &str) -> Option<u128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > DIGITS || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<DIGITS$}").parse().ok()
}

/// How many base units a unit of a price list has.
fn base_units(what: &str, scale: Scale) -> Option<u128> {
    let month = scale.month_h * HOUR_NS;
    match what {
        "GB" => Some(scale.gb),
        "GB-month" => Some(scale.gb * month),
        "MiB/s-month" => Some((1 << 20) * month),
        _ if what.ends_with("-hour") => Some(HOUR_NS),
        _ if what.starts_with("million ") => Some(1_000_000),
        _ if what.starts_with("10,000 ") => Some(10_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale {
        gb: 1 << 30,
        month_h: 730,
    };

    fn basis() -> Basis {
        let word = String::new;
        let (id, text, source, valid_from, note) = (word(), word(), word(), word(), word());
        Basis {
            id,
            text,
            source,
            valid_from,
            confidence: 'H',
            note,
        }
    }

    fn price(value: &str, unit: &str) -> Price {
        Price::parse(value, unit, SCALE, basis()).expect("a price")
    }

    #[test]
    fn amounts_are_exact_and_rounded_half_up() {
        let shard = price("0.015", "USD/shard-hour");
        assert_eq!(shard.amount(2 * HOUR_NS), 30_000_000_000);
        assert_eq!(
            (shard.usd(), shard.in_units(HOUR_NS / 2)),
            ("0.015".to_owned(), 0.5)
        );
        // 0.015 USD are 15,000,000,000 pico-dollars per 3.6e12 ns: 120 ns are half a pico-dollar.
        assert_eq!((shard.amount(119), shard.amount(120)), (0, 1));
        let puts = price("0.014", "USD/million PUT payload units");
        assert_eq!(puts.amount(1), 14_000);
    }

    #[test]
    fn a_petabyte_for_ten_years_does_not_overflow() {
        let storage = price("0.10", "USD/GB-month");
        let years = 10 * 12;
        assert_eq!(
            storage.amount((1 << 50) * years * 730 * HOUR_NS),
            (1 << 20) * years * 100_000_000_000
        );
    }

    #[test]
    fn what_is_no_price_is_told_so() {
        for (value, unit) in [
            ("0.1", "EUR/GB"),
            ("ten", "USD/GB"),
            ("1", "USD/parsec"),
            ("-1", "USD/GB"),
        ] {
            assert!(
                Price::parse(value, unit, SCALE, basis()).is_err(),
                "{value} {unit}"
            );
        }
    }
}
