//! What the buttons of the wizard do. Every one of them first puts what was typed into the draft, so that no press
//! loses anything; then it acts and says where to go.

use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, stream};
use serde_json::json;

use super::{
    Pressed, Which, checklist, paste, steps::neighbours, trial, wizard_context::WizardContext,
    wizard_draft::WizardDraft,
};
use crate::{
    domain::{
        config::{
            balancer::{Destination, DestinationKind},
            instance::WorkloadKind,
        },
        console::{
            balancer_draft::{
                destination_option::DestinationOption,
                step_fields::{NewInstance, StepFields},
            },
            check::Check,
            draft::Step,
        },
        ids::ObjectKind,
        secret::TypedSecret,
    },
    fragments::{
        self,
        checklist::{CheckState, row, row_id},
        to_html,
    },
    refusal::{Refusal, Reply},
    web::{action_error::ActionError, frame::Frame, redirect},
};

/// What a button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Keep,
    Next,
    Back,
    Go(Step),
    Fill,
    AddRoute,
    RemoveRoute(usize),
    Shift { from: usize, to: usize },
    Move { from: usize, to: usize },
    Try,
    AddInstance,
    RunChecks,
    Save,
    TakeSaved,
    KeepMine,
}

impl Act {
    /// Reads a button's value; what is none moves on, as a form that is sent by the keyboard does.
    fn parse(text: &str) -> Self {
        let (verb, object) = text.split_once(':').unwrap_or((text, ""));
        let place = object.parse::<usize>();
        match (verb, place, Step::parse(object)) {
            ("keep", ..) => Self::Keep,
            ("back", ..) => Self::Back,
            ("go", _, Some(step)) => Self::Go(step),
            ("fill", ..) => Self::Fill,
            ("add_route", ..) => Self::AddRoute,
            ("remove", Ok(place), _) => Self::RemoveRoute(place),
            ("up", Ok(place), _) => Self::Shift { from: place, to: place.saturating_sub(1) },
            ("down", Ok(place), _) => Self::Shift { from: place, to: place.saturating_add(1) },
            ("move", ..) if let Some((from, to)) = places(object) => Self::Move { from, to },
            ("try", ..) => Self::Try,
            ("add_instance", ..) => Self::AddInstance,
            ("run_checks", ..) => Self::RunChecks,
            ("save", ..) => Self::Save,
            ("take_saved", ..) => Self::TakeSaved,
            ("keep_mine", ..) => Self::KeepMine,
            _ => Self::Next,
        }
    }

    /// The same after the routes were put in another order; `places` are their former places in the new one.
    fn follow(self, places: &[usize]) -> Self {
        let now = |place: usize| places.iter().position(|it| *it == place).unwrap_or(place);
        match self {
            Self::RemoveRoute(place) => Self::RemoveRoute(now(place)),
            Self::Move { from, to } => Self::Move { from: now(from), to: now(to) },
            Self::Shift { from, to } => {
                let at = now(from);
                let to = if to < from { at.saturating_sub(1) } else { at + (to - from) };
                Self::Shift { from: at, to }
            }
            other => other,
        }
    }

    /// Whether it leaves the step, so that what is missing there is an error from now on.
    fn leaves(self) -> bool {
        matches!(self, Self::Next | Self::Back | Self::Go(_) | Self::Save)
    }
}

