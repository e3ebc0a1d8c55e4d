//! Sample calls of a balancer, ready to paste into a shell, a script or the playground.

use serde_json::{Value, json};

use crate::domain::config::instance::WorkloadKind;

/// Prompt of the chat sample.
const PROMPT: &str = "Write a haiku about routing.";
/// Input of the embeddings sample.
const INPUT: &str = "The quick brown fox jumps over the lazy dog.";

/// Language of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// A curl command.
    Curl,
    /// Python with the `openai` package.
    Python,
    /// JavaScript with the `openai` package.
    JavaScript,
    /// The body alone.
    Json,
}

impl Language {
    /// All values, in display order.
    pub const ALL: [Self; 4] = [Self::Curl, Self::Python, Self::JavaScript, Self::Json];

    /// Display name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::Json => "JSON",
        }
    }
}

/// The parameters of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The model id that clients send.
    pub serving_name: &'a str,
    /// Chat or embeddings.
    pub workload_kind: WorkloadKind,
    /// Base URL of this server without a trailing slash, such as `http://127.0.0.1:3000`.
    pub site: &'a str,
    /// Whether the answer is streamed; ignored for embeddings.
    pub stream: bool,
}

/// The sample call. It reads the key from `$SMART_BALANCER_API_KEY`.
pub fn call(language: Language, target: Target<'_>) -> String {
    match language {
        Language::Curl => curl(target),
        Language::Python => python(target),
        Language::JavaScript => java_script(target),
        Language::Json => pretty(target),
    }
}

/// The `/v1` body of the sample.
pub fn body(target: Target<'_>) -> Value {
    let model = target.serving_name;
    match target.workload_kind {
        WorkloadKind::Embeddings => json!({"model": model, "input": INPUT}),
        WorkloadKind::Chat if target.stream => {
            json!({"model": model, "messages": [{"role": "user", "content": PROMPT}], "stream": true})
        }
        WorkloadKind::Chat => json!({"model": model, "messages": [{"role": "user", "content": PROMPT}]}),
    }
}

/// The body with `model` first and one message per line.
fn pretty(target: Target<'_>) -> String {
    let model = quoted(target.serving_name);
    match target.workload_kind {
        WorkloadKind::Embeddings => format!("{{\n  \"model\": {model},\n  \"input\": {}\n}}", quoted(INPUT)),
        WorkloadKind::Chat => {
            let stream = if target.stream { ",\n  \"stream\": true" } else { "" };
            format!(
                "{{\n  \"model\": {model},\n  \"messages\": [\n    {{ \"role\": \"user\", \"content\": {} }}\n  ]{stream}\n}}",
                quoted(PROMPT)
            )
        }
    }
}

fn curl(target: Target<'_>) -> String {
    let (site, path) = (target.site, path(target.workload_kind));
    let unbuffered = if is_streamed(target) { "-N " } else { "" };
    // Within single quotes a shell only interprets the single quote itself.
    let body = pretty(target).replace('\'', r"'\''");
    format!(
        "curl {unbuffered}{site}/v1/{path} \\\n  -H \"Authorization: Bearer $SMART_BALANCER_API_KEY\" \\\n  \
         -H \"Content-Type: application/json\" \\\n  -d '{body}'"
    )
}

fn python(target: Target<'_>) -> String {
    let (base, model) = (quoted(&format!("{}/v1", target.site)), quoted(target.serving_name));
    let head = format!(
        "import os\nfrom openai import OpenAI\n\nclient = OpenAI(\n    base_url={base},\n    \
         api_key=os.environ[\"SMART_BALANCER_API_KEY\"],\n)\n\n"
    );
    let messages = format!("messages=[{{\"role\": \"user\", \"content\": {}}}]", quoted(PROMPT));
    let call = match target.workload_kind {
        WorkloadKind::Embeddings => format!(
            "answer = client.embeddings.create(\n    model={model},\n    input={},\n)\n\
             print(len(answer.data[0].embedding), answer.data[0].embedding[:5])\n",
            quoted(INPUT)
        ),
        WorkloadKind::Chat if target.stream => format!(
            "stream = client.chat.completions.create(\n    model={model},\n    {messages},\n    stream=True,\n)\n\
             for chunk in stream:\n    if chunk.choices:\n        \
             print(chunk.choices[0].delta.content or \"\", end=\"\", flush=True)\n"
        ),
        WorkloadKind::Chat => format!(
            "answer = client.chat.completions.create(\n    model={model},\n    {messages},\n)\n\
             print(answer.choices[0].message.content)\n"
        ),
    };
    head + &call
}

