//! One look at a page: its address, how often it was answered at the same address, and the form that is under way.

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_location, use_params_map, use_query_map},
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
    now: Memo<ParamsMap>,
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
            id: self.part("id"),
            draft: self.text("draft"),
            check: self.text("check"),
            note: self.text("note"),
            confirm: self.text("confirm"),
        }
    }

    /// A part of the path, such as `id` of `/instances/:id`; empty where there is none.
    pub(crate) fn part(&self, name: &str) -> String {
        self.params.get(name).unwrap_or_default()
    }

    /// A value of the query; `None` where it is absent or empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        self.query.get(name).filter(|value| !value.is_empty())
    }

    /// A value of the query; empty where it is absent.
    pub(crate) fn text(&self, name: &str) -> String {
        self.query.get(name).unwrap_or_default()
    }

    /// The sight without what only the view reads, so that a change of it reads nothing anew.
    fn without(mut self, names: &[&str]) -> Self {
        for name in names {
            self.query.remove(name);
        }
        self
    }
}

impl Visit {
    /// The visit of the page that is being drawn.
    pub(crate) fn new() -> Self {
        Self {
            post: Post::new(),
            query: use_query_map(),
            params: use_params_map(),
            now: use_location().query,
        }
    }

    /// A value of the query as it is now, for what is drawn once; empty where it is absent.
    pub(crate) fn query_now(self, name: &str) -> String {
        self.now.with_untracked(|query| query.get(name)).unwrap_or_default()
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
    pub(super) fn outcome(self) -> Option<Answer<()>> {
        self.post.outcome.get()
    }

    /// The page's data, read for each sight of it.
    pub(crate) fn read<T, F>(self, read: impl Fn(Sight) -> F + Send + Sync + 'static) -> Data<T>
    where
        T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        Resource::new_with_options(move || self.sight(), read, false)
    }

    /// The same of a page whose view follows some parts of the query by itself.
    pub(crate) fn read_without<T, F>(
        self,
        seen: &'static [&'static str],
        read: impl Fn(Sight) -> F + Send + Sync + 'static,
    ) -> Data<T>
    where
        T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        Resource::new_with_options(move || self.sight().without(seen), read, false)
    }

    /// What the address says; tracked.
    pub(crate) fn sight(self) -> Sight {
        // Where a part of the path changes, the router (0.8.17) leaves this route's query as it was: it tells when to
        // look; what there is to see is asked of the whole router.
        // It is read, not only tracked: a memo that nobody reads never learns that it is out of date.
        drop(self.query.read());
        let (answers, params) = (self.post.answers.get(), self.params.get());
        Sight { answers, query: self.now.get_untracked(), params }
    }
}
