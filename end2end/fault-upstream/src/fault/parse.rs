//! The parser of fault names. `faults.md` documents them, and a test checks that each documented name is known.

use std::time::Duration;

use super::{AnswerKind, Content, Cut, CutKind, EarlyFailure, Fault, Opening, RetryAfter};

/// Bounds of the arguments; a name with an argument out of bounds is unknown.
const MAX_CHUNKS: u64 = 1_000_000;
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const MAX_MS: u64 = 3_600_000;
const MAX_SECONDS: u64 = 3_600;
const MAX_DIMENSIONS: u64 = 65_536;

const RAW: &str = "router-raw:";

impl Fault {
    /// Parses a fault name; `None` if any part of it is unknown.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut fault = Self::default();
        let mut rest = Some(name);
        while let Some(parts) = rest {
            if let Some(text) = parts.strip_prefix(RAW) {
                fault.shape.content = Content::Text(text.to_owned());
                break;
            }
            let (part, more) = match parts.split_once('+') {
                Some((part, more)) => (part, Some(more)),
                None => (parts, None),
            };
            match part.split_once(['@', ':']) {
                None => fault.apply(part).or_else(|| fault.apply_status(part, None))?,
                Some((part, argument)) => {
                    fault.apply_with(part, argument).or_else(|| fault.apply_status(part, Some(argument)))?
                }
            }
            rest = more;
        }
        Some(fault)
    }

    fn apply(&mut self, name: &str) -> Option<()> {
        match name {
            "ok" => {}
            "numbered" => self.shape.content = Content::Numbered,
            "chunked" => self.shape.chunked = true,
            "extra-answer" => self.shape.extra_answer = true,
            "tool_calls" => self.shape.tool_calls = true,
            "echo" => self.shape.content = Content::Echo,
            "echo-raw" => self.shape.content = Content::EchoRaw,
            "hop-headers" => self.shape.hop_headers = true,
            "crlf" => self.shape.crlf = true,
            "bom" => self.shape.bom = true,
            "comments" => self.shape.comments = true,
            "multiline" => self.shape.multiline = true,
            "gzip-lie" => self.shape.gzip_lie = true,
            "infinite-body" | "router-endless" => self.shape.content = Content::Endless,
            "router-pick" => self.shape.content = Content::Pick,
            "router-long" => return self.apply_with(name, "1048576"),
            "huge-event" => return self.apply_with(name, "1048576"),
            "hang-accept" => self.early_failure = EarlyFailure::HangUnread,
            "rst-on-accept" => self.early_failure = EarlyFailure::Reset,
            "hang-headers" => self.early_failure = EarlyFailure::HangRead,
            "close-before-headers" => self.early_failure = EarlyFailure::Close,
            "stale-reuse" => self.early_failure = EarlyFailure::ResetIfReused,
            "1xx-die" => self.early_failure = EarlyFailure::EarlyHintsThenClose,
            "close-idle" => return self.apply_with(name, "5000"),
            "slow-reader" => return self.apply_with(name, "1000"),
            "hang-first-event" => self.opening = Opening::Hang,
            "empty-stream" => self.opening = Opening::Empty,
            "only-done" => self.opening = Opening::OnlyDone,
            "err-in-stream" => self.opening = Opening::Error,
            "no-done" => self.no_done = true,
            "slow_second_chunk" => return self.apply_with("stall", "1"),
            "torn" => self.torn = true,
            "truncated" => self.cut_after(None, CutKind::Close),
            "html200" => self.answer = AnswerKind::Html,
            "json-to-stream" => self.answer = AnswerKind::PlainOnly,
            "not-object" => self.answer = AnswerKind::NotObject,
            "error200" => self.answer = AnswerKind::ErrorAs200,
            "redirect" => self.answer = AnswerKind::Redirect(302),
            "redirect-here" => self.answer = AnswerKind::RedirectHere,
            "429-bare" => return self.apply_status("429", None),
            _ => return None,
        }
        Some(())
    }

    fn apply_with(&mut self, name: &str, argument: &str) -> Option<()> {
        let number = |max| number(argument, max);
        let ms = || number(MAX_MS).map(Duration::from_millis);
        match name {
            "ok" => self.shape.chunks = number(MAX_CHUNKS)?,
            "dim" => self.shape.dimensions = Some(size(argument, MAX_DIMENSIONS)?),
            "slow" => self.pace.first_byte = ms()?,
            "trickle" => self.pace.each_chunk = ms()?,
            "slow-reader" => self.pace.each_byte_read = Some(ms()?),
            "close-idle" => self.pace.idle = Some(ms()?),
            "slice" => {
                let bytes = argument.strip_suffix('b').unwrap_or(argument);
                self.pace.max_write = Some(size(bytes, MAX_BYTES)?.max(1));
            }
            "huge-event" => self.shape.huge = Some(size(argument, MAX_BYTES)?),
            "broken-event" => self.shape.broken = Some(number(MAX_CHUNKS)?),
            "stall" => self.cut_after(Some(number(MAX_CHUNKS)?), CutKind::Stall),
            "rst" => self.cut_after(Some(number(MAX_CHUNKS)?), CutKind::Reset),
            "fin-early" => self.cut_after(Some(number(MAX_CHUNKS)?), CutKind::Close),
            "fin-early-eof" => self.cut_after(Some(number(MAX_CHUNKS)?), CutKind::CloseUnframed),
            "err-after" => self.cut_after(Some(number(MAX_CHUNKS)?), CutKind::ErrorEvent),
            "fail-first-n" => self.fail_first = Some(number(MAX_CHUNKS)?),
            "redirect" => self.answer = AnswerKind::Redirect(code(argument, 300)?),
            "status" => {
                self.answer = AnswerKind::Status { code: code(argument, 200)?, retry: RetryAfter::Absent }
            }
            "400-over" => self.longest_body = Some(size(argument, MAX_BYTES)?),
            "429-escalating" => {
                let first = number(MAX_SECONDS)?;
                self.answer = AnswerKind::Status { code: 429, retry: RetryAfter::Doubling(first) };
            }
            "429-date" => {
                self.answer = AnswerKind::Status { code: 429, retry: RetryAfter::Date(number(MAX_MS)?) }
            }
            "router-long" => {
                self.shape.content = Content::Text("x".repeat(size(argument, MAX_BYTES)?));
            }
            _ => self.shape.content = router(name, argument)?,
        }
        Some(())
    }

    /// Parses a bare status such as `500`, or one with the seconds of its `Retry-After`, such as `429@7`.
    fn apply_status(&mut self, name: &str, seconds: Option<&str>) -> Option<()> {
        let code = code(name, 400)?;
        let retry = match seconds {
            None => RetryAfter::Absent,
            Some(seconds) => RetryAfter::Seconds(number(seconds, MAX_MS)?),
        };
        self.answer = AnswerKind::Status { code, retry };
        Some(())
    }

    fn cut_after(&mut self, after: Option<u64>, kind: CutKind) {
        self.cut = Some(Cut { after, kind });
    }
}

