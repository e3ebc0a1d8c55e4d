//! Action of the form of a target group: saving it, and changing its rows before that.

mod group_form;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use group_form::{TargetGroupForm, blank};

use super::form::{FormTarget, keep_form, save_form};
use crate::{
    domain::{config::paste, ids::ObjectKind, limits},
    web::{
        Answer,
        action_error::{ActionError, answer},
        addresses, context,
        flash::notice::FlashNotice,
        redirect,
    },
};

const KIND: ObjectKind = ObjectKind::TargetGroup;

/// What was pasted and could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pasted {
    /// The text.
    pub(crate) text: String,
    /// Why it could not be read.
    pub(crate) words: String,
}

/// What the form's buttons do: `save`, `add_member`, `remove:2` (a place from 0), or `fill` (from what was pasted).
#[server(prefix = "/fn", endpoint = "save_target_group")]
pub(crate) async fn save_target_group(form: TargetGroupForm, #[server(default)] act: String) -> Answer<()> {
    answer(
        async {
            let mut form = form;
            let who = context::actor()?;
            let target = form.target();
            if act == "fill" {
                return fill(&form, target).await;
            }
            if act == "add_member" {
                let place = form.rows();
                if place < limits::MEMBERS {
                    form.add_row();
                }
                return keep(target, form.body(), &format!("members-{place}-instance_id")).await;
            }
            if let Some(place) = act.strip_prefix("remove:") {
                form.remove_row(place.parse().unwrap_or(usize::MAX));
                return keep(target, form.body(), "members").await;
            }
            let Some(saved) = save_form(&who, &target, form.body(), Vec::new()).await? else { return Ok(()) };
            let name = saved.body.get("name").and_then(Value::as_str).unwrap_or(&saved.id);
            redirect::with_notice(&who, addresses::list(KIND), &FlashNotice::Saved(name.to_owned())).await?;
            Ok(())
        }
        .await,
    )
}

/// Fills the form from what was pasted; where that cannot be read, both it and the rest of the form are kept.
async fn fill(form: &TargetGroupForm, target: FormTarget) -> Result<(), ActionError> {
    let who = context::actor()?;
    let control = context::control()?;
    let page = target.page();
    match paste::json(&form.paste) {
        Ok(body) => {
            let draft = keep_form(&*control, &who, target.draft(body)).await?;
            redirect::to(&redirect::with_query(&page, &[("draft", &draft), ("check", "1")]))?;
        }
        Err(error) => {
            let draft = keep_form(&*control, &who, target.draft(form.body())).await?;
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
async fn keep(target: FormTarget, body: Value, fragment: &str) -> Result<(), ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let page = target.page();
    let draft = keep_form(&*control, &who, target.draft(body)).await?;
    redirect::to(&format!("{}#{fragment}", redirect::with_query(&page, &[("draft", &draft)])))?;
    Ok(())
}
