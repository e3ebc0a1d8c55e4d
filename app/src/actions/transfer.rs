//! Import in the browser: a document is uploaded, judged, shown, and imported.
//!
//! A plain form uploads the document; the server has a handler of its own for that. It is kept for ten minutes at most
//! and never sent back, since it may hold keys.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    domain::config::import_format::UnsupportedSetting,
    refusal::Refusal,
    web::{Answer, action_error::answer, context, flash::notice::FlashNotice, redirect},
};

const PAGE: &str = "/settings";

/// Where the plain form sends a document.
pub const UPLOAD_IMPORT: &str = "/settings/import";
/// The largest document that a browser may upload, in bytes; the command line takes larger ones.
pub const PAGE_BYTES: usize = 2 * 1024 * 1024;

/// A document that waits to be imported.
#[derive(Serialize, Deserialize)]
pub struct PendingImport {
    /// The document; it may hold keys.
    pub document: serde_json::Value,
    /// What of another gateway's configuration is not in it.
    pub left: Vec<UnsupportedSetting>,
}

/// Imports the uploaded document.
#[server(prefix = "/fn", endpoint = "apply_import")]
pub(crate) async fn apply_import(#[server(default)] id: String) -> Answer<()> {
    answer(
        async {
            let id = &id;
            let (who, control) = (context::actor()?, context::control()?);
            let Some(PendingImport { document, .. }) = context::flash_message(&who, id).await else {
                let words = "The upload has expired. Upload the document again.";
                redirect::with_notice(&who, PAGE, &FlashNotice::Refused(Refusal::Gone(words.to_owned())))
                    .await?;
                return Ok(());
            };
            match control.import(&who, document, false).await {
                Ok(report) => {
                    // It is done; nobody needs its keys in memory any longer.
                    drop(context::flash()?.take::<PendingImport>(&who.name, id).await);
                    redirect::with_notice(&who, PAGE, &FlashNotice::Imported(report.changes.len())).await?;
                }
                Err(refusal) => {
                    // The page validates the document again and lists its errors.
                    let note = context::flash()?.put_notice(&who.name, &FlashNotice::Refused(refusal)).await;
                    redirect::to(&redirect::with_query(PAGE, &[("import", id), ("note", &note)]))?;
                }
            }
            Ok(())
        }
        .await,
    )
}
