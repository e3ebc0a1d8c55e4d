//! What the address of a page says.

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

/// Path parameters and query of the page that is being drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PageParams {
    query: ParamsMap,
    path: ParamsMap,
}

impl PageParams {
    /// Reads the address of the page that is being drawn.
    pub(crate) fn current() -> Self {
        Self { query: use_query_map().get_untracked(), path: use_params_map().get_untracked() }
    }

    /// A part of the path, such as `id` of `/instances/:id`; empty if there is none.
    pub(crate) fn part(&self, name: &str) -> String {
        self.path.get(name).unwrap_or_default()
    }

    /// A value of the query; `None` if it is absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query.get(name).filter(|value| !value.is_empty())
    }

    /// A value of the query; empty if it is absent.
    pub(crate) fn text(&self, name: &str) -> String {
        self.query.get(name).unwrap_or_default()
    }
}
