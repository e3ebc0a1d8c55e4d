//! Target groups: the list, and one as a form whose members are rows.

mod form;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

pub(crate) use form::TargetGroupForm;

use super::{sheet::FormPage, traffic::Seat};
use crate::domain::{
    config::{configuration::UsedBy, instance::WorkloadKind, target_group::SelectionPolicy},
    timestamp::Timestamp,
};
use crate::web::Answer;
use crate::web::{notice::FlashNotice, page_query::PageQuery};

#[cfg(feature = "ssr")]
mod server;

/// The list of target groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TargetGroupList {
    /// All of them, by name.
    pub(crate) groups: Vec<TargetGroupLine>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When the page was made.
    pub(crate) now: Timestamp,
}

/// One entry of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TargetGroupLine {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// What people see; may be empty.
    pub(crate) display_name: String,
    /// What it is for; may be empty.
    pub(crate) description: String,
    /// The calls that its members serve.
    pub(crate) workload_kind: WorkloadKind,
    /// How a member is picked.
    pub(crate) selection_policy: SelectionPolicy,
    /// Whether it may get traffic.
    pub(crate) enabled: bool,
    /// Its members and their traffic.
    pub(crate) seats: Vec<Seat>,
    /// What refers to it.
    pub(crate) used_by: Vec<UsedBy>,
}

/// One target group as a form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct TargetGroupFormPage {
    /// The form.
    pub(crate) sheet: FormPage,
    /// What can be a member.
    pub(crate) instances: Vec<InstanceChoice>,
    /// The members of the saved group and their traffic; empty for a new one.
    pub(crate) seats: Vec<Seat>,
    /// What was pasted and could not be read, and why.
    pub(crate) pasted: Option<Pasted>,
}

/// An instance as a picker shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InstanceChoice {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The calls that it serves.
    pub(crate) workload_kind: WorkloadKind,
    /// Whether it may get traffic.
    pub(crate) enabled: bool,
}

/// What was pasted and could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pasted {
    /// The text.
    pub(crate) text: String,
    /// Why it could not be read.
    pub(crate) words: String,
}

/// All target groups.
#[server(prefix = "/fn", endpoint = "read_target_groups")]
pub(crate) async fn read_target_groups(#[server(default)] look: PageQuery) -> Answer<TargetGroupList> {
    crate::web::action_error::answer(server::list(look).await)
}

/// One target group as a form; a new one where `look` names none. `paste` names what could not be read.
#[server(prefix = "/fn", endpoint = "read_target_group")]
pub(crate) async fn read_target_group(
    #[server(default)] look: PageQuery,
    #[server(default)] paste: String,
) -> Answer<TargetGroupFormPage> {
    crate::web::action_error::answer(server::sheet(look, &paste).await)
}

/// What the form's buttons do: `save`, `add_member`, `remove:2` (a place from 0), or `fill` (from what was pasted).
#[server(prefix = "/fn", endpoint = "save_target_group")]
pub(crate) async fn save_target_group(form: TargetGroupForm, #[server(default)] act: String) -> Answer<()> {
    crate::web::action_error::answer(server::act(form, &act).await)
}
