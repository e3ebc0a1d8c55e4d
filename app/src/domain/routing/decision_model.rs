//! Questions to decision models and their answers. A decision model chooses one of a closed set of options and tells
//! how probable each of them is. It is asked in one of two forms; servers take one or both.

use serde::{Serialize, Serializer};

use super::{
    classify::{ANSWER_TEXT_BYTES, Answer, Labels, read_question},
    decision::RouterMessage,
};
use crate::domain::{
    config::balancer::{
        Balancer,
        confidence::{Confidence, OptionProbability},
    },
    wire::raw_json,
};

/// The description of the option for none of the routes.
pub const NONE_CRITERION: &str = "None of the others.";
/// The question.
const INSTRUCTIONS: &str = "Which of these describes what the user wants?";
/// Its name in request and answer.
const NAME: &str = "route";
/// Probabilities that servers add up or round may exceed a whole by this much.
const ROUNDING: f64 = 1e-6;

/// A form of request and answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DecisionForm {
    /// `POST …/systemone`: questions by name.
    #[default]
    SystemOne,
    /// `POST …/decisions`: a list of questions.
    Decisions,
}

impl DecisionForm {
    /// The other form.
    pub fn other(self) -> Self {
        match self {
            Self::SystemOne => Self::Decisions,
            Self::Decisions => Self::SystemOne,
        }
    }
}

/// The question which route a text belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionQuestion {
    /// Each option with its description, none of the routes last.
    options: Vec<(String, String)>,
    /// The user's turns, the one to sort last; before it what the assistant said, if the text is short.
    turns: Vec<RouterMessage>,
}

impl DecisionQuestion {
    /// The question of a prompt that was made for a chat model.
    pub fn of(balancer: &Balancer, prompt: &[RouterMessage]) -> Self {
        let labels = Labels::of(balancer);
        let intent = |at: &usize| balancer.routes.get(*at).map(|it| it.intent.clone()).unwrap_or_default();
        let routes = labels.routes.iter().map(|(at, label)| (label.clone(), intent(at)));
        let options = routes.chain([(labels.none.clone(), NONE_CRITERION.to_owned())]).collect();
        let question = read_question(prompt).unwrap_or_default();
        let turn = |role: &'static str| move |content| RouterMessage { role: role.to_owned(), content };
        let assistant = Some(question.assistant).filter(|it| !it.is_empty());
        let turns = question.earlier.into_iter().map(turn("user")).chain(assistant.map(turn("assistant")));
        Self { options, turns: turns.chain([turn("user")(question.latest)]).collect() }
    }

    /// The question as people read it.
    pub fn messages(&self) -> Vec<RouterMessage> {
        let options = self.options.iter().map(|(option, intent)| format!("{option}: {intent}"));
        let content = [INSTRUCTIONS.to_owned()].into_iter().chain(options).collect::<Vec<_>>().join("\n");
        let question = RouterMessage { role: "system".to_owned(), content };
        [question].into_iter().chain(self.turns.iter().cloned()).collect()
    }

    /// The body of the request.
    pub fn body(&self, form: DecisionForm, model: &str) -> Vec<u8> {
        let state = match self.turns.as_slice() {
            [only] => State::Text(&only.content),
            turns => State::Messages(turns),
        };
        let kind = "choice";
        let instructions = INSTRUCTIONS;
        let body = match form {
            DecisionForm::SystemOne => {
                let criteria = Criteria(&self.options);
                let route = NamedQuestion { kind, instructions, criteria };
                serde_json::to_vec(&SystemOneRequest { model, state, questions: NamedQuestions { route } })
            }
            DecisionForm::Decisions => {
                let choices = self.options.iter();
                let choices = choices.map(|(value, description)| Choice { value, description }).collect();
                let question = ListedQuestion { kind, name: NAME, instructions, choices };
                serde_json::to_vec(&DecisionsRequest { model, input: state, questions: [question] })
            }
        };
        // Texts and lists of texts can always be written.
        body.unwrap_or_default()
    }
}

#[derive(Serialize)]
struct SystemOneRequest<'a> {
    model: &'a str,
    state: State<'a>,
    questions: NamedQuestions<'a>,
}

/// The text to sort: alone, or with earlier turns as messages.
#[derive(Serialize)]
#[serde(untagged)]
enum State<'a> {
    Text(&'a str),
    Messages(&'a [RouterMessage]),
}

#[derive(Serialize)]
struct NamedQuestions<'a> {
    route: NamedQuestion<'a>,
}

