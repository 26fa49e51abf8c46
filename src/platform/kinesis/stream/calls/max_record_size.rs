//! UpdateMaxRecordSize.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, UpdateMaxRecordSize.

use super::Request;
use crate::facts;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::settings::Section;

/// UpdateMaxRecordSize.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateMaxRecordSize {
    /// `MaxRecordSizeInKiB` `[KiB]`.
    pub kib: u32,
}

impl Request for UpdateMaxRecordSize {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        let parameters = call.section(name);
        let (what, id) = ("UpdateMaxRecordSize", "kinesis.record.max-kib.highest");
        facts::on(&parameters).refuse_before(&parameters, "", what, id);
        let kib = parameters.need_in("MaxRecordSizeInKiB", 1024_u64..=10_240);
        Some(Self { kib: kib as u32 })
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.update_record_size(self.kib, cx)
    }
}
