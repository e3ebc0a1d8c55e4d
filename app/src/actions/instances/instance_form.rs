//! An instance as it is typed.

use serde_json::Value;

use crate::{
    actions::form::FormTarget,
    domain::{ids::ObjectKind, secret::Secret},
    web::form::body::FormBody,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::secret::TypedSecret;

/// Form of an instance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct InstanceForm {
    id: String,
    revision: String,
    draft: String,
    draft_revision: String,
    name: String,
    base_url: String,
    model: String,
    api_key: TypedSecret,
    remove_api_key: String,
    workload_kind: String,
    enabled: String,
    max_in_flight: String,
    /// Empty where it was emptied, `None` where it was not sent.
    #[serde(deserialize_with = "present")]
    dimensions: Option<String>,
    timeouts: TypedTimeouts,
}

/// A text that was sent, even if it is empty.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// Timeouts in the form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct TypedTimeouts {
    connect_ms: String,
    first_byte_ms: String,
    idle_ms: String,
    total_ms: String,
}

impl InstanceForm {
    /// What it makes or changes.
    pub(crate) fn target(&self) -> FormTarget {
        FormTarget {
            kind: ObjectKind::Instance,
            id: self.id.clone(),
            revision: self.revision.clone(),
            draft: self.draft.clone(),
            draft_revision: self.draft_revision.clone(),
        }
    }

    /// The body that can be kept: everything but the key.
    pub(crate) fn body(&self) -> Value {
        let timeouts = FormBody::default()
            .whole("connect_ms", &self.timeouts.connect_ms)
            .whole("first_byte_ms", &self.timeouts.first_byte_ms)
            .whole("idle_ms", &self.timeouts.idle_ms)
            .whole("total_ms", &self.timeouts.total_ms);
        FormBody::default()
            .text("name", &self.name)
            .text("base_url", &self.base_url)
            .text("model", &self.model)
            .choice("workload_kind", &self.workload_kind)
            .flag("enabled", &self.enabled)
            .whole("max_in_flight", &self.max_in_flight)
            .optional_whole("dimensions", self.dimensions.as_deref())
            .part("timeouts", timeouts.build())
            .build()
    }

    /// What happens to the key: a new one, none any more, or nothing.
    pub(crate) fn secrets(self) -> Vec<(&'static str, Value)> {
        let key: Secret = self.api_key.into_secret();
        if !key.is_empty() {
            vec![("api_key", Value::from(key.reveal()))]
        } else if self.remove_api_key == "true" {
            vec![("api_key", Value::Null)]
        } else {
            Vec::new()
        }
    }
}
