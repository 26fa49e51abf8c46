//! The run loop: merges the shared input stream with a model's private timers.

use super::Queue;
use crate::units::SimTime;

/// Something that happens at a known instant.
pub trait Timed {
    /// The instant at which it happens.
    fn at(&self) -> SimTime;
}

/// A model: what it does with an input from outside and with a timer of its own.
pub trait Model {
    /// What comes from outside, in time order.
    type Input: Timed;
    /// The model's own timers: small and `Copy`.
    type Event: Copy;
    /// An input arrives; the clock stands at its instant.
    fn input(&mut self, input: Self::Input, queue: &mut Queue<Self::Event>);
    /// A timer fires; the clock stands at its instant.
    fn event(&mut self, event: Self::Event, queue: &mut Queue<Self::Event>);
}

/// Runs `model` over `inputs` until `end`, firing every timer that is due by then.
///
/// Inputs later than `end` are not consumed. The ties are described in [the module](super).
pub fn run<M: Model>(
    model: &mut M,
    inputs: &mut impl Iterator<Item = M::Input>,
    queue: &mut Queue<M::Event>,
    end: SimTime,
) {
    #[allow(
        clippy::while_let_on_iterator,
        reason = "`for` calls through the reference for every input"
    )]
    while let Some(input) = inputs.next() {
        let at = input.at();
        if at > end {
            break;
        }
        catch_up(model, queue, at);
        model.input(input, queue);
    }
    drain(model, queue, end);
}

/// Fires every timer that is due by `at`, the instant of an input, and moves the clock there.
#[inline(always)]
pub fn catch_up<M: Model>(model: &mut M, queue: &mut Queue<M::Event>, at: SimTime) {
    if queue.is_due(at) {
        drain(model, queue, at);
    }
    queue.advance(at);
}

/// Fires every timer that is due by `until`; kept out of the loop over inputs, which is hot.
#[inline(never)]
pub fn drain<M: Model>(model: &mut M, queue: &mut Queue<M::Event>, until: SimTime) {
    while let Some(event) = queue.pop_due(until) {
        model.event(event, queue);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tick(u64, &'static str);
    impl Timed for Tick {
        fn at(&self) -> SimTime {
            SimTime(self.0)
        }
    }
    struct Log(Vec<(u64, &'static str)>);
    impl Model for Log {
        type Input = Tick;
        type Event = &'static str;
        fn input(&mut self, Tick(at, name): Tick, queue: &mut Queue<&'static str>) {
            self.0.push((at, name));
            queue.at(SimTime(at + 5), "timer");
        }
        fn event(&mut self, event: &'static str, queue: &mut Queue<&'static str>) {
            self.0.push((queue.now().0, event));
        }
    }

    #[test]
    fn a_timer_fires_before_an_input_of_the_same_instant() {
        let mut log = Log(Vec::new());
        let inputs = [Tick(0, "a"), Tick(5, "b"), Tick(5, "c"), Tick(50, "late")];
        run(
            &mut log,
            &mut inputs.into_iter(),
            &mut Queue::new(),
            SimTime(20),
        );
        let expected = [
            (0, "a"),
            (5, "timer"),
            (5, "b"),
            (5, "c"),
            (10, "timer"),
            (10, "timer"),
        ];
        assert_eq!(log.0, expected);
    }
}
