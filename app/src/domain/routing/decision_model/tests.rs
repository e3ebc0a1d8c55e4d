use serde_json::{Value, json};

use super::*;
use crate::domain::{
    config::balancer::Route,
    routing::{call::CallText, classify::messages},
};

fn balancer() -> Balancer {
    let route = |name: &str, is_default: bool| Route {
        name: name.to_owned(),
        intent: format!("Questions about {name}."),
        is_default,
        ..Route::default()
    };
    let routes = vec![route("tech", false), route("billing", false), route("general", true)];
    Balancer { routes, ..Balancer::default() }
}

fn question(turns: &[&str]) -> DecisionQuestion {
    let call =
        CallText { user_turns: turns.iter().map(|&it| it.to_owned()).collect(), ..CallText::default() };
    DecisionQuestion::of(&balancer(), &messages(&balancer(), &call))
}

fn read(answer: &Value) -> Option<(Answer, Option<u16>, usize)> {
    read_text(&json!({ "answers": { "route": answer } }).to_string())
}

fn read_text(body: &str) -> Option<(Answer, Option<u16>, usize)> {
    let read = read_answer(body.as_bytes(), &Labels::of(&balancer()))?;
    Some((read.choice, read.confidence.map(Confidence::thousandths), read.probabilities.len()))
}

#[test]
fn both_forms_ask_the_same_question_with_the_routes_in_their_order() {
    let asked = question(&["it broke \"again\""]);
    let criteria = r#"{"tech":"Questions about tech.","billing":"Questions about billing.","general":"Questions about general.","none":"None of the others."}"#;
    let instructions = "Which of these describes what the user wants?";
    assert_eq!(
        String::from_utf8(asked.body(DecisionForm::SystemOne, "m")).unwrap_or_default(),
        format!(
            r#"{{"model":"m","state":"it broke \"again\"","questions":{{"route":{{"type":"choice","instructions":"{instructions}","criteria":{criteria}}}}}}}"#
        )
    );
    let body: Value = serde_json::from_slice(&asked.body(DecisionForm::Decisions, "m")).unwrap_or_default();
    assert_eq!((&body["model"], &body["input"]), (&json!("m"), &json!("it broke \"again\"")));
    let asked = &body["questions"][0];
    assert_eq!((&asked["type"], &asked["name"]), (&json!("choice"), &json!("route")));
    assert_eq!(asked["instructions"], instructions);
    assert_eq!(asked["choices"][1], json!({ "value": "billing", "description": "Questions about billing." }));
    assert_eq!(asked["choices"][3], json!({ "value": "none", "description": "None of the others." }));
    assert_eq!(body.as_object().map(|it| it.len()), Some(3), "no temperature and nothing else");
}

#[test]
fn earlier_turns_are_messages_of_the_state() {
    let body = question(&["first", "second"]).body(DecisionForm::SystemOne, "m");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let turns =
        [json!({ "role": "user", "content": "first" }), json!({ "role": "user", "content": "second" })];
    assert_eq!(body["state"], json!(turns));
}

#[test]
fn a_short_turn_comes_with_the_assistants() {
    let call = CallText {
        user_turns: vec!["can you fix it?".to_owned(), "yes please".to_owned()],
        assistant_turn: Some("Shall I change your invoice?".to_owned()),
        ..CallText::default()
    };
    let asked = DecisionQuestion::of(&balancer(), &messages(&balancer(), &call));
    let body: Value = serde_json::from_slice(&asked.body(DecisionForm::SystemOne, "m")).unwrap_or_default();
    let roles: Vec<_> = body["state"].as_array().into_iter().flatten().map(|it| &it["role"]).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    assert_eq!(body["state"][1]["content"], "Shall I change your invoice?");
}

