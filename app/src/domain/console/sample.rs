//! Sample calls of a balancer, ready to paste into a shell, a script or the playground.

use serde_json::{Value, json};

use crate::domain::{api::Api, config::instance::WorkloadKind};

/// Prompt of the samples for chat.
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
    /// One of [`apis`].
    pub api: Api,
    /// Base URL of this server without a trailing slash, such as `http://127.0.0.1:3000`.
    pub site: &'a str,
    /// Whether the answer is streamed; ignored for embeddings.
    pub stream: bool,
}

/// The APIs that there are samples of for a balancer of this kind, the first one being shown unless another is chosen.
pub fn apis(kind: WorkloadKind) -> &'static [Api] {
    match kind {
        WorkloadKind::Chat => &[Api::ChatCompletions, Api::Responses],
        WorkloadKind::Embeddings => &[Api::Embeddings],
        WorkloadKind::Decision => &[],
    }
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
    let mut body = match target.api {
        Api::Embeddings => json!({"model": model, "input": INPUT}),
        Api::Responses => json!({"model": model, "input": PROMPT}),
        _ => json!({"model": model, "messages": [{"role": "user", "content": PROMPT}]}),
    };
    if is_streamed(target) {
        body["stream"] = Value::Bool(true);
    }
    body
}

/// The body with `model` first and one message per line.
fn pretty(target: Target<'_>) -> String {
    let model = quoted(target.serving_name);
    let content = match target.api {
        Api::Embeddings => format!("\"input\": {}", quoted(INPUT)),
        Api::Responses => format!("\"input\": {}", quoted(PROMPT)),
        _ => {
            format!("\"messages\": [\n    {{ \"role\": \"user\", \"content\": {} }}\n  ]", quoted(PROMPT))
        }
    };
    let stream = if is_streamed(target) { ",\n  \"stream\": true" } else { "" };
    format!("{{\n  \"model\": {model},\n  {content}{stream}\n}}")
}

fn curl(target: Target<'_>) -> String {
    let (site, path) = (target.site, target.api.rules().path());
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
    let call = match target.api {
        Api::Embeddings => format!(
            "answer = client.embeddings.create(\n    model={model},\n    input={},\n)\n\
             print(len(answer.data[0].embedding), answer.data[0].embedding[:5])\n",
            quoted(INPUT)
        ),
        Api::Responses if target.stream => format!(
            "stream = client.responses.create(\n    model={model},\n    input={},\n    stream=True,\n)\n\
             for event in stream:\n    if event.type == \"response.output_text.delta\":\n        \
             print(event.delta, end=\"\", flush=True)\n",
            quoted(PROMPT)
        ),
        Api::Responses => format!(
            "answer = client.responses.create(\n    model={model},\n    input={},\n)\n\
             print(answer.output_text)\n",
            quoted(PROMPT)
        ),
        _ if target.stream => format!(
            "stream = client.chat.completions.create(\n    model={model},\n    {messages},\n    stream=True,\n)\n\
             for chunk in stream:\n    if chunk.choices:\n        \
             print(chunk.choices[0].delta.content or \"\", end=\"\", flush=True)\n"
        ),
        _ => format!(
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
    let call = match target.api {
        Api::Embeddings => format!(
            "const answer = await client.embeddings.create({{\n  model: {model},\n  input: {},\n}});\n\
             console.log(answer.data[0].embedding.length, answer.data[0].embedding.slice(0, 5));\n",
            quoted(INPUT)
        ),
        Api::Responses if target.stream => format!(
            "const stream = await client.responses.create({{\n  model: {model},\n  input: {},\n  \
             stream: true,\n}});\nfor await (const event of stream) {{\n  \
             if (event.type === \"response.output_text.delta\") process.stdout.write(event.delta);\n}}\n",
            quoted(PROMPT)
        ),
        Api::Responses => format!(
            "const answer = await client.responses.create({{\n  model: {model},\n  input: {},\n}});\n\
             console.log(answer.output_text);\n",
            quoted(PROMPT)
        ),
        _ if target.stream => format!(
            "const stream = await client.chat.completions.create({{\n  model: {model},\n  {messages},\n  \
             stream: true,\n}});\nfor await (const chunk of stream) {{\n  \
             process.stdout.write(chunk.choices[0]?.delta?.content ?? \"\");\n}}\n"
        ),
        _ => format!(
            "const answer = await client.chat.completions.create({{\n  model: {model},\n  {messages},\n}});\n\
             console.log(answer.choices[0].message.content);\n"
        ),
    };
    head + &call
}

fn is_streamed(target: Target<'_>) -> bool {
    target.stream && target.api != Api::Embeddings
}

/// The text as a literal, which JSON, Python and JavaScript write the same way.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::paste;

    fn target(api: Api, stream: bool) -> Target<'static> {
        Target { serving_name: "support-bot", api, site: "http://127.0.0.1:3000", stream }
    }

    fn all() -> impl Iterator<Item = Target<'static>> {
        let apis = WorkloadKind::ALL.into_iter().flat_map(apis);
        apis.flat_map(|api| [false, true].map(|stream| target(*api, stream)))
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
            let text = call(language, target(Api::Embeddings, true));
            assert!(
                text.contains("input") && !text.contains("messages") && !text.contains("stream"),
                "{text}"
            );
        }
    }

    #[test]
    fn the_stream_switch_streams() {
        for api in apis(WorkloadKind::Chat) {
            for language in Language::ALL {
                assert!(call(language, target(*api, true)).contains("stream"), "{language:?}");
                assert!(!call(language, target(*api, false)).contains("stream"), "{language:?}");
            }
            assert!(call(Language::Curl, target(*api, true)).starts_with("curl -N "));
        }
    }

    #[test]
    fn a_sample_of_responses_calls_that_api_and_reads_its_answer() {
        let sample = |language, stream| call(language, target(Api::Responses, stream));
        let curl = sample(Language::Curl, false);
        assert!(curl.contains("/v1/responses ") && !curl.contains("messages"), "{curl}");
        assert!(sample(Language::Json, false).contains("\"input\""));
        for language in [Language::Python, Language::JavaScript] {
            let (whole, streamed) = (sample(language, false), sample(language, true));
            assert!(
                whole.contains("client.responses.create(") && whole.contains("answer.output_text"),
                "{whole}"
            );
            assert!(streamed.contains("response.output_text.delta"), "{streamed}");
        }
    }
}
