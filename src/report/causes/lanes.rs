//! Lanes that refuse: is one of them too hot, are all of them too small, or do writes come in bursts?

use super::{Cause, Scene};
use crate::probe::Limit;
use crate::report::format;

/// A lane that used less than this of its limit over the intervals in which it refused was not short of capacity.
const NEAR_LIMIT: f64 = 0.8;
/// A lane is hot if it was used so many times as much as all together.
const SKEW_TIMES: f64 = 1.5;

/// The use of lanes while they refused, weighted by refusals.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    /// Of the lanes that refused, as shares of their limits.
    refusing: f64,
    /// Of all open lanes in the same intervals.
    all: f64,
}

/// How lanes were used while they refused; `None` if nothing was refused, or only totals are known.
fn while_refusing(scene: &Scene<'_>) -> Option<Use> {
    let (mut used, mut refusals) = (Use::default(), 0.0);
    for point in &scene.run.points {
        let begin = point.t - point.length;
        let open = scene.run.lanes.iter().zip(&point.utilisation);
        let open: Vec<f64> = open
            .filter(|(lane, _)| lane.open_within(begin, point.t) > 0.0)
            .map(|(_, used)| f64::from(*used))
            .collect();
        let all = open.iter().sum::<f64>() / open.len().max(1) as f64;
        let lanes = point.lane_throttled.iter().zip(&point.utilisation);
        for (refused, share) in lanes.filter(|(refused, _)| **refused > 0) {
            let refused = f64::from(*refused);
            used.refusing += refused * f64::from(*share);
            used.all += refused * all;
            refusals += refused;
        }
    }
    (refusals > 0.0).then(|| Use {
        refusing: used.refusing / refusals,
        all: used.all / refusals,
    })
}

/// A cause with what the use of lanes says about it.
pub(super) fn with_remark(scene: &Scene<'_>, cause: Cause) -> Cause {
    if !matches!(
        cause.limit,
        Limit::LaneBytes | Limit::LaneRecords | Limit::ScalingStep
    ) {
        return cause;
    }
    let Some(used) = while_refusing(scene) else {
        return cause;
    };
    let (remark, setting) = remark(scene, used);
    Cause {
        remark: Some(remark),
        setting: setting.or(cause.setting),
        ..cause
    }
}

/// What the use of lanes says, and the setting that decides if it is not the limit's own.
fn remark(scene: &Scene<'_>, used: Use) -> (String, Option<&'static str>) {
    let lane = scene.system.names.lane;
    let (refusing, all) = (format::percent(used.refusing), format::percent(used.all));
    if used.refusing < NEAR_LIMIT {
        let remark = format!(
            "Writes came in bursts: over the sampling intervals in which a {lane} refused, it took only {refusing} of what its \
             limit allows"
        );
        return (
            remark,
            Some(
                "how much a call carries at once and how evenly the sources send; more capacity is not needed",
            ),
        );
    }
    if used.refusing >= SKEW_TIMES * used.all {
        let remark = format!(
            "This is skew: while {lane}s refused, they were at {refusing} of their limits, and all {lane}s together at {all}"
        );
        return (
            remark,
            Some("the keys; more capacity helps only if it parts the hot keys"),
        );
    }
    let remark = format!(
        "The {lane}s were too few: while they refused, they were at {refusing} of their limits, and all together at {all}"
    );
    (remark, None)
}
