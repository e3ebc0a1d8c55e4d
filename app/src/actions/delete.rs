//! Action that deletes an object of any kind: its name has to be typed.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    domain::ids::ObjectKind,
    refusal::Refusal,
    web::{Answer, action_error::answer, addresses, context, flash::notice::FlashNotice, redirect},
};

/// Form that confirms a deletion.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RemovalForm {
    /// `instance`, `target_group` or `smart_balancer`.
    kind: String,
    id: String,
    /// The name, typed to confirm.
    confirm: String,
}

/// Deletes an object whose name was typed, and goes to the list of its kind.
#[server(prefix = "/fn", endpoint = "delete_object")]
pub(crate) async fn delete_object(form: RemovalForm) -> Answer<()> {
    answer(
        async {
            let (who, control) = (context::actor()?, context::control()?);
            let kind = ObjectKind::ALL.into_iter().find(|kind| kind.as_str() == form.kind);
            let kind = kind.ok_or_else(|| Refusal::Gone("There is no such kind of object.".to_owned()))?;
            let configuration = control.configuration();
            let name = match kind {
                ObjectKind::Instance => configuration.instance(&form.id).map(|it| it.spec.name.clone()),
                ObjectKind::TargetGroup => {
                    configuration.target_group(&form.id).map(|it| it.spec.name.clone())
                }
                ObjectKind::SmartBalancer => configuration.balancer(&form.id).map(|it| it.spec.name.clone()),
            };
            let name = name.ok_or_else(|| Refusal::NotFound { kind, id: form.id.clone() })?;
            let page = addresses::object(kind, &form.id);
            if form.confirm.trim() != name {
                // An empty one is a try as well; a space shows that.
                let typed = if form.confirm.is_empty() { " " } else { &form.confirm };
                redirect::to(&(redirect::with_query(&page, &[("confirm", typed)]) + "#delete"))?;
                return Ok(());
            }
            match control.delete(&who, kind, &form.id).await {
                Ok(()) => {
                    redirect::with_notice(&who, addresses::list(kind), &FlashNotice::Deleted(name)).await?
                }
                Err(refusal) => redirect::with_notice(&who, &page, &FlashNotice::Refused(refusal)).await?,
            }
            Ok(())
        }
        .await,
    )
}
