//! The fault state of the service: which errors calls meet now, and how much longer they take.
//!
//! While nothing can go wrong one flag says so, and no random number is drawn.

use crate::engine::Stream as Random;
use crate::platform::kinesis::Config;
use crate::units::{Nanos, SimTime};

/// Why a whole call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    /// `InternalFailure`, HTTP 500: SDKs try again.
    Internal,
    /// `KMSDisabledException`, HTTP 400.
    KmsDisabled,
    /// `KMSThrottlingException`, HTTP 400.
    KmsThrottled,
    /// `ResourceNotFoundException`, HTTP 400: there is no such stream.
    NotFound,
}

/// The faults that are active now: failing calls, lost answers, KMS, and a slow network.
#[derive(Clone, Debug)]
pub(super) struct Conditions {
    /// Whether no call can fail now and no answer can be lost: no random number has to be drawn.
    undisturbed: bool,
    /// Whether there is a stream that takes data.
    exists: bool,
    /// Faults under way that disable the KMS key.
    key_disabled: u32,
    /// Faults under way that throttle requests to KMS.
    key_throttled: u32,
    /// Share of attempts that fail with InternalFailure, 0 to 1.
    internal_failure: f64,
    /// Share of answers to puts that never reach the producer, 0 to 1.
    lost_answers: f64,
    /// Share of the invocations of functions that fail, 0 to 1.
    function_errors: f64,
    /// The one-way times between clients and the service are multiplied by this; 1 without a fault.
    pub(super) network_factor: u64,
    /// Share of calls that meet a lost zone while the service still uses it, 0 to 1.
    zone_share: f64,
    /// The instant at which the service has turned away from the zone that was lost last.
    zone_until: SimTime,
    /// Whether the stream is encrypted, so that errors of KMS concern it.
    encrypted: bool,
    /// Random numbers that decide which calls fail.
    luck: Random,
    /// How many of them were drawn.
    drawn: u64,
}

impl Conditions {
    /// The conditions at the beginning of a run.
    pub(super) fn new(config: &Config, luck: Random) -> Self {
        let mut conditions = Self {
            undisturbed: true,
            exists: !config.is_created(),
            key_disabled: 0,
            key_throttled: 0,
            internal_failure: config.service.internal_failure,
            lost_answers: config.service.lost_answers,
            function_errors: 0.0,
            network_factor: 1,
            zone_share: config.service.az_share,
            zone_until: SimTime::ZERO,
            encrypted: config.encrypted,
            luck,
            drawn: 0,
        };
        conditions.refresh(SimTime::ZERO);
        conditions
    }

    /// Finds out whether anything can go wrong from `now` on.
    pub(super) fn refresh(&mut self, now: SimTime) {
        let zone = now < self.zone_until;
        let kms = self.encrypted && self.kms_error().is_some();
        let certain = self.internal_failure <= 0.0 && self.lost_answers <= 0.0;
        self.undisturbed = self.exists && !zone && !kms && certain;
    }

    /// Whether no call can fail now and no answer can be lost.
    #[inline]
    pub(super) fn undisturbed(&self) -> bool {
        self.undisturbed
    }

    /// Whether there is a stream that takes data.
    pub(super) fn exists(&self) -> bool {
        self.exists
    }

    /// A fault that disables the KMS key begins or ends.
    pub(super) fn disable_key(&mut self, begins: bool) {
        self.key_disabled = counted(self.key_disabled, begins);
    }

    /// A fault that throttles requests to KMS begins or ends.
    pub(super) fn throttle_key(&mut self, begins: bool) {
        self.key_throttled = counted(self.key_throttled, begins);
    }

    /// `change` is added to the share of attempts that fail with InternalFailure.
    pub(super) fn add_internal_failure(&mut self, change: f64) {
        self.internal_failure = share(self.internal_failure + change);
    }

    /// `change` is added to the share of answers that are lost.
    pub(super) fn add_lost_answers(&mut self, change: f64) {
        self.lost_answers = share(self.lost_answers + change);
    }

    /// `change` is added to the share of invocations that fail.
    pub(super) fn add_function_errors(&mut self, change: f64) {
        self.function_errors = share(self.function_errors + change);
    }

    /// Whether an invocation of a function fails.
    pub(super) fn fail_function(&mut self) -> bool {
        self.chance(self.function_errors)
    }

    /// A zone is lost: calls that meet it fail until the service has turned away from it.
    pub(super) fn lose_zone(&mut self, now: SimTime, until: SimTime) {
        self.zone_until = self.zone_until.max(until);
        self.refresh(now);
    }

    /// The stream takes data from now on, or no longer.
    pub(super) fn set_exists(&mut self, now: SimTime, exists: bool) {
        self.exists = exists;
        self.refresh(now);
    }

    /// The stream is encrypted from now on, or no longer.
    pub(super) fn set_encrypted(&mut self, now: SimTime, encrypted: bool) {
        self.encrypted = encrypted;
        self.refresh(now);
    }

    /// The one-way time between a client and the service now; `usual` is its value without a slow network.
    #[inline]
    pub(super) fn on_network(&self, usual: Nanos) -> Nanos {
        Nanos(usual.0.saturating_mul(self.network_factor))
    }

    /// What KMS answers now: a disabled key outdoes a throttled one.
    fn kms_error(&self) -> Option<CallError> {
        match (self.key_disabled, self.key_throttled) {
            (0, 0) => None,
            (0, _) => Some(CallError::KmsThrottled),
            (_, _) => Some(CallError::KmsDisabled),
        }
    }

    fn chance(&mut self, share: f64) -> bool {
        if share <= 0.0 {
            return false;
        }
        self.drawn += 1;
        self.luck.uniform(self.drawn) < share
    }

    /// Whether the service fails a whole call; a call with a `single` record carries its failure.
    pub(super) fn fail_call(&mut self, now: SimTime, single: bool) -> Option<CallError> {
        if now >= self.zone_until && self.zone_until > SimTime::ZERO {
            self.zone_until = SimTime::ZERO;
            self.refresh(now);
        }
        if !self.exists {
            return Some(CallError::NotFound);
        }
        if let Some(error) = self.kms_error().filter(|_| self.encrypted) {
            return Some(error);
        }
        let zone = if now < self.zone_until {
            self.zone_share
        } else {
            0.0
        };
        let fails = self.chance(zone) || (single && self.chance(self.internal_failure));
        fails.then_some(CallError::Internal)
    }

    /// Whether one record of a PutRecords call fails with InternalFailure.
    pub(super) fn fail_record(&mut self) -> bool {
        self.chance(self.internal_failure)
    }

    /// Whether the answer of a put never arrives.
    pub(super) fn lose_answer(&mut self) -> bool {
        self.chance(self.lost_answers)
    }
}

/// The number of faults under way after one more begins or one of them ends.
fn counted(faults: u32, begins: bool) -> u32 {
    if begins {
        faults + 1
    } else {
        faults
            .checked_sub(1)
            .expect("a fault ends that never began")
    }
}

/// A share after an addition: what rounding leaves of nothing is nothing.
fn share(sum: f64) -> f64 {
    if sum < 1e-9 { 0.0 } else { sum }
}
