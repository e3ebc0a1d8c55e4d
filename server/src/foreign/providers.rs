//! Which providers speak the OpenAI API, and where. Each vendor's own reference names its address.

/// The public address of a provider's OpenAI-compatible API, by the names that LiteLLM and Portkey have for it; empty
/// where it is self-hosted and has none of its own. `None` for a provider that speaks another protocol, or is not known.
pub(super) fn address(name: &str) -> Option<&'static str> {
    Some(match name {
        "openai" | "text-completion-openai" => "https://api.openai.com/v1",
        "anthropic" => "https://api.anthropic.com/v1",
        "deepseek" => "https://api.deepseek.com/v1",
        "fireworks_ai" | "fireworks-ai" => "https://api.fireworks.ai/inference/v1",
        "gemini" | "google" => "https://generativelanguage.googleapis.com/v1beta/openai",
        "groq" => "https://api.groq.com/openai/v1",
        "mistral" | "mistral-ai" => "https://api.mistral.ai/v1",
        "openrouter" => "https://openrouter.ai/api/v1",
        "together_ai" | "together-ai" => "https://api.together.xyz/v1",
        "xai" | "x-ai" => "https://api.x.ai/v1",
        "hosted_vllm" | "vllm" | "ollama" | "ollama_chat" | "lm_studio" | "llamafile" | "litellm_proxy"
        | "triton" | "custom_openai" | "openai_like" | "localai" | "lepton" => "",
        _ => return None,
    })
}
