//! Removal of reasoning, chat template tokens and code fences from an answer in lower case.

use std::borrow::Cow;

/// Opening and closing marks of reasoning, of all model families.
const REASONING: [(&str, &str); 22] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<reason>", "</reason>"),
    ("<rationale>", "</rationale>"),
    ("<analysis>", "</analysis>"),
    ("<antthinking>", "</antthinking>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<seed:think>", "</seed:think>"),
    ("[think]", "[/think]"),
    ("[thinking]", "[/thinking]"),
    ("[reasoning]", "[/reasoning]"),
    ("◁think▷", "◁/think▷"),
    ("<|think|>", "<|/think|>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<|channel>", "<channel|>"),
    ("<unused94>", "<unused95>"),
];

/// Start of the final message in the harmony format, as written and as left by servers that drop special tokens.
const FINAL_CHANNEL: &str = "<|channel|>final";
const FINAL_CHANNEL_BARE: &str = "assistantfinal";
/// Start of a tool call in the harmony format.
const TOOL_CHANNEL: &str = "<|channel|>commentary to=";
/// Headings of the answer after reasoning that has no marks.
const FINAL_HEADINGS: [&str; 2] = ["[begin final response]", "here is my response:"];

/// Chat template tokens other than `<|…|>`.
const CHAT_MARKS: [&str; 8] =
    ["</s>", "<s>", "<eos>", "<bos>", "<end_of_turn>", "[/inst]", "[inst]", "[end final response]"];

/// Maximum length of the name of a special token within `<|…|>`, in bytes.
const TOKEN_NAME_BYTES: usize = 40;

/// The text without reasoning and special tokens; empty if nothing else was said.
pub(super) fn without_reasoning(answer: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(answer);
    for (open, close) in REASONING {
        if text.contains(open) || text.contains(close) {
            text = Cow::Owned(without_blocks(&text, open, close));
        }
    }
    let mut rest = &*text;
    if rest.contains("<|channel|>") {
        // Without a final message there is nothing but reasoning.
        let message = rest.rsplit_once(FINAL_CHANNEL).or_else(|| rest.rsplit_once(TOOL_CHANNEL));
        rest = message.map_or("", |(_, message)| message);
        rest = rest.split_once("<|message|>").map_or(rest, |(_, message)| message);
        rest = rest.split_once("<|").map_or(rest, |(message, _)| message);
    } else if rest.trim_start().starts_with("analysis")
        && let Some((_, message)) = rest.rsplit_once(FINAL_CHANNEL_BARE)
    {
        rest = message;
    }
    for heading in FINAL_HEADINGS {
        rest = rest.rsplit_once(heading).map_or(rest, |(_, message)| message);
    }
    // Markdown and LaTeX escape underscores.
    Cow::Owned(without_marks(rest).replace("\\_", "_"))
}

/// What follows the last block of reasoning or, if nothing does, what is left outside of all blocks; nothing if the last
/// block was not closed. A block that was not opened began with the text.
fn without_blocks(text: &str, open: &str, close: &str) -> String {
    let opens = text.match_indices(open).map(|(at, _)| (at, true));
    let mut marks: Vec<(usize, bool)> =
        opens.chain(text.match_indices(close).map(|(at, _)| (at, false))).collect();
    marks.sort_unstable();
    let mut outside = String::new();
    let mut begin = Some(0);
    for (at, is_open) in marks {
        if is_open {
            if let Some(begin) = begin.take() {
                outside.push_str(text.get(begin..at).unwrap_or_default());
                outside.push('\n');
            }
        } else if begin.replace(at + close.len()).is_some() {
            outside.clear();
        }
    }
    let Some(last) = begin.and_then(|begin| text.get(begin..)) else { return String::new() };
    if last.trim().is_empty() { outside } else { last.to_owned() }
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
