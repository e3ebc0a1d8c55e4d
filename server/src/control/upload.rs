//! Receives an import document from a plain form, as text or as a file, and redirects to a page that shows what it
//! would change. It imports nothing itself.

use app::{
    actions::transfer::{PAGE_BYTES, PendingImport},
    domain::{config::import_format::ImportFormat, field_error::FieldError, secret::Secret},
    ports::{Actor, ControlPlane},
    refusal::{Refusal, Reply},
    web::flash::{Flash, notice::FlashNotice},
};
use axum::{
    Extension,
    extract::{Multipart, State},
    response::Redirect,
};
use serde_json::Value;

use super::page_ports::PagePorts;
use crate::import::{self, Conversion};

/// Maximum number of fields of the form.
const FIELDS: usize = 8;

/// The fields of the form.
#[derive(Default)]
struct ImportForm {
    from: String,
    pasted: Secret,
    file: Secret,
}

/// Validates the document, keeps it for a while, and redirects to the page that shows it.
pub async fn upload_import(
    State(PagePorts { control, flash, .. }): State<PagePorts>,
    Extension(who): Extension<Actor>,
    form: Multipart,
) -> Redirect {
    let (name, id) = match prepare(form, &*control, &who).await {
        Ok(pending) => match flash.put(&who.name, &pending).await {
            Ok(id) => ("import", id),
            Err(refusal) => ("note", put_error_notice(&flash, &who, refusal).await),
        },
        Err(refusal) => ("note", put_error_notice(&flash, &who, refusal).await),
    };
    Redirect::to(&format!("/settings?{name}={id}#transfer-title"))
}

async fn put_error_notice(flash: &Flash, who: &Actor, refusal: Refusal) -> String {
    flash.put_notice(&who.name, &FlashNotice::Refused(refusal)).await
}

async fn prepare(form: Multipart, control: &dyn ControlPlane, who: &Actor) -> Reply<PendingImport> {
    let ImportForm { from, pasted, file } = read_form(form).await?;
    let text = if file.is_empty() { pasted } else { file };
    if text.reveal().trim().is_empty() {
        return Err(invalid_document("Paste a document or choose a file."));
    }
    let pending = match ImportFormat::ALL.into_iter().find(|it| it.as_str() == from) {
        Some(from) => {
            let converted = import::convert(from, text.reveal());
            let Conversion { document, left } = converted.map_err(|it| Refusal::Invalid(vec![it]))?;
            PendingImport { document, left }
        }
        None => PendingImport { document: parse_document(text.reveal())?, left: Vec::new() },
    };
    // An actor who may not import at all is refused before anything is stored.
    control.import(who, pending.document.clone(), true).await?;
    Ok(pending)
}

/// Parses a document of our own format. The error does not quote it, because it may hold keys.
fn parse_document(text: &str) -> Reply<Value> {
    serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Refusal::Malformed(format!("Invalid JSON at {place}."))
    })
}

async fn read_form(mut form: Multipart) -> Reply<ImportForm> {
    let mut fields = ImportForm::default();
    let too_large =
        || invalid_document(&format!("Upload a document of at most {} MiB.", PAGE_BYTES / 1024 / 1024));
    for _ in 0..FIELDS {
        let Some(field) = form.next_field().await.map_err(|_| too_large())? else { break };
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| too_large())?;
        if bytes.len() > PAGE_BYTES {
            return Err(too_large());
        }
        let Ok(text) = String::from_utf8(bytes.into()) else {
            return Err(invalid_document("The document is not UTF-8 text."));
        };
        match name.as_str() {
            "form[from]" => fields.from = text,
            "form[document]" => fields.pasted = Secret::new(text),
            "file" => fields.file = Secret::new(text),
            _ => {}
        }
    }
    Ok(fields)
}

fn invalid_document(words: &str) -> Refusal {
    Refusal::Invalid(vec![FieldError::new("document", "malformed", words)])
}
