//! Well-known model servers and hosted APIs: where they listen, and which headers they want. Nothing is contacted for
//! them; forms fill in what is here, and people change it.

use super::connection::AUTHORIZATION;

/// Starting values of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    /// Value in forms.
    pub id: &'static str,
    /// Display name.
    pub name: &'static str,
    /// The base URL; upper-case words in it stand for what only the user knows.
    pub base_url: &'static str,
    /// The header of the API key.
    pub auth_header: &'static str,
    /// Additional headers with their usual values, which are no secrets.
    pub headers: &'static [(&'static str, &'static str)],
}

const fn preset(id: &'static str, name: &'static str, base_url: &'static str) -> Preset {
    Preset { id, name, base_url, auth_header: AUTHORIZATION, headers: &[] }
}

/// All presets, in display order.
pub const PRESETS: [Preset; 13] = [
    preset("ollama", "Ollama", "http://127.0.0.1:11434/v1"),
    preset("vllm", "vLLM", "http://127.0.0.1:8000/v1"),
    preset("llama_cpp", "llama.cpp", "http://127.0.0.1:8080/v1"),
    preset("lm_studio", "LM Studio", "http://127.0.0.1:1234/v1"),
    preset("sglang", "SGLang", "http://127.0.0.1:30000/v1"),
    preset("openai", "OpenAI", "https://api.openai.com/v1"),
    preset("openrouter", "OpenRouter", "https://openrouter.ai/api/v1"),
    Preset {
        auth_header: "api-key",
        ..preset("azure_openai", "Azure OpenAI", "https://YOUR-RESOURCE.openai.azure.com/openai/v1")
    },
    preset("gemini", "Gemini", "https://generativelanguage.googleapis.com/v1beta/openai"),
    Preset {
        auth_header: "x-api-key",
        headers: &[("anthropic-version", "2023-06-01")],
        ..preset("anthropic", "Anthropic", "https://api.anthropic.com/v1")
    },
    preset("mistral", "Mistral", "https://api.mistral.ai/v1"),
    preset("groq", "Groq", "https://api.groq.com/openai/v1"),
    preset("deepseek", "DeepSeek", "https://api.deepseek.com/v1"),
];

/// The preset with this id.
pub fn find(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|it| it.id == id)
}

/// The usual value of an additional header, if a preset has one.
pub fn usual_value(header: &str) -> Option<&'static str> {
    let mut headers = PRESETS.iter().flat_map(|it| it.headers);
    headers.find(|(name, _)| name.eq_ignore_ascii_case(header)).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::config::{configuration::Configuration, decode, object::Object, validate};

    #[test]
    fn each_preset_is_a_valid_instance() {
        for preset in PRESETS {
            let headers: serde_json::Map<_, _> =
                preset.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
            let body = json!({
                "name": preset.name, "base_url": preset.base_url, "auth_header": preset.auth_header, "headers": headers,
            });
            let decoded = decode::instance(&body, decode::Purpose::Create);
            assert_eq!(decoded.errors, [], "{}", preset.id);
            let submission =
                validate::Submission { editing: None, id: None, object: Object::Instance(&decoded.value) };
            assert_eq!(
                validate::check(&Configuration::default(), submission, &[]).errors,
                [],
                "{}",
                preset.id
            );
            assert_eq!(find(preset.id), Some(&preset));
        }
        assert_eq!(usual_value("Anthropic-Version"), Some("2023-06-01"));
    }
}
