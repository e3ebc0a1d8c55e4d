//! Allocations of one call: a figure that a busy machine does not move. The whole server runs in this process with
//! everything on: SQLite, API keys, request log, metrics. Upstream and callers are the bench's, which allocate nothing
//! for a call. Alone in its process, because a process has one allocator.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test prints, and fails by panicking"
)]
#![expect(dead_code, reason = "the bench and the console's tests use more of it")]

#[path = "../benches/calls/cases.rs"]
mod cases;
#[path = "support/console.rs"]
mod console;
#[path = "../benches/calls/http.rs"]
mod http;
#[path = "../benches/calls/load.rs"]
mod load;
#[path = "../benches/calls/payload.rs"]
mod payload;
#[path = "../benches/calls/setup.rs"]
mod setup;
#[path = "../benches/calls/upstream.rs"]
mod upstream;

use std::{alloc::System, net::SocketAddr, time::Duration};

use app::domain::secret::Secret;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Instant, sleep},
};

use cases::{CASES, Case};
use console::{Home, TestServer};
use load::{Callers, Target};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The most allocations a call may take: about a tenth more than it took when the bound was set. Lower
/// a bound together with the change that removes allocations.
const BOUNDS: [(&str, f64); 5] = [
    ("plain chat", 68.0),
    ("stream of 64 chunks", 90.0),
    ("embeddings", 79.0),
    ("classified chat", 215.0),
    ("refusal of an unknown key", 37.0),
];
/// Calls of one measurement.
const CALLS: u64 = 300;
/// Measurements of a case; the lowest counts, because other work of the server only adds.
const MEASUREMENTS: usize = 3;
/// How long the server must allocate next to nothing before it has finished, the log's window included.
const REST: Duration = Duration::from_millis(400);
/// Allocations in that time that are next to nothing, such as those of timers.
const NEXT_TO_NOTHING: usize = 200;

/// Allocations of this process so far.
fn allocations() -> usize {
    let stats = ALLOCATOR.stats();
    stats.allocations + stats.reallocations
}

/// Waits until everything that calls have left to do is done, and reads the count.
async fn allocations_at_rest() -> usize {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let before = allocations();
        sleep(REST).await;
        let now = allocations();
        if now - before < NEXT_TO_NOTHING {
            return now;
        }
        assert!(Instant::now() < until, "the server does not come to rest");
    }
}

/// Allocations of one call of those that `make_calls` makes.
async fn per_call(mut make_calls: impl AsyncFnMut()) -> f64 {
    // The first ones pay for what is made once.
    make_calls().await;
    let mut lowest = f64::INFINITY;
    for _ in 0..MEASUREMENTS {
        let before = allocations_at_rest().await;
        make_calls().await;
        let taken = allocations_at_rest().await - before;
        lowest = lowest.min(taken as f64 / CALLS as f64);
    }
    lowest
}

/// A whole server that is configured for a case of the bench.
struct Rig {
    _server: TestServer,
    case: Case,
    target: Target,
}

impl Rig {
    async fn start(case: &str) -> Self {
        let case = CASES.into_iter().find(|it| it.name == case).unwrap();
        let case = Case { callers: 1, ..case };
        let mut home = Home::new();
        home.secrets.admin_token = Some(Secret::new(setup::ADMIN_TOKEN));
        let server = home.start().await;
        let address: SocketAddr = server.base.trim_start_matches("http://").parse().unwrap();
        let key = setup::configure(address, upstream::start(), &case, &case.variants[0]).await;
        let path = if case.question.embeddings { "/v1/embeddings" } else { "/v1/chat/completions" };
        let headers = format!("authorization: Bearer {key}\r\n");
        let target = Target { address, path: path.to_owned(), headers, reason: None };
        Self { _server: server, case, target }
    }

    /// Allocations of one call that is answered.
    async fn answered(&self) -> f64 {
        per_call(async || {
            let callers = Callers::connect(&self.case, &self.target).await;
            let seen = callers.call(|calls| calls == CALLS).await;
            assert_eq!((seen.calls, seen.first_error), (CALLS, None));
        })
        .await
    }

    /// Allocations of one call that is refused with 401.
    async fn refused(&self) -> f64 {
        let headers = "authorization: Bearer sb-this-key-was-never-made-by-anyone\r\n";
        let mut request = payload::request(&self.case.question, &self.target.path, headers);
        let mut buffer = vec![0; 16 * 1_024];
        per_call(async || {
            let mut stream = TcpStream::connect(self.target.address).await.unwrap();
            for call in 0..CALLS {
                stream.write_all(request.with_id(&payload::id(call))).await.unwrap();
                let mut filled = 0;
                loop {
                    filled += stream.read(&mut buffer[filled..]).await.unwrap();
                    let head = http::head(&buffer[..filled]);
                    if head.is_some_and(|it| filled == it.bytes + it.length.unwrap()) {
                        break;
                    }
                }
                assert!(buffer.starts_with(b"HTTP/1.1 401"));
            }
        })
        .await
    }
}

#[tokio::test]
async fn a_call_allocates_no_more_than_it_did() {
    let mut found = Vec::new();
    for case in ["chat_c32", "stream_unpaced", "embeddings", "router_0ms"] {
        found.push(Rig::start(case).await.answered().await);
    }
    found.push(Rig::start("chat_c32").await.refused().await);
    let rows: Vec<_> = BOUNDS.into_iter().zip(found).collect();
    let told = |((name, bound), found): &((&str, f64), f64)| format!("{name}: {found:.1} of at most {bound}");
    println!("{}", rows.iter().map(told).collect::<Vec<_>>().join("\n"));
    let above: Vec<_> = rows.iter().filter(|((_, bound), found)| found > bound).map(told).collect();
    assert!(
        above.is_empty(),
        "Calls allocate more often than their bounds allow: {above:?}. Look at what the change does on each call (strings, \
         boxed futures, header maps, labels); this test under `valgrind --tool=dhat` names the places. If the new \
         allocations are worth it, raise the bound in BOUNDS and say why in the commit."
    );
}
