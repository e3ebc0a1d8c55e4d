//! Error messages of a form, and the conversion of field paths to ids and names of controls.

use std::sync::Arc;

use leptos::prelude::*;

use crate::domain::field_error::FieldError;

/// The errors of a form; cheap to clone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldErrors(Arc<[FieldError]>);

impl From<Vec<FieldError>> for FieldErrors {
    fn from(errors: Vec<FieldError>) -> Self {
        Self(errors.into())
    }
}

impl FieldErrors {
    /// The messages at exactly this path.
    pub fn at(&self, path: &str) -> Vec<String> {
        self.0.iter().filter(|error| error.path == path).map(|error| error.message.clone()).collect()
    }

    /// The errors at this path and below it: `routes[2]` includes `routes[2].name`.
    pub fn under(&self, path: &str) -> Self {
        let below = |error: &&FieldError| {
            error.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        Self(self.0.iter().filter(below).cloned().collect())
    }

    /// All errors, in the reported order.
    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    /// Whether there are no errors.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of errors.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Target URL and message of each error.
    pub fn links(&self) -> Vec<(String, String)> {
        self.0.iter().map(|error| (format!("#{}", id_of(&error.path)), error.message.clone())).collect()
    }
}

/// The messages at one control, which may change while the user types. They are computed when drawn and not stored,
/// so they cannot outlive the page's signals.
#[derive(Clone)]
pub struct FieldMessages(Arc<dyn Fn() -> Vec<String> + Send + Sync>);

impl FieldMessages {
    /// The messages at exactly this path.
    pub fn at(errors: Signal<FieldErrors>, path: &str) -> Self {
        let path = path.to_owned();
        Self(Arc::new(move || errors.try_with(|errors| errors.at(&path)).unwrap_or_default()))
    }

    /// The current messages; tracked.
    pub fn get(&self) -> Vec<String> {
        (self.0)()
    }

    /// Value of the control's `aria-invalid`.
    pub fn aria_invalid(&self) -> Option<&'static str> {
        (!self.get().is_empty()).then_some("true")
    }
}

impl From<Vec<String>> for FieldMessages {
    fn from(words: Vec<String>) -> Self {
        Self(Arc::new(move || words.clone()))
    }
}

impl Default for FieldMessages {
    fn default() -> Self {
        Self(Arc::new(Vec::new))
    }
}

/// The id of the control at a field path: `members[2].weight` → `members-2-weight`; `form` for the whole object.
pub fn id_of(path: &str) -> String {
    if path.is_empty() { "form".to_owned() } else { parts(path).collect::<Vec<_>>().join("-") }
}

/// The name of the control at a field path: `members[2].weight` → `form[members][2][weight]`.
pub fn name_of(path: &str) -> String {
    parts(path).fold("form".to_owned(), |name, part| name + "[" + part + "]")
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split(['.', '[', ']']).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gives_an_id_and_a_form_name() {
        assert_eq!(id_of("members[2].weight"), "members-2-weight");
        assert_eq!(id_of(""), "form");
        assert_eq!(name_of("members[2].weight"), "form[members][2][weight]");
        assert_eq!(name_of("base_url"), "form[base_url]");
    }

    #[test]
    fn a_place_in_a_list_does_not_cover_another_that_begins_alike() {
        let error = |path: &str| FieldError::new(path, "code", "words");
        let errors = FieldErrors::from(vec![error("routes"), error("routes[1].name"), error("routes[10]")]);
        assert_eq!(errors.under("routes[1]").len(), 1);
        assert_eq!(errors.under("routes").len(), 3);
        assert_eq!(errors.at("routes").len(), 1);
    }
}
