//! The cheapest size of a family: bounds by arithmetic first, then short runs that say where to look, halving on the number
//! of shards or brokers, and a confirmation with other seeds. Of several instance types only those are looked at that can still be cheaper.

use super::family::{Family, Settings, Variant};
use super::measured::Measured;
use super::trial::{Effort, Held, Question, Trial};
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
    let first = family.variants.first();
    let mut reason = first.and_then(|first| trial.hopeless(&first.settings(first.from)));
    // What arithmetic says holds for every size.
    let variants = match reason {
        Some(_) => &[],
        None => &family.variants[..],
    };
    for variant in variants {
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
    let begin = guess(trial, variant, most)?;
    let probe = |size: u64| trial.probe(&variant.settings(size));
    let why = match probe(begin)? {
        Held::Yes => {
            let (size, below) = lower(&probe, variant, begin)?;
            return confirm(trial, variant, size, below, seed);
        }
        failed if begin >= most => return Ok(Err(no_size(variant, begin, failed))),
        Held::No(why) | Held::Refused(why) => why,
    };
    if !trial.can_glance() {
        // A claim that no size holds is found out with one more run.
        let failed = probe(most)?;
        if failed != Held::Yes {
            return Ok(Err(no_size(variant, most, failed)));
        }
    }
    match higher(&probe, variant, (begin, why), most)? {
        Ok((size, below)) => confirm(trial, variant, size, Some(below), seed),
        Err(failed) => Ok(Err(no_size(variant, most, failed))),
    }
}

/// Why there is no size, when the largest one does not do.
fn no_size(variant: &Variant, size: u64, failed: Held) -> String {
    match failed {
        Held::Refused(why) => format!("not possible: {why}"),
        Held::No(why) => format!("no size can: {why} fails with {}", variant.called(size)),
        Held::Yes => String::new(),
    }
}

/// Where runs are looked at first: the smallest size that holds in a short run. Where arithmetic is right, that is the least one.
fn guess(trial: &Trial<'_>, variant: &Variant, most: u64) -> Result<u64, Stopped> {
    if !trial.can_glance() || variant.from >= most {
        return Ok(variant.from);
    }
    let glance = |size: u64| trial.glance(&variant.settings(size));
    let why = match glance(variant.from)? {
        Held::Yes => return Ok(variant.from),
        Held::No(why) | Held::Refused(why) => why,
    };
    let found = higher(&glance, variant, (variant.from, why), most)?;
    Ok(found.map_or(most, |(size, _)| size))
}

type Below = (u64, String);

/// How a size did in a run.
type Probe<'a> = dyn Fn(u64) -> Result<Held, Stopped> + 'a;

/// The steps in which sizes are found.
fn fineness(variant: &Variant) -> u64 {
    (variant.from / FINENESS).max(variant.step)
}

/// The smallest size that holds above one that fails, in ever larger steps up and then by halves; how the largest size
/// failed, if all do.
fn higher(
    probe: &Probe<'_>,
    variant: &Variant,
    mut low: Below,
    most: u64,
) -> Result<Result<(u64, Below), Held>, Stopped> {
    let mut stride = fineness(variant);
    loop {
        let size = variant.round(low.0 + stride).max(low.0 + 1).min(most);
        match probe(size)? {
            Held::Yes => return Ok(Ok(halve(probe, variant, low, size)?)),
            failed if size >= most => return Ok(Err(failed)),
            Held::No(why) | Held::Refused(why) => low = (size, why),
        }
        stride *= 2;
    }
}

/// The smallest size that holds at or below one that holds, in ever larger steps down and then by halves, and the size below it.
fn lower(
    probe: &Probe<'_>,
    variant: &Variant,
    mut high: u64,
) -> Result<(u64, Option<Below>), Stopped> {
    let mut stride = fineness(variant);
    while high > variant.from {
        // Rounding goes up; a step is never smaller than one of the variant's.
        let size = variant.round(high.saturating_sub(stride));
        match probe(size)? {
            Held::Yes => high = size,
            Held::No(why) | Held::Refused(why) => {
                let (size, below) = halve(probe, variant, (size, why), high)?;
                return Ok((size, Some(below)));
            }
        }
        stride *= 2;
    }
    Ok((high, None))
}

/// The smallest size that holds, between one that fails and one that holds, by halves.
fn halve(
    probe: &Probe<'_>,
    variant: &Variant,
    mut low: Below,
    mut high: u64,
) -> Result<(u64, Below), Stopped> {
    while high - low.0 > fineness(variant) {
        let middle = variant.round(low.0 + (high - low.0) / 2);
        if middle >= high || middle <= low.0 {
            break;
        }
        match probe(middle)? {
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
    let mut stride = fineness(variant);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::size::family::Kind;
    use std::cell::RefCell;

    fn variant(from: u64, most: u64, step: u64) -> Variant {
        Variant {
            unit: "shard".to_owned(),
            from,
            most,
            step,
            price: 0.0,
            kind: Kind::Shards,
        }
    }

    /// What a size of at least `least` gives, and which sizes were tried.
    fn probe(least: u64, tried: &RefCell<Vec<u64>>) -> impl Fn(u64) -> Result<Held, Stopped> {
        move |size| {
            tried.borrow_mut().push(size);
            Ok(if size >= least {
                Held::Yes
            } else {
                Held::No(format!("{size} fails"))
            })
        }
    }

    fn is_smallest(found: u64, below: &Below, least: u64, fine: u64) {
        assert!(found >= least && below.0 < least && found - below.0 <= fine);
        assert_eq!(below.1, format!("{} fails", below.0));
    }

    /// Wherever the search begins, it ends at the same place, tries no size twice, and tries few.
    #[test]
    fn a_search_from_anywhere_finds_the_smallest_size() {
        for (from, most, step) in [(3, 12, 1), (67, 268, 1), (12, 48, 3), (1, 1, 1)] {
            let variant = variant(from, most, step);
            for least in (from..=most).filter(|size| size % step == 0) {
                for begin in (from..=most).filter(|size| size % step == 0) {
                    let tried = RefCell::new(vec![begin]);
                    let probe = probe(least, &tried);
                    if begin < least {
                        let low = (begin, format!("{begin} fails"));
                        let found = higher(&probe, &variant, low, most);
                        let Ok(Ok((size, below))) = found else {
                            panic!("{least} from {begin}");
                        };
                        is_smallest(size, &below, least, fineness(&variant));
                    } else {
                        let Ok((size, below)) = lower(&probe, &variant, begin) else {
                            panic!("{least} from {begin}");
                        };
                        match below {
                            Some(below) => is_smallest(size, &below, least, fineness(&variant)),
                            None => assert_eq!((size, least), (from, from)),
                        }
                    }
                    let mut tried = tried.borrow().clone();
                    let count = tried.len();
                    tried.sort_unstable();
                    tried.dedup();
                    assert!(count == tried.len() && count <= 14, "{count} from {begin}");
                }
            }
        }
    }

    #[test]
    fn where_no_size_holds_the_largest_says_why() {
        let tried = RefCell::new(Vec::new());
        let low = (67, "67 fails".to_owned());
        let found = higher(&probe(1000, &tried), &variant(67, 268, 1), low, 268);
        let Ok(Err(failed)) = found else {
            panic!("a size was found");
        };
        assert_eq!(failed, Held::No("268 fails".to_owned()));
        assert_eq!(
            no_size(&variant(67, 268, 1), 268, failed),
            "no size can: 268 fails fails with 268 shards"
        );
    }
}
