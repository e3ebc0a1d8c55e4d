//! The sign-in page.

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::session::SignIn,
    pages::signed_out::load::SignedOutPageData,
    ui::{Button, ButtonKind, ErrorSummary, Field, FieldErrors, Notice, PageHead, Tone, form::field::Input},
};
use crate::{pages::parts::loaded::loaded, web::page_params::PageParams};

/// The sign-in page.
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

/// Explains why signing in is impossible.
pub(crate) fn no_cookies() -> impl IntoView {
    view! {
        <Notice tone=Tone::Warn>
            <p>
                "Signing in is disabled because this page was loaded over plain HTTP from another machine, where others \
                 could read the session. Put TLS in front of the server, or start it with "
                <code>"--insecure-cookies"</code>" if you trust the network."
            </p>
        </Notice>
    }
}

fn needs_setup() -> impl IntoView {
    view! {
        <Notice>
            <p>
                "There are no users yet. Open the set-up link that the server printed at start to create the first \
                 admin."
            </p>
        </Notice>
    }
}
