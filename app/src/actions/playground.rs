//! The playground's server functions: what it offers, a call that streams to the page, and the same call answered
//! whole for browsers without scripting. All of them use the engine that serves clients.

pub(crate) mod embedding;
pub(crate) mod form;
pub(crate) mod outcome;

#[cfg(feature = "ssr")]
mod fill;

use leptos::prelude::*;
use leptos::server_fn::codec::{ByteStream, Json, Streaming};
use serde::{Deserialize, Serialize};

use self::{form::PlayForm, outcome::Outcome};
use crate::domain::{config::instance::WorkloadKind, console::play::PlayCall, field_error::FieldError};
use crate::web::Answer;
use crate::web::server_error::ServerError;

#[cfg(feature = "ssr")]
use crate::{
    refusal::Reply,
    web::{
        action_error::{ActionError, answer},
        context, redirect,
    },
};
#[cfg(feature = "ssr")]
use futures_util::StreamExt as _;

/// What the playground is drawn from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Playground {
    /// What can be called.
    pub(crate) balancers: Vec<Playable>,
    /// Instances by id, for people to read.
    pub(crate) instances: Vec<(String, String)>,
    /// The form as it was typed, with the balancer of the address where it was not.
    pub(crate) form: PlayForm,
    /// What is wrong with the form.
    pub(crate) errors: Vec<FieldError>,
    /// What came of the last call.
    pub(crate) outcome: Option<Outcome>,
    /// What came of the same call over the other route.
    pub(crate) beside: Option<Outcome>,
}

/// A balancer as the playground offers it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Playable {
    /// Its id.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
    /// The model id that clients send.
    pub(crate) serving_name: String,
    /// Chat or embeddings.
    pub(crate) workload_kind: WorkloadKind,
    /// The names of its routes.
    pub(crate) routes: Vec<String>,
}

/// What is kept of a form through a redirect.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Played {
    pub(crate) form: PlayForm,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) beside: Option<Outcome>,
}

#[cfg(feature = "ssr")]
pub(crate) fn playable(configuration: &crate::domain::config::configuration::Configuration) -> Vec<Playable> {
    let enabled = configuration.balancers.iter().filter(|it| it.spec.enabled);
    enabled
        .map(|it| Playable {
            id: it.id.to_string(),
            name: it.spec.name.clone(),
            serving_name: it.spec.serving_name.clone(),
            workload_kind: it.spec.workload_kind,
            routes: it.spec.routes.iter().filter(|it| it.enabled).map(|it| it.name.clone()).collect(),
        })
        .collect()
}

/// One call, event by event: each line of the answer is one event as JSON, or the refusal that ends it. Leaving
/// cancels the call.
#[server(prefix = "/fn", endpoint = "play", input = Json, output = Streaming)]
pub(crate) async fn play(call: PlayCall) -> Result<ByteStream<ServerError>, ServerError> {
    let gateway = context::gateway()?;
    let reply = match context::actor() {
        Ok(_) => gateway.play(call).await,
        Err(refusal) => Err(refusal),
    };
    let lines = match reply {
        Ok(events) => events.map(|event| outcome::line(&Ok(event))).boxed(),
        Err(refusal) => futures_util::stream::iter([outcome::line(&Err(refusal))]).boxed(),
    };
    Ok(ByteStream::new(lines.map(Ok::<_, ServerError>)))
}

/// The form of a browser without scripting, and of every button but "Send" with it: sends the call and shows all of
/// it at once, fills the form from a pasted call, or shows another balancer's routes.
#[server(prefix = "/fn", endpoint = "send_play")]
pub(crate) async fn send_play(
    #[server(default)] act: String,
    #[server(default)] form: PlayForm,
) -> Answer<()> {
    answer(send(&act, form).await)
}

#[cfg(feature = "ssr")]
async fn send(act: &str, form: PlayForm) -> Result<(), ActionError> {
    let who = context::actor()?;
    let balancers = playable(&context::control()?.configuration());
    let mut played = Played { form, ..Played::default() };
    match act {
        "fill" => played.errors = played.form.fill(&balancers).err().into_iter().collect(),
        "choose" => {
            played.form.route.clear();
            played.form.second_route.clear();
        }
        _ => match played.form.calls(&balancers) {
            Ok((call, beside)) => {
                let gateway = context::gateway()?;
                let send = async |call| whole(gateway.play(call).await).await;
                let also = async { Some(send(beside?).await) };
                let (outcome, beside) = futures_util::join!(send(call), also);
                (played.outcome, played.beside) = (Some(outcome), beside);
            }
            Err(errors) => played.errors = errors,
        },
    }
    let result = context::flash()?.put_notice(&who.name, &played).await;
    let page =
        redirect::with_query("/playground", &[("balancer", &played.form.balancer), ("result", &result)]);
    let fragment = if played.outcome.is_some() { "#answer" } else { "" };
    Ok(redirect::to(&(page + fragment))?)
}

#[cfg(feature = "ssr")]
async fn whole(
    events: Reply<futures_util::stream::BoxStream<'static, crate::domain::console::play::PlayEvent>>,
) -> Outcome {
    let mut outcome = Outcome::default();
    match events {
        Ok(mut events) => {
            while let Some(event) = events.next().await {
                outcome.take(Ok(event));
            }
            outcome.over();
        }
        Err(refusal) => outcome.take(Err(refusal)),
    }
    outcome
}
