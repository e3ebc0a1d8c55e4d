//! Destinations as pickers offer them, and as words.

use crate::{actions::offers::Offer, domain::config::instance::WorkloadKind, ui::Choice};

/// What can be picked for calls of `kind`, and what is picked already, fitting or not.
pub(super) fn choices(offers: &[Offer], kind: WorkloadKind, picked: &str) -> Vec<Choice> {
    labelled(offers, kind, picked, Offer::label)
}

/// The same for the router model.
pub(super) fn router_choices(offers: &[Offer], picked: &str) -> Vec<Choice> {
    labelled(offers, WorkloadKind::Chat, picked, Offer::router_label)
}

fn labelled(offers: &[Offer], kind: WorkloadKind, picked: &str, label: fn(&Offer) -> String) -> Vec<Choice> {
    let shown = offers.iter().filter(|it| it.serves(kind) || it.value == picked);
    shown
        .map(|it| {
            let heading = if it.group { "Target groups" } else { "Instances" };
            let misfit = if it.serves(kind) { "" } else { " (other workload kind)" };
            Choice::under(heading, it.value.clone(), format!("{}{misfit}", label(it)))
        })
        .collect()
}

/// What is picked, in words.
pub(super) fn named(offers: &[Offer], picked: &str) -> String {
    match offers.iter().find(|it| it.value == picked) {
        Some(offer) => offer.name.clone(),
        None if picked.is_empty() => "not chosen".to_owned(),
        None => format!("{picked} (gone)"),
    }
}
