//! Data of the page of API keys.

use crate::{
    actions::keys::{KeyForm, MadeKey},
    domain::{config::api_key::ApiKeyView, field_error::FieldError, timestamp::Timestamp},
    ports::{Actor, Role},
    web::{
        action_error::ActionError, context, flash::notice::FlashNotice, form::refused::refused_form,
        page_params::PageParams,
    },
};

/// Data of the page of API keys.
#[derive(Clone, PartialEq)]
pub(crate) struct KeyPage {
    /// All keys, newest first.
    pub(crate) keys: Vec<KeyLine>,
    /// Whether the user may create keys.
    pub(crate) may_create: bool,
    /// Balancers for the scope of a key: id and name.
    pub(crate) balancers: Vec<(String, String)>,
    /// The key that was just created, shown once.
    pub(crate) made: Option<MadeKey>,
    /// Whether the URL names a key that was already shown.
    pub(crate) shown_before: bool,
    /// The entered values of a new key.
    pub(crate) form: KeyForm,
    /// Errors of the entered values.
    pub(crate) errors: Vec<FieldError>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
    /// Render time of the page.
    pub(crate) now: Timestamp,
}

/// A key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeyLine {
    /// The public part of the key.
    pub(crate) id: String,
    /// Display name.
    pub(crate) name: String,
    /// The first characters of the key.
    pub(crate) prefix: String,
    /// Names of the balancers in its scope; `None` for all.
    pub(crate) opens: Option<Vec<String>>,
    /// Whether it may force a route.
    pub(crate) force_route: bool,
    /// Maximum calls per minute.
    pub(crate) rpm: Option<u64>,
    /// Maximum concurrent calls.
    pub(crate) max_in_flight: Option<u64>,
    /// The creator, if known.
    pub(crate) made_by: Option<String>,
    /// Whether the user may revoke it.
    pub(crate) may_revoke: bool,
    /// Expiry.
    pub(crate) expires_at: Option<Timestamp>,
    /// Creation time.
    pub(crate) created_at: Timestamp,
    /// Time of the last use.
    pub(crate) last_used_at: Option<Timestamp>,
}

pub(crate) async fn keys(params: PageParams) -> Result<KeyPage, ActionError> {
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
    // Deleted when read, so a refresh does not show it again.
    let made: Option<MadeKey> = flash.take(&who.name, &params.text("made")).await;
    let shown_before = made.is_none() && !params.text("made").is_empty();
    let refused = refused_form::<KeyForm>(&who, &params).await;
    let note = flash.peek(&who.name, &params.text("note")).await;
    let mut refused = refused.unwrap_or_default();
    let note = note.or(refused.notice());
    let (mut form, errors) = (refused.form, refused.errors);
    if form.scope.is_empty() {
        form.scope = "all".to_owned();
    }
    let keys = keys.into_iter().map(|key| line(&who, key, &balancers)).collect();
    let may_create = who.role >= Role::Editor;
    Ok(KeyPage { keys, may_create, balancers, made, shown_before, form, errors, note, now: context::now() })
}

/// A row of the list; `balancers` are ids and names.
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
