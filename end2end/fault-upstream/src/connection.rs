//! Serves one connection: reads a call, selects its fault, answers, and keeps, closes or resets the connection.
//! The content of an answer is decided elsewhere.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use crate::{
    answer::{self, Call, request_fields::RequestFields},
    control,
    fault::{EarlyFailure, Fault},
    http::{self, AnswerHead, BodyReader, Head, Unreadable},
    log::{Ended, OpenConnection, Record, redact_credentials},
    server::{ServerFault, Shared},
    socket::{AfterAnswer, PeerClosed, Socket},
};

/// The idle timeout unless a fault sets another one.
const IDLE: Duration = Duration::from_secs(600);
/// How many bytes of an incomplete body are searched for the model name.
const EARLY_SEARCH: usize = 64 * 1024;

/// Serves one connection to its end.
///
/// Arguments drop in reverse order, so a reset is sent before the connection counts as closed.
pub(crate) async fn serve(open: OpenConnection, mut socket: Socket, server: Arc<Shared>) {
    if let Some(server_fault) = server.server_fault() {
        match server_fault.fault.early_failure {
            EarlyFailure::HangUnread => {
                socket.wait_for_close_unread().await;
                return;
            }
            EarlyFailure::Reset => return,
            _ => {}
        }
    }
    let mut idle = IDLE;
    let mut earlier_calls = 0;
    loop {
        let pace = server.server_fault().and_then(|server_fault| server_fault.fault.pace.each_byte_read);
        let head = match timeout(idle, http::read_head(&mut socket, pace)).await {
            Ok(Ok(head)) => head,
            Ok(Err(Unreadable::Malformed)) => return refuse(socket).await,
            Ok(Err(Unreadable::PeerClosed(PeerClosed::Rst))) => return,
            Ok(Err(Unreadable::PeerClosed(PeerClosed::Fin))) | Err(_) => return socket.close().await,
        };
        if let Some(call) = control::parse(&head) {
            if control::answer(&mut socket, &server, call).await.is_err() {
                return;
            }
            if !head.keeps_connection() {
                return socket.close().await;
            }
            continue;
        }
        socket.entry = Some(server.log.call(new_record(&head, open.number)));
        let exchanged = exchange(&mut socket, &server, &head, earlier_calls, &mut idle).await;
        let Some(entry) = socket.entry.take() else {
            return;
        };
        match exchanged {
            Ok(AfterAnswer::KeepOpen) => entry.end(Ended::Answered),
            Ok(AfterAnswer::Close) => {
                entry.end(Ended::Closed);
                return socket.close().await;
            }
            Ok(AfterAnswer::Reset) => {
                socket.flush().await;
                return entry.end(Ended::Reset);
            }
            Err(Unreadable::PeerClosed(closed)) => return entry.end(closed.into()),
            Err(Unreadable::Malformed) => {
                entry.end(Ended::Closed);
                return refuse(socket).await;
            }
        }
        if !head.keeps_connection() {
            return socket.close().await;
        }
        earlier_calls += 1;
    }
}

/// Reads the rest of a call and answers it.
async fn exchange(
    socket: &mut Socket,
    server: &Shared,
    head: &Head,
    earlier_calls: u64,
    idle: &mut Duration,
) -> Result<AfterAnswer, Unreadable> {
    let server_fault = server.server_fault();
    let mut reader = head.body().ok_or(Unreadable::Malformed)?;
    if head.expects_continue() {
        socket.send(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let early = server_fault.as_ref().map(|server_fault| server_fault.fault.clone());
    let body = match read_body(socket, &mut reader, early).await? {
        Ok(body) => body,
        Err(after) => return Ok(after),
    };

    let fields = RequestFields::read(&body);
    let model = fields.get::<String>("model");
    let (name, fault) = select_fault(server, server_fault.as_deref(), model.as_deref());
    if let Some(entry) = &socket.entry {
        entry.body(&body);
        entry.update(|record| {
            record.model.clone_from(&model);
            record.fault = name;
        });
    }
    *idle = fault.pace.idle.unwrap_or(IDLE);
    socket.max_write = fault.pace.max_write.unwrap_or(usize::MAX);
    let call = Call {
        upstream: &server.name,
        delay: server.delay,
        server_started_unix_ns: server.started_unix_ns,
        loaded_models: &server.loaded_models,
        number: socket.entry.as_ref().map_or(0, |entry| entry.number),
        earlier_calls,
        head,
        body: &body,
        fields,
        model: model.unwrap_or_default(),
        fault: &fault,
    };
    Ok(answer::answer(socket, &call).await?)
}

/// Reads the body. A fault that affects reading takes effect as soon as its name has arrived.
async fn read_body(
    socket: &mut Socket,
    reader: &mut BodyReader,
    mut fault: Option<Fault>,
) -> Result<Result<Vec<u8>, AfterAnswer>, Unreadable> {
    let mut body = Vec::new();
    while !reader.feed(&mut socket.read_buffer, &mut body)? {
        if fault.is_none() && body.len() <= EARLY_SEARCH {
            fault = RequestFields::early_model(&body).map(|name| {
                let fault = Fault::parse(name);
                socket.update(|record| {
                    record.model = Some(name.to_owned());
                    record.fault = fault.is_some().then(|| name.to_owned());
                });
                fault.unwrap_or_default()
            });
        }
        let pace = match &fault {
            Some(fault) if fault.early_failure == EarlyFailure::HangUnread => {
                return Err(socket.wait_for_close_unread().await.into());
            }
            Some(fault) if fault.early_failure == EarlyFailure::Reset => return Ok(Err(AfterAnswer::Reset)),
            Some(fault) => fault.pace.each_byte_read,
            None => None,
        };
        socket.receive(pace).await?;
    }
    Ok(Ok(body))
}

/// Selects the fault for this call, with its name, and counts the call.
fn select_fault(
    server: &Shared,
    server_fault: Option<&ServerFault>,
    model: Option<&str>,
) -> (Option<String>, Fault) {
    let of_model = model.map_or(0, |model| server.log.count_model(model));
    let (name, fault, call) = match (server_fault, model) {
        (Some(server_fault), _) => {
            (server_fault.name.as_str(), Some(server_fault.fault.clone()), server_fault.count())
        }
        (None, Some(model)) => (model, Fault::parse(model), of_model),
        (None, None) => return (None, Fault::default()),
    };
    match fault {
        Some(fault) => (Some(name.to_owned()), fault.at_call(call)),
        None => (None, Fault::default()),
    }
}

fn new_record(head: &Head, connection: u64) -> Record {
    Record {
        seq: 0,
        connection,
        method: head.method.clone(),
        path: head.target.clone(),
        headers: redact_credentials(&head.headers),
        body: Arc::default(),
        model: None,
        fault: None,
        write_blocked_since: None,
        status: None,
        bytes_written: 0,
        answer_bytes: 0,
        answer_sha256: None,
        chunks_written: 0,
        started: Instant::now(),
        started_ms: 0,
        started_unix_ms: 0,
        ended_at: None,
        ended_unix_ms: None,
        ms: None,
        peer_closed_ms: None,
        ended: None,
    }
}

/// Answers 400 to something that is not an HTTP request.
async fn refuse(mut socket: Socket) {
    let head = AnswerHead::new(400).with("content-length", 0).with("connection", "close");
    if socket.send(&head.into_bytes()).await.is_ok() {
        socket.close().await;
    }
}
