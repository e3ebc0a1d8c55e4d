//! What the server functions about target groups do.

use serde_json::Value;

use super::{
    InstanceChoice, Pasted, TargetGroupForm, TargetGroupFormPage, TargetGroupLine, TargetGroupList, form,
};
use crate::{
    api::{
        sheet::{self, FormTarget, SavedFacts},
        traffic::group_seats,
    },
    domain::{
        config::{configuration::StoredGroup, paste},
        ids::ObjectKind,
        limits,
    },
    refusal::Refusal,
    web::{
        action_error::ActionError, addresses, context, notice::FlashNotice, page_query::PageQuery, redirect,
        server_error::ServerError,
    },
};

const KIND: ObjectKind = ObjectKind::TargetGroup;

pub(super) async fn list(look: PageQuery) -> Result<TargetGroupList, ActionError> {
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
        seats: group_seats(stored, &configuration, gateway.as_ref()),
        used_by: configuration.used_by(KIND, stored.id.as_str()),
    };
    let mut groups: Vec<_> = configuration.target_groups.iter().map(line).collect();
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    let note = context::flash()?.peek(&who.name, &look.note).await;
    Ok(TargetGroupList { groups, note, now: context::now() })
}

pub(super) async fn sheet(look: PageQuery, paste: &str) -> Result<TargetGroupFormPage, ActionError> {
    let who = context::actor()?;
    let configuration = context::control()?.configuration();
    let mut seats = Vec::new();
    let mut saved = None;
    if !look.id.is_empty() {
        let stored = configuration
            .target_group(&look.id)
            .ok_or_else(|| Refusal::NotFound { kind: KIND, id: look.id.clone() })?;
        seats = group_seats(stored, &configuration, context::gateway()?.as_ref());
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
    let sheet = sheet::read(&who, KIND, look, form::blank(), saved).await?;
    Ok(TargetGroupFormPage { sheet, instances, seats, pasted })
}

pub(super) async fn act(mut form: TargetGroupForm, act: &str) -> Result<(), ActionError> {
    let who = context::actor()?;
    let aim = form.aim();
    if act == "fill" {
        return fill(&form, aim).await;
    }
    if act == "add_member" {
        let place = form.rows();
        if place < limits::MEMBERS {
            form.add_row();
        }
        return keep(aim, form.body(), &format!("members-{place}-instance_id")).await;
    }
    if let Some(place) = act.strip_prefix("remove:") {
        form.remove_row(place.parse().unwrap_or(usize::MAX));
        return keep(aim, form.body(), "members").await;
    }
    let Some(saved) = sheet::save(&who, &aim, form.body(), Vec::new()).await? else { return Ok(()) };
    let name = saved.body.get("name").and_then(Value::as_str).unwrap_or(&saved.id);
    redirect::with_notice(&who, addresses::list(KIND), &FlashNotice::Saved(name.to_owned())).await?;
    Ok(())
}

/// Fills the form from what was pasted; where that cannot be read, both it and the rest of the form are kept.
async fn fill(form: &TargetGroupForm, aim: FormTarget) -> Result<(), ActionError> {
    let who = context::actor()?;
    let control = context::control()?;
    let page = aim.page();
    match paste::json(&form.paste) {
        Ok(body) => {
            let draft = control.keep_draft(&who, aim.draft(body)).await?;
            redirect::to(&redirect::with_query(&page, &[("draft", &draft), ("check", "1")]))?;
        }
        Err(error) => {
            let draft = control.keep_draft(&who, aim.draft(form.body())).await?;
            let pasted = Pasted { text: form.paste.clone(), words: error.message };
            let pasted = context::flash()?.put_notice(&who.name, &pasted).await;
            redirect::to(
                &(redirect::with_query(&page, &[("draft", &draft), ("paste", &pasted)]) + "#paste"),
            )?;
        }
    }
    Ok(())
}

/// Keeps the form and shows it again at `fragment`; nothing is judged, since nobody asked to save.
async fn keep(aim: FormTarget, body: Value, fragment: &str) -> Result<(), ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let page = aim.page();
    let draft = control.keep_draft(&who, aim.draft(body)).await?;
    redirect::to(&format!("{}#{fragment}", redirect::with_query(&page, &[("draft", &draft)])))?;
    Ok(())
}
