//! The list of models of an instance, as tests show it.

use std::time::Duration;

use app::domain::{
    api::Api,
    routing::{blame, outcome::Outcome},
    wire::raw_json,
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use tokio::time::timeout;

use crate::gateway::{
    call::headers,
    state::clock,
    upstream::{AnswerBody, Target, Upstream},
};

/// Longest wait for the list.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest list that is read, in bytes.
const MAX_LIST_BYTES: usize = 4 * 1024 * 1024;
/// Largest error body that is looked at, in bytes.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// Models that are shown.
const MAX_SHOWN: usize = 100;
/// Longest name of a model that is shown, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// The names in a list of models.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ModelList {
    /// `None` if the body is not a list.
    names: Option<Vec<String>>,
}

/// The reason why there is no list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ListError {
    /// The server is loading its model and answers nothing until then.
    Loading,
    /// Any other failure.
    Failed(Outcome),
}

impl From<Outcome> for ListError {
    fn from(outcome: Outcome) -> Self {
        Self::Failed(outcome)
    }
}

/// Requests the list of models.
///
/// # Errors
/// The reason why there is none.
pub(super) async fn fetch(upstream: &Upstream) -> Result<ModelList, ListError> {
    let headers = headers::upstream_headers(None, Api::default(), clock::new_request_id().as_str(), 1);
    let list = async {
        let response = upstream.send(Target::Models, &headers, &[], None).await?;
        let status = response.head.status.as_u16();
        let body = response.body;
        match Outcome::from_status(status, None) {
            Outcome::Ok => {
                let body = read(body, MAX_LIST_BYTES).await.ok_or(Outcome::Truncated)?;
                // As the page of a console that stands at this address.
                if !body.trim_ascii_start().starts_with(b"{") && !body.trim_ascii_start().starts_with(b"[") {
                    return Err(Outcome::BadBody.into());
                }
                Ok(ModelList::parse(&upstream.redact_key(body)))
            }
            Outcome::Status(503) => {
                let body = read(body, MAX_ERROR_BYTES).await.unwrap_or_default();
                Err(if says_loading(&body) { ListError::Loading } else { Outcome::Status(503).into() })
            }
            // Some servers refuse a key with 400, and say that nothing is paid for with 429.
            _ => {
                let body = read(body, MAX_ERROR_BYTES).await.unwrap_or_default();
                Err(blame::judge_status(status, None, &String::from_utf8_lossy(&body)).into())
            }
        }
    };
    timeout(LIST_TIMEOUT, Box::pin(list)).await.unwrap_or(Err(Outcome::FirstByteTimeout.into()))
}

async fn read(body: AnswerBody, cap: usize) -> Option<Bytes> {
    Some(Limited::new(body, cap).collect().await.ok()?.to_bytes())
}

/// Whether an error says that a model is being loaded, as llama.cpp's does.
fn says_loading(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).to_ascii_lowercase().contains("loading")
}

impl ModelList {
    /// Reads `{"data": [{"id"}]}`, or a bare list.
    fn parse(body: &[u8]) -> Self {
        let text = std::str::from_utf8(body).unwrap_or_default().trim();
        let list = raw_json::member(text, "data").unwrap_or(text).trim();
        let id = |entry| raw_json::text(raw_json::member(entry, "id")?).map(|it| it.into_owned());
        Self { names: list.starts_with('[').then(|| raw_json::elements(list).filter_map(id).collect()) }
    }

    /// Whether a model is missing. A body that is not a list tells nothing.
    pub(super) fn lacks(&self, model: &str) -> bool {
        self.names.as_ref().is_some_and(|names| !names.iter().any(|name| is_name_of(name, model)))
    }

    /// The names to show, in the order of the list.
    pub(super) fn shown(self) -> Vec<String> {
        let names = self.names.unwrap_or_default().into_iter();
        names.filter(|it| !it.is_empty() && it.len() <= MAX_NAME_BYTES).take(MAX_SHOWN).collect()
    }
}

/// Whether a list's name is that of a model: Ollama adds the default tag, Google the collection.
fn is_name_of(name: &str, model: &str) -> bool {
    let rest = name.strip_prefix("models/").unwrap_or(name);
    rest == model || name == model || name.strip_suffix(":latest") == Some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_different_servers_are_read() {
        let lacks = |body: &str| ModelList::parse(body.as_bytes()).lacks("m");
        for with in [
            r#"{"object":"list","data":[{"id":"a"},{"object":"model","id":"m"}]}"#,
            r#" [{"id":"m"}]"#,
            r#"{"data":[{"id":"m:latest"}]}"#,
            r#"{"data":[{"id":"models/m"}]}"#,
            r#"{"data":[{"id":"\u006d"}]}"#,
            "<html>",
            "",
            r#"{"data":null}"#,
            r#"{"models":[]}"#,
        ] {
            assert!(!lacks(with), "{with}");
        }
        for without in [r#"{"data":[]}"#, "[]", r#"{"data":[{"id":"m:7b"},{"id":"mm"},{"id":1},{}]}"#] {
            assert!(lacks(without), "{without}");
        }
    }

    #[test]
    fn the_names_to_show_are_bounded() {
        let long = "x".repeat(MAX_NAME_BYTES + 1);
        let entries: Vec<_> = (0..MAX_SHOWN + 5).map(|it| format!(r#"{{"id":"m{it}"}}"#)).collect();
        let body = format!(r#"{{"data":[{{"id":"{long}"}},{{"id":""}},{}]}}"#, entries.join(","));
        let shown = ModelList::parse(body.as_bytes()).shown();
        assert_eq!((shown.len(), shown[0].as_str()), (MAX_SHOWN, "m0"));
    }

    #[test]
    fn a_server_that_loads_says_so() {
        assert!(says_loading(
            br#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#
        ));
        assert!(!says_loading(b"no healthy upstream"));
    }
}
