//! Actions of the board: throwing a draft away, and adding the demo instances.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    domain::console::draft::Step,
    web::{
        Answer, action_error::answer, context, flash::notice::FlashNotice, redirect,
        step_address::step_address,
    },
};

/// A draft to throw away.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DraftForm {
    id: String,
}

/// Throws a draft away.
#[server(prefix = "/fn", endpoint = "drop_draft")]
pub(crate) async fn drop_draft(form: DraftForm) -> Answer<()> {
    answer(
        async {
            let id = &form.id;
            let (who, control) = (context::actor()?, context::control()?);
            match control.drop_draft(&who, id).await {
                Ok(()) => redirect::to("/")?,
                Err(refusal) => redirect::with_notice(&who, "/", &FlashNotice::Refused(refusal)).await?,
            }
            Ok(())
        }
        .await,
    )
}

/// Adds the demo instances and begins a balancer on them.
#[server(prefix = "/fn", endpoint = "try_demo")]
pub(crate) async fn try_demo() -> Answer<()> {
    answer(
        async {
            let (who, control) = (context::actor()?, context::control()?);
            if let Err(refusal) = control.add_demo(&who).await {
                redirect::with_notice(&who, "/", &FlashNotice::Refused(refusal)).await?;
                return Ok(());
            }
            redirect::to(&step_address(None, Step::Name, ""))?;
            Ok(())
        }
        .await,
    )
}
