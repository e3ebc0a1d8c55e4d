//! Exports the configuration.

use std::io::Write;

use app::domain::config::transfer;

use super::Outcome;
use crate::{
    boot::{BootError, settings::StoreSettings},
    store::Store,
};

/// Writes the document of the stored configuration, as the console exports it. Needs no master key.
///
/// # Errors
/// If the store or the output cannot be used.
pub async fn export(settings: &StoreSettings, out: &mut impl Write) -> Result<Outcome, BootError> {
    let store = Store::open_present(&settings.database_url()).await?;
    let document = transfer::export(&store.load().await?.configuration);
    store.close().await;
    writeln!(out, "{document:#}")?;
    out.flush()?;
    Ok(Outcome::Done)
}
