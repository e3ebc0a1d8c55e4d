//! Makes a part of the page equal to a fresh one by the fewest changes, so that focus, selection, what is typed and
//! what is opened stay where they are.
//!
//! What somebody typed or chose is the browser's own state and no attribute: HTML keeps it ("dirty value flag") when the
//! attributes that it began from change.

use leptos::{wasm_bindgen::JsCast as _, web_sys};
use web_sys::{Element, Node};

/// Attributes that belong to whoever looks at the page.
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

/// Whether the one can become the other.
fn alike(now: &Node, fresh: &Node) -> bool {
    if now.node_type() != fresh.node_type() || now.node_name() != fresh.node_name() {
        return false;
    }
    match (now.dyn_ref::<Element>(), fresh.dyn_ref::<Element>()) {
        (Some(now), Some(fresh)) => {
            now.id() == fresh.id()
                && ["type", "data-component"]
                    .iter()
                    .all(|it| now.get_attribute(it) == fresh.get_attribute(it))
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
