//! How many connections a broker accepts in a second.

use crate::settings::Section;

/// Reads `listener.name.client_iam.max.connection.creation.rate`: new connections a second that each broker accepts.
pub(super) fn read(section: &Section<'_>) -> Option<u64> {
    let key = "listener.name.client_iam.max.connection.creation.rate";
    section
        .has(key)
        .then(|| section.or_in(key, 20, 1..=1_000_000))
}
