//! `[sweep]` and `[size]`: what `streamduel sweep` and `streamduel size` go by. A run does not look at them.

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

/// What a search for sizes goes by when the command line does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SizeTable {
    /// What a size must hold: claims without the label of a system. Without them the claims of the file count.
    pub that: Vec<String>,
    /// Quantities that are not known, each as `path=LOW..HIGH UNIT`.
    pub uncertain: Vec<String>,
}

impl SizeTable {
    /// Reads `[size]`. It is no part of the resolved file, because it changes no run.
    pub(super) fn read(root: &Section<'_>) -> Self {
        if !root.has("size") {
            return Self::default();
        }
        let section = root.section("size").aside();
        Self {
            that: section.texts("that"),
            uncertain: section.texts("uncertain"),
        }
    }
}
