//! Plain answers that end by closing the connection, as those of HTTP/1.0: the end of their object tells whether they
//! are whole.

use serde_json::json;

use super::chunks::{Pair, completion};
use crate::rig::got;

const HEADS: [&str; 2] = [
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n",
    "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n",
];

fn body() -> String {
    let message = json!({ "role": "assistant", "content": "} and ] and \\\"" });
    let choice = json!({ "index": 0, "message": message, "finish_reason": "stop", "logprobs": null });
    let usage = json!({ "prompt_tokens": 9, "completion_tokens": 1, "details": { "cached": [1] } });
    let choices = completion(&choice)["choices"].to_string();
    format!(" {{\"id\":\"x\",\"choices\":{choices},\"model\":\"m\",\"usage\":{usage}}}\n")
}

#[tokio::test]
async fn an_answer_whose_object_is_closed_is_whole() {
    for head in HEADS {
        // What is no JSON to a parser passes as well, as with a length.
        for body in [body(), body().replace("null", "NaN"), body() + "\r\n \n"] {
            let answer = format!("{head}{body}");
            let pair = Pair::start(move |_| answer.clone()).await;
            let relayed = got(pair.rig.chat("try", "hi")).await;
            assert_eq!((relayed.header("x-sb-instance"), relayed.text()), ("inst_a", body));
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_inside_of_its_object_fails_over() {
    let body = body();
    let inside = body.rfind('}').unwrap();
    let nested = body[..inside].rfind('}').unwrap() + 1;
    let choices = body.find("],\"model\"").unwrap() + 1;
    for head in HEADS {
        for cut in [1, 2, 12, body.find("} and").unwrap() + 1, choices, choices + 5, nested, inside] {
            let answer = format!("{head}{}", &body[..cut]);
            let pair = Pair::start(move |_| answer.clone()).await;
            let relayed = got(pair.rig.chat("try", "hi")).await;
            let seen = (relayed.status, relayed.header("x-sb-instance"), relayed.header("x-sb-attempts"));
            assert_eq!(seen, (200, "inst_b", "2"), "{}", &body[..cut]);
        }
    }
}

#[tokio::test]
async fn a_refusal_that_ends_by_closing_passes_whatever_it_holds() {
    for text in ["no", "{\"error\":{\"message\":\"no", ""] {
        let answer = format!("HTTP/1.0 422 No\r\ncontent-type: text/plain\r\n\r\n{text}");
        let pair = Pair::start(move |_| answer.clone()).await;
        let refused = got(pair.rig.chat("try", "hi")).await;
        assert_eq!((refused.status, refused.text().as_str()), (422, text));
        assert_eq!(pair.b.requests().len(), 0);
    }
}
