//! The inputs of a system behind another one: its records are what a consumer there was done with.

use super::{Input, Inputs, Record, Run, Runs};
use crate::units::SimTime;

/// Inputs whose records come from another system, each with the instant at which it comes.
pub struct Relayed<'a> {
    pub(super) marks: Inputs<'a>,
    pub(super) records: std::vec::IntoIter<(SimTime, Record)>,
    pub(super) next: Option<(SimTime, Record)>,
}

impl Runs for Relayed<'_> {
    fn next_run(&mut self) -> Option<Run<'_>> {
        let input = match self.next {
            Some((at, record)) if at.0 < self.marks.next_mark => {
                self.next = self.records.next();
                Some(Input::Relayed(at, record))
            }
            _ => self.marks.take_mark(),
        };
        input.map(Run::Input)
    }
}
