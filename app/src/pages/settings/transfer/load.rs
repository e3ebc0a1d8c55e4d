//! Data of export and import.

use crate::{
    actions::transfer::PendingImport,
    domain::config::{import_format::UnsupportedSetting, transfer::ImportReport},
    ports::Role,
    refusal::Refusal,
    web::{action_error::ActionError, context, flash::notice::FlashNotice, page_params::PageParams},
};

/// Maximum number of changes and errors shown.
const SHOWN: usize = 100;

/// Data of export and import.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TransferPage {
    /// Whether the user may import.
    pub(crate) may_import: bool,
    /// The uploaded document, if the URL names one.
    pub(crate) uploaded: Option<UploadedDocument>,
    /// A notice after a redirect.
    pub(crate) note: Option<FlashNotice>,
}

/// An uploaded document that waits to be imported.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UploadedDocument {
    /// Id of the upload.
    pub(crate) id: String,
    /// The result of a dry run, truncated.
    pub(crate) report: ImportReport,
    /// Total number of changes.
    pub(crate) changes: usize,
    /// Total number of errors.
    pub(crate) errors: usize,
    /// Unsupported settings of another gateway's configuration.
    pub(crate) left: Vec<UnsupportedSetting>,
}

pub(crate) async fn transfer(params: PageParams) -> Result<TransferPage, ActionError> {
    let import = &params.text("import");
    let note = &params.text("note");
    let (who, control) = (context::actor()?, context::control()?);
    let pending: Option<PendingImport> = context::flash_message(&who, import).await;
    let uploaded = match pending {
        None => None,
        Some(PendingImport { document, left }) => {
            let ImportReport { mut changes, mut errors } = control.import(&who, document, true).await?;
            let counts = (changes.len(), errors.len());
            changes.truncate(SHOWN);
            errors.truncate(SHOWN);
            let report = ImportReport { changes, errors };
            Some(UploadedDocument {
                id: import.to_owned(),
                report,
                changes: counts.0,
                errors: counts.1,
                left,
            })
        }
    };
    let note = context::flash_message(&who, note).await.or_else(|| {
        // Without this message an expired upload would look as if nothing had been uploaded.
        let words = "The upload has expired. Upload the document again.";
        (!import.is_empty() && uploaded.is_none())
            .then(|| FlashNotice::Refused(Refusal::Gone(words.to_owned())))
    });
    Ok(TransferPage { may_import: who.role >= Role::Editor, uploaded, note })
}
