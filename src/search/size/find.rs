//! The cheapest size of a family: bounds by arithmetic first, then halving on the number of shards or brokers, and a
//! confirmation with other seeds. Of several instance types only those are looked at that can still be cheaper.

use super::family::{Family, Kind, Settings, Variant};
use super::trial::{Held, Measured, Question, Trial};
use crate::search::run::Stopped;

/// The answer for a family.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The name of the family.
    pub family: String,
    /// The size, or why there is none.
    pub size: Result<Size, String>,
    /// How many runs it took.
    pub runs: usize,
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
        if best
            .as_ref()
            .is_some_and(|best| cannot_be_cheaper(variant, best))
        {
            continue;
        }
        match search(&trial, variant, question.seed)? {
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
        runs: trial.runs(),
    })
}

/// Whether the least size of a variant costs as much for its machines as the best one so far: what is paid for data is the
/// same for both.
fn cannot_be_cheaper(variant: &Variant, best: &(&Variant, Fit)) -> bool {
    variant.price * variant.from as f64 >= best.0.price * best.1.size as f64
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

/// The smallest size of a variant that is confirmed, or why there is none.
fn search(trial: &Trial<'_>, variant: &Variant, seed: u64) -> Result<Result<Fit, String>, Stopped> {
    if variant.kind != Kind::Fixed {
        // A claim that no size holds is found out with one run.
        match trial.probe(&variant.settings(variant.most))? {
            Held::Yes => {}
            Held::No(claim) => {
                let most = variant.called(variant.most);
                return Ok(Err(format!("no size can: {claim} fails with {most} too")));
            }
            Held::Refused(why) => return Ok(Err(format!("not possible: {why}"))),
        }
    }
    let (size, below) = match smallest(trial, variant)? {
        Ok(found) => found,
        Err(why) => return Ok(Err(why)),
    };
    confirm(trial, variant, size, below, seed)
}

type Below = Option<(u64, String)>;

/// The smallest size whose probe holds: ever larger steps up from the least size, then halving.
fn smallest(trial: &Trial<'_>, variant: &Variant) -> Result<Result<(u64, Below), String>, Stopped> {
    let (mut low, mut high): (Below, u64) = (None, variant.most);
    let mut size = variant.from;
    let mut stride = (variant.from / FINENESS).max(variant.step);
    while size < variant.most {
        match trial.probe(&variant.settings(size))? {
            Held::Yes => {
                high = size;
                break;
            }
            Held::No(why) | Held::Refused(why) => low = Some((size, why)),
        }
        size = variant.round(size + stride).max(size + 1);
        stride *= 2;
    }
    let fine = (variant.from / FINENESS).max(variant.step);
    while let Some((bad, _)) = low
        && high - bad > fine
    {
        let middle = variant.round(bad + (high - bad) / 2);
        if middle >= high || middle <= bad {
            break;
        }
        match trial.probe(&variant.settings(middle))? {
            Held::Yes => high = middle,
            Held::No(why) | Held::Refused(why) => low = Some((middle, why)),
        }
    }
    Ok(Ok((high, low)))
}

/// Confirms a size with other seeds, and makes it larger while it is turned down.
fn confirm(
    trial: &Trial<'_>,
    variant: &Variant,
    mut size: u64,
    mut below: Below,
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
