//! Actions on API keys of the data plane: making one, revoking one.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    domain::config::api_key::ApiKeyScope,
    web::{
        Answer,
        action_error::answer,
        context,
        flash::notice::FlashNotice,
        form::{body::FormBody, refused::back_with_form},
        redirect,
    },
};

const PAGE: &str = "/keys";

/// A key that was just made. It has no `Debug`: the key itself is in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MadeKey {
    /// What people call it.
    pub(crate) name: String,
    /// The whole key.
    pub(crate) key: String,
}

/// Form of a new key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KeyForm {
    pub(crate) name: String,
    /// `all` or `some`.
    pub(crate) scope: String,
    /// Ids of balancers, where the scope is `some`.
    pub(crate) balancers: Vec<String>,
    pub(crate) force_route: String,
    pub(crate) rpm: String,
    pub(crate) max_in_flight: String,
    /// A day such as `2026-12-31`, or a whole moment.
    pub(crate) expires_at: String,
}

/// A key to revoke.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RevokeForm {
    id: String,
}

/// Makes a key. It is a flash message until the next page of the same user takes it, once; it is never in an address.
#[server(prefix = "/fn", endpoint = "create_key")]
pub(crate) async fn create_key(form: KeyForm) -> Answer<()> {
    answer(
        async {
            let (who, flash) = (context::actor()?, context::flash()?);
            match context::control()?.create_api_key(&who, form.body()).await {
                Ok(made) => {
                    let made = MadeKey { name: made.view.scope.name, key: made.key };
                    let made = flash.put(&who.name, &made).await?;
                    redirect::to(&redirect::with_query(PAGE, &[("made", &made)]))?;
                }
                Err(refusal) => back_with_form(&who, PAGE, form, refusal).await?,
            }
            Ok(())
        }
        .await,
    )
}

/// Revokes a key at once.
#[server(prefix = "/fn", endpoint = "revoke_key")]
pub(crate) async fn revoke_key(form: RevokeForm) -> Answer<()> {
    answer(
        async {
            let id = form.id;
            let (who, control) = (context::actor()?, context::control()?);
            let name =
                control.api_keys(&who).await?.into_iter().find(|key| key.id == id).map(|key| key.scope.name);
            let note = match control.revoke_api_key(&who, &id).await {
                Ok(()) => FlashNotice::Revoked(name.unwrap_or(id)),
                Err(refusal) => FlashNotice::Refused(refusal),
            };
            redirect::with_notice(&who, PAGE, &note).await?;
            Ok(())
        }
        .await,
    )
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
