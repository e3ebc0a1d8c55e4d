//! The verdicts of instance tests, in front of real servers with real certificates.
//!
//! Trusted roots are read from the file that `SSL_CERT_FILE` names, so the test of certificates runs itself again with
//! that variable.

use std::{process::Command, sync::Arc};

use app::{
    domain::console::{spoken_apis::SpeaksApi, view::TestVerdict},
    ports::DataPlane as _,
};
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::rig::{Rig, Setup};

/// Names the file of trusted roots.
const ROOTS: &str = "SSL_CERT_FILE";
/// Names the same file in the second run of this test, and nowhere else.
const OWN_ROOTS: &str = "SMART_BALANCER_TEST_ROOTS";
const MODELS: &str = r#"{"object":"list","data":[{"id":"m"},{"id":"n:latest"}]}"#;

/// Serves each connection by `serve`; answers with the port.
async fn listen<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(TcpStream) -> F + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    port
}

/// Reads one request and answers it; what is not HTTP gets a refusal, or nothing but the end.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, status: &str, body: &str, is_silent: bool) {
    let (mut bytes, mut read) = ([0; 8192], 0);
    while !bytes[..read].windows(4).any(|it| it == b"\r\n\r\n") {
        match stream.read(&mut bytes[read..]).await {
            Ok(n) if n > 0 && bytes[0].is_ascii_uppercase() => read += n,
            Ok(_) if is_silent => return,
            _ => {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
                return;
            }
        }
    }
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
    let _ = stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn plain(status: &'static str, body: &'static str) -> u16 {
    listen(move |stream| answer(stream, status, body, false)).await
}

async fn tls(certificate: &Certificate, key: &KeyPair) -> u16 {
    let acceptor = acceptor(certificate, key);
    listen(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                answer(stream, "200 OK", MODELS, false).await;
            }
        }
    })
    .await
}

/// The same, but the next connection waits for the handshake of the one before, as with a server of Python's library.
async fn tls_one_by_one(certificate: &Certificate, key: &KeyPair) -> u16 {
    let acceptor = acceptor(certificate, key);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                answer(stream, "200 OK", MODELS, false).await;
            }
        }
    });
    port
}

fn acceptor(certificate: &Certificate, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn params(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// The verdict on an instance with that address and model.
async fn test(base_url: &str, model: &str, call: bool) -> TestVerdict {
    let rig = Setup::new().instance("a", base_url, model, |_| {}).start().await;
    verdict(&rig, call).await
}

async fn verdict(rig: &Rig, call: bool) -> TestVerdict {
    rig.gateway.test_instance("inst_a", call).await.unwrap()
}

/// Fails unless the verdict is of that kind and says those words.
fn assert_fails(verdict: &TestVerdict, kind: &str, words: &str) {
    assert_eq!((verdict.ok, verdict.kind.as_str()), (false, kind), "{}", verdict.message);
    assert!(verdict.message.contains(words), "{}", verdict.message);
}

#[test]
fn a_certificate_that_is_refused_is_told_with_its_reason() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // The roots' own variable is no sign of the second run: machines set it for everybody, to a file of theirs.
    if let Some(roots) = std::env::var_os(OWN_ROOTS) {
        assert_eq!(std::env::var_os(ROOTS).as_ref(), Some(&roots), "only a file of this test is written to");
        return runtime().block_on(certificates(&roots));
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "gateway::instance_tests::a_certificate_that_is_refused_is_told_with_its_reason"])
        .env(ROOTS, folder.path().join("roots.pem"))
        .env(OWN_ROOTS, folder.path().join("roots.pem"))
        .output()
        .unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{complained}");
}

