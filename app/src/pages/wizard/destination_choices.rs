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
    labelled(options, |it| it.serves(kind), picked, DestinationOption::label)
}

/// What can be picked as the router model, and what is picked already.
pub(super) fn router_choices(options: &[DestinationOption], picked: &str) -> Vec<Choice> {
    labelled(options, DestinationOption::may_route, picked, DestinationOption::router_label)
}

fn labelled(
    options: &[DestinationOption],
    fits: impl Fn(&DestinationOption) -> bool,
    picked: &str,
    label: fn(&DestinationOption) -> String,
) -> Vec<Choice> {
    let shown = options.iter().filter(|it| fits(it) || value_of(&it.destination) == picked);
    shown
        .map(|it| {
            let heading = match (it.serves(WorkloadKind::Decision), it.group) {
                (true, _) => "Decision models",
                (false, true) => "Target groups",
                (false, false) => "Instances",
            };
            let misfit = if fits(it) { "" } else { " (other workload kind)" };
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
