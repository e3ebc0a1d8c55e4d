//! Fault names with an argument.

use std::time::Duration;

use super::{
    super::{
        AnswerKind, Content, CutKind, ErrorForm, Fault, FieldRefusal, Opening, RefusalForm, RetryAfter,
        SignKind, SignsOfLife,
    },
    MAX_BYTES, MAX_CHUNKS, MAX_DIMENSIONS, MAX_MS, MAX_SECONDS, code, number, size,
};
use crate::api::Api;

impl Fault {
    pub(super) fn apply_argument(&mut self, name: &str, argument: &str) -> Option<()> {
        let ms = || number(argument, MAX_MS).map(Duration::from_millis);
        match name {
            "slow" => self.pace.first_byte = ms()?,
            "trickle" => self.pace.each_chunk = ms()?,
            "slow-reader" => self.pace.each_byte_read = Some(ms()?),
            "close-idle" => self.pace.idle = Some(ms()?),
            "slice" => {
                let bytes = argument.strip_suffix('b').unwrap_or(argument);
                self.pace.max_write = Some(size(bytes, MAX_BYTES)?.max(1));
            }
            "cold" => self.loads_in = Some(ms()?),
            "alive-comments" => self.stay_alive(SignKind::Comment, ms()?),
            "alive-blank" => self.stay_alive(SignKind::BlankLine, ms()?),
            "alive-events" => self.stay_alive(SignKind::Event, ms()?),
            "role-first" => self.stay_alive(SignKind::Opening, ms()?),
            "redirect" => self.answer = AnswerKind::Redirect(code(argument, 300)?),
            "status" => {
                self.answer = AnswerKind::Status { code: code(argument, 200)?, retry: RetryAfter::Absent }
            }
            "loading" => {
                self.apply_flag("503-loading")?;
                self.fail_first = Some(number(argument, MAX_CHUNKS)?);
            }
            "400-over" => self.longest_body = Some(size(argument, MAX_BYTES)?),
            "refuse" => self.refusals.push(FieldRefusal::parse(argument)?),
            "refuse-as" => self.refusal_form = RefusalForm::named(argument)?,
            "fail-first-n" => self.fail_first = Some(number(argument, MAX_CHUNKS)?),
            "fail-after-n" => self.fail_after = Some(number(argument, MAX_CHUNKS)?),
            "err-in-stream" => {
                self.opening = Opening::Error;
                self.error.code = Some(code(argument, 400)?);
            }
            "err-form" => self.error.form = ErrorForm::named(argument)?,
            _ => {
                return self
                    .apply_cut(name, argument)
                    .or_else(|| self.apply_wait(name, argument))
                    .or_else(|| self.apply_shape_argument(name, argument))
                    .or_else(|| self.apply_lack(name, argument));
            }
        }
        Some(())
    }

    fn apply_cut(&mut self, name: &str, after: &str) -> Option<()> {
        let kind = match name {
            "stall" => CutKind::Stall,
            "rst" => CutKind::Reset,
            "fin-early" | "fin-early-eof" => CutKind::Close,
            "err-after" => CutKind::ErrorEvent,
            _ => return None,
        };
        self.cut_after(Some(number(after, MAX_CHUNKS)?), kind);
        self.shape.unframed |= name == "fin-early-eof";
        Some(())
    }

    fn apply_wait(&mut self, name: &str, argument: &str) -> Option<()> {
        self.answer_429(match name {
            "429-date" => {
                let ahead: i64 = argument.parse().ok()?;
                RetryAfter::Date((ahead.unsigned_abs() <= MAX_MS).then_some(ahead)?)
            }
            "429-escalating" => RetryAfter::Doubling(number(argument, MAX_SECONDS)?),
            "429-ms" => RetryAfter::Milliseconds(number(argument, MAX_MS)?),
            "429-retry-info" => RetryAfter::RetryInfo(number(argument, MAX_MS)?),
            "429-reset" => RetryAfter::RateLimitReset(number(argument, MAX_MS)?),
            _ => return None,
        });
        Some(())
    }

    fn apply_shape_argument(&mut self, name: &str, argument: &str) -> Option<()> {
        let shape = &mut self.shape;
        match name {
            "ok" => shape.chunks = number(argument, MAX_CHUNKS)?,
            "dim" => shape.dimensions = Some(size(argument, MAX_DIMENSIONS)?),
            "huge-event" => shape.huge = Some(size(argument, MAX_BYTES)?),
            "broken-event" => shape.broken = Some(number(argument, MAX_CHUNKS)?),
            "length-under" => shape.needs_tokens = Some(number(argument, MAX_CHUNKS)?),
            "sure" => shape.certainty = u8::try_from(number(argument, 100)?).ok()?,
            "router-long" => shape.content = Content::Text("x".repeat(size(argument, MAX_BYTES)?)),
            "router-schema400" => {
                shape.content = router("router", argument)?;
                self.refusals.push(FieldRefusal::parse("response_format")?);
            }
            _ => shape.content = router(name, argument)?,
        }
        Some(())
    }

    /// Parses an API that is not there, such as `no-responses@404`.
    fn apply_lack(&mut self, name: &str, status: &str) -> Option<()> {
        self.lacks.push((Api::named(name.strip_prefix("no-")?)?, code(status, 400)?));
        Some(())
    }

    fn stay_alive(&mut self, kind: SignKind, lasts: Duration) {
        self.signs_of_life = Some(SignsOfLife { kind, lasts });
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
        _ => return None,
    };
    Some(Content::Text(text))
}