async fn certificates(roots: &std::ffi::OsStr) {
    let new_key = || KeyPair::generate().unwrap();
    let (mut root, root_key) = (params(&[]), new_key());
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_certificate = root.self_signed(&root_key).unwrap();
    let issuer = Issuer::new(root, root_key);
    // As `openssl req -x509` makes one.
    let (mut marked, marked_key) = (params(&["localhost"]), new_key());
    marked.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let marked_certificate = marked.self_signed(&marked_key).unwrap();
    std::fs::write(roots, root_certificate.pem() + &marked_certificate.pem()).unwrap();

    let signed = async |params: CertificateParams| {
        let key = new_key();
        tls(&params.signed_by(&key, &issuer).unwrap(), &key).await
    };
    let https = |port: u16| format!("https://localhost:{port}/v1");
    let good = signed(params(&["localhost"])).await;
    let verdict = test(&https(good), "m", false).await;
    assert_eq!((verdict.ok, verdict.kind.as_str()), (true, "models"), "{}", verdict.message);

    let other = signed(params(&["llm.lan"])).await;
    assert_fails(&test(&https(other), "m", false).await, "wrong_host_name", "another host name");
    assert_fails(&test(&https(other), "m", true).await, "wrong_host_name", "another host name");
    let mut expired = params(&["localhost"]);
    (expired.not_before, expired.not_after) = (date_time_ymd(2019, 2, 2), date_time_ymd(2020, 2, 2));
    assert_fails(&test(&https(signed(expired).await), "m", false).await, "certificate_expired", "expired");
    let mut early = params(&["localhost"]);
    early.not_before = date_time_ymd(3020, 2, 2);
    assert_fails(&test(&https(signed(early).await), "m", false).await, "certificate_not_yet_valid", "clocks");
    let mut for_clients = params(&["localhost"]);
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_fails(&test(&https(signed(for_clients).await), "m", false).await, "tls_failed", "certificate");

    let marked = tls(&marked_certificate, &marked_key).await;
    let way_out = "-addext basicConstraints=critical,CA:FALSE";
    assert_fails(&test(&https(marked), "m", false).await, "ca_certificate", way_out);
    let mut issued = params(&["localhost"]);
    issued.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_fails(&test(&https(signed(issued).await), "m", false).await, "ca_certificate", way_out);
    // The first one has the name of a root that is trusted, as after an authority was made anew.
    let mut unmarked = params(&["localhost"]);
    unmarked.is_ca = IsCa::ExplicitNoCa;
    unmarked.distinguished_name.push(DnType::CommonName, "llm.lan");
    for own in [params(&["localhost"]), unmarked] {
        let key = new_key();
        let port = tls(&own.self_signed(&key).unwrap(), &key).await;
        assert_fails(&test(&https(port), "m", false).await, "unknown_issuer", "SSL_CERT_FILE");
    }
}

#[tokio::test]
async fn plain_http_behind_an_https_address_is_told() {
    for is_silent in [false, true] {
        let port = listen(move |stream| answer(stream, "200 OK", MODELS, is_silent)).await;
        for call in [false, true] {
            let verdict = test(&format!("https://127.0.0.1:{port}/v1"), "m", call).await;
            assert_fails(&verdict, "plain_http", "Use http://");
        }
    }
    let shell = listen(async |mut stream: TcpStream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n").await;
        let _ = stream.read(&mut [0; 4096]).await;
    })
    .await;
    let verdict = test(&format!("https://127.0.0.1:{shell}/v1"), "m", false).await;
    assert_fails(&verdict, "not_tls", "does not speak TLS");
}

#[tokio::test]
async fn tls_behind_a_plain_http_address_is_told() {
    let key = KeyPair::generate().unwrap();
    let certificate = params(&["localhost"]).self_signed(&key).unwrap();
    let strict = tls(&certificate, &key).await;
    // As nginx, which answers plain HTTP at its TLS port with 400.
    let helpful = listen(move |stream| async move {
        let mut first = [0];
        let is_tls = stream.peek(&mut first).await.is_ok_and(|it| it == 1) && first[0] == 22;
        if !is_tls {
            return answer(stream, "400 Bad Request", "The plain HTTP request was sent to HTTPS port", false)
                .await;
        }
        let upstream = TcpStream::connect(("127.0.0.1", strict)).await;
        if let (mut stream, Ok(mut upstream)) = (stream, upstream) {
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut upstream).await;
        }
    })
    .await;
    for port in [strict, helpful, tls_one_by_one(&certificate, &key).await] {
        for call in [false, true] {
            let verdict = test(&format!("http://127.0.0.1:{port}/v1"), "m", call).await;
            assert_fails(&verdict, "tls_required", "Use https://");
        }
    }
}

#[tokio::test]
async fn a_server_that_stays_silent_is_not_taken_for_one_that_speaks_tls() {
    let silent = listen(async |mut stream: TcpStream| {
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    })
    .await;
    let setup = Setup::new().instance("a", &format!("http://127.0.0.1:{silent}/v1"), "m", |it| {
        it.timeouts.connect_ms = 200;
        it.timeouts.first_byte_ms = 200;
        it.timeouts.total_ms = 600;
    });
    assert_fails(&verdict(&setup.start().await, true).await, "call", "did not answer in time");
}

