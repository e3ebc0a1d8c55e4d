//! A foreign file as a tree of objects that remember which of their fields were read, so that the rest can be told.

use std::{cell::RefCell, collections::BTreeSet};

use app::domain::config::foreign::Left;
use serde_json::{Map, Value};

/// The most that is told of what did not carry over.
const TOLD: usize = 500;
/// The most of a foreign name that is told, in characters.
const NAME_CHARS: usize = 80;

/// What did not carry over, as it is found.
#[derive(Default)]
pub(super) struct Leftovers(RefCell<Vec<Left>>);

impl Leftovers {
    /// Adds one thing; beyond [`TOLD`] only that there is more.
    pub(super) fn tell(&self, path: impl Into<String>, words: impl Into<String>) {
        let mut told = self.0.borrow_mut();
        match told.len() {
            0..TOLD => told.push(Left { path: path.into(), words: words.into() }),
            TOLD => told.push(Left {
                path: String::new(),
                words: "There is more that did not carry over.".to_owned(),
            }),
            _ => {}
        }
    }

    /// All of it.
    pub(super) fn all(self) -> Vec<Left> {
        self.0.into_inner()
    }
}

/// What a field holds that should be a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Text<'v> {
    /// Nothing: absent, null or blank.
    Absent,
    /// A text, trimmed.
    Is(&'v str),
    /// Something else.
    Mistyped,
}

/// An object of the file.
pub(super) struct Node<'v> {
    fields: Option<&'v Map<String, Value>>,
    path: String,
    seen: BTreeSet<&'v str>,
}

impl<'v> Node<'v> {
    /// The object at a path; of what is none, every field is absent.
    pub(super) fn of(value: &'v Value, path: impl Into<String>) -> Self {
        Self { fields: value.as_object(), path: path.into(), seen: BTreeSet::new() }
    }

    /// The path of one of its fields.
    pub(super) fn path_of(&self, name: &str) -> String {
        let name: String = name.chars().take(NAME_CHARS).collect();
        if self.path.is_empty() { name } else { format!("{}.{name}", self.path) }
    }

    /// Its own path.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is an object at all.
    pub(super) fn is_there(&self) -> bool {
        self.fields.is_some()
    }

    /// A field that is taken over, whatever it is; null is as good as absent.
    pub(super) fn get(&mut self, name: &'v str) -> Option<&'v Value> {
        self.seen.insert(name);
        self.fields?.get(name).filter(|it| !it.is_null())
    }

    /// The first of two spellings that is there.
    pub(super) fn either(&mut self, snake: &'static str, camel: &'static str) -> Option<&'v Value> {
        let (one, other) = (self.get(snake), self.get(camel));
        one.or(other)
    }

    /// A field that should be a text.
    pub(super) fn text(&mut self, name: &'static str) -> Text<'v> {
        as_text(self.get(name))
    }

    /// A number of at least 0; anything else that is there is told and ignored.
    pub(super) fn number(&mut self, name: &'static str, left: &Leftovers) -> Option<f64> {
        let value = self.get(name)?;
        let number = as_number(value);
        if number.is_none() {
            left.tell(self.path_of(name), "It is not a number of at least 0, so it was left out.");
        }
        number
    }

    /// An object below; anything else that is there is told.
    pub(super) fn node(&mut self, name: &'static str, left: &Leftovers) -> Self {
        let path = self.path_of(name);
        let value = self.get(name).unwrap_or(&Value::Null);
        if !value.is_object() && !value.is_null() {
            left.tell(&path, "It cannot be read, so it was left out.");
        }
        Self::of(value, path)
    }

    /// The items of a list, each with its path; anything else that is there is told.
    pub(super) fn list(&mut self, name: &'static str, left: &Leftovers) -> Vec<(String, &'v Value)> {
        let path = self.path_of(name);
        let value = self.get(name);
        if value.is_some_and(|it| !it.is_array()) {
            left.tell(&path, "It is not a list, so it was left out.");
        }
        let items = value.and_then(Value::as_array).into_iter().flatten();
        items.enumerate().map(|(place, item)| (format!("{path}[{place}]"), item)).collect()
    }

    /// The fields that nobody asked for so far; null is as good as absent.
    pub(super) fn unseen(&self) -> impl Iterator<Item = (&'v str, &'v Value)> {
        let fields = self.fields.into_iter().flatten().filter(|(_, value)| !value.is_null());
        fields.map(|(name, value)| (name.as_str(), value)).filter(|(name, _)| !self.seen.contains(name))
    }

    /// Tells of every field that nobody asked for.
    pub(super) fn tell_the_rest(&self, left: &Leftovers) {
        for (name, _) in self.unseen() {
            left.tell(self.path_of(name), "It has no counterpart here.");
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

/// A value that should be a text.
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

/// A number of at least 0 as YAML and JSON may hold one: as itself, or as a text.
pub(super) fn as_number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str().and_then(|it| it.trim().parse().ok()));
    number.filter(|it| it.is_finite() && *it >= 0.0)
}
