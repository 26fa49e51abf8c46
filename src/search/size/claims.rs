//! What a size must hold: the claims of the scenario, without the names of its systems.

use crate::scenario::{Expect, Operand, Scenario};

/// The claims that every size is held against, and those that say nothing about a size alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Claims without the label of their system, such as `alerts.delivery_p99 < 1 s`.
    pub list: Vec<String>,
    /// Claims that are left out.
    pub left_out: Vec<String>,
}

impl Requirements {
    /// What `[size]` of the scenario says, or else its claims that hold a figure of one system against a value; claims about costs are left out,
    /// because the cost is what is looked for.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let mut found = Self {
            list: scenario.size.that.clone(),
            left_out: Vec::new(),
        };
        if !found.list.is_empty() {
            return found;
        }
        for expect in &scenario.expects {
            match requirement(expect) {
                Some(text) if found.list.contains(&text) => {}
                Some(text) => found.list.push(text),
                None => found.left_out.push(expect.that.clone()),
            }
        }
        found
    }

    /// The claims about the system called `label`.
    #[must_use]
    pub fn about(&self, label: &str) -> Vec<String> {
        self.list
            .iter()
            .map(|text| format!("{label}.{text}"))
            .collect()
    }

    /// The consumers of which a delay is claimed.
    #[must_use]
    pub fn hurried<'a>(&self, consumers: &'a [String]) -> Vec<&'a String> {
        let named = |name: &&String| {
            let begin = format!("{name}.delivery_");
            self.list.iter().any(|text| text.starts_with(&begin))
        };
        let of_all = self.list.iter().any(|text| text.starts_with("delivery_"));
        consumers
            .iter()
            .filter(|name| of_all || named(name))
            .collect()
    }
}

fn requirement(expect: &Expect) -> Option<String> {
    let (Operand::Figure { name, times, .. }, Operand::Value(_)) = (&expect.left, &expect.right)
    else {
        return None;
    };
    let plain = times.total_cmp(&1.0).is_eq() && !name.starts_with("cost");
    let (_, rest) = expect.that.split_once('.')?;
    plain.then(|| rest.trim().to_owned())
}
