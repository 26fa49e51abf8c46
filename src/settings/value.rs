//! Values of settings: what TOML can hold, and how typed settings are read from it.

use super::{Form, Step};
use crate::units::{ByteRate, Bytes, Date, Nanos, Quantity, RecordRate, Share};

/// A value as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, with or without a unit.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`.
    Flag(bool),
    /// Nothing yet: the place of a table or value that is read later.
    Later,
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Later => Ok(()),
        }
    }
}

/// A type that can be read from a setting and written back.
pub trait Setting: Sized + Clone + Default {
    /// What a reader should write, for error messages.
    const EXPECTED: &'static str;
    /// Whether it is a whole number, so that a service's own unit may stand behind it.
    const WHOLE: bool = false;
    /// How it is written.
    const FORM: Form;
    /// Whether it may be `"auto"`.
    const AUTO: bool = false;
    /// Reads the value.
    ///
    /// # Errors
    /// One sentence that says what is wrong.
    fn read(value: &Value) -> Result<Self, String>;
    /// The value as it would be written.
    fn write(&self) -> Value;
}

macro_rules! quantity_settings {
    ($($quantity:ty: $form:ident),*) => {$(
        impl Setting for $quantity {
            const FORM: Form = Form::$form;
            const EXPECTED: &'static str = <$quantity as Quantity>::EXPECTED;
            fn read(value: &Value) -> Result<Self, String> {
                match value {
                    Value::Text(text) => <$quantity as Quantity>::parse(text),
                    Value::Integer(_) | Value::Float(_) => Err(format!("`{value}` has no unit")),
                    Value::Flag(_) | Value::Later => Err(format!("`{value}` is no quantity")),
                }
            }
            fn write(&self) -> Value {
                Value::Text(self.to_string())
            }
        }
    )*};
}
quantity_settings!(Nanos: Duration, Bytes: Data, ByteRate: DataRate, RecordRate: RecordRate, Share: Share);

impl Setting for u64 {
    const FORM: Form = Form::Whole;
    const EXPECTED: &'static str = "a whole number";
    const WHOLE: bool = true;
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Integer(number) => {
                Self::try_from(*number).map_err(|_| format!("`{number}` is negative"))
            }
            other => Err(format!("`{other}` is not a whole number")),
        }
    }
    fn write(&self) -> Value {
        Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))
    }
}

impl Setting for i64 {
    const FORM: Form = Form::Signed;
    const EXPECTED: &'static str = "a whole number";
    const WHOLE: bool = true;
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Integer(number) => Ok(*number),
            other => Err(format!("`{other}` is not a whole number")),
        }
    }
    fn write(&self) -> Value {
        Value::Integer(*self)
    }
}

impl Setting for f64 {
    const FORM: Form = Form::Number;
    const EXPECTED: &'static str = "a number";
    fn read(value: &Value) -> Result<Self, String> {
        let number = match value {
            Value::Integer(number) => *number as Self,
            Value::Float(number) => *number,
            other => return Err(format!("`{other}` is not a number")),
        };
        if number.is_finite() {
            Ok(number)
        } else {
            Err(format!("`{number}` is not a finite number"))
        }
    }
    fn write(&self) -> Value {
        Value::Float(*self)
    }
}

impl Setting for bool {
    const FORM: Form = Form::Flag;
    const EXPECTED: &'static str = "`true` or `false`";
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Flag(flag) => Ok(*flag),
            other => Err(format!("`{other}` is neither `true` nor `false`")),
        }
    }
    fn write(&self) -> Value {
        Value::Flag(*self)
    }
}

impl Setting for String {
    const FORM: Form = Form::Text;
    const EXPECTED: &'static str = "text in quotes";
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            other => Err(format!("`{other}` is not text in quotes")),
        }
    }
    fn write(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Setting for Date {
    const FORM: Form = Form::Day;
    const EXPECTED: &'static str = Self::EXPECTED;
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => Self::parse(text),
            other => Err(format!("`{other}` is no day")),
        }
    }
    fn write(&self) -> Value {
        Value::Text(self.to_string())
    }
}

/// A value that the file says, or `"auto"`: then the program finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrAuto<T> {
    /// The program finds it.
    #[default]
    Auto,
    /// The file says it.
    Said(T),
}

/// The word for a value that the program finds.
const AUTO: &str = "auto";

impl<T: Setting> Setting for OrAuto<T> {
    const FORM: Form = T::FORM;
    const AUTO: bool = true;
    const EXPECTED: &'static str = T::EXPECTED;
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) if text == AUTO => Ok(Self::Auto),
            other => T::read(other).map(Self::Said),
        }
    }
    fn write(&self) -> Value {
        match self {
            Self::Auto => Value::Text(AUTO.to_owned()),
            Self::Said(value) => value.write(),
        }
    }
}

/// Puts `value` at `steps` below `root`, making the tables and arrays on the way.
pub(super) fn insert(root: &mut toml::Table, steps: &[Step], value: &Value) {
    let leaf = match value {
        Value::Text(text) => toml::Value::String(text.clone()),
        Value::Integer(number) => toml::Value::Integer(*number),
        Value::Float(number) => toml::Value::Float(*number),
        Value::Flag(flag) => toml::Value::Boolean(*flag),
        Value::Later => toml::Value::Table(toml::Table::new()),
    };
    let mut table = root;
    let mut steps = steps.iter().peekable();
    while let Some(Step::Key(name)) = steps.next() {
        match steps.peek() {
            None => {
                table.insert(name.to_string(), leaf);
                return;
            }
            Some(Step::Index(index)) => {
                let index = *index;
                steps.next();
                let entry = table
                    .entry(name.to_string())
                    .or_insert_with(|| toml::Value::Array(Vec::new()));
                let toml::Value::Array(array) = entry else {
                    return;
                };
                if steps.peek().is_none() {
                    array.push(leaf);
                    return;
                }
                while array.len() <= index {
                    array.push(toml::Value::Table(toml::Table::new()));
                }
                let toml::Value::Table(inner) = &mut array[index] else {
                    return;
                };
                table = inner;
            }
            Some(Step::Key(_)) => {
                let entry = table
                    .entry(name.to_string())
                    .or_insert_with(|| toml::Value::Table(toml::Table::new()));
                let toml::Value::Table(inner) = entry else {
                    return;
                };
                table = inner;
            }
        }
    }
}
