//! A page's one resource. All pages share its making, whatever they are drawn from; only opening knows the type.

use std::{marker::PhantomData, pin::Pin, sync::Arc};

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::visit::Sight;
use crate::api::{
    Answer,
    json::{Json, Sheet},
};

/// What can be in a page.
pub(crate) trait Shown: Clone + Send + Sync + Serialize + DeserializeOwned + 'static {}

impl<T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static> Shown for T {}

type Reading = Pin<Box<dyn Future<Output = Sheet> + Send>>;

/// Answers of one type, read for each sight of a page.
pub(crate) struct Data<T> {
    sheet: Resource<Sheet, Json>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Data<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Data<T> {}

impl<T: Shown> Data<T> {
    /// Reads for each different sight.
    pub(crate) fn new<F>(
        sight: impl Fn() -> Sight + Send + Sync + 'static,
        read: impl Fn(Sight) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Answer<T>> + Send + 'static,
    {
        let read = move |sight: Sight| -> Reading {
            let answer = read(sight);
            Box::pin(async move { Sheet::Read(Arc::new(answer.await)) })
        };
        Self { sheet: resource(Box::new(sight), Box::new(read)), of: PhantomData }
    }

    /// The next answer.
    pub(crate) async fn answer(self) -> Answer<T> {
        self.sheet.await.open()
    }
}

fn resource(
    sight: Box<dyn Fn() -> Sight + Send + Sync>,
    read: Box<dyn Fn(Sight) -> Reading + Send + Sync>,
) -> Resource<Sheet, Json> {
    Resource::new_with_options(sight, read, false)
}
