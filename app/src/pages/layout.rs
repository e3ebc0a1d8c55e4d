//! The frame of every page: skip link, header, navigation, and the signed-in user.

mod load;

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;

use self::load::FrameFacts;
use crate::web::form::post_form::post_form;
use crate::{
    actions::session::SignOut,
    islands::{feed::Feed, frame::Frame},
    ui::{Status, Tone},
    web::permissions::may_open,
};

/// Links of the navigation; links that the role may not open are hidden.
const PLACES: [(&str, &str); 7] = [
    ("/", "Balancers"),
    ("/target-groups", "Target groups"),
    ("/instances", "Instances"),
    ("/playground", "Playground"),
    ("/requests", "Requests"),
    ("/keys", "API keys"),
    ("/settings", "Settings"),
];

/// The frame of every page. Without a session it only shows the product's name.
#[component]
pub fn Layout(
    /// The page.
    children: Children,
) -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    // On signed-out pages there is no user, and loading the frame would be refused.
    let outside = is_outside(&path);
    let frame = (!outside).then(|| {
        Suspend::new(async move { load::frame().await.ok().flatten().map(|it| signed_in(it, &path)) })
    });
    view! {
        <a class="skip" href="#main">
            "Skip to the content"
        </a>
        <header class="top">
            <a class="brand" href="/">
                <Mark />
                "Smart Balancer"
            </a>
            <Suspense>{frame}</Suspense>
        </header>
        {(!outside).then(|| view! { <Feed /> })}
        <main id="main" tabindex="-1">
            {children()}
        </main>
        <Frame />
    }
}

fn is_outside(path: &str) -> bool {
    matches!(path, "/sign-in" | "/setup" | "/invitation")
}

fn signed_in(frame: FrameFacts, path: &str) -> AnyView {
    let places = PLACES
        .into_iter()
        .filter(|(href, _)| may_open(href))
        .map(|(href, label)| {
            let current = is_at(path, href).then_some("page");
            view! {
                <li>
                    <a href=href aria-current=current>
                        {label}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="places" aria-label="Main">
            <ul>{places}</ul>
        </nav>
        <div class="who">
            {frame
                .demo
                .then(|| {
                    view! {
                        <Status
                            tone=Tone::Warn
                            label="Demo"
                            more="Some instances are served by this server itself"
                        />
                    }
                })}
            <a class="who-name" href="/settings/account">
                <span class="unseen">"Your account: "</span>
                {frame.name}
            </a>
            {post_form(SignOut::url(), view! {
                <button type="submit" class="button" data-kind="quiet">
                    "Sign out"
                </button>
            }.into_any())}
        </div>
    }
    .into_any()
}

/// Whether `path` is at or below a place; the balancers are also at the root.
fn is_at(path: &str, place: &str) -> bool {
    match place {
        "/" => path == "/" || path == "/balancers" || path.starts_with("/balancers/"),
        _ => path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
    }
}

#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d="M2 10h5c4 0 3-6 7-6h4M7 10h11M7 10c4 0 3 6 7 6h4" />
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_current_at_and_below_its_address() {
        assert!(is_at("/", "/") && is_at("/balancers/new/name", "/"));
        assert!(is_at("/instances/inst_a", "/instances") && !is_at("/instances-x", "/instances"));
        assert!(!is_at("/keys", "/"));
    }
}
