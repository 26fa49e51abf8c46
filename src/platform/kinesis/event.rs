//! The timers of the model, by room: small, and never one per record.

use super::apps::AppEvent;
use super::stream::StreamEvent;
use super::writers::WriterEvent;
use crate::platform::Cx;

/// A timer of the model.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A timer of the stream.
    Stream(StreamEvent),
    /// A timer of the producers.
    Writers(WriterEvent),
    /// A timer of the consumer applications.
    Apps(AppEvent),
}

impl From<StreamEvent> for Event {
    #[inline]
    fn from(event: StreamEvent) -> Self {
        Self::Stream(event)
    }
}

impl From<WriterEvent> for Event {
    #[inline]
    fn from(event: WriterEvent) -> Self {
        Self::Writers(event)
    }
}

impl From<AppEvent> for Event {
    #[inline]
    fn from(event: AppEvent) -> Self {
        Self::Apps(event)
    }
}

/// What a room works with while it handles a timer: the queue of timers and the recorder.
pub(crate) type KinesisCx<'a> = Cx<'a, Event>;
