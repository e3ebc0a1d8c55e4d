//! A call that was read completely, with its fault, and what its answers have in common.

use std::time::Duration;

use serde_json::Value;

use super::{REDIRECTED, endpoint::Endpoint, request_fields::RequestFields};
use crate::{
    api::Api,
    fault::{AnswerKind, Content, Fault, Finish, Tools},
    http::{AnswerHead, Head},
    server::LoadedModels,
};

/// Hop-by-hop headers (RFC 9110 §7.6.1).
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The text in a request body that `500-on-marker` cannot handle.
const MARKER: &[u8] = b"gone.invalid";

/// A call that was read completely, with its fault.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Name of this server in its answers.
    pub(crate) upstream: &'a str,
    pub(crate) server_started_unix_ns: u128,
    /// Delay before the first byte of every answer of this server.
    pub(crate) delay: Duration,
    pub(crate) loaded_models: &'a LoadedModels,
    pub(crate) number: u64,
    /// Calls that the connection has served before this one.
    pub(crate) earlier_calls: u64,
    pub(crate) head: &'a Head,
    pub(crate) body: &'a [u8],
    pub(crate) fields: RequestFields,
    pub(crate) model: String,
    pub(crate) fault: &'a Fault,
}

impl Call<'_> {
    /// The head that is common to all answers to this call.
    pub(super) fn answer_head(&self, status: u16) -> AnswerHead {
        let shape = &self.fault.shape;
        let id = format_args!("{}-{}", self.upstream, self.number).to_string();
        let mut head = AnswerHead::new(status).with("x-request-id", &id);
        if self.api() == Some(Api::Messages) {
            head = head.with("request-id", format_args!("req_{id}"));
        }
        if matches!(shape.content, Content::Echo | Content::EchoRaw) {
            for (name, value) in &self.head.headers {
                if name.starts_with("x-sb-") || HOP_BY_HOP.contains(&name.as_str()) {
                    head = head.with(format_args!("x-echo-{name}"), value);
                }
            }
        }
        if shape.gzip_lie {
            head = head.with("content-encoding", "gzip");
        }
        if shape.hop_headers {
            head = head
                .with("connection", "keep-alive, x-of-this-hop")
                .with("keep-alive", "timeout=5")
                .with("x-of-this-hop", "1")
                .with("proxy-authenticate", "Basic realm=\"upstream\"")
                .with("set-cookie", "upstream=1; Path=/")
                .with("x-sb-instance", "forged")
                .with("x-sb-decision", "forged");
        }
        head
    }

    pub(super) fn endpoint(&self) -> Endpoint<'_> {
        Endpoint::of(&self.head.method, &self.head.path)
    }

    /// The API that the call is made to.
    pub(super) fn api(&self) -> Option<Api> {
        Api::of_path(&self.head.path)
    }

    pub(super) fn streams(&self) -> bool {
        self.fault.answer != AnswerKind::PlainOnly && self.fields.get::<bool>("stream") == Some(true)
    }

    /// The status that says that the call's API is not there.
    pub(super) fn missing_api_status(&self) -> Option<u16> {
        let api = self.api()?;
        self.fault.lacks.iter().find(|(lacked, _)| *lacked == api).map(|(_, status)| *status)
    }

    pub(super) fn has_marker(&self) -> bool {
        self.body.windows(MARKER.len()).any(|window| window == MARKER)
    }

    pub(super) fn is_redirected(&self) -> bool {
        self.head.path.starts_with(REDIRECTED)
    }

    /// Whether the answer calls a tool.
    pub(super) fn calls_tool(&self) -> bool {
        match self.fault.shape.tools {
            Tools::None => false,
            Tools::Always => true,
            Tools::UntilResult => !self.ends_in_tool_result(),
        }
    }

    /// The name of the first tool in the request, in the form of any API.
    pub(super) fn tool_name(&self) -> String {
        let tools = self.fields.get::<Value>("tools").unwrap_or_default();
        let tool = &tools[0];
        let name = tool["function"]["name"].as_str().or_else(|| tool["name"].as_str());
        name.unwrap_or("lookup").to_owned()
    }

    /// Why the answer ends.
    pub(super) fn finish(&self) -> Finish {
        if self.lacks_tokens() { Finish::Length } else { self.fault.shape.finish }
    }

    /// Whether the request allows too few output tokens for any content.
    pub(super) fn lacks_tokens(&self) -> bool {
        let allowed = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
        let allowed = allowed.iter().find_map(|name| self.fields.get::<u64>(name));
        matches!((self.fault.shape.needs_tokens, allowed), (Some(needed), Some(allowed)) if allowed < needed)
    }

    fn ends_in_tool_result(&self) -> bool {
        let list = self.fields.get::<Vec<Value>>("messages").or_else(|| self.fields.get("input"));
        list.unwrap_or_default().last().is_some_and(|last| {
            last["role"] == "tool"
                || last["type"] == "function_call_output"
                || last["content"]
                    .as_array()
                    .is_some_and(|parts| parts.iter().any(|part| part["type"] == "tool_result"))
        })
    }
}
