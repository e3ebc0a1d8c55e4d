//! What the server functions about export and import do.

use super::{HandedIn, TransferPage, Waiting};
use crate::{
    domain::config::transfer::ImportReport,
    ports::Role,
    refusal::Refusal,
    web::{action_error::ActionError, context, notice::FlashNotice, redirect},
};

const PAGE: &str = "/settings";
/// The changes and errors that the page shows; more would not be read.
const SHOWN: usize = 100;

pub(super) async fn read(import: &str, note: &str) -> Result<TransferPage, ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let handed: Option<HandedIn> = redirect::kept(&who, import).await;
    let waiting = match handed {
        None => None,
        Some(HandedIn { document, left }) => {
            let ImportReport { mut changes, mut errors } = control.import(&who, document, true).await?;
            let counts = (changes.len(), errors.len());
            changes.truncate(SHOWN);
            errors.truncate(SHOWN);
            let report = ImportReport { changes, errors };
            Some(Waiting { id: import.to_owned(), report, changes: counts.0, errors: counts.1, left })
        }
    };
    let note = redirect::kept(&who, note).await.or_else(|| {
        // A document that is gone would otherwise look as if nothing had been handed in.
        let words = "The document is not kept any more. Hand it in again.";
        (!import.is_empty() && waiting.is_none())
            .then(|| FlashNotice::Refused(Refusal::Gone(words.to_owned())))
    });
    Ok(TransferPage { may_import: who.role >= Role::Editor, waiting, note })
}

pub(super) async fn apply(id: &str) -> Result<(), ActionError> {
    let (who, control) = (context::actor()?, context::control()?);
    let Some(HandedIn { document, .. }) = redirect::kept(&who, id).await else {
        let words = "The document is not kept any more. Hand it in again.";
        redirect::with_notice(&who, PAGE, &FlashNotice::Refused(Refusal::Gone(words.to_owned()))).await?;
        return Ok(());
    };
    match control.import(&who, document, false).await {
        Ok(report) => {
            // It is done; nobody needs its keys in memory any longer.
            drop(context::flash()?.take::<HandedIn>(&who.name, id).await);
            redirect::with_notice(&who, PAGE, &FlashNotice::Imported(report.changes.len())).await?;
        }
        Err(refusal) => {
            // Its page tells the errors of now.
            let note = context::flash()?.put_notice(&who.name, &FlashNotice::Refused(refusal)).await;
            redirect::to(&redirect::with_query(PAGE, &[("import", id), ("note", &note)]))?;
        }
    }
    Ok(())
}
