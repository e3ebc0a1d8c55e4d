//! How long a session lives.

use app::{
    domain::{secret::Secret, timestamp::Timestamp},
    ports::Role,
};
use reqwest::Method;

use crate::console::TestServer;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

#[tokio::test]
async fn sessions_end_after_idle_time_and_at_their_maximum_age() {
    let server = TestServer::start().await;
    let now = server::clock::now();
    let before = |ms: i64| Timestamp(now.0 - ms);
    for (n, (age, idle, lives)) in [
        (11 * HOUR, 11 * HOUR, true),
        (13 * HOUR, 13 * HOUR, false),
        (7 * DAY - HOUR, HOUR, true),
        (7 * DAY + MINUTE, 0, false),
    ]
    .into_iter()
    .enumerate()
    {
        let cookie = server.session(&format!("user {n}"), Role::Admin, [before(age), before(idle)]).await;
        let request = || server.bare(Method::GET, "/api/v1/instances").header("cookie", &cookie);
        assert_eq!(server.send(request()).await.status, if lives { 200 } else { 401 }, "{age} {idle}");

        let token = Secret::new(cookie.split_once('=').unwrap().1);
        let session =
            server.store().await.session(&server::operations::access::tokens::sha256(&token)).await.unwrap();
        match session {
            // Its use is flash_notice, with where it was used from.
            Some(session) => {
                assert!(lives && session.last_seen_at >= now, "{session:?}");
                assert_eq!(session.ip, Some([127, 0, 0, 1].into()));
                assert_eq!(session.created_at, before(age));
            }
            None => assert!(!lives, "what is over is forgotten"),
        }
    }
}
