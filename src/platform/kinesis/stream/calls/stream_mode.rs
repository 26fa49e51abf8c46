//! UpdateStreamMode: the stream changes between the modes PROVISIONED and ON_DEMAND.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, UpdateStreamMode.

use super::Request;
use crate::facts;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::platform::kinesis::stream::control::Mode;
use crate::settings::Section;

/// UpdateStreamMode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateStreamMode {
    /// `StreamMode`.
    pub mode: Mode,
}

impl Request for UpdateStreamMode {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        let parameters = call.section(name);
        let word = parameters.choice("StreamMode", "ON_DEMAND", &["PROVISIONED", "ON_DEMAND"]);
        let mut mode = Mode::Provisioned;
        if word == "ON_DEMAND" {
            let (what, id) = ("the mode ON_DEMAND", "kinesis.stream-mode.on-demand");
            facts::on(&parameters).refuse_before(&parameters, "StreamMode", what, id);
            mode = Mode::OnDemand;
        }
        Some(Self { mode })
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.update_mode(self.mode, cx)
    }
}
