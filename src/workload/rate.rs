//! Rates of arrivals, in records or in bytes a second. The mean size of the workload's own sizes turns bytes
//! into records; keys are not counted.

use super::SizeLaw;
use crate::settings::{Form, Section, Setting, Value};
use crate::units::{ByteRate, Bytes, Quantity, RecordRate};

/// The highest rate of a source `[records/s]`.
const RATE_MAX: RecordRate = RecordRate(100_000_000_000_000);

/// A rate as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Load {
    /// `"8000 records/s"`.
    Records(RecordRate),
    /// `"80 MB/s"`.
    Bytes(ByteRate),
}

impl Default for Load {
    fn default() -> Self {
        Self::Records(RecordRate(0))
    }
}

impl Setting for Load {
    const FORM: Form = Form::Rate;
    const EXPECTED: &'static str =
        "a record rate such as \"8000 records/s\", or a data rate such as \"80 MB/s\"";

    fn read(value: &Value) -> Result<Self, String> {
        let Value::Text(text) = value else {
            return RecordRate::read(value).map(Self::Records);
        };
        match (RecordRate::parse(text), ByteRate::parse(text)) {
            (Ok(rate), _) => Ok(Self::Records(rate)),
            (_, Ok(rate)) => Ok(Self::Bytes(rate)),
            // Who wrote a unit of data is told about those.
            (_, Err(message)) if text.contains(['B', 'b']) => Err(message),
            (Err(message), _) => Err(message),
        }
    }

    fn write(&self) -> Value {
        match self {
            Self::Records(rate) => rate.write(),
            Self::Bytes(rate) => rate.write(),
        }
    }
}

/// What reads the rates of one source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    /// The mean size of a record's data `[B]`, where the workload says it.
    mean: Option<f64>,
}

impl Rates {
    /// The rates of a source whose records have these sizes.
    pub(super) fn of(sizes: &SizeLaw) -> Self {
        Self { mean: sizes.mean() }
    }

    /// The rate called `key`, which must be there `[records/s]`.
    pub(super) fn need(self, section: &Section<'_>, key: &str) -> f64 {
        let load = section.need::<Load>(key);
        self.per_s(section, key, load)
    }

    /// The rate called `key`, or none at all `[records/s]`.
    pub(super) fn or_none(self, section: &Section<'_>, key: &str) -> f64 {
        let load = section.or(key, Load::default());
        self.per_s(section, key, load)
    }

    fn per_s(self, section: &Section<'_>, key: &str, load: Load) -> f64 {
        let rate = match load {
            Load::Records(rate) => rate.per_s(),
            Load::Bytes(rate) => self.records_of(section, key, rate),
        };
        if rate <= RATE_MAX.per_s() {
            return rate;
        }
        let help = format!("it must lie between {} and {RATE_MAX}", RecordRate(0));
        section.problem(key, format!("`{key}` is {rate} records/s"), help);
        0.0
    }

    /// How many records of the mean size a data rate is.
    fn records_of(self, section: &Section<'_>, key: &str, rate: ByteRate) -> f64 {
        let Some(mean) = self.mean.filter(|mean| *mean >= 1.0) else {
            let message = format!("`{key}` is a rate of data, and no mean size is known");
            let help =
                "give `sizes` as a law with a mean of at least 1 B, or the rate in records/s";
            section.problem(key, message, help);
            return 0.0;
        };
        let records = rate.0 as f64 / mean;
        let size = Bytes((mean + 0.5) as u64);
        let text = format!("{rate} is {records:.3} records/s of {size} on average");
        section.remark(key, &text);
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_in_records_and_in_bytes() {
        let read = |text: &str| Load::read(&Value::Text(text.to_owned()));
        assert_eq!(
            read("8 records/s"),
            Ok(Load::Records(RecordRate(8_000_000)))
        );
        assert_eq!(read("80 MB/s"), Ok(Load::Bytes(ByteRate(80_000_000))));
        assert_eq!(read("8 Mbit/s"), Ok(Load::Bytes(ByteRate(1_000_000))));
        let error = |text: &str| read(text).expect_err(text);
        assert!(error("80 MB").contains("unknown unit `MB`; known are B/s"));
        assert!(error("80").contains("no unit; write one of records/s"));
    }
}
