//! Action that makes one real call over a route of a balancer.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        api::Api,
        console::view::{SmokeReport, SmokeRequest},
    },
    refusal::Reply,
    web::{Answer, action_error::answer, context, redirect},
};

/// A smoke test: what was asked, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Smoke {
    /// The route that was asked for; absent for the default.
    pub(crate) asked: Option<String>,
    /// The API that was asked for; absent for the first one that the route's instances speak.
    pub(crate) api: Option<Api>,
    /// What was found, or why nothing was tried.
    pub(crate) reply: Reply<SmokeReport>,
}

/// The form of "Run smoke test".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SmokeForm {
    /// The route's name; empty for the default.
    pub(crate) route: String,
    /// The API's name; empty for the first one that the route's instances speak.
    pub(crate) api: String,
}

/// Makes one real call over a route and shows its trace.
#[server(prefix = "/fn", endpoint = "smoke_test")]
pub(crate) async fn smoke_test(id: String, #[server(default)] form: SmokeForm) -> Answer<()> {
    answer(
        async {
            let id = &id;
            let who = context::actor()?;
            let asked = Some(form.route).filter(|it| !it.is_empty());
            let api = Api::parse(&form.api);
            let reply = context::gateway()?.smoke_test(id, SmokeRequest { route: asked.clone(), api }).await;
            let result = context::flash()?.put_notice(&who.name, &Smoke { asked, api, reply }).await;
            Ok(redirect::to(
                &(redirect::with_query(&format!("/balancers/{id}"), &[("result", &result)]) + "#smoke"),
            )?)
        }
        .await,
    )
}
