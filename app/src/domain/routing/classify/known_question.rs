//! A routing question with a known answer, for tests of a router model.

use crate::domain::config::balancer::Balancer;

/// A prompt and the route that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownQuestion {
    /// The prompt.
    pub prompt: String,
    /// Name of the route. If it is the default route, the answer that no route fits is right as well.
    pub route: String,
}

/// A question of which a balancer tells the answer: a sample prompt of a route, or else its intent. Routes beside the
/// default come first, because the default is meant for everything. `None` if the balancer has no enabled route.
pub fn known_question(balancer: &Balancer) -> Option<KnownQuestion> {
    let enabled = || balancer.routes.iter().filter(|it| it.enabled);
    let with_example = enabled().filter(|it| !it.is_default).find_map(|it| Some((it, it.examples.first()?)));
    let (route, prompt) = with_example.or_else(|| {
        let route = enabled().find(|it| !it.is_default).or_else(|| enabled().next())?;
        Some((route, route.examples.first().unwrap_or(&route.intent)))
    })?;
    Some(KnownQuestion { prompt: prompt.clone(), route: route.name.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::balancer::Route;

    fn route(name: &str, examples: &[&str], is_default: bool) -> Route {
        Route {
            name: name.to_owned(),
            intent: format!("Questions about {name}."),
            examples: examples.iter().map(|&it| it.to_owned()).collect(),
            is_default,
            ..Route::default()
        }
    }

    fn question(routes: Vec<Route>) -> Option<(String, String)> {
        let question = known_question(&Balancer { routes, ..Balancer::default() })?;
        Some((question.prompt, question.route))
    }

    #[test]
    fn an_example_is_better_than_an_intent_and_any_route_better_than_the_default() {
        let (code, legal) = (route("code", &[], false), route("legal", &["Is this a contract?"], false));
        let general = route("general", &["hi"], true);
        let found = |prompt: &str, route: &str| Some((prompt.to_owned(), route.to_owned()));
        let routes = vec![general.clone(), code.clone(), legal];
        assert_eq!(question(routes), found("Is this a contract?", "legal"));
        assert_eq!(question(vec![general.clone(), code]), found("Questions about code.", "code"));
        assert_eq!(question(vec![general]), found("hi", "general"));
        assert_eq!(question(vec![Route { enabled: false, ..Route::default() }]), None);
    }
}
