//! Makes a part of the page equal to a fresh one by the fewest changes, so that focus, selection, what is typed and
//! what is opened stay where they are.
//!
//! It keeps elements, and with them the browser's own state. What it cannot keep so, such as what is chosen in a select
//! whose options change, [`super::controls`] restores afterwards.

use leptos::{wasm_bindgen::JsCast as _, web_sys};
use web_sys::{Element, Node};

/// Attributes that the user changes.
const THEIRS: [&str; 1] = ["open"];

/// Makes `now` equal to `fresh`, which loses what is taken over.
pub(super) fn morph(now: &Element, fresh: &Element) {
    if now.is_equal_node(Some(fresh)) {
        return;
    }
    attributes(now, fresh);
    let mut at = now.first_child();
    let mut next = fresh.first_child();
    while let Some(wanted) = next {
        next = wanted.next_sibling();
        // What goes is removed before the rest is compared, or all that follows would be made anew.
        while let Some(gone) = at.take_if(|it| goes(it, &wanted)) {
            at = gone.next_sibling();
            let _ = now.remove_child(&gone);
        }
        // What has an id is found where it went; all else is taken in its order.
        if let Some(known) = by_id(now, &wanted)
            && !at.as_ref().is_some_and(|it| it.is_same_node(Some(&known)))
        {
            put(now, &known, at.as_ref());
            at = Some(known);
        }
        match at.clone() {
            Some(there) if alike(&there, &wanted) => {
                at = there.next_sibling();
                take_over(&there, &wanted);
            }
            _ => put(now, &wanted, at.as_ref()),
        }
    }
    while let Some(left) = at {
        at = left.next_sibling();
        let _ = now.remove_child(&left);
    }
}

fn put(parent: &Element, node: &Node, before: Option<&Node>) {
    // Both are at hand, so it can be put there; where not, the part is brought up to date the next time.
    let _ = parent.insert_before(node, before);
}

/// Whether `there` has no place any more: what is `wanted` here stands behind it, and `there` is not wanted later on, or
/// not sooner than that.
fn goes(there: &Node, wanted: &Node) -> bool {
    if alike(there, wanted) {
        return false;
    }
    let Some(behind) = distance(there, wanted) else { return false };
    let later = distance(wanted, there);
    let named = there.dyn_ref::<Element>().is_some_and(|it| !it.id().is_empty());
    later.is_none_or(|later| !named && behind <= later)
}

/// How far behind `node` the first sibling is that is like another.
fn distance(node: &Node, other: &Node) -> Option<usize> {
    let (mut distance, mut at) = (0, node.next_sibling()?);
    while !alike(&at, other) {
        (distance, at) = (distance + 1, at.next_sibling()?);
    }
    Some(distance)
}

/// Whether the one can become the other.
fn alike(now: &Node, fresh: &Node) -> bool {
    if now.node_type() != fresh.node_type() || now.node_name() != fresh.node_name() {
        return false;
    }
    match (now.dyn_ref::<Element>(), fresh.dyn_ref::<Element>()) {
        (Some(now), Some(fresh)) => {
            let same = |name: &str| now.get_attribute(name) == fresh.get_attribute(name);
            // A class says what an element is, unless its id does.
            now.id() == fresh.id()
                && (!now.id().is_empty() || same("class"))
                && same("type")
                && same("data-component")
        }
        _ => true,
    }
}

fn take_over(now: &Node, fresh: &Node) {
    match (now.dyn_ref::<Element>(), fresh.dyn_ref::<Element>()) {
        // An island looks after itself.
        (Some(island), Some(_)) if island.local_name() == "leptos-island" => {}
        (Some(now), Some(fresh)) => morph(now, fresh),
        _ if now.node_value() != fresh.node_value() => now.set_node_value(fresh.node_value().as_deref()),
        _ => {}
    }
}

/// The child that has the id of `wanted`.
fn by_id(now: &Element, wanted: &Node) -> Option<Node> {
    let id = wanted.dyn_ref::<Element>()?.id();
    if id.is_empty() {
        return None;
    }
    let children = now.children();
    (0..children.length()).filter_map(|at| children.item(at)).find(|it| it.id() == id).map(Into::into)
}

fn attributes(now: &Element, fresh: &Element) {
    for name in names(fresh).filter(|name| !THEIRS.contains(&name.as_str())) {
        let value = fresh.get_attribute(&name);
        if now.get_attribute(&name) != value {
            let _ = now.set_attribute(&name, &value.unwrap_or_default());
        }
    }
    for name in names(now).filter(|name| !THEIRS.contains(&name.as_str())) {
        if !fresh.has_attribute(&name) {
            let _ = now.remove_attribute(&name);
        }
    }
}

fn names(element: &Element) -> impl Iterator<Item = String> {
    element.get_attribute_names().iter().filter_map(|it| it.as_string()).collect::<Vec<_>>().into_iter()
}
