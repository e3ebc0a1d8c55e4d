//! Which words stand at which control, and how a field path becomes the id and the name of a control.

use std::sync::Arc;

use leptos::prelude::*;

use crate::domain::fault::Fault;

/// What is wrong with a form; cheap to hand to each of its controls.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults(Arc<[Fault]>);

impl From<Vec<Fault>> for Faults {
    fn from(faults: Vec<Fault>) -> Self {
        Self(faults.into())
    }
}

impl Faults {
    /// The words for exactly this path.
    pub fn at(&self, path: &str) -> Vec<String> {
        self.0.iter().filter(|fault| fault.path == path).map(|fault| fault.message.clone()).collect()
    }

    /// The faults at this path and below it: `routes[2]` covers `routes[2].name`.
    pub fn under(&self, path: &str) -> Self {
        let below = |fault: &&Fault| {
            fault.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        Self(self.0.iter().filter(below).cloned().collect())
    }

    /// All of them, in the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// A link to the control of each fault, with the fault's words.
    pub fn links(&self) -> Vec<(String, String)> {
        self.0.iter().map(|fault| (format!("#{}", id_of(&fault.path)), fault.message.clone())).collect()
    }
}

/// The words at one control, of faults that may change while somebody types. They are read when they are drawn and kept
/// nowhere: a page whose reader has left meanwhile has none, and nothing is there that could be gone.
#[derive(Clone)]
pub struct Words(Arc<dyn Fn() -> Vec<String> + Send + Sync>);

impl Words {
    /// The words for exactly this path.
    pub fn at(faults: Signal<Faults>, path: &str) -> Self {
        let path = path.to_owned();
        Self(Arc::new(move || faults.try_with(|faults| faults.at(&path)).unwrap_or_default()))
    }

    /// What they are now; tracked.
    pub fn get(&self) -> Vec<String> {
        (self.0)()
    }

    /// The attribute `aria-invalid` of the control.
    pub fn mark(&self) -> Option<&'static str> {
        (!self.get().is_empty()).then_some("true")
    }
}

impl From<Vec<String>> for Words {
    fn from(words: Vec<String>) -> Self {
        Self(Arc::new(move || words.clone()))
    }
}

impl Default for Words {
    fn default() -> Self {
        Self(Arc::new(Vec::new))
    }
}

/// The id of the control at a field path: `members[2].weight` → `members-2-weight`; `form` for the whole object.
pub fn id_of(path: &str) -> String {
    if path.is_empty() { "form".to_owned() } else { parts(path).collect::<Vec<_>>().join("-") }
}

/// The name under which a form sends the control at a field path: `members[2].weight` →
/// `form[members][2][weight]`.
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
        let fault = |path: &str| Fault::new(path, "code", "words");
        let faults = Faults::from(vec![fault("routes"), fault("routes[1].name"), fault("routes[10]")]);
        assert_eq!(faults.under("routes[1]").len(), 1);
        assert_eq!(faults.under("routes").len(), 3);
        assert_eq!(faults.at("routes").len(), 1);
    }
}
