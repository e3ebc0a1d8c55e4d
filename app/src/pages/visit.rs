//! One look at a page: its address, and how often it was answered at the same address.
//!
//! A form's server function ends with a redirect. Where that leads elsewhere, the address changes and the page
//! reads anew; where it leads to the very same address the router stays still, so the page is told here.

use crate::api::look::Look;
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::{
    hooks::{use_params_map, use_query_map, use_url},
    params::ParamsMap,
};

/// What a page reads its data by.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    answers: RwSignal<usize>,
    query: Memo<ParamsMap>,
    params: Memo<ParamsMap>,
}

/// What a page's address says; equal addresses answered anew are different sights.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sight {
    answers: usize,
    query: ParamsMap,
    params: ParamsMap,
}

impl Sight {
    /// What a form's page is asked to show.
    pub(crate) fn look(&self) -> Look {
        let query = |name: &str| self.query(name).unwrap_or_default();
        Look {
            id: self.part("id"),
            draft: query("draft"),
            check: query("check"),
            note: query("note"),
            confirm: query("confirm"),
        }
    }

    /// A part of the path, such as `id` of `/instances/:id`; empty where there is none.
    pub(crate) fn part(&self, name: &str) -> String {
        self.params.get(name).unwrap_or_default()
    }

    /// The sight without what only the view reads, so that a change of it reads nothing anew.
    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        for name in names {
            self.query.remove(name);
        }
        self
    }

    /// A value of the query; `None` where it is absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query.get(name).filter(|value| !value.is_empty())
    }
}

impl Visit {
    /// The visit of the page that is being drawn.
    pub(crate) fn new() -> Self {
        Self { answers: RwSignal::new(0), query: use_query_map(), params: use_params_map() }
    }

    /// A value of the query as it is now, for what is drawn once; empty where it is absent.
    pub(crate) fn query_now(self, name: &str) -> String {
        self.query.with_untracked(|query| query.get(name)).unwrap_or_default()
    }

    /// What the address says; tracked.
    pub(crate) fn sight(self) -> Sight {
        Sight { answers: self.answers.get(), query: self.query.get(), params: self.params.get() }
    }

    /// Reads the page anew after this action has ended at the same address. The router follows a redirect in the
    /// next animation frame; only after that is it known whether the address has changed.
    pub(crate) fn follow<S>(self, action: ServerAction<S>) -> Self
    where
        S: ServerFn + Clone + Send + Sync + 'static,
        S::Output: Send + Sync + 'static,
        S::Error: Send + Sync + 'static,
    {
        let url = use_url();
        let version = action.version();
        Effect::new(move |before: Option<usize>| {
            let now = version.get();
            if before.is_some_and(|before| before != now) {
                let address = url.with_untracked(|url| (url.path().to_owned(), url.search().to_owned()));
                request_animation_frame(move || {
                    // By then the page may be gone, and all of this with it.
                    let same = url.try_with_untracked(|url| url.path() == address.0 && url.search() == address.1);
                    if same == Some(true) {
                        self.answers.try_update(|count| *count += 1);
                    }
                });
            }
            now
        });
        self
    }
}
