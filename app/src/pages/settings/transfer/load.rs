//! Data of export and import.

use crate::{
    actions::transfer::PendingImport,
    domain::config::{foreign::Left, transfer::ImportReport},
    ports::Role,
    refusal::Refusal,
    web::{
        action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams, redirect,
    },
};

/// The changes and errors that the page shows; more would not be read.
const SHOWN: usize = 100;

/// What the page shows of export and import.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TransferPage {
    /// Whether this user may import.
    pub(crate) may_import: bool,
    /// The document that was handed in, where the address names one.
    pub(crate) waiting: Option<Waiting>,
    /// What happened.
    pub(crate) note: Option<FlashNotice>,
}

/// A document that waits to be imported, as the page shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Waiting {
    /// What names it.
    pub(crate) id: String,
    /// What importing it now would do; the first of each.
    pub(crate) report: ImportReport,
    /// How many changes there are.
    pub(crate) changes: usize,
    /// How many errors there are.
    pub(crate) errors: usize,
    /// What of another gateway's configuration is not in it.
    pub(crate) left: Vec<Left>,
}

pub(crate) async fn transfer(params: PageParams) -> Result<TransferPage, ActionError> {
    let import = &params.text("import");
    let note = &params.text("note");
    let (who, control) = (context::actor()?, context::control()?);
    let handed: Option<PendingImport> = context::flash_message(&who, import).await;
    let waiting = match handed {
        None => None,
        Some(PendingImport { document, left }) => {
            let ImportReport { mut changes, mut errors } = control.import(&who, document, true).await?;
            let counts = (changes.len(), errors.len());
            changes.truncate(SHOWN);
            errors.truncate(SHOWN);
            let report = ImportReport { changes, errors };
            Some(Waiting { id: import.to_owned(), report, changes: counts.0, errors: counts.1, left })
        }
    };
    let note = context::flash_message(&who, note).await.or_else(|| {
        // A document that is gone would otherwise look as if nothing had been handed in.
        let words = "The document is not kept any more. Hand it in again.";
        (!import.is_empty() && waiting.is_none())
            .then(|| FlashNotice::Refused(Refusal::Gone(words.to_owned())))
    });
    Ok(TransferPage { may_import: who.role >= Role::Editor, waiting, note })
}
