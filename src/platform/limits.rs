//! What a platform calls the limits that hold records up, and which of its settings decide them.

/// A platform's words for a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitWords {
    /// Its name in legends and tables, a noun.
    pub name: &'static str,
    /// What is said of the entity on which it acts: "shard 3 WAS AT ITS LIMIT OF BYTES".
    pub says: &'static str,
    /// The setting that decides it.
    pub setting: &'static str,
}

impl LimitWords {
    /// A name, what is said of the entity, the setting.
    #[must_use]
    pub const fn new(name: &'static str, says: &'static str, setting: &'static str) -> Self {
        Self {
            name,
            says,
            setting,
        }
    }
}
