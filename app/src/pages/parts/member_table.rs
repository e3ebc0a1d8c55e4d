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
    let tone = match health.state {
        HealthState::Healthy => Tone::Good,
        HealthState::Unknown => Tone::Plain,
        HealthState::Cooling => Tone::Warn,
        HealthState::Ejected | HealthState::Misconfigured => Tone::Bad,
    };
    let label = health.label();
    view! { <Status tone label more=why(&health, now).unwrap_or_default() /> }.into_any()
}

/// Why an instance is in its state and when it is tried again, as sentences.
pub(crate) fn why(health: &HealthView, now: Timestamp) -> Option<String> {
    let next = health.until.filter(|until| *until > now);
    let next = next.map(|until| format!("Next try {}.", time_ago::words(until, now)));
    let parts: Vec<_> = health.sentence().into_iter().chain(next).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
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
