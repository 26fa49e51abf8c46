//! UpdateStreamWarmThroughput: an on-demand stream gets shards before it needs them, or gives them back.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, UpdateStreamWarmThroughput.

use super::Request;
use crate::facts;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::settings::Section;

/// UpdateStreamWarmThroughput.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateStreamWarmThroughput {
    /// `WarmThroughputMiBps` `[MiB/s]`.
    pub mib_per_s: u64,
}

impl Request for UpdateStreamWarmThroughput {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        let parameters = call.section(name);
        let (book, id) = (facts::on(&parameters), "kinesis.warm-throughput.highest");
        book.refuse_before(&parameters, "", "warm throughput", id);
        let most = book.value(id);
        Some(Self {
            mib_per_s: parameters.need_in("WarmThroughputMiBps", 1..=most),
        })
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.update_warm_throughput(self.mib_per_s, cx)
    }
}
