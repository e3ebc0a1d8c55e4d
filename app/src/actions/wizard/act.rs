//! What the buttons of the wizard do. Every one of them first puts what was typed into the draft, so that no press
//! loses anything; then it acts and says where to go.

use serde_json::json;

use super::{
    Pressed, Which,
    checks::CheckResult,
    desk::Desk,
    fields::{NewInstance, StepFields},
    kept::Kept,
    merge, paste, prefill,
    steps::neighbours,
    trial,
};
use crate::{
    actions::offers::Offer,
    domain::{console::draft::Step, ids::ObjectKind},
    refusal::{Refusal, Reply},
    web::{action_error::ActionError, form::typed_secret::TypedSecret, redirect},
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
    /// It stays on the step, which shows the draft anew; the id is of what to look at first, empty for nothing.
    Here(Box<Kept>, String),
}

/// Does what a button asks for, and sends the browser where that leads.
pub(super) async fn perform(press: Press) -> Result<Pressed, ActionError> {
    let desk = Desk::open()?;
    let act = Act::parse(&press.act);
    match act_on(&desk, act, &press).await? {
        Lead::To(page) => {
            redirect::to(&page)?;
            Ok(Pressed::default())
        }
        Lead::Here(kept, focus) => {
            let page = kept.address(press.step);
            if act != Act::Keep {
                redirect::to(&if focus.is_empty() { page } else { format!("{page}#{focus}") })?;
            }
            Ok(Pressed { report: desk.judge(&kept), draft: kept.id })
        }
    }
}

async fn act_on(desk: &Desk, mut act: Act, press: &Press) -> Reply<Lead> {
    let typed = |kept: &mut Kept| {
        type_in(kept, press, &desk.offers);
        // What is only kept stays in the order of the page, on which somebody still types.
        if press.step == Step::Routes && act != Act::Keep {
            act = act.follow(&merge::sort_by_priority(&mut kept.body));
        }
        match act {
            Act::Fill => {
                let pasted = press.form.paste.as_deref().unwrap_or_default();
                paste::fill(kept, pasted, &desk.configuration);
            }
            Act::AddRoute => merge::add_route(&mut kept.body),
            Act::RemoveRoute(place) => merge::remove_route(&mut kept.body, place),
            Act::Shift { from, to } | Act::Move { from, to } => merge::move_route(&mut kept.body, from, to),
            _ => {}
        }
        if act.leaves() && !kept.notes.left.contains(&press.step) {
            kept.notes.left.push(press.step);
        }
    };
    let kept = desk.change(&press.which, typed).await?;
    let which = Which { draft: kept.id.clone(), editing: None };
    let (back, next) = neighbours(press.step, kept.is_ordered());
    let last = kept.routes().saturating_sub(1);
    let here = |kept: Kept, focus: &str| Ok(Lead::Here(Box::new(kept), focus.to_owned()));
    match act {
        Act::Keep => here(kept, ""),
        Act::Next => Ok(Lead::To(kept.address(next.unwrap_or(Step::Review)))),
        Act::Back => Ok(Lead::To(kept.address(back.unwrap_or(Step::Name)))),
        Act::Go(step) => Ok(Lead::To(kept.address(step))),
        Act::Fill if !kept.notes.paste_errors.is_empty() => here(kept, "paste"),
        Act::Fill => here(kept, "name"),
        Act::AddRoute => here(kept, &format!("routes-{last}-name")),
        Act::RemoveRoute(_) => here(kept, "routes"),
        Act::Move { to, .. } => here(kept, &format!("routes-{}", to.min(last))),
        Act::Shift { from, to } => {
            // At the end of the list the button that was pressed is not there; the other one is.
            let up = to != 0 && (to < from || to >= last);
            here(kept, &format!("routes-{}-{}", to.min(last), if up { "up" } else { "down" }))
        }
        Act::Try => {
            let tried = trial::try_prompt(&*desk.gateway, &desk.balancer(&kept), &kept.notes.prompt).await;
            here(desk.change(&which, |kept| kept.notes.tried = Some(tried)).await?, "tried")
        }
        Act::RunChecks => {
            let found = trial::run_all(&*desk.gateway, &desk.balancer(&kept), &desk.offers).await;
            here(desk.change(&which, |kept| kept.notes.checks = found).await?, "checks")
        }
        Act::AddInstance => {
            let focus = if press.step == Step::Router { "router_model-ref" } else { "routes" };
            here(add_instance(desk, press, &kept, &which).await?, focus)
        }
        Act::TakeSaved => here(rebase(desk, &kept, &which, true).await?, ""),
        Act::KeepMine => here(rebase(desk, &kept, &which, false).await?, ""),
        Act::Save => match save(desk, &kept).await {
            Ok(page) => Ok(Lead::To(page)),
            Err(refusal) => {
                let noted = desk.change(&which, |kept| kept.notes.refused = Some(refusal.clone())).await;
                // A store that could not save the balancer may not keep the note either.
                noted.map_or(Err(refusal), |kept| Ok(Lead::Here(Box::new(kept), String::new())))
            }
        },
    }
}

