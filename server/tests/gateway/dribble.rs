//! A socket that sends as slowly as it can.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{interval, timeout},
};

/// How often a byte comes.
const EVERY: Duration = Duration::from_secs(1);
/// When it is no use to wait any longer for an end.
const GIVEN_UP: Duration = Duration::from_secs(60);

/// Sends `begun` at once and then byte after byte of `rest`, and says how long that was put up with and what was
/// answered.
pub(crate) async fn dribble(address: &str, begun: &str, rest: &str) -> (Duration, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let opened = Instant::now();
    socket.write_all(begun.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = socket.split();
    let sending = async {
        let mut ticks = interval(EVERY);
        for byte in rest.as_bytes() {
            ticks.tick().await;
            if writing.write_all(&[*byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    let closed = async {
        // A reset is an end too.
        let _ = timeout(GIVEN_UP, reading.read_to_end(&mut answer)).await.unwrap();
    };
    tokio::select! {
        () = closed => {}
        () = sending => {}
    }
    (opened.elapsed(), String::from_utf8_lossy(&answer).into_owned())
}
