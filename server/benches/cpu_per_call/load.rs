//! The load generator: a fixed number of callers, each with one call at a time.

use super::{contender::Contender, upstream::EVENTS};

/// Concurrent callers.
const CALLERS: usize = 16;

/// The shape of the answers.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Plain,
    Stream,
}

impl Shape {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Stream => "stream",
        }
    }

    /// Calls per caller and round.
    fn calls(self) -> usize {
        match self {
            Self::Plain => 600,
            Self::Stream => 100,
        }
    }
}

/// Makes the calls of one round and returns their number.
pub(crate) async fn run(contender: &Contender, shape: Shape) -> usize {
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (client, url, key) = (contender.client.clone(), contender.url.clone(), contender.key.clone());
            let prompt = "Please tell me in a sentence or two what a load balancer is for. ".repeat(8);
            let body = format!(
                r#"{{"model":"bench","messages":[{{"role":"user","content":"{prompt}"}}],"stream":{}}}"#,
                shape == Shape::Stream
            );
            tokio::spawn(async move {
                for _ in 0..shape.calls() {
                    let call = client.post(&url).bearer_auth(&key).header("content-type", "application/json");
                    let answer = call.body(body.clone()).send().await.unwrap();
                    assert_eq!(answer.status().as_u16(), 200);
                    let answer = answer.bytes().await.unwrap();
                    match shape {
                        Shape::Plain => assert!(answer.ends_with(b"}}")),
                        Shape::Stream => {
                            assert_eq!(answer.windows(6).filter(|it| it == b"data: ").count(), EVENTS + 1);
                        }
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    CALLERS * shape.calls()
}
