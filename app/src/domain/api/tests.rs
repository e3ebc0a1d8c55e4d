//! The APIs: what their bodies, events and answers tell.

mod events;
mod texts;
mod vectors;

use super::*;

fn facts(api: Api, stream: &str) -> StreamFacts {
    let mut facts = StreamFacts::default();
    let mut reader = crate::domain::wire::sse::Reader::default();
    let mut observe = |event: Event<'_>| api.rules().observe(&event, &mut facts);
    reader.push(stream.as_bytes(), &mut observe);
    reader.finish(&mut observe);
    facts
}

#[test]
fn every_path_belongs_to_its_api() {
    for endpoint in Endpoint::ALL {
        assert!(endpoint.path().starts_with(endpoint.api().rules().path()), "{endpoint:?}");
        assert_eq!(Endpoint::ALL[endpoint as usize], endpoint);
    }
    for api in Api::ALL {
        assert_eq!(Api::parse(api.name()), Some(api));
        assert_eq!(serde_json::to_value(api).ok(), Some(api.name().into()));
        assert_eq!(Endpoint::of(api).api(), api);
    }
}

#[test]
fn a_body_tells_which_api_it_is_for() {
    let of = |fields: RequestFields<'static>| Api::of_body(&fields, WorkloadKind::Chat);
    let none = RequestFields::default();
    assert_eq!(of(RequestFields { messages: Some("[]"), ..none }), Api::ChatCompletions);
    assert_eq!(of(RequestFields { input: Some("\"a\""), ..none }), Api::Responses);
    assert_eq!(of(RequestFields { prompt: Some("\"a\""), ..none }), Api::Completions);
    assert_eq!(Api::of_body(&none, WorkloadKind::Embeddings), Api::Embeddings);
}

#[test]
fn errors_have_the_shape_of_their_api() {
    let error = ApiError {
        status: 502,
        message: "no",
        kind: "server_error",
        param: None,
        code: "upstream_error",
        attempts: Some(&[]),
    };
    let body = |api: Api| {
        let rules = api.rules();
        let body = rules.error_body(&rules.error_object(&error), "req_1");
        serde_json::from_str::<serde_json::Value>(&body).unwrap_or_default()
    };
    assert_eq!(body(Api::Responses)["error"]["code"], "upstream_error");
    assert_eq!(body(Api::Responses)["error"]["attempts"], serde_json::json!([]));
    let messages = body(Api::Messages);
    assert_eq!(messages["type"], "error");
    assert_eq!(messages["error"]["type"], "api_error");
    assert_eq!(messages["error"]["message"], "no");
    assert_eq!(messages["request_id"], "req_1");
}

#[test]
fn an_error_event_is_one_for_clients_of_its_api() {
    for api in Api::ALL {
        let event = api.rules().error_event(r#"{"message":"no","code":"x"}"#, "req_1", Some("resp_1"));
        if api != Api::Embeddings {
            let read = facts(api, &event);
            assert!(matches!(read.end, Some(StreamEnd::Error(_))), "{api:?}: {event}");
        }
    }
}
