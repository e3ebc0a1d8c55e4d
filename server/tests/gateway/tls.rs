//! TLS of the listener: its certificate, renewals under way, and callers who do not get through the handshake.

use std::{
    fs,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use fault_upstream::FaultUpstream;
use futures_util::future::join_all;
use rustls::pki_types::{CertificateDer, ServerName};
use server::gateway::listener::{BadCertificate, ListenerConfig, Tls};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{interval, timeout},
};
use tokio_rustls::TlsConnector;

use super::wire;
use crate::{
    authority::Authority,
    rig::{Rig, SOON, Setup, got},
};

async fn rig(authority: &Authority, fault: &str, config: ListenerConfig) -> (FaultUpstream, Rig, Arc<Tls>) {
    let upstream = FaultUpstream::start().await.unwrap();
    let tls = Arc::new(Tls::open(authority.files()).unwrap());
    let config = ListenerConfig { tls: Some(Arc::clone(&tls)), ..config };
    let setup = Setup::new().chat("a", &upstream, fault).ordered("open", &[("only", "inst_a")]);
    let mut rig = setup.start_with(config).await;
    rig.origin = rig.origin.replace("http://", "https://");
    rig.client = authority.client();
    (upstream, rig, tls)
}

/// The certificate that a new connection is shown, and the protocol that is agreed upon.
async fn shown(rig: &Rig, authority: &Authority) -> (CertificateDer<'static>, Vec<u8>) {
    let mut config = authority.trusted();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, wire::connect(rig).await).await.unwrap();
    let session = stream.get_ref().1;
    let certificate = session.peer_certificates().unwrap()[0].clone();
    (certificate.into_owned(), session.alpn_protocol().unwrap_or_default().to_vec())
}

#[tokio::test]
async fn calls_and_streams_work_over_tls() {
    let authority = Authority::new();
    let (_upstream, rig, _) = rig(&authority, "ok@5", ListenerConfig::default()).await;
    assert_eq!(got(rig.chat("open", "hi")).await.status, 200);
    assert!(got(rig.stream("open", "hi")).await.text().ends_with("data: [DONE]\n\n"));
    assert_eq!(shown(&rig, &authority).await.1, b"http/1.1");
    // Who does not know the authority does not go on.
    assert!(crate::rig::client().get(&rig.origin).send().await.is_err());
}

#[tokio::test]
async fn a_renewed_certificate_is_loaded_while_streams_continue() {
    let authority = Authority::new();
    let (upstream, rig, tls) = rig(&authority, "trickle:100+ok@20", ListenerConfig::default()).await;
    let (old, _) = shown(&rig, &authority).await;
    let stream = tokio::spawn(got(rig.stream("open", "hi")));
    upstream.wait_for(|log| log.len() == 1, SOON).await.unwrap();
    let new = authority.renew();
    assert_eq!(shown(&rig, &authority).await.0, old, "not before it was looked at");
    tls.reload_if_changed();
    assert_eq!(shown(&rig, &authority).await.0, new);
    assert!(!stream.is_finished(), "the stream is under way");
    let text = stream.await.unwrap().text();
    assert!(text.contains("w0") && text.contains("w19") && text.ends_with("data: [DONE]\n\n"), "{text}");
}

#[tokio::test]
async fn an_invalid_key_pair_leaves_the_old_one_in_use() {
    let authority = Authority::new();
    let (_upstream, rig, tls) = rig(&authority, "ok", ListenerConfig::default()).await;
    let (old, _) = shown(&rig, &authority).await;
    let files = authority.files();
    let key = fs::read(&files.key).unwrap();
    authority.renew();
    for bad in [key.as_slice(), b"", b"no key"] {
        fs::write(&files.key, bad).unwrap();
        tls.reload_if_changed();
        assert_eq!(shown(&rig, &authority).await.0, old);
    }
    fs::remove_file(&files.certificate).unwrap();
    tls.reload_if_changed();
    assert_eq!(shown(&rig, &authority).await.0, old);
    let new = authority.renew();
    tls.reload_if_changed();
    assert_eq!(shown(&rig, &authority).await.0, new);
}

