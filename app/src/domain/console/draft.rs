//! Unsaved forms that the server keeps, so a refresh, a second tab or missing scripting loses nothing. For
//! instances, target groups and balancers.

use serde::{Deserialize, Serialize};

use crate::domain::{
    config::balancer::{Balancer, Route},
    ids::ObjectKind,
    timestamp::Timestamp,
};

/// An unsaved form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// As in `?draft=`.
    pub id: String,
    /// Number of saves; 0 before the first. A save names the revision that it is based on.
    pub revision: u64,
    /// The kind of object that it describes.
    pub kind: ObjectKind,
    /// The edited object; `None` for a new one.
    pub editing: Option<Editing>,
    /// The entered values in the JSON form of the object, including invalid ones; no secrets.
    pub body: serde_json::Value,
    /// Time of the last save.
    pub updated_at: Timestamp,
}

/// The object that a draft edits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editing {
    /// Id of the object.
    pub id: String,
    /// The revision that the draft is based on.
    pub revision: u64,
}

/// The six steps of the wizard, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Name and serving name.
    Name,
    /// Chat or embeddings.
    Workload,
    /// Intent classifier or ordered.
    Mode,
    /// The router model.
    Router,
    /// Routes with exactly one default.
    Routes,
    /// Save and test.
    Review,
}

impl Step {
    /// All steps in order.
    pub const ALL: [Self; 6] =
        [Self::Name, Self::Workload, Self::Mode, Self::Router, Self::Routes, Self::Review];

    /// The path segment in the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Workload => "workload",
            Self::Mode => "mode",
            Self::Router => "router",
            Self::Routes => "routes",
            Self::Review => "review",
        }
    }

    /// The step with this path segment.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// The step that shows the field at `path`.
    pub fn of_path(path: &str) -> Self {
        match path.split(['.', '[']).next().unwrap_or_default() {
            "workload_kind" => Self::Workload,
            "routing_mode" | "ordered_strategy" => Self::Mode,
            "router_model" | "classifier" => Self::Router,
            "routes" => Self::Routes,
            "name" | "serving_name" | "display_name" | "description" | "id" => Self::Name,
            _ => Self::Review,
        }
    }
}

/// The initial draft: an intent classifier with three specialised routes and a default, without names and
/// destinations.
pub fn prefilled() -> Balancer {
    let route = |place: u64, name: &str, intent: &str, is_default: bool| Route {
        name: name.to_owned(),
        intent: intent.to_owned(),
        priority: place,
        is_default,
        ..Route::default()
    };
    Balancer {
        routes: vec![
            route(1, "code", "The user asks for help with writing, reading or fixing program code.", false),
            route(2, "writing", "The user wants a text drafted, edited, summarised or translated.", false),
            route(
                3,
                "support",
                "The user has a problem with an account, an order, a bill or a device.",
                false,
            ),
            route(4, "general", "Everything else, such as small talk and general questions.", true),
        ],
        ..Balancer::default()
    }
}
