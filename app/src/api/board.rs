//! The board of balancers: which exist, how they are, who gets the traffic now; and the drafts that wait.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::traffic::Seat;
use crate::domain::{
    config::{
        balancer::{OrderedStrategy, RoutingMode},
        instance::WorkloadKind,
    },
    ids::ObjectKind,
    timestamp::Timestamp,
};
use crate::web::Answer;
use crate::web::notice::FlashNotice;

#[cfg(feature = "ssr")]
mod server;

#[cfg(feature = "ssr")]
pub(crate) use server::place;

/// The board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Board {
    /// Some of the balancers as they are now.
    pub(crate) lanes: Lanes,
    /// The kept forms of the one who looks, newest first.
    pub(crate) drafts: Vec<DraftLine>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
    /// When the page was made.
    pub(crate) now: Timestamp,
}

/// The balancers of one page of the board.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lanes {
    /// In the order of all names.
    pub(crate) balancers: Vec<BoardRow>,
    /// What was looked for in names and serving names; empty for everything.
    pub(crate) q: String,
    /// The place of the first of them among all that were found, from 1.
    pub(crate) first: usize,
    /// How many were found.
    pub(crate) all: usize,
    /// Whether there are more than one page shows, found or not.
    pub(crate) many: bool,
    /// The address of the page before.
    pub(crate) before: Option<String>,
    /// The address of the page after.
    pub(crate) after: Option<String>,
    /// When this was read.
    pub(crate) now: Timestamp,
}

/// One balancer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BoardRow {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// The model id that clients send.
    pub(crate) serving_name: String,
    /// The calls that it serves.
    pub(crate) workload_kind: WorkloadKind,
    /// Whether it answers.
    pub(crate) enabled: bool,
    /// How it chooses.
    pub(crate) routing_mode: RoutingMode,
    /// What `ordered` does.
    pub(crate) ordered_strategy: OrderedStrategy,
    /// The router model, where it has one.
    pub(crate) router: Option<Place>,
    /// Its routes in order; of many, the first and the default.
    pub(crate) lanes: Vec<Lane>,
    /// How many routes are left out.
    pub(crate) more: usize,
}

/// One route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lane {
    /// The route's name.
    pub(crate) route: String,
    /// Whether it answers when nothing else does.
    pub(crate) is_default: bool,
    /// Whether it may be chosen.
    pub(crate) enabled: bool,
    /// Its part of the calls now, 0.0–1.0; absent where intents decide call by call.
    pub(crate) share: Option<f64>,
    /// Its calls of the last five minutes.
    pub(crate) calls: u64,
    /// Those of them that were meant for another route, or could not be classified.
    pub(crate) fallen_back: u64,
    /// Where its calls go.
    pub(crate) place: Place,
}

/// An instance or a target group, and the instances behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// What it is.
    pub(crate) kind: ObjectKind,
    /// Its id.
    pub(crate) id: String,
    /// Its name; the id where it is gone.
    pub(crate) name: String,
    /// The instances behind it.
    pub(crate) seats: Vec<Seat>,
}

impl Place {
    /// Whether any instance behind it could answer, as far as is known.
    pub(crate) fn is_up(&self) -> bool {
        self.seats.iter().any(Seat::is_up)
    }
}

/// A kept form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DraftLine {
    /// Its id.
    pub(crate) id: String,
    /// What it will become.
    pub(crate) kind: ObjectKind,
    /// The name that was typed; may be empty.
    pub(crate) name: String,
    /// Whether it changes something that is saved.
    pub(crate) editing: bool,
    /// Where it goes on.
    pub(crate) page: String,
    /// When it was last touched.
    pub(crate) updated_at: Timestamp,
}

/// A draft to throw away.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DraftForm {
    id: String,
}

/// The board. `note` names what to say once, `q` is looked for in names, `page` is a page from 1; one that is not there
/// leads to the nearest.
#[server(prefix = "/fn", endpoint = "read_board")]
pub(crate) async fn read_board(
    #[server(default)] note: String,
    #[server(default)] q: String,
    #[server(default)] page: String,
) -> Answer<Board> {
    crate::web::action_error::answer(server::board(&note, &q, &page).await)
}

/// Throws a draft away.
#[server(prefix = "/fn", endpoint = "drop_draft")]
pub(crate) async fn drop_draft(form: DraftForm) -> Answer<()> {
    crate::web::action_error::answer(server::drop_draft(&form.id).await)
}

/// Adds the demo instances and begins a balancer on them.
#[server(prefix = "/fn", endpoint = "try_demo")]
pub(crate) async fn try_demo() -> Answer<()> {
    crate::web::action_error::answer(server::try_demo().await)
}
