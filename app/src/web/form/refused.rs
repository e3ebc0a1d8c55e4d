//! Refused forms without a draft: entered values and errors, kept across a redirect.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    domain::field_error::FieldError,
    ports::Actor,
    refusal::Refusal,
    web::{
        context, flash::notice::FlashNotice, page_params::PageParams, redirect, retry_after::set_retry_after,
        server_error::ServerError,
    },
};

/// Query parameter that names a refused form.
const FORM: &str = "form";

/// Entered values and errors of a refused form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RefusedForm<F> {
    /// The entered values.
    pub(crate) form: F,
    /// Errors of fields.
    pub(crate) errors: Vec<FieldError>,
    /// The refusal, if it is not about fields.
    pub(crate) refusal: Option<Refusal>,
}

impl<F> RefusedForm<F> {
    /// Takes the refusal as a notice for the top of the page.
    pub(crate) fn notice(&mut self) -> Option<FlashNotice> {
        self.refusal.take().map(FlashNotice::Refused)
    }
}

/// Redirects to `page`, a path with an optional query and fragment, and keeps the entered values.
pub(crate) async fn back_with_form<F: Serialize + Sync>(
    who: &Actor,
    page: &str,
    form: F,
    refusal: Refusal,
) -> Result<(), ServerError> {
    set_retry_after(&refusal);
    let errors = refusal.errors();
    let refusal = errors.is_empty().then_some(refusal);
    let id = context::flash()?.put_notice(&who.name, &RefusedForm { form, errors, refusal }).await;
    redirect::to(&redirect::with_value(page, FORM, &id))
}

/// The refused form named by the current URL.
pub(crate) async fn refused_form<F: DeserializeOwned>(
    who: &Actor,
    params: &PageParams,
) -> Option<RefusedForm<F>> {
    context::flash_message(who, &params.text(FORM)).await
}
