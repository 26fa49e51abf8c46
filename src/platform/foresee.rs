//! What a platform knows of a run before it runs: a sum against a limit.

use crate::facts::warnings;
use crate::settings::Section;

/// Something that is computed from the settings alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreseen {
    /// What is looked at: `hottest key`.
    pub what: &'static str,
    /// The sum, in words.
    pub sum: String,
    /// How much of the limit is asked for, 1 being all of it; `None` where there is no limit.
    pub of_limit: Option<f64>,
    /// What to warn of where the limit is exceeded.
    pub warns: Option<Warns>,
}

/// A warning where a limit is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warns {
    /// Its name in `warnings.toml`.
    pub name: &'static str,
    /// The setting that it points at.
    pub key: &'static str,
    /// What to write instead.
    pub help: &'static str,
}

impl Foreseen {
    /// A sum of `asked` against `limit`.
    #[must_use]
    pub fn new(what: &'static str, asked: f64, limit: f64, sum: String) -> Self {
        Self {
            what,
            sum,
            of_limit: (limit > 0.0 && limit.is_finite()).then(|| asked / limit),
            warns: None,
        }
    }

    /// A sum without a limit.
    #[must_use]
    pub fn told(what: &'static str, sum: String) -> Self {
        Self {
            what,
            sum,
            of_limit: None,
            warns: None,
        }
    }

    /// The same sum, warned of where it exceeds its limit.
    #[must_use]
    pub fn or_warn(mut self, name: &'static str, key: &'static str, help: &'static str) -> Self {
        self.warns = Some(Warns { name, key, help });
        self
    }

    /// Whether more is asked for than there is.
    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        self.of_limit.is_some_and(|share| share > 1.0)
    }

    /// How much of the limit is asked for, in words.
    #[must_use]
    pub fn share(&self) -> String {
        match self.of_limit {
            None => String::new(),
            Some(share) if share >= 9.995 => format!("{share:.0} times"),
            Some(share) if share >= 0.1 => format!("{:.0} %", 100.0 * share),
            Some(share) => format!("{:.1} %", 100.0 * share),
        }
    }
}

/// Warns of every limit of `list` that is exceeded.
pub fn warn(list: &[Foreseen], section: &Section<'_>) {
    for sum in list.iter().filter(|sum| sum.is_exceeded()) {
        let Some(warns) = sum.warns else { continue };
        let message = format!("{}: {}", sum.what, sum.sum);
        section.warn(
            warns.key,
            warnings::of(warns.name, message).help(warns.help),
        );
    }
}

/// Bytes with three significant digits.
#[must_use]
pub fn bytes(value: f64) -> String {
    let (size, unit) = match value {
        b if b >= 1e12 => (b / 1e12, "TB"),
        b if b >= 1e9 => (b / 1e9, "GB"),
        b if b >= 1e6 => (b / 1e6, "MB"),
        b if b >= 1e3 => (b / 1e3, "kB"),
        b => (b, "B"),
    };
    format!("{} {unit}", three(size))
}

/// A number with three significant digits, or whole from a hundred on.
#[must_use]
pub fn three(value: f64) -> String {
    let text = match value {
        v if v >= 99.95 => return format!("{v:.0}"),
        v if v >= 9.995 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    };
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_a_limit_is_told_as_people_read_it() {
        let share = |asked| Foreseen::new("x", asked, 100.0, String::new()).share();
        assert_eq!(
            [1.0, 9.0, 40.0, 460.0, 2000.0].map(share).join(", "),
            "1.0 %, 9.0 %, 40 %, 460 %, 20 times"
        );
        assert_eq!(Foreseen::new("x", 1.0, 0.0, String::new()).of_limit, None);
        assert_eq!(
            [0.5, 12.34, 999.0, 1e3, 1.45e14].map(bytes).join(", "),
            "0.5 B, 12.3 B, 999 B, 1 kB, 145 TB"
        );
    }
}
