//! Somebody else saved the balancer while it was edited: what differs, and the two ways on. Nothing typed is lost
//! before one of them is chosen.

use leptos::prelude::*;
use serde_json::Value;

use crate::{
    domain::config::revision::Change,
    pages::wizard::load::{Conflict, WizardPage},
    ui::{Button, Notice, Table, Tone},
};

pub(super) fn view(page: &WizardPage) -> Option<AnyView> {
    let view = match page.conflict.clone()? {
        Conflict::Deleted => view! {
            <Notice tone=Tone::Bad>
                <p>
                    "Somebody deleted this balancer while you were editing it. What you typed is still here; it cannot \
                     be saved as a change any more."
                </p>
            </Notice>
        }
        .into_any(),
        Conflict::Changed { from, to, at, changes } => {
            let rows = changes.into_iter().map(row).collect_view();
            let words = format!(
                "Somebody saved this balancer while you were editing it: revision {from} became {to} at {at}. \
                 Your draft is kept. This is where the two differ:"
            );
            view! {
                <Notice tone=Tone::Warn>
                    <p>{words}</p>
                    <Table caption="Differences" heads=vec!["Field", "Your draft", "Saved now"]>
                        {rows}
                    </Table>
                    <div class="actions">
                        <Button act="keep_mine">"Keep my draft"</Button>
                        <Button act="take_saved">"Take the saved one"</Button>
                    </div>
                    <p class="hint">
                        "“Keep my draft” lets your next save replace the saved one. “Take the saved one” gives your \
                         changes up."
                    </p>
                </Notice>
            }
            .into_any()
        }
    };
    Some(view)
}

fn row(change: Change) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><code>{change.path}</code></th>
            <td>{words(&change.from)}</td>
            <td>{words(&change.to)}</td>
        </tr>
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
