//! One JSON object, read field by field: what is missing, mistyped or unknown becomes an error with its path.

use serde_json::{Map, Value};

use crate::domain::{field_error::FieldError, range::Range};

/// Unknown fields of one object that are told; a body made of nothing else must not make an endless answer.
const UNKNOWN_TOLD: usize = 20;
/// The most of an unknown field's name that is told, in characters.
const UNKNOWN_CHARS: usize = 80;

/// The object at one path, and what was wrong with it so far.
pub(in crate::domain) struct Fields<'v> {
    object: Option<&'v Map<String, Value>>,
    path: String,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl<'v> Fields<'v> {
    /// Begins to read; anything but an object is an error, and then every field is absent.
    pub(in crate::domain) fn of(value: &'v Value, path: impl Into<String>) -> Self {
        let (object, path) = (value.as_object(), path.into());
        let mut errors = Vec::new();
        if object.is_none() {
            errors.push(FieldError::new(&path, "type", "Send a JSON object here."));
        }
        Self { object, path, known: Vec::new(), errors }
    }

    /// The path of one field.
    pub(in crate::domain) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Adds an error of one field.
    pub(in crate::domain) fn error(&mut self, name: &str, code: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(self.path_of(name), code, message));
    }

    /// Adds the errors of something read inside of this object.
    pub(in crate::domain) fn absorb(&mut self, errors: Vec<FieldError>) {
        self.errors.extend(errors);
    }

    /// Fields that only reading shows: accepted and ignored, so that what was read can be put back.
    pub(in crate::domain) fn ignore(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// The field's value, whatever it is.
    pub(in crate::domain) fn get(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        self.object?.get(name)
    }

    /// The field's value; absent and `null` are an error.
    pub(in crate::domain) fn required(&mut self, name: &'static str) -> Option<&'v Value> {
        let value = self.get(name).filter(|it| !it.is_null());
        if value.is_none() && self.object.is_some() {
            self.error(name, "required", format!("Add the field “{name}”; it is required."));
        }
        value
    }

    /// A text that must be there, trimmed.
    pub(in crate::domain) fn required_text(&mut self, name: &'static str) -> String {
        self.required(name).and_then(|it| self.as_text(name, it)).unwrap_or_default()
    }

    /// A text, trimmed; empty where it is absent.
    pub(in crate::domain) fn text(&mut self, name: &'static str) -> String {
        self.get(name).and_then(|it| self.as_text(name, it)).unwrap_or_default()
    }

    /// A text, trimmed; absent and `null` are no text.
    pub(in crate::domain) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        self.get(name).filter(|it| !it.is_null()).and_then(|it| self.as_text(name, it))
    }

    /// A number that must be there.
    pub(in crate::domain) fn required_number(&mut self, name: &'static str, range: Range) -> Option<u64> {
        self.required(name).and_then(|it| self.as_number(name, it, range))
    }

    /// A number, or `default` where it is absent. Whether it is in the range is judged by validation, unless it
    /// cannot be held at all.
    pub(in crate::domain) fn number(&mut self, name: &'static str, default: u64, range: Range) -> u64 {
        self.get(name).and_then(|it| self.as_number(name, it, range)).unwrap_or(default)
    }

    /// A number; absent and `null` are no number.
    pub(in crate::domain) fn optional_number(&mut self, name: &'static str, range: Range) -> Option<u64> {
        self.get(name).filter(|it| !it.is_null()).and_then(|it| self.as_number(name, it, range))
    }

    /// `true` or `false`, or `default` where it is absent.
    pub(in crate::domain) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        let Some(value) = self.get(name) else { return default };
        value.as_bool().unwrap_or_else(|| {
            self.error(name, "type", "Send true or false here.");
            default
        })
    }

    /// One of a closed set of names, or the first of `all` where it is absent.
    pub(in crate::domain) fn one_of<T: Copy + Default>(
        &mut self,
        name: &'static str,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> T {
        self.get(name).map(|it| self.as_one_of(name, it, all, as_str)).unwrap_or_default()
    }

    /// The same of a name that must be there.
    pub(in crate::domain) fn required_one_of<T: Copy + Default>(
        &mut self,
        name: &'static str,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> T {
        self.required(name).map(|it| self.as_one_of(name, it, all, as_str)).unwrap_or_default()
    }

    /// The items of a list, at most one more than `max` of them (enough for validation to see that there are too
    /// many); absent is empty.
    pub(in crate::domain) fn list(&mut self, name: &'static str, max: usize) -> Vec<&'v Value> {
        self.get(name).map(|it| self.as_list(name, it, max)).unwrap_or_default()
    }

    /// The same of a list that must be there.
    pub(in crate::domain) fn required_list(&mut self, name: &'static str, max: usize) -> Vec<&'v Value> {
        self.required(name).map(|it| self.as_list(name, it, max)).unwrap_or_default()
    }

    /// A list of texts, not trimmed; absent is empty.
    pub(in crate::domain) fn texts(&mut self, name: &'static str, max: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for (place, item) in self.list(name, max).into_iter().enumerate() {
            texts.push(item.as_str().unwrap_or_default().to_owned());
            if !item.is_string() {
                self.errors.push(text_expected(format!("{}[{place}]", self.path_of(name))));
            }
        }
        texts
    }

    /// Ends reading: what was not asked for is unknown.
    pub(in crate::domain) fn finish(mut self) -> Vec<FieldError> {
        let unknown = self.object.into_iter().flat_map(Map::keys);
        let unknown: Vec<_> =
            unknown.filter(|it| !self.known.contains(&it.as_str())).take(UNKNOWN_TOLD).collect();
        for name in unknown {
            let name: String = name.chars().take(UNKNOWN_CHARS).collect();
            self.error(&name, "unknown_field", format!("Remove “{name}”; there is no such field here."));
        }
        self.errors
    }

    fn as_text(&mut self, name: &str, value: &Value) -> Option<String> {
        if let Value::String(text) = value {
            return Some(text.trim().to_owned());
        }
        self.errors.push(text_expected(self.path_of(name)));
        None
    }

    fn as_one_of<T: Copy + Default>(
        &mut self,
        name: &'static str,
        value: &Value,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> T {
        let Some(text) = self.as_text(name, value) else { return T::default() };
        all.iter().copied().find(|it| as_str(*it) == text).unwrap_or_else(|| {
            let names: Vec<_> = all.iter().map(|it| as_str(*it)).collect();
            self.error(name, "unknown_value", format!("Use one of {}.", names.join(", ")));
            T::default()
        })
    }

    fn as_number(&mut self, name: &str, value: &Value, range: Range) -> Option<u64> {
        let number = value.as_u64().or_else(|| value.as_f64().and_then(whole));
        if number.is_none() {
            let is_whole = value.as_f64().is_some_and(|it| it.fract() == 0.0);
            if is_whole {
                self.errors.push(range.error(self.path_of(name)));
            } else {
                self.error(name, "type", "Send a whole number here.");
            }
        }
        number
    }

    fn as_list(&mut self, name: &str, value: &'v Value, max: usize) -> Vec<&'v Value> {
        let Value::Array(items) = value else {
            self.error(name, "type", "Send a list here.");
            return Vec::new();
        };
        items.iter().take(max.saturating_add(1)).collect()
    }
}

fn text_expected(path: String) -> FieldError {
    FieldError::new(path, "type", "Send a text here.")
}

/// A whole number that is written with a fraction of zero or an exponent, such as `1.0` or `1e3`.
fn whole(number: f64) -> Option<u64> {
    // Up to 2^53 every whole number has its own double; beyond, the text's number is not known.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole and in range"
    )]
    (number.fract() == 0.0 && (0.0..=EXACT).contains(&number)).then_some(number as u64)
}
