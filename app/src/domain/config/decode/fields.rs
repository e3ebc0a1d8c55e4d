//! Reads one JSON object field by field and records missing, mistyped and unknown fields as errors.

use serde_json::{Map, Value};

use crate::domain::{config::balancer::confidence::Confidence, field_error::FieldError, range::Range};

/// Maximum number of unknown fields reported per object, so that a hostile body cannot cause a huge response.
const MAX_UNKNOWN: usize = 20;
/// Maximum length of an unknown field's name in an error, in characters.
const MAX_UNKNOWN_CHARS: usize = 80;

/// The object at one path, with the errors found so far.
pub(in crate::domain) struct Fields<'v> {
    object: Option<&'v Map<String, Value>>,
    path: String,
    known: Vec<&'static str>,
    errors: Vec<FieldError>,
}

impl<'v> Fields<'v> {
    /// Starts reading `value`. If it is not an object, that is an error and every field is absent.
    pub(in crate::domain) fn of(value: &'v Value, path: impl Into<String>) -> Self {
        let (object, path) = (value.as_object(), path.into());
        let mut errors = Vec::new();
        if object.is_none() {
            errors.push(FieldError::new(&path, "type", "Send a JSON object here."));
        }
        Self { object, path, known: Vec::new(), errors }
    }

    /// The path of a field.
    pub(in crate::domain) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Records an error of a field.
    pub(in crate::domain) fn error(&mut self, name: &str, code: &str, message: impl Into<String>) {
        self.errors.push(FieldError::new(self.path_of(name), code, message));
    }

    /// Adds errors found in nested values.
    pub(in crate::domain) fn extend_errors(&mut self, errors: Vec<FieldError>) {
        self.errors.extend(errors);
    }

    /// Accepts read-only fields without reading them, so that clients can send back what they read.
    pub(in crate::domain) fn ignore(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// The raw value of a field.
    pub(in crate::domain) fn get(&mut self, name: &'static str) -> Option<&'v Value> {
        self.known.push(name);
        self.object?.get(name)
    }

    /// The raw value of a field. Records an error if it is absent or `null`.
    pub(in crate::domain) fn required(&mut self, name: &'static str) -> Option<&'v Value> {
        let value = self.get(name).filter(|it| !it.is_null());
        if value.is_none() && self.object.is_some() {
            self.error(name, "required", format!("Add the field “{name}”; it is required."));
        }
        value
    }

    /// A required text, trimmed.
    pub(in crate::domain) fn required_text(&mut self, name: &'static str) -> String {
        self.required(name).and_then(|it| self.as_text(name, it)).unwrap_or_default()
    }

    /// A text, trimmed; empty if absent.
    pub(in crate::domain) fn text(&mut self, name: &'static str) -> String {
        self.get(name).and_then(|it| self.as_text(name, it)).unwrap_or_default()
    }

    /// A text, trimmed; `None` if absent or `null`.
    pub(in crate::domain) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        self.get(name).filter(|it| !it.is_null()).and_then(|it| self.as_text(name, it))
    }

    /// A required number.
    pub(in crate::domain) fn required_number(&mut self, name: &'static str, range: Range) -> Option<u64> {
        self.required(name).and_then(|it| self.as_number(name, it, range))
    }

    /// A number, or `default` if absent. Validation checks the range; only a number that does not fit into `u64` is
    /// an error here.
    pub(in crate::domain) fn number(&mut self, name: &'static str, default: u64, range: Range) -> u64 {
        self.get(name).and_then(|it| self.as_number(name, it, range)).unwrap_or(default)
    }

    /// A number; `None` if absent or `null`.
    pub(in crate::domain) fn optional_number(&mut self, name: &'static str, range: Range) -> Option<u64> {
        self.get(name).filter(|it| !it.is_null()).and_then(|it| self.as_number(name, it, range))
    }

    /// A share from 0 to 1, or `default` if absent.
    pub(in crate::domain) fn share(&mut self, name: &'static str, default: Confidence) -> Confidence {
        let Some(value) = self.get(name) else { return default };
        value.as_f64().and_then(Confidence::of).unwrap_or_else(|| {
            let code = if value.is_number() { "out_of_range" } else { "type" };
            self.error(name, code, "Enter a number from 0 to 1, such as 0.5.");
            default
        })
    }

    /// A boolean, or `default` if absent.
    pub(in crate::domain) fn flag(&mut self, name: &'static str, default: bool) -> bool {
        let Some(value) = self.get(name) else { return default };
        value.as_bool().unwrap_or_else(|| {
            self.error(name, "type", "Send true or false here.");
            default
        })
    }

    /// One of a closed set of names, or its default if absent.
    pub(in crate::domain) fn one_of<T: Copy + Default>(
        &mut self,
        name: &'static str,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> T {
        self.get(name).map(|it| self.as_one_of(name, it, all, as_str)).unwrap_or_default()
    }

    /// A required name out of a closed set.
    pub(in crate::domain) fn required_one_of<T: Copy + Default>(
        &mut self,
        name: &'static str,
        all: &[T],
        as_str: fn(T) -> &'static str,
    ) -> T {
        self.required(name).map(|it| self.as_one_of(name, it, all, as_str)).unwrap_or_default()
    }

    /// The items of a list; empty if absent. At most `max + 1` items, enough for validation to detect too many.
    pub(in crate::domain) fn list(&mut self, name: &'static str, max: usize) -> Vec<&'v Value> {
        self.get(name).map(|it| self.as_list(name, it, max)).unwrap_or_default()
    }

    /// The items of a required list; otherwise like [`Self::list`].
    pub(in crate::domain) fn required_list(&mut self, name: &'static str, max: usize) -> Vec<&'v Value> {
        self.required(name).map(|it| self.as_list(name, it, max)).unwrap_or_default()
    }

    /// A list of texts, not trimmed; empty if absent.
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

    /// Returns all errors, including one for each field that was not read.
    pub(in crate::domain) fn finish(mut self) -> Vec<FieldError> {
        let unknown = self.object.into_iter().flat_map(Map::keys);
        let unknown: Vec<_> =
            unknown.filter(|it| !self.known.contains(&it.as_str())).take(MAX_UNKNOWN).collect();
        for name in unknown {
            let name: String = name.chars().take(MAX_UNKNOWN_CHARS).collect();
            self.error(&name, "unknown_field", format!("Remove the unknown field “{name}”."));
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

/// Converts a whole number written with a fraction or an exponent, such as `1.0` or `1e3`.
fn whole(number: f64) -> Option<u64> {
    // Doubles represent every whole number up to 2^53 exactly, but not beyond.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole and in range"
    )]
    (number.fract() == 0.0 && (0.0..=EXACT).contains(&number)).then_some(number as u64)
}
