//! The HTML document around every page, and the routes of all pages.

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::islands::wake::wake;
use crate::pages::{
    balancer::{
        BalancerPage,
        evaluate::{EvaluateBalancerPage, EvaluateDraftPage},
        history::BalancerHistoryPage,
    },
    balancers::BalancersPage,
    errors::{forbidden::ForbiddenPage, not_found::NotFoundPage},
    instances::{
        InstancesPage,
        form::{EditInstancePage, NewInstancePage},
    },
    keys::KeysPage,
    layout::Layout,
    playground::PlaygroundPage,
    requests::{RequestsPage, detail::RequestPage},
    settings::{SettingsPage, account::AccountPage, people::PeoplePage},
    signed_out::{invitation::InvitationPage, setup::SetupPage, sign_in::SignInPage},
    target_groups::{
        TargetGroupsPage,
        form::{EditTargetGroupPage, NewTargetGroupPage},
    },
    wizard::StepPage,
};

/// The HTML document; the browser hydrates the islands in it.
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

/// All pages with their routes.
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
