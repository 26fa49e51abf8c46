//! `accept = ["name"]`: warnings of what a scenario shows on purpose.

use crate::facts::warnings;
use crate::settings::{Section, Settings, closest};

/// Reads `accept`, after everything else that may warn.
pub(super) fn read(root: &Section<'_>, settings: &Settings) {
    let known: Vec<&str> = warnings::all().iter().map(|w| w.name.as_str()).collect();
    let names = root.texts("accept");
    for (index, name) in names.iter().enumerate() {
        let key = format!("accept[{index}]");
        if !known.contains(&name.as_str()) {
            let help = match closest(name, &known) {
                Some(hint) => format!("did you mean `{hint}`?"),
                None => "write a name as `streamduel check` prints it, `warning[name]`".to_owned(),
            };
            root.problem(&key, format!("no warning is called `{name}`"), help);
        }
    }
    settings.accept(names);
}
