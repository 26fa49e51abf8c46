//! `controller-down`: the active controller dies.

use super::{Entry, Fault};
use crate::platform::kafka::control::{Control, Rooms};
use crate::platform::kafka::wire::Scope;

/// The active controller dies; another one takes over.
#[derive(Clone, Debug)]
pub struct ControllerDown {}

impl Fault for ControllerDown {
    fn read(from: &Entry<'_>) -> Option<Self> {
        let _ = from.entry.or(from.word, true);
        Some(Self {})
    }

    fn text(&self) -> String {
        "controller is lost".to_owned()
    }

    fn begin(&self, control: &mut Control, _: &mut Rooms<'_>, cx: &mut Scope<'_>) {
        control.lose_controller(cx);
    }

    fn end(&self, _: &mut Control, _: &mut Rooms<'_>, _: &mut Scope<'_>) {
        // Another controller has taken over meanwhile.
    }
}
