//! Puts a document over a configuration and judges what comes out: all of its errors at once, and what it changes.

use std::{collections::BTreeSet, net::SocketAddr};

use serde_json::Value;

use super::{
    FORMAT, ImportAction, ImportChange, ImportReport, VERSION,
    carried::{Carried, too_many},
};
use crate::domain::{
    config::{
        balancer::Balancer,
        configuration::{Configuration, Stored},
        decode::{Decoded, Fields},
        instance::{Instance, KeyChange},
        revision::diff,
        target_group::TargetGroup,
        validate,
    },
    field_error::FieldError,
    ids::{ObjectKind, name_key},
    limits,
    range::REVISION,
    secret::Secret,
    timestamp::Timestamp,
};

/// A document put over a configuration.
#[derive(Clone, Debug)]
pub struct Import {
    /// What would be set. New objects have revision 1, the others the one that they had; times are not set.
    pub after: Configuration,
    /// The objects of the document that change, in the order in which they depend on each other.
    pub items: Vec<Item>,
    /// What it comes to.
    pub report: ImportReport,
}

/// One object of the document that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What kind it is.
    pub kind: ObjectKind,
    /// Its place in its list of the document, from 0.
    pub place: usize,
    /// Its id.
    pub id: String,
    /// What happens to it.
    pub action: ImportAction,
    /// What becomes of its upstream key.
    pub key: KeyChange,
}

impl Import {
    /// Drops each new key that is the stored one, and each object of which nothing is left to change then, so that
    /// importing a document again changes nothing. `is_stored` says whether an instance has that key now.
    pub fn drop_known_keys(&mut self, before: &Configuration, is_stored: impl Fn(&str, &Secret) -> bool) {
        let (items, changes) = (std::mem::take(&mut self.items), std::mem::take(&mut self.report.changes));
        for (mut item, change) in items.into_iter().zip(changes) {
            if matches!(&item.key, KeyChange::Set(key) if is_stored(&item.id, key)) {
                item.key = KeyChange::Keep;
                let [old, new] = [before, &self.after].map(|it| it.instance(&item.id).map(|it| &it.spec));
                if old == new {
                    continue;
                }
            }
            self.items.push(item);
            self.report.changes.push(change);
        }
    }
}

/// An object of the document that has found its id.
struct Found {
    kind: ObjectKind,
    place: usize,
    id: String,
    key: KeyChange,
    unread: Vec<FieldError>,
}

/// Puts a document over what is set. `listeners` are the addresses on which this server listens.
pub fn import(before: &Configuration, document: &Value, listeners: &[SocketAddr]) -> Import {
    let mut fields = Fields::of(document, "");
    envelope(&mut fields);
    let lists = ObjectKind::ALL.map(|kind| fields.list(kind.list_name(), limits::IMPORT_OBJECTS));
    let mut errors = fields.finish();
    errors.extend(ObjectKind::ALL.iter().zip(&lists).filter_map(|(kind, list)| too_many(*kind, list.len())));

    let [instances, groups, balancers] = &lists;
    let mut after = before.clone();
    let mut found = place_all::<Instance>(before, &mut after, instances, &mut errors);
    found.extend(place_all::<TargetGroup>(before, &mut after, groups, &mut errors));
    found.extend(place_all::<Balancer>(before, &mut after, balancers, &mut errors));
    let mut resolved = std::mem::take(&mut after.balancers);
    for balancer in &mut resolved {
        validate::resolve_refs(&mut balancer.spec, &after);
    }
    after.balancers = resolved;

    for it in &found {
        let report = validate::check_stored(&after, it.kind, &it.id, listeners).after_decoding(&it.unread);
        errors.extend(report.errors.into_iter().map(|error| below(it.kind, it.place, error)));
    }
    errors.extend(elsewhere(before, &after, &found));
    let changed = |it: &Found| match it.kind {
        ObjectKind::Instance => change::<Instance>(before, &after, it),
        ObjectKind::TargetGroup => change::<TargetGroup>(before, &after, it),
        ObjectKind::SmartBalancer => change::<Balancer>(before, &after, it),
    };
    let (mut items, mut changes) = (Vec::new(), Vec::new());
    for it in found {
        let Some(change) = changed(&it) else { continue };
        let Found { kind, place, id, key, .. } = it;
        items.push(Item { kind, place, id, action: change.action, key });
        changes.push(change);
    }
    Import { after, items, report: ImportReport { changes, errors: bounded(errors) } }
}

fn envelope(fields: &mut Fields<'_>) {
    let format = fields.required("format").map(|it| it.as_str() == Some(FORMAT));
    if format == Some(false) {
        fields.error("format", "unknown_value", format!("Import a document whose format is “{FORMAT}”."));
    }
    let version = fields.required_number("version", REVISION);
    if version.is_some_and(|it| it != VERSION) {
        let words = format!("Import a document of version {VERSION}; this release knows no other.");
        fields.error("version", "unknown_value", words);
    }
}

