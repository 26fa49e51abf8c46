//! What a size must hold: the claims of the scenario, without the names of its systems.

use crate::scenario::{Expect, Operand, Scenario};
use crate::search::point::Base;

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

    /// Checks that each claim can be made about a system, and holds a figure against a value.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn check(&self, base: &Base, scenario: &Scenario) -> Result<(), String> {
        if self.list.is_empty() {
            let file = crate::scenario::shown(&base.path);
            return Err(format!(
                "{file} holds no figure of a system against a value, so there is nothing that a size must hold"
            ));
        }
        self.list
            .iter()
            .try_for_each(|text| check(text, base, scenario))
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

/// Checks that a claim without a label can be made about one of the scenario's systems, and holds a figure against a value.
fn check(text: &str, base: &Base, scenario: &Scenario) -> Result<(), String> {
    let about = |label: &str| base.claiming(&[format!("{label}.{text}")]);
    let systems = scenario.systems.iter();
    let mut tried = systems.map(|system| about(&system.label));
    let first = tried
        .next()
        .unwrap_or_else(|| Err("there is no system".to_owned()));
    // What is done to one system while it runs may not be known on another.
    let (_, read) = first.or_else(|why| tried.find_map(Result::ok).ok_or(why))?;
    let against = read.expects.first().map(|expect| &expect.right);
    match against {
        Some(Operand::Value(_)) => Ok(()),
        _ => Err(format!(
            "`{text}` compares two systems; hold a figure against a value"
        )),
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
