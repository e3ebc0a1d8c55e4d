//! Accepted and refused base URLs, and agreement with the server's URL library.

#![expect(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn code(text: &str) -> String {
    parse(text).unwrap_err().code
}

#[test]
fn the_port_is_the_schemes_own_where_none_is_given() {
    assert_eq!(parse("http://h").unwrap().port, 80);
    assert_eq!(
        parse("HTTPS://H").unwrap(),
        BaseUrl {
            secure: true,
            host: Host::Name("h".to_owned()),
            port: 443,
            path: String::new(),
            query: String::new()
        }
    );
    assert_eq!(parse("http://[::1]:8000/v1").unwrap().port, 8000);
}

#[test]
fn only_http_and_https_are_taken() {
    assert_eq!(code("ftp://h"), "url_scheme");
    assert_eq!(code("javascript://h"), "url_scheme");
    assert_eq!(code("h:8000"), "invalid_url");
    assert_eq!(code(""), "invalid_url");
}

#[test]
fn userinfo_is_refused() {
    assert_eq!(code("http://user:secret@h/v1"), "url_userinfo");
    assert_eq!(code("http://@h"), "url_userinfo");
}

#[test]
fn a_query_is_kept_and_a_fragment_is_refused() {
    let url = parse("http://h/openai/deployments/d?api-version=2024-10-21&x").unwrap();
    assert_eq!(
        (url.path.as_str(), url.query.as_str()),
        ("/openai/deployments/d", "api-version=2024-10-21&x")
    );
    assert_eq!(parse("http://h?x=1").unwrap().path, "");
    assert_eq!(code("http://h#x"), "url_fragment");
    assert_eq!(code("http://h/v1?x=1#y"), "url_fragment");
    assert_eq!(code("http://h/v1?x='1'"), "invalid_url");
}

#[test]
fn a_parameter_that_holds_a_secret_by_its_name_is_refused() {
    for name in [
        "key",
        "KEY",
        "api_key",
        "apikey",
        "apiKey",
        "token",
        "access_token",
        "sig",
        "signature",
        "secret",
        "password",
        "code",
        "subscription-key",
        "x_key",
        "k%65y",
        "+key",
    ] {
        let error = parse(&format!("http://h/v1?a=1&{name}=canary")).unwrap_err();
        assert_eq!(error.code, "url_secret", "{name}");
        assert!(
            error.message.contains("`headers`") && !error.message.contains("canary"),
            "{}",
            error.message
        );
    }
    assert_eq!(code("http://h?token"), "url_secret");
    for query in ["api-version=key", "keys=1", "tokens=1", "monkey=1", "codec=2"] {
        assert!(parse(&format!("http://h/v1?{query}")).is_ok(), "{query}");
    }
}

#[test]
fn a_base_url_that_ends_in_the_path_of_an_api_is_refused_with_the_right_one() {
    for (text, right) in [
        ("http://h/v1/chat/completions", "http://h/v1"),
        ("http://h/v1//chat/completions//", "http://h/v1"),
        ("https://h:8/v1/completions", "https://h:8/v1"),
        ("http://h/v1/responses", "http://h/v1"),
        ("http://h/v1/messages/", "http://h/v1"),
        ("http://h/v1/messages/count_tokens", "http://h/v1"),
        ("http://h/api/v1/Embeddings", "http://h/api/v1"),
        ("http://h/v1/models", "http://h/v1"),
        ("http://h/chat/completions", "http://h/v1"),
        ("http://h/v1/chat/completions/chat/completions", "http://h/v1"),
        (
            "http://h/openai/deployments/d/chat/completions?api-version=1",
            "http://h/openai/deployments/d?api-version=1",
        ),
    ] {
        let error = parse(text).unwrap_err();
        assert_eq!(error.code, "url_api_path", "{text}");
        assert!(error.message.starts_with(&format!("Use {right};")), "{text}: {}", error.message);
        assert!(parse(right).is_ok(), "{right}");
    }
    for text in ["http://h/models", "http://h/chat", "http://h/completions/v1", "http://h/v1/mymodels"] {
        assert!(parse(text).is_ok(), "{text}");
    }
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    for (one, other, same) in [
        ("http://h", "http://H:80/v1?x=1", true),
        ("http://h", "https://h", false),
        ("http://h", "http://h:81", false),
        ("http://h", "http://g", false),
        ("http://127.0.0.1", "http://127.0.0.1/a", true),
        ("", "", false),
    ] {
        assert_eq!(same_origin(one, other), same, "{one} {other}");
    }
}