/// Two places, as a drag says them: `0:2`.
fn places(object: &str) -> Option<(usize, usize)> {
    let (from, to) = object.split_once(':')?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// One press of a button.
pub(super) struct Press {
    pub(super) which: Which,
    pub(super) step: Step,
    pub(super) act: String,
    pub(super) form: StepFields,
}

/// Where a press leads.
enum Lead {
    /// To another page.
    To(String),
    /// It stays on the step, which shows the draft again; the id of the element to look at first, or empty.
    Here(Box<WizardDraft>, String),
}

/// Does what a button asks for, and sends the browser where that leads.
pub(super) async fn perform(press: Press) -> Result<Pressed, ActionError> {
    let context = WizardContext::new()?;
    let act = Act::parse(&press.act);
    match act_on(&context, act, &press).await? {
        Lead::To(page) => {
            redirect::to(&page)?;
            Ok(Pressed::default())
        }
        Lead::Here(draft, focus) => {
            let page = draft.address(press.step);
            if act != Act::Keep {
                redirect::to(&if focus.is_empty() { page } else { format!("{page}#{focus}") })?;
            }
            Ok(Pressed { base: draft.balancer.digest(press.step), draft: draft.id })
        }
    }
}

async fn act_on(context: &WizardContext, act: Act, press: &Press) -> Reply<Lead> {
    let mut moved = act;
    let typed = |draft: &mut WizardDraft| {
        type_in(draft, press, &context.options);
        moved = act;
        // While the user types, the order of the page stays.
        if press.step == Step::Routes && act != Act::Keep {
            moved = act.follow(&draft.balancer.sort_by_priority());
        }
        match moved {
            Act::Fill => {
                let pasted = press.form.paste.as_deref().unwrap_or_default();
                paste::fill(draft, pasted, &context.configuration);
            }
            Act::AddRoute => draft.balancer.add_route(),
            Act::RemoveRoute(place) => draft.balancer.remove_route(place),
            Act::Shift { from, to } | Act::Move { from, to } => draft.balancer.move_route(from, to),
            _ => {}
        }
        if moved.leaves() && !draft.notes.left.contains(&press.step) {
            draft.notes.left.push(press.step);
        }
    };
    let draft = context.change(&press.which, typed).await?;
    let act = moved;
    let which = Which { draft: draft.id.clone(), ..Which::default() };
    let (back, next) = neighbours(press.step, draft.balancer.is_ordered());
    let last = draft.balancer.routes.len().saturating_sub(1);
    let here = |draft: WizardDraft, focus: &str| Ok(Lead::Here(Box::new(draft), focus.to_owned()));
    match act {
        Act::Keep => here(draft, ""),
        Act::Next => Ok(Lead::To(draft.address(next.unwrap_or(Step::Review)))),
        Act::Back => Ok(Lead::To(draft.address(back.unwrap_or(Step::Name)))),
        Act::Go(step) => Ok(Lead::To(draft.address(step))),
        Act::Fill if !draft.notes.paste_errors.is_empty() => here(draft, "paste"),
        Act::Fill => here(draft, "name"),
        Act::AddRoute => here(draft, &format!("routes-{last}-name")),
        Act::RemoveRoute(_) => here(draft, "routes"),
        Act::Move { to, .. } => here(draft, &format!("routes-{}", to.min(last))),
        Act::Shift { from, to } => {
            // At the end of the list the button that was pressed is not there; the other one is.
            let up = to != 0 && (to < from || to >= last);
            here(draft, &format!("routes-{}-{}", to.min(last), if up { "up" } else { "down" }))
        }
        Act::Try => {
            let balancer = context.balancer(&draft);
            let tried = trial::try_prompt(&*context.gateway, &balancer, &draft.notes.prompt).await;
            here(context.change(&which, |draft| draft.notes.tried = Some(tried.clone())).await?, "tried")
        }
        Act::RunChecks => {
            let found = trial::run_all(&*context.gateway, &context.balancer(&draft), &context.options).await;
            here(context.change(&which, |draft| draft.notes.checks.clone_from(&found)).await?, "checks")
        }
        Act::AddInstance => {
            let focus = if press.step == Step::Router { "router_model-ref" } else { "routes" };
            here(add_instance(context, press, &draft, &which).await?, focus)
        }
        Act::TakeSaved => here(rebase(context, &draft, &which, true).await?, ""),
        Act::KeepMine => here(rebase(context, &draft, &which, false).await?, ""),
        Act::Save => match save(context, draft).await {
            Ok(page) => Ok(Lead::To(page)),
            Err(refusal) => {
                let noted = context.change(&which, |draft| draft.notes.refused = Some(refusal.clone())).await;
                // A store that could not save the balancer may not keep the note either.
                noted.map_or(Err(refusal), |draft| Ok(Lead::Here(Box::new(draft), String::new())))
            }
        },
    }
}

/// Puts what the step's controls hold into the draft.
///
/// A page that changed nothing leaves the draft as it is by now. If the step was changed elsewhere meanwhile, in another
/// tab for example, what this page holds becomes a draft of its own: nothing is overwritten and nothing is lost.
fn type_in(draft: &mut WizardDraft, press: &Press, options: &[DestinationOption]) {
    let before = draft.balancer.clone();
    draft.balancer.merge(press.step, &press.form, draft.editing.is_some());
    let (base, was, typed) =
        (&press.which.base, before.digest(press.step), draft.balancer.digest(press.step));
    if !draft.id.is_empty() && !base.is_empty() && *base != was && was != typed {
        if *base == typed {
            draft.balancer = before.clone();
        } else {
            (draft.id, draft.revision) = (String::new(), 0);
            draft.notes.is_copy = true;
        }
    }
    if let Some(prompt) = &press.form.prompt {
        draft.notes.prompt.clone_from(prompt);
    }
    if let Some(typed) = &press.form.new_instance {
        draft.notes.new_instance = NewInstance { api_key: TypedSecret::default(), ..typed.clone() };
        draft.notes.new_refused = None;
    }
    if before.workload_kind != draft.balancer.workload_kind {
        draft.balancer.clear_mismatched(options);
        draft.notes.filled |= draft.balancer.prefill(options);
    }
    if before != draft.balancer {
        // What was found out about another configuration would mislead now.
        draft.notes.tried = None;
        draft.notes.checks.clear();
        draft.notes.refused = None;
        draft.notes.paste_errors.clear();
        draft.notes.pasted.clear();
    }
}

/// Makes the instance of "Add an instance" and chooses it; a refusal is noted beside what was typed, less the key.
async fn add_instance(
    context: &WizardContext,
    press: &Press,
    draft: &WizardDraft,
    which: &Which,
) -> Reply<WizardDraft> {
    let mut typed = press.form.new_instance.clone().unwrap_or_default();
    let key = std::mem::take(&mut typed.api_key).into_secret();
    let kind = match press.step {
        Step::Routes => draft.balancer.workload_kind,
        _ if typed.workload_kind == WorkloadKind::Decision.as_str() => WorkloadKind::Decision,
        _ => WorkloadKind::Chat,
    };
    let mut body = json!({
        "name": typed.name, "base_url": typed.base_url, "model": typed.model, "workload_kind": kind,
    });
    if !key.is_empty() {
        body["api_key"] = json!(key.reveal());
    }
    match context.control.create(&context.who, ObjectKind::Instance, body).await {
        Ok(saved) => {
            let made = Destination { kind: DestinationKind::Instance, target: saved.id };
            let choose = |draft: &mut WizardDraft| {
                draft.notes.new_instance = NewInstance::default();
                if press.step == Step::Routes {
                    draft.balancer.fill_open_routes(&made);
                } else {
                    draft.balancer.router_model = Some(made.clone());
                }
            };
            context.change(which, choose).await
        }
        Err(refusal) => context.change(which, |draft| draft.notes.new_refused = Some(refusal.clone())).await,
    }
}

/// Takes the balancer as it is saved now for what the draft was made from; `take` takes its content as well.
async fn rebase(
    context: &WizardContext,
    draft: &WizardDraft,
    which: &Which,
    take: bool,
) -> Reply<WizardDraft> {
    let id = draft.editing.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let gone = || Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: id.clone() };
    let saved = WizardDraft::of_stored(context.configuration.balancer(&id).ok_or_else(gone)?);
    let onto = |draft: &mut WizardDraft| {
        draft.editing.clone_from(&saved.editing);
        draft.notes.refused = None;
        if take {
            draft.balancer.clone_from(&saved.balancer);
        }
    };
    context.change(which, onto).await
}

