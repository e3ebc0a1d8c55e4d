//! Data of the list of target groups and of a group's page.

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
    /// All target groups, by name.
    pub(crate) groups: Vec<TargetGroupLine>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TargetGroupLine {
    /// Id of the object.
    pub(crate) id: String,
    /// Name of the object.
    pub(crate) name: String,
    /// Display name; may be empty.
    pub(crate) display_name: String,
    /// Description; may be empty.
    pub(crate) description: String,
    /// The kind of calls served.
    pub(crate) workload_kind: WorkloadKind,
    /// How a member is picked.
    pub(crate) selection_policy: SelectionPolicy,
    /// Whether it may receive traffic.
    pub(crate) enabled: bool,
    /// The members with their traffic.
    pub(crate) members: Vec<MemberTraffic>,
    /// Objects that refer to it.
    pub(crate) used_by: Vec<UsedBy>,
}

/// Data of a target group's page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TargetGroupFormPage {
    /// The form.
    pub(crate) form: FormPage,
    /// Instances that can be members.
    pub(crate) instances: Vec<InstanceChoice>,
    /// The members with their traffic; empty for a new group.
    pub(crate) members: Vec<MemberTraffic>,
    /// Pasted text that could not be parsed, with its error.
    pub(crate) pasted: Option<Pasted>,
}

/// An instance in a picker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstanceChoice {
    /// Id of the object.
    pub(crate) id: String,
    /// Name of the object.
    pub(crate) name: String,
    /// The kind of calls served.
    pub(crate) workload_kind: WorkloadKind,
    /// Whether it may receive traffic.
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
        members: group_traffic(stored, &configuration, gateway.as_ref()),
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
    let mut members = Vec::new();
    let mut saved = None;
    let id = params.part("id");
    if !id.is_empty() {
        let stored = configuration
            .target_group(&id)
            .ok_or_else(|| Refusal::NotFound { kind: KIND, id: id.clone() })?;
        members = group_traffic(stored, &configuration, context::gateway()?.as_ref());
        saved = Some((
            SavedFacts::of(stored, &stored.spec.name, configuration.used_by(KIND, stored.id.as_str())),
            serde_json::to_value(&stored.spec).map_err(|_| ServerError::Internal)?,
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
    Ok(TargetGroupFormPage { form, instances, members, pasted })
}
