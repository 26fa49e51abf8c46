//! What may go wrong on the way: InternalFailure, answers that never arrive, a lost zone, KMS.
//! In calm weather one flag says so and nothing is drawn.

use super::config::{Config, FaultKind};
use crate::engine::Stream;
use crate::units::SimTime;

/// Why a whole call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallError {
    /// `InternalFailure`, HTTP 500: SDKs try again.
    Internal,
    /// `KMSDisabledException`, HTTP 400.
    KmsDisabled,
    /// `KMSThrottlingException`, HTTP 400.
    KmsThrottled,
    /// `ResourceNotFoundException`, HTTP 400: there is no such stream.
    NotFound,
}

/// The conditions of now.
#[derive(Clone, Debug)]
pub(super) struct Weather {
    /// Nothing can go wrong now.
    pub calm: bool,
    /// There is a stream that takes data.
    pub there: bool,
    /// Faults of the key under way: disabled, throttled.
    kms: [u32; 2],
    /// Share of attempts that fail, always and by faults under way.
    internal: f64,
    lost: f64,
    az_share: f64,
    zone_until: SimTime,
    encrypted: bool,
    luck: Stream,
    drawn: u64,
}

impl Weather {
    pub(super) fn new(config: &Config, luck: Stream) -> Self {
        let mut weather = Self {
            calm: true,
            there: !config.is_created(),
            kms: [0; 2],
            internal: config.service.internal_failure,
            lost: config.service.lost_answers,
            az_share: config.service.az_share,
            zone_until: SimTime::ZERO,
            encrypted: config.encrypted,
            luck,
            drawn: 0,
        };
        weather.look(SimTime::ZERO);
        weather
    }

    fn look(&mut self, now: SimTime) {
        let zone = now < self.zone_until;
        let kms = self.encrypted && self.kms_error().is_some();
        self.calm = self.there && !zone && !kms && self.internal <= 0.0 && self.lost <= 0.0;
    }

    /// A fault begins or ends.
    pub(super) fn change(&mut self, now: SimTime, kind: FaultKind, begins: bool) {
        let sign = if begins { 1.0 } else { -1.0 };
        match kind {
            FaultKind::KmsDisabled => {
                self.kms[0] = self.kms[0].saturating_add_signed(if begins { 1 } else { -1 })
            }
            FaultKind::KmsThrottled => {
                self.kms[1] = self.kms[1].saturating_add_signed(if begins { 1 } else { -1 })
            }
            FaultKind::InternalFailure(share) => self.internal += sign * share,
            FaultKind::LostAnswers(share) => self.lost += sign * share,
        }
        if self.internal < 1e-9 {
            self.internal = 0.0;
        }
        if self.lost < 1e-9 {
            self.lost = 0.0;
        }
        self.look(now);
    }

    /// A zone is lost: calls that meet it fail until the service has turned away from it.
    pub(super) fn lose_zone(&mut self, now: SimTime, until: SimTime) {
        self.zone_until = self.zone_until.max(until);
        self.look(now);
    }

    /// The stream takes data from now on, or no longer.
    pub(super) fn appear(&mut self, now: SimTime, there: bool) {
        self.there = there;
        self.look(now);
    }

    /// The stream is encrypted from now on, or no longer.
    pub(super) fn encrypt(&mut self, now: SimTime, on: bool) {
        self.encrypted = on;
        self.look(now);
    }

    /// What KMS answers now: a disabled key outdoes a throttled one.
    fn kms_error(&self) -> Option<CallError> {
        match self.kms {
            [0, 0] => None,
            [0, _] => Some(CallError::KmsThrottled),
            _ => Some(CallError::KmsDisabled),
        }
    }

    fn chance(&mut self, share: f64) -> bool {
        if share <= 0.0 {
            return false;
        }
        self.drawn += 1;
        self.luck.uniform(self.drawn) < share
    }

    /// Whether the service fails a whole call; `single` calls carry the failure of their record.
    pub(super) fn call(&mut self, now: SimTime, single: bool) -> Option<CallError> {
        if now >= self.zone_until && self.zone_until > SimTime::ZERO {
            self.zone_until = SimTime::ZERO;
            self.look(now);
        }
        if !self.there {
            return Some(CallError::NotFound);
        }
        if let Some(error) = self.kms_error().filter(|_| self.encrypted) {
            return Some(error);
        }
        let zone = if now < self.zone_until {
            self.az_share
        } else {
            0.0
        };
        let fails = self.chance(zone) || (single && self.chance(self.internal));
        fails.then_some(CallError::Internal)
    }

    /// Whether one record of a PutRecords call fails with InternalFailure.
    pub(super) fn record(&mut self) -> bool {
        self.chance(self.internal)
    }

    /// Whether the answer of a put never arrives.
    pub(super) fn answer_lost(&mut self) -> bool {
        self.chance(self.lost)
    }
}
