//! One look at a page: its address, how often it was answered at the same address, and the form that is under way.

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

use super::post::Post;
use crate::api::{Answer, json::Json, look::Look};

/// A page's one resource.
pub(crate) type Data<T> = Resource<Answer<T>, Json>;

/// What a page reads its data by, and what became of its forms.
#[derive(Clone, Copy)]
pub(crate) struct Visit {
    post: Post,
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
        Look {
            id: self.params.get("id").unwrap_or_default(),
            draft: self.query("draft"),
            check: self.query("check"),
            note: self.query("note"),
            confirm: self.query("confirm"),
        }
    }

    /// A value of the query; empty where it is absent.
    pub(crate) fn query(&self, name: &str) -> String {
        self.query.get(name).unwrap_or_default()
    }
}

impl Visit {
    /// The visit of the page that is being drawn.
    pub(crate) fn new() -> Self {
        Self { post: Post::new(), query: use_query_map(), params: use_params_map() }
    }

    /// A value of the query as it is now, for what is drawn once; empty where it is absent.
    pub(crate) fn query_now(self, name: &str) -> String {
        self.query.with_untracked(|query| query.get(name)).unwrap_or_default()
    }

    /// A form of this page that posts to a server function. `to` is the function's address.
    pub(crate) fn form(self, to: &'static str, content: AnyView) -> AnyView {
        self.post.form(to, content)
    }

    /// Whether a form is on its way; its buttons wait.
    pub(crate) fn is_sending(self) -> Signal<bool> {
        self.post.sending.into()
    }

    /// What came of the last form where its answer did not lead elsewhere.
    pub(crate) fn outcome(self) -> Option<Answer<()>> {
        self.post.outcome.get()
    }

    /// The page's data, read for each sight of it.
    pub(crate) fn read<T, F>(self, read: impl Fn(Sight) -> F + Send + Sync + 'static) -> Data<T>
    where
        T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        let sight = move || Sight {
            answers: self.post.answers.get(),
            query: self.query.get(),
            params: self.params.get(),
        };
        Resource::new_with_options(sight, read, false)
    }
}