/// Reads the objects of one list and puts each over what has its id, else its name; the others are new.
fn place_all<T: Carried>(
    before: &Configuration,
    after: &mut Configuration,
    bodies: &[&Value],
    errors: &mut Vec<FieldError>,
) -> Vec<Found> {
    let (mut found, mut new, mut claimed) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (place, body) in bodies.iter().enumerate().take(limits::IMPORT_OBJECTS) {
        let decoded = T::decode(body);
        let key = name_key(decoded.value.name());
        let named = || T::list(before).iter().find(|it| !key.is_empty() && it.spec.is_called(&key));
        let Some(id) = decoded.id.clone().or_else(|| named().map(|it| it.id.to_string())) else {
            new.push((place, decoded));
            continue;
        };
        if claimed.insert(id.clone()) {
            found.push(put(after, place, id, body, decoded));
            continue;
        }
        let (path, code) = if decoded.id.is_some() { ("id", "id_taken") } else { ("name", "name_taken") };
        let words = format!("Remove this one; “{}” is in the document already.", shortened(&id));
        errors.push(below(T::KIND, place, FieldError::new(path, code, words)));
    }
    for (place, decoded) in new {
        let id = validate::new_id(after, T::KIND, decoded.value.name());
        found.push(put(after, place, id, bodies[place], decoded));
    }
    T::list_mut(after).sort_by(|a, b| a.id.cmp(&b.id));
    found.sort_by_key(|it| it.place);
    found
}

fn put<T: Carried>(
    after: &mut Configuration,
    place: usize,
    id: String,
    body: &Value,
    decoded: Decoded<T>,
) -> Found {
    let Decoded { mut value, mut key, errors: mut unread, .. } = decoded;
    let (list, wanted) = (T::list_mut(after), T::Id::from(&id));
    match list.iter_mut().find(|it| it.id == wanted) {
        Some(stored) => {
            value.settle(body, Some(&stored.spec), &mut unread);
            if key == KeyChange::Remove && value.lacks_key() {
                key = KeyChange::Keep;
            }
            value.tell_of(&key);
            stored.spec = value;
        }
        None => {
            value.settle(body, None, &mut unread);
            value.tell_of(&key);
            let never = Timestamp(0);
            list.push(Stored { id: wanted, spec: value, revision: 1, created_at: never, updated_at: never });
        }
    }
    Found { kind: T::KIND, place, id, key, unread }
}

/// What changes about one object; `None` where it is as it was.
fn change<T: Carried>(before: &Configuration, after: &Configuration, it: &Found) -> Option<ImportChange> {
    let wanted = T::Id::from(&it.id);
    let find = |list: &Configuration| T::list(list).iter().find(|it| it.id == wanted).cloned();
    let (old, new) = (find(before), find(after)?);
    if it.key == KeyChange::Keep && old.as_ref().is_some_and(|old| old.spec == new.spec) {
        return None;
    }
    let shown = |stored: &Stored<T::Id, T>| serde_json::to_value(stored).unwrap_or_default();
    Some(ImportChange {
        action: if old.is_some() { ImportAction::Update } else { ImportAction::Create },
        kind: it.kind,
        id: it.id.clone(),
        name: new.spec.name().to_owned(),
        needs_key: old.is_none() && new.spec.lacks_key(),
        diff: diff(&old.as_ref().map(shown).unwrap_or_default(), &shown(&new)),
    })
}

/// What the document would break in objects that it does not hold; told at the list that they are in.
fn elsewhere(before: &Configuration, after: &Configuration, found: &[Found]) -> Vec<FieldError> {
    let held: BTreeSet<_> = found.iter().map(|it| (it.kind, it.id.as_str())).collect();
    let broken = validate::broken_elsewhere(before, after, |kind, id| held.contains(&(kind, id)));
    let told = |(kind, id, error): (ObjectKind, String, FieldError)| {
        let words = format!(
            "The {} “{id}”, which stays, would break at {}: {}",
            kind.words(),
            error.path,
            error.message
        );
        FieldError::new(kind.list_name(), error.code, words)
    };
    broken.into_iter().map(told).collect()
}

/// An error of an object at its place in the document.
fn below(kind: ObjectKind, place: usize, error: FieldError) -> FieldError {
    let dot = if error.path.is_empty() { "" } else { "." };
    FieldError { path: format!("{}[{place}]{dot}{}", kind.list_name(), error.path), ..error }
}

/// So many errors that nobody would read the answer are counted instead.
fn bounded(mut errors: Vec<FieldError>) -> Vec<FieldError> {
    if errors.len() > limits::IMPORT_FAULTS {
        let more = errors.len() - limits::IMPORT_FAULTS;
        errors.truncate(limits::IMPORT_FAULTS);
        errors.push(FieldError::new(
            "",
            "too_many_errors",
            format!("Mend these first; there are {more} more."),
        ));
    }
    errors
}

fn shortened(text: &str) -> String {
    text.chars().take(limits::ID_CHARS).collect()
}
