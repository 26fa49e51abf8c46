//! Ranges of records that a worker has fetched.

/// Records of one lane that a worker has fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The lane that they come from.
    pub lane: u32,
    /// The offset of the first.
    pub first: u64,
    /// How many there are.
    pub count: u64,
}

/// A part of a slice: records of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The records.
    pub chunk: Chunk,
    /// Whether they are the last of the chunk that was fetched.
    pub last: bool,
}
