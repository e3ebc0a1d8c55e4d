//! Both halves of Smart Balancer meet here: the domain, the server functions and the pages.
//!
//! Arrows point downwards only: `pages` → `islands` → `ui`, `api` → `domain`. This file holds the document around every page
//! and the table of addresses; nothing else.

// The type of a page nests as deep as its markup; the compiler lays it out as one.
#![recursion_limit = "256"]

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

pub mod api;
pub mod domain;
pub mod islands;
pub mod pages;
#[cfg(feature = "ssr")]
pub mod ports;
pub mod refusal;
pub mod ui;
pub mod web;

use islands::wake::wake;
use pages::{
    account::AccountPage,
    balancer::{
        BalancerPage,
        evaluate::{EvaluateBalancerPage, EvaluateDraftPage},
        history::BalancerHistoryPage,
    },
    balancers::BalancersPage,
    forbidden::ForbiddenPage,
    instance_form::{EditInstancePage, NewInstancePage},
    instances::InstancesPage,
    invitation::InvitationPage,
    keys::KeysPage,
    layout::Layout,
    not_found::NotFoundPage,
    people::PeoplePage,
    playground::PlaygroundPage,
    request::RequestPage,
    requests::RequestsPage,
    settings::SettingsPage,
    setup::SetupPage,
    sign_in::SignInPage,
    target_group_form::{EditTargetGroupPage, NewTargetGroupPage},
    target_groups::TargetGroupsPage,
    wizard::StepPage,
};

/// The document that the server sends; the browser wakes the islands in it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let folder = options.site_pkg_dir.clone();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content="One model id, many models: calls are routed by intent." />
                <link rel="icon" type="image/svg+xml" href=format!("/{folder}/favicon.svg") />
                <link rel="stylesheet" href=format!("/{folder}/smart-balancer.css") />
                <AutoReload options=options.clone() />
                {wake(&options)}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Every page, by its address.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Layout>
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=path!("/") view=BalancersPage ssr=SsrMode::Async />
                    <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                    <Route path=path!("/setup") view=SetupPage ssr=SsrMode::Async />
                    <Route path=path!("/invitation") view=InvitationPage ssr=SsrMode::Async />
                    <Route path=path!("/forbidden") view=ForbiddenPage ssr=SsrMode::Async />
                    <Route path=path!("/balancers/new") view=StepPage ssr=SsrMode::Async />
                    <Route path=path!("/balancers/new/:step") view=StepPage ssr=SsrMode::Async />
                    <Route path=path!("/balancers/:id") view=BalancerPage ssr=SsrMode::Async />
                    <Route path=path!("/balancers/:id/history") view=BalancerHistoryPage ssr=SsrMode::Async />
                    <Route path=path!("/balancers/:id/evaluate") view=EvaluateBalancerPage ssr=SsrMode::Async />
                    <Route path=path!("/evaluate") view=EvaluateDraftPage ssr=SsrMode::Async />
                    <Route path=path!("/balancers/:id/edit") view=StepPage ssr=SsrMode::Async />
                    <Route path=path!("/balancers/:id/edit/:step") view=StepPage ssr=SsrMode::Async />
                    <Route path=path!("/target-groups") view=TargetGroupsPage ssr=SsrMode::Async />
                    <Route path=path!("/target-groups/new") view=NewTargetGroupPage ssr=SsrMode::Async />
                    <Route path=path!("/target-groups/:id") view=EditTargetGroupPage ssr=SsrMode::Async />
                    <Route path=path!("/instances") view=InstancesPage ssr=SsrMode::Async />
                    <Route path=path!("/instances/new") view=NewInstancePage ssr=SsrMode::Async />
                    <Route path=path!("/instances/:id") view=EditInstancePage ssr=SsrMode::Async />
                    <Route path=path!("/playground") view=PlaygroundPage ssr=SsrMode::Async />
                    <Route path=path!("/requests") view=RequestsPage ssr=SsrMode::Async />
                    <Route path=path!("/requests/:id") view=RequestPage ssr=SsrMode::Async />
                    <Route path=path!("/keys") view=KeysPage ssr=SsrMode::Async />
                    <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async />
                    <Route path=path!("/settings/people") view=PeoplePage ssr=SsrMode::Async />
                    <Route path=path!("/settings/account") view=AccountPage ssr=SsrMode::Async />
                </FlatRoutes>
            </Layout>
        </Router>
    }
}
