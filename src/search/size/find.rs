//! The cheapest size of a family: bounds by arithmetic first, then halving on the number of shards or brokers, and a
//! confirmation with other seeds. Of several instance types only those are looked at that can still be cheaper.

use super::family::{Family, Settings, Variant};
use super::trial::{Effort, Held, Measured, Question, Trial};
use crate::search::run::Stopped;

/// The answer for a family.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The name of the family.
    pub family: String,
    /// The size, or why there is none.
    pub size: Result<Size, String>,
    /// What it took.
    pub effort: Effort,
}

/// A size that holds every claim.
#[derive(Clone, Debug)]
pub struct Size {
    /// What it is called, such as `84 shards`.
    pub called: String,
    /// Its settings below the table of its system, without those of its family.
    pub settings: Settings,
    /// Its figures.
    pub measured: Measured,
    /// The next smaller size that was tried, and the claim that fails there.
    pub below: Option<(String, String)>,
    /// The scenario with every default.
    pub resolved: String,
}

/// A variant's size that was confirmed.
struct Fit {
    size: u64,
    measured: Measured,
    /// The largest smaller size that was tried, and why it does not do.
    below: Option<(u64, String)>,
}

/// Sizes are found to one part in so many.
const FINENESS: u64 = 32;
/// How often a size that a confirmation turns down is made larger, by twice as much each time.
const RAISES: u32 = 4;

/// Finds the answer for a family.
///
/// # Errors
/// What stopped the search.
pub fn answer(question: &Question<'_>, family: &Family) -> Result<Answer, Stopped> {
    let trial = Trial::new(question, family).map_err(Stopped::Invalid)?;
    let mut best: Option<(&Variant, Fit)> = None;
    let mut reason = None;
    for variant in &family.variants {
        let most = most_that_pays(variant, best.as_ref());
        if most < variant.from {
            continue;
        }
        match search(&trial, variant, most, question.seed)? {
            Ok(fit) => {
                let is_cheaper =
                    |(_, best): &(&Variant, Fit)| fit.measured.cost < best.measured.cost;
                if best.as_ref().is_none_or(is_cheaper) {
                    best = Some((variant, fit));
                }
            }
            Err(why) => reason = Some(reason.unwrap_or(why)),
        }
    }
    let size = match best {
        Some((variant, fit)) => size(&trial, variant, fit),
        None => Err(reason.unwrap_or_else(|| "no size that is offered is large enough".to_owned())),
    };
    Ok(Answer {
        family: family.name.clone(),
        size,
        effort: trial.effort(),
    })
}

/// The largest size of a variant whose machines cost less than those of the best one so far: what is paid for data is the
/// same for both.
fn most_that_pays(variant: &Variant, best: Option<&(&Variant, Fit)>) -> u64 {
    let Some((other, fit)) = best else {
        return variant.most;
    };
    if variant.price <= 0.0 {
        return 0;
    }
    let sizes = libm::ceil(other.price * fit.size as f64 / variant.price) - 1.0;
    let whole = sizes as u64 / variant.step * variant.step;
    whole.min(variant.most)
}

fn size(trial: &Trial<'_>, variant: &Variant, fit: Fit) -> Result<Size, String> {
    let scenario = trial.scenario(&variant.settings(fit.size))?;
    Ok(Size {
        called: variant.called(fit.size),
        settings: variant.settings(fit.size),
        measured: fit.measured,
        below: fit.below.map(|(size, why)| (variant.called(size), why)),
        resolved: scenario.resolved,
    })
}

/// The smallest size of a variant that is confirmed and not above `most`, or why there is none.
fn search(
    trial: &Trial<'_>,
    variant: &Variant,
    most: u64,
    seed: u64,
) -> Result<Result<Fit, String>, Stopped> {
    // Where arithmetic is right, the least size holds, and no other has to be tried.
    let least = trial.probe(&variant.settings(variant.from))?;
    let why = match least {
        Held::Yes => return confirm(trial, variant, variant.from, None, seed),
        Held::Refused(why) if variant.from >= most => {
            return Ok(Err(format!("not possible: {why}")));
        }
        Held::No(why) if variant.from >= most => {
            let least = variant.called(variant.from);
            return Ok(Err(format!("no size can: {why} fails with {least}")));
        }
        Held::No(why) | Held::Refused(why) => why,
    };
    // A claim that no size holds is found out with one more run.
    match trial.probe(&variant.settings(most))? {
        Held::Yes => {}
        Held::No(claim) => {
            let most = variant.called(most);
            return Ok(Err(format!("no size can: {claim} fails with {most} too")));
        }
        Held::Refused(why) => return Ok(Err(format!("not possible: {why}"))),
    }
    let (size, below) = smallest(trial, variant, (variant.from, why), most)?;
    confirm(trial, variant, size, Some(below), seed)
}

type Below = (u64, String);

/// The smallest size whose probe holds, between one that fails and one that holds: ever larger steps up, then halving.
fn smallest(
    trial: &Trial<'_>,
    variant: &Variant,
    mut low: Below,
    mut high: u64,
) -> Result<(u64, Below), Stopped> {
    let fine = (variant.from / FINENESS).max(variant.step);
    let mut stride = fine;
    loop {
        let size = variant.round(low.0 + stride).max(low.0 + 1);
        if size >= high {
            break;
        }
        match trial.probe(&variant.settings(size))? {
            Held::Yes => {
                high = size;
                break;
            }
            Held::No(why) | Held::Refused(why) => low = (size, why),
        }
        stride *= 2;
    }
    while high - low.0 > fine {
        let middle = variant.round(low.0 + (high - low.0) / 2);
        if middle >= high || middle <= low.0 {
            break;
        }
        match trial.probe(&variant.settings(middle))? {
            Held::Yes => high = middle,
            Held::No(why) | Held::Refused(why) => low = (middle, why),
        }
    }
    Ok((high, low))
}

/// Confirms a size with other seeds, and makes it larger while it is turned down.
fn confirm(
    trial: &Trial<'_>,
    variant: &Variant,
    mut size: u64,
    mut below: Option<Below>,
    seed: u64,
) -> Result<Result<Fit, String>, Stopped> {
    let mut stride = (variant.from / FINENESS).max(variant.step);
    for _ in 0..RAISES {
        let (held, measured) = trial.confirm(&variant.settings(size), seed.wrapping_add(1))?;
        let why = match held {
            Held::Yes => {
                return Ok(Ok(Fit {
                    size,
                    measured,
                    below,
                }));
            }
            Held::No(why) => why,
            Held::Refused(why) => return Ok(Err(format!("not possible: {why}"))),
        };
        let larger = variant.round(size + stride);
        if larger <= size {
            let called = variant.called(size);
            return Ok(Err(format!("no size can: {why} fails with {called}")));
        }
        below = Some((size, why));
        size = larger;
        stride *= 2;
    }
    let why = below.map_or(String::new(), |(_, why)| why);
    Ok(Err(format!(
        "no size was confirmed up to {}: {why}",
        variant.called(size)
    )))
}
