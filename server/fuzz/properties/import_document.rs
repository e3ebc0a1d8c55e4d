//! Documents to import: whatever is in them, they are judged whole; what has no error is exported, and the export goes
//! into an empty store and over what it came from without changing anything; keys are never told.

use app::domain::{
    config::{
        configuration::Configuration,
        instance::KeyChange,
        transfer::{self, Import},
    },
    field_error::FieldError,
    limits,
};
use serde_json::Value;

/// Checks one document on an empty configuration.
pub(crate) fn holds(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };
    let nothing = Configuration::default();
    let import = transfer::import(&nothing, &document, &[]);
    let Import { after, items, report } = &import;
    assert_eq!(items.len(), report.changes.len());
    assert!(report.errors.len() <= limits::IMPORT_ERRORS + 1);
    assert!(report.errors.iter().all(is_told_well), "{:?}", report.errors);
    let ids: Vec<_> = after.instances.iter().map(|it| it.id.as_str()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "ids are unique and in order: {ids:?}");
    for item in items {
        if let KeyChange::Set(key) = &item.key
            && key.reveal().contains("canary")
            && document.to_string().matches("canary").count() == 1
        {
            assert!(!format!("{import:?}").contains("canary"), "a key is told");
        }
    }
    if !report.errors.is_empty() {
        return;
    }
    let exported = transfer::export(after);
    let again = transfer::import(&nothing, &exported, &[]);
    assert_eq!(again.report.errors, [], "an export has no errors");
    assert_eq!(transfer::export(&again.after), exported, "an export comes out the same");
    let over = transfer::import(after, &exported, &[]);
    assert_eq!(
        (&over.report.changes, &over.report.errors),
        (&Vec::new(), &Vec::new()),
        "over itself it changes nothing"
    );
}

fn is_told_well(error: &FieldError) -> bool {
    let is_code =
        !error.code.is_empty() && error.code.bytes().all(|it| it.is_ascii_lowercase() || it == b'_');
    is_code && !error.message.is_empty() && error.path.len() < 1_000
}
