//! Export and import: a download link, an upload form, the report on the uploaded document, and the button that
//! imports it.

mod load;

use crate::web::form::post_form::post_form;
use leptos::{prelude::*, server_fn::ServerFn as _};

use crate::pages::parts::changes::changes;
use crate::{
    actions::transfer::{ApplyImport, PAGE_BYTES, UPLOAD_IMPORT},
    domain::{
        config::{
            import_format::{ImportFormat, UnsupportedSetting},
            transfer::{FORMAT, ImportAction, ImportChange},
        },
        field_error::FieldError,
    },
    pages::settings::transfer::load::{TransferPage, UploadedDocument},
    ui::{Button, ButtonKind, ButtonLink, Choice, Notice, Select, Table, TextArea, Tone},
};
use crate::{
    pages::parts::{loaded::loaded, notice::flash_notice},
    web::page_params::PageParams,
};

/// The section.
pub(crate) fn section() -> AnyView {
    let data = load::transfer(PageParams::current());
    view! {
        <section class="panel" aria-labelledby="transfer-title">
            <h2 id="transfer-title">"Export and import"</h2>
            {loaded(data, draw)}
        </section>
    }
    .into_any()
}

fn draw(page: TransferPage) -> AnyView {
    let TransferPage { may_import, uploaded, note } = page;
    let content = match (may_import, uploaded) {
        (false, _) => view! { <p class="quiet">"Importing requires the role of an editor."</p> }.into_any(),
        (true, Some(uploaded)) => preview(uploaded),
        (true, None) => upload_form(),
    };
    view! {
        {flash_notice(note)}
        <p>
            "The export is one JSON document with instances, target groups and balancers, without keys. Importing it replaces objects with the same id and keeps all others."
        </p>
        <p>
            <a class="button" href="/api/v1/config/export" download=format!("{FORMAT}.json")>
                "Download export"
            </a>
        </p>
        {content}
    }
    .into_any()
}

/// The upload form. A plain form, because without scripting only that can upload files.
fn upload_form() -> AnyView {
    let own = Choice::new("smart-balancer", "Smart Balancer export");
    let others = ImportFormat::ALL.into_iter().map(|it| Choice::new(it.as_str(), it.words()));
    let choices = std::iter::once(own).chain(others).collect::<Vec<_>>();
    let most = PAGE_BYTES / 1024 / 1024;
    view! {
        <form class="stack" method="post" action=UPLOAD_IMPORT enctype="multipart/form-data" aria-label="Import">
            <Select
                path="from"
                label="Import from"
                choices
                value="smart-balancer"
                hint="Settings of another gateway that cannot be imported are listed before anything is changed."
            />
            <TextArea path="document" label="Paste the document" rows=8 code=true />
            <div class="field">
                <label for="file">"Or choose a file"</label>
                <input
                    type="file"
                    id="file"
                    name="file"
                    accept=".json,.yaml,.yml,application/json"
                    aria-describedby="file-hint"
                />
                <p class="hint" id="file-hint">
                    {format!("At most {most} MiB; the command line accepts more. A file takes precedence over pasted text.")}
                </p>
            </div>
            <div class="actions">
                <Button>"Show what would change"</Button>
            </div>
        </form>
    }
    .into_any()
}

fn preview(uploaded: UploadedDocument) -> AnyView {
    let UploadedDocument { id, report, changes, errors, left } = uploaded;
    let sound = errors == 0;
    let words = match (errors, changes) {
        (0, 0) => "Nothing would change; the configuration already has all of it.".to_owned(),
        (0, 1) => "One object would change.".to_owned(),
        (0, count) => format!("{count} objects would change, all of them or none."),
        (1, _) => "Fix 1 error and upload the document again.".to_owned(),
        (count, _) => format!("Fix {count} errors and upload the document again."),
    };
    let apply = (sound && changes > 0).then(|| {
        post_form(
            ApplyImport::url(),
            view! {
                <input type="hidden" name="id" value=id />
                <div class="actions">
                    <Button kind=ButtonKind::Primary>"Import"</Button>
                    <ButtonLink href="/settings" kind=ButtonKind::Quiet>"Cancel"</ButtonLink>
                </div>
            }
            .into_any(),
        )
    });
    let back = apply.is_none().then(|| {
        view! {
            <div class="actions">
                <ButtonLink href="/settings">"Upload another document"</ButtonLink>
            </div>
        }
    });
    let tone = if sound { Tone::Plain } else { Tone::Bad };
    view! {
        <h3>"Preview of the import"</h3>
        <Notice tone>
            <p>{words}</p>
        </Notice>
        {error_table(report.errors, errors)}
        {changed(report.changes, changes)}
        {unsupported_settings(left)}
        {apply}
        {back}
    }
    .into_any()
}

fn error_table(errors: Vec<FieldError>, count: usize) -> Option<AnyView> {
    let rows = places(errors.into_iter().map(|it| (it.path, it.message)));
    (count > 0).then(|| {
        view! {
            <h4>"Errors"</h4>
            <Table caption="Errors of the import" heads=vec!["Path", "Error"]>
                {rows}
            </Table>
            {more(count, "errors")}
        }
        .into_any()
    })
}

fn unsupported_settings(left: Vec<UnsupportedSetting>) -> Option<AnyView> {
    let any = !left.is_empty();
    let rows = places(left.into_iter().map(|it| (it.path, it.words)));
    any.then(|| {
        view! {
            <h4>"Not imported"</h4>
            <Table caption="Settings that are not imported" heads=vec!["Path", "Explanation"]>
                {rows}
            </Table>
        }
        .into_any()
    })
}

fn places(rows: impl Iterator<Item = (String, String)>) -> Vec<AnyView> {
    let row = |(path, words): (String, String)| {
        let path = if path.is_empty() { "Whole document".to_owned() } else { path };
        view! {
            <tr>
                <th scope="row">
                    <code>{path}</code>
                </th>
                <td>{words}</td>
            </tr>
        }
        .into_any()
    };
    rows.map(row).collect()
}

fn changed(list: Vec<ImportChange>, count: usize) -> Option<AnyView> {
    let rows = list.into_iter().map(change).collect::<Vec<_>>();
    (count > 0).then(|| {
        view! {
            <h4>"Changes"</h4>
            <Table caption="Changes of the import" heads=vec!["Action", "Object", "Fields"]>
                {rows}
            </Table>
            {more(count, "changes")}
        }
        .into_any()
    })
}

fn change(it: ImportChange) -> AnyView {
    let action = match it.action {
        ImportAction::Create => "New",
        ImportAction::Update => "Changed",
    };
    let fields = if it.diff.len() == 1 { "1 field".to_owned() } else { format!("{} fields", it.diff.len()) };
    let diff = changes(&it.diff, format!("Changes of {}", it.id));
    view! {
        <tr>
            <th scope="row">{action}</th>
            <td>
                {format!("{} “{}” ", it.kind.words(), it.name)}
                <code>{it.id}</code>
                {it
                    .needs_key
                    .then(|| {
                        view! { <p class="quiet">"It has no upstream key. If its server requires one, enter it after the import."</p> }
                    })}
            </td>
            <td>
                <details class="sure">
                    <summary>{fields}</summary>
                    {diff}
                </details>
            </td>
        </tr>
    }
    .into_any()
}

/// The number of entries that are not shown.
fn more(count: usize, what: &'static str) -> Option<AnyView> {
    const SHOWN: usize = 100;
    let rest = count.checked_sub(SHOWN).filter(|it| *it > 0)?;
    Some(view! { <p class="quiet">{format!("And {rest} more {what}.")}</p> }.into_any())
}
