//! An upstream that costs next to nothing: a thread that answers with prepared bytes and the id of the request.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, thread};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    runtime,
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::{
    cases::Answer,
    http,
    payload::{AnswerTemplate, ID_DIGITS, ID_MARK, Template},
};

/// How far into a body the id may stand.
const ID_WITHIN: usize = 1_024;

/// All answers, by the first segment of the path.
type Answers = Arc<HashMap<String, (Answer, Vec<Template>)>>;

/// Starts the upstream on a free loopback port.
pub(crate) fn start() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    let answers = Answer::ALL.map(|it| (it.segment(), (it, AnswerTemplate::new(it).pieces)));
    let answers = Arc::new(HashMap::from(answers));
    thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&answers)));
            }
        });
    });
    address
}

/// Answers the requests of one connection. A broken one ends, which the caller notices as an error.
async fn serve(mut stream: TcpStream, answers: Answers) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = vec![0; 64 * 1_024];
    let mut own = HashMap::new();
    let mut filled = 0;
    loop {
        let head = loop {
            if let Some(head) = http::head(&buffer[..filled]) {
                break head;
            }
            filled += read(&mut stream, &mut buffer[filled..]).await?;
        };
        let length = head.length?;
        // The beginning of the body has the id; the rest is only counted.
        while filled - head.bytes < length.min(ID_WITHIN) {
            filled += read(&mut stream, &mut buffer[filled..]).await?;
        }
        let beginning = &buffer[head.bytes..filled.min(head.bytes + ID_WITHIN)];
        let mark = memchr::memmem::find(beginning, ID_MARK).map(|it| it + ID_MARK.len());
        let id: Option<[u8; ID_DIGITS]> =
            mark.and_then(|at| beginning.get(at..at + ID_DIGITS)?.try_into().ok());
        let segment = buffer[..head.bytes].split(|it| *it == b'/').nth(1)?;
        let segment = std::str::from_utf8(segment).ok()?;
        let (answer, pieces) = answers.get(segment)?;
        let mut left = (head.bytes + length).saturating_sub(filled);
        // Nobody sends a second request before the answer to the first.
        filled = 0;
        while left > 0 {
            left = left.checked_sub(read(&mut stream, &mut buffer).await?)?;
        }
        // A router model's question has no id.
        let id = if matches!(answer, Answer::Label { .. }) { [b'0'; ID_DIGITS] } else { id? };
        let pieces = own.entry(*answer).or_insert_with(|| pieces.clone());
        respond(&mut stream, *answer, pieces, &id).await?;
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> Option<usize> {
    stream.read(buffer).await.ok().filter(|it| *it > 0)
}

async fn respond(
    stream: &mut TcpStream,
    answer: Answer,
    pieces: &mut [Template],
    id: &[u8; ID_DIGITS],
) -> Option<()> {
    let mut due = Instant::now();
    for (at, piece) in pieces.iter_mut().enumerate() {
        if !answer.pause().is_zero() && (at > 0 || matches!(answer, Answer::Label { .. })) {
            due += answer.pause();
            sleep_until(due).await;
        } else if at > 0 {
            // So that each event is sent on its own, as by a model.
            yield_now().await;
        }
        stream.write_all(piece.with_id(id)).await.ok()?;
    }
    Some(())
}
