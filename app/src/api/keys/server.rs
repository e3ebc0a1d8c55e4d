//! What the server functions about API keys do.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{KeyForm, KeyLine, KeyPage, KeyQuery, MadeKey};
use crate::{
    domain::{
        config::api_key::{ApiKeyScope, ApiKeyView},
        field_error::FieldError,
    },
    ports::{Actor, Role},
    refusal::Refusal,
    web::{action_error::ActionError, context, form_body::FormBody, notice::FlashNotice, redirect},
};

const PAGE: &str = "/keys";

/// A form that was refused: keys have no drafts, so it waits in memory like a result.
#[derive(Serialize, Deserialize)]
struct Kept {
    form: KeyForm,
    errors: Vec<FieldError>,
    refusal: Option<Refusal>,
}

pub(super) async fn page(look: KeyQuery) -> Result<KeyPage, ActionError> {
    let (who, control, flash) = (context::actor()?, context::control()?, context::flash()?);
    let mut keys = control.api_keys(&who).await?;
    keys.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
    let mut balancers: Vec<_> = control
        .configuration()
        .balancers
        .iter()
        .map(|it| (it.id.to_string(), it.spec.name.clone()))
        .collect();
    balancers.sort_by_cached_key(|(_, name)| name.to_lowercase());
    // Taken, not looked at: a refresh does not show it again.
    let made: Option<MadeKey> = flash.take(&who.name, &look.made).await;
    let shown_before = made.is_none() && !look.made.is_empty();
    let kept: Option<Kept> = flash.peek(&who.name, &look.form).await;
    let mut note = flash.peek(&who.name, &look.note).await;
    let (mut form, mut errors) = (KeyForm::default(), Vec::new());
    if let Some(kept) = kept {
        note = note.or(kept.refusal.map(FlashNotice::Refused));
        (form, errors) = (kept.form, kept.errors);
    }
    if form.scope.is_empty() {
        form.scope = "all".to_owned();
    }
    let keys = keys.into_iter().map(|key| line(&who, key, &balancers)).collect();
    let may_create = who.role >= Role::Editor;
    Ok(KeyPage { keys, may_create, balancers, made, shown_before, form, errors, note, now: context::now() })
}

pub(super) async fn create(form: KeyForm) -> Result<(), ActionError> {
    let (who, flash) = (context::actor()?, context::flash()?);
    match context::control()?.create_api_key(&who, form.body()).await {
        Ok(made) => {
            let made = MadeKey { name: made.view.scope.name, key: made.key };
            let made = flash.put(&who.name, &made).await?;
            redirect::to(&redirect::with_query(PAGE, &[("made", &made)]))?;
        }
        Err(refusal) => {
            let errors = refusal.errors();
            let refusal = errors.is_empty().then_some(refusal);
            let kept = flash.put_notice(&who.name, &Kept { form, errors, refusal }).await;
            redirect::to(&redirect::with_query(PAGE, &[("form", &kept)]))?;
        }
    }
    Ok(())
}

pub(super) async fn revoke(id: &str) -> Result<(), ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let name = control.api_keys(&who).await?.into_iter().find(|key| key.id == id).map(|key| key.scope.name);
    let note = match control.revoke_api_key(&who, id).await {
        Ok(()) => FlashNotice::Revoked(name.unwrap_or_else(|| id.to_owned())),
        Err(refusal) => FlashNotice::Refused(refusal),
    };
    redirect::with_notice(&who, PAGE, &note).await?;
    Ok(())
}

/// A key for the list; `balancers` are ids and names.
fn line(who: &Actor, key: ApiKeyView, balancers: &[(String, String)]) -> KeyLine {
    let scope = key.scope;
    let name = |id: &String| balancers.iter().find(|it| it.0 == *id).map_or(id.clone(), |it| it.1.clone());
    let all = scope.balancers.iter().any(|it| it == "*");
    KeyLine {
        id: key.id,
        name: scope.name,
        prefix: key.prefix,
        opens: (!all).then(|| scope.balancers.iter().map(name).collect()),
        force_route: scope.force_route,
        rpm: scope.rpm,
        max_in_flight: scope.max_in_flight,
        may_revoke: who.may_revoke(key.made_by.as_deref()),
        made_by: key.made_by,
        expires_at: scope.expires_at,
        created_at: key.created_at,
        last_used_at: key.last_used_at,
    }
}

impl KeyForm {
    fn body(&self) -> Value {
        // Ticked balancers are never widened because a choice did not come along.
        let all = self.scope == "all" || (self.scope.is_empty() && self.balancers.is_empty());
        let usual = ApiKeyScope::default().balancers;
        let mut body = FormBody::default()
            .text("name", &self.name)
            .part("balancers", if all { usual } else { self.balancers.clone() })
            .flag("force_route", &self.force_route)
            .whole("rpm", &self.rpm)
            .whole("max_in_flight", &self.max_in_flight);
        let expires_at = self.expires_at.trim();
        if !expires_at.is_empty() {
            body = body.text("expires_at", &end_of(expires_at));
        }
        body.build()
    }
}

/// A day as the moment at which it ends in UTC; anything else as it is.
fn end_of(day: &str) -> String {
    let bytes = day.as_bytes();
    let is_day = bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if is_day { format!("{day}T23:59:59.999Z") } else { day.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_works_until_the_end_of_the_day_that_was_typed() {
        assert_eq!(end_of("2026-12-31"), "2026-12-31T23:59:59.999Z");
        assert_eq!(end_of("2026-12-31T10:00:00Z"), "2026-12-31T10:00:00Z");
        assert_eq!(end_of("soon"), "soon");
    }

    #[test]
    fn what_is_left_empty_is_left_out() {
        let form = KeyForm { name: "ci".to_owned(), scope: "all".to_owned(), ..KeyForm::default() };
        let body = form.body();
        assert_eq!(body, serde_json::json!({ "name": "ci", "balancers": ["*"], "force_route": false }));
    }

    #[test]
    fn ticked_balancers_count_also_where_the_choice_did_not_come_along() {
        let opens = |scope: &str, ticked: &[&str]| {
            let balancers = ticked.iter().map(|it| (*it).to_owned()).collect();
            KeyForm { scope: scope.to_owned(), balancers, ..KeyForm::default() }.body()["balancers"].clone()
        };
        assert_eq!(opens("", &[]), serde_json::json!(["*"]));
        assert_eq!(opens("all", &["sb_a"]), serde_json::json!(["*"]));
        for scope in ["", "some", "other"] {
            assert_eq!(opens(scope, &["sb_a"]), serde_json::json!(["sb_a"]));
        }
        assert_eq!(opens("some", &[]), serde_json::json!([]));
    }
}
