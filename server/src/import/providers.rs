//! Providers that speak the OpenAI API, with their addresses from each vendor's reference.

/// The provider of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Provider {
    /// A vendor with a public address.
    Vendor {
        /// Its OpenAI-compatible API.
        address: &'static str,
        /// Whether LiteLLM and Portkey use the vendor's own protocol for other servers of this provider.
        own_protocol: bool,
    },
    /// Self-hosted: each server has its own address.
    SelfHosted,
}

/// The provider with this name in LiteLLM or Portkey; `None` if it is unknown or speaks another protocol.
pub(super) fn find(name: &str) -> Option<Provider> {
    let (address, own_protocol) = match name {
        "openai" | "text-completion-openai" => ("https://api.openai.com/v1", false),
        "anthropic" => ("https://api.anthropic.com/v1", true),
        "deepseek" => ("https://api.deepseek.com/v1", false),
        "fireworks_ai" | "fireworks-ai" => ("https://api.fireworks.ai/inference/v1", false),
        "gemini" | "google" => ("https://generativelanguage.googleapis.com/v1beta/openai", true),
        "groq" => ("https://api.groq.com/openai/v1", false),
        "mistral" | "mistral-ai" => ("https://api.mistral.ai/v1", false),
        "openrouter" => ("https://openrouter.ai/api/v1", false),
        "together_ai" | "together-ai" => ("https://api.together.xyz/v1", false),
        "xai" | "x-ai" => ("https://api.x.ai/v1", false),
        "hosted_vllm" | "vllm" | "ollama" | "ollama_chat" | "lm_studio" | "llamafile" | "litellm_proxy"
        | "custom_openai" | "openai_like" | "localai" | "lepton" => return Some(Provider::SelfHosted),
        _ => return None,
    };
    Some(Provider::Vendor { address, own_protocol })
}

/// The provider of a model without a prefix, if its name implies one. OpenAI's names mean OpenAI; names of other
/// vendors only imply the protocol of the server at the entry's own address.
pub(super) fn of_bare_model(model: &str) -> Option<&'static str> {
    let is_o_series =
        model.strip_prefix('o').is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    if is_o_series || model.starts_with("gpt-") || model.starts_with("text-embedding-") {
        return Some("openai");
    }
    [("claude-", "anthropic"), ("gemini-", "gemini")]
        .into_iter()
        .find_map(|(prefix, provider)| model.starts_with(prefix).then_some(provider))
}
