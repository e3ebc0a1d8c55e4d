//! Instances of a destination: health, shares, and a summary of the shares.

use leptos::prelude::*;

use super::member_traffic::MemberTraffic;
use crate::{
    domain::{
        routing::health::{HealthState, HealthView},
        timestamp::Timestamp,
    },
    ui::{ShareBar, Status, Tone, share_bar::percent, time_ago},
};

/// The health of an instance as a status; `enabled` is whether it may receive traffic.
pub(crate) fn health(health: HealthView, enabled: bool, now: Timestamp) -> AnyView {
    if !enabled {
        return view! { <Status tone=Tone::Off label="Disabled" /> }.into_any();
    }
    // A secret was dropped with its address, or cannot be opened with the current master key. The instance is not called
    // until it is entered again.
    let missing = match health.reason.as_deref() {
        Some("key_needs_reentry") => Some("Key needs re-entry"),
        Some("header_needs_reentry") => Some("Header needs re-entry"),
        _ => None,
    };
    let (tone, label) = match health.state {
        HealthState::Healthy => (Tone::Good, "Healthy"),
        HealthState::Unknown => (Tone::Plain, "Not called yet"),
        HealthState::Ejected => (Tone::Bad, "Ejected after failures"),
        HealthState::Cooling => (Tone::Warn, "At its rate limit"),
        HealthState::Misconfigured => (Tone::Bad, missing.unwrap_or("Refuses the key or model")),
    };
    let reason = health.reason.filter(|_| missing.is_none());
    let mut more = reason.unwrap_or_default().replace('_', " ");
    if let Some(until) = health.until.filter(|until| *until > now) {
        let pause = if more.is_empty() { "" } else { "; " };
        more = format!("{more}{pause}next try {}", time_ago::words(until, now));
    }
    view! { <Status tone label more /> }.into_any()
}

/// The members of a destination as a list: name, share, health.
pub(crate) fn member_table(members: Vec<MemberTraffic>, now: Timestamp) -> AnyView {
    // A single instance gets all traffic; a bar would add nothing.
    let alone = members.len() == 1;
    let rows = members
        .into_iter()
        .map(|member| {
            let href = format!("/instances/{}", member.id);
            let (share, text) = (member.share, share_text(&member));
            let name = if member.name.is_empty() { member.id.clone() } else { member.name.clone() };
            view! {
                <li class="seat">
                    <span class="seat-name">
                        <a href=href>{name}</a>
                        {member.demo.then(demo_mark)}
                    </span>
                    {if alone && share > 0.0 {
                        ().into_any()
                    } else if share > 0.0 {
                        view! { <ShareBar share /> }.into_any()
                    } else {
                        view! { <span class="share-none">{text}</span> }.into_any()
                    }}
                    {health(member.health, member.enabled, now)}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="seats">{rows}</ul> }.into_any()
}

/// Marks a demo instance.
pub(crate) fn demo_mark() -> impl IntoView {
    view! {
        <span class="badge" title="Served by this server itself">
            "Demo"
        </span>
    }
}

/// The shares of all members as text: `inst_a 100 %, inst_b standby`.
pub(crate) fn shares_text(members: &[MemberTraffic]) -> String {
    let words: Vec<String> =
        members.iter().map(|member| format!("{} {}", member.id, share_text(member))).collect();
    words.join(", ")
}

/// A member's share as text, or the reason why it has none.
fn share_text(member: &MemberTraffic) -> String {
    if member.share > 0.0 {
        return format!("{} %", percent(member.share));
    }
    let why = match member.health.state {
        _ if !member.enabled => "off",
        _ if member.weight == 0 => "no traffic (weight 0)",
        HealthState::Ejected => "ejected",
        HealthState::Cooling => "at its rate limit",
        HealthState::Misconfigured => "misconfigured",
        HealthState::Healthy | HealthState::Unknown => "standby",
    };
    why.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str, share: f64) -> MemberTraffic {
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
    fn a_member_without_a_share_shows_the_reason() {
        let off = MemberTraffic { enabled: false, ..member("inst_c", 0.0) };
        let never = MemberTraffic { weight: 0, ..member("inst_d", 0.0) };
        let ejected = MemberTraffic {
            health: HealthView { state: HealthState::Ejected, ..HealthView::default() },
            ..member("inst_e", 0.0)
        };
        let members = [member("inst_a", 1.0), member("inst_b", 0.0), off, never, ejected];
        let text = shares_text(&members);
        assert_eq!(
            text,
            "inst_a 100 %, inst_b standby, inst_c off, inst_d no traffic (weight 0), inst_e ejected"
        );
    }
}
