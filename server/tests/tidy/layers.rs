//! The order of the layers: who may use whom, by every form of an import.

use crate::{
    imports::used_paths,
    sources::{Source, assert_none},
};

/// Whether production code of a source uses anything below one of these paths.
fn uses(source: &Source, paths: &[&str]) -> bool {
    let begins = |used: &[String], path: &str| {
        let mut wanted = path.split("::");
        let mut used = used.iter();
        wanted.all(|part| used.next().is_some_and(|it| it == part))
    };
    used_paths(source).iter().any(|used| paths.iter().any(|path| begins(used, path)))
}

/// Sources below a folder, their tests aside.
fn below(source: &Source, folder: &str) -> bool {
    source.path.starts_with(folder) && !source.is_test()
}

#[test]
fn the_domain_does_no_io_and_reads_no_clock() {
    let io = [
        "leptos",
        "axum",
        "sqlx",
        "tokio",
        "reqwest",
        "hyper",
        "getrandom",
        "std::fs",
        "std::io",
        "std::env",
        "std::net::TcpStream",
        "std::thread",
        "std::process",
    ];
    let words = ["Instant::now", "SystemTime::now", "RandomState", "async fn", ".await"];
    assert_none("IO, time, chance or a framework in the domain", |it| {
        below(it, "app/src/domain") && (uses(it, &io) || words.iter().any(|word| it.code().contains(word)))
    });
}

#[test]
fn the_domain_knows_nothing_above_it() {
    let above =
        ["app::actions", "app::web", "app::ports", "app::refusal", "app::pages", "app::islands", "app::ui"];
    assert_none("the domain uses a layer above it", |it| below(it, "app/src/domain") && uses(it, &above));
}

#[test]
fn components_know_no_domain_noun() {
    let nouns = [
        "app::domain::config::balancer",
        "app::domain::config::instance",
        "app::domain::config::target_group",
        "app::actions",
        "app::islands",
        "app::pages",
    ];
    assert_none("a component that knows the domain", |it| below(it, "app/src/ui") && uses(it, &nouns));
}

#[test]
fn islands_and_actions_do_not_use_pages() {
    assert_none("uses pages", |it| {
        (below(it, "app/src/islands") || below(it, "app/src/actions")) && uses(it, &["app::pages"])
    });
}

#[test]
fn the_plumbing_of_the_web_knows_no_page_action_or_island() {
    let above = ["app::actions", "app::pages", "app::islands", "app::ui"];
    assert_none("uses what is above it", |it| below(it, "app/src/web") && uses(it, &above));
}

#[test]
fn ports_know_the_domain_and_refusals_alone() {
    let above = ["app::actions", "app::pages", "app::islands", "app::ui", "app::web"];
    assert_none("uses what is above it", |it| below(it, "app/src/ports") && uses(it, &above));
}

#[test]
fn sql_stays_in_the_store() {
    assert_none("SQL outside the store", |it| {
        below(it, "server/src") && !it.path.starts_with("server/src/store") && uses(it, &["sqlx"])
    });
}

#[test]
fn the_data_plane_reaches_neither_store_nor_operations() {
    let above =
        ["server::store", "server::operations", "server::control", "server::boot", "server::request_log"];
    assert_none("the data plane uses what is above it", |it| {
        below(it, "server/src/gateway") && uses(it, &above)
    });
}

#[test]
fn the_store_and_the_operations_know_no_door() {
    let doors = ["server::control", "server::boot", "server::commands"];
    assert_none("uses a door", |it| {
        (below(it, "server/src/store") || below(it, "server/src/operations")) && uses(it, &doors)
    });
}

#[test]
fn public_error_shapes_are_made_in_two_places() {
    // A shape is a struct with a member `error` that is written as JSON, or JSON written by hand.
    let makers = ["app/src/domain/api", "server/src/control/rest/error"];
    let is_shape = |code: &str| {
        let written = code.replace(char::is_whitespace, "");
        written.contains(r#"json!({"error""#)
            || written.contains(r#"{{\"error\":"#)
            || code.split("struct ").skip(1).any(|it| {
                let body =
                    it.split_once('{').map_or("", |(_, body)| body.split('}').next().unwrap_or_default());
                body.lines().any(|line| {
                    let field = line.trim().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
                    field.starts_with("error:")
                })
            })
    };
    assert_none("an error envelope of its own", |it| {
        below(it, "server/src")
            && !it.path.starts_with("server/src/demo")
            && !makers.iter().any(|maker| it.path.starts_with(maker))
            && is_shape(&it.code())
    });
    for maker in makers {
        let found =
            crate::sources::sources().iter().any(|it| it.path.starts_with(maker) && is_shape(&it.code()));
        assert!(found, "{maker} makes the shape that is looked for");
    }
}

#[test]
fn server_functions_that_change_something_are_never_get() {
    assert_none("a server function by GET", |it| {
        it.path.starts_with("app/src") && it.code().contains("GetUrl")
    });
}
