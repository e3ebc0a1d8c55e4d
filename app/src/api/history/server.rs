//! What the server functions about the past do.

use serde_json::{Value, json};

use super::{AuditPage, BalancerHistory, RollBackForm};
use crate::{
    domain::ids::ObjectKind,
    ports::Role,
    refusal::Refusal,
    web::{action_error::ActionError, context, notice::FlashNotice, redirect},
};

const KIND: ObjectKind = ObjectKind::SmartBalancer;
/// The revisions of a page; each may tell of many fields.
const REVISIONS: usize = 20;
/// The audit rows of a page.
const ROWS: usize = 50;

pub(super) async fn history(id: &str, cursor: &str, note: &str) -> Result<BalancerHistory, ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let before = number(cursor);
    let mut revisions = control.revisions(&who, KIND, id, before, REVISIONS as u32 + 1).await?;
    let more = revisions.len() > REVISIONS;
    revisions.truncate(REVISIONS);
    let configuration = control.configuration();
    let gone = || Refusal::NotFound { kind: KIND, id: id.to_owned() };
    let stored = configuration.balancer(id).ok_or_else(gone)?;
    let (older, newest) =
        turns(&page(id), revisions.last().filter(|_| more).map(|it| it.revision), before.is_some());
    Ok(BalancerHistory {
        id: id.to_owned(),
        title: stored.spec.title().to_owned(),
        current: stored.revision,
        revisions,
        older,
        newest,
        may_edit: who.role >= Role::Editor,
        note: redirect::kept(&who, note).await,
        now: context::now(),
    })
}

pub(super) async fn roll_back(form: &RollBackForm) -> Result<(), ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let wish = |text: &str| number(text).map_or(Value::Null, |it| json!(it));
    let body = json!({ "to": wish(&form.to), "revision": wish(&form.revision) });
    let note = match control.roll_back(&who, KIND, &form.id, body).await {
        Ok(_) => FlashNotice::RolledBack(form.to.clone()),
        Err(refusal) => FlashNotice::Refused(refusal),
    };
    redirect::with_notice(&who, &page(&form.id), &note).await?;
    Ok(())
}

pub(super) async fn audit(cursor: &str) -> Result<AuditPage, ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let before = number(cursor);
    let mut found = control.audit(&who, before, ROWS as u32 + 1).await?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let (older, newest) = turns("/settings", found.last().filter(|_| more).map(|it| it.0), before.is_some());
    let entries = found.into_iter().map(|(_, entry)| entry).collect();
    Ok(AuditPage { entries, older, newest, now: context::now() })
}

fn page(id: &str) -> String {
    format!("/balancers/{}/history", redirect::query_value(id))
}

/// The addresses of the next page and of the first one, where there are others.
fn turns(page: &str, next: Option<u64>, later: bool) -> (Option<String>, Option<String>) {
    (next.map(|it| format!("{page}?cursor={it}")), later.then(|| page.to_owned()))
}

/// A number of an address or a form; what is none is as good as absent.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|it| i64::try_from(*it).is_ok())
}
