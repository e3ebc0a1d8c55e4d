//! Data of the list of target groups and of the form of one.

use crate::{
    actions::target_groups::{Pasted, blank},
    domain::{
        config::{
            configuration::{StoredGroup, UsedBy},
            instance::WorkloadKind,
            target_group::SelectionPolicy,
        },
        ids::ObjectKind,
        timestamp::Timestamp,
    },
    pages::parts::{
        form_page::{self, FormPage, SavedFacts},
        member_traffic::{MemberTraffic, group_traffic},
    },
    refusal::Refusal,
    web::{
        action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams,
        server_error::ServerError,
    },
};

const KIND: ObjectKind = ObjectKind::TargetGroup;

/// The list of target groups.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TargetGroupList {
    /// All of them, by name.
    pub(crate) groups: Vec<TargetGroupLine>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When the page was made.
    pub(crate) now: Timestamp,
}

/// One entry of the list.
#[derive(Clone, Debug, PartialEq)]
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
    pub(crate) seats: Vec<MemberTraffic>,
    /// What refers to it.
    pub(crate) used_by: Vec<UsedBy>,
}

/// One target group as a form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TargetGroupFormPage {
    /// The form.
    pub(crate) form: FormPage,
    /// What can be a member.
    pub(crate) instances: Vec<InstanceChoice>,
    /// The members of the saved group and their traffic; empty for a new one.
    pub(crate) seats: Vec<MemberTraffic>,
    /// What was pasted and could not be read, and why.
    pub(crate) pasted: Option<Pasted>,
}

/// An instance as a picker shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
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

pub(crate) async fn list(params: PageParams) -> Result<TargetGroupList, ActionError> {
    let (who, gateway) = (context::actor()?, context::gateway()?);
    let configuration = context::control()?.configuration();
    let line = |stored: &StoredGroup| TargetGroupLine {
        id: stored.id.to_string(),
        name: stored.spec.name.clone(),
        display_name: stored.spec.display_name.clone(),
        description: stored.spec.description.clone(),
        workload_kind: stored.spec.workload_kind,
        selection_policy: stored.spec.selection_policy,
        enabled: stored.spec.enabled,
        seats: group_traffic(stored, &configuration, gateway.as_ref()),
        used_by: configuration.used_by(KIND, stored.id.as_str()),
    };
    let mut groups: Vec<_> = configuration.target_groups.iter().map(line).collect();
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    let note = context::flash()?.peek(&who.name, &params.text("note")).await;
    Ok(TargetGroupList { groups, note, now: context::now() })
}

pub(crate) async fn form(params: PageParams) -> Result<TargetGroupFormPage, ActionError> {
    let paste = &params.text("paste");
    let who = context::actor()?;
    let configuration = context::control()?.configuration();
    let mut seats = Vec::new();
    let mut saved = None;
    let id = params.part("id");
    if !id.is_empty() {
        let stored = configuration
            .target_group(&id)
            .ok_or_else(|| Refusal::NotFound { kind: KIND, id: id.clone() })?;
        seats = group_traffic(stored, &configuration, context::gateway()?.as_ref());
        saved = Some((
            SavedFacts {
                id: stored.id.to_string(),
                name: stored.spec.name.clone(),
                revision: stored.revision,
                stale: false,
                updated_at: stored.updated_at,
                used_by: configuration.used_by(KIND, stored.id.as_str()),
            },
            serde_json::to_value(&stored.spec).map_err(|_| ServerError::Inside)?,
        ));
    }
    let mut instances: Vec<_> = configuration
        .instances
        .iter()
        .map(|it| InstanceChoice {
            id: it.id.to_string(),
            name: it.spec.name.clone(),
            workload_kind: it.spec.workload_kind,
            enabled: it.spec.enabled,
        })
        .collect();
    instances.sort_by_cached_key(|it| it.name.to_lowercase());
    let pasted = context::flash()?.peek(&who.name, paste).await;
    let form = form_page::read(&who, KIND, params, blank(), saved).await?;
    Ok(TargetGroupFormPage { form, instances, seats, pasted })
}