#[test]
fn a_root_is_origin_path_and_query() {
    for (one, other, same) in [
        ("http://h", "http://H:80/v1/", true),
        ("http://h/a", "http://h/a/", true),
        ("http://h/a", "http://h/b", false),
        ("http://h/a?x=1", "http://h/a", false),
        ("http://h", "http://g", false),
        ("", "", false),
    ] {
        assert_eq!(same_root(one, other), same, "{one} {other}");
    }
}

#[test]
fn a_long_base_url_is_refused() {
    assert_eq!(code(&format!("http://h/{}", "a".repeat(limits::BASE_URL_CHARS))), "too_long");
}

#[test]
fn whatever_a_url_library_would_read_differently_is_refused() {
    for text in [
        "http://",
        "http:///v1",
        "http://h:0",
        "http://h:65536",
        "http://h:+80",
        "http://h:",
        "http://a b",
        "http://h\\other",
        "http://h/a b",
        "http://h/../v1",
        "http://h/%2E%2e/v1",
        "http://2130706433",
        "http://0x7f.1",
        "http://127.1",
        "http://0177.0.0.1",
        "http://①.0.0.1",
        "http://[::1",
        "http://[::1%25lo]",
        "http://h%2ex",
        "http://a..b",
        "http://h/\u{7f}",
    ] {
        assert_eq!(code(text), "invalid_url", "{text}");
    }
}

#[test]
fn a_base_url_of_this_server_is_recognised_in_any_spelling_of_loopback() {
    let listeners = ["127.0.0.1:3000".parse().unwrap()];
    for host in [
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "127.0.0.1",
        "127.9.9.9",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ] {
        assert!(parse(&format!("http://{host}:3000/v1")).unwrap().leads_to(&listeners), "{host}");
        assert!(!parse(&format!("http://{host}:3001/v1")).unwrap().leads_to(&listeners), "{host}");
    }
    let all = ["[::]:80".parse().unwrap(), "10.0.0.5:3000".parse().unwrap()];
    assert!(parse("http://localhost").unwrap().leads_to(&all));
    assert!(parse("http://10.0.0.5:3000").unwrap().leads_to(&all));
    assert!(!parse("http://127.0.0.1:3000").unwrap().leads_to(&all));
    assert!(!parse("http://gpu.example").unwrap().leads_to(&all));
}

#[test]
fn the_demo_of_this_server_is_no_way_back() {
    let listeners = ["127.0.0.1:3000".parse().unwrap()];
    assert!(!parse("http://127.0.0.1:3000/demo/v1").unwrap().leads_to(&listeners));
    assert!(parse("http://127.0.0.1:3000/demo/v1x").unwrap().leads_to(&listeners));
}

proptest! {
    #[test]
    fn the_servers_url_library_reads_the_same_host_port_and_path(
        text in r"(http|HTTPS)://[a-zA-Z0-9.:@%_\[\]\-\\xX]{0,16}(/[a-z0-9./%~!$&'()*+,;=:@\\|-]{0,12})?(\?[a-z0-9./%~!$&'()*+,;=:@?{|-]{0,12})?"
    ) {
        if let (Ok(ours), Ok(theirs)) = (parse(&text), url::Url::parse(&text)) {
            let host = match theirs.host().map(|it| it.to_owned()) {
                Some(url::Host::Domain(name)) => Host::Name(name.trim_end_matches('.').to_owned()),
                Some(url::Host::Ipv4(address)) => Host::Address(address.into()),
                Some(url::Host::Ipv6(address)) => Host::Address(address.into()),
                None => Host::Name(String::new()),
            };
            prop_assert_eq!(&ours.host, &host);
            prop_assert_eq!(Some(ours.port), theirs.port_or_known_default());
            prop_assert_eq!(if ours.path.is_empty() { "/" } else { &ours.path }, theirs.path());
            prop_assert_eq!(ours.query.as_str(), theirs.query().unwrap_or_default());
            prop_assert!(theirs.username().is_empty() && theirs.fragment().is_none());
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = parse(&text);
        let _ = parse(&format!("http://{text}"));
    }
}
