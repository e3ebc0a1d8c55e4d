//! `/events`: the live feed of one tab, as server-sent events. Only for sessions; it tells that something changed and
//! never what. A tab opens one, and closes it while it is hidden.

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

use super::identity::Doorkeeper;
use crate::operations::live::{LiveFeed, Subscription};

/// How often a tab is written to although nothing happened, and its session looked at: one that was ended follows no
/// longer than this.
const PULSE: Duration = Duration::from_secs(15);
/// How long a browser waits before it comes back, in milliseconds.
const RETRY: Duration = Duration::from_millis(1_000);

/// What the feed is made of.
#[derive(Clone)]
struct Feed {
    live: Arc<LiveFeed>,
    door: Doorkeeper,
}

/// The feed's address. Who asks has passed the guard of the pages.
pub fn router(live: Arc<LiveFeed>, door: Doorkeeper) -> Router {
    Router::new().route("/events", get(follow)).with_state(Feed { live, door })
}

async fn follow(State(feed): State<Feed>, headers: HeaderMap) -> Response {
    let Some(subscription) = feed.live.subscribe() else {
        // EventSource does not come back after this; the page tries again by itself.
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response();
    };
    let tab = Tab { subscription, door: feed.door, headers, pulse: Instant::now() + PULSE };
    let first = event(&FeedEvent::Anew).map(|it| it.retry(RETRY));
    let rest = stream::unfold(tab, |mut tab| async move { Some((tab.next().await?, tab)) });
    let events = stream::StreamExt::chain(stream::iter(first), rest);
    Sse::new(stream::StreamExt::map(events, Ok::<_, Infallible>)).into_response()
}

/// One connection.
struct Tab {
    subscription: Subscription,
    door: Doorkeeper,
    /// What it came with; its cookie is looked at again.
    headers: HeaderMap,
    pulse: Instant,
}

impl Tab {
    /// The next thing to write; `None` ends the connection.
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                happened = self.subscription.next() => match event(&happened?) {
                    Some(event) => return Some(event),
                    None => continue,
                },
                () = sleep_until(self.pulse) => {
                    self.pulse = Instant::now() + PULSE;
                    self.door.by_session(&self.headers, None).await.ok()?;
                    return Some(Event::default().comment(""));
                }
            }
        }
    }
}

fn event(event: &FeedEvent) -> Option<Event> {
    Event::default().json_data(event).ok()
}
