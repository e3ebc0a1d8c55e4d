//! `/events`: the live feed of one tab, as server-sent events, for signed-in users. An event says that something
//! changed, never what. A tab opens one connection, and closes it while it is hidden.

use std::{convert::Infallible, sync::Arc, time::Duration};

use app::domain::console::feed::FeedEvent;
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::get,
};
use futures_util::stream;
use tokio::time::{Instant, sleep_until};

use super::identity::Authenticator;
use crate::operations::live::{LiveFeed, Subscription};

/// Interval of heartbeats. Each checks the session again, so an ended session receives events for no longer than this.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Delay after which a browser reconnects.
const RECONNECT_DELAY: Duration = Duration::from_millis(1_000);

/// State of the handler.
#[derive(Clone)]
struct FeedState {
    live: Arc<LiveFeed>,
    authenticator: Authenticator,
}

/// The route of the feed. The guard of the pages has authenticated the request.
pub fn router(live: Arc<LiveFeed>, authenticator: Authenticator) -> Router {
    Router::new().route("/events", get(follow)).with_state(FeedState { live, authenticator })
}

async fn follow(State(feed): State<FeedState>, headers: HeaderMap) -> Response {
    let Some(subscription) = feed.live.subscribe() else {
        // EventSource does not reconnect after this; the page retries by itself.
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response();
    };
    let connection = Connection {
        subscription,
        authenticator: feed.authenticator,
        headers,
        heartbeat_at: Instant::now() + HEARTBEAT,
    };
    let first = event(&FeedEvent::Resync).map(|it| it.retry(RECONNECT_DELAY));
    let rest =
        stream::unfold(
            connection,
            |mut connection| async move { Some((connection.next().await?, connection)) },
        );
    let events = stream::StreamExt::chain(stream::iter(first), rest);
    Sse::new(stream::StreamExt::map(events, Ok::<_, Infallible>)).into_response()
}

/// A connection of a tab.
struct Connection {
    subscription: Subscription,
    authenticator: Authenticator,
    /// The request's headers, for checking its cookie again.
    headers: HeaderMap,
    heartbeat_at: Instant,
}

impl Connection {
    /// The next event to send; `None` ends the connection.
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                happened = self.subscription.next() => match event(&happened?) {
                    Some(event) => return Some(event),
                    None => continue,
                },
                () = sleep_until(self.heartbeat_at) => {
                    self.heartbeat_at = Instant::now() + HEARTBEAT;
                    self.authenticator.authenticate_session(&self.headers, None).await.ok()?;
                    return Some(Event::default().comment(""));
                }
            }
        }
    }
}

fn event(event: &FeedEvent) -> Option<Event> {
    Event::default().json_data(event).ok()
}
