//! Destinations as pickers offer them, and as words.

use crate::{
    domain::{
        config::instance::WorkloadKind,
        console::balancer_draft::{destination_option::DestinationOption, merge::value_of},
    },
    ui::Choice,
};

/// What can be picked for calls of `kind`, and what is picked already, fitting or not.
pub(super) fn choices(options: &[DestinationOption], kind: WorkloadKind, picked: &str) -> Vec<Choice> {
    labelled(options, kind, picked, DestinationOption::label)
}

/// What can be picked as the router model, and what is picked already.
pub(super) fn router_choices(options: &[DestinationOption], picked: &str) -> Vec<Choice> {
    labelled(options, WorkloadKind::Chat, picked, DestinationOption::router_label)
}

fn labelled(
    options: &[DestinationOption],
    kind: WorkloadKind,
    picked: &str,
    label: fn(&DestinationOption) -> String,
) -> Vec<Choice> {
    let shown = options.iter().filter(|it| it.serves(kind) || value_of(&it.destination) == picked);
    shown
        .map(|it| {
            let heading = if it.group { "Target groups" } else { "Instances" };
            let misfit = if it.serves(kind) { "" } else { " (other workload kind)" };
            Choice::under(heading, value_of(&it.destination), format!("{}{misfit}", label(it)))
        })
        .collect()
}

/// What is picked, in words.
pub(super) fn named(options: &[DestinationOption], picked: &str) -> String {
    match options.iter().find(|it| value_of(&it.destination) == picked) {
        Some(option) => option.name.clone(),
        None if picked.is_empty() => "not chosen".to_owned(),
        None => format!("{picked} (gone)"),
    }
}
