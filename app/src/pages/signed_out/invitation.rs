//! Setting the password with a one-time link. Opening the link does not use it up.

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use super::{load::InvitationPageData, sign_in::no_cookies};
use crate::{
    actions::session::AcceptInvitation,
    domain::limits,
    ui::{Button, ButtonKind, ErrorSummary, Field, FieldErrors, PageHead, form::field::Input},
};
use crate::{pages::parts::loaded::loaded, web::page_params::PageParams};

/// The page of a one-time link.
#[component]
pub fn InvitationPage() -> impl IntoView {
    let params = PageParams::current();
    let data = super::load::invitation(params.clone());
    let view = move |page: InvitationPageData| {
        let token = params.text("token");
        let errors = FieldErrors::from(page.errors);
        let name = page.name.clone();
        view! {
            {page.no_cookies.then(no_cookies)}
            <p>{format!("You will sign in as “{}”.", page.name)}</p>
            <ErrorSummary links=errors.links() />
            {post_form(AcceptInvitation::url(), view! {
                <input type="hidden" name="form[token]" value=token />
                // For password managers, which store passwords by user name.
                <input type="text" name="username" value=name autocomplete="username" hidden=true readonly=true />
                <Field
                    path="password"
                    label="Password"
                    hint=format!("At least {} characters; a few words are best.", limits::PASSWORD_MIN_CHARS)
                    input=Input::Password
                    errors
                    autocomplete="new-password"
                    required=true
                />
                <Button kind=ButtonKind::Primary>
                    "Set password and sign in"
                </Button>
            }.into_any())}
        }
        .into_any()
    };
    view! {
        <div class="narrow">
            <PageHead title="Welcome" lead="Set your password." />
            {loaded(data, view)}
        </div>
    }
}
