//! IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, IncreaseStreamRetentionPeriod: a longer period never brings
//! back what has expired.

use super::Request;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::settings::Section;

/// IncreaseStreamRetentionPeriod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncreaseRetention {
    /// `RetentionPeriodHours` `[h]`.
    pub hours: u64,
}

/// DecreaseStreamRetentionPeriod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecreaseRetention {
    /// `RetentionPeriodHours` `[h]`.
    pub hours: u64,
}

fn need_hours(parameters: &Section<'_>) -> u64 {
    parameters.need_in("RetentionPeriodHours", 1_u64..=100_000)
}

impl Request for IncreaseRetention {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        let hours = need_hours(&call.section(name));
        Some(Self { hours })
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.update_retention(self.hours, false, cx)
    }
}

impl Request for DecreaseRetention {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        let hours = need_hours(&call.section(name));
        Some(Self { hours })
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.update_retention(self.hours, true, cx)
    }
}
