//! Decodes the scope of a new API key.

use serde_json::Value;

use super::{Decoded, Fields};
use crate::domain::{
    config::{
        api_key::ApiKeyScope,
        instance::{KeyChange, secrets::HeaderValues},
    },
    limits, range,
    timestamp::Timestamp,
};

/// Decodes the scope of a new API key.
pub fn api_key(body: &Value) -> Decoded<ApiKeyScope> {
    let mut fields = Fields::of(body, "");
    let defaults = ApiKeyScope::default();
    let value = ApiKeyScope {
        name: fields.required_text("name"),
        balancers: balancers(&mut fields).unwrap_or(defaults.balancers),
        force_route: fields.flag("force_route", defaults.force_route),
        rpm: fields.optional_number("rpm", range::KEY_RPM),
        max_in_flight: fields.optional_number("max_in_flight", range::KEY_IN_FLIGHT),
        expires_at: expires_at(&mut fields),
    };
    Decoded {
        value,
        id: None,
        revision: None,
        key: KeyChange::Keep,
        header_values: HeaderValues::new(),
        errors: fields.finish(),
    }
}

fn balancers(fields: &mut Fields<'_>) -> Option<Vec<String>> {
    let is_set = fields.get("balancers").is_some_and(|it| !it.is_null());
    is_set.then(|| fields.texts("balancers", limits::KEY_BALANCERS))
}

fn expires_at(fields: &mut Fields<'_>) -> Option<Timestamp> {
    let text = fields.optional_text("expires_at")?;
    let moment = Timestamp::parse(&text);
    if moment.is_none() {
        fields.error("expires_at", "type", "Send a time such as 2026-01-31T12:00:00Z, not before 1970.");
    }
    moment
}
