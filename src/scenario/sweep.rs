//! `[sweep]`, `[size]` and `[atlas]`: what `streamduel sweep`, `size` and `atlas` go by. A run does not look at them.

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
    /// Quantities that are not known, each as `path=LOW..HIGH UNIT` or `path=LOW..MID..HIGH UNIT`.
    pub uncertain: Vec<String>,
    /// Whether the claims must hold through the loss of each zone as well.
    pub survive_zone: bool,
    /// What an atlas of sizes goes over.
    pub atlas: AtlasTable,
}

impl SizeTable {
    /// Reads `[size]`. It is no part of the resolved file, because it changes no run.
    pub(super) fn read(root: &Section<'_>) -> Self {
        let atlas = AtlasTable::read(root);
        if !root.has("size") {
            return Self {
                atlas,
                ..Self::default()
            };
        }
        let section = root.section("size").aside();
        Self {
            that: section.texts("that"),
            uncertain: read_uncertain(&section),
            survive_zone: section.choice("survive", "nothing", &["nothing", "zone"]) == "zone",
            atlas,
        }
    }
}

/// What an atlas of the scenario goes over when the command line does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtlasTable {
    /// The two axes, each as `path=values`. With them the gallery draws the atlas.
    pub over: Vec<String>,
    /// The first letters of the families that are looked at; none for all.
    pub families: Vec<String>,
    /// Runs that confirm a size, if the file says how many.
    pub replications: Option<u32>,
}

impl AtlasTable {
    /// Reads `[atlas]`. It is no part of the resolved file, because it changes no run.
    fn read(root: &Section<'_>) -> Self {
        if !root.has("atlas") {
            return Self::default();
        }
        let section = root.section("atlas").aside();
        let replications = section
            .has("replications")
            .then(|| section.need_in("replications", 1_u64..=100) as u32);
        Self {
            over: section.texts("over"),
            families: section.texts("families"),
            replications,
        }
    }
}

/// `uncertain`: texts, or tables with `path`, `low`, `mid` and `high`.
fn read_uncertain(section: &Section<'_>) -> Vec<String> {
    let tables = section.list("uncertain");
    if tables.is_empty() {
        return section.texts("uncertain");
    }
    let text = |table: &Section<'_>| {
        let value = |key: &str| table.need::<String>(key);
        let ends = [value("low"), value("mid"), value("high")];
        format!("{}={}", value("path"), ends.join(".."))
    };
    tables.iter().map(text).collect()
}