/// Puts what the step's controls hold into the draft.
fn type_in(kept: &mut Kept, press: &Press, offers: &[Offer]) {
    let before = kept.body.clone();
    merge::merge(&mut kept.body, press.step, &press.form, kept.editing.is_some());
    if let Some(prompt) = &press.form.prompt {
        kept.notes.prompt.clone_from(prompt);
    }
    if let Some(typed) = &press.form.new_instance {
        kept.notes.new_instance = NewInstance { api_key: TypedSecret::default(), ..typed.clone() };
        kept.notes.new_refused = None;
    }
    if before.get("workload_kind") != kept.body.get("workload_kind") {
        prefill::clear_mismatched(&mut kept.body, offers);
        kept.notes.filled |= prefill::fill(&mut kept.body, offers);
    }
    if before != kept.body {
        // What was found out about another configuration would mislead now.
        kept.notes.tried = None;
        kept.notes.checks.clear();
        kept.notes.refused = None;
        kept.notes.paste_errors.clear();
        kept.notes.pasted.clear();
    }
}

/// Makes the instance of "Add an instance" and chooses it; a refusal is noted beside what was typed, less the key.
async fn add_instance(desk: &Desk, press: &Press, kept: &Kept, which: &Which) -> Reply<Kept> {
    let mut typed = press.form.new_instance.clone().unwrap_or_default();
    let key = std::mem::take(&mut typed.api_key).into_secret();
    let kind = match press.step {
        Step::Routes => prefill::workload_kind(&kept.body).as_str(),
        _ => "chat",
    };
    let mut body = json!({
        "name": typed.name, "base_url": typed.base_url, "model": typed.model, "workload_kind": kind,
    });
    if !key.is_empty() {
        body["api_key"] = json!(key.reveal());
    }
    match desk.control.create(&desk.who, ObjectKind::Instance, body).await {
        Ok(saved) => {
            let value = format!("instance:{}", saved.id);
            let choose = |kept: &mut Kept| {
                kept.notes.new_instance = NewInstance::default();
                if press.step == Step::Routes {
                    prefill::fill_with(&mut kept.body, &value);
                } else {
                    kept.body.insert("router_model".to_owned(), merge::destination(&value));
                }
            };
            desk.change(which, choose).await
        }
        Err(refusal) => desk.change(which, |kept| kept.notes.new_refused = Some(refusal)).await,
    }
}

/// Takes the balancer as it is saved now for what the draft was made from; `take` takes its content as well.
async fn rebase(desk: &Desk, kept: &Kept, which: &Which, take: bool) -> Reply<Kept> {
    let id = kept.editing.as_ref().map(|it| it.id.clone()).unwrap_or_default();
    let gone = || Refusal::NotFound { kind: ObjectKind::SmartBalancer, id: id.clone() };
    let saved = Kept::of_stored(desk.configuration.balancer(&id).ok_or_else(gone)?);
    let onto = |kept: &mut Kept| {
        kept.editing = saved.editing;
        kept.notes.refused = None;
        if take {
            kept.body = saved.body;
        }
    };
    desk.change(which, onto).await
}

/// Saves the balancer and throws the draft away. Answers with the page to go to.
async fn save(desk: &Desk, kept: &Kept) -> Reply<String> {
    let (kind, body) = (ObjectKind::SmartBalancer, kept.rest_body());
    let saved = match &kept.editing {
        Some(editing) => desk.control.replace(&desk.who, kind, &editing.id, body).await?,
        None => desk.control.create(&desk.who, kind, body).await?,
    };
    if kept.editing.is_none() && !kept.id.is_empty() {
        // The balancer is saved; its evaluations can be made again.
        let _ = desk.control.hand_evaluations_on(&desk.who, &kept.id, &saved.id).await;
    }
    // The balancer is saved; a draft that stays behind is only listed once more than it should be.
    let _ = desk.control.drop_draft(&desk.who, &kept.id).await;
    Ok(format!("/balancers/{}", saved.id))
}

/// One live check of a kept draft.
pub(super) async fn check(which: &Which, id: &str) -> Result<CheckResult, ActionError> {
    let desk = Desk::open()?;
    let kept = desk.kept(which).await?;
    Ok(trial::run(&*desk.gateway, &desk.balancer(&kept), id).await)
}