#[tokio::test]
async fn an_address_where_nobody_answers_is_told() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    for scheme in ["http", "https"] {
        for call in [false, true] {
            let verdict = test(&format!("{scheme}://127.0.0.1:{gone}/v1"), "m", call).await;
            assert_fails(&verdict, "nothing_listens", "Nothing answers at its address");
            let verdict = test(&format!("{scheme}://gone.invalid/v1"), "m", call).await;
            assert_fails(&verdict, "name_unknown", "host name has no address");
        }
    }
    let rig = Setup::new().instance("a", "http://169.254.1.2:11434/v1", "m", |_| {}).start().await;
    let refused = verdict(&rig, false).await.message;
    assert!(refused.contains("Podman") && refused.contains("--egress-allow"), "{refused}");
}

#[tokio::test]
async fn a_key_that_is_refused_and_one_that_is_missing_are_told() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let base_url = format!("http://127.0.0.1:{}/v1", plain(status, "{}").await);
        for call in [false, true] {
            assert_fails(&test(&base_url, "m", call).await, "key_refused", "rejects the key");
        }
        let mut setup = Setup::new().instance("a", &base_url, "m", |_| {});
        setup.keys.clear();
        assert_fails(&verdict(&setup.start().await, false).await, "key_refused", "requires a key");
    }
}

#[tokio::test]
async fn an_unknown_model_is_told_with_those_that_are_there() {
    let base_url = format!("http://127.0.0.1:{}/v1", plain("200 OK", MODELS).await);
    for known in ["m", "n", "n:latest", ""] {
        let verdict = test(&base_url, known, false).await;
        assert_eq!((verdict.ok, verdict.models.len()), (true, 0), "{known}: {}", verdict.message);
        assert_eq!(verdict.apis.chat_completions, SpeaksApi::Unknown, "the list tells nothing");
    }
    let verdict = test(&base_url, "o", false).await;
    assert_fails(&verdict, "model_unknown", "“o”");
    assert_eq!(verdict.models, ["m", "n:latest"]);

    // A real call is answered with 404 for a path and for a model alike.
    let upstream = listen(async |stream: TcpStream| {
        let mut first = [0; 4];
        let _ = stream.peek(&mut first).await;
        let (status, body) = if &first == b"POST" { ("404 Not Found", "{}") } else { ("200 OK", MODELS) };
        answer(stream, status, body, false).await;
    })
    .await;
    let base_url = format!("http://127.0.0.1:{upstream}/v1");
    let verdict = test(&base_url, "o", true).await;
    assert_fails(&verdict, "model_unknown", "“o”");
    assert_eq!(verdict.models, ["m", "n:latest"]);
    assert_fails(&test(&base_url, "m", true).await, "call", "path or the model");
    let empty = format!("http://127.0.0.1:{}/v1", plain("200 OK", r#"{"data":[]}"#).await);
    assert_fails(&test(&empty, "o", false).await, "model_unknown", "lists none");
}

#[tokio::test]
async fn a_model_list_cannot_show_the_key() {
    let body = r#"{"data":[{"id":"upstream-canary-key"},{"id":"m"}]}"#;
    let base_url = format!("http://127.0.0.1:{}/v1", plain("200 OK", body).await);
    let verdict = test(&base_url, "o", false).await;
    assert!(!format!("{verdict:?}").contains("canary"), "{verdict:?}");
    assert_eq!(verdict.models.len(), 2);
}

#[tokio::test]
async fn a_server_that_is_still_loading_is_told() {
    let body = r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#;
    let loading = format!("http://127.0.0.1:{}/v1", plain("503 Service Unavailable", body).await);
    let broken = format!("http://127.0.0.1:{}/v1", plain("503 Service Unavailable", "no upstream").await);
    for call in [false, true] {
        assert_fails(&test(&loading, "m", call).await, "loading", "still loading");
        assert_fails(&test(&broken, "m", call).await, if call { "call" } else { "models" }, "with an error");
    }
}

#[tokio::test]
async fn a_call_that_is_answered_tells_the_api() {
    let upstream = fault_upstream::FaultUpstream::start().await.unwrap();
    let setup = Setup::new().chat("a", &upstream, "ok").embeddings("e", &upstream, "dim@4");
    let rig = setup.start().await;
    let apis = verdict(&rig, true).await.apis;
    assert_eq!((apis.chat_completions, apis.embeddings), (SpeaksApi::Yes, SpeaksApi::Unknown));
    let apis = rig.gateway.test_instance("inst_e", true).await.unwrap().apis;
    assert_eq!((apis.chat_completions, apis.embeddings), (SpeaksApi::Unknown, SpeaksApi::Yes));
}
