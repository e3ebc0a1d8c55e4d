//! Action that saves an earlier revision of a balancer as its next one.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    domain::ids::ObjectKind,
    web::{Answer, action_error::answer, addresses, context, flash::notice::FlashNotice, redirect},
};

/// Where a balancer is to go back to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RollBackForm {
    id: String,
    /// The revision to save again.
    to: String,
    /// The revision that the page showed as the current one.
    revision: String,
}

/// Saves an earlier revision of a balancer as its next one.
#[server(prefix = "/fn", endpoint = "roll_back")]
pub(crate) async fn roll_back(form: RollBackForm) -> Answer<()> {
    answer(
        async {
            let form = &form;
            let (who, control) = (context::actor()?, context::control()?);
            let wish = |text: &str| whole_number(text).map_or(Value::Null, |it| json!(it));
            let body = json!({ "to": wish(&form.to), "revision": wish(&form.revision) });
            let note = match control.roll_back(&who, ObjectKind::SmartBalancer, &form.id, body).await {
                Ok(_) => FlashNotice::RolledBack(form.to.clone()),
                Err(refusal) => FlashNotice::Refused(refusal),
            };
            redirect::with_notice(&who, &addresses::history(&form.id), &note).await?;
            Ok(())
        }
        .await,
    )
}

/// A number of an address or a form; what is none is as good as absent.
pub(crate) fn whole_number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|it| i64::try_from(*it).is_ok())
}
