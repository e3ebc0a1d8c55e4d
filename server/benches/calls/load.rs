//! The load: callers with a connection each and one call at a time, and a check of every byte that they get.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use super::{
    cases::Case,
    http::{self, Body},
    payload::{self, AnswerTemplate, ID_DIGITS, Template},
};

/// No call of any case takes as long.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Where callers send their calls, and how.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    /// Header lines, each with its end.
    pub(crate) headers: String,
    /// The `x-sb-reason` that every answer must have.
    pub(crate) reason: Option<&'static str>,
}

/// What callers saw in one slot.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Calls that were answered well.
    pub(crate) calls: u64,
    /// Calls that failed or were answered with something else.
    pub(crate) errors: u64,
    /// Of those, answers that belong to another call.
    pub(crate) mixed_up: u64,
    /// What was wrong first.
    pub(crate) first_error: Option<String>,
    /// From the first call to the last answer.
    pub(crate) took: Duration,
    /// Nanoseconds of whole calls.
    pub(crate) whole: Vec<u64>,
    /// Nanoseconds to the first byte of the body.
    pub(crate) first_byte: Vec<u64>,
    /// Nanoseconds between two arrivals of content in one answer.
    pub(crate) gaps: Vec<u64>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.mixed_up += other.mixed_up;
        self.first_error = self.first_error.take().or(other.first_error);
        self.whole.extend(other.whole);
        self.first_byte.extend(other.first_byte);
        self.gaps.extend(other.gaps);
    }
}

/// Callers that are connected and have not called yet.
pub(crate) struct Callers {
    callers: Vec<Caller>,
}

impl Callers {
    pub(crate) async fn connect(case: &Case, target: &Target) -> Self {
        let mut callers = Vec::with_capacity(case.callers);
        for _ in 0..case.callers {
            callers.push(Caller {
                stream: connect(target.address).await,
                target: target.clone(),
                request: payload::request(&case.question, &target.path, &target.headers),
                expected: AnswerTemplate::new(case.answer).content,
                buffer: vec![0; 64 * 1_024],
                is_stream: case.question.stream,
                seen: Seen::default(),
            });
        }
        Self { callers }
    }

    /// Lets all make one call after the other, each until it `has_enough`, which is asked with the number of its calls.
    pub(crate) async fn call(self, has_enough: impl Fn(u64) -> bool + Clone + Send + 'static) -> Seen {
        let began = Instant::now();
        let mut tasks: JoinSet<Seen> =
            self.callers.into_iter().map(|it| it.call_until(has_enough.clone())).collect();
        let mut all = Seen::default();
        while let Some(seen) = tasks.join_next().await {
            all.add(seen.unwrap());
        }
        all.took = began.elapsed();
        all
    }
}

async fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// An id that no other call of this process has.
fn next_id() -> [u8; ID_DIGITS] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    payload::id(NEXT.fetch_add(1, Relaxed))
}

struct Caller {
    stream: TcpStream,
    target: Target,
    request: Template,
    expected: Template,
    buffer: Vec<u8>,
    is_stream: bool,
    seen: Seen,
}

impl Caller {
    async fn call_until(mut self, has_enough: impl Fn(u64) -> bool) -> Seen {
        // Each calls once at least, so that no round is empty.
        loop {
            let id = next_id();
            match timeout(CALL_TIMEOUT, self.exchange(&id)).await {
                Ok(Ok(())) => self.seen.calls += 1,
                Ok(Err(error)) => self.fail(error).await,
                Err(_) => self.fail("no complete answer within 30 seconds".to_owned()).await,
            }
            if has_enough(self.seen.calls + self.seen.errors) {
                return self.seen;
            }
        }
    }

    async fn fail(&mut self, error: String) {
        self.seen.errors += 1;
        self.seen.first_error.get_or_insert(error);
        self.stream = connect(self.target.address).await;
    }

    /// One call: sends it, reads its answer and compares that with what is expected, byte by byte.
    async fn exchange(&mut self, id: &[u8; ID_DIGITS]) -> Result<(), String> {
        let began = Instant::now();
        self.stream.write_all(self.request.with_id(id)).await.map_err(|it| it.to_string())?;
        let mut filled = 0;
        let head = loop {
            filled += self.read(filled).await?;
            if let Some(head) = http::head(&self.buffer[..filled]) {
                break head;
            }
        };
        self.check_head(head.bytes, filled)?;
        let expected = self.expected.with_id(id);
        let (mut body, mut checked) = (Body::new(head), Checked::default());
        let mut from = head.bytes;
        let mut last: Option<Instant> = None;
        loop {
            let before = checked.bytes;
            let input = &self.buffer[from..filled];
            let taken = body.take(input, |it| checked.compare(it, expected)).ok_or("a broken chunk")?;
            if taken < input.len() {
                return Err("bytes behind the answer".to_owned());
            }
            if checked.bytes > before && (self.is_stream || last.is_none()) {
                let now = Instant::now();
                match last.replace(now) {
                    None => self.seen.first_byte.push(nanoseconds(now - began)),
                    Some(last) => self.seen.gaps.push(nanoseconds(now - last)),
                }
            }
            if body.is_complete() {
                break;
            }
            from = 0;
            filled = read(&mut self.stream, &mut self.buffer).await?;
        }
        if let Some(differs) = checked.differs {
            self.seen.mixed_up += u64::from(is_other_id(&differs));
            return Err(format!("another body than expected: {}", String::from_utf8_lossy(&differs)));
        }
        if checked.bytes != expected.len() {
            return Err(format!("{} bytes of content instead of {}", checked.bytes, expected.len()));
        }
        self.seen.whole.push(nanoseconds(began.elapsed()));
        Ok(())
    }

    async fn read(&mut self, from: usize) -> Result<usize, String> {
        read(&mut self.stream, &mut self.buffer[from..]).await
    }

    fn check_head(&self, bytes: usize, filled: usize) -> Result<(), String> {
        let head = &self.buffer[..bytes];
        let has_reason = |reason: &str| {
            let line = format!("x-sb-reason: {reason}\r\n");
            memchr::memmem::find(head, line.as_bytes()).is_some()
        };
        if !head.starts_with(b"HTTP/1.1 200") || !self.target.reason.is_none_or(has_reason) {
            return Err(String::from_utf8_lossy(&self.buffer[..filled]).into_owned());
        }
        Ok(())
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<usize, String> {
    match stream.read(buffer).await {
        Ok(0) => Err("the connection was closed".to_owned()),
        Ok(count) => Ok(count),
        Err(error) => Err(error.to_string()),
    }
}

/// How much of an answer was compared.
#[derive(Default)]
struct Checked {
    bytes: usize,
    /// The first piece that differs.
    differs: Option<Vec<u8>>,
}

impl Checked {
    fn compare(&mut self, content: &[u8], expected: &[u8]) {
        let end = self.bytes + content.len();
        if self.differs.is_none() && expected.get(self.bytes..end) != Some(content) {
            self.differs = Some(content[..content.len().min(400)].to_vec());
        }
        self.bytes = end;
    }
}

/// Whether what differs is an answer all the same, of another call: it has an id.
fn is_other_id(differs: &[u8]) -> bool {
    memchr::memmem::find(differs, b"\"id\":\"id-").is_some()
}

fn nanoseconds(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}