fn java_script(target: Target<'_>) -> String {
    let (base, model) = (quoted(&format!("{}/v1", target.site)), quoted(target.serving_name));
    let head = format!(
        "import OpenAI from \"openai\";\n\nconst client = new OpenAI({{\n  baseURL: {base},\n  \
         apiKey: process.env.SMART_BALANCER_API_KEY,\n}});\n\n"
    );
    let messages = format!("messages: [{{ role: \"user\", content: {} }}]", quoted(PROMPT));
    let call = match target.workload_kind {
        WorkloadKind::Embeddings => format!(
            "const answer = await client.embeddings.create({{\n  model: {model},\n  input: {},\n}});\n\
             console.log(answer.data[0].embedding.length, answer.data[0].embedding.slice(0, 5));\n",
            quoted(INPUT)
        ),
        WorkloadKind::Chat if target.stream => format!(
            "const stream = await client.chat.completions.create({{\n  model: {model},\n  {messages},\n  \
             stream: true,\n}});\nfor await (const chunk of stream) {{\n  \
             process.stdout.write(chunk.choices[0]?.delta?.content ?? \"\");\n}}\n"
        ),
        WorkloadKind::Chat => format!(
            "const answer = await client.chat.completions.create({{\n  model: {model},\n  {messages},\n}});\n\
             console.log(answer.choices[0].message.content);\n"
        ),
    };
    head + &call
}

fn path(kind: WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Chat => "chat/completions",
        WorkloadKind::Embeddings => "embeddings",
    }
}

fn is_streamed(target: Target<'_>) -> bool {
    target.stream && target.workload_kind == WorkloadKind::Chat
}

/// The text as a literal, which JSON, Python and JavaScript write the same way.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::paste;

    fn target(workload_kind: WorkloadKind, stream: bool) -> Target<'static> {
        Target { serving_name: "support-bot", workload_kind, site: "http://127.0.0.1:3000", stream }
    }

    fn all() -> impl Iterator<Item = Target<'static>> {
        WorkloadKind::ALL.into_iter().flat_map(|kind| [false, true].map(|stream| target(kind, stream)))
    }

    #[test]
    fn the_sample_call_pastes_back_as_its_body() {
        for target in all() {
            for language in [Language::Curl, Language::Json] {
                assert_eq!(paste::call(&call(language, target)), Ok(body(target)), "{language:?} {target:?}");
            }
        }
    }

    #[test]
    fn every_sample_names_the_serving_name_and_no_key() {
        for target in all() {
            for language in Language::ALL {
                let text = call(language, target);
                assert!(text.contains("\"support-bot\""), "{text}");
                if language != Language::Json {
                    assert!(
                        text.contains("SMART_BALANCER_API_KEY") && text.contains("http://127.0.0.1:3000/v1"),
                        "{text}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_embeddings_balancer_gets_an_embeddings_call_and_never_a_stream() {
        for language in Language::ALL {
            let text = call(language, target(WorkloadKind::Embeddings, true));
            assert!(
                text.contains("input") && !text.contains("messages") && !text.contains("stream"),
                "{text}"
            );
        }
    }

    #[test]
    fn the_stream_switch_streams() {
        for language in Language::ALL {
            assert!(call(language, target(WorkloadKind::Chat, true)).contains("stream"), "{language:?}");
            assert!(!call(language, target(WorkloadKind::Chat, false)).contains("stream"), "{language:?}");
        }
        assert!(call(Language::Curl, target(WorkloadKind::Chat, true)).starts_with("curl -N "));
    }
}
