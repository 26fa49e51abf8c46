//! The names that the file uses below a section.

use super::{Section, below};
use std::collections::BTreeSet;

impl Section<'_> {
    /// The same section with keys that are names which the file chooses, such as labels of systems.
    #[must_use]
    pub fn by_name(&self) -> Self {
        Self {
            is_by_name: true,
            ..self.clone()
        }
    }

    /// The section below this one that the file calls `name`, as it calls a system or a consumer.
    #[must_use]
    pub fn entry(&self, name: &str) -> Self {
        self.by_name().section(name)
    }

    /// The names directly below this section, in alphabetical order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let prefix = if self.path.is_empty() {
            String::new()
        } else {
            format!("{}.", self.path)
        };
        let paths =
            below(&self.settings.leaves, &prefix).chain(below(&self.settings.tables, &prefix));
        let rests = paths.filter_map(|path| path.strip_prefix(&prefix));
        let name = |rest: &str| rest.split(['.', '[']).next().unwrap_or_default().to_owned();
        let names: BTreeSet<String> = rests.map(name).filter(|name| !name.is_empty()).collect();
        names.into_iter().collect()
    }

    /// The names directly below this section, in the order in which the file first says anything about them;
    /// those that were given with `--set` alone come last.
    #[must_use]
    pub fn names_in_order(&self) -> Vec<String> {
        let mut names = self.names();
        names.sort_by_key(|name| self.first_place(name));
        names
    }

    /// Where the file first says anything at or below `name`.
    fn first_place(&self, name: &str) -> usize {
        let (path, settings) = (self.full(name), self.settings);
        let inside = |other: &&String| {
            let rest = &other[path.len()..];
            rest.is_empty() || rest.starts_with(['.', '['])
        };
        let leaves = below(&settings.leaves, &path).filter(inside);
        let keys = leaves.filter_map(|path| settings.leaves[path].key_span.as_ref());
        let tables = below(&settings.tables, &path).filter(inside);
        let tables = tables.filter_map(|path| settings.tables.get(path));
        let starts = keys.chain(tables).map(|span| span.start);
        starts.min().unwrap_or(usize::MAX)
    }
}
