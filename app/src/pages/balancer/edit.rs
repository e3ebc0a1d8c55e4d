//! Where a change of a saved balancer begins.

use leptos::prelude::*;

use crate::{
    api::wizard::EditBalancer,
    pages::{loaded::outcome, visit::Visit},
    ui::{Button, ButtonKind, PageHead},
};

/// The button that makes the draft.
pub(super) fn view() -> impl IntoView {
    let edit = ServerAction::<EditBalancer>::new();
    let visit = Visit::new();
    let id = move || visit.sight().part("id");
    view! {
        <PageHead
            title="Edit balancer"
            lead="Changes are kept in a draft until you save them; calls go on as before."
        />
        {move || outcome(edit.value().get())}
        <ActionForm action=edit>
            <input type="hidden" name="id" value=id />
            <Button kind=ButtonKind::Primary disabled=edit.pending()>"Start editing"</Button>
        </ActionForm>
        <p>
            <a href=move || format!("/balancers/{}", id())>"Back to the balancer"</a>
        </p>
    }
}
