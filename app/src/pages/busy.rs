//! Whether the page is about to change: a link was followed, a form is on its way, or data is read anew. The frame
//! marks it, for people who cannot see it and for whoever must not act on a page that will be gone.

use leptos::prelude::*;

/// What is under way on the page, counted.
#[derive(Clone, Copy)]
pub(crate) struct Busy {
    routing: RwSignal<bool>,
    works: RwSignal<usize>,
}

/// A piece of work; its end is that it is dropped.
pub(crate) struct Work(RwSignal<usize>);

impl Drop for Work {
    fn drop(&mut self) {
        // The whole console may be gone before its work is.
        self.0.try_update(|count| *count -= 1);
    }
}

impl Busy {
    /// For everything that is drawn below.
    pub(crate) fn provide() -> Self {
        let busy = Self { routing: RwSignal::new(false), works: RwSignal::new(0) };
        provide_context(busy);
        busy
    }

    /// What the frame around this view counts by; one of its own where there is no frame.
    pub(crate) fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    /// For the router to say that it draws another page.
    pub(crate) fn routing(self) -> SignalSetter<bool> {
        self.routing.into()
    }

    /// Begins a piece of work.
    pub(crate) fn begin(self) -> Work {
        self.works.update(|count| *count += 1);
        Work(self.works)
    }

    /// The value of `aria-busy`.
    pub(crate) fn mark(self) -> Option<&'static str> {
        (self.routing.get() || self.works.get() > 0).then_some("true")
    }
}
