//! A form that was refused and has no draft: what was typed and what is wrong with it, on its way through a redirect.

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

/// The value of a page's query that names a refused form.
const FORM: &str = "form";

/// What was typed, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RefusedForm<F> {
    /// What was typed.
    pub(crate) form: F,
    /// What is wrong with its fields.
    pub(crate) errors: Vec<FieldError>,
    /// What is wrong beside that.
    pub(crate) refusal: Option<Refusal>,
}

impl<F> RefusedForm<F> {
    /// The refusal as what the page says above its content.
    pub(crate) fn notice(&mut self) -> Option<FlashNotice> {
        self.refusal.take().map(FlashNotice::Refused)
    }
}

/// Sends the browser back to `page`, an address that may have a query and a fragment, with the form as it was typed.
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

/// The refused form that the address of the page names.
pub(crate) async fn refused_form<F: DeserializeOwned>(
    who: &Actor,
    params: &PageParams,
) -> Option<RefusedForm<F>> {
    context::flash_message(who, &params.text(FORM)).await
}
