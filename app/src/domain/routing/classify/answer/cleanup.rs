//! Removal of reasoning, chat template tokens and code fences from an answer in lower case.

use std::borrow::Cow;

/// Opening and closing marks of reasoning, of all model families.
const REASONING: [(&str, &str); 17] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<analysis>", "</analysis>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<seed:think>", "</seed:think>"),
    ("[think]", "[/think]"),
    ("[thinking]", "[/thinking]"),
    ("◁think▷", "◁/think▷"),
    ("<|think|>", "<|/think|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|channel>", "<channel|>"),
    ("<unused94>", "<unused95>"),
];

/// Start of the final message in the harmony format, as written and as left by servers that drop special tokens.
const FINAL_CHANNEL: &str = "<|channel|>final";
const FINAL_CHANNEL_BARE: &str = "assistantfinal";

/// Chat template tokens other than `<|…|>`.
const CHAT_MARKS: [&str; 7] = ["</s>", "<s>", "<eos>", "<bos>", "<end_of_turn>", "[/inst]", "[inst]"];

/// Maximum length of the name of a special token within `<|…|>`, in bytes.
const TOKEN_NAME_BYTES: usize = 40;

/// The text after the last closed reasoning, without special tokens. `None` if reasoning was opened and not closed.
pub(super) fn without_reasoning(answer: &str) -> Option<Cow<'_, str>> {
    let mut rest = answer;
    for (_, close) in REASONING {
        if let Some((_, after)) = rest.rsplit_once(close) {
            rest = after;
        }
    }
    if REASONING.iter().any(|(open, _)| rest.contains(open)) {
        return None;
    }
    if rest.contains("<|channel|>") {
        rest = rest.rsplit_once(FINAL_CHANNEL)?.1;
        rest = rest.split_once("<|message|>").map_or(rest, |(_, message)| message);
        rest = rest.split_once("<|").map_or(rest, |(message, _)| message);
    } else if rest.starts_with("analysis")
        && let Some((_, message)) = rest.rsplit_once(FINAL_CHANNEL_BARE)
    {
        rest = message;
    }
    Some(without_marks(rest))
}

/// Replaces each special token by a line end.
fn without_marks(text: &str) -> Cow<'_, str> {
    if !text.contains('<') && !text.contains("inst]") {
        return Cow::Borrowed(text);
    }
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once("<|") {
        kept.push_str(before);
        match after.split_once("|>").filter(|(name, _)| is_token_name(name)) {
            Some((_, behind)) => {
                kept.push('\n');
                rest = behind;
            }
            None => {
                kept.push_str("<|");
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    Cow::Owned(CHAT_MARKS.iter().fold(kept, |text, mark| text.replace(mark, "\n")))
}

fn is_token_name(name: &str) -> bool {
    name.len() <= TOKEN_NAME_BYTES
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'/'))
}

/// Removes lines that only open or close a code block.
pub(super) fn without_fences(text: &str) -> Cow<'_, str> {
    let is_fence = |line: &str| {
        let line = line.trim();
        let info = line.strip_prefix("```").or_else(|| line.strip_prefix("~~~"));
        info.is_some_and(|it| it.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    // A single line is the answer itself, even if it looks like a fence.
    if text.trim().lines().count() < 2 || !text.lines().any(is_fence) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.lines().filter(|line| !is_fence(line)).collect::<Vec<_>>().join("\n"))
}
