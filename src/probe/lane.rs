//! Lanes over their life: opened, perhaps closed, perhaps gone, with a place in a family.

/// A shard or a partition: the unit of ordering and of parallelism.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its name on its platform.
    pub name: String,
    /// The bytes that it can take `[B/s]`.
    pub bytes_per_s: f64,
    /// The records that it can take `[records/s]`; infinite where there is no such limit.
    pub records_per_s: f64,
    /// When it was opened `[s]`.
    pub opened_s: f64,
    /// When it stopped taking records, if it did `[s]`.
    pub closed_s: Option<f64>,
    /// When its last records expired, if they did `[s]`.
    pub gone_s: Option<f64>,
    /// Its part of the hash key space, the whole being 0 to 1, where the platform has such a thing.
    pub range: Option<(f64, f64)>,
    /// The lanes that it took over from, as indices.
    pub parents: Vec<u32>,
}

impl Lane {
    /// A lane that is open from the beginning on.
    #[must_use]
    pub fn new(name: String, bytes_per_s: f64, records_per_s: f64) -> Self {
        let (closed_s, gone_s, range, parents) = (None, None, None, Vec::new());
        Self {
            name,
            bytes_per_s,
            records_per_s,
            opened_s: 0.0,
            closed_s,
            gone_s,
            range,
            parents,
        }
    }

    /// How long it was open between two instants `[s]`.
    #[must_use]
    pub fn open_within(&self, from: f64, to: f64) -> f64 {
        (self.closed_s.unwrap_or(to).min(to) - self.opened_s.max(from)).max(0.0)
    }

    /// The share of its limits that these totals are over `open_s` seconds of being open.
    #[must_use]
    pub fn share(&self, totals: &LaneTotals, open_s: f64) -> f64 {
        if open_s <= 0.0 {
            return 0.0;
        }
        let bytes = totals.bytes as f64 / (open_s * self.bytes_per_s);
        bytes.max(totals.records as f64 / (open_s * self.records_per_s))
    }
}

/// Totals of one lane.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LaneTotals {
    /// Records stored, as the platform counts them against its limits.
    pub records: u64,
    /// Their data, as the platform counts it `[B]`.
    pub bytes: u64,
    /// Refused attempts.
    pub throttled: u64,
}

impl LaneTotals {
    pub(super) fn add(&mut self, other: Self) {
        self.records += other.records;
        self.bytes += other.bytes;
        self.throttled += other.throttled;
    }
}

/// A machine that serves lanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// The zone that it stands in, from 0.
    pub zone: u32,
}

/// From when on a lane is served by whom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tenure {
    /// From when on `[s]`.
    pub t: f64,
    /// The lane.
    pub lane: u32,
    /// The host, or none while the lane is offline.
    pub host: Option<u32>,
    /// Copies in sync, the host's included.
    pub copies: u32,
}
