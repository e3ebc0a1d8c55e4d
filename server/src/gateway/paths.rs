//! Paths of the data plane: those of the APIs, their tolerated spellings, and misplaced ones. Pure.

use app::domain::api::{Api, Endpoint};

/// The paths of calls on stored responses and of the list of models; [`ANY`] stands for one segment.
const FURTHER: [&str; 5] =
    ["responses/{id}", "responses/{id}/cancel", "responses/{id}/input_items", "models", "models/{id}"];

/// A segment that may be anything.
const ANY: &str = "{id}";

/// The root of all paths.
pub(crate) const ROOT: &str = "/v1";

/// Resources of OpenAI's API that are not served and have paths of their own that end like those of APIs.
const NOT_SERVED: [&str; 3] = ["assistants", "conversations", "threads"];

/// The paths that clients call first, below [`ROOT`].
pub(crate) fn main() -> impl Iterator<Item = &'static str> {
    Api::ALL.into_iter().map(|it| it.rules().path()).chain(["models"])
}

/// All paths of the APIs, below [`ROOT`].
pub(crate) fn all() -> impl Iterator<Item = &'static str> {
    let endpoints = Endpoint::ALL.into_iter().filter(|it| *it != Endpoint::StoredResponse);
    endpoints.map(Endpoint::path).chain(FURTHER)
}

/// The path with single slashes and without one at its end; `None` if it has that form already. The id of a model is
/// left as it is, because it may contain slashes.
pub(crate) fn tidied(path: &str) -> Option<String> {
    if !path.contains("//") && !path.ends_with('/') {
        return None;
    }
    let mut tidy = String::with_capacity(path.len());
    let mut rest = path.trim_start_matches('/');
    while !rest.is_empty() {
        tidy.push('/');
        if tidy == "/v1/models/" {
            tidy.push_str(rest);
            break;
        }
        let (segment, after) = rest.split_once('/').unwrap_or((rest, ""));
        tidy.push_str(segment);
        rest = after.trim_start_matches('/');
    }
    (tidy != path).then_some(tidy)
}

/// Whether a path belongs to the data plane.
pub(crate) fn is_data_plane(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of an API that ends `path`, if something is missing before it or too much is there.
pub(crate) fn misplaced(path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).collect();
    if let ["v1", below @ ..] = segments.as_slice()
        && (below.first().is_some_and(|it| *it == "models" || NOT_SERVED.contains(it))
            || all().any(|api| matches(api, below, |a, b| a == b)))
    {
        return None;
    }
    let ending = |api: &&str| {
        let tail = segments.len().checked_sub(api.split('/').count()).map(|from| &segments[from..]);
        tail.is_some_and(|tail| matches(api, tail, str::eq_ignore_ascii_case))
    };
    // Of several the longest counts, and a fixed segment before one that may be anything.
    all().filter(ending).max_by_key(|api| (api.split('/').count(), !api.contains(ANY)))
}

/// The endpoint whose path ends `path`, which tells the shape of errors there.
pub(crate) fn endpoint_at(path: &str) -> Option<Endpoint> {
    let path = path.trim_end_matches('/');
    let ends_it = |it: &Endpoint| path.strip_suffix(it.path()).is_some_and(|before| before.ends_with('/'));
    Endpoint::ALL.into_iter().filter(ends_it).max_by_key(|it| it.path().len())
}

/// Whether segments are those of an API's path.
fn matches(api: &str, segments: &[&str], equal: impl Fn(&str, &str) -> bool) -> bool {
    let mut given = segments.iter();
    api.split('/').all(|it| given.next().is_some_and(|other| it == ANY || equal(it, other)))
        && given.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_too_many_are_dropped_except_in_the_id_of_a_model() {
        for (path, tidy) in [
            ("/v1/chat/completions/", Some("/v1/chat/completions")),
            ("//v1/chat/completions", Some("/v1/chat/completions")),
            ("/v1//chat///completions//", Some("/v1/chat/completions")),
            ("/v1/", Some("/v1")),
            ("//v1//models//a//b/", Some("/v1/models/a//b/")),
            ("/v1/models/", Some("/v1/models")),
            ("/v1/models//", Some("/v1/models")),
            ("/v1/models/a//b/", None),
            ("/v1/models", None),
            ("/v1", None),
            ("/", Some("")),
        ] {
            assert_eq!(tidied(path).as_deref(), tidy, "{path}");
        }
    }

    #[test]
    fn a_call_is_misplaced_if_its_path_only_ends_like_an_api() {
        for (path, api) in [
            ("/chat/completions", "chat/completions"),
            ("/v1/v1/chat/completions", "chat/completions"),
            ("/v1/chat/completions/chat/completions", "chat/completions"),
            ("/api/v1/chat/completions", "chat/completions"),
            ("/api/v1//chat/completions/", "chat/completions"),
            ("/openai/deployments/try/chat/completions", "chat/completions"),
            ("/V1/Chat/Completions", "chat/completions"),
            ("/v1/engines/try/completions", "completions"),
            ("/models", "models"),
            ("/models/try", "models/{id}"),
            ("/v1/v1/models/try", "models/{id}"),
            ("/v1/v1/responses/resp_1/cancel", "responses/{id}/cancel"),
            ("/responses/compact", "responses/compact"),
            ("/v1/v1/messages/count_tokens", "messages/count_tokens"),
            ("/v1/messages/v1/messages", "messages"),
            ("/openai/v1/embeddings", "embeddings"),
        ] {
            assert_eq!(misplaced(path), Some(api), "{path}");
        }
    }

    #[test]
    fn the_path_of_an_api_and_that_of_something_else_are_not_misplaced() {
        let apis = all().map(|it| format!("{ROOT}/{}", it.replace(ANY, "resp_1")));
        let others = [
            "/v1/models/chat/completions",
            "/v1/models/v1/models/models",
            "/v1/responses/models",
            "/v1/audio/speech",
            "/v1/chat",
            "/v1/threads/thread_1/messages",
            "/v1/conversations/conv_1/items",
            "/v1",
            "/",
            "/instances",
            "/playground",
        ];
        for path in apis.chain(others.map(str::to_owned)) {
            assert_eq!(misplaced(&path), None, "{path}");
        }
    }
}
