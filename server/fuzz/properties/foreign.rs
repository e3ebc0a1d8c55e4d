//! Other gateways' configurations: whatever is in them, reading ends soon, says the same each time within its bounds, and
//! leaves a document that can be judged.

use app::domain::{
    configuration::Configuration,
    foreign::{Foreign, Left},
    transfer,
};
use server::foreign::convert;

/// Checks one text as each of them.
pub(crate) fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for from in Foreign::ALL {
        let (Ok(one), Ok(other)) = (convert(from, &text), convert(from, &text)) else { continue };
        assert_eq!((&one.document, &one.left), (&other.document, &other.left));
        assert!(one.left.len() <= 501 && one.left.iter().all(is_told_well), "{:?}", one.left);
        let report = transfer::import(&Configuration::default(), &one.document, &[]).report;
        // Names and ids are made here, so they are never at fault.
        let ours = [
            "id_taken",
            "name_taken",
            "invalid_id",
            "unknown_destination",
            "unknown_instance",
            "unknown_field",
        ];
        let bad: Vec<_> = report.errors.iter().filter(|it| ours.contains(&it.code.as_str())).collect();
        assert!(bad.is_empty(), "{bad:?} in {:#}", one.document);
    }
}

fn is_told_well(left: &Left) -> bool {
    left.words.ends_with('.') && left.words.len() < 300 && left.path.len() < 1_000
}
