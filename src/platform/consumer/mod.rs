//! The consumer that all platforms share: a worker with its slices, what it holds for its sink, and the order of
//! keys that it is given. A platform adds how records get to a worker and where its positions are kept.

mod at_once;
mod chunk;
mod consumer_sink;
mod given;
mod handover;
mod order_watch;
mod reader;

pub use chunk::{Chunk, Part};
pub use consumer_sink::ConsumerSink;
pub use given::{follow, given};
pub use handover::{BufferStep, BufferedChunk, HandOver, Transaction};
pub use order_watch::{Disorder, OrderWatch};
pub use reader::Reader;