#[test]
fn the_choice_counts_and_its_lead_is_the_confidence() {
    let all = |tech: f64, billing: f64, general: f64, none: f64| json!({ "tech": tech, "billing": billing, "general": general, "none": none });
    let tech = Answer::Route(0);
    for (choice, probabilities, expected) in [
        ("tech", all(0.9, 0.05, 0.05, 0.0), (tech, Some(850), 4)),
        ("tech", all(0.3, 0.6, 0.1, 0.0), (tech, Some(0), 4)),
        ("none", all(0.1, 0.1, 0.1, 0.7), (Answer::None, Some(600), 4)),
        ("tech", all(1.000_000_1, 0.0, 0.0, 0.0), (tech, Some(1_000), 4)),
        ("tech", json!({ "tech": 0.75 }), (tech, Some(750), 1)),
        ("tech", json!({ "tech": 0.5, "other": 0.9 }), (tech, Some(500), 1)),
        ("general", all(0.0, 0.0, 1.0, 0.0), (Answer::Route(2), Some(1_000), 4)),
    ] {
        let answer = json!({ "choice": choice, "probabilities": probabilities, "confidence": 0.123 });
        assert_eq!(read(&answer), Some(expected), "{answer}");
    }
}

#[test]
fn without_probabilities_the_models_own_confidence_counts() {
    let tech = Answer::Route(0);
    for probabilities in [json!(null), json!({}), json!([0.9]), json!("high"), json!({ "billing": 0.4 })] {
        let answer = json!({ "choice": "tech", "confidence": 0.4, "probabilities": probabilities });
        assert_eq!(read(&answer), Some((tech, Some(400), 0)), "{answer}");
    }
    assert_eq!(read(&json!({ "choice": "tech" })), Some((tech, None, 0)));
    for confidence in [json!("0.9"), json!(-0.1), json!(1.5), json!("NaN"), json!(null), json!([1])] {
        assert_eq!(read(&json!({ "choice": "tech", "confidence": confidence })), Some((tech, None, 0)));
    }
}

#[test]
fn bad_numbers_give_no_confidence_and_the_choice_still_counts() {
    for bad in
        ["\"NaN\"", "NaN", "Infinity", "-0.1", "1.5", "\"0.1\"", "1e999", "null", "true", "[]", "{}", "nan"]
    {
        for (tech, billing) in [(bad, "0.1"), ("0.9", bad)] {
            let body = format!(
                r#"{{"answers":{{"route":{{"choice":"tech","confidence":0.5,"probabilities":{{"tech":{tech},"billing":{billing}}}}}}}}}"#
            );
            assert_eq!(read_text(&body), Some((Answer::Route(0), None, 0)), "{body}");
        }
    }
}

#[test]
fn what_is_no_option_is_invalid_and_what_is_no_answer_is_none() {
    for choice in [json!("TECH "), json!("unheard-of"), json!(""), json!(null), json!(1), json!(["tech"])] {
        let answer = json!({ "choice": choice, "probabilities": { "tech": 0.9 } });
        assert_eq!(read(&answer), Some((Answer::Invalid, None, 0)), "{answer}");
    }
    for body in [
        "",
        "{}",
        "[]",
        "null",
        "{\"answers\":{}}",
        "{\"answers\":[]}",
        "{\"answers\":{\"other\":{}}}",
        "{\"answers\":[{\"name\":\"other\",\"choice\":\"tech\"}]}",
        "{\"answers\":{\"route\":{\"choice\":\"tech\"",
        "\u{0}{\"answers\":1",
        "{\"answers\":null}",
        "{\"answers\":\"route\"}",
    ] {
        assert_eq!(read_text(body), None, "{body}");
    }
    assert_eq!(
        read_answer(b"{\"answers\":{\"route\":{\"choice\":\"\xff\"}}}", &Labels::of(&balancer())),
        None
    );
}

#[test]
fn the_list_form_is_read_by_the_name_of_the_question() {
    let other = json!({ "name": "mood", "choice": "tech", "confidence": 0.1 });
    let ours = json!({ "name": "route", "choice": "billing", "confidence": 0.2 });
    let body = json!({ "object": "decision", "answers": [other, ours] }).to_string();
    assert_eq!(read_text(&body), Some((Answer::Route(1), Some(200), 0)));
}

#[test]
fn a_long_answer_is_shown_in_part() {
    let answer = json!({ "choice": "tech", "why": "ü".repeat(10_000) });
    let body = json!({ "answers": { "route": answer } }).to_string();
    let read = read_answer(body.as_bytes(), &Labels::of(&balancer()));
    assert!(read.is_some_and(|it| it.choice == Answer::Route(0) && it.text.len() <= ANSWER_TEXT_BYTES));
}
