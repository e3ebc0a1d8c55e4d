//! Which module uses which: every `use` in any of its forms, and every path written out in code.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{Source, sources};

/// A module: its crate and its path in it.
pub(crate) type Module = Vec<String>;

/// The crates of the workspace whose modules are known, with the folders of their sources.
const CRATES: [(&str, &str); 3] =
    [("app", "app/src/"), ("server", "server/src/"), ("frontend", "frontend/src/")];

/// The module that a source is, beginning with its crate; `None` outside the crates.
pub(crate) fn module_of(path: &str) -> Option<Module> {
    let (name, folder) = CRATES.iter().find(|(_, folder)| path.starts_with(folder))?;
    let inner = path.strip_prefix(folder)?.strip_suffix(".rs")?;
    let inner = if matches!(inner, "lib" | "main") { "" } else { inner };
    let parts = inner.split('/').filter(|it| !it.is_empty());
    Some([*name].into_iter().chain(parts).map(str::to_owned).collect())
}

/// Every path that a source uses, resolved as far as the text tells: of a module of the workspace it begins with the
/// crate (`app`, `server`), of anything else with the foreign crate (`std`, `axum`).
pub(crate) fn used_paths(source: &Source) -> BTreeSet<Module> {
    let code = source.code();
    let module = module_of(&source.path).unwrap_or_default();
    let mut found = BTreeSet::new();
    let mut rest = code.as_str();
    while let Some((before, from)) = split_at_use(rest) {
        written_out(before, &module, &mut found);
        let (tree, after) = from.split_once(';').unwrap_or((from, ""));
        for path in leaves(tree) {
            found.extend(resolved(&path, &module));
        }
        rest = after;
    }
    written_out(rest, &module, &mut found);
    found
}

/// The text before the next `use` statement, and what follows the word.
fn split_at_use(code: &str) -> Option<(&str, &str)> {
    let starts = code.match_indices("use ").map(|(at, _)| at);
    let mut statements = starts.filter(|&at| {
        let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        line.is_empty() || line == "pub" || (line.starts_with("pub(") && line.ends_with(')'))
    });
    let at = statements.next()?;
    Some((&code[..at], &code[at + 4..]))
}

/// The paths of a `use` tree.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some((head, inner)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").map(|it| it.trim().to_owned()).collect()];
    };
    let head: Vec<String> =
        head.split("::").map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    let parts = parts.into_iter().filter(|it| !it.trim().is_empty()).flat_map(leaves);
    parts.map(|path| head.iter().cloned().chain(path).collect()).collect()
}

/// Paths that code writes out, such as `std::fs::read` or `super::clock::now()`.
fn written_out(code: &str, module: &Module, found: &mut BTreeSet<Module>) {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for word in code.split(|c| !is_path(c)).filter(|it| it.contains("::")) {
        let path: Vec<String> = word.split("::").map(str::to_owned).collect();
        if path.iter().all(|it| !it.is_empty()) {
            found.extend(resolved(&path, module));
        }
    }
}

fn resolved(path: &[String], module: &Module) -> Option<Module> {
    let rest = |from: usize| path.iter().skip(from).cloned();
    match path.first()?.as_str() {
        "crate" => Some(module.iter().take(1).cloned().chain(rest(1)).collect()),
        "self" => Some(module.iter().cloned().chain(rest(1)).collect()),
        "super" => {
            let ups = path.iter().take_while(|it| *it == "super").count();
            let parent = module.len().checked_sub(ups)?;
            Some(module.iter().take(parent).cloned().chain(rest(ups)).collect())
        }
        _ => Some(path.to_vec()),
    }
}

/// The uses between the children of each module: for each parent, which child uses which other child.
fn sibling_uses() -> BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> {
    let all = sources();
    let modules: BTreeSet<Module> = all.iter().filter_map(|it| module_of(&it.path)).collect();
    let mut graph = BTreeMap::<Module, BTreeMap<String, BTreeSet<String>>>::new();
    for source in all.iter().filter(|it| !it.is_test()) {
        let Some(from) = module_of(&source.path) else { continue };
        for used in used_paths(source) {
            // What is used may be an item of the module.
            let Some(to) = (1..=used.len()).rev().map(|n| &used[..n]).find(|it| modules.contains(*it)) else {
                continue;
            };
            let common = from.iter().zip(to).take_while(|(a, b)| a == b).count();
            if let (true, Some(a), Some(b)) = (common > 0, from.get(common), to.get(common)) {
                let children = graph.entry(from[..common].to_vec()).or_default();
                children.entry(a.clone()).or_default().insert(b.clone());
            }
        }
    }
    graph
}

/// All that can be reached from a child.
fn reachable<'a>(children: &'a BTreeMap<String, BTreeSet<String>>, from: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut next = vec![from];
    while let Some(at) = next.pop() {
        for to in children.get(at).into_iter().flatten() {
            if seen.insert(to.as_str()) {
                next.push(to);
            }
        }
    }
    seen
}

#[test]
fn siblings_do_not_import_each_other_in_circles() {
    let graph = sibling_uses();
    assert!(graph.values().map(BTreeMap::len).sum::<usize>() > 100, "the imports were not found");
    let circles: Vec<String> = graph
        .iter()
        .flat_map(|(parent, children)| {
            let in_circle = children.keys().filter(|it| reachable(children, it).contains(it.as_str()));
            in_circle.map(|it| format!("{}::{it}", parent.join("::")))
        })
        .collect();
    assert!(circles.is_empty(), "parts of circles of imports: {circles:#?}");
}

#[test]
fn every_form_of_an_import_is_seen() {
    let text = "use std::{fs, io::{self, Read as _}};\npub(crate) use crate::{store, domain::{a, b::C}};\n\
                use super::clock;\nfn f() { super::x::y(); std::env::args(); }\n// use tokio::net;\n\
                #[cfg(test)]\nmod tests { use axum::Router; }\n";
    let source = Source { path: "server/src/gateway/call.rs".to_owned(), text: text.to_owned() };
    let found: Vec<String> = used_paths(&source).iter().map(|it| it.join("::")).collect();
    let expected = [
        "server::domain::a",
        "server::domain::b::C",
        "server::gateway::clock",
        "server::gateway::x::y",
        "server::store",
        "std::env::args",
        "std::fs",
        "std::io::Read",
        "std::io::self",
    ];
    assert_eq!(found, expected);
}
