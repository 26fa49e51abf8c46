//! Entries that name one kind out of several, such as a fault or a call.

use super::{Section, closest};

/// What an entry of any kind may have beside its kind.
const BESIDE: [&str; 3] = ["at", "lasts", "name"];

impl Section<'_> {
    /// The one of `words` that this entry names; `what` is what the entry is called, such as "fault". Where it
    /// names none or several, that is the one problem of the entry.
    #[must_use]
    pub fn one_of<'w>(&self, words: &[&'w str], what: &str) -> Option<&'w str> {
        self.announce_one(words);
        let named = words.iter().copied().filter(|word| self.has_at(word));
        let named: Vec<&str> = named.collect();
        if let [word] = named[..] {
            return Some(word);
        }
        match named.get(1) {
            Some(second) => {
                let message = format!("the {what} has several kinds: {}", named.join(", "));
                self.problem(second, message, format!("write one {what} for each"));
            }
            None => self.refuse_unknown(words, what),
        }
        // What belongs to the kind cannot be judged without it.
        self.names().iter().for_each(|name| self.ignore(name));
        None
    }

    /// Says what to write where an entry names no known kind.
    fn refuse_unknown(&self, words: &[&str], what: &str) {
        let all = format!("name one of {}", words.join(", "));
        let names = self.names();
        let others = names.iter().filter(|name| !BESIDE.contains(&name.as_str()));
        let others: Vec<&String> = others.collect();
        let meant = others
            .iter()
            .find_map(|name| Some((*name, closest(name, words)?)));
        match (meant, others.first()) {
            (Some((typed, hint)), _) => {
                let message = format!("no {what} is called `{typed}`");
                self.problem(typed, message, format!("did you mean `{hint}`?"));
            }
            (None, Some(typed)) => {
                self.problem(typed, format!("no {what} is called `{typed}`"), all)
            }
            (None, None) => self.problem("", format!("the {what} has no kind"), all),
        }
    }
}
