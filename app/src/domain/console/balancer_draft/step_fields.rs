//! Posted and displayed fields of the wizard's steps, as text.

use serde::{Deserialize, Serialize};

use crate::domain::secret::TypedSecret;

/// The fields of all steps. Each step posts its own; absent fields keep their values in the draft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepFields {
    /// The internal name.
    pub name: Option<String>,
    /// The model id that clients send; if empty, it is derived from the name.
    pub serving_name: Option<String>,
    /// `chat` or `embeddings`.
    pub workload_kind: Option<String>,
    /// `intent_classifier` or `ordered`.
    pub routing_mode: Option<String>,
    /// `failover` or `weighted`.
    pub ordered_strategy: Option<String>,
    /// The router model.
    pub router_model: Option<DestinationField>,
    /// Further settings of the classification.
    pub classifier: Option<ClassifierFields>,
    /// In display order.
    pub routes: Vec<RouteFields>,
    /// Index of the default route in `routes`.
    pub default_route: Option<String>,
    /// The prompt of "Try a prompt".
    pub prompt: Option<String>,
    /// The form "Add an instance".
    pub new_instance: Option<NewInstance>,
    /// Pasted text to fill the draft from.
    pub paste: Option<String>,
}

/// Settings of the classification, named by the paths of their errors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassifierFields {
    /// The confidence below which calls go to the default route.
    pub min_confidence: String,
}

/// The fields of one route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteFields {
    /// Name of the object.
    pub name: String,
    /// One short declarative sentence.
    pub intent: String,
    /// Sample prompts, one per line.
    pub examples: String,
    /// Target of the route's calls.
    pub destination: DestinationField,
    /// Position in `ordered`.
    pub priority: String,
    /// Share in weighted `ordered`.
    pub weight: String,
    /// Present if the checkbox is checked.
    pub enabled: Option<String>,
}

/// A destination picker, named by the path of its errors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DestinationField {
    /// The chosen option, such as `instance:inst_a`; empty if none is chosen.
    #[serde(rename = "ref")]
    pub value: String,
}

/// The form "Add an instance".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewInstance {
    /// Display name.
    pub name: String,
    /// The base URL.
    pub base_url: String,
    /// The model id sent upstream.
    pub model: String,
    /// `chat` or `decision`, of a router model.
    pub workload_kind: String,
    /// The upstream key. Only sent to the server, never back, and never stored in a draft.
    pub api_key: TypedSecret,
}
