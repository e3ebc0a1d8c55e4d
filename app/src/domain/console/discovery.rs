//! What a model server offers, found out before anything is saved: its models, its APIs, and what it probably is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::spoken_apis::SpokenApis;
use crate::domain::{
    config::{base_url, configuration::Configuration, instance::WorkloadKind},
    limits,
};

/// The result of a discovery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Discovery {
    /// The listed models, at most 500; empty if the server has no list.
    pub models: Vec<FoundModel>,
    /// The APIs that it serves.
    pub apis: SpokenApis,
    /// A guess at the server, such as `vLLM`.
    pub server: Option<String>,
}

/// A listed model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FoundModel {
    /// The model id.
    pub id: String,
    /// A guess at its kind.
    pub kind: WorkloadKind,
    /// Id of the instance with this address and model, if there is one.
    pub exists: Option<String>,
}

/// Reads the answer of `GET …/models`. `server` is its `Server` header. An answer that is no list has no models.
pub fn read(body: &[u8], server: Option<&str>) -> Discovery {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let lists = [Some(&answer), answer.get("data"), answer.get("models")];
    let entries =
        lists.into_iter().flatten().find_map(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut models: Vec<FoundModel> = Vec::new();
    for entry in entries {
        let Some(id) = model_id(entry) else { continue };
        if models.len() < limits::FOUND_MODELS && !models.iter().any(|it| it.id == id) {
            models.push(FoundModel { id: id.to_owned(), kind: kind(id, entry), exists: None });
        }
    }
    Discovery { models, apis: SpokenApis::default(), server: server_name(entries, server).map(str::to_owned) }
}

/// The id of an entry, if an instance can have it as its model.
fn model_id(entry: &Value) -> Option<&str> {
    let names = [Some(entry), entry.get("id"), entry.get("name"), entry.get("model")];
    let id = names.into_iter().flatten().find_map(Value::as_str)?.trim();
    let fits = (1..=limits::MODEL_CHARS).contains(&id.chars().count()) && !id.chars().any(char::is_control);
    fits.then_some(id)
}

/// Members of an entry that tell what the model is for.
const TELLING: [&str; 6] =
    ["architecture", "task", "type", "capabilities", "supported_generation_methods", "modalities"];
/// Names of embedding models that do not say so.
const EMBEDDERS: [&str; 5] = ["bge-", "e5-", "gte-", "minilm", "-embed"];
/// Parts of the names of decision models.
const DECIDERS: [&str; 5] = ["systemone", "system-one", "system_one", "decision", "decider"];

fn kind(id: &str, entry: &Value) -> WorkloadKind {
    let id = id.to_ascii_lowercase();
    let embeds = |text: &str| text.contains("embed") || text.contains("feature-extraction");
    // The last part, because the first one often names a maker.
    let name = id.rsplit('/').next().unwrap_or_default();
    let told = TELLING.iter().filter_map(|it| entry.get(it)).any(|it| any_text(it, 3, &embeds));
    if told || embeds(&id) || EMBEDDERS.iter().any(|it| name.contains(it)) {
        WorkloadKind::Embeddings
    } else if decides_by_entry(entry) || DECIDERS.iter().any(|it| name.contains(it)) {
        WorkloadKind::Decision
    } else {
        WorkloadKind::Chat
    }
}

/// Whether an entry says that the model takes closed questions.
fn decides_by_entry(entry: &Value) -> bool {
    let decides = |text: &str| text == "decision" || text == "decisions" || text.contains("systemone");
    TELLING.iter().filter_map(|it| entry.get(it)).any(|it| any_text(it, 3, &decides))
}

/// Whether a text in a value, or the name of a member that is true, passes `test`.
fn any_text(value: &Value, depth: u8, test: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => test(&text.to_ascii_lowercase()),
        Value::Array(items) if depth > 0 => items.iter().any(|it| any_text(it, depth - 1, test)),
        Value::Object(members) if depth > 0 => members.iter().any(|(name, it)| {
            *it == Value::Bool(true) && test(&name.to_ascii_lowercase()) || any_text(it, depth - 1, test)
        }),
        _ => false,
    }
}

/// Values of `owned_by` that only one server or API sends.
const OWNERS: [(&str, &str); 9] = [
    ("vllm", "vLLM"),
    ("sglang", "SGLang"),
    ("llamacpp", "llama.cpp"),
    ("library", "Ollama"),
    ("organization_owner", "LM Studio"),
    ("openai", "OpenAI"),
    ("mistralai", "Mistral"),
    ("google", "Gemini"),
    ("deepseek", "DeepSeek"),
];
/// Servers that name themselves in their `Server` header.
const NAMES: [(&str, &str); 4] =
    [("llama.cpp", "llama.cpp"), ("ollama", "Ollama"), ("vllm", "vLLM"), ("sglang", "SGLang")];

