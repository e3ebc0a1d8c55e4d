//! Fault names without an argument.

use super::super::{
    AnswerKind, Content, CutKind, EarlyFailure, Fault, Finish, MessageForm, Missing, Opening, StreamEnd,
    Tools, VendorAnswer,
};

impl Fault {
    pub(super) fn apply_flag(&mut self, name: &str) -> Option<()> {
        match name {
            "ok" => {}
            "hang-accept" => self.early_failure = EarlyFailure::HangUnread,
            "rst-on-accept" => self.early_failure = EarlyFailure::Reset,
            "hang-headers" => self.early_failure = EarlyFailure::HangRead,
            "close-before-headers" => self.early_failure = EarlyFailure::Close,
            "stale-reuse" => self.early_failure = EarlyFailure::ResetIfReused,
            "1xx-die" => self.early_failure = EarlyFailure::EarlyHintsThenClose,
            "hang-first-event" => self.opening = Opening::Hang,
            "empty-stream" => self.opening = Opening::Empty,
            "only-done" => self.opening = Opening::OnlyDone,
            "err-in-stream" => self.opening = Opening::Error,
            "no-done" => self.end = StreamEnd::WithoutTerminal,
            "no-done-fin" => self.end = StreamEnd::WithoutTerminalClosed,
            "no-finish" => self.end = StreamEnd::WithoutFinish,
            "one-finish" => self.end = StreamEnd::OneFinish,
            "done-fin" => self.end = StreamEnd::Closed,
            "done-torn" => self.end = StreamEnd::ClosedInTerminal,
            "500-on-marker" => self.fails_on_marker = true,
            "torn" => self.torn = true,
            "truncated" => self.cut_after(None, CutKind::Close),
            "html200" => self.answer = AnswerKind::Html,
            "json-to-stream" => self.answer = AnswerKind::PlainOnly,
            "not-object" => self.answer = AnswerKind::NotObject,
            "error200" => self.answer = AnswerKind::ErrorAs200,
            "redirect" => self.answer = AnswerKind::Redirect(302),
            "redirect-here" => self.answer = AnswerKind::RedirectHere,
            "429-bare" => return self.apply_status("429", None),
            "slow_second_chunk" => return self.apply_argument("stall", "1"),
            "close-idle" => return self.apply_argument(name, "5000"),
            "slow-reader" => return self.apply_argument(name, "1000"),
            "router-long" | "huge-event" => return self.apply_argument(name, "1048576"),
            _ => return self.apply_shape(name).or_else(|| self.apply_vendor(name)),
        }
        Some(())
    }

    fn apply_vendor(&mut self, name: &str) -> Option<()> {
        self.answer = AnswerKind::Vendor(VendorAnswer::named(name)?);
        Some(())
    }

    fn apply_shape(&mut self, name: &str) -> Option<()> {
        let shape = &mut self.shape;
        match name {
            "numbered" => shape.content = Content::Numbered,
            "echo" => shape.content = Content::Echo,
            "echo-raw" => shape.content = Content::EchoRaw,
            "infinite-body" | "router-endless" => shape.content = Content::Endless,
            "router-pick" => shape.content = Content::Pick,
            "tool_calls" => shape.tools = Tools::Always,
            "tool_loop" => shape.tools = Tools::UntilResult,
            "content-parts" => shape.message = MessageForm::Parts,
            "reasoning-only" => shape.message = MessageForm::Reasoning,
            "refusal" => shape.message = MessageForm::Refusal,
            "length" => shape.finish = Finish::Length,
            "no-choices" => shape.missing = Some(Missing::Choices),
            "no-content" => shape.missing = Some(Missing::Content),
            "no-vectors" => shape.missing = Some(Missing::Vectors),
            "no-probabilities" => shape.missing = Some(Missing::Probabilities),
            "no-confidence" => shape.missing = Some(Missing::Confidence),
            "odd-probabilities" => shape.odd_probabilities = true,
            "one-vector-less" => shape.missing = Some(Missing::LastVector),
            "crlf" => shape.crlf = true,
            "bom" => shape.bom = true,
            "comments" => shape.comments = true,
            "multiline" => shape.multiline = true,
            "tight" => shape.tight = true,
            "gzip-lie" => shape.gzip_lie = true,
            "hop-headers" => shape.hop_headers = true,
            "chunked" => shape.chunked = true,
            "eof" => shape.unframed = true,
            "extra-answer" => shape.extra_answer = true,
            _ => return None,
        }
        Some(())
    }
}
