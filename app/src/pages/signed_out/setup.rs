//! Creation of the first admin with the one-time link from the server's log. Opening the link does not use it up.

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use super::sign_in::no_cookies;
use crate::{
    actions::session::SetUp,
    domain::limits,
    pages::signed_out::load::SignedOutPageData,
    ui::{
        Button, ButtonKind, ButtonLink, EmptyState, ErrorSummary, Field, FieldErrors, PageHead,
        form::field::Input,
    },
};
use crate::{pages::parts::loaded::loaded, web::page_params::PageParams};

/// The set-up page.
#[component]
pub fn SetupPage() -> impl IntoView {
    let params = PageParams::current();
    let data = super::load::page(params.clone());
    let view = move |page: SignedOutPageData| {
        if !page.needs_setup {
            return view! {
                <EmptyState message="This server is already set up.">
                    <ButtonLink href="/sign-in" kind=ButtonKind::Primary>
                        "Sign in"
                    </ButtonLink>
                </EmptyState>
            }
            .into_any();
        }
        let token = params.text("token");
        let errors = FieldErrors::from(page.errors);
        view! {
            {page.no_cookies.then(no_cookies)}
            <ErrorSummary links=errors.links() />
            {post_form(SetUp::url(), view! {
                <input type="hidden" name="form[token]" value=token />
                <Field
                    path="name"
                    label="User name"
                    value=page.name
                    errors=errors.clone()
                    limit=limits::NAME_CHARS
                    autocomplete="username"
                    required=true
                />
                <Field
                    path="password"
                    label="Password"
                    hint=format!("At least {} characters; a few words are best.", limits::PASSWORD_MIN_CHARS)
                    input=Input::Password
                    errors
                    autocomplete="new-password"
                    required=true
                />
                <Button kind=ButtonKind::Primary>"Create the first admin"</Button>
            }.into_any())}
        }
        .into_any()
    };
    view! {
        <div class="narrow">
            <PageHead title="Set up Smart Balancer" lead="Create the first admin." />
            {loaded(data, view)}
        </div>
    }
}
