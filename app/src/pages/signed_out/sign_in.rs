//! Signing in.

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::session::SignIn,
    pages::signed_out::load::SignedOutPageData,
    ui::{Button, ButtonKind, ErrorSummary, Field, FieldErrors, Notice, PageHead, Tone, form::field::Input},
};
use crate::{pages::parts::loaded::loaded, web::page_params::PageParams};

/// Signing in.
#[component]
pub fn SignInPage() -> impl IntoView {
    let params = PageParams::current();
    let data = super::load::page(params.clone());
    let view = move |page: SignedOutPageData| {
        let next = params.text("next");
        let errors = FieldErrors::from(page.errors);
        view! {
            {page.no_cookies.then(no_cookies)}
            {page.needs_setup.then(needs_setup)}
            <ErrorSummary links=errors.links() />
            {post_form(SignIn::url(), view! {
                <input type="hidden" name="form[next]" value=next />
                <Field
                    path="name"
                    label="User name"
                    value=page.name
                    errors=errors.clone()
                    autocomplete="username"
                    required=true
                />
                <Field
                    path="password"
                    label="Password"
                    input=Input::Password
                    errors
                    autocomplete="current-password"
                    required=true
                />
                <Button kind=ButtonKind::Primary>"Sign in"</Button>
            }.into_any())}
        }
        .into_any()
    };
    view! {
        <div class="narrow">
            <PageHead title="Sign in" />
            {loaded(data, view)}
        </div>
    }
}

/// Why nobody can sign in here.
pub(crate) fn no_cookies() -> impl IntoView {
    view! {
        <Notice tone=Tone::Warn>
            <p>
                "This page came over plain HTTP from another machine, where a session could be read on its way, so \
                 nobody can sign in. Put TLS in front of the server, or start it with "
                <code>"--insecure-cookies"</code>" where the network is your own."
            </p>
        </Notice>
    }
}

fn needs_setup() -> impl IntoView {
    view! {
        <Notice>
            <p>
                "There is no user yet. Open the set-up link that the server printed when it started; it makes the \
                 first one."
            </p>
        </Notice>
    }
}