#[derive(Serialize)]
struct NamedQuestion<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    instructions: &'a str,
    criteria: Criteria<'a>,
}

/// Options by name, in their order.
struct Criteria<'a>(&'a [(String, String)]);

impl Serialize for Criteria<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(option, intent)| (option, intent)))
    }
}

#[derive(Serialize)]
struct DecisionsRequest<'a> {
    model: &'a str,
    input: State<'a>,
    questions: [ListedQuestion<'a>; 1],
}

#[derive(Serialize)]
struct ListedQuestion<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    instructions: &'a str,
    choices: Vec<Choice<'a>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    value: &'a str,
    description: &'a str,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionAnswer {
    /// The choice.
    pub choice: Answer,
    /// How sure the model is of it: its probability less that of the next option. Absent if the model does not say, or
    /// says something that is no probability.
    pub confidence: Option<Confidence>,
    /// The probability of each option that the model tells, in the order of the labels.
    pub probabilities: Vec<OptionProbability>,
    /// The answer to the question as it was received, shortened.
    pub text: String,
}

/// Reads an answer in either form; `None` if it does not answer the question.
pub fn read_answer(body: &[u8], labels: &Labels) -> Option<DecisionAnswer> {
    let body = std::str::from_utf8(body).ok().filter(|it| !raw_json::is_open(it.as_bytes()))?;
    let answers = raw_json::member(body, "answers")?;
    let is_ours = |answer: &&str| {
        let name = raw_json::member(answer, "name").and_then(raw_json::text);
        name.is_some_and(|it| it == NAME)
    };
    let answer = raw_json::member(answers, NAME).or_else(|| raw_json::elements(answers).find(is_ours))?;
    let chosen = raw_json::member(answer, "choice").and_then(raw_json::text);
    let (choice, option) = match chosen.as_deref() {
        Some(option) if option == labels.none => (Answer::None, labels.none.as_str()),
        Some(option) => match labels.routes.iter().find(|(_, label)| label == option) {
            Some((at, label)) => (Answer::Route(*at), label.as_str()),
            None => (Answer::Invalid, ""),
        },
        None => (Answer::Invalid, ""),
    };
    let (confidence, probabilities) = match choice {
        Answer::Invalid => (None, Vec::new()),
        _ => certainty(answer, option, labels),
    };
    Some(DecisionAnswer { choice, confidence, probabilities, text: shortened(answer) })
}

/// The confidence in an option, and what the probabilities are.
fn certainty(answer: &str, chosen: &str, labels: &Labels) -> (Option<Confidence>, Vec<OptionProbability>) {
    let told = raw_json::member(answer, "probabilities").unwrap_or_default();
    let of = |label: &str| raw_json::member(told, label);
    if of(chosen).is_none() {
        let own = raw_json::member(answer, "confidence").and_then(number);
        return (own.and_then(Confidence::of), Vec::new());
    }
    let options = labels.all().filter_map(|label| Some((label, of(label)?)));
    let shares: Option<Vec<_>> = options.map(|(label, raw)| Some((label, share(raw)?))).collect();
    let Some(shares) = shares else { return (None, Vec::new()) };
    let own = shares.iter().find(|(label, _)| *label == chosen).map_or(0.0, |it| it.1);
    let others = shares.iter().filter(|(label, _)| *label != chosen).map(|it| it.1);
    let confidence = Confidence::of((own - others.fold(0.0, f64::max)).max(0.0));
    let probabilities = shares.iter().filter_map(|(label, share)| {
        Some(OptionProbability { option: (*label).to_owned(), probability: Confidence::of(*share)? })
    });
    (confidence, probabilities.collect())
}

/// A JSON number.
fn number(raw: &str) -> Option<f64> {
    let raw = raw.trim();
    let begins = raw.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    raw.parse().ok().filter(|it: &f64| begins && it.is_finite())
}

/// A probability.
fn share(raw: &str) -> Option<f64> {
    number(raw).filter(|it| (0.0..=1.0 + ROUNDING).contains(it)).map(|it| it.min(1.0))
}

fn shortened(answer: &str) -> String {
    let mut end = ANSWER_TEXT_BYTES.min(answer.len());
    while !answer.is_char_boundary(end) {
        end -= 1;
    }
    answer[..end].to_owned()
}

#[cfg(test)]
mod tests;
