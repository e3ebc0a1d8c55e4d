//! An instance as it is typed.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::typed_secrets::TypedSecrets;
use crate::{
    actions::form::FormTarget,
    domain::{config::instance::presets::Preset, ids::ObjectKind, secret::TypedSecret},
    web::form::body::FormBody,
};

/// Form of an instance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct InstanceForm {
    id: String,
    revision: String,
    draft: String,
    draft_revision: String,
    /// The flash message with secrets that were typed before; empty if there is none.
    pub(super) kept: String,
    /// The flash message with the models that were found; empty if there is none.
    pub(super) found: String,
    /// The chosen preset; empty for none.
    pub(super) preset: String,
    name: String,
    base_url: String,
    model: String,
    auth_header: String,
    headers: Vec<TypedHeader>,
    apis: TypedApis,
    /// Rows of the models that were found.
    pub(super) models: Vec<ChosenModel>,
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

/// A row of an additional header.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct TypedHeader {
    name: String,
    value: TypedSecret,
}

/// APIs in the form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct TypedApis {
    chat_completions: String,
    completions: String,
    responses: String,
    messages: String,
}

/// A row of a model that was found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ChosenModel {
    /// The model id.
    pub(super) id: String,
    /// `true` if it is to be added.
    pub(super) add: String,
    /// The workload kind.
    pub(super) kind: String,
}

/// Timeouts in the form.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct TypedTimeouts {
    connect_ms: String,
    first_byte_ms: String,
    answer_ms: String,
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

    /// The body that can be kept: everything but secrets.
    pub(crate) fn body(&self) -> Value {
        let timeouts = FormBody::default()
            .whole("connect_ms", &self.timeouts.connect_ms)
            .whole("first_byte_ms", &self.timeouts.first_byte_ms)
            .whole("answer_ms", &self.timeouts.answer_ms)
            .whole("idle_ms", &self.timeouts.idle_ms)
            .whole("total_ms", &self.timeouts.total_ms);
        let apis = FormBody::default()
            .choice("chat_completions", &self.apis.chat_completions)
            .choice("completions", &self.apis.completions)
            .choice("responses", &self.apis.responses)
            .choice("messages", &self.apis.messages);
        FormBody::default()
            .text("name", &self.name)
            .text("base_url", &self.base_url)
            .text("model", &self.model)
            .choice("auth_header", &self.auth_header)
            .part("headers", self.header_names())
            .part("apis", apis.build())
            .choice("workload_kind", &self.workload_kind)
            .flag("enabled", &self.enabled)
            .whole("max_in_flight", &self.max_in_flight)
            .optional_whole("dimensions", self.dimensions.as_deref())
            .part("timeouts", timeouts.build())
            .build()
    }

    /// The connection alone, as it is typed.
    pub(super) fn connection(&self, secrets: &TypedSecrets) -> Value {
        FormBody::default()
            .text("base_url", &self.base_url)
            .choice("auth_header", &self.auth_header)
            .text("api_key", &secrets.api_key)
            .part("headers", secrets.headers_of(&self.header_names()))
            .build()
    }

    /// The names of additional headers, each with `null`. A row without name and value is none.
    fn header_names(&self) -> Map<String, Value> {
        let is_used =
            |row: &&TypedHeader| !row.name.trim().is_empty() || !row.value.clone().into_secret().is_empty();
        self.headers.iter().filter(is_used).map(|row| (row.name.trim().to_owned(), Value::Null)).collect()
    }

    /// The secrets that were typed.
    pub(super) fn typed_secrets(&self) -> TypedSecrets {
        let headers = self.headers.iter().filter_map(|row| {
            let value = row.value.clone().into_secret();
            (!value.is_empty()).then(|| (row.name.trim().to_ascii_lowercase(), value.reveal().to_owned()))
        });
        TypedSecrets {
            api_key: self.api_key.clone().into_secret().reveal().to_owned(),
            headers: headers.collect(),
        }
    }

    /// Takes the row of a header out; a place that is not there is left alone.
    pub(super) fn remove_header(&mut self, place: usize) {
        if place < self.headers.len() {
            self.headers.remove(place);
        }
    }

    /// Fills in what a preset says.
    pub(super) fn apply(&mut self, preset: &Preset) {
        preset.base_url.clone_into(&mut self.base_url);
        preset.auth_header.clone_into(&mut self.auth_header);
        for (name, _) in preset.headers {
            if !self.headers.iter().any(|row| row.name.trim().eq_ignore_ascii_case(name)) {
                self.headers.push(TypedHeader { name: (*name).to_owned(), ..TypedHeader::default() });
            }
        }
    }

    /// The host of the address, to tell instances of the same model apart; empty if it has none.
    pub(super) fn host(&self) -> String {
        let rest = self.base_url.split_once("://").map_or("", |it| it.1);
        rest.split(['/', '?']).next().unwrap_or_default().to_owned()
    }

    /// What happens to the secrets. `secrets` are the typed ones: new ones replace what is stored, a removed key is
    /// none any more, and everything else stays.
    pub(super) fn changes(&self, secrets: &TypedSecrets) -> Vec<(&'static str, Value)> {
        let mut changes = vec![("headers", secrets.headers_of(&self.header_names()))];
        if !secrets.api_key.is_empty() {
            changes.push(("api_key", Value::from(secrets.api_key.as_str())));
        } else if self.remove_api_key == "true" {
            changes.push(("api_key", Value::Null));
        }
        changes
    }
}
