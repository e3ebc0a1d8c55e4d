//! An upstream that costs next to nothing: it sends a fixed answer as soon as a request has been read.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Events per stream, each written on its own.
pub(crate) const EVENTS: usize = 60;

/// Starts the upstream on a free loopback port.
pub(crate) async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

async fn serve(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut read = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let length = loop {
            if let Some(length) = request_length(&read).filter(|&it| read.len() >= it) {
                break length;
            }
            match stream.read(&mut buffer).await {
                Ok(count) if count > 0 => read.extend_from_slice(&buffer[..count]),
                _ => return,
            }
        };
        let streams = read[..length].windows(13).any(|it| it == b"\"stream\":true");
        read.drain(..length);
        let answered = if streams { stream_of_events(&mut stream).await } else { whole(&mut stream).await };
        if answered.is_err() {
            return;
        }
    }
}

/// The length of the first request, once its head is complete.
fn request_length(read: &[u8]) -> Option<usize> {
    let head = read.windows(4).position(|it| it == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&read[..head]).unwrap().to_ascii_lowercase();
    let length = text.lines().find_map(|it| it.strip_prefix("content-length:"))?;
    Some(head + length.trim().parse::<usize>().unwrap())
}

async fn whole(stream: &mut TcpStream) -> std::io::Result<()> {
    let body = r#"{"id":"c","object":"chat.completion","created":0,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"An answer of the usual length: a sentence or two."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}}"#;
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await
}

async fn stream_of_events(stream: &mut TcpStream) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    for at in 0..EVENTS {
        let last = at + 1 == EVENTS;
        let reason = if last { "\"stop\"" } else { "null" };
        let event = format!(
            r#"data: {{"id":"c","object":"chat.completion.chunk","created":0,"model":"m","choices":[{{"index":0,"delta":{{"content":" w{at}"}},"finish_reason":{reason}}}]}}"#
        );
        let done = if last { "data: [DONE]\n\n" } else { "" };
        let end = if last { "0\r\n\r\n" } else { "" };
        let length = event.len() + 2 + done.len();
        stream.write_all(format!("{length:x}\r\n{event}\n\n{done}\r\n{end}").as_bytes()).await?;
        // So that each event is sent on its own, as by a model.
        tokio::task::yield_now().await;
    }
    Ok(())
}
