//! Days of the calendar: when a fact came into force.

use std::fmt;

/// A day of the Gregorian calendar, written as `"2025-06-01"`.
///
/// The default is the first of January of the year 1, before every fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Default for Date {
    fn default() -> Self {
        Self {
            year: 1,
            month: 1,
            day: 1,
        }
    }
}

impl Date {
    /// What a reader should write, for error messages.
    pub const EXPECTED: &'static str = "a day of the calendar such as \"2025-06-01\"";

    /// Reads year, month and day, each in full, separated by `-`.
    ///
    /// # Errors
    /// One sentence that says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(format!("`{text}` is not of the form YYYY-MM-DD"));
        }
        let number = |part: &str| part.parse::<u16>().unwrap_or(0);
        let (year, month, day) = (number(&text[..4]), number(&text[5..7]), number(&text[8..]));
        if year == 0 || !(1..=12).contains(&month) {
            return Err(format!("`{text}` has no such month"));
        }
        let days = days_in(year, month);
        if !(1..=days).contains(&day) {
            return Err(format!("`{text}` is no day: that month has {days} days"));
        }
        Ok(Self {
            year,
            month: month as u8,
            day: day as u8,
        })
    }

    /// How many days it lies after 1970-01-01; 0 for earlier days.
    #[must_use]
    pub fn unix_days(self) -> u64 {
        let years: u64 = (1970..self.year).map(|year| u64::from(days_of(year))).sum();
        let months: u64 = (1..u16::from(self.month))
            .map(|month| u64::from(days_in(self.year, month)))
            .sum();
        if self.year < 1970 {
            return 0;
        }
        years + months + u64::from(self.day) - 1
    }
}

fn days_of(year: u16) -> u16 {
    (1..=12).map(|month| days_in(year, month)).sum()
}

fn days_in(year: u16, month: u16) -> u16 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_and_refuses_what_is_none() {
        for text in ["2025-06-01", "2024-02-29", "2000-02-29", "2026-12-31"] {
            assert_eq!(
                Date::parse(text).map(|date| date.to_string()),
                Ok(text.to_owned())
            );
        }
        for (text, part) in [
            ("2025-6-1", "form"),
            ("01.06.2025", "form"),
            ("June 2025", "form"),
            ("2025-06-01T00:00:00Z", "form"),
            ("２０２５-06-01", "form"),
            ("", "form"),
            ("2025-13-01", "no such month"),
            ("2025-00-01", "no such month"),
            ("0000-01-01", "no such month"),
            ("2025-02-29", "28 days"),
            ("1900-02-29", "28 days"),
            ("2025-06-31", "30 days"),
            ("2025-06-00", "30 days"),
        ] {
            let error = Date::parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn days_are_counted_from_1970() {
        let days = |text| Date::parse(text).expect("a day").unix_days();
        assert_eq!((days("1970-01-01"), days("1969-12-31")), (0, 0));
        assert_eq!((days("2000-03-01"), days("2026-11-28")), (11_017, 20_785));
    }

    #[test]
    fn days_have_the_order_of_the_calendar() {
        let day = |text| Date::parse(text).expect("a day");
        assert!(day("2025-10-27") < day("2025-10-28") && day("2025-10-31") < day("2025-11-01"));
        assert!(Date::default() < day("2015-03-12") && day("2025-12-31") < day("2026-01-01"));
    }
}
