//! Sources by name: a preset fills in what a source does not say. Each value is a fact
//! `source.<preset>.<path>`; the rest of its name is the path below the source, so the resolved file shows
//! it there and a scenario may give another one.

use crate::facts;
use crate::settings::{Section, Settings, Value};

/// The presets.
const PRESETS: [&str; 4] = ["none", "iot-fleet", "change-capture", "clickstream"];
/// Keys that stand beside a shape or a law, and go with any.
const BESIDE: [&str; 3] = ["spacing", "prefix", "start"];

/// Fills in what the presets of a file's sources say and the file does not.
pub fn expand(settings: &mut Settings) {
    let mut added = Vec::new();
    {
        let workload = settings.root().section("workload");
        let mut sources = workload.list("source");
        if sources.is_empty() {
            sources.push(workload);
        }
        sources
            .iter()
            .for_each(|source| suggest(source, &mut added));
    }
    for (path, value, why) in added {
        settings.suggest(&path, value, why);
    }
}

/// What the preset of `source` adds to it.
fn suggest(source: &Section<'_>, added: &mut Vec<(String, Value, Option<String>)>) {
    let Some(preset) = source.peek("preset") else {
        return;
    };
    let prefix = format!("source.{preset}.");
    for fact in facts::all() {
        let Some(path) = fact.id.strip_prefix(&prefix) else {
            continue;
        };
        // A resolved file has the value at this very path.
        if is_free(source, path) || source.is_value(path) {
            let why = format!(
                "assumption (preset {preset}): {} [{}]",
                fact.note, fact.source
            );
            let why = fact.is_assumption().then_some(why);
            added.push((format!("{}.{path}", source.path()), fact.plain(), why));
        }
    }
}

/// Whether the file leaves room for a value at `path`: it says nothing there, and names no other shape or law.
fn is_free(source: &Section<'_>, path: &str) -> bool {
    let Some((group, rest)) = path.split_once('.') else {
        return !source.has(path);
    };
    if source.is_value(group) {
        return false;
    }
    let section = source.section(group);
    let shape = rest.split('.').next().unwrap_or_default();
    let others = section.names();
    let alike = others
        .iter()
        .all(|name| name == shape || BESIDE.contains(&name.as_str()));
    alike && !section.has(rest)
}

/// Reads the name of a source's preset.
pub(super) fn read(source: &Section<'_>) {
    if source.has("preset") {
        let _ = source.choice("preset", "none", &PRESETS);
    } else {
        source.announce(&["preset"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_facts_and_every_fact_its_preset() {
        let of = |preset: &str| {
            let prefix = format!("source.{preset}.");
            facts::all()
                .iter()
                .filter(|fact| fact.id.starts_with(&prefix))
                .count()
        };
        assert!(PRESETS[1..].iter().all(|preset| of(preset) >= 5));
        let all = facts::all()
            .iter()
            .filter(|fact| fact.id.starts_with("source."))
            .count();
        assert_eq!(
            PRESETS[1..].iter().map(|preset| of(preset)).sum::<usize>(),
            all
        );
    }
}
