//! A foreign file as a tree of objects. Nodes remember which of their fields were read, so the rest can be reported.

use std::{cell::RefCell, collections::BTreeSet};

use app::domain::config::import_format::UnsupportedSetting;
use serde_json::{Map, Value};

/// Maximum number of reported entries.
const MAX_LEFTOVERS: usize = 500;
/// Maximum length of a reported foreign name, in characters.
const NAME_CHARS: usize = 80;

/// Collects what did not carry over.
#[derive(Default)]
pub(super) struct Leftovers(RefCell<Vec<UnsupportedSetting>>);

impl Leftovers {
    /// Adds an entry, once; beyond [`MAX_LEFTOVERS`], only that there are more.
    pub(super) fn report(&self, path: impl Into<String>, words: impl Into<String>) {
        let mut left = self.0.borrow_mut();
        let entry = UnsupportedSetting { path: path.into(), words: words.into() };
        match left.len() {
            _ if left.contains(&entry) => {}
            0..MAX_LEFTOVERS => left.push(entry),
            MAX_LEFTOVERS => left.push(UnsupportedSetting {
                path: String::new(),
                words: "There is more that did not carry over.".to_owned(),
            }),
            _ => {}
        }
    }

    /// All entries.
    pub(super) fn all(self) -> Vec<UnsupportedSetting> {
        self.0.into_inner()
    }
}

/// The value of a field that should be text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Text<'v> {
    /// Nothing: absent, null or blank.
    Absent,
    /// Text, trimmed.
    Is(&'v str),
    /// A value of another type.
    Mistyped,
}

/// An object of the file.
pub(super) struct Node<'v> {
    fields: Option<&'v Map<String, Value>>,
    path: String,
    seen: BTreeSet<&'v str>,
}

impl<'v> Node<'v> {
    /// The object at a path; if the value is not an object, all fields are absent.
    pub(super) fn of(value: &'v Value, path: impl Into<String>) -> Self {
        Self { fields: value.as_object(), path: path.into(), seen: BTreeSet::new() }
    }

    /// The path of a field. The mark of a name that is no text in YAML is not part of it.
    pub(super) fn path_of(&self, name: &str) -> String {
        let name: String = name.strip_prefix('!').unwrap_or(name).chars().take(NAME_CHARS).collect();
        if self.path.is_empty() { name } else { format!("{}.{name}", self.path) }
    }

    /// The path of the object.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is an object at all.
    pub(super) fn is_there(&self) -> bool {
        self.fields.is_some()
    }

    /// Reads a field of any type; null counts as absent.
    pub(super) fn get(&mut self, name: &'v str) -> Option<&'v Value> {
        self.seen.insert(name);
        self.fields?.get(name).filter(|it| !it.is_null())
    }

    /// Reads a field with two spellings.
    pub(super) fn either(&mut self, snake: &'static str, camel: &'static str) -> Option<&'v Value> {
        let (one, other) = (self.get(snake), self.get(camel));
        one.or(other)
    }

    /// Reads a field that should be text.
    pub(super) fn text(&mut self, name: &'static str) -> Text<'v> {
        as_text(self.get(name))
    }

    /// Reads a number of at least 0; other values are reported and ignored.
    pub(super) fn number(&mut self, name: &'static str, left: &Leftovers) -> Option<f64> {
        let value = self.get(name)?;
        let number = as_number(value);
        if number.is_none() {
            left.report(self.path_of(name), "It is not a number of at least 0, so it was left out.");
        }
        number
    }

    /// Reads an object; other values are reported.
    pub(super) fn node(&mut self, name: &'static str, left: &Leftovers) -> Self {
        let path = self.path_of(name);
        let value = self.get(name).unwrap_or(&Value::Null);
        if !value.is_object() && !value.is_null() {
            left.report(&path, "It cannot be read, so it was left out.");
        }
        Self::of(value, path)
    }

    /// Reads the items of a list, each with its path; other values are reported.
    pub(super) fn list(&mut self, name: &'static str, left: &Leftovers) -> Vec<(String, &'v Value)> {
        let path = self.path_of(name);
        let value = self.get(name);
        if value.is_some_and(|it| !it.is_array()) {
            left.report(&path, "It is not a list, so it was left out.");
        }
        let items = value.and_then(Value::as_array).into_iter().flatten();
        items.enumerate().map(|(place, item)| (format!("{path}[{place}]"), item)).collect()
    }

    /// The fields that were not read; null counts as absent.
    pub(super) fn unread(&self) -> impl Iterator<Item = (&'v str, &'v Value)> {
        let fields = self.fields.into_iter().flatten().filter(|(_, value)| !value.is_null());
        fields.map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| !self.seen.contains(name))
    }

    /// Reports every field that was not read.
    pub(super) fn report_unread(&self, left: &Leftovers) {
        for (name, _) in self.unread() {
            left.report(self.path_of(name), "It has no counterpart here.");
        }
    }
}

impl<'v> Text<'v> {
    /// The text, if it is one.
    pub(super) fn ok(self) -> Option<&'v str> {
        match self {
            Self::Is(text) => Some(text),
            Self::Absent | Self::Mistyped => None,
        }
    }
}

/// A value that should be text.
pub(super) fn as_text(value: Option<&Value>) -> Text<'_> {
    match value {
        None | Some(Value::Null) => Text::Absent,
        Some(Value::String(text)) => match text.trim() {
            "" => Text::Absent,
            text => Text::Is(text),
        },
        Some(_) => Text::Mistyped,
    }
}

/// A number of at least 0, as a YAML or JSON number or as text.
pub(super) fn as_number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str().and_then(|it| it.trim().parse().ok()));
    number.filter(|it| it.is_finite() && *it >= 0.0)
}