/// Saves the balancer, which its draft and its evaluations become. Answers with the page to go to. A draft that another tab
/// keeps meanwhile is read again, so that what was typed there is saved as well.
async fn save(context: &WizardContext, mut draft: WizardDraft) -> Reply<String> {
    loop {
        let saved = context.control.save_draft(&context.who, draft.to_draft(), draft.rest_body()).await;
        match saved {
            Ok(saved) => return Ok(format!("/balancers/{}", saved.id)),
            Err(refusal @ Refusal::Stale { .. }) => {
                let which = Which { draft: draft.id.clone(), ..Which::default() };
                let now = context.draft(&which).await?;
                if now.revision == draft.revision {
                    // Not the draft was changed but the balancer.
                    return Err(refusal);
                }
                draft = now;
            }
            Err(refusal) => return Err(refusal),
        }
    }
}

/// Live checks that run at once.
const AT_ONCE: usize = 2;

/// Runs the live checks of a draft that were not run yet; each changes its row of the checklist as it begins and ends.
pub(super) async fn run_checks(
    which: &Which,
) -> Result<impl Stream<Item = Frame> + Send + use<>, ActionError> {
    let context = WizardContext::new()?;
    let draft = context.draft(which).await?;
    let (report, balancer) = (context.judge(&draft), context.balancer(&draft));
    let checks = checklist::planned(&balancer, &context.options, &report);
    let open =
        |check: &Check| check.live && report.valid && draft.notes.checks.iter().all(|it| it.id != check.id);
    let (mut ended, all) = (checks.iter().filter(|it| !open(it)).count(), checks.len());
    let open: Vec<_> = checks.into_iter().filter(open).map(|it| (draft.address(it.step), it)).collect();
    let begun: Vec<_> = open.iter().map(|(fix, check)| row_frame(check, fix, CheckState::Running)).collect();
    let (gateway, balancer) = (Arc::clone(&context.gateway), Arc::new(balancer));
    let run = move |(fix, check): (String, Check)| {
        let (gateway, balancer) = (Arc::clone(&gateway), Arc::clone(&balancer));
        async move {
            let result = trial::run(&*gateway, &balancer, &check.id).await;
            row_frame(&check, &fix, CheckState::Ended(&result))
        }
    };
    let found = stream::iter(open).map(run).buffer_unordered(AT_ONCE).flat_map(move |row| {
        ended += 1;
        let progress = to_html(|| fragments::checklist::progress(ended, all));
        stream::iter([row, Frame::html(fragments::checklist::PROGRESS, progress)])
    });
    Ok(stream::iter(begun).chain(found))
}

fn row_frame(check: &Check, fix: &str, state: CheckState<'_>) -> Frame {
    Frame::html(row_id(&check.id), to_html(|| row(check, fix, state)))
}
