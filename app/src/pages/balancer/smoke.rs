//! The smoke test: a real call over a route, and its trace.

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn as _};

use crate::{
    actions::smoke_test::{Smoke, SmokeTest},
    domain::{api::Api, console::view::SmokeReport},
    fragments::{decision, refused::refused},
    pages::balancer::load::BalancerDetail,
    ui::{Button, Choice, Select, Status, Tone},
};

pub(super) fn view(detail: &BalancerDetail) -> AnyView {
    let id = detail.stored.id.to_string();
    let spec = &detail.stored.spec;
    let default = spec.default_route().map(|it| it.name.clone()).unwrap_or_default();
    let mut choices = vec![Choice::new("", format!("Default route ({default})"))];
    choices.extend(spec.routes.iter().map(|it| Choice::new(it.name.clone(), it.name.clone())));
    let asked = detail.smoke.as_ref().and_then(|it| it.asked.clone()).unwrap_or_default();
    let apis = Api::ALL.into_iter().filter(|it| it.workload_kind() == spec.workload_kind);
    let apis = [Choice::new("", "The first that its instances speak")]
        .into_iter()
        .chain(apis.map(|it| Choice::new(it.name(), it.title())))
        .collect::<Vec<_>>();
    let api = detail.smoke.as_ref().and_then(|it| it.api).map(Api::name).unwrap_or_default();
    // With one API there is nothing to choose.
    let api =
        (apis.len() > 2).then(|| view! { <Select path="api" label="API to test" choices=apis value=api /> });
    let found = detail.smoke.clone().map(|it| result(it, &detail.instances));
    let form = view! {
        <input type="hidden" name="id" value=id />
        <div class="inline-form">
            <Select path="route" label="Route to test" choices value=asked />
            {api}
            <Button>"Run smoke test"</Button>
        </div>
    };
    view! {
        <section class="panel" aria-labelledby="smoke-title">
            <h2 id="smoke-title">"Smoke test"</h2>
            {post_form(SmokeTest::url(), form.into_any())}
            <p class="when-busy">"Calling the destination…"</p>
            <div id="smoke" tabindex="-1" role="status" class="smoke">
                {found}
            </div>
        </section>
    }
    .into_any()
}

fn result(smoke: Smoke, instances: &[(String, String)]) -> AnyView {
    match smoke.reply {
        Ok(report) => trace(report, instances),
        Err(refusal) => refused(&refusal),
    }
}

fn trace(report: SmokeReport, instances: &[(String, String)]) -> AnyView {
    let name = |id: &str| {
        let known = instances.iter().find(|(known, _)| known == id);
        known.map_or_else(|| id.to_owned(), |(_, name)| name.clone())
    };
    let (tone, verdict) =
        if report.ok { (Tone::Good, "It answered") } else { (Tone::Bad, "It did not answer") };
    let instance = report.instance_id.as_deref().map_or_else(|| "none".to_owned(), name);
    let attempts = decision::attempts(&report.attempts, &name);
    let count = report.attempts.len().to_string();
    view! {
        <p>
            <Status tone label=verdict />
        </p>
        <dl class="facts">
            <dt>"Status"</dt>
            <dd class="figure">{report.status.to_string()}</dd>
            <dt>"Route"</dt>
            <dd>
                <strong>{report.route}</strong>
            </dd>
            <dt>"Reason"</dt>
            <dd>
                {report.reason.words()}" " <code>{report.reason.as_str()}</code>
            </dd>
            <dt>"Instance"</dt>
            <dd>{instance}</dd>
            <dt>"Attempts"</dt>
            <dd class="figure">{count}</dd>
            <dt>"Time"</dt>
            <dd class="figure">{decision::ms(report.ms)}</dd>
        </dl>
        {attempts}
        <h3>"Answer"</h3>
        <pre class="answer" tabindex="0" role="group" aria-label="Answer">{report.answer}</pre>
    }
    .into_any()
}