#[test]
fn an_unusable_key_pair_is_refused_with_the_reason() {
    let authority = Authority::new();
    let files = authority.files();
    let refused = || Tls::open(authority.files()).unwrap_err().to_string();

    authority.certify(|it| it.not_after = rcgen::date_time_ymd(2020, 2, 2));
    assert!(refused().ends_with("cert.pem expired on Sun, 02 Feb 2020 00:00:00 GMT"), "{}", refused());
    authority.certify(|it| it.not_before = rcgen::date_time_ymd(3020, 2, 2));
    assert!(refused().contains("is not valid before Wed, 02 Feb 3020"), "{}", refused());
    authority.certify(|it| it.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth]);
    assert!(refused().contains("cannot be used"), "{}", refused());

    authority.renew();
    let key = fs::read_to_string(&files.key).unwrap();
    authority.renew();
    fs::write(&files.key, &key).unwrap();
    assert!(refused().contains("does not belong to the certificate in"), "{}", refused());
    for nothing in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n"] {
        fs::write(&files.key, nothing).unwrap();
        assert!(refused().contains("key.pem holds no private key"), "{}", refused());
    }
    fs::write(&files.key, "x".repeat(2 * 1024 * 1024)).unwrap();
    assert!(matches!(Tls::open(authority.files()), Err(BadCertificate::TooLarge(_))));
    fs::remove_file(&files.key).unwrap();
    assert!(refused().contains("key.pem cannot be read: No such file"), "{}", refused());
    authority.renew();
    fs::write(&files.certificate, &key).unwrap();
    assert!(refused().contains("cert.pem holds no certificate"), "{}", refused());
    authority.renew();
    // An authority of its own, as a command line makes it, is taken.
    authority.certify(|it| it.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained));
    Tls::open(authority.files()).unwrap();
}

#[tokio::test]
async fn plain_http_is_told_to_speak_https() {
    let authority = Authority::new();
    let config = ListenerConfig::default();
    let counters = Arc::clone(&config.counters);
    let (_upstream, rig, _) = rig(&authority, "ok", config).await;
    let mut socket = wire::connect(&rig).await;
    socket.write_all(wire::chat("open", "hi", false).as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(SOON, socket.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");
    // What is neither ends as well.
    let mut socket = wire::connect(&rig).await;
    socket.write_all(&[0; 64]).await.unwrap();
    let _ = timeout(SOON, socket.read_to_end(&mut Vec::new())).await.unwrap();
    timeout(SOON, async {
        while counters.handshakes_failed.load(Relaxed) < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(got(rig.chat("open", "hi")).await.status, 200);
}

#[tokio::test]
async fn slow_handshakes_are_closed_in_time_and_delay_nobody() {
    const TIME: Duration = Duration::from_secs(3);
    const SLOW: u64 = 100;
    let authority = Authority::new();
    let config = ListenerConfig { first_byte_timeout: TIME, ..ListenerConfig::default() };
    let counters = Arc::clone(&config.counters);
    let (_upstream, rig, _) = rig(&authority, "ok", config).await;
    let slow = (0..SLOW).map(|_| async {
        let mut socket = wire::connect(&rig).await;
        let opened = Instant::now();
        let (mut reading, mut writing) = socket.split();
        // The head of a record that promises a greeting of 512 bytes, which then comes byte by byte.
        let dribble = async {
            let mut ticks = interval(Duration::from_millis(200));
            for byte in [&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3][..], &[7; 500]].concat() {
                ticks.tick().await;
                if writing.write_all(&[byte]).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        let mut rest = Vec::new();
        tokio::select! {
            _ = reading.read_to_end(&mut rest) => {}
            () = dribble => {}
        }
        opened.elapsed()
    });
    let honest = async {
        // Each by a connection of its own, and all done while the others are still at it.
        let begun = Instant::now();
        for _ in 0..10 {
            let request = authority.client().get(format!("{}/v1/models", rig.origin));
            assert_eq!(got(request.bearer_auth(crate::rig::KEY)).await.status, 200);
        }
        begun.elapsed()
    };
    let (closed, honest) = tokio::join!(join_all(slow), honest);
    assert!(honest < TIME, "{honest:?}");
    for after in closed {
        assert!(after < TIME + Duration::from_secs(2), "{after:?}");
    }
    assert_eq!(counters.handshakes_failed.load(Relaxed), SLOW);
}
