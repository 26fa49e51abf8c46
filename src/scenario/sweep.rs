//! `[sweep]`: the settings that `streamduel sweep` goes over. A run does not look at them.

use crate::settings::Section;

/// What a sweep of the scenario goes over when the command line does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepTable {
    /// The axes, each as `path=values`.
    pub over: Vec<String>,
    /// Whether the axes go side by side instead of forming a grid.
    pub zip: bool,
    /// The figures that charts show.
    pub figures: Vec<String>,
}

impl SweepTable {
    /// Reads `[sweep]`. It is no part of the resolved file, because it changes no run.
    pub(super) fn read(root: &Section<'_>) -> Self {
        if !root.has("sweep") {
            return Self::default();
        }
        let section = root.section("sweep").aside();
        Self {
            over: section.texts("over"),
            zip: section.or("zip", false),
            figures: section.texts("figures"),
        }
    }
}
