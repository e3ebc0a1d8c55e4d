//! Bodies at the edges of JSON: what is none is refused, what is only odd passes as it was written.

use fault_upstream::FaultUpstream;

use crate::rig::{Rig, Setup, calls, got};

async fn rig() -> (FaultUpstream, Rig) {
    let upstream = FaultUpstream::start().await.unwrap();
    let rig =
        Setup::new().chat("a", &upstream, "echo-raw").ordered("open", &[("only", "inst_a")]).start().await;
    (upstream, rig)
}

/// A call with one more member, as these bytes. It has choices, so that its echo is an answer.
fn with(member: &[u8]) -> Vec<u8> {
    [b"{\"model\":\"open\",\"messages\":[],\"choices\":[1],\"x\":", member, b"}"].concat()
}

#[tokio::test]
async fn invalid_json_is_refused_in_the_openai_shape() {
    let (upstream, rig) = rig().await;
    let deep =
        |open: &str, close: &str| with([open.repeat(100_000), close.repeat(100_000)].concat().as_bytes());
    let utf16: Vec<u8> = "{\"model\":\"open\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases = [
        ("100 000 levels of lists", deep("[", "]")),
        ("100 000 levels of objects", deep("{\"a\":", "}")),
        ("100 000 levels, not closed", deep("[", "")),
        ("NaN", with(b"NaN")),
        ("Infinity", with(b"-Infinity")),
        ("hexadecimal", with(b"0x10")),
        ("a leading zero", with(b"01")),
        ("a comment", with(b"1 /* one */")),
        ("a trailing comma", with(b"[1,]")),
        ("single quotes", with(b"'a'")),
        ("a NUL", with(b"\0")),
        ("a NUL in a text", with(b"\"a\0b\"")),
        ("a line end in a text", with(b"\"a\nb\"")),
        ("half of a character", with(b"\"\xc3\"")),
        ("an overlong character", with(b"\"\xc0\xaf\"")),
        ("a surrogate as bytes", with(b"\"\xed\xa0\x80\"")),
        ("a stray continuation", with(b"\"\x80\"")),
        ("an unknown escape", with(b"\"\\x41\"")),
        ("two values", [with(b"1"), with(b"2")].concat()),
        ("a NUL behind", [with(b"1"), vec![0]].concat()),
        ("a mark before", [b"\xef\xbb\xbf".to_vec(), with(b"1")].concat()),
        ("UTF-16", utf16),
        ("two models", br#"{"model":"open","messages":[],"model":"open"}"#.to_vec()),
        ("two models, one hidden", br#"{"model":"open","messages":[],"\u006dodel":"x"}"#.to_vec()),
    ];
    for (name, body) in cases {
        let refused = got(rig.post("/v1/chat/completions", body)).await;
        assert_eq!(refused.status, 400, "{name}: {}", refused.text());
        assert!(["invalid_json", "duplicate_model"].contains(&&*refused.code()), "{name}");
        assert_eq!(refused.json()["error"]["type"], "invalid_request_error", "{name}");
    }
    assert_eq!(calls(&upstream), 0);
}

#[tokio::test]
async fn odd_but_legal_json_passes_unchanged() {
    let (_upstream, rig) = rig().await;
    let many = format!("[{}1]", "1,".repeat(1_000_000));
    let odd = [
        many.as_bytes(),
        b"1e999",
        b"-0",
        b"1E+2",
        b"123456789012345678901234567890.5",
        b"\"\\ud800 \\u0000 \\/\"",
        b"{\"a\":1,\"a\":2}",
        " [ 1 ,\t2 ]\r\n".as_bytes(),
        "\"\u{10ffff}\u{feff}\"".as_bytes(),
    ];
    for member in odd {
        let body = with(member);
        let shown = String::from_utf8_lossy(&member[..member.len().min(40)]).into_owned();
        let answer = got(rig.post("/v1/chat/completions", body.clone())).await;
        let expected = String::from_utf8(body).unwrap().replace("\"open\"", "\"echo-raw\"");
        assert!(answer.status == 200 && answer.text() == expected, "{shown}");
    }
}
