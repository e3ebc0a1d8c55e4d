//! The sample call.

use leptos::prelude::*;

use crate::{
    domain::{
        api::Api,
        console::sample::{self, Language, Target},
    },
    pages::balancer::load::BalancerDetail,
    ui::{CodeBlock, Tab, Tabs},
    web::page_params::PageParams,
};

pub(super) fn view(detail: &BalancerDetail, params: &PageParams) -> AnyView {
    let spec = &detail.stored.spec;
    let (id, kind) = (detail.stored.id.to_string(), spec.workload_kind);
    let (serving_name, site) = (spec.serving_name.clone(), detail.site.clone());

    let language = params.query("lang").unwrap_or_default();
    let language = Language::ALL.into_iter().find(|it| value(*it) == language).unwrap_or(Language::Curl);
    let stream = params.query("stream").is_some();
    let apis = sample::apis(kind);
    let first = apis.first().copied().unwrap_or_default();
    let api = params.query("api").unwrap_or_default();
    let api = apis.iter().copied().find(|it| it.name() == api).unwrap_or(first);
    let address = move |api: Api, language: Language, stream: bool| {
        let api = if api == first { String::new() } else { format!("&api={}", api.name()) };
        let stream = if stream { "&stream=1" } else { "" };
        format!("/balancers/{id}?lang={}{api}{stream}#sample", value(language))
    };
    let call = {
        let tabs = Language::ALL
            .into_iter()
            .map(|it| Tab { href: address(api, it, stream), label: it.label(), current: it == language })
            .collect();
        let choice: Vec<_> = apis
            .iter()
            .map(|it| Tab { href: address(*it, language, stream), label: it.title(), current: *it == api })
            .collect();
        let target = Target { serving_name: &serving_name, api, site: &site, stream };
        let code = sample::call(language, target);
        let (switch, words) = match stream {
            true => ("Don't stream the answer", "This call streams its answer."),
            false => ("Stream the answer", "This call does not stream its answer."),
        };
        let href = address(api, language, !stream);
        view! {
            {(choice.len() > 1).then(|| view! { <Tabs label="APIs of the sample call" tabs=choice /> })}
            <Tabs label="Languages of the sample call" tabs />
            <CodeBlock label=language.label() code />
            {(api != Api::Embeddings)
                .then(|| {
                    view! {
                        <p class="row">
                            {words} <a href=href>{switch}</a>
                        </p>
                    }
                })}
        }
    };
    let key = if detail.may_edit {
        view! { <a href="/keys">"Create an API key"</a>" if you have none." }.into_any()
    } else {
        "Editors and admins can create API keys.".into_any()
    };
    view! {
        <section class="panel" aria-labelledby="sample">
            <h2 id="sample">"Sample call"</h2>
            {call}
            <p class="hint">
                "It reads the key from " <code>"$SMART_BALANCER_API_KEY"</code> ". "
                {key}
            </p>
        </section>
    }
    .into_any()
}

/// The language's name in the URL.
fn value(language: Language) -> &'static str {
    match language {
        Language::Curl => "curl",
        Language::Python => "python",
        Language::JavaScript => "javascript",
        Language::Json => "json",
    }
}
