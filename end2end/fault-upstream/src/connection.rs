//! One connection's life: read a call, find its fault, answer, keep, close or reset. Decides nothing
//! about the content of an answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use crate::{
    answer::{self, Call, asked::Asked},
    control,
    fault::{Before, Fault},
    http::{self, AnswerHead, BodyReader, Head, Unreadable},
    log::{Ended, OpenConnection, Record, without_credentials},
    server::{Imposed, Shared},
    wire::{Gone, Then, Wire},
};

/// How long a connection may be idle where no fault says so.
const IDLE: Duration = Duration::from_secs(600);
/// In how much of a body its model name is looked for before all of it is there.
const EARLY: usize = 64 * 1024;

/// Serves one connection to its end.
///
/// The arguments are dropped last first: the reset is out before the connection counts as closed.
pub(crate) async fn serve(open: OpenConnection, mut wire: Wire, server: Arc<Shared>) {
    if let Some(imposed) = server.imposed() {
        match imposed.fault.before {
            Before::HangUnread => {
                wire.hang_unread().await;
                return;
            }
            Before::Reset => return,
            _ => {}
        }
    }
    let mut idle = IDLE;
    let mut earlier = 0;
    loop {
        let pace = server.imposed().and_then(|imposed| imposed.fault.pace.each_byte_read);
        let head = match timeout(idle, http::read_head(&mut wire, pace)).await {
            Ok(Ok(head)) => head,
            Ok(Err(Unreadable::Malformed)) => return refuse(wire).await,
            Ok(Err(Unreadable::Gone(Gone::Rst))) => return,
            Ok(Err(Unreadable::Gone(Gone::Fin))) | Err(_) => return wire.close().await,
        };
        if let Some(what) = control::asked(&head) {
            if control::answer(&mut wire, &server, what).await.is_err() {
                return;
            }
            if !head.keeps_connection() {
                return wire.close().await;
            }
            continue;
        }
        wire.entry = Some(server.log.call(begun(&head, open.number)));
        let exchanged = exchange(&mut wire, &server, &head, earlier, &mut idle).await;
        let Some(entry) = wire.entry.take() else {
            return;
        };
        match exchanged {
            Ok(Then::KeepOpen) => entry.end(Ended::Answered),
            Ok(Then::Close) => {
                entry.end(Ended::Closed);
                return wire.close().await;
            }
            Ok(Then::Reset) => {
                wire.flush().await;
                return entry.end(Ended::Reset);
            }
            Err(Unreadable::Gone(gone)) => return entry.end(gone.into()),
            Err(Unreadable::Malformed) => {
                entry.end(Ended::Closed);
                return refuse(wire).await;
            }
        }
        if !head.keeps_connection() {
            return wire.close().await;
        }
        earlier += 1;
    }
}

/// Reads the rest of a call and answers it.
async fn exchange(
    wire: &mut Wire,
    server: &Shared,
    head: &Head,
    earlier: u64,
    idle: &mut Duration,
) -> Result<Then, Unreadable> {
    let imposed = server.imposed();
    let mut reader = head.body().ok_or(Unreadable::Malformed)?;
    if head.expects_continue() {
        wire.put(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let early = imposed.as_ref().map(|imposed| imposed.fault.clone());
    let body = match read_body(wire, &mut reader, early).await? {
        Ok(body) => body,
        Err(then) => return Ok(then),
    };

    let asked = Asked::read(&body);
    let model = asked.get::<String>("model");
    let (name, fault) = chosen(server, imposed.as_deref(), model.as_deref());
    if let Some(entry) = &wire.entry {
        entry.body(&body);
        entry.update(|record| {
            record.model.clone_from(&model);
            record.fault = name;
        });
    }
    *idle = fault.pace.idle.unwrap_or(IDLE);
    wire.slice = fault.pace.slice.unwrap_or(usize::MAX);
    let call = Call {
        upstream: &server.name,
        delay: server.delay,
        number: wire.entry.as_ref().map_or(0, |entry| entry.number),
        earlier,
        head,
        body: &body,
        asked,
        model: model.unwrap_or_default(),
        fault: &fault,
    };
    Ok(answer::answer(wire, &call).await?)
}

/// Reads the body; a fault that concerns reading acts as soon as its name can be seen.
async fn read_body(
    wire: &mut Wire,
    reader: &mut BodyReader,
    mut fault: Option<Fault>,
) -> Result<Result<Vec<u8>, Then>, Unreadable> {
    let mut body = Vec::new();
    while !reader.feed(&mut wire.inbox, &mut body)? {
        if fault.is_none() && body.len() <= EARLY {
            fault = Asked::early_model(&body).map(|name| {
                let fault = Fault::parse(name);
                wire.update(|record| {
                    record.model = Some(name.to_owned());
                    record.fault = fault.is_some().then(|| name.to_owned());
                });
                fault.unwrap_or_default()
            });
        }
        let pace = match &fault {
            Some(fault) if fault.before == Before::HangUnread => {
                return Err(wire.hang_unread().await.into());
            }
            Some(fault) if fault.before == Before::Reset => return Ok(Err(Then::Reset)),
            Some(fault) => fault.pace.each_byte_read,
            None => None,
        };
        wire.fill(pace).await?;
    }
    Ok(Ok(body))
}

/// The fault of this call and its name; counts the call.
fn chosen(server: &Shared, imposed: Option<&Imposed>, model: Option<&str>) -> (Option<String>, Fault) {
    let of_model = model.map_or(0, |model| server.log.count_model(model));
    let (name, fault, call) = match (imposed, model) {
        (Some(imposed), _) => (imposed.name.as_str(), Some(imposed.fault.clone()), imposed.count()),
        (None, Some(model)) => (model, Fault::parse(model), of_model),
        (None, None) => return (None, Fault::default()),
    };
    match fault {
        Some(fault) => (Some(name.to_owned()), fault.at_call(call)),
        None => (None, Fault::default()),
    }
}

fn begun(head: &Head, connection: u64) -> Record {
    Record {
        seq: 0,
        connection,
        method: head.method.clone(),
        path: head.target.clone(),
        headers: without_credentials(&head.headers),
        body: Arc::default(),
        model: None,
        fault: None,
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

/// Answers what is no HTTP request.
async fn refuse(mut wire: Wire) {
    let head = AnswerHead::new(400).with("content-length", 0).with("connection", "close");
    if wire.put(&head.into_bytes()).await.is_ok() {
        wire.close().await;
    }
}
