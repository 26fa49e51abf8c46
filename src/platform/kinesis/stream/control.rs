//! The control plane: one operation at a time, limits per day, capacity modes, retention.
//!
//! A call is checked at once; what it changes takes effect when it is done, while reads and writes
//! go on. Pure state: whoever owns it decides when an operation is done.
//!
//! # Source
//! API SplitShard, MergeShards, UpdateShardCount, UpdateStreamMode, UpdateStreamWarmThroughput.

use super::api::{self, Answer, ApiError, Refusal};
use super::hash::HashKey;
use super::lineage::{Change, Lineage};
use crate::platform::kinesis::ids::ShardId;
use crate::units::{Nanos, SimTime, counted};

/// `StreamStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Being made; not there yet for anybody.
    Creating,
    /// Ready for control operations.
    Active,
    /// An operation is under way; reads and writes go on.
    Updating,
    /// Being deleted.
    Deleting,
    /// There is no stream: not created yet, or deleted.
    Absent,
}

/// `StreamMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The owner sets the number of shards.
    Provisioned,
    /// The service does.
    OnDemand,
}

/// Limits of the control plane.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// Open shards that the account may have.
    pub shards_account: u64,
    /// Open shards that a stream may have after UpdateShardCount.
    pub shards_stream: u64,
    /// UpdateShardCount calls per rolling 24 h.
    pub updates_per_day: usize,
    /// Mode switches per rolling 24 h.
    pub switches_per_day: usize,
    /// Switches of encryption per rolling 24 h, on and off each.
    pub encryptions_per_day: usize,
}

/// A rolling day's budget of calls.
#[derive(Clone, Debug, Default)]
struct Budget(Vec<SimTime>);

impl Budget {
    fn used(&self, now: SimTime) -> usize {
        const DAY: Nanos = Nanos::from_secs(24 * 3600);
        self.0.iter().filter(|at| **at + DAY > now).count()
    }

    fn take(&mut self, now: SimTime, most: usize, what: &str) -> Answer<()> {
        if self.used(now) >= most {
            let why = format!("{what} was called {most} times in the last 24 h");
            return Err(Refusal::new(ApiError::LimitExceeded, why));
        }
        self.0.push(now);
        Ok(())
    }
}

/// The control plane of one stream.
#[derive(Clone, Debug)]
pub struct Control {
    /// The shards.
    pub lineage: Lineage,
    /// The status.
    pub status: Status,
    /// The mode.
    pub mode: Mode,
    quotas: Quotas,
    updates: Budget,
    switches: Budget,
    /// Where UpdateShardCount is heading.
    target: Option<u32>,
    /// Whether its plan has splits and merges, which then go one at a time.
    mixed: bool,
    /// Changes under way.
    changes: Vec<Change>,
    /// Operations without shards that are under way.
    others: u32,
    encryptions: [Budget; 2],
}

impl Control {
    /// A stream with equal shards, ready.
    #[must_use]
    pub fn new(shards: u32, mode: Mode, quotas: Quotas) -> Self {
        Self {
            lineage: Lineage::new(shards, SimTime::ZERO),
            status: Status::Active,
            mode,
            quotas,
            updates: Budget::default(),
            switches: Budget::default(),
            target: None,
            mixed: false,
            changes: Vec::new(),
            others: 0,
            encryptions: <[Budget; 2]>::default(),
        }
    }

