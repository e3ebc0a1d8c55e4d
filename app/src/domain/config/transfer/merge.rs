//! Merges a document into a configuration, validates the result, and lists the changes.

use std::{collections::BTreeSet, net::SocketAddr};

use serde_json::Value;

use super::{
    FORMAT, ImportAction, ImportChange, ImportReport, VERSION,
    document_object::{DocumentObject, too_many},
};
use crate::domain::{
    config::{
        balancer::Balancer,
        configuration::{Configuration, Stored},
        decode::{Decoded, Fields},
        instance::{Instance, KeyChange, secrets::HeaderChange},
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

/// The result of merging a document into a configuration.
#[derive(Clone, Debug)]
pub struct Import {
    /// The resulting configuration. New objects have revision 1, others keep theirs; times are not set.
    pub after: Configuration,
    /// Created and updated objects, dependencies first.
    pub items: Vec<Item>,
    /// The report to the user.
    pub report: ImportReport,
}

/// An object of the document that is created or updated.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Kind of the object.
    pub kind: ObjectKind,
    /// Index in its list of the document.
    pub place: usize,
    /// Id of the object.
    pub id: String,
    /// The effect on the object.
    pub action: ImportAction,
    /// Change of its upstream key.
    pub key: KeyChange,
    /// Change of the values of its headers.
    pub headers: HeaderChange,
}

impl Import {
    /// Drops secrets that equal the stored ones, and objects without any other change, so that importing a document
    /// twice changes nothing. `is_stored` tells whether an instance already has that key, or that value of the header.
    pub fn drop_known_secrets(
        &mut self,
        before: &Configuration,
        is_stored: impl Fn(&str, Option<&str>, &Secret) -> bool,
    ) {
        let (items, changes) = (std::mem::take(&mut self.items), std::mem::take(&mut self.report.changes));
        for (mut item, change) in items.into_iter().zip(changes) {
            let headers = item.headers.set.len();
            item.headers.set.retain(|name, value| !is_stored(&item.id, Some(name), value));
            let known = matches!(&item.key, KeyChange::Set(key) if is_stored(&item.id, None, key));
            if known {
                item.key = KeyChange::Keep;
            }
            let drops = known || item.headers.set.len() < headers;
            if drops && item.key == KeyChange::Keep && item.headers.is_empty() {
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

/// An object of the document with its resolved id.
struct MatchedObject {
    kind: ObjectKind,
    place: usize,
    id: String,
    key: KeyChange,
    headers: HeaderChange,
    unread: Vec<FieldError>,
}

/// Merges a document into the configuration. `listeners` are the addresses that this server listens on.
pub fn import(before: &Configuration, document: &Value, listeners: &[SocketAddr]) -> Import {
    let mut fields = Fields::of(document, "");
    check_header(&mut fields);
    let lists = ObjectKind::ALL.map(|kind| fields.list(kind.list_name(), limits::IMPORT_OBJECTS));
    let mut errors = fields.finish();
    errors.extend(ObjectKind::ALL.iter().zip(&lists).filter_map(|(kind, list)| too_many(*kind, list.len())));

    let [instances, groups, balancers] = &lists;
    let mut after = before.clone();
    let mut found = merge_all::<Instance>(before, &mut after, instances, &mut errors);
    found.extend(merge_all::<TargetGroup>(before, &mut after, groups, &mut errors));
    found.extend(merge_all::<Balancer>(before, &mut after, balancers, &mut errors));
    let mut resolved = std::mem::take(&mut after.balancers);
    for balancer in resolved.iter_mut() {
        validate::resolve_refs(&mut balancer.spec, &after);
    }
    after.balancers = resolved;

    for it in &found {
        let report = validate::check_stored(&after, before, it.kind, &it.id, listeners);
        let report = report.after_decoding(&it.unread);
        errors.extend(report.errors.into_iter().map(|error| at_place(it.kind, it.place, error)));
    }
    errors.extend(outside_errors(before, &after, &found));
    let changed = |it: &MatchedObject| match it.kind {
        ObjectKind::Instance => change::<Instance>(before, &after, it),
        ObjectKind::TargetGroup => change::<TargetGroup>(before, &after, it),
        ObjectKind::SmartBalancer => change::<Balancer>(before, &after, it),
    };
    let (mut items, mut changes) = (Vec::new(), Vec::new());
    for it in found {
        let Some(change) = changed(&it) else { continue };
        let MatchedObject { kind, place, id, key, headers, .. } = it;
        items.push(Item { kind, place, id, action: change.action, key, headers });
        changes.push(change);
    }
    Import { after, items, report: ImportReport { changes, errors: truncated(errors) } }
}

fn check_header(fields: &mut Fields<'_>) {
    let format = fields.required("format").map(|it| it.as_str() == Some(FORMAT));
    if format == Some(false) {
        fields.error("format", "unknown_value", format!("Import a document whose format is “{FORMAT}”."));
    }
    let version = fields.required_number("version", REVISION);
    if version.is_some_and(|it| it != VERSION) {
        let words =
            format!("Import a document of version {VERSION}; this release supports no other version.");
        fields.error("version", "unknown_value", words);
    }
}

/// Decodes the objects of one list and matches each with a stored object by id or name; others are new.
fn merge_all<T: DocumentObject>(
    before: &Configuration,
    after: &mut Configuration,
    bodies: &[&Value],
    errors: &mut Vec<FieldError>,
) -> Vec<MatchedObject> {
    let (mut found, mut new, mut claimed) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (place, body) in bodies.iter().enumerate().take(limits::IMPORT_OBJECTS) {
        let decoded = T::decode(body);
        let key = name_key(decoded.value.name());
        let named = || T::list(before).iter().find(|it| !key.is_empty() && it.spec.has_name(&key));
        let Some(id) = decoded.id.clone().or_else(|| named().map(|it| it.id.to_string())) else {
            new.push((place, decoded));
            continue;
        };
        if claimed.insert(id.clone()) {
            found.push(merge_object(after, place, id, body, decoded));
            continue;
        }
        let (path, code) = if decoded.id.is_some() { ("id", "id_taken") } else { ("name", "name_taken") };
        let words = format!("Remove this object; “{}” is already in the document.", shortened(&id));
        errors.push(at_place(T::KIND, place, FieldError::new(path, code, words)));
    }
    for (place, decoded) in new {
        let id = validate::new_id(after, T::KIND, decoded.value.name());
        found.push(merge_object(after, place, id, bodies[place], decoded));
    }
    T::list_mut(after).sort_by(|a, b| a.id.cmp(&b.id));
    found.sort_by_key(|it| it.place);
    found
}

fn merge_object<T: DocumentObject>(
    after: &mut Configuration,
    place: usize,
    id: String,
    body: &Value,
    decoded: Decoded<T>,
) -> MatchedObject {
    let Decoded { mut value, mut key, header_values, errors: mut unread, .. } = decoded;
    let (list, wanted) = (T::list_mut(after), T::Id::from(&id));
    let headers;
    match list.iter_mut().find(|it| it.id == wanted) {
        Some(stored) => {
            value.fill_derived(body, Some(&stored.spec), &mut unread);
            headers = value.settle_secrets(Some(&stored.spec), &mut key, header_values);
            if key == KeyChange::Remove && value.lacks_key() {
                key = KeyChange::Keep;
            }
            value.apply_secrets(&key, &headers);
            stored.spec = value;
        }
        None => {
            value.fill_derived(body, None, &mut unread);
            headers = value.settle_secrets(None, &mut key, header_values);
            value.apply_secrets(&key, &headers);
            let never = Timestamp(0);
            list.push(Stored { id: wanted, spec: value, revision: 1, created_at: never, updated_at: never });
        }
    }
    MatchedObject { kind: T::KIND, place, id, key, headers, unread }
}

/// The change of one object; `None` if it is unchanged.
fn change<T: DocumentObject>(
    before: &Configuration,
    after: &Configuration,
    it: &MatchedObject,
) -> Option<ImportChange> {
    let wanted = T::Id::from(&it.id);
    let find = |list: &Configuration| T::list(list).iter().find(|it| it.id == wanted).cloned();
    let (old, new) = (find(before), find(after)?);
    if it.key == KeyChange::Keep
        && it.headers.is_empty()
        && old.as_ref().is_some_and(|old| old.spec == new.spec)
    {
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

/// Errors that the import would cause in stored objects outside the document, reported at their list.
fn outside_errors(before: &Configuration, after: &Configuration, found: &[MatchedObject]) -> Vec<FieldError> {
    let held: BTreeSet<_> = found.iter().map(|it| (it.kind, it.id.as_str())).collect();
    let broken = validate::broken_elsewhere(before, after, |kind, id| held.contains(&(kind, id)));
    let to_error = |(kind, id, error): (ObjectKind, String, FieldError)| {
        let words = format!(
            "The import would break the {} “{id}” at {}: {}",
            kind.words(),
            error.path,
            error.message
        );
        FieldError::new(kind.list_name(), error.code, words)
    };
    broken.into_iter().map(to_error).collect()
}

/// Prefixes the path of an object's error with its position in the document.
fn at_place(kind: ObjectKind, place: usize, error: FieldError) -> FieldError {
    let dot = if error.path.is_empty() { "" } else { "." };
    FieldError { path: format!("{}[{place}]{dot}{}", kind.list_name(), error.path), ..error }
}

/// Truncates the errors to a readable number and adds a count of the rest.
fn truncated(mut errors: Vec<FieldError>) -> Vec<FieldError> {
    if errors.len() > limits::IMPORT_ERRORS {
        let more = errors.len() - limits::IMPORT_ERRORS;
        errors.truncate(limits::IMPORT_ERRORS);
        errors.push(FieldError::new(
            "",
            "too_many_errors",
            format!("Fix these errors first; there are {more} more."),
        ));
    }
    errors
}

fn shortened(text: &str) -> String {
    text.chars().take(limits::ID_CHARS).collect()
}
