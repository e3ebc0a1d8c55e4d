//! Parameters of the current page's URL.

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

/// Path parameters and query of the current page.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PageParams {
    query: ParamsMap,
    path: ParamsMap,
}

impl PageParams {
    /// Reads the URL of the current page.
    pub(crate) fn current() -> Self {
        Self { query: use_query_map().get_untracked(), path: use_params_map().get_untracked() }
    }

    /// A path parameter, such as `id` of `/instances/:id`; empty if absent.
    pub(crate) fn part(&self, name: &str) -> String {
        self.path.get(name).unwrap_or_default()
    }

    /// A query parameter; `None` if absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query.get(name).filter(|value| !value.is_empty())
    }

    /// A query parameter; empty if absent.
    pub(crate) fn text(&self, name: &str) -> String {
        self.query.get(name).unwrap_or_default()
    }
}
