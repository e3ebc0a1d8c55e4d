//! A form that is not saved yet, kept on the server so that a refresh, a second tab or scripting switched off lose
//! nothing. Instances and target groups have drafts as well as balancers.

use serde::{Deserialize, Serialize};

use crate::domain::{
    config::balancer::{Balancer, Route},
    ids::ObjectKind,
    timestamp::Timestamp,
};

/// One kept form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Its id, as in `?draft=`.
    pub id: String,
    /// How often it was kept; 0 for one that is not kept yet. Keeping it names the revision that it was read at.
    pub revision: u64,
    /// What it will become.
    pub kind: ObjectKind,
    /// The object that it edits and the revision that it was made from; absent for a new one.
    pub editing: Option<Editing>,
    /// What was typed, in the object's own JSON shape, errors and all; no secrets.
    pub body: serde_json::Value,
    /// When it was last touched.
    pub updated_at: Timestamp,
}

/// What a draft edits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editing {
    /// The object's id.
    pub id: String,
    /// The revision that the draft was made from.
    pub revision: u64,
}

/// The six steps, in the order of the brief.
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

    /// Its part of the address.
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

    /// The step of that part of the address.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// Where an error at `path` is mended.
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

/// What the wizard opens with: the common case, a classifier with three specialised routes and a default. Only the
/// names and the destinations are left to choose.
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
