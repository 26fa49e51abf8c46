//! CreateStream: the stream with the shards of the settings, which is ACTIVE after a while.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, CreateStream.

use super::{Request, need_true};
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::settings::Section;

/// CreateStream: there is no stream before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateStream;

impl Request for CreateStream {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        need_true(call, name);
        Some(Self)
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.create(cx)
    }
}
