//! The call that runs, and the same over another route beside it: begun by "Send", folded event by event, cancelled by
//! "Stop" or by leaving the page.

use futures_util::{
    StreamExt as _,
    future::{AbortHandle, abortable},
};
use leptos::{prelude::*, task::spawn_local, wasm_bindgen::JsCast as _, web_sys};

use crate::{
    actions::playground::{
        Playable, Playground,
        form::PlayForm,
        outcome::{End, Lines, Outcome},
        play,
    },
    domain::console::play::PlayCall,
    ui::{FieldErrors, form::field_errors::name_of},
};

/// The calls of the page and what is known of them.
#[derive(Clone, Copy)]
pub(super) struct Call {
    /// The call.
    pub(super) first: Run,
    /// The same over another route, where routes are compared.
    pub(super) beside: Run,
    /// What is wrong with the form.
    pub(super) errors: RwSignal<FieldErrors>,
    balancers: StoredValue<Vec<Playable>>,
}

impl Call {
    /// The page as the server sent it.
    pub(super) fn new(page: &Playground) -> Self {
        Self {
            first: Run::new(page.outcome.clone()),
            beside: Run::new(page.beside.clone()),
            errors: RwSignal::new(FieldErrors::from(page.errors.clone())),
            balancers: StoredValue::new(page.balancers.clone()),
        }
    }

    /// The form is sent. Only "Send" is taken over here: the answer then streams in. The other buttons go the way that
    /// all forms go.
    pub(super) fn submitted(self, ev: &web_sys::SubmitEvent) {
        let button = ev.submitter().and_then(|it| it.dyn_into::<web_sys::HtmlButtonElement>().ok());
        if button.is_some_and(|it| it.value() != "send") {
            return;
        }
        // A form that cannot be read here is sent as it is, and answered whole.
        let Some(form) = typed(ev) else { return };
        ev.prevent_default();
        match self.balancers.with_value(|balancers| form.calls(balancers)) {
            Ok((call, beside)) => {
                self.errors.set(FieldErrors::default());
                self.first.begin(call);
                match beside {
                    Some(call) => self.beside.begin(call),
                    None => self.beside.clear(),
                }
            }
            Err(errors) => self.errors.set(FieldErrors::from(errors)),
        }
    }

    /// Whether anything still runs; tracked.
    pub(super) fn is_running(self) -> bool {
        self.first.running.get() || self.beside.running.get()
    }

    /// Ends the calls; what came so far stays.
    pub(super) fn stop(self) {
        self.first.stop();
        self.beside.stop();
    }
}

/// One call.
#[derive(Clone, Copy)]
pub(super) struct Run {
    /// What came so far; absent before the first call.
    pub(super) outcome: RwSignal<Option<Outcome>>,
    running: RwSignal<bool>,
    handle: StoredValue<Option<AbortHandle>>,
}

impl Run {
    fn new(outcome: Option<Outcome>) -> Self {
        let run = Self {
            outcome: RwSignal::new(outcome),
            running: RwSignal::new(false),
            handle: StoredValue::new(None),
        };
        on_cleanup(move || run.abort());
        run
    }

    fn stop(self) {
        self.abort();
        self.running.set(false);
        self.outcome.update(|outcome| {
            if let Some(outcome) = outcome {
                outcome.end.get_or_insert(End::Stopped);
            }
        });
    }

    /// Forgets what came.
    fn clear(self) {
        self.abort();
        self.running.set(false);
        self.outcome.set(None);
    }

    fn abort(self) {
        if let Some(Some(handle)) = self.handle.try_update_value(Option::take) {
            handle.abort();
        }
    }

    fn begin(self, call: PlayCall) {
        self.abort();
        self.outcome.set(Some(Outcome::default()));
        self.running.set(true);
        let (run, handle) = abortable(async move {
            let pieces = match play(call).await {
                Ok(pieces) => pieces,
                Err(error) => return self.change(|outcome| outcome.fail(error)),
            };
            let mut pieces = Box::pin(pieces.into_inner());
            let mut lines = Lines::default();
            while let Some(Ok(piece)) = pieces.next().await {
                for event in lines.push(&piece) {
                    self.change(|outcome| outcome.take(event));
                }
            }
            self.change(Outcome::over);
        });
        self.handle.set_value(Some(handle));
        spawn_local(async move {
            // One that was aborted has a successor that runs, or none that matters.
            if run.await.is_ok() {
                self.running.try_set(false);
            }
        });
    }

    fn change(self, change: impl FnOnce(&mut Outcome)) {
        self.outcome.try_update(|outcome| outcome.as_mut().map(change));
    }
}

/// What stands in the form.
fn typed(ev: &web_sys::SubmitEvent) -> Option<PlayForm> {
    let form: web_sys::HtmlFormElement = ev.target()?.dyn_into().ok()?;
    let fields = web_sys::FormData::new_with_form(&form).ok()?;
    let ticked = |path: &str| fields.get(&name_of(path)).as_string();
    let text = |path: &str| ticked(path).unwrap_or_default();
    Some(PlayForm {
        balancer: text("balancer"),
        route: text("route"),
        second_route: text("second_route"),
        system: text("system"),
        message: text("message"),
        input: text("input"),
        second_input: text("second_input"),
        stream: ticked("stream"),
        temperature: text("temperature"),
        max_tokens: text("max_tokens"),
        more: text("more"),
        pasted: String::new(),
    })
}
