//! The numbers of a resolved scenario: values with their units, by their paths.

/// A value of the file: a number and the unit behind it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Number {
    value: f64,
    /// The unit behind it.
    pub unit: String,
    is_whole: bool,
}

impl Number {
    fn of(value: &toml::Value) -> Option<Self> {
        match value {
            toml::Value::Integer(n) => Some(Self {
                value: *n as f64,
                unit: String::new(),
                is_whole: true,
            }),
            toml::Value::Float(value) => Some(Self {
                value: *value,
                unit: String::new(),
                is_whole: false,
            }),
            toml::Value::String(text) => {
                let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
                let (number, unit) = text.split_at(end);
                Some(Self {
                    value: number.parse().ok()?,
                    unit: unit.trim().to_owned(),
                    is_whole: false,
                })
            }
            _ => None,
        }
    }

    /// The value times a factor, as text.
    pub(super) fn times(&self, factor: f64) -> String {
        let value = self.value * factor;
        if self.is_whole {
            return format!("{:.0}", value.max(1.0));
        }
        let text = format!("{value:.3}");
        let number = text.trim_end_matches('0').trim_end_matches('.');
        format!("{number} {}", self.unit).trim_end().to_owned()
    }
}

/// All numbers of a table by their dotted paths.
pub(super) fn numbers(table: toml::Table) -> Vec<(String, Number)> {
    let mut numbers = Vec::new();
    flatten("", &toml::Value::Table(table), &mut numbers);
    numbers
}

fn flatten(path: &str, value: &toml::Value, into: &mut Vec<(String, Number)>) {
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                flatten(&path, value, into);
            }
        }
        toml::Value::Array(list) => {
            for (n, value) in list.iter().enumerate() {
                flatten(&format!("{path}[{n}]"), value, into);
            }
        }
        leaf => into.extend(Number::of(leaf).map(|number| (path.to_owned(), number))),
    }
}
