//! A foreign file as a tree, and reading it: what was looked at is remembered, so that the rest can be told.

use std::{cell::RefCell, collections::BTreeSet};

use app::domain::{fault::Fault, foreign::Left};
use serde_json::{Map, Value};

/// The most that is told of what did not carry over.
const TOLD: usize = 500;
/// The most of a foreign name that is told, in characters.
const NAME_CHARS: usize = 80;

/// Reads YAML, which JSON is as well. The reader bounds depth, size and what aliases may unfold to.
pub(super) fn of_yaml(text: &str) -> Result<Value, Fault> {
    serde_saphyr::from_str(text).map_err(|error| {
        // Its words may quote the text, and the text may hold keys.
        let place = error.location().map(|it| format!(" at line {}, column {}", it.line(), it.column()));
        let place = place.unwrap_or_default();
        Fault::new("", "malformed", format!("Mend the YAML{place}; it cannot be read."))
    })
}

/// What did not carry over, as it is found.
#[derive(Default)]
pub(super) struct Leftovers(RefCell<Vec<Left>>);

impl Leftovers {
    /// Tells of one thing.
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

/// An object of the file.
pub(super) struct Node<'v> {
    fields: Option<&'v Map<String, Value>>,
    path: String,
    seen: BTreeSet<&'static str>,
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
    pub(super) fn get(&mut self, name: &'static str) -> Option<&'v Value> {
        self.seen.insert(name);
        self.fields?.get(name).filter(|it| !it.is_null())
    }

    /// The first of two spellings that is there.
    pub(super) fn either(&mut self, snake: &'static str, camel: &'static str) -> Option<&'v Value> {
        let (one, other) = (self.get(snake), self.get(camel));
        one.or(other)
    }

    /// A text, trimmed; one that is empty is as good as absent.
    pub(super) fn text(&mut self, name: &'static str) -> Option<&'v str> {
        as_text(self.get(name))
    }

    /// An object below.
    pub(super) fn node(&mut self, name: &'static str) -> Self {
        let path = self.path_of(name);
        Self::of(self.get(name).unwrap_or(&Value::Null), path)
    }

    /// The items of a list, each with its path.
    pub(super) fn list(&mut self, name: &'static str) -> Vec<(String, &'v Value)> {
        let path = self.path_of(name);
        let items = self.get(name).and_then(Value::as_array).into_iter().flatten();
        items.enumerate().map(|(place, item)| (format!("{path}[{place}]"), item)).collect()
    }

    /// Tells of every field that nobody asked for.
    pub(super) fn tell_the_rest(&self, left: &Leftovers) {
        for (name, value) in self.fields.into_iter().flatten() {
            if !self.seen.contains(name.as_str()) && !value.is_null() {
                left.tell(self.path_of(name), "It has no counterpart here.");
            }
        }
    }
}

/// A text that says something, trimmed.
pub(super) fn as_text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).map(str::trim).filter(|it| !it.is_empty())
}

/// A number as YAML and JSON may hold one: as itself, or as a text.
pub(super) fn as_number(value: Option<&Value>) -> Option<f64> {
    let value = value?;
    let number = value.as_f64().or_else(|| value.as_str().and_then(|it| it.trim().parse().ok()));
    number.filter(|it| it.is_finite() && *it >= 0.0)
}
