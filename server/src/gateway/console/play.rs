//! The playground: a call as a stream of events. The stream owns the call, so dropping the stream ends
//! the call.

use std::future::poll_fn;

use app::domain::{
    api::{StreamEnd, StreamFacts},
    console::play::PlayEvent,
    routing::outcome::Outcome,
    wire::sse,
};
use bytes::Bytes;
use futures_util::{
    FutureExt as _, StreamExt as _,
    stream::{self, BoxStream},
};
use tokio::sync::mpsc;

use crate::gateway::{
    call::{
        admit::Call,
        attempt::{OpenStream, PlainAnswer, UpstreamAnswer},
        deliver::{decide_call, deliver},
        record::{CallRecord, Recorder},
        respond::{masked, relay::Relay},
    },
    state::instance_health::InFlightGuard,
};

/// Events buffered for a slow page.
const EVENT_BUFFER: usize = 16;
/// Most bytes of a plain answer that are shown.
const MAX_SHOWN_BYTES: usize = 1024 * 1024;

/// The events of a call, which runs only while they are read.
pub(super) fn events(call: Call, recorder: Recorder) -> BoxStream<'static, PlayEvent> {
    let (sender, receiver) = mpsc::channel(EVENT_BUFFER);
    let events = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    let driver = run_call(call, recorder, sender).into_stream().filter_map(|()| std::future::ready(None));
    stream::select(events, driver).boxed()
}

/// Makes the call and sends its events. Failed sends are ignored, because a lost reader drops this future.
async fn run_call(call: Call, mut recorder: Recorder, events: mpsc::Sender<PlayEvent>) {
    recorder.set_balancer(&call.balancer, call.request.stream);
    let routing = decide_call(&call, &mut recorder).await;
    let decision = routing.decision(&call.balancer, &recorder.record().id);
    let _ = events.send(PlayEvent::Decision { decision }).await;
    let answered = match deliver(&call, &routing, &mut recorder).await {
        Ok(answered) => answered,
        Err(error) => {
            let json = error.json(recorder.api(), recorder.id(), &recorder.attempts());
            recorder.finish(error.status.as_u16(), Some(error.code));
            let _ = events.send(failed(recorder.record(), json)).await;
            return;
        }
    };
    recorder.mark_first_byte();
    let started = PlayEvent::Started {
        instance_id: answered.upstream.id.to_string(),
        first_byte_ms: recorder.record().first_byte_ms.unwrap_or_default(),
    };
    let _ = events.send(started).await;
    match answered.answer {
        UpstreamAnswer::Plain(answer) => {
            answered.guard.finish(&Outcome::Ok);
            recorder.set_empty(answer.is_empty);
            if let Some(tokens) = answer.tokens {
                recorder.set_tokens(tokens);
            }
            recorder.finish(answer.status.as_u16(), None);
            let _ = events.send(PlayEvent::Answer { body: display_text(&masked(answer.body, &call)) }).await;
            let _ = events.send(done(recorder.record())).await;
        }
        UpstreamAnswer::Rejected(PlainAnswer { status, body, .. }) => {
            answered.guard.finish(&Outcome::Rejected(status.as_u16()));
            recorder.finish(status.as_u16(), None);
            let _ = events.send(failed(recorder.record(), display_text(&body))).await;
        }
        UpstreamAnswer::Stream(stream) => relay(stream, answered.guard, &call, recorder, &events).await,
    }
}

/// Sends the text of a stream, taken from the same bytes that an API client would get.
async fn relay(
    stream: Box<OpenStream>,
    guard: InFlightGuard,
    call: &Call,
    recorder: Recorder,
    events: &mpsc::Sender<PlayEvent>,
) {
    let rules = call.endpoint().api().rules();
    let mut relay = Relay::new(stream, call, guard, recorder, None);
    let mut reader = sse::Reader::default();
    let mut error = None;
    while let Some(piece) = poll_fn(|cx| relay.poll_piece(cx)).await {
        let mut text = String::new();
        reader.push(&piece, |event| {
            let mut facts = StreamFacts::default();
            rules.observe(&event, &mut facts);
            if matches!(facts.end, Some(StreamEnd::Error(_))) {
                error = Some(String::from_utf8_lossy(event.data).into_owned());
            } else if let Some(piece) =
                std::str::from_utf8(event.data).ok().and_then(|it| rules.text_delta(it))
            {
                text.push_str(&piece);
            }
        });
        if !text.is_empty() {
            let _ = events.send(PlayEvent::Text { text }).await;
        }
    }
    let record = relay.record();
    let last = if record.code.is_none() { done(record) } else { failed(record, error.unwrap_or_default()) };
    let _ = events.send(last).await;
}

fn display_text(body: &Bytes) -> String {
    String::from_utf8_lossy(body.get(..MAX_SHOWN_BYTES).unwrap_or(body)).into_owned()
}

fn done(record: &CallRecord) -> PlayEvent {
    PlayEvent::Done {
        status: record.status,
        attempts: record.shown_attempts(),
        ms: record.total_ms,
        tokens: record.tokens,
    }
}

fn failed(record: &CallRecord, error: String) -> PlayEvent {
    let read = serde_json::from_str::<serde_json::Value>(&error);
    let error = read.and_then(|it| serde_json::to_string_pretty(&it)).unwrap_or(error);
    PlayEvent::Failed { status: record.status, error, attempts: record.shown_attempts(), ms: record.total_ms }
}
