//! Instances behind a destination, as people see them: health, share, and the line that says all shares in words.

use leptos::prelude::*;

use super::member_traffic::MemberTraffic;
use crate::{
    domain::{
        routing::health::{HealthState, HealthView},
        timestamp::Timestamp,
    },
    ui::{ShareBar, Status, Tone, share_bar::percent, time_ago},
};

/// How an instance is doing, as a status; `enabled` is whether it may get traffic at all.
pub(crate) fn health(health: HealthView, enabled: bool, now: Timestamp) -> AnyView {
    if !enabled {
        return view! { <Status tone=Tone::Off label="Disabled" /> }.into_any();
    }
    // The stored key does not open with the present master key; it is not called until somebody enters it.
    let needs_key = health.reason.as_deref() == Some("key_needs_reentry");
    let (tone, label) = match health.state {
        HealthState::Healthy => (Tone::Good, "Healthy"),
        HealthState::Unknown => (Tone::Plain, "Not called yet"),
        HealthState::Ejected => (Tone::Bad, "Resting after failures"),
        HealthState::Cooling => (Tone::Warn, "At its rate limit"),
        HealthState::Misconfigured if needs_key => (Tone::Bad, "Needs its key again"),
        HealthState::Misconfigured => (Tone::Bad, "Refuses our key or model"),
    };
    let mut more = health.reason.unwrap_or_default().replace('_', " ");
    if let Some(until) = health.until.filter(|until| *until > now) {
        let pause = if more.is_empty() { "" } else { "; " };
        more = format!("{more}{pause}tried again {}", time_ago::words(until, now));
    }
    view! { <Status tone label more /> }.into_any()
}

/// The seats of a destination in a list: name, share, health.
pub(crate) fn member_table(seats: Vec<MemberTraffic>, now: Timestamp) -> AnyView {
    // One alone takes all that comes; a bar would say nothing.
    let alone = seats.len() == 1;
    let rows = seats
        .into_iter()
        .map(|seat| {
            let href = format!("/instances/{}", seat.id);
            let (share, said) = (seat.share, share_words(&seat));
            let name = if seat.name.is_empty() { seat.id.clone() } else { seat.name.clone() };
            view! {
                <li class="seat">
                    <span class="seat-name">
                        <a href=href>{name}</a>
                        {seat.demo.then(demo_mark)}
                    </span>
                    {if alone && share > 0.0 {
                        ().into_any()
                    } else if share > 0.0 {
                        view! { <ShareBar share /> }.into_any()
                    } else {
                        view! { <span class="share-none">{said}</span> }.into_any()
                    }}
                    {health(seat.health, seat.enabled, now)}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="seats">{rows}</ul> }.into_any()
}

/// Says that this server itself answers for an instance.
pub(crate) fn demo_mark() -> impl IntoView {
    view! {
        <span class="badge" title="Served by this program itself">
            "Demo"
        </span>
    }
}

/// All seats in words: `inst_a 100 %, inst_b standby`.
pub(crate) fn words(seats: &[MemberTraffic]) -> String {
    let words: Vec<String> = seats.iter().map(|seat| format!("{} {}", seat.id, share_words(seat))).collect();
    words.join(", ")
}

/// A seat's part in words, or why it has none.
fn share_words(seat: &MemberTraffic) -> String {
    if seat.share > 0.0 {
        return format!("{} %", percent(seat.share));
    }
    let why = match seat.health.state {
        _ if !seat.enabled => "off",
        _ if seat.weight == 0 => "no traffic (weight 0)",
        HealthState::Ejected => "resting",
        HealthState::Cooling => "at its rate limit",
        HealthState::Misconfigured => "misconfigured",
        HealthState::Healthy | HealthState::Unknown => "standby",
    };
    why.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(id: &str, share: f64) -> MemberTraffic {
        MemberTraffic {
            id: id.to_owned(),
            name: id.to_owned(),
            share,
            weight: 100,
            priority: 1,
            enabled: true,
            demo: false,
            health: HealthView::default(),
        }
    }

    #[test]
    fn shares_are_said_in_words_with_the_reason_where_there_is_none() {
        let off = MemberTraffic { enabled: false, ..seat("inst_c", 0.0) };
        let never = MemberTraffic { weight: 0, ..seat("inst_d", 0.0) };
        let ejected = MemberTraffic {
            health: HealthView { state: HealthState::Ejected, ..HealthView::default() },
            ..seat("inst_e", 0.0)
        };
        let seats = [seat("inst_a", 1.0), seat("inst_b", 0.0), off, never, ejected];
        let said = words(&seats);
        assert_eq!(
            said,
            "inst_a 100 %, inst_b standby, inst_c off, inst_d no traffic (weight 0), inst_e resting"
        );
    }
}
