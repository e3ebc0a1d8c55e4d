//! Whom an upstream's refusal is about: the request, this server's standing with the upstream (its key, its credit),
//! or the upstream itself.
//!
//! It looks for markers that several vendors use and knows no vendor. A marker in a code is proof. A marker in the words
//! of a message is not, because servers quote prompts in their messages.

use std::borrow::Cow;

use super::outcome::{Outcome, Proof, RefusalCause};
use crate::domain::wire::{raw_json, retry_after};

/// Codes, types, statuses and reasons that refuse this server's key, without case and marks.
const KEY_CODES: [&str; 21] = [
    "invalidapikey",
    "apikeyinvalid",
    "incorrectapikey",
    "missingapikey",
    "apikeyexpired",
    "expiredapikey",
    "apikeyrevoked",
    "apikeyserviceblocked",
    "apikeyhttpreferrerblocked",
    "apikeyipaddressblocked",
    "invalidauthentication",
    "authenticationerror",
    "unauthenticated",
    "accesstokenexpired",
    "invalidtoken",
    "invalidsubscriptionkey",
    "accessdeniedinvalidkey",
    "invalidcredentials",
    "unrecognizedclientexception",
    "expiredtokenexception",
    "invalidclienttokenid",
];
/// Codes that say that nothing is paid for.
const CREDIT_CODES: [&str; 18] = [
    "insufficientquota",
    "insufficientcredit",
    "insufficientcredits",
    "insufficientbalance",
    "insufficientfunds",
    "billingnotactive",
    "billinghardlimitreached",
    "billinglimitreached",
    "billingdisabled",
    "billingerror",
    "paymentrequired",
    "creditexhausted",
    "outofcredits",
    "exceededcurrentquotaerror",
    "creditlimit",
    "creditlimitexceeded",
    "arrearage",
    "accountoverdueerror",
];
/// Codes that say that the account may not call.
const ACCOUNT_CODES: [&str; 9] = [
    "accountdeactivated",
    "accountdisabled",
    "accountsuspended",
    "organizationdeactivated",
    "organizationdisabled",
    "organizationrestricted",
    "consumersuspended",
    "servicedisabled",
    "unsupportedcountryregionterritory",
];
/// Words of a message that refuse the key.
const KEY_WORDS: [&str; 6] =
    ["api key", "api-key", "api_key", "api token", "token seems invalid", "security token"];
/// Words of a message that say that nothing is paid for.
const CREDIT_WORDS: [&str; 7] = [
    "credit balance",
    "insufficient credit",
    "insufficient balance",
    "insufficient funds",
    "billing",
    "exceeded your current quota",
    "api usage limit",
];
/// Words of a message that refuse the account.
const ACCOUNT_WORDS: [&str; 5] = [
    "user location",
    "account has been",
    "account is not active",
    "account is suspended",
    "organization has been",
];
/// Codes of requests that no instance would accept, without case and marks.
const REQUEST_CODES: [&str; 9] = [
    "invalidrequest",
    "invalidprompt",
    "invalidimage",
    "badrequest",
    "unprocessableentity",
    "contextlength",
    "contextsize",
    "contextwindow",
    "invalidargument",
];
/// Codes that ask to come back later, without case and marks.
const RATE_CODES: [&str; 5] =
    ["ratelimit", "ratelimiterror", "ratelimitexceeded", "toomanyrequests", "resourceexhausted"];
/// Members that hold a code, a status or both; `__type` is that of AWS.
const CODE_MEMBERS: [&str; 11] = [
    "code",
    "type",
    "status",
    "reason",
    "status_code",
    "statusCode",
    "http_status",
    "http_status_code",
    "error_code",
    "error_type",
    "__type",
];

/// The outcome of an answer with a status other than 200. `retry_after_ms` is the wait that its headers ask for.
pub fn judge_status(status: u16, retry_after_ms: Option<u64>, body: &str) -> Outcome {
    match status {
        401 | 403 | 400 | 402 | 404 | 429 => {}
        _ => return Outcome::from_status(status, retry_after_ms),
    }
    let report = ErrorReport::read(error_in(body));
    let refused = |cause, proof| Outcome::Refused { status, cause, proof };
    let coded = report.coded_cause();
    match status {
        401 => refused(coded.unwrap_or(RefusalCause::Key), Proof::Code),
        400 | 403 | 404 if coded.is_some() => refused(coded.unwrap_or(RefusalCause::Key), Proof::Code),
        429 if coded == Some(RefusalCause::Credit) => refused(RefusalCause::Credit, Proof::Code),
        402 => refused(report.worded_cause().unwrap_or(RefusalCause::Credit), Proof::Words),
        400 => match report.worded_cause() {
            Some(cause) => refused(cause, Proof::Words),
            None => Outcome::Rejected(400),
        },
        429 => Outcome::RateLimited { retry_after_ms: retry_after_ms.or_else(|| report.retry_delay_ms()) },
        _ => Outcome::from_status(status, retry_after_ms),
    }
}

