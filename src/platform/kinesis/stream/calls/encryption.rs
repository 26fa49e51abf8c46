//! StartStreamEncryption and StopStreamEncryption.
//!
//! # Source
//! Amazon Kinesis Data Streams API Reference, StartStreamEncryption and StopStreamEncryption.

use super::Request;
use crate::platform::kinesis::KinesisCx;
use crate::platform::kinesis::stream::Stream;
use crate::platform::kinesis::stream::api::Answer;
use crate::settings::Section;

/// StartStreamEncryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartEncryption;

/// StopStreamEncryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopEncryption;

/// Reads `EncryptionType`, which has one possible value.
fn read_type(parameters: &Section<'_>) {
    let _ = parameters.choice("EncryptionType", "KMS", &["KMS"]);
}

impl Request for StartEncryption {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        read_type(&call.section(name));
        Some(Self)
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.update_encryption(true, cx)
    }
}

impl Request for StopEncryption {
    fn read(call: &Section<'_>, name: &str) -> Option<Self> {
        read_type(&call.section(name));
        Some(Self)
    }

    fn make(self, stream: &mut Stream, cx: &mut KinesisCx<'_>) -> Answer<String> {
        stream.update_encryption(false, cx)
    }
}
