//! The sample call of a balancer, ready to paste into a shell, a script or the playground.

use super::instance::WorkloadKind;

/// How a sample is written.
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
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Curl, Self::Python, Self::JavaScript, Self::Json];

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
            Self::Json => "JSON",
        }
    }
}

/// What a sample calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The model id that clients send.
    pub serving_name: &'a str,
    /// Chat or embeddings.
    pub workload_kind: WorkloadKind,
    /// Where this server is reached, such as `http://127.0.0.1:3000`; no slash at the end.
    pub site: &'a str,
    /// Whether the answer is streamed; embeddings are not, whatever this says.
    pub stream: bool,
}

/// The sample call. The key is read from `$SMART_BALANCER_API_KEY`.
pub fn call(language: Language, target: Target<'_>) -> String {
    let _ = (language, target);
    String::new()
}
