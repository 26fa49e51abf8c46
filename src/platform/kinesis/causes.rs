//! Why records end before they are stored.

use super::stream::CallError;
use crate::probe::{Cause, Fate, Limit};

macro_rules! causes {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $fate:ident;)*) => {
        /// Why a record ends before it is stored.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum EarlyEnd { $($(#[$doc])* $id),* }
        /// Name and fate of each, in order.
        pub(crate) const CAUSES: &[Cause] =
            &[$(Cause::new($name, Fate::$fate)),*];
    };
}

causes! {
    /// A shard refused the record for its limits, and the producer gave up.
    Throttled = "ProvisionedThroughputExceededException", Refused;
    /// The record is larger than the stream takes.
    TooLarge = "ValidationException (record too large)", Refused;
    /// The producer holds as many records as it may.
    BacklogFull = "producer backlog full", Refused;
    /// The service failed, and the producer gave up.
    Internal = "InternalFailure", Refused;
    /// The KMS key is disabled.
    KmsDisabled = "KMSDisabledException", Refused;
    /// KMS throttles requests.
    KmsThrottled = "KMSThrottlingException", Refused;
    /// No answer came, and the producer gave up.
    TimedOut = "no answer", Refused;
    /// The time to live of the KPL is over.
    Expired = "Expired (RecordTtl)", ExpiredInClient;
    /// The user record is larger than the KPL takes.
    UserTooLarge = "larger than maxUserRecordSize", Refused;
    /// There is no such stream.
    NotFound = "ResourceNotFoundException", Refused;
}

impl EarlyEnd {
    /// Its place among the causes.
    pub(crate) fn number(self) -> usize {
        self as usize
    }
}

impl CallError {
    /// The limit behind the error.
    pub(crate) fn limit(self) -> Limit {
        match self {
            Self::Internal => Limit::ServiceFault,
            Self::KmsDisabled => Limit::KeyDisabled,
            Self::KmsThrottled => Limit::KeyThrottled,
            Self::NotFound => Limit::Absent,
        }
    }
}

impl From<CallError> for EarlyEnd {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Internal => Self::Internal,
            CallError::KmsDisabled => Self::KmsDisabled,
            CallError::KmsThrottled => Self::KmsThrottled,
            CallError::NotFound => Self::NotFound,
        }
    }
}
