//! Extraction of what routing needs from a call: user turns, whether it ends in tool results, and its conversation.
//! Extraction never fails: what cannot be read is absent, and a call without text goes to the default route.

use std::{
    borrow::Cow,
    collections::VecDeque,
    hash::{BuildHasher as _, DefaultHasher, Hash, Hasher},
};

use foldhash::quality::FixedState;

use crate::domain::{
    excerpt::excerpt,
    limits::{CLASSIFY_MAX_CHARS, CONTEXT_TURNS},
    wire::raw_json,
};

/// Maximum number of user turns: the last one and the context for the router model.
const TURNS_KEPT: usize = CONTEXT_TURNS as usize + 1;

/// The parts of a call that matter for routing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallText {
    /// Texts of the last user turns, oldest first; a turn without text is empty. At most eleven, each shortened to
    /// 100 000 characters.
    pub user_turns: Vec<String>,
    /// Whether the last message is a tool result.
    pub ends_in_tool: bool,
    /// Hash of the beginning of the conversation: system text and first user message, or the input. The same in
    /// every process of one build.
    pub opening: u64,
    /// Keyed hash of the roles and texts up to and including the last user message. A continuation by tool results
    /// has the same hash as the call it continues.
    pub turn: u64,
}

impl CallText {
    /// A call with a single user turn, for samples and dry runs.
    pub fn of(prompt: &str) -> Self {
        Self { user_turns: vec![prompt.to_owned()], ..Self::default() }
    }

    /// The text to classify: the last user turn. `None` if it has no text.
    pub fn latest(&self) -> Option<&str> {
        self.user_turns.last().map(String::as_str).filter(|text| !text.trim().is_empty())
    }
}

/// Reads the raw `messages` of a chat call. `key` is the key of the turn's hash.
pub fn read_chat(messages: &str, key: u64) -> CallText {
    let mut opening = FixedState::default().build_hasher();
    let mut turns = FixedState::with_seed(key).build_hasher();
    let mut turn = turns.finish();
    let (mut has_system, mut has_user) = (false, false);
    let mut users = VecDeque::with_capacity(TURNS_KEPT);
    let mut ends_in_tool = false;
    for message in raw_json::elements(messages) {
        let (mut role, mut content) = (None, None);
        for member in raw_json::members(message) {
            if member.is("role") {
                role = raw_json::text(member.value);
            } else if member.is("content") {
                content = Some(member.value);
            }
        }
        let role = role.unwrap_or_default();
        ends_in_tool = matches!(&*role, "tool" | "function");
        let first = match &*role {
            "system" | "developer" => !std::mem::replace(&mut has_system, true),
            "user" => !std::mem::replace(&mut has_user, true),
            _ => false,
        };
        if first {
            hash_message(&role, content, &mut opening);
        }
        hash_message(&role, content, &mut turns);
        if role == "user" {
            turn = turns.finish();
            if users.len() == TURNS_KEPT {
                users.pop_front();
            }
            users.push_back(content.unwrap_or_default());
        }
    }
    let user_turns = users.into_iter().map(|content| bounded(&content_text(content))).collect();
    CallText { user_turns, ends_in_tool, opening: opening.finish(), turn }
}

/// Hashes role and text of a message. A string and a single text part hash alike, because clients convert one into
/// the other when they move cache marks.
fn hash_message(role: &str, content: Option<&str>, hasher: &mut impl Hasher) {
    role.hash(hasher);
    let content = content.unwrap_or_default();
    if is_text(content) {
        content.trim().hash(hasher);
    } else {
        text_parts(content).for_each(|text| text.trim().hash(hasher));
    }
}

/// Reads the raw `input` of an embeddings call: its text is the first string. Token arrays have no text.
pub fn read_embeddings(input: &str) -> CallText {
    let text = raw_json::text(input).or_else(|| raw_json::elements(input).next().and_then(raw_json::text));
    CallText {
        user_turns: text.iter().map(|text| bounded(text)).collect(),
        opening: FixedState::default().hash_one(input),
        ..CallText::default()
    }
}

/// Key of a call's conversation within its API key and balancer: the session named by the caller or, failing that,
/// the conversation's beginning ([`CallText::opening`]). Valid in processes of the same build only, so it must not
/// be stored.
pub fn conversation_key(session: Option<&str>, api_key_id: &str, balancer_id: &str, opening: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (api_key_id, balancer_id).hash(&mut hasher);
    match session {
        Some(session) => (true, session).hash(&mut hasher),
        None => (false, opening).hash(&mut hasher),
    }
    hasher.finish()
}

/// Key of a call's turn within its conversation, from [`CallText::turn`]. Valid in this process only.
pub fn turn_key(conversation: u64, turn: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (conversation, turn).hash(&mut hasher);
    hasher.finish()
}

/// The session named in a call's body: `conversation` (an id, or an object with one), else `metadata.session_id`.
pub fn session_in_body<'a>(conversation: Option<&'a str>, metadata: Option<&'a str>) -> Option<Cow<'a, str>> {
    let id = |value: &'a str| raw_json::text(value).filter(|id| !id.trim().is_empty());
    let conversation = conversation.and_then(|it| id(it).or_else(|| raw_json::member(it, "id").and_then(id)));
    conversation.or_else(|| raw_json::member(metadata?, "session_id").and_then(id))
}

/// The text of a message's content: a string, or the text parts of a list, separated by line breaks.
fn content_text(content: &str) -> Cow<'_, str> {
    if let Some(text) = raw_json::text(content) {
        return text;
    }
    let mut whole = Cow::Borrowed("");
    for text in text_parts(content).filter_map(raw_json::text) {
        if whole.is_empty() {
            whole = text;
        } else {
            let whole = whole.to_mut();
            whole.push('\n');
            whole.push_str(&text);
        }
    }
    whole
}

fn is_text(value: &str) -> bool {
    value.trim_start().starts_with('"')
}

/// The raw texts of a list of content parts.
fn text_parts(content: &str) -> impl Iterator<Item = &str> {
    raw_json::elements(content).filter_map(|part| {
        let kind = raw_json::member(part, "type").and_then(raw_json::text);
        matches!(kind.as_deref(), Some("text" | "input_text"))
            .then(|| raw_json::member(part, "text").filter(|it| is_text(it)))?
    })
}

fn bounded(text: &str) -> String {
    excerpt(text, usize::try_from(CLASSIFY_MAX_CHARS).unwrap_or(usize::MAX)).into_owned()
}

#[cfg(test)]
mod tests;