fn server_name(entries: &[Value], header: Option<&str>) -> Option<&'static str> {
    let header = header.unwrap_or_default().to_ascii_lowercase();
    if let Some((_, name)) = NAMES.iter().find(|(text, _)| header.contains(text)) {
        return Some(name);
    }
    let first = entries.first()?;
    let all_have =
        |members: &[&str]| entries.iter().all(|it| members.iter().all(|name| it.get(name).is_some()));
    let owner = first.get("owned_by").and_then(Value::as_str).unwrap_or_default();
    let is_theirs = |it: &Value| it.get("owned_by").and_then(Value::as_str) == Some(owner);
    if let Some((_, name)) = OWNERS.iter().find(|(text, _)| *text == owner)
        && entries.iter().all(is_theirs)
    {
        return Some(name);
    }
    if all_have(&["pricing", "architecture"]) {
        return Some("OpenRouter");
    }
    let is_anthropic =
        first.get("type").and_then(Value::as_str) == Some("model") && all_have(&["display_name"]);
    is_anthropic.then_some("Anthropic")
}

impl Discovery {
    /// Marks the models that an instance of `configuration` has at the same address.
    pub fn mark_existing(&mut self, configuration: &Configuration, base_url: &str) {
        for model in &mut self.models {
            let same = configuration.instances.iter().find(|it| {
                !it.spec.demo && it.spec.model == model.id && base_url::same_root(&it.spec.base_url, base_url)
            });
            model.exists = same.map(|it| it.id.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(answer: &Value) -> Vec<(String, WorkloadKind)> {
        read(answer.to_string().as_bytes(), None).models.into_iter().map(|it| (it.id, it.kind)).collect()
    }

    #[test]
    fn lists_of_all_shapes_are_read() {
        let (chat, embeddings) = (WorkloadKind::Chat, WorkloadKind::Embeddings);
        for (answer, expected) in [
            (
                json!({ "data": [{ "id": "llama3" }, { "id": "nomic-embed-text" }] }),
                vec![("llama3", chat), ("nomic-embed-text", embeddings)],
            ),
            (
                json!([{ "id": "a/b", "type": "chat" }, { "id": "a/c", "type": "embedding" }]),
                vec![("a/b", chat), ("a/c", embeddings)],
            ),
            (json!({ "models": [{ "name": "m", "capabilities": ["completion"] }] }), vec![("m", chat)]),
            (json!({ "data": [{ "id": "x", "task": "feature-extraction" }] }), vec![("x", embeddings)]),
            (
                json!({ "data": [{ "id": "x", "architecture": { "output_modalities": ["embeddings"] } }] }),
                vec![("x", embeddings)],
            ),
            (
                json!({ "data": [{ "id": "x", "capabilities": { "embeddings": true } }] }),
                vec![("x", embeddings)],
            ),
            (json!({ "data": [{ "id": "x", "capabilities": { "embeddings": false } }] }), vec![("x", chat)]),
            (json!({ "data": [{ "id": "BAAI/bge-m3" }] }), vec![("BAAI/bge-m3", embeddings)]),
            (
                json!({ "data": [{ "id": "x" }, { "id": "x" }, { "id": 7 }, {}, { "id": "" }, { "id": "a\nb" }] }),
                vec![("x", chat)],
            ),
            (json!({ "data": "none" }), vec![]),
            (json!("no"), vec![]),
        ] {
            let expected: Vec<_> = expected.into_iter().map(|(id, kind)| (id.to_owned(), kind)).collect();
            assert_eq!(found(&answer), expected, "{answer}");
        }
        assert_eq!(read(b"<html>", None), Discovery::default());
        let many: Vec<_> = (0..600).map(|it| json!({ "id": format!("m{it}") })).collect();
        assert_eq!(found(&json!({ "data": many })).len(), limits::FOUND_MODELS);
    }

    #[test]
    fn a_server_is_told_by_its_header_its_owner_or_its_shape() {
        for (answer, header, server) in [
            (json!({ "data": [{ "id": "x", "owned_by": "vllm" }] }), Some("uvicorn"), Some("vLLM")),
            (json!({ "data": [{ "id": "x", "owned_by": "sglang" }] }), None, Some("SGLang")),
            (json!({ "data": [{ "id": "x", "owned_by": "library" }] }), None, Some("Ollama")),
            (json!({ "data": [{ "id": "x" }] }), Some("llama.cpp"), Some("llama.cpp")),
            (json!({ "data": [{ "id": "x", "pricing": {}, "architecture": {} }] }), None, Some("OpenRouter")),
            (
                json!({ "data": [{ "id": "x", "type": "model", "display_name": "X" }] }),
                None,
                Some("Anthropic"),
            ),
            (
                json!({ "data": [{ "id": "x", "owned_by": "vllm" }, { "id": "y", "owned_by": "other" }] }),
                None,
                None,
            ),
            (json!({ "data": [{ "id": "x" }] }), Some("nginx"), None),
            (json!({ "data": [] }), None, None),
        ] {
            assert_eq!(read(answer.to_string().as_bytes(), header).server.as_deref(), server, "{answer}");
        }
    }
}