fn router(name: &str, label: &str) -> Option<Content> {
    if label.is_empty() {
        return None;
    }
    let text = match name {
        "router" => label.to_owned(),
        "router-json" => serde_json::json!({ "route": label }).to_string(),
        "router-fence" => format!("```\n{label}\n```"),
        "router-think" => {
            format!("<think>\nSeveral could fit. The likeliest one it is.\n</think>\n\n{label}")
        }
        "router-schema400" => return Some(Content::TextWithoutSchema(label.to_owned())),
        _ => return None,
    };
    Some(Content::Text(text))
}

fn number(text: &str, max: u64) -> Option<u64> {
    text.parse().ok().filter(|number| *number <= max)
}

fn size(text: &str, max: u64) -> Option<usize> {
    number(text, max).and_then(|number| usize::try_from(number).ok())
}

fn code(text: &str, least: u16) -> Option<u16> {
    text.parse().ok().filter(|code| (least..600).contains(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_fault_is_known() {
        let names: Vec<&str> = crate::fault_names().collect();
        assert!(names.len() > 50, "{names:?}");
        for name in names {
            assert!(Fault::parse(name).is_some(), "{name}");
        }
    }

    #[test]
    fn joined_faults_are_combined_and_the_later_one_wins() {
        let joined = Fault::parse("slice:1b+crlf+rst@40+ok@9+stall:2").unwrap_or_default();
        assert_eq!(joined.pace.max_write, Some(1));
        assert!(joined.shape.crlf);
        assert_eq!(joined.shape.chunks, 9);
        let cut = Cut { after: Some(2), kind: CutKind::Stall };
        assert_eq!(joined.cut, Some(cut));
    }

    #[test]
    fn a_name_with_an_unknown_part_is_unknown() {
        for name in [
            "",
            "gpt-4o",
            "ok+",
            "ok@",
            "ok@-1",
            "ok@1000001",
            "crlf@3",
            "rst",
            "rst@x",
            "399",
            "600",
            "status@99",
            "router",
            "router@",
            "slice:",
            "+",
            "rst@40+typo",
        ] {
            assert_eq!(Fault::parse(name), None, "{name}");
        }
    }

    #[test]
    fn raw_router_text_is_used_as_written() {
        let fault = Fault::parse("slow:5+router-raw:a+b@c: {\"x\"}").unwrap_or_default();
        assert_eq!(fault.shape.content, Content::Text("a+b@c: {\"x\"}".to_owned()));
        assert_eq!(fault.pace.first_byte, Duration::from_millis(5));
    }

    #[test]
    fn fail_first_shows_the_joined_fault_and_then_keeps_only_the_form() {
        let alone = Fault::parse("fail-first-n@2+router@a").unwrap_or_default();
        assert!(matches!(alone.clone().at_call(2).answer, AnswerKind::Status { code: 500, .. }));
        assert_eq!(alone.at_call(3), Fault::parse("router@a").unwrap_or_default());

        let joined = Fault::parse("fail-first-n@1+rst@4+ok@5").unwrap_or_default();
        assert_eq!(joined.clone().at_call(1), Fault::parse("rst@4+ok@5").unwrap_or_default());
        assert_eq!(joined.at_call(2), Fault::parse("ok@5").unwrap_or_default());
    }
}
