//! Actions of the playground: a call whose answer streams to the page, and the same call answered whole for browsers
//! without scripting. Both use the engine that serves clients.

use futures_util::{StreamExt as _, stream};
use leptos::{
    prelude::*,
    server_fn::codec::{ByteStream, Streaming},
};
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        console::play::{PlayCall, PlayEvent, PlayForm, Playable, outcome::Outcome},
        field_error::FieldError,
    },
    fragments::{
        play_form::{self, fields},
        play_result::{self, InstanceNames, Side, result, results},
        to_html,
    },
    ports::DataPlane,
    web::{Answer, action_error::answer, context, frame::Frame, redirect, server_error::ServerError},
};

/// What is kept of a form through a redirect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Played {
    /// The form as it was typed.
    pub(crate) form: PlayForm,
    /// What is wrong with it.
    pub(crate) errors: Vec<FieldError>,
    /// What came of the call.
    pub(crate) outcome: Option<Outcome>,
    /// What came of the same call over the other route.
    pub(crate) beside: Option<Outcome>,
}

/// Sends the call of the form and streams what comes of it as frames; `choose` only shows the routes of another balancer.
/// A client that leaves cancels the call.
#[server(prefix = "/fn", endpoint = "play", output = Streaming)]
pub(crate) async fn play(
    #[server(default)] act: String,
    #[server(default)] form: PlayForm,
) -> Result<ByteStream<ServerError>, ServerError> {
    context::actor().map_err(|_| ServerError::SignedOut)?;
    let gateway = context::gateway()?;
    let configuration = context::control()?.configuration();
    let balancers = Playable::all(&configuration);
    let form_frame = |form: PlayForm, errors: Vec<FieldError>| {
        Frame::html(play_form::FIELDS, to_html(|| fields(&balancers, form, errors)))
    };
    if act == "choose" {
        return Ok(stream_of(stream::iter([form_frame(form.without_routes(), Vec::new())])));
    }
    let (call, beside) = match form.calls(&balancers) {
        Ok(calls) => calls,
        Err(errors) => return Ok(stream_of(stream::iter([form_frame(form, errors)]))),
    };
    let names = InstanceNames::of(&configuration);
    let (begun, also) = (Outcome::default(), beside.as_ref().map(|_| Outcome::default()));
    let waiting = to_html(|| results(&names, Some(&begun), also.as_ref()));
    let frames = [form_frame(form, Vec::new()), Frame::html(play_result::RESULTS, waiting)];
    let frames = stream::iter(frames);
    let first = frames_of_call(&*gateway, Side::First, call, names.clone()).await;
    Ok(match beside {
        None => stream_of(frames.chain(first)),
        Some(call) => {
            let second = frames_of_call(&*gateway, Side::Second, call, names).await;
            stream_of(frames.chain(stream::select(first, second)))
        }
    })
}

/// The form of a browser without scripting, and of every button but "Send" with it: sends the call and shows all of
/// it at once, fills the form from a pasted call, or shows another balancer's routes.
#[server(prefix = "/fn", endpoint = "send_play")]
pub(crate) async fn send_play(
    #[server(default)] act: String,
    #[server(default)] form: PlayForm,
) -> Answer<()> {
    answer(
        async {
            let who = context::actor()?;
            let balancers = Playable::all(&context::control()?.configuration());
            let mut played = Played { form, ..Played::default() };
            match act.as_str() {
                "fill" => played.errors = played.form.fill(&balancers).err().into_iter().collect(),
                "choose" => played.form = played.form.without_routes(),
                _ => match played.form.calls(&balancers) {
                    Ok((call, beside)) => {
                        let gateway = context::gateway()?;
                        let also = async { Some(whole(&*gateway, beside?).await) };
                        let (outcome, beside) = futures_util::join!(whole(&*gateway, call), also);
                        (played.outcome, played.beside) = (Some(outcome), beside);
                    }
                    Err(errors) => played.errors = errors,
                },
            }
            let result = context::flash()?.put_notice(&who.name, &played).await;
            let query = [("balancer", played.form.balancer.as_str()), ("result", &result)];
            let fragment = if played.outcome.is_some() { "#answer" } else { "" };
            Ok(redirect::to(&(redirect::with_query("/playground", &query) + fragment))?)
        }
        .await,
    )
}

/// One call as frames: its text piece by piece, everything else as the whole result again.
async fn frames_of_call(
    gateway: &dyn DataPlane,
    side: Side,
    call: PlayCall,
    names: InstanceNames,
) -> impl futures_util::Stream<Item = Frame> + Send + use<> {
    let (events, outcome) = match gateway.play(call).await {
        Ok(events) => (events, Outcome::default()),
        Err(refusal) => (stream::empty().boxed(), Outcome::not_begun(refusal.to_string())),
    };
    // The end of the events is an event too: a call without an end of its own was lost.
    let events = events.map(Some).chain(stream::iter([None]));
    events.scan((outcome, names), move |(outcome, names), event| {
        let shown = outcome.text.len();
        let is_text = matches!(event, Some(PlayEvent::Text { .. }));
        match event {
            Some(event) => outcome.apply(event),
            None => outcome.finish(),
        }
        let frame = match is_text {
            true => Frame::text(side.text_id(), &outcome.text[shown..]),
            false => Frame::html(side.result_id(), to_html(|| result(names, side, Some(outcome)))),
        };
        std::future::ready(Some(frame))
    })
}

fn stream_of(frames: impl futures_util::Stream<Item = Frame> + Send + 'static) -> ByteStream<ServerError> {
    ByteStream::new(frames.map(|it| Ok::<_, ServerError>(it.to_line())))
}

/// A call to its end.
async fn whole(gateway: &dyn DataPlane, call: PlayCall) -> Outcome {
    let mut events = match gateway.play(call).await {
        Ok(events) => events,
        Err(refusal) => return Outcome::not_begun(refusal.to_string()),
    };
    let mut outcome = Outcome::default();
    while let Some(event) = events.next().await {
        outcome.apply(event);
    }
    outcome.finish();
    outcome
}
