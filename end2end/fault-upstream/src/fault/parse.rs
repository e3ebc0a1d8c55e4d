//! The parser of fault names. `faults.md` documents them, and a test checks that each documented name is known.

mod arguments;
mod flags;

use super::{AnswerKind, Content, Cut, CutKind, Fault, RetryAfter};

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
                None => fault.apply_flag(part).or_else(|| fault.apply_status(part, None))?,
                Some((part, argument)) => fault
                    .apply_argument(part, argument)
                    .or_else(|| fault.apply_status(part, Some(argument)))?,
            }
            rest = more;
        }
        Some(fault)
    }

    /// Parses a bare status such as `500`, or one with the seconds of its `Retry-After`, such as `429@7`.
    fn apply_status(&mut self, name: &str, seconds: Option<&str>) -> Option<()> {
        let code = code(name, 400)?;
        let retry = seconds.map_or(Some(RetryAfter::Absent), retry_seconds)?;
        self.answer = AnswerKind::Status { code, retry };
        Some(())
    }

    fn answer_429(&mut self, retry: RetryAfter) {
        self.answer = AnswerKind::Status { code: 429, retry };
    }

    fn cut_after(&mut self, after: Option<u64>, kind: CutKind) {
        self.cut = Some(Cut { after, kind });
    }
}

/// Parses seconds, whole ones or with up to three decimals. Whole ones may be negative, as some servers send them.
fn retry_seconds(text: &str) -> Option<RetryAfter> {
    let most = i64::try_from(MAX_MS).ok()?;
    let ms = match text.split_once('.') {
        None => text.parse::<i64>().ok().filter(|seconds| (-most..=most).contains(seconds))? * 1_000,
        Some((whole, decimals)) if (1..=3).contains(&decimals.len()) => {
            let ms = number(&format!("{decimals:0<3}"), 999)?;
            i64::try_from(number(whole, MAX_MS)? * 1_000 + ms).ok()?
        }
        Some(_) => return None,
    };
    Some(RetryAfter::Seconds(ms))
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
    use std::time::Duration;

    use super::*;
    use crate::{api::Api, fault::StreamEnd};

    #[test]
    fn every_documented_fault_is_known() {
        let names: Vec<&str> = crate::fault_names().collect();
        assert!(names.len() > 90, "{names:?}");
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
            "429@x",
            "429@1.",
            "429@0.1234",
            "err-form@typo",
            "refuse@",
            "refuse@temperature,",
            "refuse-as@typo",
            "no-typo@404",
            "no-chat@200",
            "500-on-marker@x",
        ] {
            assert_eq!(Fault::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_wait_may_have_a_fraction_or_lie_in_the_past() {
        for (name, retry) in [
            ("429@7", RetryAfter::Seconds(7_000)),
            ("429@0.5", RetryAfter::Seconds(500)),
            ("429@-1", RetryAfter::Seconds(-1_000)),
            ("429-date@-60", RetryAfter::Date(-60)),
        ] {
            let answer = Fault::parse(name).unwrap_or_default().answer;
            assert_eq!(answer, AnswerKind::Status { code: 429, retry }, "{name}");
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

    #[test]
    fn fail_after_succeeds_first_and_then_shows_the_joined_fault() {
        let fault = Fault::parse("fail-after-n@1+no-responses@405").unwrap_or_default();
        assert_eq!(fault.clone().at_call(1), Fault::default());
        assert_eq!(fault.at_call(2).lacks, [(Api::Responses, 405)]);
        let bare = Fault::parse("fail-after-n@2").unwrap_or_default();
        assert!(matches!(bare.at_call(3).answer, AnswerKind::Status { code: 500, .. }));
        let ends = Fault::parse("fail-after-n@0+no-done").unwrap_or_default();
        assert_eq!(ends.at_call(1).end, StreamEnd::WithoutTerminal);
    }
}