/// The outcome of an error inside a 200: a raw error object, or another value in its place.
pub fn judge_error(error: &str) -> Outcome {
    let report = ErrorReport::read(error);
    if let Some(cause) = report.coded_cause() {
        return Outcome::Refused { status: 200, cause, proof: Proof::Code };
    }
    // A refusal of the request must not tell the caller about our key or credit.
    let rejected = |status| match report.worded_cause() {
        Some(cause) => Outcome::Refused { status: 200, cause, proof: Proof::Words },
        None => Outcome::Rejected(status),
    };
    match report.number {
        Some(429) => return Outcome::RateLimited { retry_after_ms: report.retry_delay_ms() },
        Some(status @ (400 | 413 | 422)) => return rejected(status),
        _ => {}
    }
    if report.codes.iter().any(|it| REQUEST_CODES.iter().any(|code| it.contains(code))) {
        return rejected(400);
    }
    if report.codes.iter().any(|it| RATE_CODES.contains(&it.as_str())) {
        return Outcome::RateLimited { retry_after_ms: report.retry_delay_ms() };
    }
    Outcome::ErrorEvent
}

/// The raw error object in a body: under `error`, also inside a list; else the whole body.
pub fn error_in(body: &str) -> &str {
    let object = if body.trim_start().starts_with('[') { raw_json::elements(body).next() } else { None };
    let object = object.unwrap_or(body);
    raw_json::member(object, "error").filter(|it| !raw_json::is_null(it)).unwrap_or(object)
}

/// What an error object says of itself.
#[derive(Debug, Default)]
struct ErrorReport<'a> {
    /// Its codes, types, statuses and reasons, in lower case and without marks.
    codes: Vec<String>,
    /// Its code or status as a number.
    number: Option<u16>,
    message: Cow<'a, str>,
    details: Option<&'a str>,
}

impl<'a> ErrorReport<'a> {
    fn read(error: &'a str) -> Self {
        let mut report = Self { message: raw_json::text(error).unwrap_or_default(), ..Self::default() };
        for member in raw_json::members(error) {
            match &*member.name() {
                name if CODE_MEMBERS.contains(&name) => report.add_code(member.value),
                "message" | "detail" => {
                    report.message = raw_json::text(member.value).unwrap_or(report.message);
                }
                "details" => report.details = Some(member.value),
                // Some gateways wrap the error of the vendor behind them.
                "error" if member.value.starts_with('{') => {
                    let inner = Self::read(member.value);
                    report.codes.extend(inner.codes);
                    report.number = report.number.or(inner.number);
                }
                _ => {}
            }
        }
        for detail in report.details.into_iter().flat_map(raw_json::elements) {
            if let Some(reason) = raw_json::member(detail, "reason") {
                report.add_code(reason);
            }
        }
        report
    }

    fn add_code(&mut self, value: &str) {
        let text = raw_json::text(value).unwrap_or(Cow::Borrowed(value));
        // AWS writes a namespace before the name.
        let text = text.rsplit('#').next().unwrap_or_default();
        match text.trim().parse() {
            Ok(number) => self.number = Some(number),
            Err(_) => self.codes.push(
                text.chars()
                    .filter(|it| it.is_ascii_alphanumeric())
                    .map(|it| it.to_ascii_lowercase())
                    .collect(),
            ),
        }
    }

    fn coded_cause(&self) -> Option<RefusalCause> {
        let has = |codes: &[&str]| self.codes.iter().any(|it| codes.contains(&it.as_str()));
        [
            (RefusalCause::Key, has(&KEY_CODES)),
            (RefusalCause::Credit, has(&CREDIT_CODES)),
            (RefusalCause::Account, has(&ACCOUNT_CODES)),
        ]
        .into_iter()
        .find_map(|(cause, found)| found.then_some(cause))
    }

    fn worded_cause(&self) -> Option<RefusalCause> {
        let message = self.message.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|it| message.contains(it));
        [
            (RefusalCause::Credit, has(&CREDIT_WORDS)),
            (RefusalCause::Key, has(&KEY_WORDS)),
            (RefusalCause::Account, has(&ACCOUNT_WORDS)),
        ]
        .into_iter()
        .find_map(|(cause, found)| found.then_some(cause))
    }

    /// The wait of a `RetryInfo` among the details (google.rpc, `"37s"` or `"1.5s"`), in milliseconds.
    fn retry_delay_ms(&self) -> Option<u64> {
        let delays = self.details.into_iter().flat_map(raw_json::elements);
        let mut delays = delays.filter_map(|it| raw_json::member(it, "retryDelay").and_then(raw_json::text));
        retry_after::seconds(delays.next()?.strip_suffix('s')?)
    }
}

#[cfg(test)]
mod tests;
