//! Takes in a document that a browser hands in by a plain form, with a file or without, and sends the browser on to what
//! it would change. It changes nothing itself.

use app::{
    actions::transfer::{PAGE_BYTES, PendingImport},
    domain::{config::foreign::Foreign, field_error::FieldError, secret::Secret},
    ports::{Actor, ControlPlane},
    refusal::{Refusal, Reply},
    web::{flash::Flash, notice::FlashNotice},
};
use axum::{
    Extension,
    extract::{Multipart, State},
    response::Redirect,
};
use serde_json::Value;

use super::page_ports::PagePorts;
use crate::import::{self, Converted};

/// Fields of the form; whatever sends more is not this form.
const FIELDS: usize = 8;

/// What the form holds.
#[derive(Default)]
struct Sent {
    from: String,
    pasted: Secret,
    file: Secret,
}

/// Judges what was handed in, keeps it for a while, and leads to the page that shows it.
pub async fn hand_in(
    State(PagePorts { control, flash, .. }): State<PagePorts>,
    Extension(who): Extension<Actor>,
    form: Multipart,
) -> Redirect {
    let (name, id) = match prepare(form, &*control, &who).await {
        Ok(handed) => match flash.put(&who.name, &handed).await {
            Ok(id) => ("import", id),
            Err(refusal) => ("note", note(&flash, &who, refusal).await),
        },
        Err(refusal) => ("note", note(&flash, &who, refusal).await),
    };
    Redirect::to(&format!("/settings?{name}={id}#transfer-title"))
}

async fn note(flash: &Flash, who: &Actor, refusal: Refusal) -> String {
    flash.put_notice(&who.name, &FlashNotice::Refused(refusal)).await
}

async fn prepare(form: Multipart, control: &dyn ControlPlane, who: &Actor) -> Reply<PendingImport> {
    let Sent { from, pasted, file } = read(form).await?;
    let text = if file.is_empty() { pasted } else { file };
    if text.reveal().trim().is_empty() {
        return Err(refused("Paste a document or choose a file."));
    }
    let handed = match Foreign::ALL.into_iter().find(|it| it.as_str() == from) {
        Some(from) => {
            let converted = import::convert(from, text.reveal());
            let Converted { document, left } = converted.map_err(|it| Refusal::Invalid(vec![it]))?;
            PendingImport { document, left }
        }
        None => PendingImport { document: own(text.reveal())?, left: Vec::new() },
    };
    // Whoever may not import at all is told so before anything is kept.
    control.import(who, handed.document.clone(), true).await?;
    Ok(handed)
}

/// A document of our own format. Its words are not repeated, since it may hold keys.
fn own(text: &str) -> Reply<Value> {
    serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Refusal::Malformed(format!("The document is not JSON: {place}."))
    })
}

async fn read(mut form: Multipart) -> Reply<Sent> {
    let mut sent = Sent::default();
    let broken = || refused(&format!("Hand in a document of at most {} MiB.", PAGE_BYTES / 1024 / 1024));
    for _ in 0..FIELDS {
        let Some(field) = form.next_field().await.map_err(|_| broken())? else { break };
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| broken())?;
        if bytes.len() > PAGE_BYTES {
            return Err(broken());
        }
        let Ok(text) = String::from_utf8(bytes.into()) else {
            return Err(refused("The document is not text in UTF-8."));
        };
        match name.as_str() {
            "form[from]" => sent.from = text,
            "form[document]" => sent.pasted = Secret::new(text),
            "file" => sent.file = Secret::new(text),
            _ => {}
        }
    }
    Ok(sent)
}

fn refused(words: &str) -> Refusal {
    Refusal::Invalid(vec![FieldError::new("document", "malformed", words)])
}
