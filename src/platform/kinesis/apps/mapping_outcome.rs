//! What a Lambda mapping does with a batch whose invocation failed: a rule without time.
//!
//! # Source
//! <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html> (splitting a batch does not use up
//! retries) and <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>.

use crate::platform::kinesis::MappingConfig;

/// What is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remainder {
    /// The whole batch.
    Whole,
    /// The records from this number on; those before are done with, and the retries begin anew.
    From(u64),
    /// The records before this number, and after them the others, each as a batch of its own.
    Halves(u64),
}

/// What happens to a batch whose invocation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is tried again after a back-off; `counts` if that uses up a retry.
    Again { remainder: Remainder, counts: bool },
    /// The mapping gives up, and goes on behind it.
    Discard,
}

/// Decides about a batch of `records`, `retries` of which are used up, when its function failed after `processed`
/// records. With `ReportBatchItemFailures` the function returns which record failed.
pub(super) fn outcome(
    config: &MappingConfig,
    records: u64,
    retries: u64,
    processed: u64,
) -> Outcome {
    let again = |remainder, counts| Outcome::Again { remainder, counts };
    if config.partial && processed > 0 {
        return again(Remainder::From(processed), false);
    }
    if config.bisect && records > 1 {
        return again(Remainder::Halves(records.div_ceil(2)), false);
    }
    if config.retries.is_some_and(|most| retries >= most) {
        return Outcome::Discard;
    }
    again(Remainder::Whole, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(bisect: bool, partial: bool, retries: Option<u64>) -> MappingConfig {
        MappingConfig {
            bisect,
            partial,
            retries,
            ..MappingConfig::default()
        }
    }

    fn again(remainder: Remainder, counts: bool) -> Outcome {
        Outcome::Again { remainder, counts }
    }

    #[test]
    fn without_limits_the_whole_batch_is_tried_for_ever() {
        let config = config(false, false, None);
        let outcome = outcome(&config, 100, 1_000_000, 7);
        assert_eq!(outcome, again(Remainder::Whole, true));
    }

    #[test]
    fn halving_uses_up_no_retries_and_ends_at_one_record() {
        let config = config(true, false, Some(3));
        let halves = |records, retries| outcome(&config, records, retries, 0);
        assert_eq!(halves(100, 3), again(Remainder::Halves(50), false));
        assert_eq!(halves(3, 3), again(Remainder::Halves(2), false));
        assert_eq!(halves(1, 2), again(Remainder::Whole, true));
        assert_eq!(halves(1, 3), Outcome::Discard);
    }

    #[test]
    fn a_function_that_names_the_record_keeps_what_came_before() {
        let config = config(true, true, Some(3));
        let outcome = |processed| outcome(&config, 100, 3, processed);
        assert_eq!(outcome(40), again(Remainder::From(40), false));
        assert_eq!(outcome(0), again(Remainder::Halves(50), false));
    }
}
