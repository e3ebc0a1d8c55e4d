//! Static files over a real socket, from a folder that stands in for the built site.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use reqwest::{Method, Response};

use super::*;

/// `page.css` with both compressed copies, `single.txt` without any, and the icon.
#[derive(RustEmbed)]
#[folder = "tests/support/site"]
struct Fixture;

const VERSION: &str = "0123456789abcdef";

/// A running server of the fixture; it ends with the test's runtime.
struct Server {
    base: String,
    client: reqwest::Client,
}

impl Server {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        // A second test of the same process finds it installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let router = files::<Fixture>(Some(VERSION));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let request = self.client.request(method, format!("{}{path}", self.base));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.send(Method::GET, path, headers).await
    }
}

/// A header's value, empty if it is absent.
fn value<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map(|it| it.to_str().unwrap()).unwrap_or_default()
}

/// The bytes of `page.css` in an encoding, as they are in the fixture.
fn stored(encoding: &str) -> Vec<u8> {
    let name = match encoding {
        "br" => "pkg/page.css.br",
        "gzip" => "pkg/page.css.gz",
        _ => "pkg/page.css",
    };
    Fixture::get(name).unwrap().data.into_owned()
}

#[tokio::test]
async fn the_best_accepted_encoding_is_sent() {
    let server = Server::start().await;
    let cases: &[(&[&str], &str)] = &[
        (&[], ""),
        (&[""], ""),
        (&["gzip"], "gzip"),
        (&["br"], "br"),
        (&["gzip, deflate, br, zstd"], "br"),
        (&["gzip", "br"], "br"),
        // Weights (RFC 9110, 12.4.2).
        (&["gzip;q=0"], ""),
        (&["br;q=0, gzip"], "gzip"),
        (&["br;q=0.000,gzip;q=0"], ""),
        (&["br;q=0.2, gzip;q=0.8"], "gzip"),
        (&["br ; q=0.2 ,\tgzip ;\tq=0.8"], "gzip"),
        (&["gzip;q=0.5, identity"], ""),
        (&["gzip, identity;q=0.5"], "gzip"),
        (&["gzip;q=a lot, br;q=2"], ""),
        // Names have no case, and only whole names count.
        (&["BR"], "br"),
        (&["GZip;Q=0.5"], "gzip"),
        (&["x-gzip"], "gzip"),
        (&["brotli, gzipped, deflate, zstd"], ""),
        // `*` stands for every encoding that is not named.
        (&["*"], "br"),
        (&["br;q=0, *"], "gzip"),
        (&["gzip, *;q=0"], "gzip"),
        (&["gzip;q=0.5, *;q=0.4"], "gzip"),
        (&["gzip;q=0.4, *;q=0.5"], "br"),
        (&["br;q=0", "*;q=0.1", "gzip;q=0"], ""),
        // Plain bytes that are refused although nothing else is accepted are better than none.
        (&["*;q=0"], ""),
        (&["identity;q=0"], ""),
        (&["identity;q=0, *"], "br"),
        (&["identity;q=0, gzip;q=0.1"], "gzip"),
    ];
    let mut wrong = Vec::new();
    for (accepted, expected) in cases {
        let headers: Vec<_> = accepted.iter().map(|it| ("accept-encoding", *it)).collect();
        for method in [Method::GET, Method::HEAD] {
            let answer = server.send(method.clone(), "/pkg/page.css", &headers).await;
            let what = format!("{method} {accepted:?}");
            let encoding = value(&answer, "content-encoding").to_owned();
            if encoding != *expected {
                wrong.push(format!("{what}: {encoding:?} instead of {expected:?}"));
            }
            assert_eq!(answer.status(), 200, "{what}");
            assert_eq!(value(&answer, "content-type"), "text/css", "{what}");
            assert_eq!(value(&answer, "vary"), "accept-encoding", "{what}");
            assert_eq!(value(&answer, "content-length"), stored(&encoding).len().to_string(), "{what}");
            let body = if method == Method::HEAD { Vec::new() } else { stored(&encoding) };
            assert_eq!(answer.bytes().await.unwrap(), body, "{what}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_file_without_compressed_copies_is_sent_as_it_is() {
    let server = Server::start().await;
    for accepted in ["br", "gzip", "*", "identity;q=0"] {
        let answer = server.get("/pkg/single.txt", &[("accept-encoding", accepted)]).await;
        assert_eq!(value(&answer, "content-encoding"), "", "{accepted}");
        assert_eq!(value(&answer, "vary"), "accept-encoding", "a cache cannot know that there are no copies");
        assert_eq!(answer.text().await.unwrap(), "A file without compressed copies.\n");
    }
}

#[tokio::test]
async fn a_file_that_the_browser_has_is_not_sent_again() {
    let server = Server::start().await;
    let mut tags = BTreeSet::new();
    let mut sent_again = Vec::new();
    for encoding in ["br", "gzip", "identity"] {
        let accepted = ("accept-encoding", encoding);
        let tag = value(&server.get("/pkg/page.css", &[accepted]).await, "etag").to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2, "{tag}");
        assert!(tags.insert(tag.clone()), "each encoding has a tag of its own: {tag}");

        // The comparison is weak: what matters is the text between the quotes (RFC 9110, 13.1.2).
        for known in [
            tag.clone(),
            format!("W/{tag}"),
            "*".to_owned(),
            format!("\"another\", {tag}"),
            format!("\"one, with a comma\" ,W/{tag},\"another\""),
        ] {
            for method in [Method::GET, Method::HEAD] {
                let headers = [accepted, ("if-none-match", known.as_str())];
                let answer = server.send(method, "/pkg/page.css", &headers).await;
                assert_eq!(value(&answer, "etag"), tag, "{known}");
                assert_eq!(value(&answer, "vary"), "accept-encoding", "{known}");
                assert_eq!(value(&answer, "cache-control"), "no-cache", "{known}");
                if answer.status() == 304 {
                    assert_eq!(answer.bytes().await.unwrap().len(), 0, "{known}");
                } else {
                    sent_again.push(format!("{encoding}: {known}"));
                }
            }
        }
        for other in
            [r#""another""#.to_owned(), tag.trim_matches('"').to_owned(), format!("W/\"x{}", &tag[1..])]
        {
            let answer = server.get("/pkg/page.css", &[accepted, ("if-none-match", &other)]).await;
            assert_eq!(answer.status(), 200, "{other}");
        }
    }
    assert!(sent_again.is_empty(), "{sent_again:#?}");
}

#[tokio::test]
async fn addresses_with_the_version_are_kept_and_others_are_asked_for_again() {
    let server = Server::start().await;
    for (path, caching) in [
        (format!("/pkg/{VERSION}/page.css"), "public, max-age=31536000, immutable"),
        ("/pkg/page.css".to_owned(), "no-cache"),
        ("/favicon.svg".to_owned(), "no-cache"),
    ] {
        let answer = server.get(&path, &[]).await;
        assert_eq!((answer.status().as_u16(), value(&answer, "cache-control")), (200, caching), "{path}");
    }
    let icon = server.get("/favicon.svg", &[]).await;
    assert_eq!(value(&icon, "content-type"), "image/svg+xml");
    // Not even a cache may keep that a file of another version is missing.
    for path in [
        format!("/pkg/{VERSION}/none.css"),
        "/pkg/none.css".to_owned(),
        "/pkg/fedcba9876543210/page.css".to_owned(),
        "/pkg/page.css/".to_owned(),
        "/pkg/%2e%2e/tests.rs".to_owned(),
        "/pkg/..%2f..%2f..%2fsupport%2frig.rs".to_owned(),
        "/pkg/%00".to_owned(),
        "/pkg/%ff".to_owned(),
    ] {
        let answer = server.get(&path, &[("if-none-match", "*")]).await;
        assert_eq!((answer.status().as_u16(), value(&answer, "cache-control")), (404, ""), "{path}");
    }
    let answer = server.send(Method::POST, "/pkg/page.css", &[]).await;
    assert_eq!((answer.status().as_u16(), value(&answer, "cache-control")), (405, ""));
}

#[tokio::test]
async fn a_part_is_sent_only_of_the_file_that_it_continues() {
    let server = Server::start().await;
    let range = ("range", "bytes=3-9");
    let part = server.get("/pkg/page.css", &[range]).await;
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap(), stored("")[3..10]);
    let several = server.get("/pkg/page.css", &[("range", "bytes=0-1,5-6")]).await;
    assert_eq!(several.status(), 200);
    assert_eq!(several.bytes().await.unwrap(), stored(""));
    let beyond = server.get("/pkg/page.css", &[("range", "bytes=100000-")]).await;
    assert_eq!(beyond.status(), 416);
    assert_eq!(value(&beyond, "content-range"), format!("bytes */{}", stored("").len()));
    // Of compressed bytes, if these are what was negotiated.
    let part = server.get("/pkg/page.css", &[range, ("accept-encoding", "br")]).await;
    assert_eq!((part.status().as_u16(), value(&part, "content-encoding")), (206, "br"));
    assert_eq!(part.bytes().await.unwrap(), stored("br")[3..10]);
    let other = server.get("/pkg/page.css", &[range, ("if-range", "\"another\"")]).await;
    assert_eq!(other.status(), 200);
    assert_eq!(other.bytes().await.unwrap(), stored(""));
}
