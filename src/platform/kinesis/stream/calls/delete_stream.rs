//! DeleteStream: the stream goes with all that is in it.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, DeleteStream.

use super::{Request, need_true};
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::settings::Section;

/// DeleteStream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteStream;

impl Request for DeleteStream {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        need_true(call, name);
        Some(Self)
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.delete(cx)
    }
}
