//! Tries a draft before it is saved: one prompt through its router model, one real call over a route. The gateway's
//! own engine does both; what comes back is put into words here.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::{checklist, draft_notes::Tried};
use crate::domain::console::check::CheckResult;
use crate::{
    domain::{
        config::balancer::Balancer,
        console::{
            balancer_draft::destination_option::DestinationOption,
            view::{SmokeReport, SmokeRequest},
        },
        field_error::{FieldError, ValidationReport},
    },
    ports::DataPlane,
    refusal::Refusal,
};

/// Asks the router model which route it would take.
pub(crate) async fn try_prompt(gateway: &dyn DataPlane, balancer: &Balancer, prompt: &str) -> Tried {
    let prompt = prompt.trim().to_owned();
    let reply = if prompt.is_empty() {
        Err(Refusal::Invalid(vec![FieldError::new("prompt", "required", "Type a prompt to try.")]))
    } else {
        gateway.try_prompt(balancer, &prompt).await
    };
    Tried { prompt, reply }
}

/// Every live check of a balancer, all at once.
pub(crate) async fn run_all(
    gateway: &dyn DataPlane,
    balancer: &Balancer,
    options: &[DestinationOption],
) -> Vec<CheckResult> {
    let live =
        checklist::planned(balancer, options, &ValidationReport::default()).into_iter().filter(|it| it.live);
    join_all(live.map(|it| async move { run(gateway, balancer, &it.id).await })).await
}

/// One live check, by its id.
pub(crate) async fn run(gateway: &dyn DataPlane, balancer: &Balancer, id: &str) -> CheckResult {
    let began = Instant::now();
    let (ok, message) = match id {
        "router" => match gateway.check_router(balancer).await {
            Ok(verdict) => (verdict.ok, verdict.message),
            Err(refusal) => (false, refusal.to_string()),
        },
        _ => call_verdict(
            gateway
                .smoke_test_draft(
                    balancer,
                    SmokeRequest { route: id.strip_prefix("route:").map(str::to_owned), api: None },
                )
                .await,
        ),
    };
    CheckResult { id: id.to_owned(), ok, ms: ms(began.elapsed()), message }
}

fn call_verdict(reply: Result<SmokeReport, Refusal>) -> (bool, String) {
    match reply {
        Ok(report) if report.ok => (true, format!("Route “{}” answered.", report.route)),
        Ok(report) => (false, report.answer),
        Err(refusal) => (false, refusal.to_string()),
    }
}

/// Milliseconds of a duration, as pages show them.
pub(crate) fn ms(taken: Duration) -> f64 {
    taken.as_secs_f64() * 1000.0
}
