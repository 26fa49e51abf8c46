//! Whole numbers of a service's own settings: which unit each counts, and the same number as text with a unit.
//!
//! Kafka writes `retention.ms = 604800000`. A scenario may write that, or `retention.ms = "7 d"`.

use crate::units::{ByteRate, Bytes, NANOS_PER_S, Nanos, Quantity};

/// What gives the unit of a service's setting by its name; `None` for settings that count no unit.
pub type Dialect = fn(&str) -> Option<BaseUnit>;

/// What a whole number of a service counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BaseUnit {
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
    /// Bytes.
    Bytes,
    /// Units of 1,024 bytes.
    Kib,
    /// Units of 1,073,741,824 bytes.
    Gib,
    /// Units of 1,048,576 bytes a second.
    MibPerS,
}

impl BaseUnit {
    /// What a reader should write, for error messages.
    #[must_use]
    pub fn expected(self) -> &'static str {
        match self {
            Self::Millis => "a whole number of milliseconds, or a length of time such as \"7 d\"",
            Self::Seconds => "a whole number of seconds, or a length of time such as \"5 min\"",
            Self::Minutes => "a whole number of minutes, or a length of time such as \"7 d\"",
            Self::Hours => "a whole number of hours, or a length of time such as \"7 d\"",
            Self::Bytes => "a whole number of bytes, or an amount of data such as \"10 GB\"",
            Self::Kib => "a whole number of KiB, or an amount of data such as \"10 MiB\"",
            Self::Gib => "a whole number of GiB, or an amount of data such as \"2 TiB\"",
            Self::MibPerS => "a whole number of MiB/s, or a data rate such as \"250 MiB/s\"",
        }
    }

    /// Its name and its size in the base unit of the quantity `[ns, B or B/s]`.
    fn size(self) -> (&'static str, u64) {
        match self {
            Self::Millis => ("milliseconds", 1_000_000),
            Self::Seconds => ("seconds", NANOS_PER_S),
            Self::Minutes => ("minutes", 60 * NANOS_PER_S),
            Self::Hours => ("hours", 3600 * NANOS_PER_S),
            Self::Bytes => ("bytes", 1),
            Self::Kib => ("KiB", 1 << 10),
            Self::Gib => ("GiB", 1 << 30),
            Self::MibPerS => ("MiB/s", 1 << 20),
        }
    }

    /// The whole number that `text`, a quantity with a unit, stands for.
    ///
    /// # Errors
    /// One sentence: text that is no such quantity, or no whole number of this unit.
    pub fn count(self, text: &str) -> Result<i64, String> {
        let amount = match self {
            Self::Millis | Self::Seconds | Self::Minutes | Self::Hours => Nanos::parse(text)?.0,
            Self::Bytes | Self::Kib | Self::Gib => Bytes::parse(text)?.0,
            Self::MibPerS => ByteRate::parse(text)?.0,
        };
        let (name, size) = self.size();
        if !amount.is_multiple_of(size) {
            return Err(format!("`{text}` is no whole number of {name}"));
        }
        i64::try_from(amount / size).map_err(|_| format!("`{text}` is too large"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_a_unit_is_the_number_that_the_service_counts() {
        assert_eq!(BaseUnit::Millis.count("7 d"), Ok(604_800_000));
        assert_eq!(BaseUnit::Seconds.count("5 min"), Ok(300));
        assert_eq!(BaseUnit::Hours.count("365 d"), Ok(8760));
        assert_eq!(BaseUnit::Bytes.count("10 GB"), Ok(10_000_000_000));
        assert_eq!(BaseUnit::Kib.count("10 MiB"), Ok(10_240));
        assert_eq!(BaseUnit::Gib.count("2 TiB"), Ok(2048));
        assert_eq!(BaseUnit::MibPerS.count("250 MiB/s"), Ok(250));
    }

    #[test]
    fn what_the_service_cannot_count_is_refused() {
        for (unit, text, part) in [
            (
                BaseUnit::Millis,
                "0.5 ms",
                "no whole number of milliseconds",
            ),
            (BaseUnit::Hours, "90 min", "no whole number of hours"),
            (BaseUnit::Gib, "1 TB", "no whole number of GiB"),
            (BaseUnit::Millis, "7 days", "unknown unit `days`"),
            (BaseUnit::Millis, "7", "has no unit"),
            (BaseUnit::Bytes, "-1 B", "negative"),
            (BaseUnit::MibPerS, "250 MiB", "unknown unit `MiB`"),
        ] {
            let error = unit.count(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