    /// The number of open shards.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.lineage.open().len() as u32
    }

    /// Calls of UpdateShardCount that are left now.
    #[must_use]
    pub fn updates_left(&self, now: SimTime) -> usize {
        self.quotas
            .updates_per_day
            .saturating_sub(self.updates.used(now))
    }

    fn ready(&self) -> Answer<()> {
        match self.status {
            Status::Active => Ok(()),
            Status::Absent => Err(Refusal::new(
                ApiError::ResourceNotFound,
                "there is no such stream",
            )),
            status => Err(Refusal::new(
                ApiError::ResourceInUse,
                format!("the stream is {status:?}"),
            )),
        }
    }

    fn provisioned(&self, what: &str) -> Answer<()> {
        if self.mode == Mode::Provisioned {
            return Ok(());
        }
        Err(Refusal::new(
            ApiError::Validation,
            format!("{what} needs the mode PROVISIONED"),
        ))
    }

    fn room(&self, more: u64) -> Answer<()> {
        if u64::from(self.open()) + more <= self.quotas.shards_account {
            return Ok(());
        }
        let why = format!(
            "the account may have {} open shards",
            self.quotas.shards_account
        );
        Err(Refusal::new(ApiError::LimitExceeded, why))
    }

    fn begin(&mut self, change: Change) -> Change {
        self.status = Status::Updating;
        self.changes.push(change);
        change
    }

    /// SplitShard.
    ///
    /// # Errors
    /// Those of the API, in its names.
    pub fn split(&mut self, shard: ShardId, at: HashKey) -> Answer<Change> {
        self.provisioned("SplitShard")?;
        self.ready()?;
        let change = self.lineage.check_split(shard, at)?;
        self.room(1)?;
        Ok(self.begin(change))
    }

    /// MergeShards.
    ///
    /// # Errors
    /// Those of the API, in its names.
    pub fn merge(&mut self, lower: ShardId, upper: ShardId) -> Answer<Change> {
        self.provisioned("MergeShards")?;
        self.ready()?;
        let change = self.lineage.check_merge(lower, upper)?;
        Ok(self.begin(change))
    }

    /// UpdateShardCount with UNIFORM_SCALING: half to double the open shards, ten times a day.
    /// Returns the open shards of now; [`Control::more`] then says what to start.
    ///
    /// # Errors
    /// Those of the API, in its names.
    pub fn update_shard_count(&mut self, target: u64, now: SimTime) -> Answer<u32> {
        if target < 1 {
            return Err(Refusal::new(
                ApiError::Validation,
                "`TargetShardCount` is 0",
            ));
        }
        self.provisioned("UpdateShardCount")?;
        self.ready()?;
        let open = u64::from(self.open());
        if target > 2 * open || 2 * target < open {
            let why = format!(
                "{} from {open}: at most double, at least half",
                counted(target, "shard")
            );
            return Err(Refusal::new(ApiError::InvalidArgument, why));
        }
        if target > self.quotas.shards_stream && target >= open {
            let why = format!(
                "a stream may have {}",
                counted(self.quotas.shards_stream, "shard")
            );
            return Err(Refusal::new(ApiError::LimitExceeded, why));
        }
        self.room(target.saturating_sub(open))?;
        self.updates
            .take(now, self.quotas.updates_per_day, "UpdateShardCount")?;
        (self.status, self.target) = (Status::Updating, Some(target as u32));
        self.mixed = !target.is_multiple_of(open) && !open.is_multiple_of(target);
        Ok(open as u32)
    }

    /// UpdateStreamMode: the shards stay as they are.
    ///
    /// # Errors
    /// Those of the API, in its names.
    pub fn update_mode(&mut self, mode: Mode, now: SimTime) -> Answer<()> {
        self.ready()?;
        self.switches
            .take(now, self.quotas.switches_per_day, "UpdateStreamMode")?;
        (self.status, self.mode) = (Status::Updating, mode);
        self.others += 1;
        Ok(())
    }

    /// An operation without shards begins: another record size, encryption.
    ///
    /// # Errors
    /// `ResourceInUseException`.
    pub fn update_other(&mut self) -> Answer<()> {
        self.ready()?;
        self.status = Status::Updating;
        self.others += 1;
        Ok(())
    }

    /// StartStreamEncryption or, unless `on`, StopStreamEncryption begins.
    ///
    /// # Errors
    /// `ResourceInUseException`, `LimitExceededException`.
    pub fn update_encryption(&mut self, on: bool, now: SimTime) -> Answer<()> {
        self.ready()?;
        let what = if on {
            "StartStreamEncryption"
        } else {
            "StopStreamEncryption"
        };
        self.encryptions[usize::from(on)].take(now, self.quotas.encryptions_per_day, what)?;
        self.update_other()
    }

    /// CreateStream: CREATING until [`Control::finish_lifecycle_step`].
    ///
    /// # Errors
    /// `ResourceInUseException` if the stream exists, `LimitExceededException`.
    pub fn create(&mut self) -> Answer<()> {
        if self.status != Status::Absent {
            return Err(Refusal::new(ApiError::ResourceInUse, "the stream exists"));
        }
        self.room(0)?;
        self.status = Status::Creating;
        Ok(())
    }

    /// DeleteStream: DELETING until [`Control::finish_lifecycle_step`].
    ///
    /// # Errors
    /// `ResourceNotFoundException`, `ResourceInUseException`.
    pub fn delete(&mut self) -> Answer<()> {
        self.ready()?;
        self.status = Status::Deleting;
        Ok(())
    }

    /// CREATING ends in ACTIVE, DELETING in nothing.
    pub fn finish_lifecycle_step(&mut self) {
        self.status = match self.status {
            Status::Creating => Status::Active,
            Status::Deleting => Status::Absent,
            other => other,
        };
    }

    /// The service itself scales an on-demand stream to `target` equal shards, without a budget.
    pub fn rescale(&mut self, target: u32) {
        (self.status, self.target) = (Status::Updating, Some(target.max(1)));
    }

    /// The service itself splits a shard of an on-demand stream, in its middle.
    pub fn split_middle(&mut self, shard: ShardId) -> Option<Change> {
        let busy = self
            .changes
            .iter()
            .any(|change| change.parents().any(|parent| parent == shard));
        let change = self
            .lineage
            .check_split(shard, self.lineage.get(shard).middle())
            .ok();
        let change = change.filter(|_| !busy)?;
        self.changes.push(change);
        Some(change)
    }

    /// The next change on the way to the target of UpdateShardCount, if fewer than `parallel` run.
    pub fn more(&mut self, parallel: usize) -> Option<Change> {
        let parallel = if self.mixed { 1 } else { parallel };
        let target = self.target.filter(|_| self.changes.len() < parallel)?;
        let busy: Vec<ShardId> = self
            .changes
            .iter()
            .flat_map(|change| change.parents())
            .collect();
        match self.lineage.step_towards(target, &busy) {
            Some(change) => Some(self.begin(change)),
            None => {
                if self.changes.is_empty() {
                    (self.target, self.mixed) = (None, false);
                    self.rest();
                }
                None
            }
        }
    }

    /// A change is done: returns the children.
    pub fn done(&mut self, change: Change, now: SimTime) -> Vec<ShardId> {
        self.changes.retain(|running| *running != change);
        let born = self.lineage.apply(change, now);
        self.rest();
        born
    }

    /// An operation without shards is done.
    ///
    /// # Panics
    /// If none is under way: a bug of the model.
    pub fn settle(&mut self) {
        self.others = self
            .others
            .checked_sub(1)
            .expect("an operation ends that never began");
        self.rest();
    }

    /// ACTIVE again if nothing is under way.
    fn rest(&mut self) {
        let idle = self.changes.is_empty() && self.target.is_none() && self.others == 0;
        if idle && self.status == Status::Updating {
            self.status = Status::Active;
        }
    }
}

/// Reads a shard's number from its id.
///
/// # Errors
/// `ValidationException` for an empty id, `ResourceNotFoundException` for one that is none.
pub fn shard_of(id: &str) -> Answer<ShardId> {
    if id.is_empty() {
        return Err(Refusal::new(ApiError::Validation, "the shard id is empty"));
    }
    let missing = || {
        Refusal::new(
            ApiError::ResourceNotFound,
            format!("there is no shard `{id}`"),
        )
    };
    super::hash::shard_number(id).ok_or_else(missing)
}

/// SplitShard as the API takes it, in text.
///
/// # Errors
/// Those of the API, in its names.
pub fn split_of(shard: &str, at: &str) -> Answer<(ShardId, HashKey)> {
    let at = api::hash_key(at)?;
    Ok((shard_of(shard)?, at))
}
