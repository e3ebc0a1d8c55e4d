//! The user's own account: password and sessions.

mod load;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn};

use self::load::AccountPageData;
use super::people::role_label;
use crate::{
    actions::account::{ChangePassword, EndSession, SignOutEverywhere},
    domain::{limits, person::SessionView, timestamp::Timestamp},
    ui::{
        Button, ButtonKind, ErrorSummary, Field, FieldErrors, PageHead, Status, Table, TimeAgo, Tone,
        form::field::Input,
    },
};
use crate::{
    pages::parts::{loaded::loaded, notice::flash_notice},
    web::page_params::PageParams,
};

/// The user's own account.
#[component]
pub fn AccountPage() -> impl IntoView {
    let params = PageParams::current();
    let data = load::account(params.clone());
    view! {
        <PageHead title="Your account" lead="Your password and sessions." />
        {loaded(data, draw)}
    }
}

fn draw(page: AccountPageData) -> AnyView {
    let now = page.now;
    let errors = FieldErrors::from(page.errors);
    let rows = page.sessions.into_iter().map(|it| row(it, now)).collect::<Vec<_>>();
    let name = page.name.clone();
    view! {
        {flash_notice(page.note)}
        <p>{format!("You are signed in as “{}”. Your role: {}.", page.name, role_label(page.role).to_lowercase())}</p>
        <section class="panel" aria-labelledby="password-title">
            <h2 id="password-title">"Password"</h2>
            <div class="modest">
            <ErrorSummary links=errors.links() />
            {post_form(ChangePassword::url(), view! {
                // For password managers, which store passwords by user name.
                <input type="text" name="username" value=name autocomplete="username" hidden=true readonly=true />
                <Field
                    path="old"
                    label="Current password"
                    input=Input::Password
                    errors=errors.clone()
                    autocomplete="current-password"
                    required=true
                />
                <Field
                    path="new"
                    label="New password"
                    hint=format!(
                        "At least {} characters; a few words are best. Your other sessions end.",
                        limits::PASSWORD_MIN_CHARS,
                    )
                    input=Input::Password
                    errors
                    autocomplete="new-password"
                    required=true
                />
                <Button kind=ButtonKind::Primary>
                    "Change password"
                </Button>
            }.into_any())}
            </div>
        </section>
        <section class="panel" aria-labelledby="sessions-title">
            <h2 id="sessions-title">"Sessions"</h2>
            <Table caption="Sessions" heads=vec!["Last used", "From", "Signed in", "End"]>
                {rows}
            </Table>
            <div class="modest">
            {post_form(SignOutEverywhere::url(), view! {
                <p>"A session ends after 12 hours without use, and after 7 days at the latest."</p>
                <Button kind=ButtonKind::Danger>
                    "Sign out everywhere"
                </Button>
            }.into_any())}
            </div>
        </section>
    }
    .into_any()
}

fn row(session: SessionView, now: Timestamp) -> AnyView {
    let from = session.ip.unwrap_or_else(|| "–".to_owned());
    let end = if session.current {
        view! { <Status tone=Tone::Good label="This session" /> }.into_any()
    } else {
        let label = format!("End the session from {from}");
        post_form(
            EndSession::url(),
            view! {
                <input type="hidden" name="form[id]" value=session.id />
                <Button label>
                    "End"
                </Button>
            }
            .into_any(),
        )
    };
    view! {
        <tr>
            <th scope="row">
                <TimeAgo at=session.last_seen_at now />
            </th>
            <td>{from}</td>
            <td>
                <TimeAgo at=session.created_at now />
            </td>
            <td>{end}</td>
        </tr>
    }
    .into_any()
}
