//! The parts of the bench that can be wrong without anybody noticing: its arithmetic, its parsers, and its check of
//! answers. The bench itself is a program and has no tests.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../benches/calls/cases.rs"]
#[expect(dead_code, reason = "the bench uses all of it")]
mod cases;
#[path = "../benches/calls/counts.rs"]
mod counts;
#[path = "../benches/calls/figures.rs"]
mod figures;
#[path = "../benches/calls/http.rs"]
mod http;
#[path = "../benches/calls/load.rs"]
mod load;
#[path = "../benches/calls/payload.rs"]
mod payload;
#[path = "../benches/calls/upstream.rs"]
mod upstream;

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use cases::{Answer, CASES, Case};
use counts::{from_perf, from_strace};
use figures::{Percentiles, median, median_ratio, percentile, smallest};
use http::{Body, head};
use load::{Callers, Seen, Target};
use payload::AnswerTemplate;

fn all(value: f64) -> Percentiles {
    Percentiles { p50: value, p99: value * 2.0, p999: value * 3.0 }
}

#[test]
fn a_percentile_is_a_sample_by_nearest_rank() {
    let hundred: Vec<u64> = (1..=100).collect();
    assert_eq!(percentile(&hundred, 500), Some(50));
    assert_eq!(percentile(&hundred, 990), Some(99));
    assert_eq!(percentile(&hundred, 999), Some(100));
    assert_eq!(percentile(&hundred, 0), Some(1));
    assert_eq!(percentile(&[7], 999), Some(7));
    assert_eq!(percentile(&[], 500), None);
}

#[test]
fn a_median_ignores_order_and_outliers() {
    assert_eq!(median(vec![3.0, 1_000.0, 1.0]), 3.0);
    assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
    assert_eq!(median(Vec::new()), 0.0);
}

#[test]
fn ratios_are_taken_within_rounds() {
    // The second round was three times as slow for both, so it tells the same.
    assert_eq!(median_ratio(&[20.0, 60.0, 21.0], &[10.0, 30.0, 10.0]), 2.0);
}

#[test]
fn percentiles_are_in_microseconds_and_need_no_order() {
    let mut nanoseconds: Vec<u64> = (1..=1_000).rev().map(|it| it * 1_000).collect();
    let found = Percentiles::of(&mut nanoseconds);
    assert_eq!(found, Some(Percentiles { p50: 500.0, p99: 990.0, p999: 999.0 }));
    assert_eq!(Percentiles::of(&mut []), None);
}

#[test]
fn what_is_added_is_the_median_of_the_differences_within_rounds() {
    let ours = [all(30.0), all(130.0), all(25.0)];
    let theirs = [all(10.0), all(110.0), all(10.0)];
    assert_eq!(Percentiles::added(&ours, &theirs), Some(all(20.0)));
    assert_eq!(Percentiles::median(&theirs), Some(all(10.0)));
    assert_eq!(Percentiles::added(&[], &[]), None);
}

#[test]
fn the_quietest_rounds_are_kept_in_their_order() {
    assert_eq!(smallest(&[0.5, 0.1, 0.9, 0.2], 3), [0, 1, 3]);
    assert_eq!(smallest(&[0.5], 3), [0]);
}

fn content(answer: &[u8], step: usize) -> Option<(Vec<u8>, bool)> {
    let head = head(answer)?;
    let mut body = Body::new(head);
    let mut content = Vec::new();
    for piece in answer[head.bytes..].chunks(step) {
        body.take(piece, |it| content.extend_from_slice(it))?;
    }
    Some((content, body.is_complete()))
}

#[test]
fn bodies_are_read_in_pieces_of_any_size() {
    let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello there";
    let chunked =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n";
    for step in [1, 2, 3, 7, 100] {
        assert_eq!(content(plain, step), Some((b"hello there".to_vec(), true)));
        assert_eq!(content(chunked, step), Some((b"hello there".to_vec(), true)));
        let cut = content(&chunked[..chunked.len() - 2], step);
        assert_eq!(cut, Some((b"hello there".to_vec(), false)));
    }
}

#[test]
fn incomplete_heads_and_broken_chunks_are_noticed() {
    assert_eq!(head(b"HTTP/1.1 200 OK\r\n"), None);
    assert_eq!(content(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n", 4), None);
}

#[test]
fn counts_of_both_tools_are_read() {
    let perf = from_perf(
        "# started on a day\n\n300,,raw_syscalls:sys_enter,1,100.00,,\n200,,syscalls:sys_enter_read,1,100.00,,\n\
         <not counted>,,syscalls:sys_enter_write,0,100.00,,\n",
    );
    let strace = from_strace(
        "% time     seconds  usecs/call     calls    errors syscall\n------ --- --- --- --- ---\n\
         75.00    0.000512          51       200        10 read\n 25.00    0.000512          51       100           futex\n\
         ------ --- --- --- --- ---\n100.00    0.001024          35       300        10 total\n",
    );
    assert_eq!((perf.get(""), perf.get("read"), perf.get("write")), (Some(&300.0), Some(&200.0), None));
    assert_eq!(
        (strace.get(""), strace.get("read"), strace.get("futex")),
        (Some(&300.0), Some(&200.0), Some(&100.0))
    );
}

/// What three callers see who call twice each.
async fn seen(case: &str, address: SocketAddr) -> Seen {
    let case = CASES.into_iter().find(|it| it.name == case).unwrap();
    let case = Case { callers: 3, ..case };
    let path = format!("/{}/v1/chat/completions", case.answer.segment());
    let target = Target { address, path, headers: String::new(), reason: None };
    Callers::connect(&case, &target).await.call(|calls| calls == 2).await
}

#[tokio::test]
async fn good_answers_are_counted_and_timed() {
    let upstream = upstream::start();
    for (case, gaps) in
        [("chat_c32", false), ("chat_4m", false), ("stream_unpaced", true), ("stream_paced", true)]
    {
        let seen = seen(case, upstream).await;
        assert_eq!((seen.calls, seen.errors, seen.first_error), (6, 0, None), "{case}");
        assert_eq!((seen.whole.len(), seen.first_byte.len()), (6, 6), "{case}");
        assert_eq!(!seen.gaps.is_empty(), gaps, "{case}");
    }
}

#[tokio::test]
async fn an_answer_to_another_call_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut answer = AnswerTemplate::new(Answer::Chat).pieces;
            tokio::spawn(async move {
                let mut buffer = [0; 8_192];
                while stream.read(&mut buffer).await.is_ok_and(|it| it > 0) {
                    stream.write_all(answer[0].with_id(&payload::id(u64::MAX))).await.unwrap();
                }
            });
        }
    });
    let seen = seen("chat_c32", address).await;
    assert_eq!((seen.calls, seen.errors, seen.mixed_up), (0, 6, 6));
}
