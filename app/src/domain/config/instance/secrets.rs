//! Write-only values of an instance: the upstream key, and the values of additional headers.
//!
//! A value is *stored* or *needs re-entry*: its name is known, but this server has no value for it. An instance that
//! lacks a value is not called.

use std::collections::{BTreeMap, BTreeSet};

use super::Instance;
use crate::domain::{config::base_url, secret::Secret};

/// Values of additional headers, by lower-case name.
pub type HeaderValues = BTreeMap<String, Secret>;

/// Path of the upstream key among the values that need re-entry.
pub const KEY_PATH: &str = "api_key";

/// The change that an edit makes to the stored upstream key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeyChange {
    /// Absent or empty: keeps the stored key.
    #[default]
    Keep,
    /// `null`: removes the stored key.
    Remove,
    /// A new key.
    Set(Secret),
}

/// The change that an edit makes to the stored header values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderChange {
    /// Names whose stored values are removed, in lower case.
    pub removed: BTreeSet<String>,
    /// New values, by lower-case name.
    pub set: HeaderValues,
}

impl HeaderChange {
    /// Whether every stored value stays.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.set.is_empty()
    }

    /// The values after the change.
    pub fn apply(&self, mut stored: HeaderValues) -> HeaderValues {
        stored.retain(|name, _| !self.removed.contains(name));
        stored.extend(self.set.iter().map(|(name, value)| (name.clone(), value.clone())));
        stored
    }
}

impl Instance {
    /// Settles what an edit of `old` does to the stored secrets, and lists what needs re-entry. A changed origin
    /// without a new key removes all of them, so that no address gets what was entered for another one.
    pub fn settle_secrets(
        &mut self,
        old: Option<&Self>,
        key: &mut KeyChange,
        mut values: HeaderValues,
    ) -> HeaderChange {
        let names = self.headers.keys();
        values.retain(|name, _| names.contains(name));
        let stored = old.map(Self::stored_headers).unwrap_or_default();
        let is_new_key = matches!(key, KeyChange::Set(_));
        let moved = old.is_some_and(|old| {
            !old.demo && !is_new_key && !base_url::same_origin(&old.base_url, &self.base_url)
        });
        let mut lacks_key = *key == KeyChange::Keep && old.is_some_and(Self::lacks_dropped_key);
        if moved && *key == KeyChange::Keep && old.is_some_and(|old| old.api_key_set) {
            *key = KeyChange::Remove;
            lacks_key = true;
        }
        let is_kept = |name: &String| !moved && names.contains(name);
        let removed = stored.iter().filter(|name| !is_kept(name) && !values.contains_key(*name));
        let change = HeaderChange { removed: removed.cloned().collect(), set: values };
        self.set_needs_reentry(lacks_key, |name| {
            change.set.contains_key(name) || stored.contains(name) && !change.removed.contains(name)
        });
        change
    }

    /// Lists the values that need re-entry. `has_value` tells whether a header, in lower case, has a stored value.
    pub fn set_needs_reentry(&mut self, key: bool, has_value: impl Fn(&str) -> bool) {
        let headers = self.headers.iter().filter(|name| !has_value(&name.to_ascii_lowercase()));
        self.needs_reentry =
            key.then(|| KEY_PATH.to_owned()).into_iter().chain(headers.map(header_path)).collect();
    }

    /// Whether the stored key was dropped and neither replaced nor removed since.
    pub fn lacks_dropped_key(&self) -> bool {
        self.needs_reentry.iter().any(|it| it == KEY_PATH)
    }

    /// Names of the additional headers with a stored value, in lower case.
    fn stored_headers(&self) -> BTreeSet<String> {
        let is_stored = |name: &&str| !self.needs_reentry.contains(&header_path(name));
        self.headers.iter().filter(is_stored).map(str::to_ascii_lowercase).collect()
    }
}

/// The path of an additional header, as in errors and diffs.
pub fn header_path(name: &str) -> String {
    format!("headers.{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(base_url: &str, headers: &[&str]) -> Instance {
        Instance {
            base_url: base_url.to_owned(),
            headers: headers.iter().copied().collect(),
            ..Instance::default()
        }
    }

    fn values(names: &[&str]) -> HeaderValues {
        names.iter().map(|it| ((*it).to_owned(), Secret::new("v"))).collect()
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn null_keeps_a_value_an_absent_name_removes_it_and_an_unknown_one_needs_re_entry() {
        let old = at("http://h", &["A", "B"]);
        let mut new = at("http://h/v1", &["a", "C", "D"]);
        let change = new.settle_secrets(Some(&old), &mut KeyChange::Keep, values(&["d", "x"]));
        assert_eq!(change, HeaderChange { removed: names(&["b"]), set: values(&["d"]) });
        assert_eq!(new.needs_reentry, ["headers.C"]);
        // It still does after an edit that says nothing of it.
        let mut again = new.clone();
        assert!(again.settle_secrets(Some(&new), &mut KeyChange::Keep, values(&[])).is_empty());
        assert_eq!(again.needs_reentry, ["headers.C"]);
        let change = again.clone().settle_secrets(Some(&again), &mut KeyChange::Keep, values(&["c"]));
        assert_eq!(change.set, values(&["c"]));
    }

    #[test]
    fn a_changed_origin_without_a_new_key_drops_everything() {
        let old = Instance { api_key_set: true, ..at("http://h", &["A", "B"]) };
        for elsewhere in ["https://h", "http://g", "http://h:8"] {
            let (mut new, mut key) = (at(elsewhere, &["A", "B"]), KeyChange::Keep);
            let change = new.settle_secrets(Some(&old), &mut key, values(&["b"]));
            assert_eq!(key, KeyChange::Remove);
            assert_eq!(change, HeaderChange { removed: names(&["a"]), set: values(&["b"]) });
            assert_eq!(new.needs_reentry, ["api_key", "headers.A"]);
            // The key is missed until one is entered, or removed on purpose.
            for (mut key, missing) in [
                (KeyChange::Keep, vec!["api_key"]),
                (KeyChange::Remove, vec![]),
                (KeyChange::Set(Secret::new("k")), vec![]),
            ] {
                let mut again = new.clone();
                again.settle_secrets(Some(&new), &mut key, values(&["a"]));
                assert_eq!(again.needs_reentry, missing);
            }
        }
        let (mut new, mut key) = (at("http://g", &["A"]), KeyChange::Set(Secret::new("k")));
        let change = new.settle_secrets(Some(&old), &mut key, values(&[]));
        assert_eq!((change.removed, new.needs_reentry.len()), (names(&["b"]), 0));
    }

    #[test]
    fn without_a_stored_key_none_is_missed() {
        let (old, mut new) = (at("http://h", &[]), at("http://g", &[]));
        let mut key = KeyChange::Keep;
        assert!(new.settle_secrets(Some(&old), &mut key, values(&[])).is_empty());
        assert_eq!((key, new.needs_reentry.len()), (KeyChange::Keep, 0));
    }
}
