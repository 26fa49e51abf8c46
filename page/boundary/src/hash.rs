//! `hash`: where a key goes on either platform.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use streamduel::platform::kafka::murmur2::{murmur2, partition};

/// The longest key, which is Kinesis' limit for partition keys `[characters]`.
const KEY_CHARACTERS_MAX: usize = 256;

/// A key, and how many lanes there are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// The key.
    pub key: String,
    /// How many partitions the topic has.
    pub partitions: u32,
}

/// Where a key goes.
#[derive(Debug, Serialize)]
pub(crate) struct Hashed {
    /// The MD5 of the key, in hexadecimal digits.
    md5: String,
    /// The same as a part of the hash key space, the whole being 0 to 1.
    share: f64,
    /// murmur2 of the key, as the Java client prints it.
    murmur2: i32,
    /// The partition of a topic with so many.
    partition: u32,
}

/// Hashes a key.
pub(crate) fn hash(request: &KeyRequest) -> Result<Hashed, String> {
    let length = request.key.chars().count();
    if length > KEY_CHARACTERS_MAX {
        return Err(format!(
            "the key has {length} characters; a partition key may have {KEY_CHARACTERS_MAX}"
        ));
    }
    if request.partitions == 0 {
        return Err("a topic has at least one partition".to_owned());
    }
    let digest: [u8; 16] = Md5::digest(request.key.as_bytes()).into();
    Ok(Hashed {
        md5: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        share: u128::from_be_bytes(digest) as f64 / u128::MAX as f64,
        murmur2: murmur2(request.key.as_bytes()),
        partition: partition(request.key.as_bytes(), request.partitions),
    })
}
