//! What the API accepts, and under which of its own names it refuses.
//!
//! # Source
//! The API's service model and reference; held against golden data of three implementations
//! (`tests/golden/kinesis-validation.json`).

use super::hash::HashKey;

/// An error name of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// A parameter breaks the service model: length, range, pattern, presence.
    Validation,
    /// A parameter is well formed and makes no sense here.
    InvalidArgument,
    /// No such stream or shard.
    ResourceNotFound,
    /// The stream is not ACTIVE.
    ResourceInUse,
    /// A quota is used up.
    LimitExceeded,
}

impl ApiError {
    /// The name that the service uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "ValidationException",
            Self::InvalidArgument => "InvalidArgumentException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::ResourceInUse => "ResourceInUseException",
            Self::LimitExceeded => "LimitExceededException",
        }
    }
}

/// A refused call: the error and a sentence of ours about the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The error.
    pub error: ApiError,
    /// Why.
    pub why: String,
}

impl Refusal {
    /// A refusal for this reason.
    #[must_use]
    pub fn new(error: ApiError, why: impl Into<String>) -> Self {
        Self {
            error,
            why: why.into(),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.error.name(), self.why)
    }
}

/// What a call gives: a value or a refusal.
pub type Answer<T> = Result<T, Refusal>;

fn ensure(holds: bool, error: ApiError, why: impl FnOnce() -> String) -> Answer<()> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::new(error, why()))
    }
}

/// A stream name: 1 to 128 of `[a-zA-Z0-9_.-]`.
///
/// # Errors
/// `ValidationException`.
pub fn stream_name(name: &str) -> Answer<()> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    let good = (1..=128).contains(&name.chars().count()) && name.chars().all(fits);
    ensure(good, ApiError::Validation, || {
        format!("`{name}` is no stream name")
    })
}

/// A partition key: 1 to `most` Unicode characters (code points; the documentation says no more).
///
/// # Errors
/// `ValidationException`.
pub fn partition_key(key: Option<&str>, most: u64) -> Answer<()> {
    let length = key.map_or(0, |key| key.chars().count() as u64);
    ensure((1..=most).contains(&length), ApiError::Validation, || {
        format!("a partition key of {length} characters; it must have 1 to {most}")
    })
}

/// A hash key: a decimal number without sign or leading zero, below 2^128.
///
/// # Errors
/// `ValidationException` where the pattern does not match, `InvalidArgumentException` from 2^128 on.
pub fn hash_key(text: &str) -> Answer<HashKey> {
    let digits = !text.is_empty() && text.len() <= 39 && text.bytes().all(|b| b.is_ascii_digit());
    ensure(
        digits && (text.len() == 1 || !text.starts_with('0')),
        ApiError::Validation,
        || format!("`{text}` does not match 0|([1-9]\\d{{0,38}})"),
    )?;
    let number = text.parse();
    number.map(HashKey).map_err(|_| {
        Refusal::new(
            ApiError::InvalidArgument,
            format!("`{text}` is 2^128 or more"),
        )
    })
}

/// A record: `data` bytes before base64 (`None` if missing) under a partition key of `key` bytes.
/// Data and key count together against `most`.
///
/// # Errors
/// `ValidationException`.
pub fn record_size(data: Option<u64>, key: u64, most: u64) -> Answer<u64> {
    let Some(data) = data else {
        return Err(Refusal::new(ApiError::Validation, "the record has no data"));
    };
    let size = data + key;
    ensure(size <= most, ApiError::Validation, || {
        format!("a record of {size} B with its key; the stream takes {most} B")
    })?;
    Ok(size)
}

/// A PutRecords call of `records` records and `bytes` bytes with keys.
///
/// # Errors
/// `ValidationException` for the number of records, `InvalidArgumentException` for their size.
pub fn put_records(records: u64, bytes: u64, records_most: u64, bytes_most: u64) -> Answer<()> {
    ensure(
        (1..=records_most).contains(&records),
        ApiError::Validation,
        || format!("{records} records in a call; 1 to {records_most} are allowed"),
    )?;
    ensure(bytes <= bytes_most, ApiError::InvalidArgument, || {
        format!("{bytes} B in a call; {bytes_most} B are allowed")
    })
}

/// `Limit` of GetRecords.
///
/// # Errors
/// `ValidationException` below 1, `InvalidArgumentException` above `most`.
pub fn get_records_limit(limit: u64, most: u64) -> Answer<()> {
    ensure(limit >= 1, ApiError::Validation, || {
        format!("`Limit` is {limit}")
    })?;
    ensure(limit <= most, ApiError::InvalidArgument, || {
        format!("`Limit` is {limit}; at most {most}")
    })
}

/// CreateStream with `shards` where `limit` open shards are left in the account.
///
/// # Errors
/// `ResourceInUseException` if the stream exists, `ValidationException`, `LimitExceededException`.
pub fn create_stream(name: &str, shards: i64, exists: bool, limit: u64) -> Answer<u32> {
    stream_name(name)?;
    ensure(shards >= 1, ApiError::Validation, || {
        format!("`ShardCount` is {shards}")
    })?;
    ensure(!exists, ApiError::ResourceInUse, || {
        format!("`{name}` exists")
    })?;
    ensure(shards as u64 <= limit, ApiError::LimitExceeded, || {
        format!("{shards} shards; the account has {limit} left")
    })?;
    Ok(shards as u32)
}

/// IncreaseStreamRetentionPeriod or, if `shorter`, DecreaseStreamRetentionPeriod from `now` hours.
///
/// # Errors
/// `InvalidArgumentException`.
pub fn retention(now: u64, hours: u64, shorter: bool, least: u64, most: u64) -> Answer<u64> {
    let refuse = |why: String| Err(Refusal::new(ApiError::InvalidArgument, why));
    if !(least..=most).contains(&hours) {
        return refuse(format!("{hours} h; it must lie between {least} and {most}"));
    }
    match (shorter, hours.cmp(&now)) {
        (false, std::cmp::Ordering::Less) => {
            refuse(format!("{hours} h is less than the present {now}"))
        }
        (true, std::cmp::Ordering::Greater) => {
            refuse(format!("{hours} h is more than the present {now}"))
        }
        _ => Ok(hours),
    }
}

/// Where a shard iterator points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IteratorType {
    /// At the record of this number.
    AtSequenceNumber,
    /// After the record of this number.
    AfterSequenceNumber,
    /// At the oldest record that is still retained.
    TrimHorizon,
    /// Just after the newest record.
    Latest,
    /// At the first record from this time on.
    AtTimestamp,
}

/// GetShardIterator's type, with the parameters that it needs and no other.
///
/// # Errors
/// `ValidationException` for an unknown type, `InvalidArgumentException` for parameters that do not fit.
pub fn iterator_type(word: &str, has_number: bool, has_time: bool) -> Answer<IteratorType> {
    let (kind, number, time) = match word {
        "AT_SEQUENCE_NUMBER" => (IteratorType::AtSequenceNumber, true, false),
        "AFTER_SEQUENCE_NUMBER" => (IteratorType::AfterSequenceNumber, true, false),
        "TRIM_HORIZON" => (IteratorType::TrimHorizon, false, false),
        "LATEST" => (IteratorType::Latest, false, false),
        "AT_TIMESTAMP" => (IteratorType::AtTimestamp, false, true),
        _ => {
            return Err(Refusal::new(
                ApiError::Validation,
                format!("`{word}` is no iterator type"),
            ));
        }
    };
    ensure(
        number == has_number && time == has_time,
        ApiError::InvalidArgument,
        || format!("{word} with the parameters of another type"),
    )?;
    Ok(kind)
}
